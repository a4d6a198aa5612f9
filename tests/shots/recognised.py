"""Intents as a desk of months has them: what its server would say, for screens drawn without months of questions."""

import time
from typing import Any

_NOW = round(time.time() * 1_000)
_HOUR = 3_600_000
_TITLES = (
    ("order_status", "Order status", "订单状态"),
    ("track_parcel", "Where is my parcel", "查物流"),
    ("change_address", "Change the address", "修改地址"),
    ("cancel_order", "Cancel an order", "取消订单"),
    ("return_goods", "Return goods", "申请退货"),
    ("damaged_goods", "Goods arrived damaged", "商品破损"),
    ("refund_time", "When is the refund paid", "退款到账时间"),
    ("invoice", "An invoice", "开发票"),
    ("coupons", "Coupons and promotions", "优惠叠加"),
    ("warranty", "Warranty claim for a long-lived coffee grinder with an extended plan", "保修"),
    ("human", "A human", "转人工"),
)
_ANSWERED = (1482, 906, 431, 402, 588, 614, 377, 355, 212, 198, 61)


def _intent(name: str, en: str, zh: str, **change: object) -> dict[str, Any]:
    return {
        "name": name, "title": {"en": en, "zh": zh}, "phrases": [], "rules": [], "replies": [], "slots": [],
        "actions": [], "cases": [], "enabled": True, "inbox_ids": [], **change,
    }  # fmt: skip


def _stored(intent: dict[str, Any], phrases: int) -> dict[str, Any]:
    return {"intent": intent, "version": 7, "phrases": phrases, "created_at": _NOW - 900 * _HOUR, "updated_at": _NOW}


ORDER = _intent(
    "order_status", "Order status", "订单状态",
    rules=[
        {"pattern": "[请问] 订单 {order_no} 到哪了", "language": "zh", "inbox_id": "", "priority": 5},
        {"pattern": "(where|status) * order {order_no", "language": "en", "inbox_id": "", "priority": 0},
    ],
    replies=[
        {
            "language": "zh", "text": "{contact.name}您好，订单 {record.id} 目前是：{record.status}。需要修改什么吗？",
            "content": {
                "cards": [{"title": "订单 {record.id}", "lines": ["{record.status}", "更新于刚才"], "picture": None,
                           "buttons": [{"label": "查看物流", "link": "https://shanlan.example/track", "reply": None}]}],
                "replies": ["修改地址", "催发货"],
            },
        },
        {"language": "en", "text": "Order {record.id} is at: {record.status}. Anything to change?", "content": None},
    ],
    slots=[
        {"name": "order_no", "kind": "order_no", "ask": {"zh": "请问是哪一笔订单？", "en": "Which order is it?"},
         "again": {"zh": "没有认出订单号，一般是一串数字。", "en": "I cannot read a number in that."},
         "choices": [], "required": True, "tries": 2},
        {"name": "channel", "kind": "choice", "ask": {"zh": "在哪里下的单？", "en": "Where did you order?"},
         "again": {}, "choices": ["官网", "淘宝"], "required": False, "tries": 1},
    ],
    actions=[
        {"do": "records.look_up", "kind": "order", "slot": "order_no",
         "missing": {"zh": "您名下没有这个订单号。", "en": "I find no such order in your name."}},
        {"do": "tags.add", "tags": ["物流"]},
    ],
    cases=[
        {"text": "帮我看看订单现在是什么状态", "intent": "order_status"},
        {"text": "can you check the status of order 55120", "intent": "order_status"},
        {"text": "你们几点下班", "intent": ""},
    ],
)  # fmt: skip
INTENTS = {
    "intents": [
        _stored(
            ORDER
            if name == "order_status"
            else _intent(name, en, zh, enabled=name != "coupons", rules=ORDER["rules"][:1]),
            24 + 7 * place,
        )
        for place, (name, en, zh) in enumerate(_TITLES)
    ]
}
ONE = INTENTS["intents"][0]


def _phrase(
    number: int, text: str, language: str, origin: str = "starter", also: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {"id": f"01JD{number:022d}", "text": text, "language": language, "origin": origin, "also": list(also)}


PHRASES = {
    "phrases": [
        _phrase(1, "我的订单到哪一步了", "zh", "correction"),
        _phrase(2, "帮我查下订单进度", "zh", "own"),
        _phrase(3, "包裹到哪了", "zh", "own", ("track_parcel",)),
        _phrase(4, "has my order been packed yet", "en", "review"),
        _phrase(5, "what is the status of my order", "en"),
        _phrase(6, "What is the status of my order?", "en"),
        _phrase(7, "订单状态在哪里看", "zh"),
        _phrase(
            8, "I ordered two kettles last Tuesday night, paid at once, and the page has said “processing” ever since: "
            "is anybody looking at it?", "en", "review",
        ),
    ],
    "next": "01JD0000000000000000000008",
}  # fmt: skip
NO_PHRASES: dict[str, Any] = {"phrases": [], "next": None}
