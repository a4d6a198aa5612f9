"""Stored once, shown once, delivered at least once: the whole protocol against a network that fails.

Real rooms over a real SQLite file, in-memory sockets, a clock that stands still. Sockets break with frames and answers
under way; commands arrive twice; frames come twice, late, in another order or not at all; the server dies; an older
database is restored. When everything is quiet, what each client holds is compared with the database: entries, heads,
read marks, contacts, who may see what.
"""

import asyncio
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from app.gateway.core import Delivery, Peer
from app.model import frames
from app.model.conversations import Speaker
from app.model.errors import Problem
from app.model.principals import Agent, Visitor
from tests.bench import soak
from tests.chat.client import AgentClient, Command
from tests.chat.people import AGENTS, EVERYBODY, VISITORS, Deed, People, deeds, make_world, sendings, who

command_of = msgspec.json.Decoder(frames.ClientFrame).decode
encode = msgspec.json.encode

Answer = Callable[[], None]


class Socket:
    """A connection in memory: what the server has written and the client has not read, in order."""

    def __init__(self, principal: Visitor | Agent, topics: tuple[str, ...], written: Sequence[bytes]) -> None:
        self.principal = principal
        self.topics = frozenset(topics)
        self.queue: deque[bytes | Answer] = deque(written)
        self.late: deque[list[bytes | Answer]] = deque()  # answers that are ready but not written yet
        self.awaiting: set[str] = set()
        self.more: frames.Resume | None = None
        self.lossy = False  # a frame was taken out of it: only a resume can tell

    def hears(self, delivery: Delivery) -> bool:
        if delivery.cid and delivery.cid in self.awaiting:
            return False
        return not self.topics.isdisjoint(delivery.topics) and self.topics.isdisjoint(delivery.except_topics)


