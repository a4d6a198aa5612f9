"""What programs may do at the desk by gRPC: the services of `monodesk.proto`, each over the room that owns the noun.

Rooms decide who may. A watch tells what was stored, as a console that was away is told it, so a cursor loses nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

from app.accounts.policy import demand, generation
from app.adapters.desk.desk_trees import asked, milliseconds_of, told
from app.adapters.formats.protobuf import Schema
from app.adapters.formats.tree import Tree
from app.adapters.protocols.grpc_messages import Status
from app.adapters.protocols.grpc_server import Ended, GrpcCall, Handler, bearer
from app.adapters.specs.preset import SLUG
from app.bus.bus import Bus
from app.chat.conversations import Conversations
from app.chat.history import History
from app.chat.messages import Messages
from app.model import frames
from app.model.errors import Invalid
from app.model.events import AgentChanged, Event, SessionsRevoked
from app.model.principals import Agent
from app.model.records import RecordKind
from app.records.records import Brought, Records
from app.settings import Limits
from app.storage.conversations import View
from app.storage.database import Database, Transaction
from app.tickets.queries import TicketQueries, TicketQuery
from app.tickets.tickets import Named, NewNote, NewTicket, TicketChange, Tickets

_PACKAGE = "monodesk.v1"
_SPEC = "grpc"  # the version of the spec that made a record: none
_ROWS, _RECORD_ROWS = 50, 20

Kind = TypeVar("Kind", bound=StrEnum)
Call: TypeAlias = GrpcCall[Agent]
Asked: TypeAlias = dict[str, Any]
Authenticate: TypeAlias = Callable[[str, str], Awaitable[Agent]]


class Desk(Struct, frozen=True):
    """The rooms that programs reach."""

    tickets: Tickets
    ticket_queries: TicketQueries
    conversations: Conversations
    history: History
    messages: Messages
    records: Records
    database: Database
    bus: Bus


class DeskService:
    """`schema` of what it offers, `handlers` by path."""

    def __init__(self, desk: Desk, authenticate: Authenticate, limits: Limits) -> None:
        text = Path(__file__).parent.with_name("monodesk.proto").read_text(encoding="utf-8")
        self.schema = Schema.of_texts({"monodesk.proto": text}, limits)
        self._desk = desk
        self._limits = limits
        self._watching = _Watching(desk, authenticate, limits)
        self._types = {
            name: self.schema.message(f"{_PACKAGE}.{name}").descriptor
            for name in (
                "Ticket",
                "TicketDetail",
                "Contact",
                "Speaker",
                "Conversation",
                "Message",
                "SentMessage",
                "Record",
            )
        }
        offered: dict[str, Handler] = {
            "Tickets/Get": self._ticket,
            "Tickets/List": self._tickets,
            "Tickets/Create": self._create_ticket,
            "Tickets/Update": self._update_ticket,
            "Tickets/AddNote": self._note_ticket,
            "Tickets/SetReference": self._name_ticket,
            "Tickets/Watch": self._watch_tickets,
            "Conversations/Get": self._conversation,
            "Conversations/List": self._conversations,
            "Conversations/Resolve": self._resolve,
            "Conversations/Reopen": self._reopen,
            "Conversations/Watch": self._watch_conversations,
            "Messages/List": self._messages,
            "Messages/Send": self._send,
            "Records/Get": self._record,
            "Records/List": self._records,
            "Records/Put": self._put,
            "Records/Sync": self._sync,
        }
        self.handlers = {f"/{_PACKAGE}.{path}": handler for path, handler in offered.items()}

    def _tell(self, name: str, thing: object) -> dict[str, Tree]:
        return told(thing, self._types[name])

    # --- tickets ------------------------------------------------------------------------------------------------

    async def _ticket(self, call: Call, said: Asked) -> Tree:
        detail = await self._desk.ticket_queries.detail(call.principal, said["id"])
        return self._tell("TicketDetail", detail) | {"conversation_ids": [head.id for head in detail.conversations]}

    async def _tickets(self, call: Call, said: Asked) -> Tree:
        page = await self._desk.ticket_queries.listing(call.principal, asked(said, TicketQuery))
        return {"tickets": [self._tell("Ticket", row.ticket) for row in page.tickets], "next": page.next}

    async def _create_ticket(self, call: Call, said: Asked) -> Tree:
        made = await self._desk.tickets.create(call.principal, _key(said), asked(said, NewTicket, "key"))
        return self._tell("Ticket", made)

    async def _update_ticket(self, call: Call, said: Asked) -> Tree:
        change = asked(said, TicketChange, "id")
        return self._tell("Ticket", await self._desk.tickets.change(call.principal, said["id"], change))

    async def _note_ticket(self, call: Call, said: Asked) -> Tree:
        note = asked(said, NewNote, "id", "key")
        return self._tell("Ticket", await self._desk.tickets.note(call.principal, said["id"], _key(said), note))

    async def _name_ticket(self, call: Call, said: Asked) -> Tree:
        named = asked(said, Named, "id")
        return self._tell("Ticket", await self._desk.tickets.name(call.principal, said["id"], named))

    async def _watch_tickets(self, call: Call, said: Asked) -> AsyncIterator[Tree]:
        demand(call.principal, "ticket.read")
        async for cursor, frame in self._watching.run(call, said["cursor"]):
            if isinstance(frame, frames.TicketUpdated):
                yield {
                    "cursor": cursor, "name": frame.event, "ticket": self._tell("Ticket", frame.ticket),
                    "actor": self._tell("Speaker", frame.actor) if frame.actor else None,
                }  # fmt: skip
            elif isinstance(frame, frames.TicketGone):
                yield {"cursor": cursor, "gone_id": frame.ticket_id}
            elif frame is None:
                yield {"cursor": cursor}

    # --- conversations and messages -----------------------------------------------------------------------------

    async def _conversation(self, call: Call, said: Asked) -> Tree:
        found = await self._desk.history.detail(call.principal, said["id"])
        return self._conversation_detail(found.conversation, found.contact)

    async def _conversations(self, call: Call, said: Asked) -> Tree:
        view, rows = _one_of(View, said.get("view", "all"), "view"), said.get("limit", _ROWS)
        page = await self._desk.history.listing(call.principal, view, said.get("before"), rows)
        heads = [self._conversation_detail(row.conversation, row.contact) for row in page.conversations]
        return {"conversations": list[Tree](heads), "next": page.next}

    async def _resolve(self, call: Call, said: Asked) -> Tree:
        head = await self._desk.conversations.resolve(call.principal, said["id"], said.get("reason", ""))
        return self._tell("Conversation", head)

    async def _reopen(self, call: Call, said: Asked) -> Tree:
        return self._tell("Conversation", await self._desk.conversations.reopen(call.principal, said["id"]))

    async def _watch_conversations(self, call: Call, said: Asked) -> AsyncIterator[Tree]:
        demand(call.principal, "conversation.read")
        async for cursor, frame in self._watching.run(call, said["cursor"]):
            if isinstance(frame, frames.Head):
                head = self._tell("Conversation", frame.conversation)
                yield {"cursor": cursor, "name": frame.event, "conversation": head}
            elif isinstance(frame, frames.Msg):
                yield {"cursor": cursor, "name": "message.created", "message": self._message(frame)}
            elif isinstance(frame, frames.Gone):
                yield {"cursor": cursor, "gone_id": frame.conv}
            elif frame is None:
                yield {"cursor": cursor}

    async def _messages(self, call: Call, said: Asked) -> Tree:
        conversation, rows = said["conversation_id"], said.get("limit", _ROWS)
        page = await self._desk.history.thread(call.principal, conversation, said.get("before"), rows)
        return {"messages": [self._message(one) for one in page.messages], "more": page.more}

    async def _send(self, call: Call, said: Asked) -> Tree:
        command = asked(
            said, frames.Send, "key", "conversation_id", cid=_key(said), conv=said["conversation_id"], t="send"
        )
        ack = await self._desk.messages.accept(call.principal, command)
        return self._tell("SentMessage", ack)

    def _conversation_detail(self, conversation: object, contact: object) -> dict[str, Tree]:
        return {
            "conversation": self._tell("Conversation", conversation),
            "contact": self._tell("Contact", contact),
        }

    def _message(self, entry: frames.Msg) -> dict[str, Tree]:
        return self._tell("Message", entry) | {"conversation_id": entry.conv}

    # --- records ------------------------------------------------------------------------------------------------

    async def _record(self, call: Call, said: Asked) -> Tree:
        return self._record_tree(await self._desk.records.find(call.principal, said["id"]))

    async def _records(self, call: Call, said: Asked) -> Tree:
        kind = _one_of(RecordKind, said["kind"], "kind") if "kind" in said else None
        rows = max(1, min(said.get("limit", _RECORD_ROWS), 100))
        page = await self._desk.records.beside(call.principal, said["contact_id"], kind, said.get("before", ""), rows)
        return {"records": [self._record_tree(found.record) for found in page.records], "next": page.next}

    async def _put(self, call: Call, said: Asked) -> Tree:
        demand(call.principal, "source.write")
        return await self._stored(said)

    async def _sync(self, call: Call, said: AsyncIterator[Asked]) -> AsyncIterator[Tree]:
        demand(call.principal, "source.write")
        async for one in said:
            try:
                yield await self._stored(one)
            except Invalid as problem:
                body = one.get("body") or {}
                yield {
                    "external_id": str(body.get("id", ""))[:200], "outcome": "refused",
                    "problem": problem.text(call.language),
                }  # fmt: skip

    async def _stored(self, said: Asked) -> dict[str, Tree]:
        kind = _one_of(RecordKind, said["kind"], "kind")
        changed_at = milliseconds_of(said["changed_at"]) if "changed_at" in said else 0
        brought = Brought(said.get("body") or {}, changed_at)
        records = self._desk.records
        prepared = records.prepared(_source(said["source"]), kind, brought, _SPEC)

        def unit(tx: Transaction) -> Sequence[Any]:
            return records.write(tx, [prepared])

        (written,) = await self._desk.database.write(unit)
        return {"external_id": prepared.record.external_id, "id": written.record_id, "outcome": written.outcome}

    def _record_tree(self, record: Any) -> dict[str, Tree]:
        tree = self._tell("Record", record) | {"kind": str(record.kind)}
        if not record.changed_at:
            tree.pop("changed_at", None)
        return tree


class _Watching:
    """What was stored since a cursor and is stored from now on, as an agent may be told it."""

    def __init__(self, desk: Desk, authenticate: Authenticate, limits: Limits) -> None:
        self._desk = desk
        self._authenticate = authenticate
        self._gather_seconds = limits.grpc_watch_gather_ms / 1_000

    async def run(self, call: Call, cursor: str) -> AsyncIterator[tuple[str, frames.ServerFrame | None]]:
        """Frames, each with the cursor from which nothing behind it is lost; None first, where it begins.

        Raises `Ended` (OUT_OF_RANGE) where not everything can be told; what `authenticate` raises when rights end.
        """
        news = _News()
        unsubscribe = self._desk.bus.subscribe(news.heard)
        try:
            epoch, pos = self._begin(call.principal, cursor)
            if pos is None:
                pos = await self._newest(call.principal)
            yield f"{epoch}:{pos}", None
            while True:
                principal = await self._proven(call, news, epoch)
                missed = await self._desk.history.resume(principal, frames.Resume(epoch, {}, pos))
                reached = _reached(missed.told, missed.more)
                frames_told = [one for one in missed.told if not isinstance(one, frames.Live)]
                for number, frame in enumerate(frames_told, start=1):
                    yield f"{epoch}:{reached if number == len(frames_told) else pos}", frame
                pos = reached
                if missed.more is None:
                    await news.wait(self._gather_seconds)
        finally:
            unsubscribe()

    def _begin(self, principal: Agent, cursor: str) -> tuple[str, int | None]:
        epoch = generation(self._desk.database.epoch, principal)
        if not cursor:
            return epoch, None
        of, _, pos = cursor.rpartition(":")
        if of != epoch or not pos.isascii() or not pos.isdigit():
            raise _missed_too_much()
        return epoch, int(pos[:18])

    async def _newest(self, principal: Agent) -> int:
        (live,) = (await self._desk.history.resume(principal, frames.Resume())).told
        assert isinstance(live, frames.Live)
        return live.pos or 0

    async def _proven(self, call: Call, news: "_News", epoch: str) -> Agent:
        """The caller, asked anew when somebody's rights have changed."""
        if not news.of_rights:
            return call.principal
        news.of_rights = False
        principal = await self._authenticate(bearer(call.metadata.get("authorization", "")), call.address)
        if generation(self._desk.database.epoch, principal) != epoch:
            raise _missed_too_much()
        return call.principal


