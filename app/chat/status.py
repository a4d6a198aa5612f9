"""How a conversation goes from one status to the next: pure, no I/O (the table in ARCHITECTURE.md)."""

from msgspec import Struct
from msgspec.structs import replace

from app.model.conversations import Conversation, Status
from app.model.errors import Conflict

ACTIVE = frozenset({Status.BOT, Status.QUEUED, Status.OPEN, Status.WAITING, Status.SNOOZED, Status.OFFLINE})


class VisitorWrote(Struct, frozen=True, tag=True):
    """The visitor wrote; `reopen_ms` is how long after it was resolved he still gets the same conversation back."""

    reopen_ms: int


class AgentReplied(Struct, frozen=True, tag=True):
    """An agent wrote what the visitor sees."""

    agent_id: str


class Taken(Struct, frozen=True, tag=True):
    """An agent takes it for himself, under a lock with this fencing token."""

    agent_id: str
    fence: int


class Handed(Struct, frozen=True, tag=True):
    """It goes to an agent, or, without one, to the queue of a team."""

    agent_id: str | None
    team_id: str | None
    fence: int


class Returned(Struct, frozen=True, tag=True):
    """Its agent is gone: it waits for another one."""

    fence: int


class Settled(Struct, frozen=True, tag=True):
    """Somebody resolves it."""

    reason: str


class Resumed(Struct, frozen=True, tag=True):
    """An agent takes a resolved one up again."""


class Slept(Struct, frozen=True, tag=True):
    """An agent lets it sleep: until `until` (ms), or until the visitor writes."""

    until: int | None


class Woken(Struct, frozen=True, tag=True):
    """It wakes: its time has come, or an agent wakes it."""


class MessageLeft(Struct, frozen=True, tag=True):
    """The visitor leaves it as a message: he no longer waits for somebody to come into the chat."""


class WindowEnded(Struct, frozen=True, tag=True):
    """The time in which a resolved one may come back is over."""


Step = (
    VisitorWrote | AgentReplied | Taken | Handed | Returned | Settled | Resumed | Slept | Woken | MessageLeft
    | WindowEnded
)  # fmt: skip


def step(head: Conversation, event: Step, at: int) -> Conversation:
    """The head after `event` at `at` (ms); the same object when nothing changes. Raises `Conflict` when refused."""
    match event:
        case VisitorWrote():
            return _visitor_wrote(head, event, at)
        case AgentReplied():
            return _agent_replied(head, event, at)
        case Taken():
            return _taken(head, event, at)
        case Handed():
            return _handed(head, event, at)
        case Returned():
            _demand_fence(head, event.fence)
            return replace(head, status=Status.QUEUED, assignee_id=None, fence=event.fence, updated_at=at)
        case Settled():
            return _settled(head, event, at)
        case Resumed():
            return _resumed(head, at)
        case Slept():
            return _slept(head, event, at)
        case Woken():
            return _back_to_work(head, at) if head.status is Status.SNOOZED else head
        case MessageLeft():
            return _message_left(head, at)
        case WindowEnded():
            return replace(head, status=Status.CLOSED, updated_at=at) if head.status is Status.RESOLVED else head


def continues(head: Conversation, reopen_ms: int, at: int) -> bool:
    """Whether a visitor's new message belongs into this conversation, or must open one that follows it."""
    if head.status is Status.CLOSED:
        return False
    return head.status is not Status.RESOLVED or at - (head.resolved_at or 0) <= reopen_ms


def _visitor_wrote(head: Conversation, event: VisitorWrote, at: int) -> Conversation:
    if not continues(head, event.reopen_ms, at):
        raise closed()
    if head.status in (Status.RESOLVED, Status.WAITING, Status.SNOOZED):
        return _back_to_work(head, at)
    return head


def _agent_replied(head: Conversation, event: AgentReplied, at: int) -> Conversation:
    if head.status is Status.CLOSED:
        raise closed()
    if head.status is Status.OPEN and head.assignee_id is not None:
        return head
    assignee = head.assignee_id or event.agent_id
    return replace(
        head, status=Status.OPEN, assignee_id=assignee, resolved_at=None, close_reason=None, snoozed_until=None,
        updated_at=at,
    )  # fmt: skip