class Desk(People):
    """The server and the network, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets: list[Socket | None] = [None for _ in EVERYBODY]
        self.run(self._start())

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.run(self.domain.__aexit__(None, None, None))
            self.runner.close()
            shutil.rmtree(self.folder)

    # --- the server ---------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self.domain = await self.open_domain()
        self.domain.core.listen(self._deliver)

    async def _stop(self) -> None:
        await self.domain.__aexit__(None, None, None)
        self.sockets = [None for _ in EVERYBODY]

    def _deliver(self, batch: Sequence[Delivery]) -> None:
        """What the hub does."""
        for delivery in batch:
            for socket in self.sockets:
                if socket is not None and socket.hears(delivery):
                    assert not delivery.close
                    socket.queue.append(delivery.frame)

    async def _command(self, index: int, frame: frames.ClientFrame, *, late: bool = False) -> None:
        """A frame reaches the server; its answer is written at once, or `late`: after what happens meanwhile."""
        socket = self.sockets[index]
        assert socket is not None
        cid = getattr(frame, "cid", "")
        socket.awaiting.add(cid)
        written: list[bytes | Answer] = []
        try:
            replies = await self.domain.core.command(socket.principal, command_of(encode(frame)), "en")
            written += replies.frames
            if replies.more is not None:
                more = replies.more
                written.append(lambda: setattr(socket, "more", more))
        except Problem as problem:
            written.append(encode(frames.Error(problem.code, problem.en, cid or None)))
        socket.awaiting.discard(cid)
        if late or socket.late:
            socket.late.append(written)
        else:
            socket.queue.extend(written)

    # --- the network --------------------------------------------------------------------------------------------

    def connect(self, index: int) -> None:
        if self.sockets[index] is None:
            self.run(self._connect(index))

    async def _connect(self, index: int) -> None:
        name = (*VISITORS, *AGENTS)[index]
        if index < len(VISITORS):
            hello, peer = frames.Hello(self.world.inbox, self.world.tokens[name]), Peer("127.0.0.1")
        else:
            hello, peer = frames.Hello(), Peer("127.0.0.1", cookie=f"monodesk_session={self.world.cookies[name]}")
        opened = await self.domain.core.open(peer, hello)
        client = self.clients[index]
        if isinstance(opened.principal, Visitor):
            client.me = Speaker("visitor", opened.principal.contact_id)
        self.sockets[index] = Socket(opened.principal, opened.topics, opened.frames)
        client.connected()
        await self._command(index, client.resume())

    @rule(index=who, read=st.integers(0, 6), again=st.booleans())
    def breaks(self, index: int, read: int, again: bool) -> None:
        """A socket breaks; of what was under way the client still reads a little. Perhaps he is back at once."""
        self.deliver(index, read)
        self.cut(index)
        if again:
            self.connect(index)

    @rule(index=who, deeds=deeds)
    def meanwhile(self, index: int, deeds: list[Deed]) -> None:
        """Somebody is away while others go on, and comes back to what he missed."""
        self.deliver_everything()
        self.cut(index)
        self.people_do(deeds)
        self.connect(index)

    def cut(self, index: int) -> None:
        socket = self.sockets[index]
        if socket is not None:
            self.run(self.domain.core.closed(socket.principal))
            self.sockets[index] = None

    @rule(
        what=st.sampled_from(("deliver", "deliver", "all", "send", "all send", "connect", "ask")),
        index=who,
        how=sendings,
    )
    def network(self, what: str, index: int, how: str) -> None:
        match what:
            case "deliver":
                self.deliver(index, 4)
            case "all":
                self.deliver_everything()
            case "send":
                self.transmit(index, how)
            case "all send":
                self.transmit_everything()
            case "connect":
                self.connect(index)
            case _:
                self.fill_holes(index)

    def deliver(self, index: int, count: int) -> None:
        for _ in range(count):
            if not self._step(index):
                break

    def deliver_everything(self) -> None:
        for index in EVERYBODY:
            while self._step(index):
                pass

    def _step(self, index: int) -> bool:
        """A client reads one frame; False when there is none."""
        socket, client = self.sockets[index], self.clients[index]
        if socket is None:
            return False
        if not socket.queue and socket.late:
            socket.queue.extend(socket.late.popleft())
        if not socket.queue:
            return self._ask_on(index, socket)
        item = socket.queue.popleft()
        if not isinstance(item, bytes):
            item()
            return True
        answer = self.hear(index, item)
        if answer is not None:
            self.run(self._command(index, answer))
        if isinstance(client, AgentClient) and client.fresh:
            client.asks_for_list()
            self.run(self._list(socket, client))
        return True

    def _ask_on(self, index: int, socket: Socket) -> bool:
        """Everything has drained: the next page of a resume, else what fills the holes."""
        if socket.more is not None:
            more, socket.more = socket.more, None
            self.run(self._command(index, more))
            return True
        return False

    async def _list(self, socket: Socket, client: AgentClient) -> None:
        """The list, read now, answered later."""
        assert isinstance(socket.principal, Agent)
        rows = await self.list_of(socket.principal)
        socket.late.append([lambda: client.listed(rows)])

    @rule(index=who, place=st.integers(0, 7), how=st.sampled_from(("twice", "swapped", "lost")))
    def mangle(self, index: int, place: int, how: str) -> None:
        """An entry's frame comes twice, after the one behind it, or never."""
        socket = self.sockets[index]
        if socket is None:
            return
        said = [number for number, item in enumerate(socket.queue) if isinstance(item, bytes) and b'"t":"msg"' in item]
        if not said:
            return
        number = said[place % len(said)]
        if how == "twice":
            socket.queue.insert(number, socket.queue[number])
        elif how == "lost":
            del socket.queue[number]
            socket.lossy = True
        elif len(said) > 1:
            other = said[(place + 1) % len(said)]
            socket.queue[number], socket.queue[other] = socket.queue[other], socket.queue[number]

    def transmit(self, index: int, how: str) -> None:
        """A client sends its oldest command: perhaps twice, perhaps answered late, perhaps the socket breaks before."""
        socket, client = self.sockets[index], self.clients[index]
        if socket is None or not client.outbox or how == "later":
            return
        command = next(iter(client.outbox.values()))
        for _ in range(2 if how == "twice" else 1):
            self.run(self._command(index, command, late=how == "late"))
        if how == "lost":
            self.cut(index)

    def transmit_everything(self) -> None:
        """Everybody sends at once, so that commands share a commit."""
        ready = [
            (index, next(iter(client.outbox.values())))
            for index, client in enumerate(self.clients)
            if client.outbox and self.sockets[index] is not None
        ]
        self.run(self._all(ready))

    async def _all(self, ready: list[tuple[int, Command]]) -> None:
        await asyncio.gather(*(self._command(index, command) for index, command in ready))

    def tell(self, index: int, frame: frames.ClientFrame) -> None:
        if self.sockets[index] is not None:
            self.run(self._command(index, frame))

    def agent(self, index: int) -> Agent | None:
        socket = self.sockets[index]
        return socket.principal if socket is not None and isinstance(socket.principal, Agent) else None

    def fill_holes(self, index: int) -> None:
        if self.sockets[index] is not None:
            for wish in self.clients[index].wishes():
                self.run(self._command(index, wish))

    @rule(what=st.sampled_from(("restart", "back up", "restore", "a day", "a week", "settle")), index=who)
    def happens(self, what: str, index: int) -> None:
        """After a restart everybody comes back but one, who comes when it suits him."""
        match what:
            case "restart":
                self.run(self._stop())
                self.run(self._start())
            case "back up":
                self.back_up()
            case "restore":
                self.restore()
            case "settle":
                self.settle()
            case _:
                self.clock.advance(86_400 * (7 if what == "a week" else 1))
        if what.startswith("rest"):
            for other in EVERYBODY:
                if other != index:
                    self.connect(other)

    def restore(self) -> None:
        if self.backup is not None:
            self.run(self._stop())
            self.put_back()
            self.run(self._start())
            self.run(self.sign_in_again())

    # --- quiet --------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Everybody connects, everything arrives, everything is answered; then nobody holds anything but the truth."""
        self._quiet()
        for index, socket in enumerate(self.sockets):
            if socket is not None and socket.lossy:
                self.cut(index)
        self._quiet()
        self.run(self.compare())

    def _quiet(self) -> None:
        for _ in range(100):
            for index in EVERYBODY:
                self.connect(index)
            self.deliver_everything()
            for index in EVERYBODY:
                self.run(self.ask_for_strangers(index))
            busy = any(client.outbox or client.wishes() for client in self.clients)
            if not busy and all(socket and not socket.queue and not socket.late for socket in self.sockets):
                return
            self.transmit_everything()
            for index in EVERYBODY:
                self.fill_holes(index)
        raise AssertionError("it never becomes quiet")

    @initialize()
    def everybody_comes(self) -> None:
        """Most of what can go wrong needs people who talk."""
        for index in EVERYBODY:
            self.connect(index)
        self.deliver_everything()
        self.people_do([Deed("opens", 0, 0, False, "now"), Deed("opens", 2, 0, False, "now")])
        self.deliver_everything()


def test_delivery(database_path: Path) -> None:
    _hold(database_path, settings(max_examples=100, stateful_step_count=30))


@pytest.mark.full
def test_delivery_at_length(database_path: Path) -> None:
    _hold(database_path, settings.get_profile("full"))


@pytest.mark.soak
def test_delivery_for_long(database_path: Path) -> None:
    began = time.monotonic()
    _hold(database_path, settings.get_profile("soak"))
    soak.record("delivery model, 5,000 × 50 steps", time.monotonic() - began, "held")


def _hold(database_path: Path, how_long: settings) -> None:
    with asyncio.Runner() as runner:
        Desk.world = runner.run(make_world(database_path))
    run_state_machine_as_test(Desk, settings=how_long)
