"""TLS on the one port: what is spoken and what is not, certificates exchanged while people talk, and who dawdles."""

import asyncio
import gc
import logging
import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import uvloop

from app.certificates.keeper import Keeper
from app.certificates.page import fingerprint
from app.certificates.places import Places, places
from app.gateway.connection import Connection
from app.gateway.plain import Plain, PlainConnection
from app.gateway.tls import Doorstep, Layer
from app.gateway.websocket import WebSocket
from app.model.clock import SystemClock
from app.model.errors import Invalid
from app.model.ids import Ids
from app.settings import Limits, Settings, Tls
from tests.gateway.client import Browser, Socket, until
from tests.gateway.conftest import Desk, opened
from tests.gateway.http2_client import Http2Client

LOOP = uvloop.new_event_loop
OWN = Tls(mode="own", names=("desk.lan",))
REFUSED = (ssl.SSLError, ConnectionResetError)  # uvloop cuts the line without the alert
PROOF = {"cookie": "monodesk_session=agent"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A root and a certificate, made once."""
    folder = tmp_path_factory.mktemp("made")
    return make(folder)


def make(folder: Path) -> Places:
    settings = Settings(data=folder, tls=OWN)
    Keeper(settings, SystemClock(), Random(1), list).prepare()
    return places(settings)


@pytest.fixture
def kept(tmp_path: Path, made: Places) -> Places:
    """The keys of this test's own door."""
    shutil.copytree(made.folder, tmp_path / "keys")
    return Places(tmp_path / "keys")


@pytest.fixture
async def desk(tmp_path: Path, kept: Places, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """Parametrise indirectly with `Limits` for other bounds."""
    async with opened(tmp_path, Settings(tls=OWN, limits=getattr(request, "param", Limits()))) as desk:
        yield desk


def trusting(kept: Places) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(kept.authority.certificate))


def lax() -> ssl.SSLContext:
    """A client that takes everything, also what is long forbidden."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def speaking(version: ssl.TLSVersion, ciphers: str = "ALL") -> ssl.SSLContext:
    """A client that speaks this version alone."""
    context = lax()
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is what the test is about
        context.minimum_version = context.maximum_version = version
    return context


async def browse(desk: Desk, context: ssl.SSLContext, name: str | None = None) -> Browser:
    """A client over TLS that calls the server `name`."""
    streams = await asyncio.open_connection("127.0.0.1", desk.port, ssl=context, server_hostname=name or "127.0.0.1")
    return desk.adopt(Browser(*streams))


async def raw(desk: Desk) -> Browser:
    """A client that speaks what the test makes it speak."""
    return desk.adopt(Browser(*await asyncio.open_connection("127.0.0.1", desk.port)))


async def cut(client: Browser) -> None:
    """The server ends it; what it has said before does not matter."""
    with suppress(ConnectionResetError):
        await asyncio.wait_for(client.reader.read(), 60)


def shown(writer: asyncio.StreamWriter) -> bytes:
    """The certificate that the server showed to this client."""
    found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    assert found
    return found


# --- what is spoken -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["desk.lan", "localhost", "127.0.0.1"])
async def test_who_trusts_the_root_gets_an_answer(desk: Desk, kept: Places, name: str) -> None:
    browser = await browse(desk, trusting(kept), name)

    for _ in range(3):
        assert (await browser.get("/healthz")).body == b"ok\n"
    assert (await browser.get("/api/hello")).status == 200
    assert (await browser.get("/")).status == 200


@pytest.mark.parametrize(
    ("version", "ciphers", "spoken"),
    [
        (ssl.TLSVersion.TLSv1, "ALL", ""),
        (ssl.TLSVersion.TLSv1_1, "ALL", ""),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384", ""),  # CBC
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA", ""),
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256:AES256-GCM-SHA384", ""),  # no forward secrecy
        (ssl.TLSVersion.TLSv1_2, "DHE-RSA-AES128-GCM-SHA256", ""),
        (ssl.TLSVersion.TLSv1_2, "eNULL:aNULL", ""),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        (ssl.TLSVersion.TLSv1_3, "ALL", "TLS_AES_256_GCM_SHA384"),
    ],
)
async def test_protocols_and_ciphers(desk: Desk, version: ssl.TLSVersion, ciphers: str, spoken: str) -> None:
    context = speaking(version, ciphers)
    if not spoken:
        with pytest.raises(REFUSED):
            await browse(desk, context)
        await until(lambda: desk.front.failed_handshakes == 1)
        return
    browser = await browse(desk, context)
    assert browser.writer.get_extra_info("cipher")[0] == spoken
    assert (await browser.get("/healthz")).status == 200


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"), (["h2"], "h2"), ([], None)]
)
async def test_the_server_chooses_what_is_spoken_inside(desk: Desk, offered: list[str], chosen: str | None) -> None:
    context = lax()
    if offered:
        context.set_alpn_protocols(offered)
    browser = await browse(desk, context)

    assert browser.writer.get_extra_info("ssl_object").selected_alpn_protocol() == chosen


@pytest.mark.parametrize("name", ["bank.example", "xn--fiqs8s.example", "127.0.0.1"])
async def test_who_calls_us_by_another_name_gets_an_answer(desk: Desk, name: str) -> None:
    browser = await browse(desk, lax(), name)

    assert (await browser.get("/healthz")).status == 200


def s_client(port: int, spoken: str, *options: str) -> str:
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options],
        input=spoken, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


async def test_nothing_is_compressed_or_negotiated_again(desk: Desk) -> None:
    told = await asyncio.to_thread(s_client, desk.port, "R\n", "-tls1_2")

    assert "Compression: NONE" in told
    assert "RENEGOTIATING" in told
    assert "no renegotiation" in told


async def test_a_session_is_taken_up_again(desk: Desk) -> None:
    def twice() -> list[bool]:
        context, session, reused = lax(), None, list[bool]()
        for _ in range(2):
            with (
                socket.create_connection(("127.0.0.1", desk.port), 10) as plain,
                context.wrap_socket(plain, session=session) as client,
            ):
                client.sendall(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
                while client.recv(1_000):
                    pass
                session, reused = client.session, [*reused, bool(client.session_reused)]
        return reused

    assert await asyncio.to_thread(twice) == [False, True]


# --- what goes through ----------------------------------------------------------------------------------------------


async def test_sockets_files_uploads_and_streams_go_through(desk: Desk, kept: Places, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4_000
    (tmp_path / "stored").write_bytes(content)
    file = desk.core.grant(tmp_path / "stored", "a.bin", "application/octet-stream")
    browser = await browse(desk, trusting(kept))

    assert (await browser.get(f"/api/v1/files/{file}", **PROOF)).body == content
    part = await browser.get(f"/api/v1/files/{file}", **PROOF, range="bytes=100-299")
    assert (part.status, part.body) == (206, content[100:300])
    assert (await browser.get("/api/count", "POST", content[:200_000])).body == b"200000"
    assert len((await browser.get("/api/pieces?n=50")).body) == 500_000


async def test_a_socket_over_tls(desk: Desk, kept: Places) -> None:
    one = Socket(*await asyncio.open_connection("127.0.0.1", desk.port, ssl=trusting(kept)))
    one.host = f"127.0.0.1:{desk.port}"
    await one.upgrade({"Origin": f"https://127.0.0.1:{desk.port}"})
    welcome = await one.greet("v" * 26)

    assert welcome["t"] == "welcome"
    one.ping()
    assert await one.pong() == b"are you there"
    await one.close()
    await until(lambda: desk.front.connections == 0)


async def test_http2_over_tls(desk: Desk, kept: Places) -> None:
    context = trusting(kept)
    context.set_alpn_protocols(["h2"])
    client = await Http2Client.open(desk.port, tls=context)
    answers = await asyncio.gather(
        client.get("/api/hello"), client.get("/api/count", "POST", bytes(100_000)), client.get("/api/pieces?n=30")
    )

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert answers[1].body == b"100000" and len(answers[2].body) == 300_000
    await client.close()
    await until(lambda: desk.front.connections == 0)


class Slow:
    """A client whose bytes go out when the test says so."""

    def __init__(self, client: Browser) -> None:
        self.reader = client.reader
        self.writer = client.writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = lax().wrap_bio(self._incoming, self._outgoing, server_hostname="desk.lan")

    def pending(self) -> bytes:
        """What it would send now."""
        return self._outgoing.read()

    async def handshake(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Up to its last flight, which stays pending."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                await send(self.pending())
                self._incoming.write(await asyncio.wait_for(self.reader.read(65_536), 60))
            else:
                return

    async def receive(self) -> bytes:
        """The next decrypted bytes."""
        while True:
            try:
                return self.tls.read(65_536)
            except ssl.SSLWantReadError:
                self._incoming.write(await asyncio.wait_for(self.reader.read(65_536), 60))


async def test_a_hello_that_comes_byte_by_byte_is_understood(desk: Desk) -> None:
    slow = Slow(await raw(desk))

    async def trickle(data: bytes) -> None:
        for at in range(0, len(data), 7):
            slow.writer.write(data[at : at + 7])
            await asyncio.sleep(0)

    slow.writer.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await slow.handshake(trickle)
    slow.tls.write(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
    slow.writer.write(slow.pending())

    assert (await slow.receive()).startswith(b"HTTP/1.1 200 OK")


async def test_a_request_beside_the_last_words_of_the_handshake_is_heard(desk: Desk) -> None:
    slow = Slow(await raw(desk))

    async def send(data: bytes) -> None:
        slow.writer.write(data)

    await slow.handshake(send)
    last = slow.pending()
    slow.tls.write(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n")
    slow.writer.write(last + slow.pending())

    assert (await slow.receive()).startswith(b"HTTP/1.1 200 OK")


# --- plain HTTP at the same port ------------------------------------------------------------------------------------


async def test_who_speaks_plain_http_is_sent_to_https_at_the_port_he_knows(desk: Desk) -> None:
    for host, told in (
        ("desk.lan:9", "desk.lan:9"),  # something in between hands our port on
        ("[::1]:9", "[::1]:9"),
        ("127.0.0.1:443", "127.0.0.1"),
        ("Desk.lan", f"desk.lan:{desk.port}"),
    ):
        browser = await raw(desk)
        answer = await browser.get("/c/1?q=%E5%8F%91", host=host)

        assert (answer.status, answer.body) == (308, b"")
        assert answer.headers["location"] == f"https://{told}/c/1?q=%E5%8F%91"
        assert answer.headers["connection"] == "close"
        assert await browser.gone() == b""
        browser.close()
    await until(lambda: desk.front.connections == 0)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("shop.example", "shop.example:8443"),  # the public address
        ("shop.example:80", "shop.example:8443"),
        ("office-pc", "office-pc:9443"),
        ("[fd00::2]:80", "[fd00::2]:9443"),
    ],
)
async def test_the_plain_listener_knows_where_https_is(tmp_path: Path, host: str, told: str) -> None:
    settings = Settings(data=tmp_path, public_url="https://shop.example:8443/support")
    plain = Plain(settings, SystemClock(), Ids(SystemClock()), 9443)
    browser = await Browser.open(await plain.start("127.0.0.1:0"))
    answer = await browser.get("/support/chat/1", host=host)
    browser.close()
    await plain.stop()

    assert answer.headers["location"] == f"https://{told}/support/chat/1"


@pytest.mark.parametrize(("trusted", "others"), [((), 429), (("127.0.0.1",), 308)])
async def test_one_address_leaves_room_on_the_plain_listener(
    tmp_path: Path, trusted: tuple[str, ...], others: int
) -> None:
    limits = Limits(plain_connections_max=6, plain_connections_per_address_max=3)
    settings = Settings(data=tmp_path, limits=limits, trusted_proxies=trusted)
    plain = Plain(settings, SystemClock(), Ids(SystemClock()), 9443)
    port = await plain.start("127.0.0.1:0")
    half = [await Browser.open(port) for _ in range(3)]
    try:
        await until(lambda: plain.connections == 3)
        fourth = await Browser.open(port)
        half.append(fourth)
        told = await (fourth.get("/") if trusted else fourth.response())  # who is refused is not waited for
        assert told.status == others
        beside = await Browser.open_from("127.0.0.2", port)
        half.append(beside)
        assert (await beside.get("/")).status == 308, "another address is not concerned"
        for one in half:
            one.writer.transport.abort()
        await until(lambda: plain.connections == 0)
        again = await Browser.open(port)
        half.append(again)
        assert (await again.get("/")).status == 308
    finally:
        for one in half:
            one.writer.transport.abort()
        await plain.stop()


async def test_a_head_that_dawdles_on_the_plain_listener_is_cut_and_others_have_room(tmp_path: Path) -> None:
    limits = Limits(head_seconds_max=1.0, plain_connections_max=2)
    plain = Plain(Settings(data=tmp_path, limits=limits), SystemClock(), Ids(SystemClock()), 9443)
    port = await plain.start("127.0.0.1:0")
    clients = [await Browser.open(port) for _ in range(2)]
    try:
        clients[0].writer.write(b"GET / HT")
        await until(lambda: plain.connections == 2)
        clients.append(await Browser.open(port))
        await cut(clients[2])
        assert plain.connections == 2, "at once, while the others still have time"

        for one in clients:
            await cut(one)
        await until(lambda: plain.connections == 0)
        clients.append(await Browser.open(port))
        assert (await clients[3].get("/")).status == 308
    finally:
        for one in clients:
            one.writer.transport.abort()
        await plain.stop()


@pytest.mark.parametrize(
    "spoken", [b"\x80\x2e\x01\x00\x02", b"GET / HTTP/1.1\r\nhost: a b\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"\0" * 40_000]
)
async def test_what_is_neither_is_refused_or_cut(desk: Desk, spoken: bytes) -> None:
    client = await raw(desk)
    client.writer.write(spoken)
    client.writer.write_eof()
    answer = await asyncio.wait_for(client.reader.read(), 60)

    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"431")
    await until(lambda: desk.front.connections == 0)


async def test_the_page_of_our_root_is_there_before_and_after_it_is_trusted(desk: Desk, kept: Places) -> None:
    digest = fingerprint(kept.authority.certificate).replace(":", ":<wbr>")
    ways: tuple[Callable[[], Awaitable[Browser]], ...] = (
        lambda: browse(desk, trusting(kept)),
        lambda: raw(desk),
    )
    for open_one in ways:
        pages = []
        for path, fields in (
            ("/certificate", {"accept-language": "zh-CN,zh;q=0.9"}),
            ("/certificate?language=en", {"accept-language": "zh-CN"}),
            ("/certificate/style.css", {}),
            ("/certificate/monodesk-root.crt", {}),
        ):
            pages.append(await (await open_one()).get(path, **fields))
        chinese, english, style, root = pages
        assert "信任本服务器" in chinese.body.decode() and digest in chinese.body.decode()
        assert "Trust this server" in english.body.decode() and digest in english.body.decode()
        assert "<script" not in english.body.decode() and "style=" not in english.body.decode()
        assert "script" not in english.headers["content-security-policy"]
        assert style.headers["content-type"].startswith("text/css")
        assert root.body == kept.authority.certificate.read_bytes()
        assert root.headers["content-type"] == "application/x-x509-ca-cert"
        assert {page.headers["x-content-type-options"] for page in pages} == {"nosniff"}


async def test_nothing_else_of_keys_is_there(desk: Desk, kept: Places) -> None:
    browser = await browse(desk, trusting(kept))
    for path in ("/certificate/authority.key", "/certificate/own.pem", "/certificate/", "/certificates"):
        assert (await browser.get(path)).status == 404


# --- certificates exchanged -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("desk", [Limits(certificate_look_seconds=1.0)], indirect=True)
async def test_a_new_certificate_is_for_new_connections_and_nobody_is_cut(
    desk: Desk, kept: Places, tmp_path: Path
) -> None:
    early = [await browse(desk, lax()) for _ in range(100)]
    before = shown(early[0].writer)

    async def talk(browser: Browser) -> None:
        for _ in range(20):
            assert (await browser.get("/api/hello")).status == 200

    talks = [asyncio.create_task(talk(browser)) for browser in early]
    other = make(tmp_path / "other")
    shutil.copy(other.own.certificate, kept.own.certificate)
    desk.pass_time(2)
    late = await browse(desk, lax())
    await asyncio.gather(*talks)

    assert shown(late.writer) != before
    assert (await late.get("/healthz")).status == 200
    for browser in early:
        assert (await browser.get("/healthz")).status == 200
        assert shown(browser.writer) == before


async def test_a_broken_pair_is_told_and_the_old_one_stays(
    desk: Desk, kept: Places, caplog: pytest.LogCaptureFixture
) -> None:
    whole = kept.own.certificate.read_bytes()
    for broken in (b"", whole[: len(whole) // 2], make(kept.folder / "x").own.key.read_bytes()[-250:], None):
        if broken is None:
            kept.own.certificate.unlink()
        else:
            kept.own.certificate.write_bytes(broken)
        caplog.clear()
        desk.pass_time(30)
        browser = await browse(desk, trusting(kept))
        assert (await browser.get("/healthz")).status == 200
        told = [record for record in caplog.records if record.message == "the new certificate is not used"]
        assert len(told) == 1, "once, not at every look"

    kept.own.certificate.write_bytes(whole)
    caplog.set_level(logging.INFO, "monodesk")
    desk.pass_time(10)
    assert "the certificate was exchanged" in caplog.messages


async def test_a_broken_pair_stops_the_start(tmp_path: Path, kept: Places) -> None:
    kept.own.certificate.write_text("spoiled")

    with pytest.raises(Invalid) as refused:
        async with opened(tmp_path, Settings(tls=OWN)):
            pass
    assert refused.value.code == "certificate_unusable"
    assert "own.pem" in refused.value.en and "无法用于 https" in refused.value.zh


async def test_what_a_connection_took_is_given_back_without_the_collector(desk: Desk, kept: Places) -> None:
    """The collector seldom looks at what is old: until then a circle would hold OpenSSL's buffers."""

    async def come_and_go() -> None:
        browser = await browse(desk, lax())
        assert (await browser.get("/api/hello")).status == 200
        one = Socket(*await asyncio.open_connection("127.0.0.1", desk.port, ssl=lax()))
        one.host = "desk.lan"
        await one.upgrade({})
        await one.greet("v" * 26)
        client = await Http2Client.open(desk.port, tls=lax())
        assert (await client.get("/api/hello")).status == 200
        cut_off = await browse(desk, lax())
        cut_off.writer.write(b"POST /api/count HTTP/1.1\r\nhost: a\r\ncontent-length: 200000\r\n\r\n" + bytes(100_000))
        half, plain = await raw(desk), await raw(desk)
        half.writer.write(hello())
        assert (await plain.get("/")).status == 308
        one.drop()
        await client.close()
        desk.drop_clients()
        await until(lambda: desk.front.connections == 0)

    gc.collect()
    before = alive()  # of tests before this one; held here, so that none of them goes meanwhile
    known = {id(one) for one in before}
    gc.disable()
    try:
        for _ in range(3):
            await come_and_go()
        await until(lambda: known.issuperset(map(id, alive())))
    except TimeoutError:
        left = [type(one).__name__ for one in alive() if id(one) not in known]
        raise AssertionError(left) from None
    finally:
        gc.enable()
    assert len(before) == len(known)


def alive() -> list[object]:
    """The server's objects that hold a connection's buffers."""
    kinds = (Layer, Doorstep, PlainConnection, Connection, WebSocket)
    return [one for one in gc.get_objects() if type(one) in kinds]


# --- who dawdles ----------------------------------------------------------------------------------------------------


def hello() -> bytes:
    outgoing = ssl.MemoryBIO()
    client = lax().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="desk.lan")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("spoken", [b"", hello()[:1], hello()[:60], hello()])
