"""Over https: who trusts our root talks, every gateway exchanges its certificate, a public one is fetched."""

import hashlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random

import pytest
from playwright.async_api import BrowserContext, Error, expect

from app.certificates.keeper import Keeper
from app.certificates.places import places
from app.model.clock import SystemClock
from app.settings import Settings, Tls
from tests.certificates.pebble import Pebble
from tests.journeys.appliance import ROOT, Appliance, free_port
from tests.journeys.chromium import launched
from tests.journeys.people import Agent, Visitor
from tests.journeys.test_talk import png
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full

PATIENCE_SECONDS = 90.0
NAME = "desk.lan"


@pytest.fixture
def workers() -> int:
    return 0


@pytest.fixture
def plain_port() -> int:
    return free_port()


@pytest.fixture
def own(tmp_path: Path, workers: int, plain_port: int) -> Iterator[Appliance]:
    """The demo over https, with a root of its own."""
    root = tmp_path / "data" / "keys" / "authority.crt"
    server = Appliance(
        tmp_path / "data",
        options=("--demo", "--workers", str(workers)),
        environment={
            "MONODESK_TLS_MODE": "own",
            "MONODESK_TLS_NAMES": NAME,
            "MONODESK_TLS_HTTP_LISTEN": f"127.0.0.1:{plain_port}",
        },
        secure=lambda: ssl.create_default_context(cafile=str(root)),
    )
    server.start()
    yield server
    server.kill()


class Listening(Watch):
    """Also notes the sockets that pages open."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets: list[str] = []

    def attach(self, context: BrowserContext) -> None:
        super().attach(context)
        context.on("page", lambda page: page.on("websocket", lambda one: self.sockets.append(one.url)))


def trust(home: Path, root: Path) -> None:
    """What a person does by the page's advice, on Linux."""
    certutil = shutil.which("certutil") or pytest.skip("no certutil: apt install libnss3-tools")
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    for command in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "desk", "-i", str(root)]):
        subprocess.run([certutil, "-d", f"sql:{store}", *command], check=True, capture_output=True, timeout=60)


def status(server: Appliance) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "app", "status", "--json", "--data", server.data],
        cwd=ROOT, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout, done.stderr, server.output()[-2_000:])
    told: dict[str, object] = json.loads(done.stdout)
    return told


def printed_status(server: Appliance, locale: str) -> str:
    """What a person reads."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "status", "--data", server.data],
        cwd=ROOT, capture_output=True, check=True, timeout=60, text=True, env={**os.environ, "LC_ALL": locale},
    )  # fmt: skip
    return done.stdout


def until(true: Callable[[], bool]) -> None:
    """Wait; the time only bounds a failure."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- people ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
async def test_who_installs_our_root_talks_without_a_warning(own: Appliance, plain_port: int, tmp_path: Path) -> None:
    listening = Listening()
    home = tmp_path / "home"
    trust(home, await downloaded_root(own, plain_port, tmp_path))
    order, picture = tmp_path / "order.csv", tmp_path / "label.png"
    order.write_text("number,state\n4711,broken\n")
    picture.write_bytes(png(40, 30))
    async with launched(home=home) as browser:
        url = f"https://{NAME}:{own.port}"
        visitor = await Visitor.in_shop(browser, listening, url)
        agent = await Agent.signed_in(browser, listening, own, url=url)
        await visitor.say("Where is order 4711?")
        await agent.open("Where is order 4711?")
        await agent.say("It left us this morning.")
        await visitor.sees("Where is order 4711?", "It left us this morning.")

        await visitor.attach(order)
        async with agent.page.expect_download() as download:
            await agent.log.get_by_role("link").filter(has_text=order.name).click()
        assert (await (await download.value).path()).read_bytes() == order.read_bytes()
        await agent.attach(picture)
        shown = visitor.log.get_by_role("img", name=picture.name)
        await expect(shown).to_be_visible()
        assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40

        assert set(listening.sockets) == {f"wss://{NAME}:{own.port}/ws"}
        cookies = await agent.page.context.cookies()
        assert [(cookie["name"], cookie["secure"], cookie["httpOnly"]) for cookie in cookies] == [
            ("monodesk_session", True, True)
        ]
        assert await agent.page.evaluate("isSecureContext && crypto.randomUUID().length") == 36
    assert listening.complaints == []


async def downloaded_root(own: Appliance, plain_port: int, folder: Path) -> Path:
    """The page by plain HTTP, where the root comes from; its fingerprint is the one that the administrator reads."""
    (folder / "stranger").mkdir()
    async with launched(home=folder / "stranger") as browser:
        page = await browser.new_page(locale="en-GB")
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(f"http://{NAME}:{plain_port}/certificate")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Trust this server")
        await page.get_by_role("link", name="中文").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("信任本服务器")
        await page.get_by_role("link", name="English").click()
        told = status(own)["root_fingerprint"]
        await expect(page.get_by_text(str(told))).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Download the root certificate").click()
        saved = folder / "monodesk-root.crt"
        await (await download.value).save_as(saved)
        assert complaints == []

        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            await page.goto(f"https://{NAME}:{own.port}/")
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(saved.read_text())).hexdigest().upper()
    assert str(told).replace(":", "") == digest
    return saved


