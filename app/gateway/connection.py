"""One client's connection for as long as it speaks HTTP/1.1: it reads request heads, and each decides who answers.

One request of a connection is answered at a time, so the next one may again be for anybody.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from msgspec import structs

from app.gateway import handshake
from app.gateway.core import Peer
from app.gateway.crowd import Place, too_many_of_an_address
from app.gateway.file_answer import answer_file
from app.gateway.http1 import (
    HEAD_END,
    Head,
    head_too_large,
    parse_head,
    render_head,
)
from app.gateway.http2_frames import REQUEST_LINE
from app.gateway.lines import Line
from app.gateway.pages import DATA, choose_coding, fields_of
from app.gateway.passage import Passage
from app.gateway.paths import below, is_public, with_slash
from app.gateway.proxies import Client, plain
from app.gateway.refusals import (
    Elsewhere,
    ForReader,
    NotThisWay,
    head_too_late,
    internal,
    no_answer,
    only_to_read,
    render_refusal,
)
from app.gateway.slow_readers import Outflow
from app.gateway.upstream import Addresses, ends_of
from app.gateway.websocket import WebSocket
from app.model.errors import Problem, not_found
from app.telemetry.log import about, logger
from app.web.assets import Asset, first_page

if TYPE_CHECKING:
    from app.gateway.front import Front

_FILE = re.compile(r"/api/v1/(visitor/)?files/([0-9a-z]{26})")
_HEALTH = b"ok\n"
_OF_REFUSALS = ("content-type", "content-language", "retry-after", "www-authenticate", "x-request-id")
_READ, _ANSWER, _LINGER, _GONE = range(4)
_SERVER, _FULL, _SENDING, _AHEAD = 1, 2, 4, 8  # why reading is paused
_REQUESTS_A_TURN = 16  # of one connection: one read may bring a thousand that were sent ahead, and all others wait
_log = logger("gateway")


class Connection(asyncio.BufferedProtocol):
    """Between the client's transport and whoever answers."""

    __slots__ = (
        "_buffer",
        "_client",
        "_ends",
        "_front",
        "_keep",
        "_outflow",
        "_passage",
        "_pauses",
        "_place",
        "_proxied",
        "_public",
        "_state",
        "_told",
        "_transport",
    )

    _transport: asyncio.Transport
    _outflow: Outflow
    _ends: Addresses
    _passage: Passage  # to Hypercorn
    _client: Client  # whose request is served: behind one proxy stand many

    def __init__(self, front: "Front", told: Addresses | None = None, *, public: bool = False) -> None:
        self._front = front
        self._told = told  # by a PROXY header
        self._public = public  # on the listener for visitors alone
        self._proxied = False  # by a proxy whose clients are counted, not he
        self._place: Place | None = None  # that is taken in the crowd
        self._buffer = bytearray()  # of heads that are still to be read
        self._state = _READ
        self._pauses = 0
        self._keep = False

    # --- for the front ------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Close as soon as what is being answered is answered."""
        if self._state == _READ:
            self._end_transport()
        self._keep = False

    def abort(self) -> None:
        self._transport.abort()

    def stalled(self) -> None:
        """More than the transport wants to hold has waited for the client, for `answer_stall_seconds_max`."""
        if self._takes(self._front.limits.answer_stall_seconds_max):
            self._front.stalls.begin(self, self._front.clock.monotonic())
        else:
            self._transport.abort()

    def lingered(self) -> None:
        """It was closed `closing_seconds_max` ago. Who still takes our last words may have them all."""
        if self._takes(self._front.limits.closing_seconds_max):
            self._front.lingering.begin(self, self._front.clock.monotonic())
        else:
            self._transport.abort()

    def head_too_late(self) -> None:
        """The head did not come in time."""
        if self._buffer:
            self._refuse(head_too_late())
        else:
            self._transport.close()

    # --- for the loop -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._outflow = Outflow(self._transport)
        self._ends = ends_of(transport, self._told, public=self._public)
        self._passage = Passage(self._front.upstream, self._ends, self)
        address = self._front.counted(self._ends)
        self._proxied = address is None
        if not self._ends.client[0] or not self._front.entered(self):  # gone before it was here, or one too many
            self._transport.abort()
        elif address is not None and not self._take_place(address):
            self._turn_away()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._front.shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._front.shared.buffer[:nbytes])
        if self._state == _LINGER:
            return
        if self._passage.takes_body:
            data = self._pass_on(data)
        if not data:
            return
        if self._state == _READ and not self._buffer and not self._outflow.choked:
            self._front.idle.end(self)
            self._front.heads.begin(self, self._front.clock.monotonic())
        self._buffer += data
        self._advance()
        if len(self._buffer) > self._front.limits.head_bytes_max:
            self._pause(_FULL)

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        self._outflow.choke()
        self._front.stalls.begin(self, self._front.clock.monotonic())
        self._passage.choke()

    def resume_writing(self) -> None:
        self._outflow.release()
        self._front.stalls.end(self)
        self._passage.release()
        if self._state == _READ:
            self._begin_waiting()
            self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        self._state = _GONE
        self._front.left(self)
        self._leave_place()
        self._passage.leave()
        self._outflow.leave()

    # --- reading heads ------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Serve what is in the buffer, one request after the other, so many in a turn of the loop."""
        for _ in range(_REQUESTS_A_TURN):
            if self._state != _READ or self._outflow.choked:
                return
            while self._buffer.startswith(b"\r\n"):
                del self._buffer[:2]  # RFC 9112 §2.2: an empty line before a request is passed over
            end = self._buffer.find(HEAD_END)
            if end < 0:
                if len(self._buffer) > self._front.limits.head_bytes_max:
                    self._refuse(head_too_large())
                return
            raw = bytes(self._buffer[:end])
            del self._buffer[: end + len(HEAD_END)]
            self._front.unwatch(self)
            if raw == REQUEST_LINE and self._front.settings.http2 and not self._keep:
                self._speak_http2()
                return
            try:
                head = parse_head(raw, self._front.limits)
            except Problem as problem:
                self._refuse(problem)
                return
            self._serve(head)
        if self._buffer and self._state == _READ:
            self._pause(_AHEAD)
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._resume(_AHEAD)
        self._advance()

    def _serve(self, head: Head) -> None:
        front = self._front
        self._keep = head.keep_alive and not front.stopping
        self._client = front.proxies.client(self._ends.client[0], self._ends.secure, head.get)
        asked = head.path
        head = head.at(below(front.settings.base_path, head.target))
        path = head.path
        if not self._finds_place():
            self._answer_without_body(head, too_many_of_an_address())
        elif self._public and not is_public(path):
            self._answer_without_body(head, not_found())
        elif asked == front.settings.base_path:
            self._answer_without_body(head, Elsewhere(with_slash(head.target)))
        else:
            self._choose(head, path)

    def _choose(self, head: Head, path: str) -> None:
        if path == "/ws":
            self._open_socket(head)
            return
        if path.startswith("/in/") and "websocket" in head.tokens("upgrade"):
            self._ask_for_line(head)
            return
        readable = head.method in ("GET", "HEAD")
        asset = self._front.assets.find(path)
        wanted = _FILE.fullmatch(path)
        if asset is not None or path == "/healthz":
            self._keep = self._keep and head.body == 0
            if not readable:
                self.answer_problem(head, only_to_read())
            elif asset is not None and asset.kind == "chat":
                self._state = _ANSWER
                self._pause(_SENDING)
                self._front.spawn(self._answer_chat(head, asset))
            elif asset is not None:
                self._answer_asset(head, asset)
            else:
                self._answer(head, 200, {"content-type": "text/plain", "cache-control": "no-store", **DATA}, _HEALTH)
        elif readable and (begin := first_page(path, head.language)) is not None:
            self._answer_without_body(head, ForReader(begin))
        elif readable and (page := self._front.root_page(head)) is not None:
            self._keep = self._keep and head.body == 0
            self._answer(head, 200, dict(page.fields), page.body)
        elif wanted is not None and readable and head.body == 0:
            self._state = _ANSWER
            self._pause(_SENDING)
            self._front.spawn(self._send_file(head, wanted[2], visitor=bool(wanted[1])))
        else:
            self._pass_through(head)

    def _await_next(self) -> None:
        """The request is answered; another may follow on this connection."""
        if self._proxied:
            self._leave_place()
        if self._state not in (_READ, _ANSWER):
            return
        if not self._keep:
            self._close()
            return
        self._state = _READ
        self._resume(_FULL | _SENDING)
        if not self._outflow.choked:
            self._begin_waiting()

    def _begin_waiting(self) -> None:
        """The client has our answer; from now on its next request is awaited."""
        now = self._front.clock.monotonic()
        if self._buffer:
            self._front.heads.begin(self, now)
        else:
            self._front.idle.begin(self, now)

    def _close(self) -> None:
        """Close our half, and the rest when the client has: closing both with unread bytes would lose our answer."""
        self._passage.drop()
        if self._proxied:
            self._leave_place()
        self._state = _LINGER
        self._buffer.clear()
        self._resume(_SERVER | _FULL | _SENDING)
        if self._transport.can_write_eof():
            self._await_end()
            self._transport.write_eof()
        else:
            self._end_transport()

    def _end_transport(self) -> None:
        """Close both halves; the transport by itself would wait for ever for a client that takes nothing."""
        self._await_end()
        self._transport.close()

    def _await_end(self) -> None:
        self._outflow.look()
        self._front.lingering.begin(self, self._front.clock.monotonic())

    def _takes(self, seconds: float) -> bool:
        """Whether the client took what it must of what waited `seconds` ago."""
        return self._outflow.took(seconds * self._front.limits.answer_bytes_per_second_min)

    # --- answers of our own -------------------------------------------------------------------------------------

    def _answer(self, head: Head, status: int, fields: dict[str, str], body: bytes) -> None:
        if self._state == _GONE:
            return
        if status != 304:
            fields["content-length"] = str(len(body))
        answer = render_head(status, fields, self._front.date(), self._keep)
        self._transport.write(answer if head.method == "HEAD" or status == 304 else answer + body)
        self._await_next()

    async def _answer_chat(self, head: Head, asset: Asset) -> None:
        """The one page that others may hold in a frame: the core knows who."""
        try:
            self._answer_asset(head, asset, await self._front.sites.of_page(head.path))
        except Exception:  # noqa: BLE001 - the client gets an answer, the log the cause
            self.answer_defect(head)
        self._advance()

    def _answer_asset(self, head: Head, asset: Asset, sites: Sequence[str] | None = None) -> None:
        coding = choose_coding(asset, head.get("accept-encoding"))
        client = self._client
        fields = fields_of(asset, coding, client.host, secure=client.secure, sites=sites)
        known = (tag.strip().removeprefix("W/") for tag in head.get("if-none-match").split(","))
        if fields["etag"] in known:
            self._answer(head, 304, fields, b"")
        else:
            self._answer(head, 200, fields, asset.bodies[coding])

    def answer_problem(self, head: Head, problem: Problem) -> None:
        fields, body = render_refusal(problem, head.language, self._front.ids.new())
        if isinstance(problem, NotThisWay):
            fields |= problem.fields
        self._answer(head, problem.status, fields, body)

    def answer_defect(self, head: Head) -> None:
        request_id = self._front.ids.new()
        with about(request_id):
            _log.exception("an answer of the front failed")
        self.answer_problem(head, internal(request_id))

    def _answer_without_body(self, head: Head, problem: Problem) -> None:
        """A refusal that does not read the request's body; where there is one, the connection ends."""
        self._keep = self._keep and head.body == 0
        self.answer_problem(head, problem)

    def _refuse(self, problem: Problem) -> None:
        """Answer what is no request, and end the connection: where the next one would begin is not known."""
        fields, body = render_refusal(problem, "en", self._front.ids.new())
        self._front.unwatch(self)
        fields["content-length"] = str(len(body))
        self._transport.write(render_head(problem.status, fields, self._front.date(), keep_alive=False) + body)
        self._close()

    # --- HTTP/2 -------------------------------------------------------------------------------------------------

    def _speak_http2(self) -> None:
        """The first line was the preface of HTTP/2: what follows is for others to read."""
        transport, rest = self._transport, bytes(self._buffer)
        self._resume(_FULL)
        self._state = _GONE
        self._front.left(self)
        place, self._place = self._place, None
        self._passage.leave()
        self._front.http2.take(transport, structs.replace(self._ends, http2=True), rest, place)

    # --- sockets ------------------------------------------------------------------------------------------------

    def _open_socket(self, head: Head) -> None:
        try:
            answer = handshake.accept(head, self._client.host, self._front.settings.public_host)
        except Problem as problem:
            self._answer_without_body(head, problem)
            return
        # A cookie counts only beside an Origin of our own: the checks above have seen it. Where visitors alone are
        # served it proves nobody.
        cookie = head.get("cookie") if head.get("origin") and not self._public else ""
        session = self._front.hub.session(self._peer(head, cookie, ""), self._place)
        self._place = None
        self._become(WebSocket(self._front.shared, session), answer)

    def _ask_for_line(self, head: Head) -> None:
        """A joined system's; the core says whether it may."""
        try:
            answer = handshake.accept(head, self._client.host, self._front.settings.public_host)
            line = self._front.lines.line(self._ends, head)
        except Problem as problem:
            self._answer_without_body(head, problem)
            return
        self._state = _ANSWER
        self._pause(_SENDING)
        self._front.spawn(self._open_line(head, answer, line))

    async def _open_line(self, head: Head, answer: bytes, line: Line) -> None:
        try:
            said = await line.begin()
        except Problem as problem:
            self.answer_problem(head, problem)
            self._advance()
            return
        if said.status != 200 or self._state == _GONE:
            line.leave()
            fields = {name: value for name, value in said.fields.items() if name in _OF_REFUSALS}
            self._answer(head, said.status, fields, said.body)
            self._advance()
            return
        line.seat(self._place)
        self._place = None
        self._become(WebSocket(self._front.lines.shared, line), answer)

    def _become(self, socket: WebSocket, answer: bytes) -> None:
        """From now on the transport is the socket's."""
        transport, rest = self._transport, bytes(self._buffer)
        self._resume(_FULL | _SENDING)
        self._state = _GONE
        self._front.left(self)
        self._passage.leave()
        transport.write(answer)
        transport.set_protocol(socket)
        socket.connection_made(transport)
        if rest:
            socket.receive(rest)

    def _peer(self, head: Head, cookie: str, authorization: str) -> Peer:
        client = self._client
        return Peer(
            address=client.address,
            host=client.host,
            origin=head.get("origin"),
            cookie=cookie,
            authorization=authorization,
            user_agent=head.get("user-agent"),
            language=head.language,
            secure=client.secure,
        )

    # --- downloads, as a file_answer.Side -----------------------------------------------------------------------

    async def _send_file(self, head: Head, file_id: str, *, visitor: bool) -> None:
        cookie, authorization = ("", head.get("authorization")) if visitor else (head.get("cookie"), "")
        try:
            await answer_file(self._front, self, head, self._peer(head, cookie, authorization), file_id)
        finally:
            self._advance()

    @property
    def gone(self) -> bool:
        return self._state == _GONE

    @property
    def transport(self) -> asyncio.Transport:
        return self._transport

    @property
    def outflow(self) -> Outflow:
        return self._outflow

    def head_of_answer(self, status: int, fields: Mapping[str, str]) -> bytes:
        return render_head(status, fields, self._front.date(), self._keep)

    def answered(self) -> None:
        self._await_next()

    # --- passing through to Hypercorn, as a passage.Side --------------------------------------------------------

    def _pass_through(self, head: Head) -> None:
        self._state = _ANSWER
        self._passage.carry(head)
        if self._buffer and self._passage.takes_body:
            data = bytes(self._buffer)
            self._buffer.clear()
            self._buffer += self._pass_on(data)

    def _pass_on(self, data: bytes) -> bytes:
        """Send on what belongs to the request's body; what comes behind it."""
        try:
            return self._passage.take(data)
        except Problem as problem:
            if self._passage.has_answer:
                self._transport.abort()
            else:
                self._refuse(problem)
            return b""

    def passed(self, data: bytes) -> None:
        self._transport.write(data)

    def exchanged(self, *, may_go_on: bool) -> None:
        self._keep = self._keep and may_go_on
        self._await_next()
        if self._buffer:
            asyncio.get_running_loop().call_soon(self._advance)  # not inside Hypercorn's own write

    def cut_off(self, *, whole: bool, begun: bool) -> None:
        if whole:
            self._close()
        elif begun:
            self._transport.abort()  # cut short: the client must not take it for whole
        else:
            self._refuse(no_answer())

    def hold(self) -> None:
        self._pause(_SERVER)

    def go_on(self) -> None:
        self._resume(_SERVER)

    # --- the crowd ----------------------------------------------------------------------------------------------

    def _take_place(self, address: str) -> bool:
        self._leave_place()
        self._place = self._front.crowd.enter(address)
        return self._place is not None

    def _finds_place(self) -> bool:
        """A proxy's request has its client's place while it is answered; where it names nobody, none is counted."""
        client = self._client.address
        return not self._proxied or client == plain(self._ends.client[0]) or self._take_place(client)

    def _leave_place(self) -> None:
        if self._place is not None:
            self._front.crowd.leave(self._place)
            self._place = None

    def _turn_away(self) -> None:
        """Say why, and close without waiting: who is one of too many must not hold a place for it."""
        fields, body = render_refusal(too_many_of_an_address(), "en", self._front.ids.new())
        fields["content-length"] = str(len(body))
        self._transport.write(render_head(429, fields, self._front.date(), keep_alive=False) + body)
        self._state = _LINGER
        self._transport.close()

    # --- pausing ------------------------------------------------------------------------------------------------

    def _pause(self, why: int) -> None:
        if not self._pauses and self._state != _GONE:
            self._transport.pause_reading()
        self._pauses |= why

    def _resume(self, why: int) -> None:
        paused, self._pauses = self._pauses, self._pauses & ~why
        if paused and not self._pauses and self._state != _GONE and not self._transport.is_closing():
            self._transport.resume_reading()
