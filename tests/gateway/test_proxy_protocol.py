"""The PROXY protocol on the listener: a trusted proxy says first for whom it comes; from others it is no HTTP."""

import asyncio
import logging
import struct

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from app.gateway.proxy_protocol import parse_header
from app.gateway.upstream import Addresses, encode_addresses
from app.settings import Limits, Settings
from tests.gateway.client import Browser, until
from tests.gateway.conftest import Desk

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
TOLD = Addresses(("203.0.113.7", 40_000), ("192.0.2.1", 443))
LINE = b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n"
GET = b"GET /api/hello HTTP/1.1\r\nhost: d\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: d\r\n\r\n"
BEHIND = Settings(trusted_proxies=("127.0.0.1",), proxy_protocol=True)
LOOPS = (asyncio.new_event_loop, uvloop.new_event_loop)


def second(command: int, kind: int, body: bytes = b"") -> bytes:
    return SIGNATURE + bytes((command, kind)) + struct.pack("!H", len(body)) + body


LOCAL = second(0x20, 0x00)
SIX = encode_addresses(Addresses(("2001:db8::7", 40_000), ("2001:db8::1", 443)))


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (LINE, "203.0.113.7"),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 443\r\n", "2001:db8::7"),
        # Written as the kernel and version 2 write it, or one client would be two.
        (b"PROXY TCP6 ::842:db2 2001:db8::1 40000 443\r\n", "::8.66.13.178"),
        (b"PROXY TCP6 ::ffff:c000:207 2001:db8::1 40000 443\r\n", "::ffff:192.0.2.7"),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None),
        (encode_addresses(TOLD), "203.0.113.7"),
        (SIX, "2001:db8::7"),
        (LOCAL, None),
        (second(0x20, 0x11, bytes(12)), None),
        (second(0x21, 0x00, b"whatever it is"), None),
        (second(0x21, 0x31, bytes(216)), None),
    ],
)
def test_a_header_is_read_in_whatever_pieces_it_comes(header: bytes, address: str | None) -> None:
    for length in range(len(header)):
        assert parse_header(header[:length], 4_096) is None
    found = parse_header(header + GET, 4_096)
    assert found is not None
    told, size = found
    assert (told.client[0] if told else None, size) == (address, len(header))


def test_the_second_version_says_whether_the_client_spoke_tls_and_never_which_listener_it_came_to() -> None:
    for secure in (True, False):
        found = parse_header(encode_addresses(Addresses(TOLD.client, TOLD.server, secure)), 4_096)
        assert found is not None and found[0] is not None
        assert found[0].secure is secure


MALFORMED = (
    GET,
    b"PROXY TCP4 203.0.113.7 192.0.2.1 40000\r\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 70000\r\n",
    b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
    b"PROXY TCP4 203.0.113.777 192.0.2.1 1 2\r\n",
    b"PROXY TCP5 203.0.113.7 192.0.2.1 1 2\r\n",
    b"PROXY  TCP4 203.0.113.7 192.0.2.1 1 2\r\n",
    b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2\n",
    b"PROXY UNKNOWN" + b" " * 120,
    b"\x16\x03\x01\x02\x00",
    second(0x11, 0x11, bytes(12)),
    second(0x22, 0x11, bytes(12)),
    second(0x21, 0x12, bytes(12)),
    second(0x21, 0x11, bytes(11)),
    second(0x21, 0x11, bytes(12) + b"\x20\x00"),
    second(0x21, 0x00, bytes(5_000)),
)


@pytest.mark.parametrize("data", MALFORMED)
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_header(data, 4_096)


@given(st.binary(max_size=60), st.sampled_from((b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11")))
def test_whatever_comes_is_a_header_or_missing_bytes_or_refused(data: bytes, begin: bytes) -> None:
    try:
        found = parse_header(begin + data, 4_096)
    except ValueError:
        return
    assert found is None or found[1] <= len(begin + data)


async def opened(desk: Desk, data: bytes, address: str = "127.0.0.1") -> Browser:
    browser = await desk.browser(address)
    browser.writer.write(data)
    return browser


async def cut(browser: Browser) -> None:
    """It is closed without a word."""
    try:
        assert await browser.gone() == b""
    except ConnectionError:
        pass


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_the_client_is_whom_the_header_names(desk: Desk) -> None:
    for header, client in ((LINE, ["203.0.113.7", 40_000]), (encode_addresses(TOLD), ["203.0.113.7", 40_000])):
        browser = await opened(desk, header + GET + GET)
        assert (await browser.response()).json()["client"] == client
        assert (await browser.response()).json()["client"] == client
    slow = await opened(desk, b"")
    for at in range(len(LINE + GET)):
        slow.writer.write((LINE + GET)[at : at + 1])
        await asyncio.sleep(0)
    assert (await slow.response()).json()["client"][0] == "203.0.113.7"
    local = await opened(desk, LOCAL + GET)
    assert (await local.response()).json()["client"][0] == "127.0.0.1"


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_his_own_word_about_himself_counts_for_nothing(desk: Desk) -> None:
    """Behind a proxy of connections the client is the peer, and no trusted one."""
    visitor = await desk.raw_socket()
    visitor.writer.write(LINE)
    await visitor.upgrade({"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"})
    await visitor.greet("v" * 26)
    assert (desk.core.peers[-1].address, desk.core.peers[-1].secure) == ("203.0.113.7", False)
    over_tls = await desk.raw_socket()
    over_tls.writer.write(encode_addresses(Addresses(TOLD.client, TOLD.server, secure=True)))
    await over_tls.upgrade({})
    await over_tls.greet("v" * 26)
    assert desk.core.peers[-1].secure


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_who_is_not_trusted_is_served_as_himself_and_his_header_is_no_http(desk: Desk) -> None:
    plain = await opened(desk, HEALTH, "127.0.0.2")
    assert (await plain.response()).body == b"ok\n"
    for header in (LINE, encode_addresses(TOLD)):
        forged = await opened(desk, header + GET, "127.0.0.2")
        assert (await forged.response()).status == 400


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_a_trusted_proxy_that_says_nothing_or_nonsense_is_closed_and_told_of(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    for data in (GET, LINE.replace(b"TCP4", b"TCP9"), second(0x21, 0x12, bytes(12))):
        browser = await opened(desk, data)
        await cut(browser)
    dawdler = await opened(desk, LINE[:20])
    await until(lambda: desk.front.connections == 1)
    desk.pass_time(11)
    await cut(dawdler)
    await until(lambda: desk.front.connections == 0)
    told = {record.__dict__["reason"] for record in caplog.records if record.levelno == logging.WARNING}
    assert len(told) == 4


@pytest.mark.parametrize(
    "desk",
    [Settings(trusted_proxies=("127.0.0.1",), proxy_protocol=True, limits=Limits(connections_max=2))],
    indirect=True,
)
async def test_who_did_not_yet_say_for_whom_takes_a_place(desk: Desk) -> None:
    waiting = [await opened(desk, b"") for _ in range(2)]
    await until(lambda: desk.front.connections == 2)
    third = await opened(desk, LINE + HEALTH)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await third.response()
    waiting[0].close()
    await until(lambda: desk.front.connections == 1)
    fourth = await opened(desk, LINE + HEALTH)
    assert (await fourth.response()).body == b"ok\n"
