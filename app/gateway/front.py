"""The one port: listens, and knows who is connected and for how long he may take.

A connection reads request heads and each head decides who answers: `/ws` goes to a WebSocket on the same transport,
built files and `/healthz` are answered by the connection, a download goes from the disk to the socket by `sendfile`,
everything else passes through to Hypercorn, in this process or beside it.
"""

import asyncio
import os
from collections.abc import Coroutine
from functools import partial
from typing import Any

from app.certificates.page import Page, root_pages
from app.gateway.connection import Connection
from app.gateway.core import Core
from app.gateway.crowd import Crowd, part_of
from app.gateway.download import Downloads
from app.gateway.http1 import Dates, Head
from app.gateway.http2 import Http2
from app.gateway.hub import Hub
from app.gateway.limits import Deadlines
from app.gateway.lines import Lines
from app.gateway.plain import Plain
from app.gateway.port import bind
from app.gateway.proxies import Proxies, plain
from app.gateway.proxy_protocol import Introduction, Introductions
from app.gateway.sites import Sites
from app.gateway.tls import Doorstep, open_tls
from app.gateway.upstream import Addresses, Upstream, ends_of
from app.gateway.websocket import Shared
from app.model.clock import Clock
from app.model.errors import Unavailable
from app.model.ids import Ids, RandomBytes
from app.settings import Settings
from app.telemetry.log import logger
from app.web.assets import Assets

_BACKLOG = 4_096
_TICK_SECONDS = 1.0
_log = logger("gateway")


