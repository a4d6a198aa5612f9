"""The core from beside it: `RemoteCore` in a gateway process speaks with `LinkServer` in the core's.

Requests carry a number, answers repeat it; deliveries come in the order in which the core made them and before the
answer to the command that caused them, because both run over one connection. When it breaks, the gateway closes its
sockets with 1012 and connects again, and the core forgets who came through it.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from app.bus import local_socket
from app.bus.local_socket import LocalSocket
from app.gateway.core import Core, Delivery, Figures, FileGrant, Opened, Peer, Receive, Replies
from app.gateway.refusals import internal
from app.model import errors
from app.model.errors import Problem, Unavailable
from app.model.frames import ClientFrame, Hello
from app.model.ids import Ids
from app.model.principals import Agent, Visitor
from app.settings import Limits
from app.telemetry.log import about, logger

_BACKLOG = 128
_RECONNECT_SECONDS_MIN, _RECONNECT_SECONDS_MAX = 0.05, 1.0
_DROP_FACTOR = 4  # a gateway that lets this many times `link_bytes_max` wait is dropped
_log = logger("link")


# --- what goes over it ------------------------------------------------------------------------------------------


class Open(Struct, frozen=True, array_like=True, tag="open"):
    number: int
    peer: Peer
    hello: Hello


class Command(Struct, frozen=True, array_like=True, tag="command"):
    number: int
    principal: Visitor | Agent
    frame: ClientFrame
    language: str


class Left(Struct, frozen=True, array_like=True, tag="left"):
    number: int
    principal: Visitor | Agent


class Flooded(Struct, frozen=True, array_like=True, tag="flooded"):
    number: int
    visitor: Visitor


class AskFile(Struct, frozen=True, array_like=True, tag="file"):
    number: int
    peer: Peer
    file_id: str


class AskSites(Struct, frozen=True, array_like=True, tag="sites"):
    number: int
    inbox_id: str


class Crowded(Struct, frozen=True, array_like=True, tag="crowded"):
    number: int
    address: str


class Report(Struct, frozen=True, array_like=True, tag="report"):
    number: int
    figures: Figures


class Result(Struct, frozen=True, array_like=True, tag="result"):
    """The answer to the request of this number; None for one that only had to be heard."""

    number: int
    opened: Opened | None = None
    replies: Replies | None = None
    grant: FileGrant | None = None
    sites: tuple[str, ...] | None = None


class Refused(Struct, frozen=True, array_like=True, tag="refused"):
    """A `Problem`: `kind` names its class in model/errors.py."""

    number: int
    kind: str
    code: str
    en: str
    zh: str
    retry_after_ms: int | None


class Delivered(Struct, frozen=True, array_like=True, tag="delivered"):
    batch: tuple[Delivery, ...]


Question = Open | Command | Left | Flooded | AskFile | AskSites | Crowded | Report
Answer = Result | Refused | Delivered


# --- in a gateway's process -------------------------------------------------------------------------------------


class RemoteCore:
    """As `gateway.core.Core`, over the local socket at `path`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._receive: Receive = _nobody
        self._socket: LocalSocket[Answer] | None = None
        self._waiting: dict[int, asyncio.Future[Result]] = {}
        self._number = 0
        self._lost = asyncio.Event()
        self.connected = asyncio.Event()

    async def run(self, dropped: Callable[[], None]) -> None:
        """Keep the link up until cancelled; `dropped` is called each time it broke."""
        pause = _RECONNECT_SECONDS_MIN
        try:
            while True:
                try:
                    await local_socket.connect(self._path, self._new_socket)
                except OSError:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, _RECONNECT_SECONDS_MAX)
                    continue
                pause = _RECONNECT_SECONDS_MIN
                self.connected.set()
                await self._lost.wait()
                self._lost.clear()
                _log.warning("the link to the core broke")
                dropped()
        finally:
            if self._socket is not None:
                self._socket.abort()

    async def open(self, peer: Peer, hello: Hello) -> Opened:
        opened = (await self._ask(partial(Open, peer=peer, hello=hello))).opened
        assert opened is not None
        return opened

    async def command(self, principal: Visitor | Agent, frame: ClientFrame, language: str) -> Replies:
        question = partial(Command, principal=principal, frame=frame, language=language)
        replies = (await self._ask(question)).replies
        assert replies is not None
        return replies

    async def closed(self, principal: Visitor | Agent) -> None:
        await self._ask(partial(Left, principal=principal))

    async def flooded(self, visitor: Visitor) -> None:
        await self._ask(partial(Flooded, visitor=visitor))

    async def crowded(self, address: str) -> None:
        await self._ask(partial(Crowded, address=address))

    async def file(self, peer: Peer, file_id: str) -> FileGrant:
        grant = (await self._ask(partial(AskFile, peer=peer, file_id=file_id))).grant
        assert grant is not None
        return grant

    async def sites(self, inbox_id: str) -> tuple[str, ...]:
        sites = (await self._ask(partial(AskSites, inbox_id=inbox_id))).sites
        assert sites is not None
        return sites

    async def report(self, figures: Figures) -> None:
        """Tell how this process is: for `/metrics`, which the core shows."""
        await self._ask(partial(Report, figures=figures))

    def listen(self, receive: Receive) -> None:
        self._receive = receive

    async def _ask(self, question: Callable[[int], Question]) -> Result:
        socket = self._socket
        if socket is None or not socket.connected or socket.choked:
            raise _core_away()
        if len(self._waiting) >= self._limits.link_requests_max:
            raise _core_away()
        self._number += 1
        number = self._number
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        socket.send(question(number))
        try:
            return await answer
        finally:
            self._waiting.pop(number, None)

    def _new_socket(self) -> LocalSocket[Answer]:
        decoder = msgspec.msgpack.Decoder(Answer)
        high_water = self._limits.link_bytes_max
        self._socket = LocalSocket(decoder, self._received, self._link_lost, _nothing, high_water)
        return self._socket

    def _received(self, messages: Sequence[Answer]) -> None:
        """Deliveries take their turn behind the answers before them: who was opened joins his topics first."""
        loop = asyncio.get_running_loop()
        for message in messages:
            if isinstance(message, Delivered):
                loop.call_soon(self._receive, message.batch)
                continue
            answer = self._waiting.get(message.number)
            if answer is None or answer.done():
                continue
            if isinstance(message, Result):
                answer.set_result(message)
            else:
                answer.set_exception(_problem_of(message))

    def _link_lost(self) -> None:
        self._socket = None
        self.connected.clear()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(_core_away())
        self._lost.set()


