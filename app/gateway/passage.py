"""One client's requests on their way through to the HTTP server, and its answers back: one exchange after the other."""

from typing import Protocol

from app.gateway.http1 import Body, CountedBody, Head, PassingResponse, body_of
from app.gateway.upstream import Addresses, Stream, Upstream
from app.model.errors import Problem
from app.telemetry.log import logger

_SURELY_READ_BYTES = 32_768  # of a body: Hypercorn reads twice as much at once
_REFUSED = 400
_log = logger("gateway")


class Side(Protocol):
    """The client's connection, as its passage sees it."""

    def passed(self, data: bytes) -> None:
        """Bytes of the answer."""
        ...

    def exchanged(self, *, may_go_on: bool) -> None:
        """The answer is whole; whether another request may follow on this connection."""
        ...

    def cut_off(self, *, whole: bool, begun: bool) -> None:
        """The server has closed: that was the end of the answer, or it came short, or none has begun."""
        ...

    def hold(self) -> None:
        """The server has enough of the request for now."""
        ...

    def go_on(self) -> None:
        """It takes more."""
        ...


class _Nobody:
    """Who has left for good. The passage and its side would hold each other, and what TLS holds, for the collector."""

    def passed(self, data: bytes) -> None:
        pass

    def exchanged(self, *, may_go_on: bool) -> None:
        pass

    def cut_off(self, *, whole: bool, begun: bool) -> None:
        pass

    def hold(self) -> None:
        pass

    def go_on(self) -> None:
        pass


_NOBODY = _Nobody()


class Passage:
    """A stream to the server, opened when it is needed and kept from one exchange to the next; its `Downstream`."""

    __slots__ = ("_body", "_ends", "_request", "_response", "_side", "_stream", "_under_way", "_upstream")

    def __init__(self, upstream: Upstream, ends: Addresses, side: Side) -> None:
        self._upstream = upstream
        self._ends = ends
        self._side: Side = side
        self._stream: Stream | None = None
        self._under_way = False  # an exchange is; what happens to an idle stream is nobody's business
        self._body = 0  # as the request's head announced it
        self._request: Body = CountedBody(0)
        self._response = PassingResponse("")

    @property
    def takes_body(self) -> bool:
        """Whether what the client sends now belongs to the request's body."""
        return not self._request.done

    @property
    def has_answer(self) -> bool:
        """Whether the answer has begun."""
        return self._response.begun

    def carry(self, head: Head) -> None:
        """Begin an exchange."""
        if self._stream is None or self._stream.closing:
            self.drop()
            self._stream = self._upstream.open(self._ends, self)
        self._under_way = True
        self._body = head.body
        self._request = body_of(head.body)
        self._response = PassingResponse(head.method)
        self._stream.send(head.encode())

    def take(self, data: bytes) -> bytes:
        """Send on what belongs to the body; what comes behind it. Raises `Problem` for a body whose frame is broken."""
        end = self._request.take(data, 0)
        if self._stream is not None:
            self._stream.send(data[:end])
        return data[end:]

    def choke(self) -> None:
        """The client has enough of the answer for now."""
        if self._stream is not None:
            self._stream.pause_response()

    def release(self) -> None:
        """It takes more."""
        if self._stream is not None:
            self._stream.resume_response()

    def drop(self) -> None:
        """The client is gone, or has no further request."""
        self._under_way = False
        self._let_go()
        self._request = CountedBody(0)

    def leave(self) -> None:
        """The client is gone for good, or speaks with somebody else from now on."""
        self.drop()
        self._side = _NOBODY

    def _was_read(self) -> bool:
        """Whether the server has surely read all of the request. If not it closes the stream behind its answer, which
        another process hears of later: a next request on that stream would be lost.
        """
        return self._body == 0 or (0 < self._body <= _SURELY_READ_BYTES and self._response.status < _REFUSED)

    def _let_go(self) -> None:
        if self._stream is not None:
            self._stream.drop()
            self._stream = None
            self._side.go_on()

    # --- for the stream, as its Downstream ----------------------------------------------------------------------

    def answered(self, data: bytes) -> None:
        if not self._under_way:
            return
        if not self._response.begun and not self._request.done:
            data = _closing(data)  # the answer comes early: what follows of the request is not looked at
        self._side.passed(data)
        try:
            self._response.take(data)
        except Problem:
            _log.error("the HTTP server sent what is no response")
            self._under_way = False
            self._side.cut_off(whole=False, begun=True)
            return
        if self._response.done:
            may_go_on = self._request.done and not self._response.closes
            self._under_way = False
            self._request = CountedBody(0)
            if not self._was_read():
                self._let_go()
            self._side.exchanged(may_go_on=may_go_on)

    def ended(self) -> None:
        self._stream = None
        self._side.go_on()
        if self._under_way:
            self._under_way = False
            self._side.cut_off(whole=self._response.ends_with_connection, begun=self._response.begun)

    def pause_request(self) -> None:
        self._side.hold()

    def resume_request(self) -> None:
        self._side.go_on()


def _closing(data: bytes) -> bytes:
    """The beginning of an answer, saying that it ends the connection. An interim one (RFC 9110 §15.2) stays."""
    end = data.find(b"\r\n")
    if end < 0 or data.startswith(b"HTTP/1.1 1"):
        return data
    return data[:end] + b"\r\nconnection: close" + data[end:]
