"""The demo shop's tickets: what its conversations left to be done, in both languages."""

from collections.abc import Sequence
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from app.demo.history import History
from app.demo.play import Cast, Moment
from app.model.conversations import Conversation, Speaker
from app.model.ids import Ids
from app.model.tickets import (
    CATEGORIES,
    Category,
    Change,
    Entry,
    EntryKind,
    Priority,
    Reference,
    Status,
    Ticket,
    TicketStatus,
    Type,
    Why,
)
from app.storage import ticket_entries, ticket_links, ticket_notices, ticket_statuses
from app.storage import tickets as heads
from app.storage.database import Transaction

_HOUR = 3_600_000
_DAY = 24 * _HOUR
_NOTICES_MAX = 500


# What this shop calls a parcel's fate beside the given statuses.
_AT_CARRIER = TicketStatus("0000000demo0at0the0carrier", "At the carrier", "承运商处理", Category.WAITING, 4)
_DONE = TicketStatus("done", "Done", "已完成", Category.DONE, 5)


class Told(Struct, frozen=True):
    """A ticket with its history and what it is tied to; its number is given when it is stored."""

    ticket: Ticket
    entries: tuple[Entry, ...]
    conversation_id: str
    references: tuple[Reference, ...]


class _Matter(Struct, frozen=True):
    title: str
    description: str
    language: str
    type: Type
    priority: Priority
    status: Status | TicketStatus
    days_ago: int
    due_in_days: int | None = None
    note: str = ""
    reference: tuple[str, str] | None = None


_MATTERS = (
    _Matter("补发破损的手冲壶盖", "壶盖到货时有裂纹，客户已发照片。仓库确认后补发。", "zh", Type.PROBLEM, Priority.HIGH,
            Status.OPEN, 1, 1, "仓库说周五前能发出。", ("ERP", "SO-20991")),
    _Matter("Replacement for a cracked server", "The glass server arrived with a crack. Photo is in the conversation.",
            "en", Type.PROBLEM, Priority.HIGH, _AT_CARRIER, 2, 2, "Asked the carrier for the damage report.",
            ("Carrier", "CLM-5530")),
    _Matter("开具增值税发票", "抬头与税号见会话，发邮箱即可。", "zh", Type.REQUEST, Priority.NORMAL, Status.NEW, 0, 3),
    _Matter("Wholesale prices for a café", "Wants 40 kg a month. Needs an offer with delivery days.", "en",
            Type.QUESTION, Priority.NORMAL, Status.OPEN, 3, 4, "Ms. Wen writes the offer."),
    _Matter("磨豆机异响，需要寄修", "刻度 18 以下有异响，已过七天。", "zh", Type.PROBLEM, Priority.URGENT,
            Status.OPEN, 4, -1, "已寄出快递单，等客户寄回。", ("售后", "RMA-118")),
    _Matter("Change the address of order 80231", "Not sent yet; the new address is in the conversation.", "en",
            Type.REQUEST, Priority.URGENT, Status.DONE, 5, None, "Changed in the warehouse's list."),
    _Matter("门店自提时间确认", "客户周六上午来取。", "zh", Type.TASK, Priority.LOW, Status.DONE, 8),
    _Matter("Refund has not arrived", "Seven working days have passed. Bank asks for the reference.", "en",
            Type.PROBLEM, Priority.HIGH, Status.WAITING, 6, 0, "Sent the reference to the bank.", ("Bank", "RF-77120")),
    _Matter("新品上架通知名单", "客户想在瑰夏到货时收到通知。", "zh", Type.REQUEST, Priority.LOW, Status.NEW, 2),
    _Matter("Photos of the new packaging", "For the answer about recycling.", "en", Type.TASK, Priority.NORMAL,
            Status.DONE, 12),
)  # fmt: skip


