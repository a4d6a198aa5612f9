"""Hypercorn's HTTP, without its listener: the front hands it streams, in the process or over a local socket.

Our own start and stop take the place of its `worker_serve`. What is used of it is not public API, so the version is
pinned and `tests/gateway/test_hypercorn.py` holds what we rely on. Its HTTP/2 and its WebSocket are never reached: the
front removes `Upgrade`, and streams of HTTP/2 are served by a `Session` of our own.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.lifespan import Lifespan
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import AsyncioSingleTask, WorkerContext
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework, LifespanState
from starlette.types import ASGIApp

from app.bus import local_socket
from app.gateway.crowd import Crowd
from app.gateway.http1 import Dates
from app.gateway.http2_session import Service, Session, Waiting
from app.gateway.proxies import Trusted
from app.gateway.unread import Unread
from app.gateway.upstream import ADDRESSES, NOBODY, Addresses, Downstream, Stream, decode_addresses
from app.model.clock import Clock, SystemClock
from app.model.ids import Ids
from app.settings import Limits
from app.telemetry.log import logger

_BACKLOG = 1_024
_TURN_BYTES_MAX = 65_536  # an application that never waits must not be gathered without end
_log = logger("http")


class HttpServer:
    """Serves an ASGI application on streams. `trusted` proxies' HTTP/2 requests count for their clients."""

    def __init__(
        self, application: ASGIApp, limits: Limits, clock: Clock | None = None, trusted: tuple[str, ...] = ()
    ) -> None:
        clock, dates = clock or SystemClock(), Dates()
        self._application = ASGIWrapper(cast("ASGIFramework", Unread(application)))  # the same protocol, typed twice
        self._limits = limits
        self._config = _config(limits, lambda: dates.value(clock.now_ms()))
        self._context = WorkerContext(None)
        self._state: LifespanState = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[_Connection] = set()
        self._lifespan: Lifespan | None = None
        self._lifespan_task: asyncio.Task[None] | None = None
        self._relays: asyncio.Server | None = None
        self._sessions: set[Session] = set()
        self._http2 = Service(
            application, limits, self._state, Ids(clock), self._spawn, lambda: dates.line(clock.now_ms()),
            self._sessions.discard, Waiting(limits),
            Trusted(trusted, limits.proxy_hops_max), Crowd(limits.connections_per_address_max, 1, _crowded),
        )  # fmt: skip

    async def start(self) -> None:
        """Run the application's own start; raises what it raised."""
        loop = asyncio.get_running_loop()
        self._lifespan = Lifespan(self._application, self._config, loop, self._state)
        self._lifespan_task = loop.create_task(self._lifespan.handle_lifespan())
        await self._lifespan.wait_for_startup()
        if self._lifespan_task.done() and (failure := self._lifespan_task.exception()) is not None:
            raise failure

    async def listen(self, path: Path) -> None:
        """Take streams of other processes on a local socket (0600); each begins with a PROXY v2 header."""
        self._relays = await local_socket.listen(path, lambda: _Relayed(self), _BACKLOG)

    async def stop(self) -> None:
        """Finish what runs, within `stop_seconds_max`, then the application's own end."""
        if self._relays is not None:
            self._relays.close()
        await self._context.terminated.set()
        for connection in tuple(self._connections):
            await connection.finish()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._limits.stop_seconds_max / 2)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=self._limits.stop_seconds_max / 2)
        for session in tuple(self._sessions):
            session.finish()
        if self._lifespan is not None and self._lifespan_task is not None:
            await self._lifespan.wait_for_shutdown()
            self._lifespan_task.cancel()
            await asyncio.wait((self._lifespan_task,))

    def open(self, addresses: Addresses, downstream: Downstream) -> Stream:
        """A new stream of a client at these addresses."""
        if addresses.http2:
            session = Session(self._http2, addresses, downstream)
            self._sessions.add(session)
            return session
        loop = asyncio.get_running_loop()
        serve = partial(self._serve, addresses)
        protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), serve, loop=loop)
        return _Stream(addresses, downstream, protocol)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, addresses: Addresses, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        loop = asyncio.get_running_loop()
        state: LifespanState = {**self._state, ADDRESSES: addresses}
        connection = _Connection(self._application, loop, self._config, self._context, state, reader, writer)
        self._connections.add(connection)
        try:
            with suppress(asyncio.CancelledError):  # by `stop` alone; asyncio's streams would log it as an error
                await connection
        finally:
            self._connections.discard(connection)


class _Connection(TCPServer):
    """Hypercorn's own, with a timer of the loop in the place of its idle task.

    The task was begun and cancelled for each request, and held a connection that its client had left with 27 KB.
    """

    def __init__(self, *ours: Any) -> None:
        super().__init__(*ours)
        self._idle = _Idle(self.loop, self.config.keep_alive_timeout, self.context, self._initiate_server_close)
        self.idle_task = cast("AsyncioSingleTask", self._idle)

    async def finish(self) -> None:
        """The server stops: end it now if it is idle; if not, Hypercorn ends it behind its answer."""
        if self._idle.since_request:
            await self._initiate_server_close()


