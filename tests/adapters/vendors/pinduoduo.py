"""Pinduoduo's gateway: `pdd.order.number.list.increment.get` and `pdd.pop.auth.token.refresh`.

By the platform's published lists: common parameters type, client_id, access_token, timestamp (seconds), data_type,
version, sign; error codes 10001 (common parameters), 10016 (client_id), 10017 (type), 10019 (token ended), 20004
(sign), 20032 (token wrong), 21001 (parameters), 52101 (slower).
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
    path_of,
    wrapped_md5,
    yuan,
)

SECRET, CLIENT = "a3f0c1testsecret", "1f2e3d"
_COMMON = ("type", "client_id", "timestamp", "sign")
_COMMON_MAY = ("access_token", "data_type", "version")
_INCREMENT = ("start_updated_at", "end_updated_at", "order_status", "refund_status", "is_lucky_flag", "page")
_INCREMENT_MAY = ("page_size", "trade_type", "use_has_next")
_WINDOW_MAX, _BEHIND_MIN, _BACK_MAX, _SIZE_MAX = 1_800, 180, 90 * 86_400, 100
STATUSES = (1, 2, 3)


class Pinduoduo(Vendor):
    """`tokens` are the access tokens that are good; `refresh` is the refresh token that is."""

    def __init__(self, clock: Any, count: int, hours: float = 2) -> None:
        super().__init__(clock, count, hours)
        self.refresh = "refresh-0"
        self.tokens: set[str] = set()
        self.renewed = 0

    def answer(self, heard: Heard) -> Said:
        self.demand(heard.line.startswith("POST ") and path_of(heard) == "/api/router", 10001, "not the gateway")
        form = form_of(heard)
        self.demand_names(form, _COMMON, (*_COMMON_MAY, *_INCREMENT, *_INCREMENT_MAY, "refresh_token"), 10001)
        signed = {name: value for name, value in form.items() if name != "sign"}
        self.demand(form["sign"] == wrapped_md5(SECRET, signed), 20004, "the signature is another")
        self.demand(form["client_id"] == CLIENT, 10016, "no such client")
        self.demand(form["timestamp"].isdigit() and len(form["timestamp"]) == 10, 10001, "timestamp in seconds")
        self.demand_near(int(form["timestamp"]), 10001)
        self.demand(form.get("data_type") == "JSON", 10001, "XML is not what the preset reads")
        if form["type"] == "pdd.pop.auth.token.refresh":
            return self._renew(form)
        self.demand(form["type"] == "pdd.order.number.list.increment.get", 10017, "no such type")
        return self._increment(form)

    def refused(self, refusal: Refusal) -> Said:
        return _error(refusal.code, refusal.why)

    def slower(self) -> Said:
        return _error(52101, "当前接口被限流，请稍后重试")

    def _renew(self, form: dict[str, str]) -> Said:
        self.demand_names(form, (*_COMMON, "refresh_token"), ("data_type", "version"), 10001)
        self.demand(form["refresh_token"] == self.refresh, 10001, "this refresh token is used up")
        self.renewed += 1
        self.refresh, token = f"refresh-{self.renewed}", f"access-{self.renewed}"
        self.tokens = {token}
        return json_said(
            {
                "pop_auth_token_refresh_response": {
                    "access_token": token, "refresh_token": self.refresh, "expires_in": 86_400,
                    "expires_at": self.clock.now + 86_400, "owner_id": "1", "owner_name": "shop", "scope": [],
                }
            }
        )  # fmt: skip

    def _increment(self, form: dict[str, str]) -> Said:
        self.demand_names(form, (*_COMMON, "access_token", *_INCREMENT), (*_COMMON_MAY, *_INCREMENT_MAY), 21001)
        if form["access_token"] not in self.tokens:
            return _error(10019, "access_token已过期")
        start, end = int(form["start_updated_at"]), int(form["end_updated_at"])
        self.demand(0 <= end - start <= _WINDOW_MAX, 21001, f"the window is {end - start} s")
        self.demand(end <= self.clock.now - _BEHIND_MIN, 21001, "the window ends less than 3 minutes ago")
        self.demand(start >= self.clock.now - _BACK_MAX, 21001, "longer ago than 90 days")
        page, size = int(form["page"]), int(form.get("page_size", "100"))
        self.demand(page >= 1 and 1 <= size <= _SIZE_MAX, 21001, "page or page_size")
        self.demand(
            (form["order_status"], form["refund_status"], form["is_lucky_flag"]) == ("5", "5", "0"), 21001, "all"
        )
        found = self.within(start, end)
        here = [self.order(sale) for sale in self.page_of(found, page, size)]
        self.turned((start, end), page)
        return json_said(
            {
                "order_sn_increment_get_response": {
                    "total_count": len(found), "has_next": page * size < len(found), "order_sn_list": here,
                    "request_id": "17066667776660777",
                }
            }
        )  # fmt: skip

    def number(self, sale: Sale) -> str:
        return f"260921-{sale.number:015}"

    def order(self, sale: Sale) -> dict[str, Any]:
        """By the field list of the increment call; amounts in yuan as text, times in Beijing's."""
        status = STATUSES[min(sale.stage + sale.number % 2, 2)]
        shipped = status > 1
        return {
            "order_sn": self.number(sale), "order_status": status, "refund_status": 1 + sale.number % 4,
            "confirm_status": 1, "group_status": 1, "trade_type": 0, "is_lucky_flag": 1, "risk_control_status": 0,
            "after_sales_status": 0, "pay_amount": yuan(sale.cents), "goods_amount": yuan(sale.cents),
            "discount_amount": "0.00", "platform_discount": "0.00", "seller_discount": "0.00", "postage": "0.00",
            "capital_free_discount": "0", "pay_type": "WEIXIN", "pay_no": "420000", "invoice_status": 0,
            "created_time": beijing(sale.created), "pay_time": beijing(sale.created + 5),
            "confirm_time": beijing(sale.created + 5), "updated_at": beijing(sale.updated),
            "shipping_time": beijing(sale.updated) if shipped else None, "receive_time": None,
            "last_ship_time": beijing(sale.created + 86_400), "country": "中国", "country_id": 0,
            "province": "浙江省", "province_id": 31, "city": "杭州市", "city_id": 383, "town": "西湖区",
            "town_id": 3233, "address": "", "receiver_name": "~AgAAAAJ0qQIFZ==~abc~", "receiver_name_mask": "王**",
            "receiver_phone": f"1380000{sale.number:04}" if not shipped else "1380000****", "receiver_address": "",
            "buyer_memo": "", "remark": "", "logistics_id": 85 if shipped else 0,
            "tracking_number": f"7812{sale.number:08}" if shipped else "",
            "item_list": [
                {
                    "goods_id": 100 + sale.number, "sku_id": 1, "outer_id": "CUP", "outer_goods_id": "",
                    "goods_name": "茶杯", "goods_price": yuan(sale.cents), "goods_spec": "白色,大号",
                    "goods_count": "1", "goods_img": "https://img.example/cup.jpg",
                }
            ],
        }  # fmt: skip


def _error(code: object, why: str) -> Said:
    told = {"error_code": code, "error_msg": why, "sub_code": str(code), "sub_msg": why, "request_id": "1"}
    return json_said({"error_response": told})