# --- in the core's process --------------------------------------------------------------------------------------


class LinkedCore(Core, Protocol):
    """The core, as several gateways share it: each is named, so that it can be forgotten."""

    async def open(self, peer: Peer, hello: Hello, link: str = "") -> Opened: ...

    async def closed(self, principal: Visitor | Agent, link: str = "") -> None: ...

    def forget(self, link: str) -> None: ...


class LinkServer:
    """Serves gateways that connect to a local socket."""

    def __init__(self, core: LinkedCore, limits: Limits, ids: Ids) -> None:
        self.core = core
        self.limits = limits
        self.ids = ids
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None
        core.listen(self._deliver)

    async def start(self, path: Path) -> None:
        """Listen at `path` (0600)."""
        self._server = await local_socket.listen(path, self._new_link, _BACKLOG)

    async def stop(self) -> None:
        """Drop every gateway."""
        if self._server is not None:
            self._server.close()
        for link in tuple(self._links):
            link.socket.abort()
        running = {task for link in self._links for task in link.tasks}
        if running:
            _, late = await asyncio.wait(running, timeout=self.limits.stop_seconds_max / 2)
            for task in late:
                task.cancel()

    @property
    def gateways(self) -> int:
        """How many are connected."""
        return len(self._links)

    @property
    def figures(self) -> list[tuple[Figures, float]]:
        """What each of them told last, by its number, and how many seconds ago."""
        now = asyncio.get_running_loop().time()
        told = [(link.figures, now - link.figures_at) for link in self._links if link.figures is not None]
        return sorted(told, key=lambda one: one[0].gateway)

    def left(self, link: "_Link") -> None:
        """Its connection broke, and nothing of it runs any more."""
        self._links.discard(link)

    def _new_link(self) -> LocalSocket[Question]:
        link = _Link(self, self.ids.new())
        self._links.add(link)
        return link.socket

    def _deliver(self, batch: Sequence[Delivery]) -> None:
        delivered = Delivered(tuple(batch))
        for link in tuple(self._links):
            link.deliver(delivered)


