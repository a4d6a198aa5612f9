"""An answer that comes before its request was read leaves nothing behind in Hypercorn."""

import asyncio
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from app.gateway.http1 import CHUNKED, Head
from app.gateway.http_server import HttpServer
from app.gateway.passage import Passage
from app.gateway.relay import Relay
from app.settings import Limits
from tests.gateway.client import until
from tests.gateway.test_hypercorn import ADDRESSES, Client

_PIECE = b"x" * 60_000
_POST = b"POST / HTTP/1.1\r\nhost: d\r\ncontent-length: 4\r\n\r\nwhat"
_GET = b"GET / HTTP/1.1\r\nhost: d\r\n\r\n"
_ENDS = {"length": b"content-length: 99999999\r\n", "chunks": b"transfer-encoding: chunked\r\n"}


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Looks at one piece of the body, waits until the queue is full, and refuses the rest."""
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    if scope["method"] == "POST":
        await receive()
        await asyncio.sleep(0.1)
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})


@pytest.mark.parametrize("end", _ENDS.values(), ids=_ENDS)
async def test_a_refused_upload_leaves_no_task_behind(end: bytes) -> None:
    server = HttpServer(refuse, Limits())
    await server.start()
    for _ in range(3):
        client = Client()
        stream = server.open(ADDRESSES, client)
        stream.send(b"POST / HTTP/1.1\r\nhost: d\r\n%s\r\n" % end)
        for _ in range(30):
            await asyncio.sleep(0)
            stream.send(_PIECE if end.startswith(b"content") else b"%x\r\n%s\r\n" % (len(_PIECE), _PIECE))
        await until(lambda client=client: client.got.endswith(b"no"))
        stream.drop()
    await until(lambda: not server._tasks)
    await server.stop()


async def test_a_request_that_was_read_keeps_its_connection() -> None:
    server, client = HttpServer(refuse, Limits()), Client()
    await server.start()
    stream = server.open(ADDRESSES, client)
    for request in (_POST, _GET, _POST, _GET):
        client.got = b""
        stream.send(request)
        await until(lambda: client.got.endswith(b"no"))
    assert not stream.closing
    await server.stop()


async def test_a_refusal_comes_through_from_another_process_while_the_upload_goes_on(tmp_path: Path) -> None:
    server, relay = HttpServer(refuse, Limits()), Relay(tmp_path / "http")
    await server.start()
    await server.listen(tmp_path / "http")
    client = Client()
    stream = relay.open(ADDRESSES, client)
    stream.send(b"POST / HTTP/1.1\r\nhost: d\r\n%s\r\n" % _ENDS["length"])
    await until(lambda: server._tasks)
    stream.pause_response()  # the client of the door is slow to read
    for _ in range(30):
        stream.send(_PIECE)
    await until(lambda: not server._tasks)
    for _ in range(30):  # and sends what it has to send
        stream.send(_PIECE)
        await asyncio.sleep(0.001)
    stream.resume_response()
    await until(lambda: client.over)
    assert client.got.startswith(b"HTTP/1.1 413")
    assert client.got.endswith(b"no")
    await server.stop()


async def refuse_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    """Looks at nothing."""
    if scope["type"] == "lifespan":
        await refuse(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"no"})


class Caller:
    """The connection of a client that sends one request right behind the other."""

    def __init__(self, relay: Relay, length: int) -> None:
        self.passage = Passage(relay, ADDRESSES, self)
        self.answers = 0
        self.cut = False
        self._length = length

    def ask(self) -> None:
        """By turns with a body and without."""
        if self.answers % 2:
            self.passage.carry(Head("GET", "/", 1, (("host", "d"),), 0))
            return
        chunked = self._length == CHUNKED
        end = ("transfer-encoding", "chunked") if chunked else ("content-length", str(self._length))
        self.passage.carry(Head("POST", "/", 1, (("host", "d"), end), self._length))
        self.passage.take(b"61a80\r\n%s\r\n0\r\n\r\n" % (b"x" * 400_000) if chunked else b"x" * self._length)

    def passed(self, data: bytes) -> None:
        """The answer is counted when it is whole."""

    def exchanged(self, *, may_go_on: bool) -> None:
        self.answers += 1
        if may_go_on and self.answers < 20:
            asyncio.get_running_loop().call_soon(self.ask)

    def cut_off(self, *, whole: bool, begun: bool) -> None:
        self.cut = True

    def hold(self) -> None:
        """It has sent all."""

    def go_on(self) -> None:
        """It has sent all."""


@pytest.mark.parametrize("length", [4, 400_000, CHUNKED], ids=["small", "large", "chunks"])
async def test_a_request_behind_a_refused_upload_is_answered(tmp_path: Path, length: int) -> None:
    """From another process, and before the end of the first one's stream is known."""
    server, relay = HttpServer(refuse_at_once, Limits()), Relay(tmp_path / "http")
    await server.start()
    await server.listen(tmp_path / "http")
    caller = Caller(relay, length)
    caller.ask()
    await until(lambda: caller.cut or caller.answers == 20)
    assert not caller.cut
    caller.passage.leave()
    await until(lambda: not server._tasks)
    await server.stop()