class _News:
    """That something was announced."""

    def __init__(self) -> None:
        self._any = asyncio.Event()
        self.of_rights = False

    def heard(self, events: Sequence[Event]) -> None:
        self._any.set()
        self.of_rights = self.of_rights or any(isinstance(one, AgentChanged | SessionsRevoked) for one in events)

    async def wait(self, gather_seconds: float) -> None:
        await self._any.wait()
        await asyncio.sleep(gather_seconds)
        self._any.clear()


def _reached(told: Sequence[frames.ServerFrame], more: frames.Resume | None) -> int:
    if any(isinstance(one, frames.Reset) for one in told):
        raise _missed_too_much()
    pos = more.pos if more is not None else next(one.pos for one in told if isinstance(one, frames.Live))
    assert pos is not None
    return pos


def _missed_too_much() -> Ended:
    return Ended(Status.OUT_OF_RANGE, "this cursor cannot be gone on from: list anew, then watch without one")


def _key(said: Asked) -> str:
    key: str = said["key"]
    if not key:
        raise Invalid(
            "key_missing",
            "Give the call a key: 32 hexadecimal digits at random, the same when it is repeated.",
            "请为调用提供 key：32 位随机十六进制数字，重试时保持不变。",
            field="key",
        )
    return key


def _source(name: str) -> str:
    if not SLUG.fullmatch(name):
        raise Invalid(
            "source_name",
            "A source is called by a-z, 0-9 and -, at most 40 characters, a letter first.",
            "来源名称只能包含 a-z、0-9 和 -，以字母开头，最长 40 个字符。",
            field="source",
        )
    return name


def _one_of(kinds: type[Kind], said: str, field: str) -> Kind:
    try:
        return kinds(said)
    except ValueError:
        some = ", ".join(kinds)
        raise Invalid("value_unknown", f"{field} is one of: {some}.", f"{field} 可用：{some}。", field=field) from None
