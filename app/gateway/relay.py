"""Streams to the core's HTTP server in another process: one local connection per stream, addresses first."""

import asyncio
from pathlib import Path
from typing import cast

from app.bus import local_socket
from app.gateway.upstream import Addresses, Downstream, Stream, encode_addresses
from app.telemetry.log import logger

_UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\nconnection: close\r\n\r\n"
_log = logger("gateway")


class Relay:
    """Opens streams to the HTTP server that listens at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, addresses: Addresses, downstream: Downstream) -> Stream:
        """A new stream; what is sent before it stands waits, and the client is paused meanwhile."""
        stream = _RelayStream(downstream, encode_addresses(addresses))
        task = asyncio.get_running_loop().create_task(self._connect(stream))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return stream

    async def _connect(self, stream: "_RelayStream") -> None:
        try:
            await local_socket.connect(self._path, lambda: stream)
        except OSError as error:
            _log.warning("the core's HTTP server does not answer", extra={"reason": str(error)})
            stream.refused()


class _RelayStream(asyncio.Protocol):
    """One stream, as the front sees it and as the loop does."""

    def __init__(self, downstream: Downstream, header: bytes) -> None:
        self._downstream = downstream
        self._waiting = [header]
        self._transport: asyncio.Transport | None = None
        self._closed = False
        downstream.pause_request()

    # --- for the front ------------------------------------------------------------------------------------------

    @property
    def closing(self) -> bool:
        return self._closed

    def send(self, data: bytes) -> None:
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.write(data)

    def pause_response(self) -> None:
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_response(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()

    def drop(self) -> None:
        self._closed = True
        if self._transport is not None:
            self._transport.close()

    # --- for the loop -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._closed:
            self._transport.close()
            return
        self._transport.write(b"".join(self._waiting))
        self._waiting.clear()
        self._downstream.resume_request()

    def data_received(self, data: bytes) -> None:
        if not self._closed:
            self._downstream.answered(data)

    def pause_writing(self) -> None:
        self._downstream.pause_request()

    def resume_writing(self) -> None:
        self._downstream.resume_request()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._closed:
            self._closed = True
            self._downstream.ended()

    def refused(self) -> None:
        """Nobody listens there."""
        if not self._closed:
            self._closed = True
            self._downstream.resume_request()
            self._downstream.answered(_UNAVAILABLE)
            self._downstream.ended()
