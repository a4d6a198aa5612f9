"""The one port: who answers what, and that a connection may change between them from request to request."""

import asyncio

import pytest

from app.settings import Limits
from tests.gateway.client import Closed, until
from tests.gateway.conftest import Desk


async def test_built_files_and_api_take_turns_on_one_connection(desk: Desk) -> None:
    browser = await desk.browser()
    for _ in range(3):
        assert (await browser.get("/")).body == b"<!doctype html><title>console</title>"
        answer = await browser.get("/api/hello")
        assert answer.status == 200
        assert answer.json()["client"][0] == "127.0.0.1"
        assert (await browser.get("/api/count", "POST", b"x" * 200_000)).body == b"200000"
        assert (await browser.get("/healthz")).body == b"ok\n"
        assert len((await browser.get("/api/pieces?n=30")).body) == 300_000
    assert desk.front.connections == 1


async def test_pages_say_what_they_may_load_and_who_may_frame_them(desk: Desk) -> None:
    browser = await desk.browser()
    console = await browser.get("/c/01hx")
    assert console.body == b"<!doctype html><title>console</title>"
    policy = console.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "ws://desk.lan" in policy
    assert console.headers["cache-control"] == "no-cache"
    widget = await browser.get("/widget.js")
    assert widget.headers["access-control-allow-origin"] == "*"


async def test_a_known_file_is_not_sent_again_and_a_packed_twin_goes_to_who_takes_it(desk: Desk) -> None:
    browser = await desk.browser()
    address = "/assets/console-ABC123.js"
    plain = await browser.get(address)
    assert plain.body == b"console.log(1)"
    assert "immutable" in plain.headers["cache-control"]
    assert (await browser.get(address, accept_encoding="gzip, deflate, br")).body == b"brotli"
    assert (await browser.get(address, accept_encoding="gzip;q=1, br;q=0")).body == b"gzip"
    again = await browser.get(address, if_none_match=plain.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    head = await browser.get(address, "HEAD")
    assert head.headers["content-length"] == "14"
    assert (await browser.get("/assets/none.js")).status == 404


async def test_several_requests_in_one_packet_are_answered_in_order(desk: Desk) -> None:
    browser = await desk.browser()
    one = b"GET %s HTTP/1.1\r\nhost: d\r\n\r\n"
    browser.writer.write(one % b"/healthz" + one % b"/api/pieces?n=2" + one % b"/widget.js" + one % b"/api/hello")
    assert (await browser.response()).body == b"ok\n"
    assert len((await browser.response()).body) == 20_000
    assert (await browser.response()).body == b"widget()"
    assert (await browser.response()).json()["client"][0] == "127.0.0.1"


@pytest.mark.parametrize("desk", [Limits(keep_alive_seconds=0.05)], indirect=True)
async def test_the_http_server_may_go_to_sleep_while_others_answer(desk: Desk) -> None:
    """Its idle stream ends in the middle of a page, or of a long download, that does not come from it."""
    browser = await desk.browser()
    assert (await browser.get("/api/hello")).status == 200
    desk.core.gate.clear()
    page = asyncio.create_task(browser.get("/chat/" + "i" * 26))
    (connection,) = desk.front._connections
    await until(lambda: connection._passage._stream is None)
    desk.core.gate.set()
    assert (await page).status == 200
    assert (await browser.get("/api/hello")).status == 200


async def test_an_answer_before_the_body_has_come_reaches_the_client(desk: Desk) -> None:
    browser = await desk.browser()
    browser.writer.write(b"POST /api/unread HTTP/1.1\r\nhost: d\r\ncontent-length: 50000000\r\n\r\n" + b"x" * 300_000)
    answer = await browser.response()
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert await browser.gone() == b""


async def test_a_chunked_body_ends_where_it_ends(desk: Desk) -> None:
    browser = await desk.browser()
    head = b"POST /api/count HTTP/1.1\r\nhost: d\r\ntransfer-encoding: chunked\r\n\r\n"
    for piece in (
        head,
        b"5\r\nhel",
        b"lo\r",
        b"\n3;a=b\r\nyou\r\n0\r",
        b"\n\r\nGET /healthz HTTP/1.1\r\nhost: d\r\n\r\n",
    ):
        browser.writer.write(piece)
        await browser.writer.drain()
        await asyncio.sleep(0)
    assert (await browser.response()).body == b"8"
    assert (await browser.response()).body == b"ok\n"


@pytest.mark.parametrize(
    "trailers",
    [b"\n", b"x: y\n\n", b"x: y\r\n\n", b"x: y\n\r\n", b" folded\r\n\r\n", b"x: y\r\r\n\r\n"],
    ids=["bare", "bare-line", "bare-end", "bare-then-whole", "no-field", "cr"],
)
async def test_trailers_that_hypercorn_would_end_elsewhere_hide_no_request(desk: Desk, trailers: bytes) -> None:
    browser = await desk.browser()
    head = b"POST /api/count HTTP/1.1\r\nhost: d\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
    hidden, seen = (b"GET /api/%s HTTP/1.1\r\nhost: d\r\n\r\n" % name for name in (b"hello", b"pieces?n=1"))
    browser.writer.write(head + trailers + hidden + seen)
    answer = await browser.response()
    assert (answer.status, answer.json()["code"]) == (400, "malformed_request")
    assert await browser.gone() == b""


async def test_trailers_that_are_whole_are_read(desk: Desk) -> None:
    browser = await desk.browser()
    head = b"POST /api/count HTTP/1.1\r\nhost: d\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
    browser.writer.write(head + b"x: y\r\nz:\r\n\r\n" + b"GET /api/pieces?n=1 HTTP/1.1\r\nhost: d\r\n\r\n")
    assert (await browser.response()).body == b"2"
    assert len((await browser.response()).body) == 10_000


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no host
        (b"head /api/hello HTTP/1.1\r\nhost: d\r\n\r\n", 400),  # no method: they are told apart by case
        (b"GET / HTTP/1.1\r\nhost: d\r\nhost: e\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nhost: d\n\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: d\r\n folded: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost : d\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: d\r\nx: a\x00b\r\n\r\n", 400),
        (b"POST /api/count HTTP/1.1\r\nhost: d\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n", 400),
        (b"POST /api/count HTTP/1.1\r\nhost: d\r\ncontent-length: +3\r\n\r\n", 400),
        (b"POST /api/count HTTP/1.1\r\nhost: d\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n", 400),
        (b"POST /api/count HTTP/1.1\r\nhost: d\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: d\r\n" + b"x: y\r\n" * 400 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost: d\r\nx: " + b"y" * 33_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"y" * 40_000, 431),
    ],
)
async def test_a_head_that_could_be_read_in_two_ways_or_is_too_large_is_refused(
    desk: Desk, head: bytes, status: int
) -> None:
    browser = await desk.browser()
    browser.writer.write(head)
    answer = await browser.response()
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await browser.gone() == b""


