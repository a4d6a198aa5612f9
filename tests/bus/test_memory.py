"""Events reach every listener in one order, whatever the others do."""

from collections.abc import Sequence

import pytest

from app.bus.bus import Bus
from app.bus.memory import MemoryBus
from app.model.errors import Defect
from app.model.events import Event, SessionsRevoked
from app.settings import Limits

ONE, TWO, THREE = (SessionsRevoked((name,)) for name in ("one", "two", "three"))


@pytest.fixture
def bus() -> Bus:
    return MemoryBus(Limits())


def test_every_listener_hears_everything_in_order(bus: Bus) -> None:
    heard: tuple[list[Event], list[Event]] = [], []
    for one in heard:
        bus.subscribe(one.extend)
    bus.publish([ONE, TWO])
    bus.publish([THREE])
    assert heard == ([ONE, TWO, THREE], [ONE, TWO, THREE])


def test_a_failing_listener_harms_no_other(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Event] = []

    def fail(events: Sequence[Event]) -> None:
        raise RuntimeError("a listener's own fault")

    bus.subscribe(fail)
    bus.subscribe(heard.extend)
    bus.publish([ONE])
    bus.publish([TWO])
    assert heard == [ONE, TWO]
    assert "a listener's own fault" in caplog.text


def test_unsubscribed_is_silent_and_may_be_said_twice(bus: Bus) -> None:
    heard: list[Event] = []
    unsubscribe = bus.subscribe(heard.extend)
    bus.publish([ONE])
    unsubscribe()
    unsubscribe()
    bus.publish([TWO])
    assert heard == [ONE]


def test_what_a_listener_publishes_comes_after_for_everybody(bus: Bus) -> None:
    first: list[Event] = []
    last: list[Event] = []

    def answer(events: Sequence[Event]) -> None:
        first.extend(events)
        if ONE in events:
            bus.publish([TWO])

    bus.subscribe(answer)
    bus.subscribe(last.extend)
    bus.publish([ONE])
    assert first == last == [ONE, TWO]


def test_a_listener_may_leave_while_it_hears(bus: Bus) -> None:
    heard: list[Event] = []

    def once(events: Sequence[Event]) -> None:
        heard.extend(events)
        leave()

    leave = bus.subscribe(once)
    bus.subscribe(heard.extend)
    bus.publish([ONE])
    bus.publish([TWO])
    assert heard == [ONE, ONE, TWO]


def test_listeners_that_answer_one_another_without_end_are_stopped() -> None:
    bus = MemoryBus(Limits(bus_batches_max=10))
    refused: list[Defect] = []

    def answer_twice(events: Sequence[Event]) -> None:
        try:
            bus.publish([ONE])
            bus.publish([TWO])
        except Defect as defect:
            refused.append(defect)
            unsubscribe()

    unsubscribe = bus.subscribe(answer_twice)
    bus.publish([ONE])
    assert len(refused) == 1
