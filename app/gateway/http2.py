"""HTTP/2 behind a fence: connections that begin with its preface, each one stream to the HTTP server.

For clients that speak nothing else (gRPC); browsers are led to HTTP/1.1, where sockets, pages and downloads are
cheaper. The fence reads frame heads alone, in the process that holds the socket: what costs too much is cut before
anything expensive sees it.
"""

import asyncio

from app.gateway.crowd import Crowd, Place
from app.gateway.http2_fence import Fence, Rates
from app.gateway.http2_frames import (
    AFTER_HEAD,
    ARE_YOU_THERE,
    DATA,
    EMPTY_SETTINGS,
    ENHANCE_YOUR_CALM,
    INTERNAL_ERROR,
    NO_ERROR,
    PREFACE,
    PROTOCOL_ERROR,
    STREAM_MAX,
    ClientFrames,
    ServerFrames,
    Violation,
    goaway,
)
from app.gateway.slow_readers import untaken_bytes
from app.gateway.upstream import Addresses, Stream, Upstream
from app.gateway.websocket import Shared
from app.model.clock import Clock
from app.telemetry.log import logger

_SERVER, _CHOKED, _PACE, _BEGUN = 1, 2, 4, 8  # why reading is paused
# One read brings 1,600 of the smallest frames, 10 ms of work for which all others wait; of who was told to rest, 400.
_READ_BYTES, _PACED_READ_BYTES = 16_384, 4_096
_log = logger("gateway")


class Http2:
    """The door's HTTP/2 connections: how many there are, and for how long they may take."""

    def __init__(self, upstream: Upstream, shared: Shared, clock: Clock, crowd: Crowd | None = None) -> None:
        self._crowd = crowd
        self.upstream = upstream
        self.shared = shared
        self.limits = shared.limits
        self.clock = clock
        self._connections: set[Http2Connection] = set()
        self.rates = Rates.of(shared.limits, self._connections.__len__)
        self._emptied: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._connections)

    def take(self, transport: asyncio.Transport, addresses: Addresses, data: bytes, place: Place | None = None) -> None:
        """Go on with a connection whose first line was `REQUEST_LINE`; `data` is what came behind that head.

        `place` is what it holds in the crowd.
        """
        connection = Http2Connection(self, transport, addresses, place)
        full = len(self._connections) >= self.limits.http2_connections_max
        self._connections.add(connection)
        transport.set_protocol(connection)
        if full:
            connection.cut(Violation(ENHANCE_YOUR_CALM, "too many connections of HTTP/2"))
        else:
            connection.begin(data)

    def left(self, connection: "Http2Connection") -> None:
        """It is gone."""
        self._connections.discard(connection)
        if self._crowd is not None and connection.place is not None:
            self._crowd.leave(connection.place)
            connection.place = None
        if self._emptied is not None and not self._connections and not self._emptied.done():
            self._emptied.set_result(None)

    def sweep(self) -> None:
        """One second's work: who took too long."""
        now = self.clock.monotonic()
        for connection in tuple(self._connections):
            connection.look(now)

    async def stop(self) -> None:
        """Let what runs finish within half of `stop_seconds_max`; then all are gone."""
        for connection in tuple(self._connections):
            connection.finish()
        if self._connections:
            self._emptied = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._emptied,), timeout=self.limits.stop_seconds_max / 2)
        for connection in tuple(self._connections):
            connection.abort()