async def test_a_handshake_that_dawdles_is_cut(desk: Desk, spoken: bytes) -> None:
    client = await raw(desk)
    client.writer.write(spoken)
    await until(lambda: desk.front.connections == 1)
    if len(spoken) > 100:
        await asyncio.wait_for(client.reader.readexactly(100), 60)

    desk.pass_time(9)
    assert desk.front.connections == 1
    desk.pass_time(2)
    await until(lambda: desk.front.connections == 0)
    await cut(client)
    assert desk.front.failed_handshakes == 1


async def test_two_hundred_half_open_handshakes_stop_nobody(desk: Desk, kept: Places) -> None:
    first = hello()
    half = [await raw(desk) for _ in range(200)]
    for number, one in enumerate(half):
        one.writer.write((b"", first[:5], first[:100], first)[number % 4])
    await until(lambda: desk.front.connections == 200)

    for _ in range(10):
        browser = await browse(desk, trusting(kept))
        assert (await browser.get("/healthz")).status == 200
    desk.pass_time(11)
    await until(lambda: desk.front.connections == 10)
    assert desk.front.failed_handshakes == 200


@pytest.mark.parametrize("desk", [Limits(connections_max=5)], indirect=True)
async def test_handshakes_count_as_connections(desk: Desk, kept: Places) -> None:
    half = [await raw(desk) for _ in range(5)]
    await until(lambda: desk.front.connections == 5)
    with pytest.raises(REFUSED):
        await browse(desk, trusting(kept))

    half[0].writer.transport.abort()
    await until(lambda: desk.front.connections == 4)
    browser = await browse(desk, trusting(kept))
    assert (await browser.get("/healthz")).status == 200


