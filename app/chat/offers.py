"""What routing writes: assignments, offers and how each ends. Units for the writer thread; `Router` calls them.

Whatever was chosen from what was read is looked at once more here, inside the transaction: it is written only where it
still holds, so nothing is assigned twice and nobody is given more than his capacity.
"""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from app.accounts.policy import WRITE
from app.chat import entries, journal
from app.chat.routing import Choice
from app.chat.status import ACTIVE, Handed, Returned, Step, Taken, step
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Speaker, Status
from app.model.errors import Conflict, Invalid, not_found
from app.model.events import AgentChanged, MessageCreated, OffersChanged
from app.model.ids import Ids
from app.model.people import MISSED_OFFERS, Availability, Colleague
from app.model.routing import Mode, Offer, OfferKind, OfferState, Rules, Why
from app.storage import agents, conversations, messages, offers, queue
from app.storage.database import Transaction

_ROUTING = Speaker("system", "routing")


class Offers:
    """Gives, offers, and ends offers. `names` are the agents' names by id; `rights` tells what a role allows."""

    def __init__(
        self, ids: Ids, clock: Clock, names: Mapping[str, str], rights: Callable[[str], frozenset[str]]
    ) -> None:
        self._ids = ids
        self._clock = clock
        self._names = names
        self._rights = rights

    def usable(self, agent: Colleague) -> bool:
        """Whether he works here and may answer what he is given."""
        return not agent.disabled and WRITE in self._rights(agent.role)

    # --- by routing ---------------------------------------------------------------------------------------------

    def give(self, choice: Choice, fence: int, tx: Transaction) -> bool:
        """Assign what was chosen, or offer it, as its rules say; False where that no longer holds."""
        head = conversations.by_id(tx, choice.queued.id)
        agent = agents.by_id(tx, choice.agent_id)
        if head is None or agent is None or not self._still(tx, head, agent, choice):
            return False
        now = self._clock.now_ms()
        agents.take_turn(tx, agent.id, now)
        if choice.rules.mode is Mode.OFFER:
            self._put(tx, head, agent.id, OfferKind.OFFER, choice.why, choice.rules.offer_seconds)
            return True
        given = Offer(
            self._ids.new(), head.id, agent.id, OfferKind.ASSIGNMENT, OfferState.ACCEPTED, now, now, choice.why,
            ended_at=now,
        )  # fmt: skip
        offers.insert(tx, given)
        self._joined(tx, head, agent.id, _ROUTING, fence)
        return True

    def move(self, conversation_id: str, team_id: str, fence: int, tx: Transaction) -> bool:
        """Overflow: it waits in another team's queue, at the same place; False where it no longer waits here."""
        head = conversations.by_id(tx, conversation_id)
        team = agents.team(tx, team_id)
        if head is None or team is None or head.status is not Status.QUEUED or offers.open_of(tx, head.id):
            return False
        if queue.was_there(tx, head.id, team_id):
            return False
        place = queue.place(tx, head.id)
        queue.left(tx, head.id, head.team_id or "", self._clock.now_ms())
        data = {"event": "transferred", "agent": "", "team": team.name, "why": "overflow"}
        self._step(tx, head, Handed(None, team_id, fence), "conversation.transferred", data, _ROUTING)
        if place is not None:
            queue.move(tx, head.id, place)
        return True

    def send_back(self, conversation_id: str, agent_id: str, fence: int, tx: Transaction) -> bool:
        """Its agent is gone: to the front of the queue; False where it is no longer his, or nobody waits."""
        head = conversations.by_id(tx, conversation_id)
        if head is None or head.assignee_id != agent_id or head.status is not Status.OPEN:
            return False
        if head.waiting_since is None:
            return False
        pending = offers.open_of(tx, head.id)
        if pending is not None:
            self._end(tx, pending, OfferState.WITHDRAWN)
        data = {"event": "transferred", "agent": "", "from": self._names.get(agent_id, ""), "why": "gone"}
        self._step(tx, head, Returned(fence), "conversation.queued", data, _ROUTING)
        queue.to_front(tx, head.id, self._clock.now_ms())
        return True

    # --- how an offer ends --------------------------------------------------------------------------------------

    def accept(self, offer_id: str, agent_id: str, fence: int, tx: Transaction) -> Conversation:
        """He takes it; raises `NotFound`, `Conflict` (offer_over)."""
        offer, head = self._his(tx, offer_id, agent_id)
        now = self._clock.now_ms()
        if not _unmoved(head, offer):
            self._end(tx, offer, OfferState.WITHDRAWN)
            raise _over()
        offers.end(tx, offer.id, OfferState.ACCEPTED, now)
        self._tell(tx, offer)
        actor = Speaker("agent", agent_id, self._names.get(agent_id, ""))
        if offer.kind is OfferKind.TRANSFER:
            data = {"event": "transferred", "agent": self._names.get(offer.from_id or "", ""), "to": actor.name}
            noted = self._noted(tx, head, offer) if offer.note else head
            return self._step(tx, noted, Handed(agent_id, None, fence), "conversation.transferred", data, actor)
        return self._joined(tx, head, agent_id, actor, fence)

    def refuse(self, offer_id: str, agent_id: str, reason: str, tx: Transaction) -> Offer:
        """He does not take it; raises `NotFound`, `Conflict` (offer_over)."""
        offer, _ = self._his(tx, offer_id, agent_id)
        self._end(tx, offer, OfferState.REFUSED, reason)
        return offer

    def expire(self, offer_id: str, passes_max: int, tx: Transaction) -> bool:
        """Nobody answered in time; who lets `passes_max` in a row pass is away. False where it was over already."""
        offer = offers.by_id(tx, offer_id)
        if offer is None or not self._end(tx, offer, OfferState.EXPIRED):
            return False
        agent = agents.by_id(tx, offer.agent_id)
        if agent is None or not passes_max or agent.availability is not Availability.ONLINE:
            return True
        if offers.passed(tx, agent.id, agent.availability_since, passes_max) >= passes_max:
            now = self._clock.now_ms()
            away = replace(agent, availability=Availability.AWAY, away_reason=MISSED_OFFERS, availability_since=now)
            agents.save(tx, away)
            tx.announce(AgentChanged(away))
        return True

    def withdraw(self, offer_id: str, tx: Transaction) -> bool:
        """It is no longer his to answer; False where it was over already."""
        offer = offers.by_id(tx, offer_id)
        return offer is not None and self._end(tx, offer, OfferState.WITHDRAWN)

    def withdraw_stale(self, conversation_id: str, tx: Transaction) -> bool:
        """What was offered went another way, or its agent is not at work any more: its offer ends."""
        offer = offers.open_of(tx, conversation_id)
        head = conversations.by_id(tx, conversation_id)
        if offer is None or (head is not None and _unmoved(head, offer) and self._at_work(tx, offer)):
            return False
        return self._end(tx, offer, OfferState.WITHDRAWN)

    # --- a colleague hands it on --------------------------------------------------------------------------------

    def transfer(self, head: Conversation, to: str, sender_id: str, note: str, seconds: int, tx: Transaction) -> Offer:
        """Put it before a colleague, with a note; it stays where it is until he accepts.

        Raises `Conflict` (not_active, offered_already), `Invalid` (agent_unusable, agent_has_it).
        """
        agent = agents.by_id(tx, to)
        if agent is None or not self.usable(agent):
            raise Invalid(
                "agent_unusable",
                "This colleague cannot take conversations. Choose another one.",
                "该同事无法接待会话。请选择其他人。",
            )
        if head.assignee_id == to:
            raise Invalid("agent_has_it", "This colleague has this conversation already.", "该会话已由这位同事接待。")
        if head.status not in ACTIVE:
            raise Conflict(
                "not_active",
                "This conversation is already resolved. Reopen it first.",
                "该会话已解决。请先重新打开它。",
            )
        pending = offers.open_of(tx, head.id)
        if pending is not None and pending.kind is OfferKind.TRANSFER:
            raise Conflict(
                "offered_already",
                "This conversation is before a colleague already. Wait for the answer, or take the offer back.",
                "该会话已在等待同事确认。请等待对方答复，或先撤回。",
            )
        if pending is not None:
            self._end(tx, pending, OfferState.WITHDRAWN)
        why = Why("transfer", holder=head.assignee_id or "")
        return self._put(tx, head, to, OfferKind.TRANSFER, why, seconds, sender_id, note)

    # --- steps --------------------------------------------------------------------------------------------------

    def _still(self, tx: Transaction, head: Conversation, agent: Colleague, choice: Choice) -> bool:
        return (
            head.status is Status.QUEUED
            and head.assignee_id is None
            and head.team_id == choice.queued.team_id
            and self.usable(agent)
            and agent.availability is Availability.ONLINE
            and (head.team_id is None or head.team_id in agent.teams)
            and queue.load(tx, agent.id) < agent.capacity
            and offers.open_of(tx, head.id) is None
        )

    def _put(
        self,
        tx: Transaction,
        head: Conversation,
        agent_id: str,
        kind: OfferKind,
        why: Why,
        seconds: int,
        from_id: str | None = None,
        note: str = "",
    ) -> Offer:
        now = self._clock.now_ms()
        made = Offer(
            self._ids.new(), head.id, agent_id, kind, OfferState.OPEN, now, now + seconds * 1_000, why,
            from_id=from_id, note=note,
        )  # fmt: skip
        made = offers.insert(tx, made)
        self._tell(tx, made)
        return made

    def _end(self, tx: Transaction, offer: Offer, state: OfferState, answer: str = "") -> bool:
        if not offers.end(tx, offer.id, state, self._clock.now_ms(), answer):
            return False
        self._tell(tx, offer)
        if offer.kind is OfferKind.TRANSFER and state in (OfferState.REFUSED, OfferState.EXPIRED):
            self._not_taken(tx, offer, state, answer)
        return True

    def _not_taken(self, tx: Transaction, offer: Offer, state: OfferState, answer: str) -> None:
        """A line for colleagues: who did not take it, and why."""
        head = conversations.by_id(tx, offer.conversation_id)
        if head is None:
            return
        now, name = self._clock.now_ms(), self._names.get(offer.agent_id, "")
        after = entries.counted(head, visible=False, at=now)
        data = {"event": f"transfer_{state.value}", "agent": name, "reason": answer}
        speaker = Speaker("system", offer.agent_id, name)
        line = entries.last_entry(after, self._ids.new(), Kind.SYSTEM, speaker, now, visible=False, data=data)
        messages.insert(tx, line)
        conversations.advance(tx, after)
        tx.record(MessageCreated(after, line, None, self._names.get(after.assignee_id or "", "")))

    def _noted(self, tx: Transaction, head: Conversation, offer: Offer) -> Conversation:
        """The private line that goes along, said by whoever handed it on."""
        now, sender = self._clock.now_ms(), offer.from_id or ""
        speaker = Speaker("agent", sender, self._names.get(sender, ""))
        after = entries.spoken(head, speaker=speaker.kind, note=True, line=offer.note, at=now)
        note = entries.last_entry(after, self._ids.new(), Kind.NOTE, speaker, now, visible=False, text=offer.note)
        messages.insert(tx, note)
        tx.record(MessageCreated(after, note, None, self._names.get(after.assignee_id or "", "")))
        tx.enqueue("search", head.id, note.id.encode())
        return after

    def _tell(self, tx: Transaction, offer: Offer) -> None:
        """To whom it was put, and whoever put it there: everything that is before them now."""
        for agent_id in dict.fromkeys((offer.agent_id, offer.from_id)):
            if agent_id is not None:
                tx.announce(OffersChanged(agent_id, offers.open_of_agent(tx, agent_id)))

    def _his(self, tx: Transaction, offer_id: str, agent_id: str) -> tuple[Offer, Conversation]:
        offer = offers.by_id(tx, offer_id)
        if offer is None or offer.agent_id != agent_id:
            raise not_found()
        head = conversations.by_id(tx, offer.conversation_id)
        if offer.state is not OfferState.OPEN or head is None:
            raise _over()
        return offer, head

    def _at_work(self, tx: Transaction, offer: Offer) -> bool:
        """Whether he can still be asked; a colleague's hand-over waits for who is away for a moment."""
        agent = agents.by_id(tx, offer.agent_id)
        if agent is None or not self.usable(agent):
            return False
        return offer.kind is OfferKind.TRANSFER or agent.availability is Availability.ONLINE

    def _joined(self, tx: Transaction, head: Conversation, agent_id: str, actor: Speaker, fence: int) -> Conversation:
        data = {"event": "joined", "agent": self._names.get(agent_id, "")}
        data |= journal.waited(head, self._clock.now_ms())
        return self._step(tx, head, Taken(agent_id, fence), "conversation.assigned", data, actor)

    def _step(
        self, tx: Transaction, before: Conversation, event: Step, name: str, data: dict[str, str], actor: Speaker
    ) -> Conversation:
        now = self._clock.now_ms()
        stepped = step(before, event, now)
        if stepped is before:
            return before
        after = journal.write(tx, before, stepped, journal.Line(self._ids.new(), name, data, actor, now), self._names)
        conversations.update(tx, after)
        return after


def passes_of(rules: Rules, offer: Offer) -> int:
    """How many of such offers may pass; a colleague's hand-over makes nobody away."""
    return rules.passes_max if offer.kind is OfferKind.OFFER else 0


def _unmoved(head: Conversation, offer: Offer) -> bool:
    """Whether what was offered is still where it was offered from."""
    holder = offer.why.holder or offer.from_id  # who hands on what nobody has yet may have taken it since
    if offer.kind is OfferKind.TRANSFER and head.assignee_id == holder:
        return head.status in ACTIVE
    return head.status is Status.QUEUED and head.assignee_id is None


def _over() -> Conflict:
    return Conflict(
        "offer_over",
        "This offer is over: it went to somebody else, or its time had run out.",
        "该派单已失效：已转给他人，或已超时。",
    )
