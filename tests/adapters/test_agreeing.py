"""Two sides change the same ticket: whose word counts, that both come to say the same, and that it ends there."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.errors import Unreached
from app.adapters.maps.recipes import Recipe
from app.adapters.origins.dispatching import Dispatching
from app.adapters.proving.secrets import Masker
from app.adapters.sinks.acting import TicketSink
from app.adapters.sinks.agreeing import Agreed, Base, Rule, after_hearing, agree
from app.adapters.sinks.changes import Changed
from app.adapters.sinks.recording import RecordSink
from app.adapters.sinks.sending import ATTEMPTS_MAX, Sending, Waiting, topic_of
from app.adapters.sinks.sink import Mapped
from app.adapters.specs.model import Act, Send, Source
from app.adapters.specs.reading import read
from app.model.records import RecordKind
from app.model.tickets import Priority, Ticket
from app.outbox.outbox import Outbox
from app.records.records import Records
from app.settings import Limits, Settings
from app.storage import records, tickets
from app.tickets.tickets import TicketChange
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain

Side = Literal["newer", "ours", "theirs"]
FACTS = ("status", "priority")
VALUES = ("new", "open", "done", 2, 4)  # statuses and priorities

# ---- the rule, alone

OLD, NEW = 5, 50


@pytest.mark.parametrize(
    ("rule", "theirs", "ours", "base", "their_time", "agreed"),
    [
        (Rule(), "open", "new", "new", OLD, Agreed({"status": "open"})),  # they alone changed it
        (Rule(), "new", "done", "new", NEW, Agreed({})),  # we alone did
        (Rule(), "done", "done", "new", NEW, Agreed({})),
        (Rule(), "open", "done", "new", NEW, Agreed({"status": "open"}, ("status",))),
        (Rule(), "open", "done", "new", OLD, Agreed({}, ("status",))),
        (Rule(), "open", "done", "new", 0, Agreed({"status": "open"}, ("status",))),  # they do not say when
        (Rule(conflict="ours"), "open", "done", "new", NEW, Agreed({}, ("status",))),
        (Rule(conflict="ours"), "open", "new", "new", NEW, Agreed({"status": "open"})),
        (Rule(conflict="theirs"), "open", "done", "new", OLD, Agreed({"status": "open"}, ("status",))),
        (Rule({"status": "us"}), "open", "new", "new", NEW, Agreed({}, ("status",))),
        (Rule({"status": "us"}), "new", "done", "new", NEW, Agreed({})),
        (Rule({"status": "them"}), "open", "done", "new", OLD, Agreed({"status": "open"})),
        (Rule({"status": "them"}), "new", "done", "new", OLD, Agreed({"status": "new"})),
        (Rule(), "open", "done", None, NEW, Agreed({"status": "open"})),  # never heard of before
        (Rule(), "open", "done", None, OLD, Agreed({}, ("status",))),
    ],
)
def test_whose_word_counts(
    rule: Rule, theirs: str, ours: str, base: str | None, their_time: int, agreed: Agreed
) -> None:
    known = Base() if base is None else Base({"status": base})
    assert agree(rule, {"status": theirs}, {"status": ours}, known, their_time, lambda fact: 20) == agreed


@pytest.mark.parametrize(
    ("theirs", "ours", "agreed"),
    [
        ("done", "done", Agreed({})),
        ("new", "done", Agreed({"status": "new"})),  # back to what it was, once they had heard of ours
        ("done", "waiting", Agreed({})),  # ours is on its way
        ("done", "new", Agreed({"status": "done"})),  # theirs was taken here, and ours came there behind it
        ("open", "waiting", Agreed({"status": "open"}, ("status",))),
    ],
)
def test_what_they_have_heard_counts_as_said(theirs: str, ours: str, agreed: Agreed) -> None:
    base = after_hearing(Base({"status": "new", "priority": 2}), {"status": {"before": "new", "after": "done"}})
    assert agree(Rule(), {"status": theirs}, {"status": ours}, base, NEW, lambda fact: 20) == agreed
    later = after_hearing(base, {"priority": {"before": "2", "after": "4"}, "title": {"before": "", "after": "x"}})
    assert later.heard == {"status": "done", "priority": 4}


def test_an_owner_of_the_desks_own_fields_is_of_each_of_them() -> None:
    rule = Rule({"fields": "us", "fields.b": "them"})
    said = agree(rule, {"fields.a": "x", "fields.b": "y"}, {"fields.a": "", "fields.b": ""}, Base(), 0, lambda fact: 0)
    assert said == Agreed({"fields.b": "y"}, ("fields.a",))


# ---- two systems, killed and delayed

SPEC = """\
source: crm-out
system: crm
events: [ticket.updated]
map:
  id: ticket.reference
  status: changes.status.after
  priority: changes.priority.after
