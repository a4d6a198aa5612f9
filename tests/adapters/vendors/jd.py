"""JD's gateway: `jingdong.pop.order.search`.

By the published lists: common parameters method, app_key, access_token, timestamp (with milliseconds and offset, within
6 minutes), v, 360buy_param_json, sign; errors 2 (slower), 8 (timestamp), 12 (signature), 19 (token). Business words in
one JSON text, a window of at most a month, changed times three months back, at most 100 on a page.
"""

import json
from datetime import datetime
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

SECRET, KEY = "71bbtestsecret", "ABCDEF0123456789"
_COMMON = ("method", "app_key", "access_token", "timestamp", "v", "360buy_param_json", "sign")
_OWN = ("start_date", "end_date", "order_state", "optional_fields", "page", "page_size")
_OWN_MAY = ("sortType", "dateType", "realPin", "open_id_buyer", "xid_buyer")
_MONTH, _BACK_MAX = 31 * 86_400, 90 * 86_400
_STATES = {
    "WAIT_SELLER_STOCK_OUT", "SEND_TO_DISTRIBUTION_CENER", "DISTRIBUTION_CENTER_RECEIVED", "WAIT_GOODS_RECEIVE_CONFIRM",
    "RECEIPTS_CONFIRM", "WAIT_SELLER_DELIVERY", "FINISHED_L", "TRADE_CANCELED", "LOCKED", "PAUSE",
}  # fmt: skip
STATUSES = (
    ("WAIT_SELLER_STOCK_OUT", "to_ship"), ("WAIT_GOODS_RECEIVE_CONFIRM", "shipped"), ("FINISHED_L", "done"),
)  # fmt: skip


class Jd(Vendor):
    """`token` is the one that is good."""

    behind = 60
    calls_per_second = 30
    seconds_apart_max = 360

    def __init__(self, clock: Any, count: int, hours: float = 2) -> None:
        super().__init__(clock, count, hours)
        self.token = "token-1"

    def answer(self, heard: Heard) -> Said:
        self.demand(heard.line.startswith("POST ") and path_of(heard) == "/routerjson", 15, "not the gateway")
        form = form_of(heard)
        self.demand_names(form, _COMMON, (), 11)
        signed = {name: value for name, value in form.items() if name != "sign"}
        self.demand(form["sign"] == wrapped_md5(SECRET, signed), 12, "Invalid Signature")
        self.demand(form["app_key"] == KEY, 13, "Invalid App Key")
        self.demand(form["v"] == "2.0", 5, "Unsupported Version")
        self.demand(form["timestamp"].endswith("+0800"), 8, "Invalid Timestamp")
        self.demand_near(datetime.strptime(form["timestamp"], "%Y-%m-%d %H:%M:%S.%f%z").timestamp(), 8)
        self.demand(form["method"] == "jingdong.pop.order.search", 15, "Invalid Method")
        if form["access_token"] != self.token:
            return _error(19, "token已过期或者不存在，请重新授权访问")
        return self._search(json.loads(form["360buy_param_json"]))

    def refused(self, refusal: Refusal) -> Said:
        return _error(refusal.code, refusal.why)

    def slower(self) -> Said:
        return _error(2, "限制时间内调用失败次数")

    def _search(self, asked: dict[str, Any]) -> Said:
        self.demand_names(asked, _OWN, _OWN_MAY, 10_100)
        self.demand(all(isinstance(value, str) for value in asked.values()), 10_100, "every word is a text")
        start, end = of_beijing(asked["start_date"]), of_beijing(asked["end_date"])
        self.demand(0 < end - start <= _MONTH, 10_100, "the window is wider than a month")
        self.demand(start >= self.clock.now - _BACK_MAX, 10_100, "longer ago than three months")
        self.demand(set(asked["order_state"].split(",")) <= _STATES, 10_100, "order_state")
        self.demand(asked.get("dateType", "0") == "0", 10_100, "by the time of changes")
        page, size = int(asked["page"]), int(asked["page_size"])
        self.demand(page >= 1 and 1 <= size <= 100, 10_100, "page or page_size")
        found = self.within(start, end)
        if asked.get("sortType") != "1":
            found.reverse()
        fields = {*asked["optional_fields"].split(","), "orderId"}
        here = [
            {name: value for name, value in self.order(sale).items() if name in fields}
            for sale in self.page_of(found, page, size)
        ]
        self.turned((start, end), page)
        result = {
            "orderInfoList": here, "orderTotal": len(found),
            "apiResult": {"success": True, "englishErrCode": "", "chineseErrCode": "", "numberCode": 0},
        }  # fmt: skip
        return json_said({"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": result}})

    def number(self, sale: Sale) -> str:
        return str(200_000_000_000 + sale.number)

    def status(self, sale: Sale) -> tuple[str, str]:
        """In the vendor's words, and in ours."""
        return STATUSES[min(sale.stage + sale.number % 2, 2)]

    def order(self, sale: Sale) -> dict[str, Any]:
        """By the field list of orderInfoList; amounts in yuan as text, times Beijing's."""
        return {
            "orderId": self.number(sale), "orderState": self.status(sale)[0], "venderId": "1",
            "orderTotalPrice": yuan(sale.cents), "orderSellerPrice": yuan(sale.cents), "sellerDiscount": "0.00",
            "orderPayment": yuan(sale.cents), "freightPrice": "0.00", "payType": "4-在线支付", "orderRemark": "",
            "orderStartTime": beijing(sale.created), "paymentConfirmTime": beijing(sale.created + 5),
            "orderEndTime": "", "modified": beijing(sale.updated), "pin": f"jd_{sale.number}", "venderRemark": "",
            "consigneeInfo": {
                "fullname": "王**", "mobile": f"1370000{sale.number:04}", "telephone": "",
                "fullAddress": "浙江杭州市**",
                "province": "浙江", "city": "杭州市", "county": "西湖区",
            },
            "itemInfoList": [
                {
                    "skuId": "77", "outerSkuId": "CUP", "skuName": "茶杯", "itemTotal": "1", "wareId": "9",
                    "jdPrice": yuan(sale.cents),
                }
            ],
            "waybill": "", "logisticsId": "",
        }  # fmt: skip


def _error(code: object, why: str) -> Said:
    return json_said({"error_response": {"code": str(code), "zh_desc": why, "en_desc": why, "request_id": "abc"}})