async def test_http_2_is_not_offered_by_upgrade(desk: Desk) -> None:
    browser = await desk.browser()
    answer = await browser.get(
        "/api/hello", connection="Upgrade, HTTP2-Settings", upgrade="h2c", http2_settings="AAMAAABkAAQAAP__"
    )
    assert answer.status == 200
    assert not {"upgrade", "http2-settings", "connection"} & set(answer.json()["headers"])


async def test_a_head_that_dawdles_and_an_idle_connection_are_closed(desk: Desk) -> None:
    slow, silent, idle = [await desk.browser() for _ in range(3)]
    await idle.get("/healthz")
    slow.writer.write(b"GET / HTTP/1.1\r\nhost")
    await until(lambda: any(connection._buffer for connection in desk.front._connections))
    desk.pass_time(11)
    assert (await slow.response()).status == 408
    assert await silent.gone() == b""
    assert desk.front.connections == 2
    desk.pass_time(20)
    assert await idle.gone() == b""
    await until(lambda: desk.front.connections == 0)


async def test_a_socket_is_opened_for_our_own_pages_and_for_none_of_another_site(desk: Desk) -> None:
    own = {"Origin": f"http://127.0.0.1:{desk.port}"}
    socket = await desk.socket(**own)
    assert (await socket.greet("v" * 26))["id"] == "v" * 26
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{desk.port}@evil.example", "http://127.0.0.1"):
        with pytest.raises(Closed) as refused:
            await desk.socket(Origin=origin)
        assert refused.value.code == 403


async def test_a_cookie_without_an_origin_proves_nobody(desk: Desk) -> None:
    cookie = {"Cookie": "monodesk_session=agent"}
    agent = await desk.socket(**cookie, Origin=f"http://127.0.0.1:{desk.port}")
    await agent.send(t="hello")
    assert (await agent.receive())["kind"] == "agent"
    other = await desk.socket(**cookie)
    await other.send(t="hello")
    assert (await other.closed()).code == 4401


async def test_no_handshake_no_socket(desk: Desk) -> None:
    browser = await desk.browser()
    answer = await browser.get("/ws")
    assert (answer.status, answer.headers["upgrade"]) == (426, "websocket")
    short = await browser.get(
        "/ws", connection="Upgrade", upgrade="websocket", sec_websocket_version="13", sec_websocket_key="short"
    )
    assert short.status == 400
    old = await browser.get("/ws", connection="Upgrade", upgrade="websocket", sec_websocket_version="8")
    assert old.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("desk", [Limits(connections_max=2)], indirect=True)
async def test_a_connection_too_many_is_dropped(desk: Desk) -> None:
    first, second, third = [await desk.browser() for _ in range(3)]
    assert (await first.get("/healthz")).status == 200
    assert (await second.get("/healthz")).status == 200
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await third.get("/healthz")
    first.close()
    await until(lambda: desk.front.connections == 1)
    assert (await (await desk.browser()).get("/healthz")).status == 200


async def test_stopping_lets_an_answer_finish_and_closes_the_rest(desk: Desk) -> None:
    idle, busy = await desk.browser(), await desk.browser()
    socket = await desk.visitor()
    await idle.get("/healthz")
    busy.writer.write(b"POST /api/count HTTP/1.1\r\nhost: d\r\ncontent-length: 4\r\n\r\nab")
    await until(lambda: desk.front.connections == 3)
    await asyncio.sleep(0.05)
    stopping = asyncio.create_task(desk.front.stop())
    closed = await socket.closed()
    assert (closed.code, closed.reason.partition("=")[0]) == (1012, "retry_after_ms")
    assert await idle.gone() == b""
    busy.writer.write(b"cd")
    assert (await busy.response()).body == b"4"
    assert await busy.gone() == b""
    busy.close()
    await stopping
    with pytest.raises(ConnectionError):
        await desk.browser()
    assert desk.core.present == []


async def test_who_sends_a_thousand_requests_ahead_lets_others_between(desk: Desk) -> None:
    many, one = await desk.browser(), await desk.browser()
    many.writer.write(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n" * 1_000)
    assert (await one.get("/healthz")).status == 200
    head, answered = b"HTTP/1.1 200", 0
    buffered = await many.reader.readuntil(b"ok\n")
    answered += (buffered + await many.reader.read(1_000_000)).count(head)
    assert answered < 500  # some turns of the loop have passed by now
    for _ in range(1_000 - answered):
        await many.reader.readuntil(b"ok\n")