deliver: {post: "https://crm.example/t", order: ticket.id, breaker: {after: 10000, pause: 1s}}
"""


class Crm:
    """The other system: takes what is sent to it, and may be away, or vanish before it has answered."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.case: dict[str, Any] = {"status": "new", "priority": 2}
        self.changed_at = clock.now_ms()
        self.heard = 0
        self.away = self.mute = False

    def set(self, facts: Mapping[str, Any]) -> None:
        if any(self.case[name] != value for name, value in facts.items()):
            self.case = {**self.case, **facts}
            self.changed_at = self._clock.now_ms()

    async def ask(self, references: Callable[[], Mapping[str, Any]], document: Any = None) -> tuple[Any, None]:
        """As `Asking.ask`."""
        if self.away:
            raise Unreached("not_reached", "It is away.", "不在。")
        told = references()["mapped"]
        assert told.pop("id") == "C-1"
        self.heard += 1
        facts = {name: value for name, value in told.items() if value is not None}
        self.set({name: int(value) if name == "priority" else value for name, value in facts.items()})
        if self.mute:
            raise Unreached("answer_too_slow", "It was cut.", "中断。")
        return None, None


class Desk:
    """Our side as it is after each start: nothing but the database goes from one life to the next."""

    def __init__(self, domain: Domain, crm: Crm, act: Act) -> None:
        clock, limits = domain.clock, Limits(outbox_delay_ms_min=1_000, source_send_delay_ms_max=1_000)
        (source,) = read(SPEC.encode(), "crm.yaml", limits)
        send = source.deliver
        assert isinstance(send, Send)
        self._domain, self._crm, self._source = domain, crm, source
        masker = Masker(())
        waiting = Waiting(source, send, domain.ids, clock, limits)
        self._telling = Dispatching(
            source, Recipe(source, limits), waiting, masker, domain.database, domain.ids, clock, limits
        )
        asking: Any = crm
        sending = Sending(source, send, asking, masker, domain.database, domain.ids, clock, limits)
        self._outbox = Outbox(domain.database, clock, Settings(limits=limits), lambda: 1.0)
        self._outbox.handle(
            topic_of(source.name), sending.deliver, batch_max=1, attempts_max=ATTEMPTS_MAX, delay_ms_max=1_000
        )
        self._sink = TicketSink(domain.tickets, "crm", act, Changed("at", ""), opens=True)

    async def listen(self) -> None:
        self._pos = await self._telling.begin()

    async def poll(self) -> None:
        """What they have, however often."""
        fields = {"id": "C-1", "title": "Leaks", **self._crm.case, "at": self._crm.changed_at}
        ready = self._sink.prepare(Mapped({}, fields, "C-1"))
        (outcome,) = await self._domain.database.write(lambda tx: self._sink.write(tx, [ready]))
        assert outcome.problem is None

    async def tell(self) -> None:
        """What happened here waits to leave."""
        while (told := await self._telling.tell(self._pos)) > self._pos:
            self._pos = told

    async def deliver(self) -> None:
        await self._outbox.drain()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["ours", "theirs"]), st.sampled_from(VALUES)),
        st.tuples(st.sampled_from(["poll", "flow", "tell", "away", "back", "mute", "killed"]), st.just(None)),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, conflict=st.sampled_from(["newer", "ours", "theirs"]), timed=st.booleans())
