"""Blocking a visitor: he is put out at once, his conversations are closed, every door refuses him."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from msgspec import Meta, Struct

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.bus.bus import Bus
from app.chat import journal
from app.chat.presence import Presence
from app.chat.status import Settled, WindowEnded, step
from app.contacts.blocks import Blocks, inside, network_of
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.conversations import Speaker, Status
from app.model.errors import Conflict, Invalid, not_found
from app.model.events import VisitorsBlocked
from app.model.frames import Id, Line, Number
from app.model.ids import Ids
from app.model.people import Block
from app.model.principals import Agent, Principal
from app.settings import Limits
from app.storage import blocks, contacts, conversations
from app.storage.blocks import Listed
from app.storage.database import Database, Transaction

REASON = "blocked"


class NewBlock(Struct, frozen=True, forbid_unknown_fields=True):
    """A contact, a network (an address or a range), or both; `until` in ms UTC, None for good."""

    contact_id: Id | None = None
    network: Annotated[str, Meta(max_length=60)] = ""
    reason: Line = ""
    until: Number | None = None


class Blocking:
    """Blocks and unblocks. `names` are the agents' names by id."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        held: Blocks,
        presence: Presence,
        bus: Bus,
        names: Mapping[str, str],
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._most = limits.blocks_max
        self._closed_at_once = limits.blocked_conversations_max
        self._held = held
        self._presence = presence
        self._bus = bus
        self._names = names

    async def listing(self, principal: Principal) -> list[Listed]:
        """Those that hold now, newest first."""
        demand(principal, "contact.read")
        return await blocks.listing(self._database, self._clock.now_ms(), self._most)

    async def create(self, principal: Agent, asked: NewBlock) -> Block:
        """Block, close what is open with the contact, and put out who is here.

        A network is for who manages inboxes. Raises `NotFound`, `Forbidden`, `Conflict` (already_blocked,
        limit_reached), `Invalid` (nobody_named, until_past, network_malformed, network_too_wide).
        """
        demand(principal, "contact.write")
        network = network_of(asked.network)
        if network:
            demand(principal, "inbox.manage")
        now = self._clock.now_ms()
        if asked.contact_id is None and not network:
            raise _nobody_named()
        if asked.until is not None and asked.until <= now:
            raise _over_already()
        block = Block(
            self._ids.new(), asked.contact_id, network, " ".join(asked.reason.split()), principal.agent_id, now,
            asked.until,
        )  # fmt: skip
        here = await self._here(network) if network else []
        await self._database.write(partial(self._create, principal, block))
        self._held.took((block,))  # before anybody is put out: who comes again at once is refused
        out = (*here, block.contact_id) if block.contact_id is not None else tuple(here)
        if out:
            self._bus.publish((VisitorsBlocked(out),))
        return block

    async def delete(self, principal: Principal, block_id: str) -> None:
        """Let him in again, whatever else of his would hold; his closed conversations stay closed.

        Raises `NotFound`, `Forbidden`.
        """
        demand(principal, "contact.write")

        def unit(tx: Transaction) -> list[Block]:
            named = blocks.by_id(tx, block_id)
            if named is None:
                raise not_found()
            his = [named] if named.contact_id is None else blocks.of_contact(tx, named.contact_id)
            for block in his:
                if block.network:
                    demand(principal, "inbox.manage")
                blocks.delete(tx, block.id)
                record_change(tx, principal, "block.delete", _subject(tx, block), block, None)
            return his

        for block in await self._database.write(unit):
            self._held.ended(block)

    async def _here(self, network: str) -> list[str]:
        """The visitors who are connected from a network, as far as their last session tells."""
        known = await contacts.addresses(self._database, self._presence.visitors_online())
        return [contact_id for contact_id, address in known if inside(address, network)]

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _create(self, principal: Agent, block: Block, tx: Transaction) -> None:
        blocks.forget(tx, block.at)
        if blocks.count(tx) >= self._most:
            raise _too_many(self._most)
        if block.contact_id is not None:
            if contacts.by_id(tx, block.contact_id) is None:
                raise not_found()
            if blocks.of_contact(tx, block.contact_id):
                raise _already()
            self._close_all(tx, principal, block.contact_id, block.at)
        if block.network and blocks.of_network(tx, block.network) is not None:
            raise _network_already()
        blocks.insert(tx, block)
        record_change(tx, principal, "block.create", _subject(tx, block), None, block)

    def _close_all(self, tx: Transaction, principal: Agent, contact_id: str, at: int) -> None:
        actor = Speaker("agent", principal.agent_id, self._names.get(principal.agent_id, ""))
        for head in conversations.newest_of(tx, contact_id, self._closed_at_once):
            if head.status is Status.CLOSED:
                continue
            ended = step(step(head, Settled(REASON), at), WindowEnded(), at)
            line = journal.Line(
                self._ids.new(), "conversation.closed", {"event": "resolved", "agent": actor.name}, actor, at
            )  # fmt: skip
            conversations.update(tx, journal.write(tx, head, ended, line, self._names))


def _subject(tx: Transaction, block: Block) -> Subject:
    """As the audit log names it: by the contact's name or number, else by the network."""
    contact = None if block.contact_id is None else contacts.by_id(tx, block.contact_id)
    name = block.network if contact is None else contact.name or f"#{contact.number}"
    return Subject("block", block.contact_id or block.id, name)


def _nobody_named() -> Invalid:
    return Invalid(
        "nobody_named",
        "Say whom to block: a customer, an address, or both.",
        "请指明要屏蔽的客户或地址。",
    )


def _over_already() -> Invalid:
    return Invalid(
        "until_past",
        "A block must end after it begins. Choose a later time.",
        "屏蔽的截止时间必须晚于现在。请重新选择。",
        field="until",
    )


def _already() -> Conflict:
    return Conflict(
        "already_blocked",
        "This customer is blocked already. Unblock him first to change how.",
        "该客户已被屏蔽。如需更改，请先取消屏蔽。",
    )


def _network_already() -> Conflict:
    return Conflict(
        "already_blocked",
        "This address or range is blocked already. Unblock it first to change how.",
        "该地址或地址段已被屏蔽。如需更改，请先取消屏蔽。",
        field="network",
    )


def _too_many(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"There are already {most} blocks, which is the most. End some that are no longer needed.",
        f"屏蔽数量已达上限 {most}。请取消不再需要的屏蔽。",
    )
