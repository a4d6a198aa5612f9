"""Stored once, shown once, delivered at least once, over real sockets: the delivery model behind the real door.

The people and their clients are those of `tests/chat/test_delivery_model.py`; here their frames cross the loopback
address, the front and the hub, and everybody's line fails in its own way. Whether something has arrived is never a
matter of time: a command that the server must refuse goes behind it, and the refusal comes when all before it is done.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from msgspec.structs import replace

from app.gateway.core import Core
from app.gateway.front import Front
from app.gateway.link import LinkServer, RemoteCore
from app.gateway.relay import Relay
from app.model import frames
from app.model.conversations import Speaker
from app.model.frames import CloseCode
from app.model.ids import Ids
from app.model.principals import Agent
from app.settings import Settings
from app.storage.conversations import Listed
from app.web.assets import Assets
from tests.chat import people
from tests.chat.client import AgentClient, VisitorClient
from tests.chat.people import AGENTS, EVERYBODY, VISITORS, Deed, People, deeds, make_world, sendings, who
from tests.clock import ManualClock
from tests.journeys.line import WAYS, Line
from tests.journeys.wire import Wire

LIMITS = replace(people.LIMITS, socket_frames_burst=100_000, socket_commands_waiting_max=4)
EXPECTED_CLOSES = (1006, CloseCode.RESTART)  # the line, and the server's own
NOWHERE = "0" * 26
IN_MEMORY = Path("/dev/shm")  # no power is cut here, and a disk that syncs makes it last half as long again
HANG_SECONDS = 60.0  # nothing takes that long; it turns a hang into a failure

encode = msgspec.json.encode


class Socket:
    """A client's connection, and the lists that its console asked for beside it."""

    def __init__(self, desk: "Desk", index: int) -> None:
        self._desk = desk
        self._index = index
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self.agent: Agent | None = None
        self.lists: list[list[Listed]] = []

    async def open(self, port: int, hello: frames.Hello, cookie: str) -> None:
        self.wire = await Wire.connect(port, self._told, cookie=cookie)
        self.send(hello)

    @property
    def over(self) -> bool:
        return self.wire.closed.done()

    def send(self, frame: frames.ClientFrame) -> None:
        self.wire.send(encode(frame))

    async def answered(self, cid: str) -> None:
        """Everything sent before is carried out, and everything written before was read; or the connection is over."""
        refusal = self._awaited[cid] = asyncio.get_running_loop().create_future()
        self.send(frames.Delete(cid, NOWHERE, NOWHERE))
        done, _ = await asyncio.wait(
            (refusal, self.wire.closed), timeout=HANG_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        assert done, "the server does not answer"

    def _told(self, text: bytes) -> None:
        try:
            self._desk.told(self, self._index, text)
        except Exception as error:  # noqa: BLE001 - the loop would only log it and end the connection
            self._desk.failures.append(error)

    def refused(self, error: frames.Error) -> None:
        assert error.code != "internal"
        if error.cid in self._awaited:
            self._awaited.pop(error.cid).set_result(None)


class Desk(People):
    """The real door before the real rooms, and everybody's line to it."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[Exception] = []
        self.runner.get_loop().set_exception_handler(self._failed)
        self.sockets: list[Socket | None] = [None for _ in EVERYBODY]
        self.lists: set[asyncio.Task[None]] = set()
        self.lines = [self.run(Line().__aenter__()) for _ in EVERYBODY]
        self.run(self._start())

    def run(self, coroutine: Any) -> Any:
        result = super().run(coroutine)
        if self.failures:
            raise self.failures[0]
        return result

    def teardown(self) -> None:
        try:
            if not self.failures:
                self.settle()
        finally:
            self.failures.clear()
            self.run(self._leave())
            self.runner.close()
            shutil.rmtree(self.folder)

    async def _leave(self) -> None:
        for index in EVERYBODY:
            self.cut(index)
        await self._dispose()
        for line in self.lines:
            await line.__aexit__()

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        self.failures.append(error if isinstance(error, Exception) else AssertionError(context["message"]))

    # --- the server ---------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self.domain = await self.open_domain()
        await self._open_door(self.domain.core)

    async def _open_door(self, core: Core) -> None:
        still = ManualClock()  # the people's clock jumps by days, which would be silence to the hub
        limited = Settings(data=self.folder, limits=LIMITS)
        self.front = Front(core, Assets({}), Relay(self.folder / "http.sock"), limited, still, Ids(still))
        port = await self.front.start("127.0.0.1:0")
        for line in self.lines:
            line.lead_to(port)

    async def _stop(self) -> None:
        await self._goodbye(self.front.stop())
        await self._dispose()

    async def _goodbye(self, leaving: Coroutine[Any, Any, None]) -> None:
        """Whoever can hear it is told to come back; what waits for a dead line would not end by itself."""
        hearing = [socket for index, socket in enumerate(self.sockets) if socket is not None and self._sound(index)]
        stopping = asyncio.create_task(leaving)
        for socket in hearing:
            async with asyncio.timeout(HANG_SECONDS):
                assert await socket.wire.closed == CloseCode.RESTART
        for index in EVERYBODY:
            self.cut(index)
        await stopping

    async def _dispose(self) -> None:
        await self._end_lists()
        await self.front.stop()
        await self.domain.__aexit__(None, None, None)

    async def _kill(self) -> None:
        """What the disk holds at this moment is what is left, in the middle of whatever was going on.

        A reader keeps the log from starting anew between the two copies.
        """
        for index in EVERYBODY:
            self.cut(index)
        left = self.folder.with_name(f"{self.folder.name}+")
        left.mkdir()
        reader = sqlite3.connect(self.folder / "monodesk.db")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        for name in ("monodesk.db", "monodesk.db-wal"):
            shutil.copy(self.folder / name, left / name)
        reader.close()
        await self._dispose()
        shutil.rmtree(self.folder)
        self.folder = left
        await self._start()

    # --- the network --------------------------------------------------------------------------------------------

    def connect(self, index: int) -> None:
        if self._current(index) is None:
            self.run(self._connect(index))

    async def _connect(self, index: int) -> None:
        name, client = (*VISITORS, *AGENTS)[index], self.clients[index]
        self.cut(index)
        socket = Socket(self, index)
        client.connected()
        self.sockets[index] = socket
        if isinstance(client, VisitorClient):
            hello, cookie = frames.Hello(self.world.inbox, self.world.tokens[name]), ""
        else:
            hello, cookie = frames.Hello(), f"monodesk_session={self.world.cookies[name]}"
            socket.agent = await self.domain.sessions.principal(self.world.cookies[name])
        await socket.open(self.lines[index].port, hello, cookie)

    def told(self, socket: Socket, index: int, text: bytes) -> None:
        """A frame arrived; one of a connection that was given up is not looked at."""
        client = self.clients[index]
        if self.sockets[index] is not socket:
            return
        frame = people.decode(text)
        if isinstance(frame, frames.Welcome) and isinstance(client, VisitorClient):
            client.me = Speaker("visitor", frame.id)
        answer = self.hear(index, text)
        if isinstance(frame, frames.Error):
            socket.refused(frame)
        elif isinstance(frame, frames.Welcome):
            answer = client.resume()
        if answer is not None:
            socket.send(answer)
        if isinstance(client, AgentClient) and client.fresh:
            client.asks_for_list()
            self._read_list(socket)

    def _read_list(self, socket: Socket) -> None:
        """Read now, answered later: when something else arrives."""

        async def read() -> None:
            assert socket.agent is not None
            socket.lists.append(await self.list_of(socket.agent))

        task = asyncio.create_task(read())
        self.lists.add(task)
        task.add_done_callback(self.lists.discard)

    async def _end_lists(self) -> None:
        if self.lists:
            await asyncio.wait(self.lists)

    def cut(self, index: int) -> None:
        socket = self.sockets[index]
        self.lines[index].cut()
        if socket is not None:
            socket.wire.abort()
            self.sockets[index] = None

    def _current(self, index: int) -> Socket | None:
        """The client's socket, unless the client has seen its end."""
        socket = self.sockets[index]
        if socket is not None and socket.over:
            assert socket.wire.closed.result() in EXPECTED_CLOSES, socket.wire.reason
            self.sockets[index] = socket = None
        return socket

    def _sound(self, index: int) -> bool:
        return self._current(index) is not None and self.lines[index].sound

    @rule(
        what=st.sampled_from(("hold", "hold", "release", "let a bit through", "swallow", "end", "cut")),
        index=who,
        way=st.sampled_from(WAYS),
        count=st.integers(1, 200),
    )
    def line(self, what: str, index: int, way: str, count: int) -> None:
        line = self.lines[index]
        match what:
            case "hold":
                line.hold(way)
            case "release":
                line.release(way)
            case "let a bit through":
                line.release(way, count)
            case "swallow":
                line.swallow(way)
            case "end":
                line.end(way)
            case _:
                self.cut(index)

    @rule(
        what=st.sampled_from(("all arrives", "returns", "all return", "send", "send in pieces", "all send", "ask")),
        index=who,
        how=sendings,
        size=st.integers(1, 60),
    )
    def network(self, what: str, index: int, how: str, size: int) -> None:
        match what:
            case "all arrives":
                self.run(self._arrive())
            case "returns":
                self.returns(index)
            case "all return":
                for other in EVERYBODY:
                    self.returns(other)
            case "send":
                self.transmit(index, how)
            case "send in pieces":
                self.run(self._send_in_pieces(index, size))
            case "all send":
                self._all_send()
            case _:
                self.fill_holes(index)

    @rule(index=who, deeds=deeds)
    def meanwhile(self, index: int, deeds: list[Deed]) -> None:
        """Somebody is away while others go on, and comes back to what he missed."""
        self.run(self._arrive())
        self.cut(index)
        self.people_do(deeds)
        self.connect(index)

    @rule(index=who, lost=deeds, made=deeds)
    def returns_to_another_past(self, index: int, lost: list[Deed], made: list[Deed]) -> None:
        """What somebody has seen was lost with a disk, and others have gone on under the same numbers."""
        self.back_up()
        self.people_do(lost)
        self.run(self._arrive())
        self.cut(index)
        self.run(self._restore())
        for other in EVERYBODY:
            if other != index:
                self.connect(other)
        self.run(self._arrive())
        self.people_do(made)
        self.run(self._arrive())
        self.connect(index)

    def returns(self, index: int) -> None:
        """A client gives up a line that does not work."""
        if not self._sound(index):
            self.cut(index)
            self.connect(index)

    def transmit(self, index: int, how: str) -> None:
        """A client sends its oldest command: perhaps twice, perhaps waiting for no answer, perhaps never to get one."""
        client, socket = self.clients[index], self._current(index)
        if socket is None or not client.outbox or how == "later":
            return
        if how == "lost":
            self.lines[index].swallow("down")
        command = next(iter(client.outbox.values()))
        for _ in range(2 if how == "twice" else 1):
            self.tell(index, command)
        if how == "now" and self._sound(index):
            self.run(socket.answered(self._cid()))

    async def _send_in_pieces(self, index: int, size: int) -> None:
        """The server reads a command and a half, then the rest."""
        if self._sound(index):
            socket, line, command = (
                self.sockets[index],
                self.lines[index],
                next(iter(self.clients[index].outbox.values()), None),
            )
            assert socket is not None
            line.hold("up")
            if command is not None:
                socket.send(command)
            answer = asyncio.create_task(socket.answered(self._cid()))
            await _turn(5)
            line.release("up", size)
            await _turn(5)
            line.release("up")
            await answer

    def _all_send(self) -> None:
        for index in EVERYBODY:
            self.transmit(index, "late")

    def tell(self, index: int, frame: frames.ClientFrame) -> None:
        socket = self._current(index)
        if socket is not None:
            self.run(self._tell(socket, frame))

    async def _tell(self, socket: Socket, frame: frames.ClientFrame) -> None:
        socket.send(frame)

    def fill_holes(self, index: int) -> None:
        for wish in self.clients[index].wishes():
            self.tell(index, wish)

    def agent(self, index: int) -> Agent | None:
        socket = self._current(index)
        return None if socket is None else socket.agent

    # --- what happens -------------------------------------------------------------------------------------------

    @rule(
        what=st.sampled_from(("restart", "kill", "kill", "back up", "restore", "a day", "a week", "settle")),
        index=who,
        turns=st.integers(0, 20),
    )
    def happens(self, what: str, index: int, turns: int) -> None:
        """Before a kill everybody sends, and the loop runs a little; after it everybody comes back but one."""
        match what:
            case "restart":
                self.run(self._restart())
            case "kill":
                self._all_send()
                self.run(_turn(turns))
                self.run(self._kill())
            case "back up":
                self.back_up()
            case "restore":
                self.run(self._restore())
            case "settle":
                self.settle()
            case _:
                self.clock.advance(86_400 * (7 if what == "a week" else 1))
        if what in ("restart", "kill", "restore"):
            for other in EVERYBODY:
                if other != index:
                    self.connect(other)

    async def _restart(self) -> None:
        await self._stop()
        await self._start()

    async def _restore(self) -> None:
        if self.backup is not None:
            await self._stop()
            self.put_back()
            await self._start()
            await self.sign_in_again()

    @initialize()
    def everybody_comes(self) -> None:
        """Most of what can go wrong needs people who talk."""
        for index in EVERYBODY:
            self.connect(index)
        self.run(self._arrive())
        self.people_do([Deed("opens", 0, 0, False, "now"), Deed("opens", 2, 0, False, "now")])
        self.run(self._arrive())

    # --- quiet --------------------------------------------------------------------------------------------------

    async def _arrive(self) -> None:
        """On every line that works: what was sent is carried out, then what that brought to others is read."""
        for _ in range(2):
            self._answer_lists()
            sound = [self.sockets[index] for index in EVERYBODY if self._sound(index)]
            await asyncio.gather(*(socket.answered(self._cid()) for socket in sound if socket is not None))
            await self._end_lists()

    def _answer_lists(self) -> None:
        for client, socket in zip(self.clients, self.sockets, strict=True):
            if socket is not None and isinstance(client, AgentClient):
                for rows in socket.lists:
                    client.listed(rows)
                socket.lists.clear()

    def settle(self) -> None:
        """Everybody connects, everything arrives, everything is answered; then nobody holds anything but the truth."""
        for _ in range(100):
            for index in EVERYBODY:
                self.run(self._mend(index))
                self.connect(index)
            self.run(self._calm())
            self.run(self._arrive())
            for index in EVERYBODY:
                self.run(self.ask_for_strangers(index))
            if self._quiet():
                break
            self._all_send()
            for index in EVERYBODY:
                self.fill_holes(index)
        else:
            raise AssertionError("it never becomes quiet")
        self.run(self.compare())

    async def _mend(self, index: int) -> None:
        """What waited arrives; a line that lost something is given up; one that ended at one side ends at both."""
        line, socket = self.lines[index], self._current(index)
        if socket is None:
            return
        for way in WAYS:
            line.release(way)
        if line.lossy:
            self.cut(index)
        elif line.ended:
            async with asyncio.timeout(HANG_SECONDS):
                await socket.wire.closed

    async def _calm(self) -> None:
        """What connections that are gone had sent is carried out too, and they are forgotten."""
        async with asyncio.timeout(HANG_SECONDS):
            while self.front.hub.sockets > sum(self._sound(index) for index in EVERYBODY) or self.front.hub._tasks:
                await asyncio.sleep(0.001)

    def _quiet(self) -> bool:
        busy = any(client.outbox or client.wishes() or not client.live for client in self.clients)
        asked = any(socket is None or socket.lists for socket in self.sockets)
        return not busy and not asked and all(self._sound(index) for index in EVERYBODY)


async def _turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


class DeskApart(Desk):
    """The same, with front and core in their own places and the link between them."""

    remote: RemoteCore | None = None

    async def _start(self) -> None:
        self.domain = await self.open_domain()
        path = self.folder.with_suffix(".sock")
        self.link = LinkServer(self.domain.core, LIMITS, self.domain.ids)
        await self.link.start(path)
        if self.remote is None:
            self.remote = RemoteCore(path, LIMITS)
            await self._open_door(self.remote)
            self.linked = asyncio.create_task(self.remote.run(self.front.hub.dismiss))
        await self.remote.connected.wait()

    async def _stop(self) -> None:
        """The core alone: its door stays and finds the next one."""
        await self._goodbye(self.link.stop())
        await self._end_lists()
        await self.domain.__aexit__(None, None, None)

    async def _dispose(self) -> None:
        await self._end_lists()
        await self.front.stop()
        self.linked.cancel()
        await asyncio.wait((self.linked,))
        await self.link.stop()
        await self.domain.__aexit__(None, None, None)
        self.remote = None


@pytest.mark.full
@pytest.mark.parametrize(("desk", "examples"), [(Desk, 50), (DeskApart, 25)])
def test_delivery_over_sockets(desk: type[Desk], examples: int, migrated: Path) -> None:
    length = settings(settings.get_profile("full"), max_examples=examples, stateful_step_count=30)
    with TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        database = Path(shutil.copy(migrated, folder))
        with asyncio.Runner() as runner:
            desk.world = runner.run(make_world(database))
        run_state_machine_as_test(desk, settings=length)
