"""Many contacts that come in together: put aside a few at a time, for every write waits meanwhile; then all at once."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.fields import checked
from app.contacts.claims import ATTRIBUTES_MAX, facts_of, one_line
from app.contacts.organisations import assigned
from app.model.errors import Invalid, Problem
from app.model.fields import Field
from app.model.ids import Ids
from app.model.people import Contact
from app.settings import Limits
from app.storage import contacts, staged_contacts
from app.storage.database import Database, Transaction
from app.storage.staged_contacts import Staged
from app.telemetry.log import logger

_log = logger("contacts")


class Brought(Struct, frozen=True):
    """What is brought of somebody, fit to be kept; empty facts say nothing and are left out."""

    told: dict[str, str]  # by names of `Contact`'s
    attributes: dict[str, str]

    @property
    def email(self) -> str:
        """The address by which he is known, or an empty text."""
        return self.told.get("email", "")

    def checked(self, known_fields: Sequence[Field], known: Contact | None) -> "Brought":
        """With the values of the desk's own fields as these hold them; raises `Invalid` where one is none."""
        held = {} if known is None else known.attributes
        return replace(self, attributes=checked(known_fields, held, self.attributes))

    def over(self, known: Contact) -> Contact:
        """Somebody known with this in the place of what was known; it is no claim of his any more."""
        joined = dict(list({**known.attributes, **self.attributes}.items())[:ATTRIBUTES_MAX])
        sure = {*self.told, *(f"attributes.{name}" for name in self.attributes)}
        claimed = tuple(name for name in known.claimed if name not in sure)
        return replace(known, **self.told, attributes=joined, claimed=claimed)


class Put(Struct, frozen=True):
    """What became of rows that were put aside: of how many new contacts, of known ones, and which are refused why."""

    created: int
    changed: int
    refused: list[tuple[int, Problem]]


class Moved(Exception):
    """What was put aside does not fit any more: contacts that it is about have changed meanwhile."""


def fit(
    name: str, email: str, phone: str, language: str, attributes: dict[str, str], organisation_id: str | None = None
) -> Brought:
    """Raises `Invalid` where there is nothing by which he could be known, or an address is none."""
    facts = facts_of({"name": name, "email": email, "phone": phone})
    if not any(facts.values()):
        raise Invalid(
            "contact_nameless",
            "There is neither a name nor an e-mail address nor a phone number. Fill in one.",
            "姓名、邮箱和电话均为空。请至少填写一项。",
            field="name",
        )
    told = {name: value for name, value in {**facts, "language": language}.items() if value}
    if organisation_id is not None:
        told["organisation_id"] = organisation_id
    return Brought(told, {one_line(key): one_line(value) for key, value in attributes.items() if one_line(value)})


class Staging:
    """Keeps them apart from the contacts until all of them are there; each import under an id of its own."""

    def __init__(self, database: Database, ids: Ids, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._limits = limits

    def begin(self) -> str:
        """The id of a new import."""
        return self._ids.new()

    async def put(self, import_id: str, rows: Sequence[tuple[int, Brought]], known_fields: Sequence[Field] = ()) -> Put:
        """Put some aside, each with its place; `known_fields` as in `Contacts.bring`."""

        def unit(tx: Transaction) -> Put:
            made: list[bool] = []
            refused: list[tuple[int, Problem]] = []
            for place, brought in rows:
                try:
                    made.append(self._put(tx, import_id, place, brought, known_fields))
                except Problem as problem:
                    refused.append((place, problem))
            return Put(sum(made), len(made) - sum(made), refused)

        return await self._database.write(unit)

    def bring(self, tx: Transaction, import_id: str) -> None:
        """All of them are contacts from now on, in a transaction of the caller's; raises `Moved`."""
        if staged_contacts.moved(tx, import_id):
            raise Moved
        staged_contacts.bring(tx, import_id)

    async def sweep(self, import_id: str) -> None:
        """Forget what was put aside, a portion at a time."""
        most = self._limits.import_swept_rows
        while await self._database.write(lambda tx: staged_contacts.sweep(tx, import_id, most)) == most:
            pass

    async def load(self) -> None:
        """At start: forget what a server had put aside that was killed over it; on a full disk at the next one."""
        if not await staged_contacts.any_of_them(self._database):
            return
        try:
            await self._database.write(staged_contacts.sweep_all)
        except Problem as problem:
            _log.warning("what was put aside stays until the next start", extra={"code": problem.code})

    def _put(
        self, tx: Transaction, import_id: str, place: int, brought: Brought, known_fields: Sequence[Field]
    ) -> bool:
        """Whether it is a new contact."""
        waits = staged_contacts.by_email(tx, import_id, brought.email) if brought.email else None
        if waits is not None:
            told = brought.checked(known_fields, waits.contact)
            staged_contacts.change(tx, import_id, Staged(waits.place, told.over(waits.contact)))
            return False
        known = contacts.by_email(tx, brought.email) if brought.email else None
        told = brought.checked(known_fields, known)
        contact = assigned(tx, known, told.over(known or Contact(self._ids.new(), 0, 0, 0)))
        staged_contacts.put(tx, import_id, place, contact, known=known is not None)
        return known is None
