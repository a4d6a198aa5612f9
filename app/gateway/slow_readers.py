"""What a client has been sent and has not taken: how a slow reader is told from one who does not read at all."""

import asyncio
import fcntl
import struct
import termios
from typing import cast


class Outflow:
    """What goes out to one client: whether he takes it, and waiting until he does."""

    __slots__ = ("_flushed", "_gone", "_transport", "_untaken", "choked")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._untaken = 0  # bytes of ours that waited for the client at the last look
        self._flushed: asyncio.Future[None] | None = None
        self._gone = False
        self.choked = False  # the client takes no more for now

    def choke(self) -> None:
        """The transport holds more than it wants to."""
        self.choked = True
        self.look()

    def release(self) -> None:
        """It has room again."""
        self.choked = False
        self._wake()

    def leave(self) -> None:
        """The client is gone."""
        self._gone = True
        self._wake()

    def look(self) -> None:
        """From now on it counts what the client takes."""
        self._untaken = untaken_bytes(self._transport)

    def took(self, bytes_min: float) -> bool:
        """Whether the client took so much since the last look; looks again."""
        before = self._untaken
        self.look()
        return before - self._untaken >= bytes_min

    async def taken(self) -> None:
        """Wait until the client takes more; raises `OSError` when it is gone. Who takes nothing is cut as stalled."""
        while self.choked and not self._gone:
            await self._next()
        if self._gone:
            raise ConnectionResetError("the client is gone")

    async def flush(self, seconds: float) -> None:
        """Wait until the transport has nothing left to write, so that others may write to its socket.

        Raises `TimeoutError` after so many seconds.
        """
        self._transport.set_write_buffer_limits(0)
        if self._transport.get_write_buffer_size():
            await asyncio.wait_for(self._next(), seconds)
        self._transport.set_write_buffer_limits()

    async def _next(self) -> None:
        self._flushed = asyncio.get_running_loop().create_future()
        await self._flushed

    def _wake(self) -> None:
        if self._flushed is not None and not self._flushed.done():
            self._flushed.set_result(None)


def untaken_bytes(transport: asyncio.Transport) -> int:
    """Bytes of ours that wait for the client: the transport's, and what the kernel holds until it is acknowledged.

    The transport's alone would not do: the kernel takes more of it only when a third of its own megabytes is free, so a
    client that reads steadily would seem to take nothing for minutes. Linux: SIOCOUTQ, tcp(7).
    """
    waiting = transport.get_write_buffer_size()
    try:
        return waiting + unacknowledged_bytes(cast("int", transport.get_extra_info("socket").fileno()))
    except (OSError, ValueError):  # no TCP connection, or it is gone: its descriptor is then -1
        return waiting


def unacknowledged_bytes(descriptor: int) -> int:
    """What the kernel holds of what this socket was given; raises `OSError` for what is no TCP connection."""
    (held,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)))
    return cast("int", held)
