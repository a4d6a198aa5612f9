"""A line between one client and the server that fails on purpose, on the loopback address.

Bytes go through at once, or wait and go on later, or vanish; either half may end, and everything may be cut off.
"""

import asyncio
from typing import Self, cast

WAYS = ("up", "down")  # to the server, to the client


class Line:
    """Stands before the server for one client; each new connection is whole again."""

    port: int  # where the client connects

    def __init__(self) -> None:
        self._server_port = 0
        self._connection = _Connection()

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.get_running_loop().create_server(self._accept, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._listener.close()
        self.cut()
        await self._connection.connecting()

    def lead_to(self, port: int) -> None:
        """The server listens there from now on."""
        self._server_port = port

    @property
    def sound(self) -> bool:
        """Whether everything goes through, both ways, at once."""
        return not any(pipe.held or pipe.lossy or pipe.ended for pipe in self._connection.pipes.values())

    @property
    def lossy(self) -> bool:
        """Whether something vanished: nothing but a new connection helps."""
        return any(pipe.lossy for pipe in self._connection.pipes.values())

    @property
    def ended(self) -> bool:
        """Whether one half was closed: the other follows as soon as its side notices."""
        return any(pipe.ended for pipe in self._connection.pipes.values())

    def hold(self, way: str) -> None:
        """What comes from now on waits."""
        self._connection.pipes[way].held = True

    def release(self, way: str, count: int | None = None) -> None:
        """What waited goes on, and all that comes; or just its first `count` bytes."""
        self._connection.pipes[way].release(count)

    def swallow(self, way: str) -> None:
        """What comes from now on vanishes, the end of the connection too."""
        self._connection.pipes[way].lossy = True

    def end(self, way: str) -> None:
        """Close this half behind what has gone through; the other half still works."""
        self._connection.pipes[way].end()

    def cut(self) -> None:
        """Both ends are lost at once, with all that waited."""
        self._connection.abort()

    def _accept(self) -> "_End":
        self._connection = _Connection()
        return self._connection.accept(self._server_port)


class _Pipe:
    """One way of a connection; `target` is where it leads to, once that is connected."""

    def __init__(self) -> None:
        self.target: asyncio.Transport | None = None
        self.held = False
        self.lossy = False
        self.ended = False
        self._waiting = bytearray()
        self._over = False  # nothing more comes

    def take(self, data: bytes) -> None:
        if not self.lossy and not self.ended:
            self._waiting += data
            self.flow()

    def finish(self) -> None:
        self._over = True
        self.flow()

    def release(self, count: int | None) -> None:
        if count is None:
            self.held = False
            self.flow()
        else:
            self._pass_on(count)

    def end(self) -> None:
        if self.target is not None and not self.target.is_closing() and not self.ended:
            self.ended = True
            self._waiting.clear()
            self.target.write_eof()

    def flow(self) -> None:
        if self.held:
            return
        self._pass_on(len(self._waiting))
        if self.target is not None and self._over and not self.lossy:
            self.target.close()

    def _pass_on(self, count: int) -> None:
        if self.target is not None and not self.ended:
            self.target.write(bytes(self._waiting[:count]))
            del self._waiting[:count]


class _End(asyncio.Protocol):
    """One socket of a connection: what it receives goes into `out`, what comes by `into` is written to it."""

    def __init__(self, connection: "_Connection", out: _Pipe, into: _Pipe) -> None:
        self._connection = connection
        self._out = out
        self._into = into

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._into.target = cast("asyncio.Transport", transport)
        self._connection.made()
        self._into.flow()

    def data_received(self, data: bytes) -> None:
        self._out.take(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._into.target = None
        self._out.finish()


class _Connection:
    """Both sockets and both ways of one connection."""

    def __init__(self) -> None:
        self.pipes = {way: _Pipe() for way in WAYS}
        self._server_port = 0
        self._task: asyncio.Task[None] | None = None
        self._cut = False

    def accept(self, server_port: int) -> _End:
        self._server_port = server_port
        return _End(self, self.pipes["up"], self.pipes["down"])

    def made(self) -> None:
        """A socket is connected; after the client's, the server's is to be."""
        if self._cut:
            self.abort()
        elif self._task is None:
            self._task = asyncio.create_task(self._reach_server())

    def abort(self) -> None:
        self._cut = True
        for pipe in self.pipes.values():
            if pipe.target is not None:
                pipe.target.abort()

    async def connecting(self) -> None:
        """Until nobody connects any more."""
        if self._task is not None:
            await asyncio.wait((self._task,))

    async def _reach_server(self) -> None:
        loop = asyncio.get_running_loop()
        end = _End(self, self.pipes["down"], self.pipes["up"])
        try:
            await loop.create_connection(lambda: end, "127.0.0.1", self._server_port)
        except OSError:
            self.abort()
