"""Which records of joined systems are the visitor's own, and what he may be told of them.

Nobody is told of another's order. A record is his where a proven fact of his finds it: what the website has proven
(external id), an address that colleagues or a channel vouch for. A claim, which is whatever somebody typed into the
chat, opens nothing by itself: with it he must also name the record's number, as every shop asks guests for number and
address; and a number alone opens nothing at all. Wrong numbers are counted, for numbers can be counted through. One
that does not exist and one that is somebody else's get the same answer. Nobody is shown address, telephone or name of
the receiver, or links into the shop's own pages; parcel numbers only who is proven.
"""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.model.conversations import Card
from app.model.people import Contact
from app.model.records import ForeignTicket, Order, Parcel, Record, RecordKind, Shipment
from app.records import keys
from app.settings import Limits
from app.storage import bot, contacts, records
from app.storage.database import Database
from app.storage.records import Place

_DAY_MS = 86_400_000
_LINE, _TITLE, _LINES_MAX = 200, 120, 6
_KEPT = re.compile(r"[^0-9a-z]")
_KIND = {
    RecordKind.ORDER: {"en": "Order", "zh": "订单"},
    RecordKind.SHIPMENT: {"en": "Shipment", "zh": "包裹"},
    RecordKind.TICKET: {"en": "Case", "zh": "服务单"},
}
_STATUS = {
    "unpaid": {"en": "not paid yet", "zh": "待付款"},
    "to_ship": {"en": "being prepared", "zh": "待发货"},
    "part_shipped": {"en": "partly shipped", "zh": "部分发货"},
    "shipped": {"en": "shipped", "zh": "已发货"},
    "signed": {"en": "delivered", "zh": "已签收"},
    "done": {"en": "completed", "zh": "已完成"},
    "cancelled": {"en": "cancelled", "zh": "已取消"},
    "open": {"en": "open", "zh": "处理中"},
    "waiting": {"en": "waiting", "zh": "等待中"},
    "unknown": {"en": "unknown", "zh": "未知"},
}
_REFUND = {
    "none": {"en": "No refund requested", "zh": "没有退款申请"},
    "open": {"en": "Refund in progress", "zh": "退款处理中"},
    "refunded": {"en": "Refunded", "zh": "已退款"},
    "refused": {"en": "Refund refused", "zh": "退款被拒绝"},
}
_FIELDS = {
    "paid": {"en": "Ordered", "zh": "下单时间"},
    "shipped": {"en": "Shipped", "zh": "发货时间"},
    "parcel": {"en": "Parcel", "zh": "物流"},
}


class Found(Struct, frozen=True):
    """What he may be told of, the newest first; `proven` whether they are surely his.

    `needs_address` where nothing is known by which they could be; `counted` is 1 where a number was tried without
    proof, `too_many` where he has tried too many.
    """

    records: tuple[Record, ...] = ()
    proven: bool = False
    needs_address: bool = False
    counted: int = 0
    too_many: bool = False