class Http2Connection(asyncio.BufferedProtocol):
    """Between a client's transport and its one stream to the HTTP server, as that stream's `Downstream`."""

    __slots__ = (
        "_addresses",
        "_asked_at",
        "_begun",
        "_begun_at",
        "_choked_at",
        "_fence",
        "_finishing",
        "_from_client",
        "_from_server",
        "_greeted",
        "_heard_at",
        "_now",
        "_over_at",
        "_owner",
        "_paced",
        "_pauses",
        "_preface",
        "_stream",
        "_transport",
        "_untaken",
        "place",
    )

    def __init__(self, owner: Http2, transport: asyncio.Transport, addresses: Addresses, place: Place | None) -> None:
        now = owner.clock.monotonic()
        self.place = place
        self._owner = owner
        self._transport = transport
        self._addresses = addresses
        self._fence = Fence(owner.limits, owner.rates, now)
        self._from_client = ClientFrames(self._judge)
        self._from_server = ServerFrames(self._note)
        self._stream: Stream | None = None
        self._preface = AFTER_HEAD  # what of it is still to come
        self._greeted = False  # the server's SETTINGS went out
        self._finishing = False
        self._pauses = 0
        self._paced = False  # it has sent small pieces faster than it may
        self._now = now
        self._heard_at = now
        self._asked_at = 0.0  # whether it is still there
        self._begun, self._begun_at = 0, now  # the frame that is not whole, and since when
        self._choked_at, self._untaken = 0.0, 0
        self._over_at = 0.0  # when our last word was said

    # --- for the door -------------------------------------------------------------------------------------------

    def begin(self, data: bytes) -> None:
        """What came before it was known what is spoken: no more of it in a turn of the loop than of later reads."""
        self.receive(data[:_READ_BYTES])
        rest = data[_READ_BYTES:]
        if rest and not self._over_at:
            self._pause(_BEGUN)
            asyncio.get_running_loop().call_later(max(0.0, self._fence.rests_until - self._now), self._go_on, rest)

    def _go_on(self, rest: bytes) -> None:
        if not self._over_at:
            self.begin(rest)
            if len(rest) <= _READ_BYTES:
                self._resume(_BEGUN)

    def receive(self, data: bytes) -> None:
        """The next bytes of the client."""
        if self._over_at:
            return
        self._now = self._heard_at = self._owner.clock.monotonic()
        self._asked_at = 0.0
        try:
            if self._preface:
                data = self._read_preface(data)
            passed = self._from_client.feed(data)
        except Violation as violation:
            self.cut(violation)
            return
        if self._from_client.begun != self._begun or not self._from_client.within:
            self._begun, self._begun_at = self._from_client.begun, self._now
        if passed and self._stream is not None:
            self._stream.send(passed)
        if self._fence.rests_until > self._now:
            self._paced = True
            self._pause(_PACE)
            asyncio.get_running_loop().call_later(self._fence.rests_until - self._now, self._resume, _PACE)
        self._end_if_done()

    def finish(self) -> None:
        """Take no new stream; end when those that run are answered."""
        if not self._over_at:
            self._finishing = True
            if self._greeted:
                self._transport.write(goaway(STREAM_MAX, NO_ERROR))
            self._end_if_done()

    def abort(self) -> None:
        self._transport.abort()

    def cut(self, violation: Violation) -> None:
        """End it with the reason, in one line of the log."""
        if not self._over_at:
            _log.warning(
                "an HTTP/2 client was cut", extra={"reason": violation.reason, "address": self._addresses.client[0]}
            )
            self._end(violation.code, violation.reason)

    def look(self, now: float) -> None:
        """Called each second."""
        limits = self._owner.limits
        if self._over_at:
            if now - self._over_at >= limits.closing_seconds_max:
                self._transport.abort()
            return
        try:
            self._fence.look(now)
            self._look_at_frame(now)
        except Violation as violation:
            self.cut(violation)
            return
        if self._choked_at:
            self._look_at_reader(now)
        elif self._pauses:
            return  # it is not listened to
        elif not self._fence.streams:
            if now - self._fence.quiet_since >= limits.http2_idle_seconds:
                self._end(NO_ERROR)
        else:
            self._look_for_sign(now)

    # --- for the loop -------------------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._owner.shared.buffer[: _PACED_READ_BYTES if self._paced else _READ_BYTES]

    def buffer_updated(self, nbytes: int) -> None:
        self.receive(bytes(self._owner.shared.buffer[:nbytes]))

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        """The client reads less than it asks for: it may ask no more, or its answers would pile up."""
        if self._over_at:
            return
        self._choked_at, self._untaken = self._owner.clock.monotonic(), untaken_bytes(self._transport)
        self._pause(_CHOKED)
        if self._stream is not None:
            self._stream.pause_response()

    def resume_writing(self) -> None:
        self._choked_at = 0.0
        self._heard_at = self._owner.clock.monotonic()
        self._resume(_CHOKED)
        if self._stream is not None:
            self._stream.resume_response()

    def connection_lost(self, exc: Exception | None) -> None:
        self._over_at = self._over_at or self._owner.clock.monotonic()
        self._owner.left(self)
        self._drop_stream()
        del self._from_client, self._from_server  # they hold methods of ours: a circle, and TLS buffers in it

    # --- for the HTTP server ------------------------------------------------------------------------------------

    def answered(self, data: bytes) -> None:
        if self._over_at:
            return
        self._now = self._owner.clock.monotonic()
        try:
            whole = self._from_server.feed(data)
        except Violation as violation:
            self.cut(violation)
            return
        if whole:
            self._greeted = True
            self._transport.write(whole)
        self._end_if_done()

    def ended(self) -> None:
        """It ends what is no HTTP/2 after a GOAWAY of its own; otherwise it is gone."""
        self._stream = None
        if self._fence.dismissed:
            self.cut(Violation(PROTOCOL_ERROR, "not HTTP/2 as it is written"))
        elif not self._over_at:
            self._end(NO_ERROR if self._greeted else INTERNAL_ERROR)

    def pause_request(self) -> None:
        self._pause(_SERVER)

    def resume_request(self) -> None:
        self._resume(_SERVER)

    # --- inside -------------------------------------------------------------------------------------------------

    def _read_preface(self, data: bytes) -> bytes:
        """The end of the preface; with its last byte the stream to the server is opened."""
        size = min(len(self._preface), len(data))
        if data[:size] != self._preface[:size]:
            raise Violation(PROTOCOL_ERROR, "not the preface of HTTP/2")
        self._preface = self._preface[size:]
        if not self._preface:
            self._stream = self._owner.upstream.open(self._addresses, self)
            self._stream.send(PREFACE)
        return data[size:]

    def _judge(self, kind: int, flags: int, stream: int, length: int) -> bool:
        return self._fence.heard(kind, flags, stream, length, self._now)

    def _note(self, kind: int, flags: int, stream: int, length: int) -> None:
        self._fence.said(kind, flags, stream, length, self._now)

    def _look_at_frame(self, now: float) -> None:
        """A piece of a body may be slow as bodies may; anything else as a head may."""
        limits = self._owner.limits
        waits = bool(self._preface) or self._from_client.within
        in_body = self._from_client.within and self._from_client.kind == DATA
        seconds_max = limits.body_seconds_max if in_body else limits.head_seconds_max
        if waits and not self._pauses and now - self._begun_at >= seconds_max:
            raise Violation(ENHANCE_YOUR_CALM, "a frame that does not end")

    def _look_for_sign(self, now: float) -> None:
        """Who has a stream open and says nothing is asked whether it is there, and is then gone."""
        seconds = self._owner.limits.http2_silence_seconds
        if self._asked_at:
            if now - self._asked_at >= seconds:
                self._transport.abort()
        elif now - self._heard_at >= seconds:
            self._asked_at = now
            self._transport.write(ARE_YOU_THERE)

    def _look_at_reader(self, now: float) -> None:
        limits = self._owner.limits
        seconds = limits.answer_stall_seconds_max
        if now - self._choked_at < seconds:
            return
        left = untaken_bytes(self._transport)
        taken, self._untaken, self._choked_at = self._untaken - left, left, now
        if taken < seconds * limits.answer_bytes_per_second_min:
            self._transport.abort()

    def _end_if_done(self) -> None:
        if (self._finishing or self._fence.leaving) and not self._fence.streams and not self._over_at:
            self._end(NO_ERROR)

    def _end(self, code: int, reason: str = "") -> None:
        """Say GOAWAY and close our half, and the rest when the client has: unread bytes would lose our word."""
        self._over_at = self._owner.clock.monotonic()
        self._drop_stream()
        if self._transport.is_closing():
            return
        greeting = b"" if self._greeted else EMPTY_SETTINGS
        if not self._fence.dismissed:
            self._transport.write(greeting + goaway(self._fence.last_stream, code, reason))
        self._resume(_SERVER | _CHOKED | _PACE)
        if self._transport.can_write_eof() and not self._finishing:
            self._transport.write_eof()
        else:
            self._transport.close()

    def _drop_stream(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.drop()

    def _pause(self, why: int) -> None:
        if not self._pauses and not self._transport.is_closing():
            self._transport.pause_reading()
        self._pauses |= why

    def _resume(self, why: int) -> None:
        paused, self._pauses = self._pauses, self._pauses & ~why
        if paused and not self._pauses and not self._transport.is_closing():
            self._transport.resume_reading()
