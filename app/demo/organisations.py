"""The demo shop's organisations and fields of its own, and which of its contacts they tell of."""

from collections.abc import Sequence
from random import Random

from msgspec.structs import replace

from app.demo.play import Moment
from app.model.fields import Field, FieldKind, Noun
from app.model.ids import Ids
from app.model.people import Contact, Organisation
from app.storage import fields, organisations
from app.storage.database import Transaction

_ORGANISATIONS = (
    ("山居民宿", ("shanju.example",), "crm-1042"),
    ("Harbour Coffee Roasters", ("harbourcoffee.example", "hcr.example"), "crm-1187"),
)
_LEVELS = ("银 Silver", "金 Gold")
_FIELDS = (
    (Noun.CONTACT, FieldKind.CHOICE, "level", "Level", "会员等级", _LEVELS),
    (Noun.CONTACT, FieldKind.DATE, "member_since", "Member since", "入会日期", ()),
    (Noun.ORGANISATION, FieldKind.NUMBER, "discount", "Discount in %", "折扣（%）", ()),
    (Noun.CONVERSATION, FieldKind.TEXT, "order", "Order", "订单号", ()),
)
_MEMBER_OF = 9  # every ninth
_LEVEL_OF = 4


def tell(tx: Transaction, people: Sequence[Contact], at: int) -> tuple[Contact, ...]:
    """Store them, made at `at` (ms); the contacts with theirs."""
    moment = Moment()
    moment.at = at
    ids = Ids(moment, Random(at + 2).randbytes)
    for place, (noun, kind, key, en, zh, choices) in enumerate(_FIELDS, 1):
        fields.save(tx, Field(ids.new(), en, zh, kind, choices, place, noun=noun, key=key))
    known = [
        Organisation(ids.new(), name, domains, "", external_id, {"discount": "10"}, at, at)
        for name, domains, external_id in _ORGANISATIONS
    ]
    for one in known:
        organisations.save(tx, one)
    return tuple(_told(contact, place, known) for place, contact in enumerate(people))


def _told(contact: Contact, place: int, known: Sequence[Organisation]) -> Contact:
    if place % _LEVEL_OF == 0:
        level = {"level": _LEVELS[place // _LEVEL_OF % 2], "member_since": f"202{place % 6}-0{place % 9 + 1}-15"}
        contact = replace(contact, attributes={**contact.attributes, **level})
    if place % _MEMBER_OF:
        return contact
    return replace(contact, organisation_id=known[contact.language != "zh"].id)
