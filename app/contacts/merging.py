"""Two contacts that are one customer: one goes on with everything, and for a day it can be taken apart again."""

from msgspec.structs import replace

from app.accounts.audit import record
from app.accounts.policy import allowed, demand
from app.contacts.claims import ATTRIBUTES_MAX
from app.contacts.speakers import speaker
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.conversations import Status
from app.model.errors import Conflict, not_found
from app.model.events import BlocksMoved, ContactChanged, ConversationChanged, VisitorMoved, VisitorsBlocked
from app.model.ids import Ids
from app.model.people import Contact
from app.model.principals import Principal
from app.settings import Limits
from app.storage import blocks, contacts, conversations, merges
from app.storage.database import Database, Transaction
from app.storage.merges import Merging

_FACTS = ("name", "email", "phone", "language", "browser", "address", "external_id")
_HOUR_MS = 3_600_000
_ATTRIBUTE = "attributes."
_ORGANISATION = "organisation_id"


class ContactMerging:
    """Merges contacts and undoes it."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def merge(self, principal: Principal, contact_id: str, into_id: str) -> Contact:
        """Let `into_id` go on with everything of a contact; returns it.

        Raises `NotFound`, `Forbidden`, `Conflict` (merge_itself, merged_already, merge_too_large).
        """
        demand(principal, "contact.manage")

        def unit(tx: Transaction) -> Contact:
            one, other = _free(tx, contact_id), _free(tx, into_id)
            if one.id == other.id:
                raise Conflict("merge_itself", "These are one contact already. Choose another.", "这已是同一联系人。")
            after = merged(tx, self._ids, self._limits, one, other, principal)
            thing = Subject("contact", one.id, _title(one))
            record(tx, principal, "contact.merge", thing, Change(after={"into": _title(other)}))
            return after

        return await self._database.write(unit)

    async def recent(self, principal: Principal, contact_id: str) -> list[tuple[Contact, int]]:
        """Who went on as this contact and can be taken out again, with when; for who may do so."""
        if not allowed(principal, "contact.manage"):
            return []
        since = self._clock.now_ms() - self._limits.contact_unmerge_hours * _HOUR_MS
        found = await merges.into(self._database, contact_id, since)
        people = [(await contacts.find(self._database, one), at) for one, at in found]
        return [(one, at) for one, at in people if one is not None]

    async def unmerge(self, principal: Principal, contact_id: str) -> Contact:
        """Take a contact out again; what came since stays.

        Raises `NotFound`, `Conflict` (not_merged, merge_went_on, merge_too_old).
        """
        demand(principal, "contact.manage")
        oldest = self._clock.now_ms() - self._limits.contact_unmerge_hours * _HOUR_MS

        def unit(tx: Transaction) -> Contact:
            one, done = contacts.by_id(tx, contact_id), merges.latest(tx, contact_id)
            if one is None:
                raise not_found()
            if done is None or one.merged_into is None:
                raise _not_merged()
            if merges.latest(tx, done.into_id) is not None:
                raise _went_on_further()
            if done.at < oldest:
                raise Conflict(
                    "merge_too_old",
                    f"A merging is undone for {self._limits.contact_unmerge_hours} hours. Make a new contact instead.",
                    f"合并后 {self._limits.contact_unmerge_hours} 小时内可以撤销。请改为新建联系人。",
                )
            back = _taken_apart(tx, done, one, principal)
            record(tx, principal, "contact.unmerge", Subject("contact", one.id, _title(one)))
            return back

        return await self._database.write(unit)


def merged(tx: Transaction, ids: Ids, limits: Limits, one: Contact, other: Contact, principal: Principal) -> Contact:
    """Give everything of `one` to `other`, in a transaction of the caller's; `other` as it is then."""
    if merges.count(tx, one.id) > limits.contact_merge_rows_max:
        raise Conflict(
            "merge_too_large",
            f"This contact has more than {limits.contact_merge_rows_max} conversations, pages and the like. Merge the "
            "other one into it.",
            f"该联系人的会话、浏览记录等超过 {limits.contact_merge_rows_max} 条。请反向合并。",
        )
    moved = merges.move(tx, one.id, other.id)
    after, filled = _filled(one, other)
    contacts.update(tx, after)
    gone = replace(one, merged_into=other.id)
    contacts.update(tx, gone)
    merges.insert(tx, Merging(ids.new(), one.id, other.id, tx.at, moved, filled))
    _tell(tx, (gone, after), moved, principal)
    _tell_blocks(tx, one.id, other.id)
    tx.announce(VisitorMoved(one.id))
    return after


