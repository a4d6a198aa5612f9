"""Where what a source brings goes: its sink, and for calls outwards the handler of its outbox topic.

Sinks are made here, each written in a file of its own (`sinks`, `acting`, `sending`); origins are made in `origins`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from app.adapters.calls.callers import Callers
from app.adapters.errors import BadSpec
from app.adapters.ground import Ground
from app.adapters.sinks import commands
from app.adapters.sinks.acting import ContactSink, TicketSink
from app.adapters.sinks.changes import Changed
from app.adapters.sinks.commands import Commands, CommandSink
from app.adapters.sinks.conversing import MessageSink
from app.adapters.sinks.recording import RecordSink
from app.adapters.sinks.sending import ATTEMPTS_MAX, Sending, Waiting, topic_of
from app.adapters.sinks.sink import Sink
from app.adapters.specs.model import Act, Retry, Send, Source, Upsert
from app.contacts.joined import JoinedContacts


async def sink_of(source: Source, ground: Ground, callers: Callers) -> Sink:
    """What takes the mapped records of a source. Raises the `Problem` that keeps it from being made."""
    match source.deliver:
        case Upsert():
            changed = Changed(source.deliver.newer, source.records.changed)
            return RecordSink(ground.records, source.keeps_as, source.version, source.deliver, changed)
        case Act(to="tickets.open" | "tickets.update"):
            act, opens = source.deliver, source.deliver.to == "tickets.open"
            changed = Changed(act.newer, source.records.changed)
            return TicketSink(ground.tickets, source.keeps_as, act, changed, opens=opens)
        case Act(to="contacts.upsert"):
            return ContactSink(JoinedContacts(ground.ids, ground.clock), source.keeps_as, source.deliver.owner)
        case Act(to="messages.accept"):
            inbox = await ground.channels.inbox(source.keeps_as, source.deliver.inbox or source.title.en)
            client = await callers.client()
            return MessageSink(ground.channels, ground.files, client, source.keeps_as, inbox.id, ground.limits)
        case Act(to="conversations.act"):
            return CommandSink(source, source.deliver.key, ground.ids, ground.clock)
        case Send():
            return Waiting(source, source.deliver, ground.ids, ground.clock, ground.limits)
        case _:
            raise _not_yet(source)


@asynccontextmanager
async def sending(source: Source, ground: Ground, callers: Callers) -> AsyncIterator[None]:
    """While the block runs, what waits to leave leaves, and what waits to be done is done."""
    match source.deliver:
        case Send():
            topic = await _leaves(source, source.deliver, ground, callers)
        case Act(to="conversations.act"):
            topic = _is_done(source, ground, callers)
        case _:
            yield
            return
    try:
        yield
    finally:
        await ground.outbox.release(topic)


async def _leaves(source: Source, send: Send, ground: Ground, callers: Callers) -> str:
    once = replace(send, retry=Retry(times=0))  # the outbox tries again: it outlives the process
    asking = await callers.asking(once)
    handler = Sending(
        source, send, asking, callers.masker, ground.database, ground.ids, ground.clock, ground.limits, ground.channels
    )  # fmt: skip
    topic = topic_of(source.name)
    ground.outbox.handle(
        topic,
        handler.deliver,
        batch_max=1,
        lease_seconds=send.timeout + ground.limits.outbox_lease_seconds,
        attempts_max=ATTEMPTS_MAX,
        delay_ms_max=ground.limits.source_send_delay_ms_max,
        lanes=1 if send.method == "ws" else send.lanes,  # one line carries one message after the other
    )
    return topic


def _is_done(source: Source, ground: Ground, callers: Callers) -> str:
    handler = Commands(
        source, ground.actions, callers.masker, ground.database, ground.ids, ground.clock, ground.limits
    )  # fmt: skip
    topic = commands.topic_of(source.name)
    delay = ground.limits.source_send_delay_ms_max
    ground.outbox.handle(topic, handler.carry_out, batch_max=1, attempts_max=ATTEMPTS_MAX, delay_ms_max=delay)
    return topic


def _not_yet(source: Source) -> BadSpec:
    return BadSpec(source.mark, "This way out is not built yet.", "尚不支持这种输出方式。")