def test_who_comes_by_http_is_sent_to_https(own: Appliance, plain_port: int) -> None:
    for port in (plain_port, own.port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/c/1?a=b", headers={"Host": f"{NAME}:{port}"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["location"]) == (308, f"https://{NAME}:{own.port}/c/1?a=b")
        connection.close()
    assert own.printed("Browsers warn until they trust .*/certificate")


def test_the_certificate_is_told_by_status_and_metrics(own: Appliance) -> None:
    told = status(own)
    ends = [line for line in own.get("/metrics")[1].decode().splitlines() if line.startswith("monodesk_certificate_e")]

    assert NAME in str(told["certificate_names"]) and "127.0.0.1" in str(told["certificate_names"])
    assert told["certificate_days_left"] == 396
    assert told["warnings"] == told["warnings_zh"] == []
    assert told["urls"] == [f"https://{NAME}:{own.port}", f"https://127.0.0.1:{own.port}"]
    assert 396 * 86_400 - 120 < float(ends[0].split()[1]) - time.time() < 397 * 86_400
    assert b"monodesk_tls_handshakes_failed" in own.get("/metrics")[1]


# --- files given ----------------------------------------------------------------------------------------------------


def made(folder: Path, name: str) -> Path:
    """A root and a pair of somebody's own authority; the pair in one file."""
    settings = Settings(data=folder, tls=Tls(mode="own", names=(name,)))
    Keeper(settings, SystemClock(), Random(1), list).prepare()
    return places(settings).own.certificate


def given(folder: Path, pair: Path, more: Mapping[str, str] = {}, workers: int = 0) -> Appliance:
    environment = {
        "MONODESK_TLS_MODE": "files",
        "MONODESK_TLS_CERTIFICATE": str(pair),
        "MONODESK_TLS_KEY": str(pair),
        "MONODESK_LIMITS_CERTIFICATE_LOOK_SECONDS": "0.5",
        **more,
    }
    options = ("--workers", str(workers))
    return Appliance(folder / "data", options=options, environment=environment, secure=careless)


def careless() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shown(port: int, name: str = NAME, context: ssl.SSLContext | None = None) -> bytes:
    """The certificate that a new connection sees."""
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        (context or careless()).wrap_socket(plain, server_hostname=name) as client,
    ):
        found = client.getpeercert(binary_form=True)
        assert found
        return found


@pytest.mark.parametrize("workers", [0, 2])
def test_every_process_exchanges_its_certificate_and_nobody_is_cut(tmp_path: Path, workers: int) -> None:
    pair, other = tmp_path / "pair.pem", made(tmp_path / "other", NAME)
    shutil.copy(made(tmp_path / "first", NAME), pair)
    server = given(tmp_path, pair, {"MONODESK_LIMITS_KEEP_ALIVE_SECONDS": "600"}, workers)
    server.start()
    kept = [http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=careless()) for _ in range(20)]
    try:
        for connection in kept:
            assert asked(connection) == 200
        before = shown(server.port)
        pair.write_text("spoiled")
        until(lambda: status(server)["warnings"] != [])
        for locale, word in (("C.UTF-8", "cannot be used for https"), ("zh_CN.UTF-8", "无法用于 https")):
            lines = printed_status(server, locale).splitlines()
            assert [line for line in lines if line.startswith(f"! {pair}") and word in line], lines
        assert {shown(server.port) for _ in range(20)} == {before}

        shutil.copy(other, pair)
        until(lambda: before not in {shown(server.port) for _ in range(20)})
        assert len({shown(server.port) for _ in range(20)}) == 1
        until(lambda: status(server)["warnings"] == [])
        assert [asked(connection) for connection in kept] == [200] * 20
    finally:
        for connection in kept:
            connection.close()
        server.kill()


def asked(connection: http.client.HTTPSConnection) -> int:
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.mark.parametrize(
    ("locale", "told"), [("C.UTF-8", "cannot be used for https"), ("zh_CN.UTF-8", "无法用于 https")]
)
def test_a_broken_pair_stops_the_start_with_a_plain_word(tmp_path: Path, locale: str, told: str) -> None:
    (tmp_path / "pair.pem").write_text("spoiled")
    server = given(tmp_path, tmp_path / "pair.pem", {"LC_ALL": locale})
    with pytest.raises(AssertionError, match="did not start"):
        server.start()

    assert told in server.output() and "pair.pem" in server.output()
    assert "Traceback" not in server.output()


# --- a public authority ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 2])
def test_a_public_authority_issues_what_every_process_shows(tmp_path: Path, workers: int) -> None:
    pebble = Pebble(tmp_path)
    pebble.start()
    server = Appliance(
        tmp_path / "data",
        options=("--workers", str(workers)),
        environment={
            "MONODESK_TLS_MODE": "acme",
            "MONODESK_TLS_NAMES": "desk.example",
            "MONODESK_TLS_HTTP_LISTEN": f"127.0.0.1:{pebble.http_port}",
            "MONODESK_TLS_ACME_DIRECTORY": pebble.directory,
            "MONODESK_TLS_ACME_CA_FILE": str(pebble.ca_file),
            "MONODESK_LIMITS_CERTIFICATE_LOOK_SECONDS": "0.5",
        },
        secure=careless,
    )
    try:
        server.start()
        trusting = ssl.create_default_context(cadata=pebble.root())
        until(lambda: all(trusted(server.port, trusting) for _ in range(20)))
        assert status(server)["certificate_names"] == ["desk.example"]
        assert status(server)["urls"] == [f"https://desk.example:{server.port}"]
        assert status(server)["warnings"] == []
    finally:
        server.kill()
        pebble.stop()


def trusted(port: int, context: ssl.SSLContext) -> bool:
    try:
        return bool(shown(port, "desk.example", context))
    except ssl.SSLCertVerificationError:
        return False