def _taken_apart(tx: Transaction, done: Merging, one: Contact, principal: Principal) -> Contact:
    merges.give_back(tx, done)
    merges.undone(tx, done.id)
    back = replace(one, merged_into=None)
    contacts.update(tx, back)
    other = contacts.by_id(tx, done.into_id)
    rest = other if other is None else _emptied(other, one, done.filled)
    if rest is not None:
        contacts.update(tx, rest)
    _tell(tx, (back,) if rest is None else (back, rest), done.moved, principal)
    _tell_blocks(tx, one.id, done.into_id)
    tx.announce(VisitorMoved(done.into_id))
    return back


def _filled(one: Contact, other: Contact) -> tuple[Contact, tuple[str, ...]]:
    """`other` with what it did not know and `one` did; and the names of that."""
    facts = {name: getattr(one, name) for name in _FACTS if getattr(one, name) and not getattr(other, name)}
    room = ATTRIBUTES_MAX - len(other.attributes)
    new = [(name, value) for name, value in one.attributes.items() if name not in other.attributes][: max(0, room)]
    if one.organisation_id is not None and other.organisation_id is None:
        facts[_ORGANISATION] = one.organisation_id
    names = (*facts, *(_ATTRIBUTE + name for name, _ in new))
    claimed = tuple(dict.fromkeys([*other.claimed, *(name for name in names if name in one.claimed)]))
    seen = max(one.seen_at, other.seen_at)
    after = replace(other, **facts, attributes={**other.attributes, **dict(new)}, claimed=claimed, seen_at=seen)
    return after, names


def _emptied(other: Contact, one: Contact, filled: tuple[str, ...]) -> Contact:
    """`other` without what was taken over and is still as it was then."""
    facts = {
        name: None if name == _ORGANISATION else ""
        for name in filled
        if name in (*_FACTS, _ORGANISATION) and getattr(other, name) == getattr(one, name)
    }
    gone = {
        name.removeprefix(_ATTRIBUTE)
        for name in filled
        if name.startswith(_ATTRIBUTE)
        and other.attributes.get(name.removeprefix(_ATTRIBUTE)) == one.attributes.get(name.removeprefix(_ATTRIBUTE))
    }
    attributes = {name: value for name, value in other.attributes.items() if name not in gone}
    dropped = {*facts, *(_ATTRIBUTE + name for name in gone)}
    claimed = tuple(name for name in other.claimed if name not in dropped)
    return replace(other, **facts, attributes=attributes, claimed=claimed)


def _tell(
    tx: Transaction, changed: tuple[Contact, ...], moved: dict[str, list[str | int]], principal: Principal
) -> None:
    for contact in changed:
        tx.record(ContactChanged(contact, actor=speaker(principal)))
    for key in moved.get("conversations", ()):
        head = conversations.by_id(tx, str(key))
        if head is not None and head.status not in (Status.RESOLVED, Status.CLOSED):
            owner = next((contact for contact in changed if contact.id == head.contact_id), None)
            seen_by = (head.team_id, head.assignee_id)
            moved_to = ConversationChanged("contact.merged", head, speaker(principal), *seen_by, contact=owner)
            tx.record(replace(moved_to, internal=True))


def _tell_blocks(tx: Transaction, one_id: str, other_id: str) -> None:
    """Who was blocked stays so as whom he goes on; whoever is here as him is put out."""
    held = (*blocks.of_contact(tx, one_id), *blocks.of_contact(tx, other_id))
    tx.announce(BlocksMoved((one_id, other_id), held))
    blocked = {block.contact_id for block in held if block.until is None or block.until > tx.at}
    out = tuple(one for one in (one_id, other_id) if one in blocked)
    if out:
        tx.announce(VisitorsBlocked(out))


def _free(tx: Transaction, contact_id: str) -> Contact:
    found = contacts.by_id(tx, contact_id)
    if found is None:
        raise not_found()
    if found.merged_into is not None:
        raise Conflict(
            "merged_already",
            "This contact was merged already. Choose the one that goes on with it.",
            "该联系人已被合并。请选择合并后的联系人。",
        )
    return found


def _went_on_further() -> Conflict:
    return Conflict(
        "merge_went_on",
        "The contact that this one was merged into was itself merged since. Undo that merging first.",
        "该联系人合并后的联系人又被合并到了其他联系人。请先撤销后一次合并。",
    )


def _not_merged() -> Conflict:
    return Conflict("not_merged", "This contact was not merged. Load it again.", "该联系人未被合并。请刷新。")


def _title(contact: Contact) -> str:
    return contact.name or contact.email or f"#{contact.number}"