class _Link:
    """One gateway, as the core sees it."""

    def __init__(self, server: LinkServer, name: str) -> None:
        self._server = server
        self._name = name
        self._broken = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.figures: Figures | None = None
        self.figures_at = 0.0
        decoder = msgspec.msgpack.Decoder(Question)
        high_water = server.limits.link_bytes_max
        self.socket = LocalSocket(decoder, self._received, self._lost, self._drained, high_water)

    def deliver(self, delivered: Delivered) -> None:
        """Send deliveries; a gateway that does not take them is dropped, and its clients resume elsewhere."""
        self.socket.send(delivered)
        if self.socket.choked and self.socket.waiting_bytes > _DROP_FACTOR * self._server.limits.link_bytes_max:
            _log.error("a gateway does not take its deliveries and is dropped", extra={"link": self._name})
            self.socket.abort()

    def _received(self, messages: Sequence[Question]) -> None:
        loop = asyncio.get_running_loop()
        for message in messages:
            task = loop.create_task(self._answer(message))
            self.tasks.add(task)
            task.add_done_callback(self._done)
        if self.socket.choked:
            self.socket.pause()  # no more questions until the answers are taken

    async def _answer(self, question: Question) -> None:
        try:
            self.socket.send(await self._carry_out(question))
        except Problem as problem:
            self.socket.send(_refused(question.number, problem))
        except Exception:  # noqa: BLE001 - the gateway gets a number, the log the cause
            request_id = self._server.ids.new()
            with about(request_id):
                _log.exception("a request of a gateway failed")
            self.socket.send(_refused(question.number, internal(request_id)))

    async def _carry_out(self, question: Question) -> Result:
        core = self._server.core
        match question:
            case Open():
                opened = await core.open(question.peer, question.hello, self._name)
                return Result(question.number, opened=opened)
            case Command():
                replies = await core.command(question.principal, question.frame, question.language)
                return Result(question.number, replies=replies)
            case Left():
                await core.closed(question.principal, self._name)
                return Result(question.number)
            case Flooded():
                await core.flooded(question.visitor)
                return Result(question.number)
            case Crowded():
                await core.crowded(question.address)
                return Result(question.number)
            case Report():
                self.figures, self.figures_at = question.figures, asyncio.get_running_loop().time()
                return Result(question.number)
            case AskFile():
                return Result(question.number, grant=await core.file(question.peer, question.file_id))
            case AskSites():
                return Result(question.number, sites=await core.sites(question.inbox_id))

    def _drained(self) -> None:
        self.socket.resume()

    def _lost(self) -> None:
        self._broken = True
        self._forget_if_over()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if self._broken:
            self._forget_if_over()

    def _forget_if_over(self) -> None:
        """Only when nothing of it runs any more: a hello under way would else count somebody who is gone."""
        if not self.tasks:
            self._server.core.forget(self._name)
            self._server.left(self)


def _refused(number: int, problem: Problem) -> Refused:
    kind = next(cls.__name__ for cls in type(problem).__mro__ if cls.__name__ in _kinds())
    return Refused(number, kind, problem.code, problem.en, problem.zh, problem.retry_after_ms)


def _problem_of(refused: Refused) -> Problem:
    kind = _kinds().get(refused.kind, Problem)
    return kind(refused.code, refused.en, refused.zh, retry_after_ms=refused.retry_after_ms)


def _kinds() -> dict[str, type[Problem]]:
    known = (
        errors.Problem,
        errors.Invalid,
        errors.Unauthenticated,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.Unsupported,
        errors.TooMany,
        errors.TooFast,
        errors.Unavailable,
    )
    return {kind.__name__: kind for kind in known}


def _core_away() -> Unavailable:
    return Unavailable(
        "core_away",
        "The server is restarting. Nothing is lost; it goes on in a moment.",
        "服务器正在重启。内容不会丢失，稍后自动恢复。",
        retry_after_ms=1_000,
    )


def _nobody(batch: Sequence[Delivery]) -> None:
    """Deliveries before the hub listens have no socket to go to."""


def _nothing() -> None:
    """A gateway asks whether the link is choked; it does not wait for it."""