def tell(told: History, cast: Cast, random: Random, now: int) -> tuple[Told, ...]:
    """Every matter, oldest first, each out of a conversation in its language that has come to an answer."""
    moment = Moment()
    ids = Ids(moment, random.randbytes)
    spoken = {contact.id: contact.language for contact in told.contacts}
    made = []
    used: set[str] = set()
    for matter in sorted(_MATTERS, key=lambda one: one.days_ago, reverse=True):
        at = now - matter.days_ago * _DAY - random.randint(1, 5) * _HOUR
        head = _about(told.conversations, spoken, matter.language, at, used)
        used.add(head.id)
        moment.at = at
        made.append(_made(matter, head, cast, ids, at))
    return tuple(made)


def store(tx: Transaction, made: Sequence[Told]) -> None:
    """Write them down, so that they are found and counted like real ones."""
    for status in (_AT_CARRIER, _DONE):
        ticket_statuses.save(tx, status)
    people = list(dict.fromkeys(told.ticket.author_id for told in made))
    for told in made:
        ticket = replace(told.ticket, number=heads.insert(tx, told.ticket, "", ""))
        for entry in told.entries:
            ticket_entries.insert(tx, entry)
        ticket_links.tie(tx, ticket.id, told.conversation_id, ticket.created_at)
        for reference in told.references:
            ticket_links.name(tx, ticket.id, reference, ticket.created_at)
        heads.index(tx, ticket, [one.reference for one in told.references])
        _watch(tx, told.ticket, people)


def _watch(tx: Transaction, ticket: Ticket, people: Sequence[str]) -> None:
    """The next colleague watches it, and has not looked at its last line."""
    colleague = people[(people.index(ticket.author_id) + 1) % len(people)]
    if colleague != ticket.author_id and ticket.category is Category.WAITING:
        ticket_links.watch(tx, ticket.id, colleague)
        ticket_notices.insert(tx, colleague, ticket.id, ticket.entries, Why.WATCHED, _NOTICES_MAX)


def _about(
    conversations: Sequence[Conversation], spoken: dict[str, str], language: str, at: int, used: set[str]
) -> Conversation:
    """The last one before that moment that somebody answered; where there is none, the first at all."""
    fitting = [
        head
        for head in conversations
        if spoken[head.contact_id] == language and head.assignee_id and head.id not in used
    ]
    earlier = [head for head in fitting if head.last_at <= at]
    return max(earlier, key=lambda head: head.last_at) if earlier else min(fitting, key=lambda head: head.last_at)


def _made(matter: _Matter, head: Conversation, cast: Cast, ids: Ids, at: int) -> Told:
    agent = next(colleague for colleague, _ in cast.agents if colleague.id == head.assignee_id)
    actor = Speaker("agent", agent.id, agent.name)
    new = matter.status is Status.NEW
    ticket_id = ids.new()
    status, category = _status(matter)
    entries = [Entry(ticket_id, 1, EntryKind.CREATED, actor, at)]
    if matter.note:
        entries.append(Entry(ticket_id, len(entries) + 1, EntryKind.NOTE, actor, at + _HOUR // 2, matter.note))
    if category is not Category.OPEN:
        became = Change("status", Status.OPEN.value, status)
        entries.append(Entry(ticket_id, len(entries) + 1, EntryKind.CHANGED, actor, at + _HOUR, "", (became,)))
    last = entries[-1].at
    ticket = Ticket(
        id=ticket_id,
        number=0,
        version=len(entries),
        title=matter.title,
        description=matter.description,
        status=status,
        priority=matter.priority,
        type=matter.type,
        contact_id=head.contact_id,
        assignee_id=None if new else agent.id,
        team_id=head.team_id,
        due_at=None if matter.due_in_days is None else at + (matter.days_ago + matter.due_in_days) * _DAY,
        author_id=agent.id,
        created_at=at,
        updated_at=last,
        done_at=last if category is Category.DONE else None,
        entries=len(entries),
        category=category,
    )
    named = () if matter.reference is None else (Reference(*matter.reference),)
    return Told(ticket, tuple(entries), head.id, named)


def _status(matter: _Matter) -> tuple[str, Category]:
    if isinstance(matter.status, TicketStatus):
        return matter.status.id, matter.status.category
    return matter.status.value, CATEGORIES[matter.status]