class OwnRecords:
    """Finds them. It shows nothing to anybody: that is the bot's."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    async def has_proven(self, contact_id: str, kind: str) -> bool:
        """Whether something of this kind is surely his."""
        return bool((await self.look(contact_id, kind, "", {}, 0, 0)).records)

    async def look(
        self, contact_id: str, kind: str, number: str, said: Mapping[str, str], looked: int, now: int
    ) -> Found:
        """What of this kind is his: by `number` where he names one. `said` are addresses that he gives here.

        `looked` counts the numbers he has tried in this conversation without proof; `now` in ms UTC.
        """
        contact = await contacts.find(self._database, contact_id)
        if contact is None or kind not in set(RecordKind):
            return Found()
        family = [contact, *await contacts.merged_into(self._database, contact_id)]
        known = keys.of_contacts([*family, *_claiming(contact, said)])
        mine = [key for key, (_, proven) in known.items() if proven]
        own = await self._by(mine, kind, number)
        if own:
            return Found(own, proven=True)
        if not number:
            return Found()
        claimed = [key for key, (_, proven) in known.items() if not proven]
        if not claimed:
            return Found(needs_address=not mine)
        if looked >= self._limits.bot_number_tries_max or await self._has_tried_enough(contact_id, now):
            return Found(counted=1, too_many=True)
        return Found(await self._by(claimed, kind, number), counted=1)

    async def _by(self, found_by: Sequence[str], kind: str, number: str) -> tuple[Record, ...]:
        most = self._limits.bot_records_max
        rows = await records.by_keys(self._database, found_by, RecordKind(kind), Place(), most)
        once = {record.id: record for record, _ in rows if not number or is_called(record, number)}
        return tuple(once.values())[: self._limits.bot_cards_max]

    async def _has_tried_enough(self, contact_id: str, now: int) -> bool:
        tried = await bot.numbers_since(self._database, contact_id, now - _DAY_MS)
        return tried >= self._limits.bot_numbers_a_day_max


def _claiming(contact: Contact, said: Mapping[str, str]) -> list[Contact]:
    """What he says here of himself, as the claims that they are."""
    nobody = replace(contact, email="", phone="", external_id="", claimed=("email", "phone"))
    return [replace(nobody, **{fact: value}) for fact, value in said.items() if fact in ("email", "phone") and value]


def is_called(record: Record, number: str) -> bool:
    """Whether that is its number, however it is written."""
    body, wanted = record.body, _tidy(number)
    names = [body.id]
    if isinstance(body, Shipment):
        names += [body.number or "", body.order or ""]
    if isinstance(body, ForeignTicket):
        names.append(body.number or "")
    return bool(wanted) and wanted in {_tidy(name) for name in names}


def number_of(record: Record) -> str:
    """What people call it."""
    body = record.body
    return (body.number if isinstance(body, Shipment | ForeignTicket) else None) or body.id


def facts_of(record: Record, language: str, *, proven: bool) -> dict[str, str]:
    """What stands for `{record.…}` in a reply."""
    body = record.body
    facts = {"id": number_of(record), "number": number_of(record), "status": _status(record, language)}
    if isinstance(body, Order):
        parcel = body.parcels[0] if body.parcels else Parcel()
        facts |= {
            "shop": body.shop or "",
            "items": _items(body, language),
            "total": " ".join(filter(None, (body.total, body.currency))),
            "created_at": _day(body.created_at),
            "shipped_at": _day(body.shipped_at),
            "carrier": parcel.carrier or "",
            "parcel": (parcel.number or "") if proven else "",
            "refund": _REFUND.get(body.refund, _STATUS["unknown"])[language],
        }
    if isinstance(body, Shipment):
        facts |= {"carrier": body.carrier or "", "parcel": (body.number or "") if proven else "",
                  "created_at": _day(body.created_at)}  # fmt: skip
    if isinstance(body, ForeignTicket):
        facts |= {"title": body.title or "", "created_at": _day(body.created_at)}
    return facts


def card(record: Record, language: str, *, proven: bool) -> Card:
    """The same to look at."""
    facts = facts_of(record, language, proven=proven)
    kind = _KIND.get(record.kind, {}).get(language, "")
    title = f"{kind} {facts['number']} · {facts['status']}".strip()
    dates = [
        f"{_FIELDS[name][language]}: {facts[fact]}"
        for name, fact in (("paid", "created_at"), ("shipped", "shipped_at"))
        if facts.get(fact)
    ]
    way = " ".join(filter(None, (facts.get("carrier"), facts.get("parcel"))))
    lines = [
        facts.get("title", ""),
        facts.get("items", ""),
        facts.get("total", ""),
        *dates,
    ]
    if isinstance(record.body, Order) and record.body.refund != "none":
        lines.append(facts["refund"])
    lines.append(f"{_FIELDS['parcel'][language]}: {way}" if way else "")
    shown = tuple(_one_line(line)[:_LINE] for line in lines if line)
    return Card(_one_line(title)[:_TITLE], shown[:_LINES_MAX])


def _status(record: Record, language: str) -> str:
    said = getattr(record.body, "status", None) or "unknown"
    return _STATUS[said][language] if said in _STATUS else str(said)


def _items(order: Order, language: str) -> str:
    named = [f"{item.title}{f' × {item.quantity}' if item.quantity else ''}" for item in order.items if item.title]
    more = len(named) - 3
    rest = {"en": f" and {more} more", "zh": f"等 {len(named)} 件"}[language] if more > 0 else ""
    return {"en": ", ", "zh": "、"}[language].join(named[:3]) + rest


def _day(moment: str | None) -> str:
    return (moment or "")[:10]


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _tidy(number: str) -> str:
    return _KEPT.sub("", number.casefold())