class _Idle:
    """What Hypercorn asks of its idle task: `restart` between two requests, `stop` at the next or at the end."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        seconds: float,
        context: WorkerContext,
        end: Callable[[], Awaitable[None]],
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._context = context
        self._end = end
        self._timer: asyncio.TimerHandle | None = None

    @property
    def since_request(self) -> bool:
        """Whether the connection is between two requests."""
        return self._timer is not None

    async def restart(self, task_group: TaskGroup, action: object) -> None:
        await self.stop()
        seconds = 0.0 if self._context.terminated.is_set() else self._seconds
        self._timer = self._loop.call_later(seconds, task_group.spawn, self._end)

    async def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Stream(asyncio.Transport):
    """A connection that exists in memory: Hypercorn's transport on one side, an upstream `Stream` on the other."""

    def __init__(self, addresses: Addresses, downstream: Downstream, protocol: asyncio.StreamReaderProtocol) -> None:
        super().__init__()
        self._addresses = addresses
        self._downstream = downstream
        self._protocol = protocol
        self._closing = False
        self._dropped = False
        self._paused = False
        self._written: list[bytes] = []  # in this turn of the loop
        self._written_bytes = 0
        protocol.connection_made(self)

    # --- for the front ------------------------------------------------------------------------------------------

    @property
    def closing(self) -> bool:
        return self._closing

    def send(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)

    def pause_response(self) -> None:
        if not self._paused:
            self._paused = True
            self._protocol.pause_writing()

    def resume_response(self) -> None:
        if self._paused:
            self._paused = False
            self._protocol.resume_writing()

    def drop(self) -> None:
        self._dropped = True
        self._downstream = NOBODY
        if not self._closing:
            self._closing = True
            self._protocol.connection_lost(None)

    # --- for Hypercorn ------------------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Head and body come one after the other: what is written in one turn of the loop goes on as one."""
        if self._closing or not data:
            return
        if not self._written:
            asyncio.get_running_loop().call_soon(self._pass_on)
        self._written.append(bytes(data))
        self._written_bytes += len(data)
        if self._written_bytes > _TURN_BYTES_MAX:
            self._pass_on()

    def close(self) -> None:
        if not self._closing:
            self._pass_on()
            self._closing = True
            asyncio.get_running_loop().call_soon(self._finish)

    def abort(self) -> None:
        self.close()

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._downstream.pause_request()

    def resume_reading(self) -> None:
        self._downstream.resume_request()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "socket":
            return _Ends(self._addresses)
        return _TLS if name == "ssl_object" and self._addresses.secure else default

    def _pass_on(self) -> None:
        written = b"".join(self._written)
        self._written.clear()
        self._written_bytes = 0
        if written and not self._dropped:
            self._downstream.answered(written)

    def _finish(self) -> None:
        self._protocol.connection_lost(None)
        if not self._dropped:
            self._downstream.ended()


class _Ends:
    """What Hypercorn asks of a socket: the addresses of both ends."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self.family: socket.AddressFamily = addresses.family

    def getpeername(self) -> tuple[str, int]:
        return self._addresses.client

    def getsockname(self) -> tuple[str, int]:
        return self._addresses.server


class _Tls:
    """What Hypercorn asks of TLS, which ended in the front; that it is there makes the scheme `https`."""

    def selected_alpn_protocol(self) -> str:
        """Either protocol is told by its first bytes, as without TLS."""
        return "http/1.1"


_TLS = _Tls()


class _Relayed(asyncio.Protocol):
    """A stream from another process: reads its PROXY v2 header, then passes bytes both ways."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._stream: Stream | None = None
        self._header = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._stream is not None:
            self._stream.send(data)
            return
        self._header += data
        try:
            found = decode_addresses(self._header)
        except ValueError as error:
            _log.warning("a relayed stream without addresses was dropped", extra={"reason": str(error)})
            self._transport.abort()
            return
        if found is not None:
            addresses, size = found
            self._stream = self._server.open(addresses, self)
            self._stream.send(self._header[size:])

    def connection_lost(self, exc: Exception | None) -> None:
        if self._stream is not None:
            self._stream.drop()

    def pause_writing(self) -> None:
        if self._stream is not None:
            self._stream.pause_response()

    def resume_writing(self) -> None:
        if self._stream is not None:
            self._stream.resume_response()

    def answered(self, data: bytes) -> None:
        self._transport.write(data)

    def ended(self) -> None:
        """Close our half alone: with the other one closed, too, the gateway's next write would fail and take with it
        what it has not read of our answer.
        """
        self._transport.resume_reading()
        self._transport.write_eof()

    def pause_request(self) -> None:
        self._transport.pause_reading()

    def resume_request(self) -> None:
        self._transport.resume_reading()


def _crowded(address: str) -> None:
    """Behind a proxy that is named one client may be most of everybody for a while; his own bound holds him."""
    _log.debug("most requests over HTTP/2 come from one client", extra={"address": address})


class _Config(Config):
    """Hypercorn's own, with a Date that is made once a second."""

    date: Callable[[], bytes]

    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        """What is said in every answer beside the application's own fields."""
        return [(b"date", self.date())]


def _config(limits: Limits, date: Callable[[], bytes]) -> Config:
    config = _Config()
    config.date = date
    config.errorlog = _log
    config.h11_max_incomplete_size = limits.head_bytes_max + 4_096  # the front's own cap comes first
    config.keep_alive_timeout = (
        2 * limits.keep_alive_seconds
    )  # the front ends an idle connection, not the server behind
    config.startup_timeout = config.shutdown_timeout = limits.stop_seconds_max
    return config
