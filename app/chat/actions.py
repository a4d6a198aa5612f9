"""Several things done with one conversation in one transaction: all of them, or none.

A rehearsal does the same and takes it back, so that what is shown before is what would happen, refusals included.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from app.accounts.policy import demand
from app.chat.conversations import Assignment, Conversations
from app.chat.labels import Labelling, Labels
from app.chat.messages import Messages
from app.chat.snoozing import Snooze, Snoozing
from app.chat.ticketing import TicketFromConversation, Ticketing
from app.chat.variables import filled
from app.locks.locks import Locks
from app.model import macros
from app.model.clock import Clock
from app.model.conversations import Conversation
from app.model.errors import Conflict, Invalid, Problem, not_found
from app.model.frames import Send
from app.model.ids import Ids
from app.model.people import Contact
from app.model.principals import Agent, System
from app.settings import Limits
from app.storage import contacts, conversations, inboxes
from app.storage.database import Database, Transaction

_MINUTE_MS = 60_000
_BULK = (macros.ChangeTags, macros.SetPriority, macros.Assign, macros.PutOff, macros.Resolve)


class Step(Struct, frozen=True):
    """One thing of it: `text` holds the words as they are said, with their variables filled."""

    action: macros.Action
    text: str = ""


class Done(Struct, frozen=True):
    """What was done, or would be, and the head after it."""

    conversation: Conversation
    steps: tuple[Step, ...]


class RefusedConversation(Struct, frozen=True):
    """A conversation that stayed as it was, and why."""

    id: str
    code: str
    en: str
    zh: str


class ChangedConversations(Struct, frozen=True):
    """What became of many."""

    conversations: tuple[Conversation, ...]
    refused: tuple[RefusedConversation, ...]


class _Rehearsed(Exception):
    def __init__(self, done: Done) -> None:
        super().__init__()
        self.done = done


Also = Callable[[Transaction], None]


class Actions:
    """Does them through the rooms that do each alone. `names` are the agents' names by id, `arm` the alarm's."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        limits: Limits,
        locks: Locks,
        messages: Messages,
        talks: Conversations,
        labelling: Labelling,
        snoozing: Snoozing,
        ticketing: Ticketing,
        names: Mapping[str, str],
        arm: Callable[[], None],
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._locks = locks
        self._messages = messages
        self._talks = talks
        self._labelling = labelling
        self._snoozing = snoozing
        self._ticketing = ticketing
        self._names = names
        self._arm = arm

    async def newest(self, principal: Agent, conversation_id: str) -> int:
        """The newest number of the thread, as staff count; raises `NotFound`."""
        head = await conversations.find(self._database, conversation_id)
        if head is None:
            raise not_found()
        demand(principal, "conversation.read", head)
        return head.staff_seq

    async def rehearse(self, principal: Agent, conversation_id: str, actions: Sequence[macros.Action]) -> Done:
        """What would come of them; nothing is stored. Raises what `run` would."""

        def unit(fence: int) -> Callable[[Transaction], Done]:
            def rehearsed(tx: Transaction) -> Done:
                raise _Rehearsed(self._do(tx, principal, conversation_id, actions, fence))

            return rehearsed

        try:
            return await self._locked(conversation_id, unit)
        except _Rehearsed as rehearsed:
            return rehearsed.done

    async def run(
        self,
        principal: Agent | System,
        conversation_id: str,
        actions: Sequence[macros.Action],
        expected: int | None = None,
        also: Also = lambda tx: None,
    ) -> Done:
        """Do all of them or nothing, and `also` with them.

        Raises `Conflict` (went_on) where the newest number of the thread is not `expected`, and what each of them does.
        """

        def unit(fence: int) -> Callable[[Transaction], Done]:
            def done(tx: Transaction) -> Done:
                head = conversations.by_id(tx, conversation_id)
                if expected is not None and head is not None and head.staff_seq != expected:
                    raise _went_on()
                also(tx)
                return self._do(tx, principal, conversation_id, actions, fence)

            return done

        done = await self._locked(conversation_id, unit)
        self._arm()
        return done

    async def change_all(
        self, principal: Agent, ids: Sequence[str], actions: Sequence[macros.Action]
    ) -> ChangedConversations:  # fmt: skip
        """Do the same with many, each for itself; one that is refused stays as it was and holds none of them back.

        Raises `Forbidden`, `Invalid` (too_many_at_once, action_unusable: words are for one conversation at a time).
        """
        demand(principal, "conversation.write")
        wanted = tuple(dict.fromkeys(ids))
        if len(wanted) > self._limits.bulk_max:
            raise _too_many_at_once(self._limits.bulk_max)
        if not all(isinstance(action, _BULK) for action in actions):
            raise _for_one_alone()
        changed: list[Conversation] = []
        refused: list[RefusedConversation] = []
        for conversation_id in wanted:
            try:
                changed.append((await self.run(principal, conversation_id, actions)).conversation)
            except Problem as problem:
                refused.append(RefusedConversation(conversation_id, problem.code, problem.en, problem.zh))
        return ChangedConversations(tuple(changed), tuple(refused))

    async def _locked(self, conversation_id: str, unit: Callable[[int], Callable[[Transaction], Done]]) -> Done:
        async with self._locks.hold(f"conversation:{conversation_id}", self._limits.assignment_lock_seconds) as lease:
            return await self._database.write(unit(lease.token))

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _do(
        self,
        tx: Transaction,
        principal: Agent | System,
        conversation_id: str,
        actions: Sequence[macros.Action],
        fence: int,
    ) -> Done:
        head = conversations.by_id(tx, conversation_id)
        if head is None:
            raise not_found()
        demand(principal, "conversation.write", head)
        contact = contacts.by_id(tx, head.contact_id)
        facts = self._facts(tx, principal, head, contact)
        steps = []
        for action in actions:
            text = _words(action, facts, contact)
            self._act(tx, principal, head.id, action, text, fence)
            steps.append(Step(action, text))
        after = conversations.by_id(tx, conversation_id)
        assert after is not None  # heads are never deleted
        return Done(after, tuple(steps))

    def _act(
        self,
        tx: Transaction,
        principal: Agent | System,
        conversation_id: str,
        action: macros.Action,
        text: str,
        fence: int,
    ) -> None:
        match action:
            case macros.SayReply() | macros.WriteNote():
                note = isinstance(action, macros.WriteNote)
                self._messages.say_beside(tx, principal, Send(self._key(), conversation_id, text, note=note))
            case macros.ChangeTags():
                self._label(tx, principal, conversation_id, Labels(add_tags=action.add, remove_tags=action.remove))
            case macros.SetPriority():
                self._label(tx, principal, conversation_id, Labels(priority=action.priority))
            case macros.Assign():
                if action.me and isinstance(principal, System):
                    raise _nobody()
                agent_id = principal.agent_id if action.me and isinstance(principal, Agent) else action.agent_id
                self._talks.assign_within(tx, principal, conversation_id, Assignment(agent_id, action.team_id), fence)
            case macros.PutOff():
                until = action.until
                if action.minutes is not None:
                    until = self._clock.now_ms() + action.minutes * _MINUTE_MS
                self._snoozing.apply(principal, conversation_id, Snooze(until), tx)
            case macros.Resolve():
                self._talks.resolve_within(tx, principal, conversation_id, action.reason)
            case macros.OpenTicket():
                asked = TicketFromConversation(text, type=action.type, priority=action.priority)
                self._ticketing.make(tx, principal, conversation_id, self._key(), asked)

    def _label(self, tx: Transaction, principal: Agent | System, conversation_id: str, labels: Labels) -> None:
        head = conversations.by_id(tx, conversation_id)
        assert head is not None  # `_do` has found it
        self._labelling.apply(tx, principal, head, labels)

    def _key(self) -> str:
        """A cid of its own: nobody sends this command again."""
        return hashlib.blake2b(self._ids.new().encode(), digest_size=16).hexdigest()

    def _facts(
        self, tx: Transaction, principal: Agent | System, head: Conversation, contact: Contact | None
    ) -> dict[str, str]:  # fmt: skip
        inbox = inboxes.by_id(tx, head.inbox_id)
        return {
            "contact.name": contact.name if contact else "",
            "contact.email": contact.email if contact else "",
            "contact.phone": contact.phone if contact else "",
            "agent.name": self._names.get(principal.agent_id, "") if isinstance(principal, Agent) else "",
            "inbox.name": inbox.name if inbox else "",
        }


