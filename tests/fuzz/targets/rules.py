"""Rules and messages as anybody may write them: read or refused with a place, matched in bounded steps."""

from app.intent import tokens
from app.intent.normalise import normalise
from app.intent.patterns import BadPattern
from app.intent.rules import RuleBook
from app.model.intents import Intent, Phrase, Rule, Slot
from app.settings import Limits
from tests.fuzz.watch import Fault

_RULES_MAX = 8
_WORDS = (
    "*", "[please] ", "(a|b)", "{order_no}", "{phone}", "{email}", "{number}", "{date}", "{text}", "{old:phone}",
    "{size}", "|", "]", ")", "}", "退款", "訂單", "＊", "（", "｜", "48213", "SO-2024-001", "+86 138-0013-8000",
    "a@b.cd", "3rd may", "5月3日", "extra large", "\u200b", "\u202e", "e\u0301", "ﬁ", "👍🏽", "don't", "refund*",
)  # fmt: skip


class Rules:
    """Patterns, a line each; behind an empty line the message."""

    seeds = (
        b"[please] track my (order|parcel) {order_no}\n*refund*\n\nplease track my parcel SO-2024-00123",
        "我叫{name:text}，电话{phone}\n*退款*\n\n我叫张三，电话13800138000".encode(),
        b"how * return\nmy mail is {email} *\n\nmy mail is Bob.Smith@example.co.uk now",
        b"* {date} * {number} *\nsize {size}\n\narrive 3rd May with 1,299.50 in extra large",
        b"* a * a * a * a * b\n{text} a {t:text}\n\na a a a a a a a a a a",
    )
    words = tuple(word.encode() for word in _WORDS)

    def __init__(self) -> None:
        self._limits = Limits()

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        written, _, message = data.decode("utf-8", "replace").partition("\n\n")
        patterns = [one for one in written.split("\n")[:_RULES_MAX] if one]
        size = Slot("size", "choice", choices=("small", "extra large"))
        intent = Intent("any", {}, tuple(map(Phrase, patterns)), tuple(Rule(one) for one in patterns), slots=(size,))
        refused: list[BadPattern] = []
        book = RuleBook.of(
            [intent], lambda text: normalise(text, self._limits), self._limits, lambda _, bad: refused.append(bad)
        )
        for bad in refused:
            if not 1 <= bad.place <= len(bad.pattern):
                raise Fault(f"a place outside of the pattern: {bad.place} of {bad.pattern!r}")
        self._match(book, message)

    def _match(self, book: RuleBook, message: str) -> None:
        book.match(normalise(message, self._limits), message)
        match, every = book.ruled(message), book.all(message)
        if (match is None) == bool(every):
            raise Fault(f"one rule and all of them do not agree: {match} and {every}")
        if book.steps(message) > self._limits.intent_rule_steps_max:
            raise Fault(f"{book.steps(message)} steps for {message!r}")
        folded = tokens.fold(message)
        for name, value in match.slots.items() if match else ():
            if not value or (value not in message and value not in folded):
                raise Fault(f"{name} is {value!r}, which nobody wrote")


TARGET = Rules()