def test_both_come_to_say_the_same_and_then_nobody_says_anything(
    migrated: Path, steps: list[tuple[str, Any]], conflict: Side, timed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        path = Path(shutil.copy(migrated, Path(folder) / "monodesk.db"))
        runner.run(_lives(path, steps, Act(to="tickets.open", conflict=conflict, newer="at" if timed else "")))


@pytest.mark.parametrize(
    ("conflict", "steps", "status"),
    [
        ("theirs", [("ours", "done"), ("poll", None)], "done"),  # they have not heard of it yet, and changed nothing
        ("ours", [("theirs", "open"), ("poll", None)], "open"),
        ("ours", [("ours", "done"), ("flow", None), ("theirs", "open")], "open"),  # one after the other
        ("ours", [("ours", "done"), ("tell", None), ("theirs", "open"), ("poll", None)], "done"),
        ("theirs", [("ours", "done"), ("tell", None), ("theirs", "open"), ("poll", None)], "open"),
        ("newer", [("ours", "done"), ("tell", None), ("theirs", "open"), ("poll", None)], "open"),
        ("newer", [("theirs", "open"), ("ours", "done"), ("poll", None), ("flow", None)], "done"),
    ],
)
async def test_who_wins_is_what_both_say(
    database_path: Path, conflict: Side, steps: list[tuple[str, Any]], status: str
) -> None:
    act = Act(to="tickets.open", conflict=conflict, newer="at")
    assert (await _lives(database_path, steps, act))["status"] == status


async def _lives(path: Path, steps: list[tuple[str, Any]], act: Act) -> dict[str, Any]:
    clock = ManualClock()
    async with Domain(path, Settings(data=path.parent), clock) as domain:
        crm = Crm(clock)
        desk = await _begun(domain, crm, act)
        await desk.poll()
        for step, value in steps:
            clock.advance(1)
            desk = await _step(domain, crm, desk, act, step, value)
        crm.away = crm.mute = False
        for _ in range(6):
            clock.advance(5)
            await desk.tell()
            await desk.deliver()
            await desk.poll()
        ticket = await _ticket(domain)
        assert {name: getattr(ticket, name) for name in FACTS} == crm.case
        for side, other in (("ours", "theirs"), ("theirs", "ours")):
            mine = {_fact(value): value for step, value in steps if step == side}
            if not any(step == other for step, _ in steps):
                assert crm.case == {"status": "new", "priority": 2, **mine}, "who is alone has the last word"
        if not any(step == "ours" for step, _ in steps):
            assert crm.heard == 0, "what is theirs is not told to them"
        heard, version = crm.heard, ticket.version
        for _ in range(3):
            clock.advance(5)
            await desk.poll()
            await desk.tell()
            await desk.deliver()
        assert (crm.heard, (await _ticket(domain)).version) == (heard, version), "it ends there"
        return crm.case


async def _begun(domain: Domain, crm: Crm, act: Act) -> Desk:
    desk = Desk(domain, crm, act)
    await desk.listen()
    return desk


async def _step(domain: Domain, crm: Crm, desk: Desk, act: Act, step: str, value: Any) -> Desk:
    match step:
        case "ours":
            await domain.tickets.change(SYSTEM, (await _ticket(domain)).id, _change(value))
        case "theirs":
            crm.set({_fact(value): value})
        case "away" | "back" | "mute":
            crm.away, crm.mute = step == "away", step == "mute"
        case "flow":
            await desk.tell()
            await desk.deliver()
        case "killed":
            return await _begun(domain, crm, act)
        case _:
            await getattr(desk, step)()
    return desk


def _fact(value: str | int) -> str:
    return "priority" if isinstance(value, int) else "status"


def _change(value: str | int) -> TicketChange:
    return TicketChange(priority=Priority(value)) if isinstance(value, int) else TicketChange(status=value)


async def _ticket(domain: Domain) -> Ticket:
    (row,) = await domain.database.read("SELECT ticket_id FROM ticket_references WHERE reference = 'C-1'")
    found = await domain.database.write(lambda tx: tickets.by_id(tx, str(row[0])))
    assert found is not None
    return found


# ---- records


@pytest.mark.parametrize(
    ("words", "changed_at", "kept"),
    [
        ("", 2, ("done", "theirs")),
        ("newer: at", 2, ("done", "theirs")),
        ("newer: at", 0, ("open", "ours")),
        ("newer: at, owner: {text: us}", 2, ("done", "ours")),
        ("newer: at, owner: {text: us}", 0, ("open", "ours")),
        ("newer: at, conflict: ours", 2, ("open", "ours")),
        ("newer: at, conflict: ours, owner: {status: them}", 2, ("done", "ours")),
        ("newer: at, conflict: theirs", 0, ("done", "theirs")),
        ("conflict: theirs, owner: {text: us}", 2, ("done", "ours")),
    ],
)
async def test_a_record_is_changed_where_their_word_counts(
    domain: Domain, words: str, changed_at: int, kept: tuple[str, str]
) -> None:
    text = (
        "source: crm\nfolder: {path: in}\nmap: {id: no, status: s, text: t, title: u, at: at}\n"
        f"deliver: {{to: tickets{', ' if words else ''}{words}}}\n"
    )
    (source,) = read(text.encode(), "crm.yaml", Limits())
    room = Records(domain.database, domain.ids, domain.clock, Limits())
    upsert: Any = source.deliver
    sink = RecordSink(room, source.keeps_as, source.version, upsert, Changed(upsert.newer, ""))

    async def bring(at: int, **fields: str) -> str:
        ready = sink.prepare(Mapped({}, {"id": "1", "at": at, **fields}))
        return (await domain.database.write(lambda tx: sink.write(tx, [ready])))[0].what

    assert await bring(1_000_000_000, status="open", text="ours") == "written"
    await bring(999_999_999 + changed_at, status="done", text="theirs", title="new")
    found = await records.find_external(domain.database, "crm", RecordKind.TICKET, "1")
    assert found is not None
    body: Any = found.body
    assert (body.status, body.text) == kept
    assert (body.title == "new") == (changed_at > 0 or "theirs" in words), "what was not there is taken"


def test_sources_of_one_system_are_one() -> None:
    def named(text: str) -> Source:
        (source,) = read((text + "folder: {path: in}\nmap: {id: no}\ndeliver: {to: orders}\n").encode(), "a", Limits())
        return source

    assert named("source: a\n").keeps_as == "a"
    assert named("source: a\nsystem: crm\n").keeps_as == "crm"
