"""The demo shop's tags, and which of its conversations bear them."""

from collections.abc import Sequence
from random import Random

from msgspec.structs import replace

from app.demo.play import Moment
from app.model.conversations import Conversation
from app.model.ids import Ids
from app.model.tags import Color, Tag
from app.storage import tags
from app.storage.database import Transaction

_TAGS = (
    ("退款 Refund", Color.RED, 5),  # on every fifth
    ("物流 Shipping", Color.BLUE, 3),
    ("售前 Question before buying", Color.GREEN, 7),
    ("批发 Wholesale", Color.VIOLET, 11),
)
_URGENT_OF = 13
_HIGH_OF = 6


def tell(heads: Sequence[Conversation], at: int) -> tuple[tuple[Tag, ...], tuple[Conversation, ...]]:
    """The tags, made at `at` (ms), and the heads with theirs."""
    moment = Moment()
    moment.at = at
    ids = Ids(moment, Random(at).randbytes)
    known = tuple(Tag(ids.new(), name, color, at) for name, color, _ in _TAGS)
    return known, tuple(_labelled(head, place, known) for place, head in enumerate(heads))


def store(tx: Transaction, known: Sequence[Tag], heads: Sequence[Conversation]) -> None:
    """Write them; the heads are there already."""
    for tag in known:
        tags.save(tx, tag)
    for head in heads:
        tags.put(tx, head.id, head.tags)


def _labelled(head: Conversation, place: int, known: Sequence[Tag]) -> Conversation:
    chosen = tuple(tag.id for tag, (_, _, every) in zip(known, _TAGS, strict=True) if place % every == 0)
    priority = 4 if place % _URGENT_OF == 1 else 3 if place % _HIGH_OF == 1 else head.priority
    return replace(head, tags=chosen, priority=priority)
