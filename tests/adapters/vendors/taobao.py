"""Taobao's gateway: `taobao.trades.sold.increment.get`.

By the published lists: common parameters method, app_key, session, timestamp (Beijing's, within 10 minutes), v, format,
sign_method, sign; errors 7 (slower), 21 to 41 of the gateway, 40 and 41 of parameters. A day is the widest window, the
newest come first, a page has at most 100, and only fields that are asked for are told.
"""

from typing import Any

from tests.adapters.far import Heard
from tests.adapters.vendors.vendor import (
    Refusal,
    Said,
    Sale,
    Vendor,
    beijing,
    form_of,
    json_said,
    of_beijing,
    path_of,
    wrapped_md5,
    yuan,
)

SECRET, KEY = "9c1a52testsecret", "12345678"
_COMMON = ("method", "app_key", "session", "timestamp", "v", "format", "sign_method", "sign")
_OWN = ("fields", "start_modified", "end_modified")
_OWN_MAY = ("status", "type", "buyer_nick", "ext_type", "tag", "page_no", "page_size", "use_has_next", "rate_status")
_DAY, _BACK_MAX = 86_400, 90 * 86_400
_TYPES = {
    "fixed", "auction", "guarantee_trade", "auto_delivery", "independent_simple_trade", "independent_shop_trade", "ec",
    "cod", "fenxiao", "game_equipment", "shopex_trade", "netcn_trade", "external_trade", "o2o_offlinetrade", "step",
    "nopaid", "pre_auth_type",
}  # fmt: skip
STATUSES = (
    ("WAIT_SELLER_SEND_GOODS", "to_ship"), ("WAIT_BUYER_CONFIRM_GOODS", "shipped"), ("TRADE_FINISHED", "done"),
)  # fmt: skip


class Taobao(Vendor):
    """`session` is the one that is good."""

    behind = 60
    calls_per_second = 30

    def __init__(self, clock: Any, count: int, hours: float = 2) -> None:
        super().__init__(clock, count, hours)
        self.session = "session-1"

    def answer(self, heard: Heard) -> Said:
        self.demand(heard.line.startswith("POST ") and path_of(heard) == "/router/rest", 22, "not the gateway")
        form = form_of(heard)
        self.demand_names(form, (*_COMMON, *_OWN), _OWN_MAY, 40)
        signed = {name: value for name, value in form.items() if name != "sign"}
        self.demand(
            form["sign_method"] == "md5" and form["sign"] == wrapped_md5(SECRET, signed), 25, "Invalid signature"
        )
        self.demand(form["app_key"] == KEY, 29, "Invalid app key")
        self.demand((form["v"], form["format"]) == ("2.0", "json"), 43, "version or format")
        self.demand_near(of_beijing(form["timestamp"]), 31)
        self.demand(form["method"] == "taobao.trades.sold.increment.get", 22, "Invalid method")
        if form["session"] != self.session:
            return _error(27, "Invalid session")
        return self._increment(form)

    def refused(self, refusal: Refusal) -> Said:
        return _error(refusal.code, refusal.why)

    def slower(self) -> Said:
        return _error(7, "App Call Limited")

    def _increment(self, form: dict[str, str]) -> Said:
        start, end = of_beijing(form["start_modified"]), of_beijing(form["end_modified"])
        self.demand(0 < end - start <= _DAY, 41, "the window is wider than a day")
        self.demand(start >= self.clock.now - _BACK_MAX, 41, "longer ago than three months")
        page, size = int(form.get("page_no", "1")), int(form.get("page_size", "40"))
        self.demand(page >= 1 and 1 <= size <= 100, 41, "page_no or page_size")
        self.demand(set(form.get("type", "ec").split(",")) <= _TYPES, 41, "type")
        found = self.within(start, end)
        fields = set(form["fields"].split(","))
        here = [
            {name: value for name, value in self.order(sale).items() if name in fields}
            for sale in self.page_of(found, page, size)
        ]
        self.turned((start, end), page)
        told: dict[str, Any] = {"total_results": len(found), "request_id": "1x2y3z"}
        if form.get("use_has_next") == "true":
            told = {"has_next": page * size < len(found), "request_id": "1x2y3z"}
        if here:
            told["trades"] = {"trade": here}
        return json_said({"trades_sold_increment_get_response": told})

    def number(self, sale: Sale) -> str:
        return str(2_123_456_789_000_000_000 + sale.number)

    def status(self, sale: Sale) -> tuple[str, str]:
        """In the vendor's words, and in ours."""
        return STATUSES[min(sale.stage + sale.number % 2, 2)]

    def order(self, sale: Sale) -> dict[str, Any]:
        """By the field list of Trade and Order; amounts in yuan as text, times Beijing's."""
        lines = [
            {
                "oid": sale.number * 10 + line, "num_iid": 9, "title": "茶杯", "sku_id": "77", "outer_sku_id": "CUP-W",
                "num": 1, "price": yuan(sale.cents), "payment": yuan(sale.cents), "status": self.status(sale)[0],
                "sku_properties_name": "颜色:白色;尺码:大号", "refund_status": "NO_REFUND", "pic_path": "https://i/1.jpg",
            }
            for line in range(1 + sale.number % 2)
        ]  # fmt: skip
        return {
            "tid": int(self.number(sale)), "status": self.status(sale)[0], "type": "fixed", "payment": yuan(sale.cents),
            "total_fee": yuan(sale.cents), "post_fee": "0.00", "discount_fee": "0.00", "adjust_fee": "0.00",
            "created": beijing(sale.created), "pay_time": beijing(sale.created + 5), "modified": beijing(sale.updated),
            "seller_nick": "某旗舰店", "buyer_nick": "小**", "buyer_open_uid": f"AAH{sale.number}", "num": 1,
            "receiver_name": "王**", "receiver_mobile": f"1390000{sale.number:04}", "receiver_state": "浙江省",
            "receiver_city": "杭州市", "receiver_district": "西湖区", "receiver_address": "文三路**",
            "orders": {"order": lines}, "alipay_no": "2024", "shipping_type": "express",
        }  # fmt: skip


def _error(code: object, why: str) -> Said:
    told = {"code": code, "msg": why, "sub_code": f"isv.{code}", "sub_msg": why, "request_id": "abc"}
    return json_said({"error_response": told})
