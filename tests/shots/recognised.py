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

TRIED = {
    "classification": {
        "outcome": "answer", "tier": "model", "intent": "damaged_goods", "confidence": 0.94,
        "candidates": [
            {"intent": "damaged_goods", "confidence": 0.94}, {"intent": "return_goods", "confidence": 0.04},
            {"intent": "warranty", "confidence": 0.016},
        ],
        "rule": "",
        "near": [
            {"text": "壶嘴有裂纹，可以换吗", "intent": "damaged_goods", "ratio": 86.0},
            {"text": "裂了能换一个吗", "intent": "return_goods", "ratio": 71.4},
        ],
        "margin": 0.62, "maximum": 0.91, "slots": {"product": "壶嘴"}, "normalised": "刚到的壶嘴裂了能给我换一个吗",
    },
    "microseconds": 240,
}  # fmt: skip
THRESHOLDS = {
    "answer": 0.82, "offer": 0.3, "floor": 0.2, "of_intent": {}, "chosen": {"answer": 0.82, "offer": None},
    "calibrated": {"weights": [], "answer": 0.86, "offer": 0.3, "floor": 0.2, "of_intent": {}, "version": 14},
}  # fmt: skip
EVALUATION = {
    "queries": 1126, "oos_queries": 0, "intents": 64, "accuracy": 0.931, "coverage": 0.684, "precision": 0.986,
    "answered": 770, "answered_right": 759, "oos_recall": None, "ece": 0.021, "offered": 0.2, "offered_right": 0.9,
    "microseconds_per_query": 240.0, "microseconds_p99": 610.0,
    "tiers": [
        {"tier": "confirmed", "share": 0.02, "precision": 1.0}, {"tier": "rule", "share": 0.21, "precision": 0.996},
        {"tier": "fuzzy", "share": 0.07, "precision": 0.99}, {"tier": "model", "share": 0.384, "precision": 0.981},
    ],
    "curve": [
        {"threshold": round(0.99 - 0.02 * step, 2), "coverage": round(0.05 + 0.019 * step, 3),
         "precision": round(1 - 0.000022 * max(0, step - 8) ** 2.1, 4)}
        for step in range(50)
    ],
    "confusion": [
        {"intent": "damaged_goods", "taken_for": "return_goods", "count": 14},
        {"intent": "return_goods", "taken_for": "damaged_goods", "count": 9},
        {"intent": "track_parcel", "taken_for": "order_status", "count": 7},
        {"intent": "damaged_goods", "taken_for": "human", "count": 5},
        {"intent": "", "taken_for": "coupons", "count": 2},
    ],
    "per_intent": [
        {"intent": name, "support": answered // 9, "accuracy": 0.95, "coverage": 0.6 + 0.03 * place,
         "precision": 1.0 - 0.02 * (place % 4)}
        for place, ((name, _, _), answered) in enumerate(zip(_TITLES, _ANSWERED, strict=True))
    ],
}  # fmt: skip
TRAINING = {
    "state": "none", "why": "", "began_at": 0, "share": 0.0, "version_id": "", "code": "", "en": "", "zh": "",
}  # fmt: skip
VERSIONS = {
    "versions": [
        {
            "id": f"01JD00000000000000000000{14 - step}", "number": 14 - step, "at": _NOW - 26 * step * _HOUR,
            "agent_id": "", "why": ("asked", "corrections", "changed", "changed")[step],
            "state": "refused" if step == 1 else "kept", "at_work": step == 0, "model_bytes": 1_204_311,
            "thresholds": {"answer": 0.86 - 0.01 * step, "offer": 0.3},
            "measured": {"phrases": 4_117 - 60 * step, "intents": 64, "seconds": 2.1, "replayed": 900,
                         "before": 0.94, "after": (0.943, 0.931, 0.94, 0.936)[step], "held_out": None},
        }
        for step in range(4)
    ],
}  # fmt: skip
CORRECTIONS = {
    "corrections": [
        {"id": f"c{number}", "at": _NOW - number * _HOUR, "conversation_id": "" if number == 2 else "01JD",
         "message_id": "", "text": text, "said": said, "tier": "model", "confidence": 0.58, "verdict": verdict,
         "intent": intent, "agent_id": "x"}
        for number, (text, said, verdict, intent) in enumerate((
            ("杯子到手就碎了一地，退吧", "return_goods", "this", "damaged_goods"),
            ("Can it go on a gas stove?", "", "chosen", "warranty"),
            ("你们老板贵姓", "human", "wrong", ""),
            ("where is my parcel now", "track_parcel", "right", "track_parcel"),
        ))
    ],
    "next": None,
}  # fmt: skip


def _suggestion(name: str, kind: str, intent: str, *texts: str, chats: int = 1) -> dict[str, Any]:
    return {
        "id": name, "at": _NOW, "kind": kind, "intent": intent, "texts": list(texts), "language": "", "why": "solved",
        "conversations": [f"{name}-{chat}" for chat in range(chats)], "state": "open", "decided_at": 0, "agent_id": "",
    }  # fmt: skip


REVIEW: dict[str, Any] = {
    "suggestions": [
        _suggestion("s1", "phrase", "damaged_goods", "杯子到手就碎了一地，退吧"),
        _suggestion("s2", "phrase", "track_parcel", "My parcel looks like it was opened", chats=3),
        _suggestion(
            "s3", "intent", "", "两个号下的单能一起寄不", "能合并发货吗", "帮我合成一个包裹", "合单",
            "ship both orders together", "one parcel for two orders please", chats=11,
        ),
    ],
    "next": None,
}  # fmt: skip
STATISTICS = {
    "asked": 5200, "answered": 3500, "intents": [],
    "weeks": [
        {"from_day": _NOW // 86_400_000 - 28 + 7 * week, "asked": 1300 + 90 * week,
         "answered": (0.69, 0.71, 0.7, 0.62)[week], "unknown": 0.2, "low": 0.16, "told_right": 206 - week,
         "told_wrong": 4 + week}
        for week in range(4)
    ],
}  # fmt: skip
