"""HTTP/2 for the application: the `h2` library, its streams, and what the application says on them. No I/O of its own.

In the place of Hypercorn's, which is not safe to meet strangers with (0.18, measured 2026-11-26; ARCHITECTURE.md): it
answers without back-pressure, goes deaf when an answer comes before the end of its request, and lets one request kill
the connection of all.

Bounded: bodies by the windows we give (they open only when the application has read), answers by waiting until the
client has taken the piece before and by `http2_waiting_bytes_max` for all that wait, running requests by
`http2_streams_max` whatever the client has cancelled. Of a trusted proxy's requests each has its client's place in the
crowd: the front, which counts connections, does not read these heads.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from msgspec import Struct
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from app.gateway.crowd import Crowd, Place, too_many_of_an_address
from app.gateway.http1 import Head, HeadTooLarge
from app.gateway.http2_exchange import Exchange
from app.gateway.http2_frames import FRAME_BYTES_MAX
from app.gateway.http2_head import head_of, scope_of
from app.gateway.proxies import Trusted, plain, resolve
from app.gateway.refusals import render_refusal
from app.gateway.upstream import NOBODY, Addresses, Downstream
from app.model.errors import Problem
from app.model.ids import Ids
from app.model.networks import network_of
from app.settings import Limits
from app.telemetry.log import logger

_HEADER_TABLE_BYTES = 4_096  # of ours, whatever the client offers: it costs memory and, searched, time
_SMALL_BYTES = 4_096  # of a body's frame that may wait for what else is said in this turn of the loop
_WINDOW_BYTES = 65_535  # of a connection before anybody enlarges it (RFC 9113 §6.9.2)
_log = logger("http")


class Waiting:
    """Bytes of answers that wait for their clients' windows, of all sessions together.

    One session, which may be a proxy's, holds at most half of them; the clients of one network, however many
    connections they have, `http2_waiting_bytes_of_network_max`. A body that many wait for, a built file say, is held
    once and counts once.
    """

    __slots__ = ("_bodies", "_bytes_max", "_held", "_of_network", "_of_network_max")

    def __init__(self, limits: Limits) -> None:
        self._bytes_max = limits.http2_waiting_bytes_max
        self._of_network_max = limits.http2_waiting_bytes_of_network_max
        self._held = 0
        self._bodies: dict[int, int] = {}  # how many wait for a piece of each, by its identity
        self._of_network: dict[Place, int] = {}

    def take(self, body: bytes, of_session: int, network: Place) -> int | None:
        """What it costs a session that holds `of_session` bytes by now; None where there is no room."""
        count = self._bodies.get(id(body), 0)
        size = 0 if count else len(body)
        of_network = self._of_network.get(network, 0) + size
        if of_network > self._of_network_max:
            return None
        if of_session + size > self._bytes_max // 2 or self._held + size > self._bytes_max:
            return None
        self._bodies[id(body)] = count + 1
        self._held += size
        self._of_network[network] = of_network
        return size

    def give(self, body: bytes, network: Place, cost: int) -> None:
        """One who has taken it at this `cost` waits no more."""
        left = self._of_network.get(network, 0) - cost
        if left:
            self._of_network[network] = left
        else:
            self._of_network.pop(network, None)
        count = self._bodies[id(body)] - 1
        if count:
            self._bodies[id(body)] = count
        else:
            del self._bodies[id(body)]
            self._held -= len(body)


class Service(Struct, frozen=True):
    """What all sessions of a server share. `spawn` runs a task and keeps hold of it; `date` makes the Date line."""

    application: ASGIApp
    limits: Limits
    state: dict[str, Any]
    ids: Ids
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    date: Callable[[], str]
    ended: Callable[["Session"], None]
    waiting: Waiting
    trusted: Trusted
    crowd: Crowd


class _Connection(H2Connection):
    MAX_CLOSED_STREAMS = 1_024  # 65,536 of them would be 8 MB


class Session:
    """One client's connection, as an upstream `Stream`."""

    def __init__(self, service: Service, addresses: Addresses, downstream: Downstream) -> None:
        self.service = service
        self._addresses = addresses
        self._downstream = downstream
        self._h2 = _start(service.limits)
        self._exchanges: dict[int, Exchange] = {}
        self._waiting_bytes = 0
        self._paused = False
        self._closing = False
        self._dropped = False
        self._flushes = False  # at the end of this turn of the loop

    # --- for the front ------------------------------------------------------------------------------------------

    @property
    def closing(self) -> bool:
        return self._closing

    def send(self, data: bytes) -> None:
        if self._closing:
            return
        try:
            events = self._h2.receive_data(data)
        except ProtocolError as error:
            _log.debug("an HTTP/2 client broke the protocol", extra={"reason": str(error)})
            self._flush()
            self._close()
            return
        cancelled = {event.stream_id for event in events if isinstance(event, StreamReset)}
        for stream in cancelled:
            if (exchange := self._exchanges.get(stream)) is not None:
                exchange.leave()
        for event in events:
            self._hear(event, cancelled)
        self._flush()

    def pause_response(self) -> None:
        self._paused = True

    def resume_response(self) -> None:
        self._paused = False
        self._pump_all()

    def drop(self) -> None:
        self._dropped = True
        self._downstream = NOBODY
        self._close()

    def finish(self) -> None:
        """Close: the server stops. The fence says GOAWAY."""
        self._close()

    # --- for exchanges ------------------------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Whether the client's connection takes nothing just now, whatever its windows say."""
        return self._paused

    def answer(self, stream: int, fields: list[tuple[bytes, bytes]], *, ends: bool) -> None:
        """Send a head, or the trailers."""
        self._h2.send_headers(stream, fields, end_stream=ends)

    def end_stream(self, stream: int) -> None:
        """Send the last frame of an answer whose body is sent."""
        self._h2.end_stream(stream)

    def pump(self, exchange: Exchange) -> None:
        """Send what the windows let through."""
        while self._push(exchange):
            pass
        self._flush_soon()

    @contextmanager
    def holding(self, exchange: Exchange, body: bytes) -> Iterator[None]:
        """While a part of this body waits; gives the stream up where too much does."""
        cost = self.service.waiting.take(body, self._waiting_bytes, exchange.network)
        if cost is None:
            self.reset(exchange, ErrorCodes.ENHANCE_YOUR_CALM)
            yield
            return
        self._waiting_bytes += cost
        try:
            yield
        finally:
            self._waiting_bytes -= cost
            self.service.waiting.give(body, exchange.network, cost)

    def took(self, stream: int, size: int) -> None:
        """The application has read so much of a body: the client may send as much again."""
        if size and not self._closing:
            self._h2.acknowledge_received_data(size, stream)
            self._flush()

    def reset(self, exchange: Exchange, code: ErrorCodes) -> None:
        """Give one stream up."""
        if not exchange.over and not self._closing:
            self._h2.reset_stream(exchange.stream, code)
            self._flush()
        exchange.leave()

    def end(self, exchange: Exchange) -> None:
        """The application is done with it."""
        del self._exchanges[exchange.stream]
        if exchange.place is not None:
            self.service.crowd.leave(exchange.place)
        if self._closing:
            return
        self.took(exchange.stream, exchange.unread_bytes)
        if not exchange.complete:
            self.reset(exchange, ErrorCodes.INTERNAL_ERROR)
        elif not exchange.asked_whole:
            self.reset(exchange, ErrorCodes.NO_ERROR)  # the rest of the request is of no interest (RFC 9113 §8.1)

    # --- what the client says -----------------------------------------------------------------------------------

    def _hear(self, event: Event, cancelled: set[int]) -> None:
        """One event; of `cancelled` streams nothing is begun, for the library has closed them already."""
        match event:
            case RequestReceived():
                if event.stream_id not in cancelled:
                    self._begin(event)
            case DataReceived():
                self._hear_data(event)
            case StreamEnded():
                if (exchange := self._exchanges.get(event.stream_id)) is not None:
                    exchange.hear_end()
            case WindowUpdated():
                self._pump_all(event.stream_id)
            case RemoteSettingsChanged():
                self._bound_table()
                self._pump_all()
            case ConnectionTerminated():
                self._close()

    def _bound_table(self) -> None:
        """Keep no more of what we sent than by default, however large a table the client offers."""
        encoder = self._h2.encoder
        if encoder.header_table_size > _HEADER_TABLE_BYTES:
            encoder.header_table_size = _HEADER_TABLE_BYTES
            encoder.table_size_changes = [min(size, _HEADER_TABLE_BYTES) for size in encoder.table_size_changes]

    def _hear_data(self, event: DataReceived) -> None:
        exchange, data = self._exchanges.get(event.stream_id), event.data or b""
        size = event.flow_controlled_length or 0
        if exchange is None or exchange.over:
            self.took(event.stream_id, size)
        else:
            self.took(event.stream_id, size - len(data))  # padding is nobody's to read
            exchange.hear(data)

    def _begin(self, event: RequestReceived) -> None:
        stream, fields = event.stream_id, event.headers
        if self._closing:
            return
        if (b":method", b"CONNECT") in fields:  # WebSocket over HTTP/2 among them: /ws is for HTTP/1.1
            self._h2.reset_stream(stream, ErrorCodes.HTTP_1_1_REQUIRED)
            return
        if self._is_full():
            self._h2.reset_stream(stream, ErrorCodes.REFUSED_STREAM)
            return
        application = self.service.application
        try:
            head = head_of(fields, self.service.limits)
        except HeadTooLarge as problem:
            head = Head("GET", "/", 1, (), 0)
            application = _refusing(problem, self.service.ids.new())
        except Problem:
            self._h2.reset_stream(stream, ErrorCodes.PROTOCOL_ERROR)
            return
        exchange = self._exchanges[stream] = Exchange(self, stream, of_head_request=head.method == "HEAD")
        if not self._finds_place(exchange, head):
            application = _refusing(too_many_of_an_address(), self.service.ids.new())
        scope = scope_of(head, self._addresses, self.service.state)
        self.service.spawn(self._run(application, scope, exchange))

    def _finds_place(self, exchange: Exchange, head: Head) -> bool:
        """Whose request it is; that of a trusted proxy's client has his place while it is answered."""
        peer, trusted = self._addresses.client[0], self.service.trusted
        client = resolve(peer, self._addresses.secure, head.get, trusted).address
        exchange.network = network_of(client)
        if peer not in trusted or client == plain(peer):
            return True
        exchange.place = self.service.crowd.enter(client)
        return exchange.place is not None

    def _is_full(self) -> bool:
        """Whether as many handlers run as may: cancelled ones count until they have ended.

        Answered ones do not, for their clients may ask again at once; but they must not pile up either.
        """
        most, running = self.service.limits.http2_streams_max, len(self._exchanges)
        if running < most:
            return False
        return running >= 2 * most or sum(not one.complete for one in self._exchanges.values()) >= most

    async def _run(self, application: ASGIApp, scope: Scope, exchange: Exchange) -> None:
        try:
            await application(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            pass
        except Exception:  # noqa: BLE001 - the application's defects end its stream and stand in the log
            _log.exception("the application failed")
        finally:
            self.end(exchange)

    # --- what we say --------------------------------------------------------------------------------------------

    def _pump_all(self, stream: int | None = None) -> None:
        """Go on with what waited for this stream's window, or for the connection's: one frame each in turn."""
        chosen = [self._exchanges.get(stream)] if stream else self._exchanges.values()
        waiting = deque(exchange for exchange in chosen if exchange is not None and exchange.waits)
        while waiting:
            exchange = waiting.popleft()
            if self._push(exchange) and exchange.waits:
                waiting.append(exchange)
        self._flush()

    def _push(self, exchange: Exchange) -> bool:
        """One frame of what an exchange has to say; whether there was one and room for it."""
        if self._closing or self._paused or not exchange.waits:
            return False
        room = min(self._h2.local_flow_control_window(exchange.stream), FRAME_BYTES_MAX)
        if room <= 0:
            return False
        piece, ends = exchange.take(room)
        self._h2.send_data(exchange.stream, piece, end_stream=ends)
        if len(piece) > _SMALL_BYTES:
            self._flush()  # each for itself: the client's connection may be full with any
        return True

    def _flush_soon(self) -> None:
        """A head, a small body and trailers are one write to the kernel, which is a third of what a gRPC call costs."""
        if not self._flushes:
            self._flushes = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushes = False
        data = self._h2.data_to_send()
        if data and not self._dropped:
            self._downstream.answered(data)

    def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        for exchange in tuple(self._exchanges.values()):
            exchange.leave()
        self.service.ended(self)
        if not self._dropped:
            asyncio.get_running_loop().call_soon(self._tell_end)

    def _tell_end(self) -> None:
        if not self._dropped:
            self._downstream.ended()


def _start(limits: Limits) -> H2Connection:
    """A server's side that has said its SETTINGS; extended CONNECT (RFC 8441) is not among them."""
    connection = _Connection(H2Configuration(client_side=False, header_encoding=None))
    connection.local_settings = Settings(
        client=False,
        initial_values={
            SettingCodes.MAX_CONCURRENT_STREAMS: limits.http2_streams_max,
            SettingCodes.MAX_HEADER_LIST_SIZE: limits.head_bytes_max,
            SettingCodes.INITIAL_WINDOW_SIZE: limits.http2_stream_window_bytes,
        },
    )
    connection.decoder.max_header_list_size = 2 * limits.head_bytes_max  # a little over is told so, a bomb is cut
    connection.initiate_connection()
    if limits.http2_connection_window_bytes > _WINDOW_BYTES:
        connection.increment_flow_control_window(limits.http2_connection_window_bytes - _WINDOW_BYTES)
    return connection


def _refusing(problem: Problem, request_id: str) -> ASGIApp:
    """Answers one request with a refusal."""
    fields, body = render_refusal(problem, "en", request_id)

    async def refuse(_: Scope, __: Receive, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return refuse
