"""What `Messages.accept` promises."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.chat.messages import Messages
from app.model.conversations import Kind, Status
from app.model.errors import Conflict, Invalid, NotFound, TooLarge
from app.model.events import ConversationChanged, Event, MessageCreated, StoredEvent
from app.model.frames import Delete, Edit, Send
from app.model.principals import System
from app.storage.database import Database, Parameters, Result, Row, Transaction, Unit
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain, stream


async def test_first_message_opens_a_conversation_in_the_queue_of_its_inbox(domain: Domain) -> None:
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    team = await domain.team("Sales")
    visitor = await domain.visitor(await domain.inbox(team))
    ack = await domain.say(visitor, "hello")
    head = await domain.head(ack.conv)
    assert (head.status, head.team_id, head.seq, head.staff_seq) == (Status.QUEUED, team.id, 1, 1)
    assert (head.last_text, head.last_kind, head.waiting_since) == ("hello", "visitor", domain.clock.now_ms())
    (event,) = heard
    assert isinstance(event, MessageCreated)
    assert event.conversation == head
    assert event.contact is not None and event.contact.id == visitor.contact_id
    assert event.pos == 1


async def test_numbers_are_dense_and_a_note_takes_none_of_the_visitors(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "one")).conv
    await domain.say(agent, "private", conv, note=True)
    ack = await domain.say(visitor, "two", conv)
    assert ack.seq == 2
    assert [(entry.staff_seq, entry.seq) for entry in await domain.entries(conv)] == [(1, 1), (2, None), (3, 2)]


async def test_a_retry_finds_the_first_result_whatever_the_conversation(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    cid = domain.cid()
    first = await domain.say(visitor, "hello", cid=cid)
    assert await domain.say(visitor, "hello", cid=cid) == first
    assert await domain.say(visitor, "hello", first.conv, cid=cid) == first
    assert len(await domain.entries(first.conv)) == 1


async def test_a_retry_at_the_moment_of_closing_finds_the_first_result(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    cid = domain.cid()
    first = await domain.say(visitor, "again", conv, cid=cid)
    await domain.change(conv, "status = 'closed'")
    assert await domain.say(visitor, "again", conv, cid=cid) == first


async def test_two_sends_of_one_key_at_once_store_one_message(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    cid = domain.cid()
    acks = await asyncio.gather(*(domain.say(visitor, "hello", cid=cid) for _ in range(5)))
    assert len({ack.id for ack in acks}) == 1
    assert len(await domain.entries(acks[0].conv)) == 1


async def test_the_same_key_with_another_body_is_a_conflict(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    cid = domain.cid()
    await domain.say(visitor, "hello", cid=cid)
    with pytest.raises(Conflict) as refused:
        await domain.say(visitor, "hello!", cid=cid)
    assert refused.value.code == "cid_reused"


async def test_the_same_key_of_two_people_is_two_messages(domain: Domain) -> None:
    inbox = await domain.inbox()
    one, other = await domain.visitor(inbox), await domain.visitor(inbox)
    cid = domain.cid()
    assert (await domain.say(one, "hello", cid=cid)).id != (await domain.say(other, "hello", cid=cid)).id


async def test_the_first_reply_takes_an_unassigned_conversation(domain: Domain) -> None:
    heard: list[Event] = []
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    domain.bus.subscribe(heard.extend)
    domain.clock.advance(2.5)
    ack = await domain.say(agent, "how can I help?", conv)
    head = await domain.head(conv)
    assert (head.status, head.assignee_id, head.waiting_since) == (Status.OPEN, agent.agent_id, None)
    notice = (await domain.entries(conv))[1]
    assert (notice.kind, notice.seq) == (Kind.NOTICE, 2)
    assert notice.data == {"event": "joined", "agent": "Ann", "waited_ms": "2500"}
    assert ack.seq == head.staff_seq == 3
    changed = [event for event in heard if isinstance(event, ConversationChanged)]
    assert [event.name for event in changed] == ["conversation.assigned"]
    assert [event.pos for event in heard if isinstance(event, MessageCreated | ConversationChanged)] == [2, 3, 4]


async def test_a_note_takes_nothing(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    await domain.say(agent, "who knows him?", conv, note=True)
    head = await domain.head(conv)
    assert (head.status, head.assignee_id, head.last_note) == (Status.QUEUED, None, True)
    assert head.waiting_since is not None


@pytest.mark.parametrize("status", [Status.OPEN, Status.QUEUED])
async def test_a_visitor_who_writes_again_gets_his_conversation_back(
    domain: Domain, clock: ManualClock, status: Status
) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    if status is Status.OPEN:
        await domain.conversations.take(agent, conv)
    await domain.conversations.resolve(agent, conv)
    clock.advance(domain.settings.limits.reopen_hours * 3600)
    ack = await domain.say(visitor, "one more thing", conv)
    head = await domain.head(ack.conv)
    assert (ack.conv, head.status, head.resolved_at) == (conv, status, None)
    assert head.assignee_id == (agent.agent_id if status is Status.OPEN else None)
    assert (await domain.entries(conv))[-2].data == {"event": "reopened", "agent": ""}


@pytest.mark.parametrize("how", ["too late", "closed"])
async def test_after_the_window_a_new_conversation_follows_the_old(
    domain: Domain, clock: ManualClock, how: str
) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    await domain.conversations.resolve(agent, conv)
    if how == "closed":
        await domain.change(conv, "status = 'closed'")
    else:
        clock.advance(domain.settings.limits.reopen_hours * 3600 + 1)
    ack = await domain.say(visitor, "one more thing", conv)
    head = await domain.head(ack.conv)
    assert ack.conv != conv
    assert (head.follows, head.status, ack.seq) == (conv, Status.QUEUED, 1)


async def test_an_agent_cannot_write_into_a_closed_conversation(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    await domain.change(conv, "status = 'closed'")
    for note in (False, True):
        with pytest.raises(Conflict) as refused:
            await domain.say(agent, "hello", conv, note=note)
        assert refused.value.code == "closed"


async def test_a_stale_answer_is_refused_until_it_is_fresh(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "red or blue?")).conv
    await domain.say(visitor, "no, green", conv)
    with pytest.raises(Conflict) as refused:
        await domain.say(agent, "blue", conv, expected=1)
    assert refused.value.code == "stale"
    assert (await domain.say(agent, "green", conv, expected=2)).seq == 4


async def test_own_lines_and_notes_do_not_make_an_answer_stale(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    other = await domain.agent("Ben")
    conv = (await domain.say(visitor, "hello")).conv
    await domain.say(agent, "one", conv)
    await domain.say(other, "private", conv, note=True)
    assert (await domain.say(agent, "two", conv, expected=1)).seq == 5


async def test_text_is_cleaned_or_refused(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    ack = await domain.say(visitor, "a\0b")
    assert (await domain.entries(ack.conv))[0].text == "ab"
    for text, kind in (("", Invalid), (" \n", Invalid), ("\0", Invalid), ("\ud800", Invalid), ("x" * 16_001, TooLarge)):
        with pytest.raises(kind):
            await domain.say(visitor, text, ack.conv)


async def test_others_conversations_are_not_there(domain: Domain) -> None:
    inbox = await domain.inbox(await domain.team("Sales"))
    visitor, other = await domain.visitor(inbox), await domain.visitor(inbox)
    outsider = await domain.agent("Ann")
    ack = await domain.say(visitor, "hello")
    for stranger in (other, outsider):
        with pytest.raises(NotFound):
            await domain.say(stranger, "hello", ack.conv)
        with pytest.raises(NotFound):
            await domain.messages.accept(stranger, Edit(domain.cid(), ack.conv, ack.id, "x"))
    with pytest.raises(NotFound):
        await domain.say(visitor, "hello", domain.ids.new())


async def test_a_visitor_writes_no_notes(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    with pytest.raises(NotFound):
        await domain.say(visitor, "psst", conv, note=True)


async def test_only_a_visitor_opens_a_conversation(domain: Domain) -> None:
    with pytest.raises(Invalid):
        await domain.say(await domain.agent("Ann"), "hello")


async def test_the_appliance_itself_may_speak(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    ack = await domain.messages.accept(System("bot"), Send(domain.cid(), conv, "one moment"))
    entry = (await domain.entries(conv))[-1]
    assert (ack.seq, entry.sender.kind, entry.sender.id) == (2, "system", "bot")
    assert (await domain.head(conv)).status is Status.QUEUED
    assert SYSTEM.name == "system"


async def test_an_edit_is_an_entry_and_changes_its_target(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    first = await domain.say(visitor, "helo")
    ack = await domain.messages.accept(visitor, Edit(domain.cid(), first.conv, first.id, "hello"))
    target, entry = await domain.entries(first.conv)
    assert (target.text, target.edited_at) == ("hello", domain.clock.now_ms())
    assert (entry.kind, entry.target, entry.text, entry.seq, ack.seq) == (Kind.EDIT, first.id, "hello", 2, 2)
    assert (await domain.head(first.conv)).last_text == "hello"


async def test_a_delete_leaves_no_word_behind(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    first = await domain.say(visitor, "my card is 4111")
    await domain.messages.accept(visitor, Edit(domain.cid(), first.conv, first.id, "my card is 4112"))
    await domain.messages.accept(visitor, Delete(domain.cid(), first.conv, first.id))
    assert [entry.text for entry in await domain.entries(first.conv)] == ["", "", ""]
    assert (await domain.entries(first.conv))[0].deleted
    assert (await domain.head(first.conv)).last_text == ""
    with pytest.raises(Conflict):
        await domain.messages.accept(visitor, Edit(domain.cid(), first.conv, first.id, "again"))


async def test_an_edit_of_an_earlier_message_leaves_the_last_line(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    first = await domain.say(visitor, "helo")
    await domain.say(visitor, "are you there?", first.conv)
    await domain.messages.accept(visitor, Edit(domain.cid(), first.conv, first.id, "hello"))
    assert (await domain.head(first.conv)).last_text == "are you there?"


async def test_nobody_changes_what_others_wrote(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    said = await domain.say(visitor, "hello")
    reply = await domain.say(agent, "hello", said.conv)
    with pytest.raises(NotFound):
        await domain.messages.accept(agent, Edit(domain.cid(), said.conv, said.id, "x"))
    with pytest.raises(NotFound):
        await domain.messages.accept(visitor, Delete(domain.cid(), said.conv, reply.id))
    notice = (await domain.entries(said.conv))[1]
    with pytest.raises(NotFound):
        await domain.messages.accept(agent, Delete(domain.cid(), said.conv, notice.id))


async def test_an_edit_of_a_note_stays_private(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    conv = (await domain.say(visitor, "hello")).conv
    note = await domain.say(agent, "psst", conv, note=True)
    await domain.messages.accept(agent, Edit(domain.cid(), conv, note.id, "pssst"))
    assert (await domain.entries(conv))[-1].seq is None
    assert (await domain.head(conv)).seq == 1


async def test_repeated_edits_and_deletes_find_the_first_result(domain: Domain) -> None:
    visitor = await domain.visitor(await domain.inbox())
    said = await domain.say(visitor, "helo")
    for command in (Edit(domain.cid(), said.conv, said.id, "hello"), Delete(domain.cid(), said.conv, said.id)):
        first = await domain.messages.accept(visitor, command)
        assert await domain.messages.accept(visitor, command) == first
    assert len(await domain.entries(said.conv)) == 3


async def test_files_are_the_senders_own_and_used_once(domain: Domain) -> None:
    inbox = await domain.inbox()
    visitor, other = await domain.visitor(inbox), await domain.visitor(inbox)
    file = await domain.files.receive(visitor, "notes.txt", stream(b"hello"))
    with pytest.raises(Invalid):
        await domain.say(other, "mine", files=(file.id,))
    ack = await domain.say(visitor, "", files=(file.id,))
    entry = (await domain.entries(ack.conv))[0]
    assert entry.attachments == (file,)
    assert (await domain.head(ack.conv)).last_text == "notes.txt"
    with pytest.raises(Invalid):
        await domain.say(visitor, "again", ack.conv, files=(file.id,))


async def test_every_message_and_change_of_one_is_given_to_search(domain: Domain) -> None:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    said = await domain.say(visitor, "helo")
    await domain.messages.accept(visitor, Edit(domain.cid(), said.conv, said.id, "hello"))
    await domain.conversations.resolve(agent, said.conv)
    rows = await domain.database.read("SELECT topic, key, payload FROM outbox ORDER BY number")
    assert rows == [("search", said.conv, said.id.encode())] * 2


async def test_an_ordinary_message_costs_three_statements_and_one_event_and_task(domain: Domain) -> None:
    """The hot path: head with duplicate check, message, head; the engine adds the event and the outbox row."""
    visitor = await domain.visitor(await domain.inbox())
    conv = (await domain.say(visitor, "hello")).conv
    counting = CountingDatabase(domain.database)
    messages = Messages(counting, domain.ids, domain.clock, domain.settings, domain.agents.names)
    await messages.accept(visitor, Send(domain.cid(), conv, "again"))
    assert counting.calls == ["execute", "execute", "enqueue", "execute", "record"]


class CountingDatabase:
    """Passes units on and notes what they ask of their transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.calls: list[str] = []
        self.epoch = database.epoch
        self.read = database.read
        self.watch_outbox = database.watch_outbox
        self.demand_writable = database.demand_writable

    def write(self, unit: Unit[Result]) -> Awaitable[Result]:
        return self._database.write(lambda tx: unit(CountingTransaction(tx, self.calls)))


