"""What the bot says by itself, in both languages, and what it calls things. Pure."""

from collections.abc import Mapping, Sequence

from app.chat import slots
from app.chat.dialogue import PERSON, Ask, said
from app.model.intents import Intent
from app.model.widget import Bot

Pair = Mapping[str, str]

_NAME: Pair = {"en": "Assistant", "zh": "智能助手"}
_OFFER: Pair = {
    "en": "I am not sure what you mean. Is it one of these?",
    "zh": "我不太确定你的问题，是下面哪一个？",
}
_THANK: Pair = {
    "en": "Glad to hear that. Write again if there is anything else.",
    "zh": "很高兴能帮到你。还有其他问题随时告诉我。",
}
_LET_GO: Pair = {"en": "All right. What else can I do for you?", "zh": "好的。还有什么可以帮你？"}
_MISSING: Pair = {
    "en": "I found nothing under the details that I may look with. Check the number, or ask for a person.",
    "zh": "按目前可以核对的信息没有查到记录。请核对编号，或转人工客服。",
}
_ASK: dict[str, Pair] = {
    "order_no": {"en": "What is the order number?", "zh": "请提供订单号。"},
    "phone": {"en": "Which phone number?", "zh": "请提供手机号。"},
    "email": {"en": "Which e-mail address?", "zh": "请提供邮箱地址。"},
    "number": {"en": "How many?", "zh": "请提供数量。"},
    "date": {"en": "Which day?", "zh": "请提供日期。"},
    "choice": {"en": "Which one?", "zh": "请选择一项。"},
    "text": {"en": "Please tell me more.", "zh": "请补充说明。"},
    "address": {
        "en": "To make sure that it is yours: which phone number or e-mail address did you order with?",
        "zh": "为确认是本人的记录，请提供下单时使用的手机号或邮箱。",
    },
}
_AGAIN: dict[str, Pair] = {
    "order_no": {
        "en": "That does not look like an order number. It has at least 4 digits; write “cancel” to leave it.",
        "zh": "这不像订单号（至少含 4 位数字）。请重新输入，或回复“取消”。",
    },
    "phone": {
        "en": "That does not look like a phone number. Write it with digits alone, or “cancel”.",
        "zh": "这不像手机号。请只输入数字，或回复“取消”。",
    },
    "email": {
        "en": "That does not look like an e-mail address, such as name@example.com. Try again, or write “cancel”.",
        "zh": "这不像邮箱地址（例如 name@example.com）。请重新输入，或回复“取消”。",
    },
    "number": {"en": "Please write a number, or “cancel”.", "zh": "请输入一个数字，或回复“取消”。"},
    "date": {
        "en": "Please write a date such as 2026-12-03 or “tomorrow”, or “cancel”.",
        "zh": "请输入日期，例如 2026-12-03 或“明天”，或回复“取消”。",
    },
    "choice": {"en": "Please choose one of these, or write “cancel”.", "zh": "请从下面选择一项，或回复“取消”。"},
    "text": {"en": "Please write a few words, or “cancel”.", "zh": "请输入几个字，或回复“取消”。"},
    "address": {
        "en": "Please write the phone number or e-mail address of the order, or “cancel”.",
        "zh": "请输入下单时的手机号或邮箱，或回复“取消”。",
    },
}
_HUMAN: Pair = {"en": "I am passing you to a colleague.", "zh": "好的，正在为你转接人工客服。"}
_SORRY: Pair = {
    "en": "I am sorry. A colleague takes over from here.",
    "zh": "很抱歉给你带来不便，由人工客服来处理。",
}
_CANNOT: Pair = {
    "en": "I cannot answer this for certain, so a colleague takes over.",
    "zh": "这个问题我没有把握答准，由人工客服来为你解答。",
}
_PROOF: Pair = {
    "en": "I cannot tell whose record this is. A colleague will check it with you.",
    "zh": "我无法核对这条记录的归属，由人工客服与你确认。",
}
_REASONS = {"human": _HUMAN, "asked": _HUMAN, "angry": _SORRY, "not_helped": _SORRY, "error": _SORRY, "proof": _PROOF}
_NOBODY: Pair = {
    "en": "Nobody is here right now. Leave your e-mail address or phone number, and we will get back to you.",
    "zh": "现在没有客服在线。请留下邮箱或手机号，我们会尽快回复你。",
}


def name_of(bot: Bot, language: str) -> str:
    """How the bot is called to somebody who reads this language."""
    own = {"en": bot.name.en, "zh": bot.name.zh}
    return own[language] or own["en"] or own["zh"] or _NAME[language]


def offer(intents: Sequence[Intent], language: str) -> tuple[str, tuple[str, ...]]:
    """The words of an offer, and what may be pressed: the titles, then the way to a person."""
    return _OFFER[language], (*(said(intent.title, language) for intent in intents), PERSON[language])


def question(ask: Ask, language: str) -> str:
    """By what a slot is asked for."""
    slot, own = ask.slot, ask.slot.again if ask.again else ask.slot.ask
    usual = _AGAIN if ask.again else _ASK
    kind = slot.kind if slot.kind in usual else slots.ADDRESS.kind if slot.kind == "address" else "text"
    return said(own, language) or said(slot.ask, language) or usual[kind][language]


def thanks(language: str) -> str:
    """Where an answer helped."""
    return _THANK[language]


def let_go(language: str) -> str:
    """Where he no longer wants it."""
    return _LET_GO[language]


def missing(texts: Pair, language: str) -> str:
    """Where no record of his was found."""
    return said(texts, language) or _MISSING[language]


def handing_over(reason: str, language: str, *, somebody: bool) -> str:
    """What he is told before a person takes over; `somebody` is whether one is there."""
    why = _REASONS.get(reason, _CANNOT)[language]
    return why if somebody else f"{why}\n{_NOBODY[language]}"