def _taken(head: Conversation, event: Taken, at: int) -> Conversation:
    _demand_active(head)
    if head.assignee_id == event.agent_id and head.status is Status.OPEN:
        return head
    if head.assignee_id not in (None, event.agent_id):
        raise already_taken("")
    _demand_fence(head, event.fence)
    return replace(
        head, status=Status.OPEN, assignee_id=event.agent_id, fence=event.fence, snoozed_until=None, updated_at=at
    )


def _handed(head: Conversation, event: Handed, at: int) -> Conversation:
    _demand_active(head)
    there = head.assignee_id == event.agent_id and event.team_id in (None, head.team_id)
    if there and head.status is (Status.OPEN if event.agent_id else Status.QUEUED):
        return head
    _demand_fence(head, event.fence)
    return replace(
        head,
        status=Status.OPEN if event.agent_id else Status.QUEUED,
        assignee_id=event.agent_id,
        team_id=event.team_id or head.team_id,
        fence=event.fence,
        snoozed_until=None,
        updated_at=at,
    )


def _settled(head: Conversation, event: Settled, at: int) -> Conversation:
    if head.status is Status.CLOSED:
        raise closed()
    if head.status is Status.RESOLVED:
        return head
    reason = event.reason or "solved"
    return replace(
        head, status=Status.RESOLVED, resolved_at=at, close_reason=reason, waiting_since=None, snoozed_until=None,
        updated_at=at,
    )  # fmt: skip


def _resumed(head: Conversation, at: int) -> Conversation:
    if head.status is Status.CLOSED:
        raise closed()
    return _back_to_work(head, at) if head.status is Status.RESOLVED else head


def _slept(head: Conversation, event: Slept, at: int) -> Conversation:
    _demand_active(head)
    if head.assignee_id is None:
        raise Conflict(
            "not_taken",
            "Nobody has taken this conversation yet: asleep, it would be forgotten. Take it first.",
            "该会话尚无人接待，稍后处理会被遗忘。请先接待。",
        )
    if head.status is Status.SNOOZED and head.snoozed_until == event.until:
        return head
    return replace(head, status=Status.SNOOZED, snoozed_until=event.until, updated_at=at)


def _message_left(head: Conversation, at: int) -> Conversation:
    if head.status is Status.OFFLINE:
        return head
    if head.status not in (Status.QUEUED, Status.BOT):
        raise Conflict(
            "being_answered",
            "Somebody is answering this conversation already. Write in it, or start a new one.",
            "该会话已有客服接待。请直接在会话中留言，或新建会话。",
        )
    return replace(head, status=Status.OFFLINE, updated_at=at)


def _back_to_work(head: Conversation, at: int) -> Conversation:
    """To the same agent if there was one, else into the queue."""
    status = Status.OPEN if head.assignee_id else Status.QUEUED
    return replace(head, status=status, resolved_at=None, close_reason=None, snoozed_until=None, updated_at=at)


def _demand_active(head: Conversation) -> None:
    if head.status not in ACTIVE:
        raise Conflict(
            "not_active",
            "This conversation is already resolved. Reopen it first.",
            "该会话已解决。请先重新打开它。",
        )


def _demand_fence(head: Conversation, fence: int) -> None:
    if fence <= head.fence:
        raise Conflict(
            "lock_lost",
            "Somebody else changed this conversation in the meantime. Look at it again and repeat your step.",
            "其他人刚刚修改了该会话。请查看最新状态后重试。",
        )


def closed() -> Conflict:
    """The conversation is read-only."""
    return Conflict(
        "closed",
        "This conversation is closed and read-only. Start a new one.",
        "该会话已关闭，只能查看。请新建会话。",
    )


def already_taken(name: str) -> Conflict:
    """Somebody was faster; `name` says who."""
    return Conflict(
        "already_taken",
        f"{name or 'A colleague'} has already taken this conversation. Pick another one, or ask for a hand-over.",
        f"{name or '其他同事'}已接待该会话。请选择其他会话，或请对方转接。",
    )