class Front:
    """Listens, and owns the connections that speak HTTP. The hub owns those that became sockets."""

    def __init__(
        self,
        core: Core,
        assets: Assets,
        upstream: Upstream,
        settings: Settings,
        clock: Clock,
        ids: Ids,
        random_bytes: RandomBytes = os.urandom,
        downloads: Downloads | None = None,
    ) -> None:
        self.core = core
        self.assets = assets
        self.upstream = upstream
        self.settings = settings
        self.limits = settings.limits
        self.proxies = Proxies(settings)
        self.crowd = Crowd(self.limits.connections_per_address_max, max(1, settings.workers), self._crowded)
        self.clock = clock
        self.ids = ids
        self.sites = Sites(core)
        self.hub = Hub(core, settings.limits, clock, ids, random_bytes, self.crowd)
        self.shared = Shared(settings.limits)
        self.http2 = Http2(upstream, self.shared, clock, self.crowd)
        self.lines = Lines(upstream, self.limits, clock, self.crowd.leave)
        self.dates = Dates()
        self.root = root_pages(settings)
        self.tls = open_tls(settings, Plain(settings, clock, ids, None, self.root), clock, self.crowd)
        self.stopping = False
        self.downloads = downloads or Downloads(self.limits)  # those over HTTP/2, where they run in this process too
        self.heads: Deadlines[Connection] = Deadlines(self.limits.head_seconds_max)
        self.idle: Deadlines[Connection] = Deadlines(self.limits.keep_alive_seconds)
        self.lingering: Deadlines[Connection] = Deadlines(self.limits.closing_seconds_max)
        self.stalls: Deadlines[Connection] = Deadlines(self.limits.answer_stall_seconds_max)
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._introductions = Introductions(self.proxies, self.limits, clock) if settings.proxy_protocol else None
        self._servers: list[asyncio.Server] = []
        self._port = 0
        self._timer: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None

    async def start(self, listen: str) -> int:
        """Listen at `host:port` (port 0: a free one); the port. Raises `Unavailable` where that is impossible."""
        self._port = await self._listen(listen, public=False)
        self.hub.start()
        self._tick()
        return self._port

    async def start_public(self, listen: str) -> int:
        """Listen for visitors alone as well; as `start`."""
        return await self._listen(listen, public=True)

    def look_again(self) -> None:
        """Somebody says that the certificate's files have changed."""
        if self.tls is not None:
            self.tls.look_again()

    async def stop(self) -> None:
        """Take no more, close sockets with 1012, let answers finish; all within about `stop_seconds_max`."""
        self.stopping = True
        for server in self._servers:
            server.close()
        if self._introductions is not None:
            self._introductions.stop()
        if self.tls is not None:
            await self.tls.stop()
        for connection in tuple(self._connections):
            connection.finish()
        await asyncio.gather(self.hub.stop(), self.lines.stop())
        await asyncio.gather(self._emptied_within(self.limits.stop_seconds_max / 2), self.http2.stop())
        for connection in tuple(self._connections):
            connection.abort()
        for task in self._tasks:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.sleep(0)  # the loop tells the connections that they are lost

    @property
    def connections(self) -> int:
        """How many connections are open, sockets, handshakes and who did not yet say for whom it comes included."""
        handshakes = self.tls.handshakes if self.tls is not None else 0
        introduced = self._introductions.waiting if self._introductions is not None else 0
        return len(self._connections) + len(self.http2) + self.hub.sockets + len(self.lines) + handshakes + introduced

    @property
    def failed_handshakes(self) -> int:
        """How many TLS handshakes came to nothing."""
        return self.tls.failed if self.tls is not None else 0

    async def _emptied_within(self, seconds: float) -> None:
        if self._connections:
            self._emptied = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._emptied,), timeout=seconds)

    # --- for connections ----------------------------------------------------------------------------------------

    def entered(self, connection: Connection) -> bool:
        """Whether there is room for it; if so, its first head is awaited."""
        if not self.has_room():
            return False
        self._connections.add(connection)
        self.heads.begin(connection, self.clock.monotonic())
        return True

    def has_room(self) -> bool:
        """Whether one more may connect."""
        return not self.stopping and self.connections < part_of(self.limits.connections_max, self.settings.workers)

    def counted(self, ends: Addresses) -> str | None:
        """The address that a connection counts for; None for a proxy's, of which its clients are counted."""
        address = ends.client[0]
        return None if address in self.proxies.trusted else plain(address)

    def root_page(self, head: Head) -> Page | None:
        """The page about our own authority that this request is for, or None."""
        return self.root.find(head.target, head.get("accept-language")) if self.root is not None else None

    def left(self, connection: Connection) -> None:
        """It is gone, or no longer speaks HTTP."""
        self._connections.discard(connection)
        self.unwatch(connection)
        self.stalls.end(connection)
        if self._emptied is not None and not self._connections and not self._emptied.done():
            self._emptied.set_result(None)

    def unwatch(self, connection: Connection) -> None:
        """No deadline applies to it now."""
        self.heads.end(connection)
        self.idle.end(connection)
        self.lingering.end(connection)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something for a connection; the front keeps hold of it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def date(self) -> str:
        """The Date line of now."""
        return self.dates.line(self.clock.now_ms())

    def sweep(self) -> None:
        """One second's work: who took too long."""
        now = self.clock.monotonic()
        for connection in self.heads.expired(now):
            connection.head_too_late()
        for connection in self.idle.expired(now):
            connection.finish()
        for connection in self.lingering.expired(now):
            connection.lingered()
        for connection in self.stalls.expired(now):
            connection.stalled()
        self.http2.sweep()
        self.lines.sweep()
        if self.tls is not None:
            self.tls.sweep()

        if self._introductions is not None:
            self._introductions.sweep()

    async def _listen(self, listen: str, *, public: bool) -> int:
        listening = bind(listen, shared=self.settings.workers > 0)
        loop = asyncio.get_running_loop()
        arrival = partial(self._arrival, public=public)
        self._servers.append(await loop.create_server(arrival, sock=listening, backlog=_BACKLOG))
        return int(listening.getsockname()[1])

    def _arrival(self, *, public: bool) -> asyncio.BaseProtocol:
        """Who meets a new connection."""
        serve = partial(self._met, public=public)
        if self._introductions is None:
            return serve(None)
        return Introduction(self._introductions, self.has_room, serve)

    def _met(self, told: Addresses | None, *, public: bool) -> asyncio.BaseProtocol:
        """Who goes on with it; `told` is what a PROXY header said."""
        serve = partial(Connection, self, told, public=public)
        if self.tls is None:
            return serve()
        return Doorstep(self.tls, self.has_room, lambda transport: self.counted(ends_of(transport, told)), serve)

    def _crowded(self, address: str) -> None:
        """An office is many people; a proxy that nobody named is everybody, and would be cut off as one."""
        _log.warning(
            "most connections come from one address: if it is a proxy, name it in trusted_proxies",
            extra={"address": address},
        )
        self.spawn(self._tell_core(address))

    async def _tell_core(self, address: str) -> None:
        try:
            await self.core.crowded(address)
        except Unavailable as problem:
            _log.debug("the core did not hear of a crowd", extra={"code": problem.code})

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick)
        self.sweep()
