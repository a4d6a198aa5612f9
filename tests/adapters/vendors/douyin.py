"""Douyin shop's gateway: `order.searchList` and `token.create`.

By the published rules: query parameters method, app_key, access_token, timestamp (Beijing's, within 10 minutes), v,
sign, sign_method; the body is param_json with its keys sorted. Codes 10000 (well), 40001 and 40003 (parameters, sign,
token), 40004 (business parameters), 60000 (slower). Amounts in fen, times in seconds, pages from 0.
"""

import json
from typing import Any

from tests.adapters.far import Heard
from tests.adapters.vendors.vendor import (
    Refusal,
    Said,
    Sale,
    Vendor,
    hmac_sha256_hex,
    json_said,
    of_beijing,
    path_of,
    query_of,
)

SECRET, KEY, SHOP = "d0cf-test-secret", "6830000000000000001", "4463798"
_COMMON = ("method", "app_key", "timestamp", "v", "sign", "sign_method")
_SEARCH = ("page", "size")
_SEARCH_MAY = (
    "product", "b_type", "after_sale_status_desc", "tracking_no", "presell_type", "order_type", "create_time_start",
    "create_time_end", "abnormal_order", "trade_type", "combine_status", "update_time_start", "update_time_end",
    "order_by", "order_asc", "fulfil_status",
)  # fmt: skip
_BACK_MAX, _SIZE_MAX = 90 * 86_400, 100
STATUSES = ((2, "to_ship"), (3, "shipped"), (5, "done"))


class Douyin(Vendor):
    """`tokens` are the access tokens that are good."""

    behind = 60
    calls_per_second = 60

    def __init__(self, clock: Any, count: int, hours: float = 2) -> None:
        super().__init__(clock, count, hours)
        self.tokens: set[str] = set()
        self.lent = 0

    def answer(self, heard: Heard) -> Said:
        query, body = query_of(heard), heard.body.decode("utf-8")
        self.demand_names(query, _COMMON, ("access_token",), 40_001)
        self.demand(heard.headers["content-type"].startswith("application/json"), 40_003, "isv.content-type")
        asked = json.loads(body)
        compact = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.demand(body == compact, 40_003, "param_json is not sorted and compact")
        self.demand(query["app_key"] == KEY and query["v"] == "2", 40_003, "isv.app-id-invalid")
        self.demand(query["sign_method"] == "hmac-sha256", 40_003, "isv.sign-method")
        pattern = "".join(
            [
                SECRET, "app_key", query["app_key"], "method", query["method"], "param_json", body,
                "timestamp", query["timestamp"], "v", query["v"], SECRET,
            ]
        )  # fmt: skip
        self.demand(query["sign"] == hmac_sha256_hex(SECRET, pattern), 40_003, "isv.signature-invalid")
        self.demand_near(of_beijing(query["timestamp"]), 40_003)
        self.demand(path_of(heard) == "/" + query["method"].replace(".", "/"), 70_000, "the path is another method's")
        return self._lend(query, asked) if query["method"] == "token.create" else self._search(query, asked)

    def refused(self, refusal: Refusal) -> Said:
        return _error(refusal.code, refusal.why)

    def slower(self) -> Said:
        return _error(60_000, "触发限流，请稍后重试")

    def _lend(self, query: dict[str, str], asked: dict[str, Any]) -> Said:
        self.demand_names(query, _COMMON, (), 40_001)
        self.demand(asked == {"code": "", "grant_type": "authorization_self", "shop_id": SHOP}, 50_001, "grant_type")
        self.lent += 1
        token = f"token-{self.lent}"
        self.tokens = {token}
        lent = {"access_token": token, "expires_in": 604_800, "refresh_token": "r", "shop_id": int(SHOP), "scope": "s"}
        return json_said({"code": 10_000, "msg": "success", "sub_code": "", "sub_msg": "", "data": lent, "log_id": "1"})

    def _search(self, query: dict[str, str], asked: dict[str, Any]) -> Said:
        self.demand(query["method"] == "order.searchList", 70_000, "isp.api-service-off")
        self.demand_names(asked, _SEARCH, _SEARCH_MAY, 40_004)
        if query.get("access_token") not in self.tokens:
            return _error(40_003, "access_token已过期", "isv.access-token-expired")
        start, end = asked["update_time_start"], asked["update_time_end"]
        self.demand(type(start) is int and type(end) is int and start < end, 40_004, "times in seconds")
        self.demand(start >= self.clock.now - _BACK_MAX, 40_004, "longer ago than 90 days")
        page, size = asked["page"], asked["size"]
        self.demand(page >= 0 and 1 <= size <= _SIZE_MAX, 40_004, "page or size")
        self.demand((asked["order_by"], asked["order_asc"]) == ("update_time", True), 40_004, "order_by")
        found = self.within(start, end)[::-1]
        here = [self.order(sale) for sale in self.page_of(found, page + 1, size)]
        self.turned((start, end), page)
        told = {"total": len(found), "page": page, "size": size, "shop_order_list": here}
        return json_said({"code": 10_000, "msg": "success", "sub_code": "", "sub_msg": "", "data": told, "log_id": "1"})

    def number(self, sale: Sale) -> str:
        return str(4_781_234_567_890_000_000 + sale.number)

    def status(self, sale: Sale) -> tuple[int, str]:
        """In the vendor's words, and in ours."""
        return STATUSES[min(sale.stage + sale.number % 2, 2)]

    def order(self, sale: Sale) -> dict[str, Any]:
        """By the field list of shop_order_list."""
        line = {
            "order_id": self.number(sale), "parent_order_id": self.number(sale), "product_id": 3, "sku_id": 77,
            "product_name": "茶杯", "code": "CUP", "item_num": 1, "goods_price": sale.cents, "pay_amount": sale.cents,
            "spec": [{"name": "颜色", "value": "白色"}], "product_pic": "https://i/1.jpg",
            "order_status": self.status(sale)[0],
            "after_sale_info": {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0},
        }  # fmt: skip
        return {
            "shop_id": int(SHOP), "shop_name": "某店", "order_id": self.number(sale), "order_level": 2,
            "order_status": self.status(sale)[0], "order_status_desc": "-", "main_status": 2,
            "order_amount": sale.cents,
            "pay_amount": sale.cents, "post_amount": 0, "promotion_amount": 0, "create_time": sale.created,
            "pay_time": sale.created + 5, "ship_time": 0, "finish_time": 0, "update_time": sale.updated,
            "order_expire_time": 1_800, "doudian_open_id": f"1@#{sale.number}", "buyer_words": "", "seller_words": "",
            "mask_post_receiver": "王*", "mask_post_tel": "1********00", "encrypt_post_tel": "#abc##",
            "mask_post_addr": {
                "province": {"name": "浙江省", "id": "33"}, "city": {"name": "杭州市", "id": "3301"},
                "town": {"name": "西湖区", "id": "330106"}, "street": {"name": "文新街道", "id": "1"}, "detail": "**",
            },
            "logistics_info": [], "sku_order_list": [line],
        }  # fmt: skip


def _error(code: object, why: str, sub: str = "isv.other") -> Said:
    return json_said({"code": code, "msg": why, "sub_code": sub, "sub_msg": why, "log_id": "1"})