class CountingTransaction:
    def __init__(self, tx: Transaction, calls: list[str]) -> None:
        self._tx = tx
        self._calls = calls

    @property
    def pos(self) -> int:
        return self._tx.pos

    @property
    def at(self) -> int:
        return self._tx.at

    def execute(self, sql: str, parameters: Parameters = {}) -> list[Row]:
        self._calls.append("execute")
        return self._tx.execute(sql, parameters)

    def attempt(self, step: Callable[[], Result]) -> Result:
        return self._tx.attempt(step)

    def record(self, event: StoredEvent) -> StoredEvent:
        self._calls.append("record")
        return self._tx.record(event)

    def announce(self, event: Event) -> None:
        self._calls.append("announce")
        self._tx.announce(event)

    def enqueue(self, topic: str, key: str, payload: bytes) -> None:
        self._calls.append("enqueue")
        self._tx.enqueue(topic, key, payload)


async def test_a_visitors_first_message_cannot_be_a_note(domain: Domain) -> None:
    """It would stand among the staff's private lines, and he himself would never see what he wrote."""
    visitor = await domain.visitor(await domain.inbox())
    with pytest.raises(NotFound):
        await domain.say(visitor, "hidden", note=True)
    assert await domain.history.threads(visitor) == []


async def test_two_messages_into_a_thread_that_is_over_go_on_together(domain: Domain) -> None:
    """Both were written before the answer to the first one named the conversation that follows."""
    visitor = await domain.visitor(await domain.inbox())
    old = (await domain.say(visitor, "old")).conv
    await domain.change(old, "status = 'closed'")
    first, second = await domain.say(visitor, "one", old), await domain.say(visitor, "two", old)
    assert first.conv == second.conv != old
    assert (first.seq, second.seq) == (1, 2)
    await domain.change(first.conv, "status = 'closed'")
    third = await domain.say(visitor, "three", old)
    assert third.conv not in (old, first.conv)
    assert (await domain.head(third.conv)).follows == first.conv