def _words(action: macros.Action, facts: Mapping[str, str], contact: Contact | None) -> str:
    """What an action says, in the customer's language where it is there in it."""
    match action:
        case macros.SayReply():
            chinese = contact is not None and contact.language.startswith("zh")
            texts = (action.text_zh, action.text_en) if chinese else (action.text_en, action.text_zh)
            return filled(texts[0] or texts[1], facts)
        case macros.WriteNote():
            return filled(action.text, facts)
        case macros.OpenTicket():
            return filled(action.title, facts)
        case _:
            return ""


def _went_on() -> Conflict:
    return Conflict(
        "went_on",
        "The conversation went on since you looked. See again what would be done, then do it.",
        "查看之后会话又有变化。请重新查看将要执行的操作，再执行。",
    )


def _nobody() -> Invalid:
    return Invalid(
        "nobody_named",
        "No person does this, so nobody is “me”. Name a colleague or a team.",
        "并非由人执行，无法分配给“自己”。请指定同事或团队。",
        field="actions",
    )


def _for_one_alone() -> Invalid:
    return Invalid(
        "action_unusable",
        "Words and tickets are for one conversation at a time. Choose tags, priority, assignment, putting off or "
        "resolving.",
        "回复、备注与工单只能逐个会话操作。批量操作请选择标签、优先级、分配、稍后处理或解决。",
        field="actions",
    )


def _too_many_at_once(most: int) -> Invalid:
    return Invalid(
        "too_many_at_once",
        f"At most {most} conversations at once. Choose fewer.",
        f"一次最多 {most} 个会话。请减少选择。",
        field="ids",
    )
