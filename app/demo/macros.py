"""The demo shop's macros."""

from collections.abc import Sequence

from app.demo.play import Cast
from app.model.canned import Scope
from app.model.ids import Ids
from app.model.macros import (
    Action,
    Assign,
    ChangeTags,
    Macro,
    OpenTicket,
    PutOff,
    Resolve,
    SayReply,
    SetPriority,
    WriteNote,
)
from app.model.tags import Tag
from app.model.tickets import Priority, Type

_DAY_MINUTES = 1_440
_SORRY = SayReply(
    "I'm sorry about that, {{contact.name|hello}}. I have asked the warehouse for a replacement and write to you as "
    "soon as it is on its way.",
    "{{contact.name|你好}}，非常抱歉。我已联系仓库补发，发出后第一时间告诉你。",
)
_THANKS = SayReply(
    "Glad that it worked out! Write here any time.", "很高兴帮到你！有任何问题随时在这里联系我们。"
)  # fmt: skip


def ready(cast: Cast, ids: Ids, tags: Sequence[Tag], at: int) -> tuple[Macro, ...]:
    """Three that everybody has, made at `at` (ms)."""
    owner = cast.agents[0][0].id
    refund, shipping = tags[0].id, tags[1].id
    macros: tuple[tuple[str, tuple[Action, ...]], ...] = (
        (
            "补发 Send a replacement",
            (
                _SORRY, WriteNote("补发：等仓库单号 / replacement: waiting for the tracking number"),
                ChangeTags(add=(shipping,)), OpenTicket(priority=Priority.HIGH, type=Type.PROBLEM),
                PutOff(minutes=_DAY_MINUTES),
            ),
        ),
        ("退款优先 Refund first", (ChangeTags(add=(refund,)), SetPriority(Priority.URGENT), Assign(me=True))),
        ("道谢并解决 Thank and resolve", (_THANKS, Resolve("solved"))),
    )  # fmt: skip
    return tuple(Macro(ids.new(), name, Scope.ALL, owner, None, actions, at, at) for name, actions in macros)
