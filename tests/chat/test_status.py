"""The status table, row by row, without a database."""

import pytest
from msgspec.structs import replace

from app.chat.status import (
    AgentReplied,
    Handed,
    Resumed,
    Settled,
    Step,
    Taken,
    VisitorWrote,
    WindowEnded,
    continues,
    step,
)
from app.model.conversations import Conversation, Status
from app.model.errors import Conflict

WINDOW = 1_000
HEAD = Conversation("c", "i", "p", Status.QUEUED, 0, 0)
OPEN = replace(HEAD, status=Status.OPEN, assignee_id="ann")
RESOLVED = replace(OPEN, status=Status.RESOLVED, resolved_at=100, close_reason="solved")
CLOSED = replace(RESOLVED, status=Status.CLOSED)


@pytest.mark.parametrize(
    ("head", "event", "status", "assignee"),
    [
        (HEAD, VisitorWrote(WINDOW), Status.QUEUED, None),
        (OPEN, VisitorWrote(WINDOW), Status.OPEN, "ann"),
        (replace(OPEN, status=Status.WAITING), VisitorWrote(WINDOW), Status.OPEN, "ann"),
        (replace(OPEN, status=Status.SNOOZED, snoozed_until=900), VisitorWrote(WINDOW), Status.OPEN, "ann"),
        (RESOLVED, VisitorWrote(WINDOW), Status.OPEN, "ann"),
        (replace(RESOLVED, assignee_id=None), VisitorWrote(WINDOW), Status.QUEUED, None),
        (HEAD, AgentReplied("ann"), Status.OPEN, "ann"),
        (replace(HEAD, status=Status.BOT), AgentReplied("ann"), Status.OPEN, "ann"),
        (OPEN, AgentReplied("ben"), Status.OPEN, "ann"),
        (RESOLVED, AgentReplied("ben"), Status.OPEN, "ann"),
        (HEAD, Taken("ann", 1), Status.OPEN, "ann"),
        (OPEN, Taken("ann", 1), Status.OPEN, "ann"),
        (OPEN, Handed("ben", None, 1), Status.OPEN, "ben"),
        (OPEN, Handed(None, "sales", 1), Status.QUEUED, None),
        (HEAD, Settled(""), Status.RESOLVED, None),
        (OPEN, Settled("spam"), Status.RESOLVED, "ann"),
        (RESOLVED, Settled("spam"), Status.RESOLVED, "ann"),
        (RESOLVED, Resumed(), Status.OPEN, "ann"),
        (replace(RESOLVED, assignee_id=None), Resumed(), Status.QUEUED, None),
        (OPEN, Resumed(), Status.OPEN, "ann"),
        (RESOLVED, WindowEnded(), Status.CLOSED, "ann"),
        (OPEN, WindowEnded(), Status.OPEN, "ann"),
    ],
)
def test_step(head: Conversation, event: Step, status: Status, assignee: str | None) -> None:
    after = step(head, event, 500)
    assert (after.status, after.assignee_id) == (status, assignee)
    if status is not Status.RESOLVED and status is not Status.CLOSED:
        assert (after.resolved_at, after.close_reason, after.snoozed_until) == (None, None, None)


@pytest.mark.parametrize(
    ("head", "event", "code"),
    [
        (CLOSED, VisitorWrote(WINDOW), "closed"),
        (RESOLVED, VisitorWrote(100), "closed"),
        (CLOSED, AgentReplied("ann"), "closed"),
        (CLOSED, Settled(""), "closed"),
        (CLOSED, Resumed(), "closed"),
        (RESOLVED, Taken("ann", 1), "not_active"),
        (RESOLVED, Handed("ann", None, 1), "not_active"),
        (OPEN, Taken("ben", 1), "already_taken"),
        (replace(HEAD, fence=5), Taken("ann", 5), "lock_lost"),
        (replace(OPEN, fence=5), Handed("ben", None, 4), "lock_lost"),
    ],
)
def test_refused(head: Conversation, event: Step, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        step(head, event, 500)
    assert refused.value.code == code
    assert refused.value.zh != refused.value.en


def test_what_changes_nothing_is_the_same_object() -> None:
    for event in (VisitorWrote(WINDOW), AgentReplied("ben"), Taken("ann", 9), Handed("ann", None, 9), Resumed()):
        assert step(OPEN, event, 500) is OPEN


def test_resolving_keeps_the_reason_and_nobody_waits() -> None:
    after = step(replace(OPEN, waiting_since=3), Settled("spam"), 500)
    assert (after.resolved_at, after.close_reason, after.waiting_since) == (500, "spam", None)


def test_the_window_is_open_to_its_last_millisecond() -> None:
    assert continues(RESOLVED, WINDOW, 1_100)
    assert not continues(RESOLVED, WINDOW, 1_101)
    assert not continues(CLOSED, WINDOW, 100)