@pytest.mark.parametrize("desk", [Limits(connections_per_address_max=5)], indirect=True)
@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01", b"GET / HT"], ids=["nothing", "tls", "plain"])
async def test_who_is_not_through_counts_as_a_connection_of_his_address(desk: Desk, kept: Places, said: bytes) -> None:
    browser = await browse(desk, trusting(kept))
    half = [await raw(desk) for _ in range(4)]
    for one in half:
        one.writer.write(said)
    await until(lambda: desk.front.connections == 5)
    assert desk.front.tls is not None
    await until(lambda: not said.startswith(b"GET") or desk.front.tls.plain.connections == 4)
    with pytest.raises(REFUSED):
        await browse(desk, trusting(kept))

    for one in half:
        one.writer.transport.abort()
    await until(lambda: desk.front.connections == 1)
    assert (await browser.get("/healthz")).status == 200
    for _ in range(4):
        assert (await (await browse(desk, trusting(kept))).get("/healthz")).status == 200
    desk.drop_clients()
    await until(lambda: desk.front.connections == 0)
    assert desk.front.crowd._open == {}


async def test_a_failed_handshake_is_told_at_debug_alone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "monodesk.gateway")
    with pytest.raises(REFUSED):
        await browse(desk, speaking(ssl.TLSVersion.TLSv1_1))
    await until(lambda: desk.front.failed_handshakes == 1)

    told = [record for record in caplog.records if record.message == "a TLS handshake failed"]
    assert [(record.levelname, record.__dict__["reason"]) for record in told] == [("DEBUG", "UNSUPPORTED_PROTOCOL")]


async def test_the_door_closes_while_handshakes_hang(tmp_path: Path, kept: Places) -> None:
    async with opened(tmp_path, Settings(tls=OWN)) as desk:
        client = Browser(*await asyncio.open_connection("127.0.0.1", desk.port))
        client.writer.write(hello()[:50])
        await until(lambda: desk.front.connections == 1)
    try:
        await cut(client)
    finally:
        client.writer.transport.abort()
