"""What visitors mean, told by the real rules alone, so that each test says itself what is understood."""

from collections.abc import Iterable

from app.chat.moods import plain
from app.intent.rules import RuleBook
from app.model.conversations import Content
from app.model.intents import (
    AddTags,
    Candidate,
    Classification,
    HandOver,
    Intent,
    LookUpRecords,
    OpenTicket,
    Outcome,
    Phrase,
    Question,
    Reply,
    RouteToTeam,
    Rule,
    Slot,
    Tier,
)
from app.settings import Limits

MISSING = {"en": "No such order of yours.", "zh": "没有查到你的这个订单。"}
ORDER = Slot(
    "order_no", kind="order_no", ask={"en": "Which order number?", "zh": "订单号是多少？"},
    again={"en": "No order number in that.", "zh": "没有认出订单号。"},
)  # fmt: skip


def replies(en: str, zh: str) -> tuple[Reply, ...]:
    """One in each language."""
    return (Reply("en", en), Reply("zh", zh))


INTENTS = (
    Intent(
        "order_status", {"en": "Where my order is", "zh": "订单到哪了"},
        (Phrase("where is my order"), Phrase("我的订单到哪了")),
        (Rule("where is my order {order_no}"), Rule("订单 {order_no} 到哪了")),
        replies("Order {record.number} is {record.status}.", "订单 {record.number} 的状态：{record.status}。"),
        slots=(ORDER,),
        actions=(LookUpRecords("order", "order_no", MISSING),),
    ),
    Intent(
        "shipping_time", {"en": "How long shipping takes", "zh": "多久发货"},
        (Phrase("how long does shipping take"), Phrase("多久发货")), (),
        replies("Two days, {contact.name}.", "两天内发货。"),
    ),
    Intent(
        "return_policy", {"en": "Returns", "zh": "退货政策"}, (Phrase("can i return it"), Phrase("可以退货吗")), (),
        (Reply("en", "Within 7 days.", Content(replies=("Start a return",))), Reply("zh", "7 天内可退。")),
    ),
    Intent(
        "damaged", {"en": "Damaged goods", "zh": "商品破损"}, (Phrase("it arrived broken"), Phrase("收到是坏的")), (),
        replies("Ticket {ticket.number} for {slot.order_no} is open.", "已为 {slot.order_no} 建工单 {ticket.number}。"),
        slots=(ORDER, Slot("fault", kind="choice", choices=("Cracked", "Does not start"))),
        actions=(OpenTicket({"en": "Broken: {slot.order_no}", "zh": "破损：{slot.order_no}"}, 3), AddTags(("broken",))),
    ),
    Intent(
        "bulk", {"en": "Bulk orders", "zh": "大宗采购"}, (Phrase("we want 500 pieces"), Phrase("我们要买五百件")), (),
        replies("Our sales team answers.", "由销售团队为你服务。"), actions=(RouteToTeam("Sales"),),
    ),
    Intent(
        "human_agent", {"en": "A person", "zh": "人工"}, (Phrase("is anybody there"), Phrase("有人在吗")), (),
        replies("One moment.", "请稍等。"), actions=(HandOver(),),
    ),
    Intent(
        "greeting", {"en": "Hello", "zh": "问候"}, (Phrase("hello"), Phrase("你好")), (), replies("Hi!", "你好！"),
        follow_up=False,
    ),
)  # fmt: skip


class Book:
    """The rules and phrases of these intents; what is in `unsure` is offered a choice of what it names."""

    def __init__(self, intents: Iterable[Intent] = INTENTS) -> None:
        self._intents = {intent.name: intent for intent in intents}
        self._rules = RuleBook.of(self._intents.values(), plain, Limits())
        self.unsure: dict[str, tuple[str, ...]] = {}
        self.questions: list[Question] = []
        self.broken = False
        self.ready = True
        self.asked_for: list[str] = []

    def classify(self, text: str, *, inbox_id: str = "", language: str = "") -> Classification | None:
        self.asked_for.append(text)
        if self.broken:
            raise RuntimeError("the engine is broken")
        names = self.unsure.get(plain(text))
        if names is not None:
            candidates = tuple(Candidate(name, 0.3) for name in names)
            return Classification(Outcome.OFFER, Tier.MODEL, names[0], 0.3, candidates)
        found = self._rules.match(plain(text), text, inbox_id, language)
        if found is None:
            return Classification(Outcome.HAND_OVER, Tier.NONE, "", 0.0)
        tier = Tier.CONFIRMED if found.confirmed else Tier.RULE
        return Classification(Outcome.ANSWER, tier, found.intent, 1.0, rule=found.pattern, slots=found.slots)

    def intent(self, name: str) -> Intent | None:
        return self._intents.get(name)

    def asked(self, question: Question) -> None:
        self.questions.append(question)
