"""One request of an HTTP/2 connection and its answer, between the application and the session."""

import asyncio
from typing import TYPE_CHECKING

from h2.errors import ErrorCodes
from starlette.requests import ClientDisconnect
from starlette.types import Message

from app.gateway.crowd import Place
from app.gateway.http2_head import answer_fields

if TYPE_CHECKING:
    from app.gateway.http2_session import Session

_NO_BODY = frozenset({204, 304})


class ClientGone(OSError, ClientDisconnect):
    """The client has cancelled the request, or left."""


class Exchange:
    """One request and its answer: ASGI's `receive` and `send` on one side, frames on the other."""

    def __init__(self, session: "Session", stream: int, *, of_head_request: bool) -> None:
        self.stream = stream
        self.over = False  # nothing more goes to the client or comes from it
        self.complete = False  # our last frame is sent
        self.asked_whole = False  # the request's last frame is here
        self.network: Place = ""  # of whose client it is
        self.place: Place | None = None  # that it holds in the crowd
        self._session = session
        self._of_head_request = of_head_request
        self._body = bytearray()
        self._read_whole = False
        self._news: asyncio.Future[None] | None = None
        self._start: Message | None = None
        self._trailing = False  # trailers follow the body
        self._trailers: list[tuple[bytes, bytes]] = []
        self._pending = memoryview(b"")
        self._final = False  # nothing follows `_pending`
        self._taken: asyncio.Future[None] | None = None

    # --- for the session ----------------------------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether something is to be sent."""
        return len(self._pending) > 0 and not self.over

    def hear(self, data: bytes) -> None:
        """More of the body."""
        self._body += data
        _wake(self._news)

    @property
    def unread_bytes(self) -> int:
        """What the application has not read of the body, and the window therefore not got back."""
        return len(self._body)

    def hear_end(self) -> None:
        self.asked_whole = True
        _wake(self._news)

    def leave(self) -> None:
        """Cancelled, or the connection is gone."""
        self.over = True
        self._pending = memoryview(b"")
        _wake(self._news)
        _wake(self._taken)

    def take(self, room: int) -> tuple[bytes, bool]:
        """The next piece of at most `room` bytes, and whether it is the last."""
        piece, self._pending = bytes(self._pending[:room]), self._pending[room:]
        ends = self._final and not self._pending
        self._complete_if(ends)
        if not self._pending:
            _wake(self._taken)
        return piece, ends

    # --- for the application ------------------------------------------------------------------------------------

    async def receive(self) -> Message:
        while not (self.over or self.complete):
            if self._body or (self.asked_whole and not self._read_whole):
                return self._read()
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        return {"type": "http.disconnect"}

    def _read(self) -> Message:
        body, self._body = bytes(self._body), bytearray()
        self._read_whole = self.asked_whole
        self._session.took(self.stream, len(body))
        return {"type": "http.request", "body": body, "more_body": not self._read_whole}

    async def send(self, message: Message) -> None:
        if self.over:
            raise ClientGone("the client has left")
        match message["type"]:
            case "http.response.start":
                self._start = message
                self._trailing = message.get("trailers", False)
            case "http.response.body":
                await self._say(message.get("body", b""), final=not message.get("more_body", False))
            case "http.response.trailers":
                self._trailers += answer_fields(message["headers"])
                if not message.get("more_trailers", False):
                    self._say_trailers()

    async def _say(self, body: bytes, *, final: bool) -> None:
        start, self._start = self._start, None
        status = start["status"] if start is not None else 0
        self._of_head_request = self._of_head_request or status in _NO_BODY
        if self._of_head_request:
            body = b""
        self._final = final and not self._trailing
        ends = self._final and not body
        if start is not None:
            fields = [(b":status", b"%d" % status), *answer_fields(start["headers"]), self._date()]
            self._session.answer(self.stream, fields, ends=ends)
        elif ends:
            self._session.end_stream(self.stream)
        self._pending = memoryview(body)
        self._complete_if(ends)
        self._session.pump(self)
        await self._taken_by_client(body)

    def _say_trailers(self) -> None:
        if self._trailers:
            self._session.answer(self.stream, self._trailers, ends=True)
        else:
            self._session.end_stream(self.stream)
        self._complete_if(True)
        self._session.pump(self)

    def _complete_if(self, ends: bool) -> None:
        if ends:
            self.complete = True
            _wake(self._news)

    async def _taken_by_client(self, body: bytes) -> None:
        """Wait until all is sent; raises `ClientGone`. Who gives no window gets the stream reset."""
        if self._pending:
            with self._session.holding(self, body):
                while self._pending:
                    await self._more_taken()
        if self.over:
            raise ClientGone("the client has left")

    async def _more_taken(self) -> None:
        """Wait until all is sent, or as long as the client may take for some of it, as over HTTP/1.1."""
        limits, left = self._session.service.limits, len(self._pending)
        seconds = limits.answer_stall_seconds_max
        self._taken = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(self._taken, seconds)
        except TimeoutError:
            least = min(left, seconds * limits.answer_bytes_per_second_min)
            # while the connection itself is full the fence looks who reads
            if left - len(self._pending) < least and not self._session.paused:
                self._session.reset(self, ErrorCodes.CANCEL)

    def _date(self) -> tuple[bytes, bytes]:
        name, _, value = self._session.service.date().strip().partition(": ")
        return name.encode(), value.encode()


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
