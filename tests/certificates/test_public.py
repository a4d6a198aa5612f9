"""How often a public authority is asked when it cannot be reached. What it answers: test_acme.py."""

import asyncio
import socket
import ssl
import threading
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from app.certificates.keeper import Keeper
from app.certificates.pair import write
from app.certificates.places import places
from app.model.errors import Unavailable
from app.settings import Settings, Tls
from tests.clock import ManualClock
from tests.gateway.client import until
from tests.journeys.appliance import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    directory = f"https://127.0.0.1:{free_port()}/dir"
    return Settings(
        data=tmp_path, tls=Tls(mode="acme", names=("a.example",), http_listen="127.0.0.1:80", acme_directory=directory)
    )


def keeper(settings: Settings, clock: ManualClock) -> Keeper:
    one = Keeper(settings, clock, Random(1), list)
    one.prepare()
    return one


async def tried(settings: Settings, one: Keeper) -> bool:
    """Whether a look asked the authority."""
    before = places(settings).acme_state.read_bytes()
    await one.look()
    assert [warning.code for warning in one.warnings] == ["certificate_not_issued"]
    return places(settings).acme_state.read_bytes() != before


async def test_after_failures_it_is_asked_ever_more_seldom(settings: Settings, clock: ManualClock) -> None:
    one, pauses = keeper(settings, clock), list[int]()
    assert await tried(settings, one)
    for _ in range(9):
        waited = 0
        while not await tried(settings, one):
            clock.advance(60)
            waited += 60
        pauses.append(waited)

    for minutes, pause in zip((5, 10, 20, 40, 80, 160, 320, 360, 360), pauses, strict=True):
        assert minutes * 60 <= pause <= minutes * 60 * 1.25 + 60


async def test_a_restart_does_not_ask_sooner(settings: Settings, clock: ManualClock) -> None:
    assert await tried(settings, keeper(settings, clock))
    again = keeper(settings, clock)
    before = places(settings).acme_state.read_bytes()
    await again.look()

    assert places(settings).acme_state.read_bytes() == before
    clock.advance(400)
    assert await tried(settings, again)


@pytest.mark.parametrize("everything", [False, True])
async def test_an_authority_is_not_asked_again_and_again_while_its_answer_cannot_be_written(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    """They count what they issue: a full disk must not use up the names' certificates of a week."""
    one, asked = keeper(settings, clock), list[float]()

    async def obtain(*_: object) -> bytes:
        asked.append(clock.monotonic())
        return b"a chain"

    def no_room(path: Path, content: bytes) -> None:
        if path == places(settings).acme.certificate or everything:
            raise Unavailable("key_unwritable", f"{path} cannot be written", "")
        write(path, content)

    monkeypatch.setattr("app.certificates.sources.Acme.obtain", obtain)
    monkeypatch.setattr("app.certificates.sources.write", no_room)
    for _ in range(29):
        await one.look()
        assert [warning.code for warning in one.warnings] == ["key_unwritable"]
        clock.advance(10)
    assert len(asked) == (0 if everything else 1)


async def test_until_it_answers_the_port_shows_a_certificate_that_nobody_signed(
    settings: Settings, clock: ManualClock
) -> None:
    one = keeper(settings, clock)

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(places(settings).acme.certificate)
    assert one.facts is not None and one.facts.names == ("a.example",)
    assert one.days_left > 80


async def test_the_server_ends_while_an_authority_hangs(settings: Settings, clock: ManualClock) -> None:
    """A call is on its way and nobody answers: whoever stops the server does not wait for it."""
    with socket.create_server(("127.0.0.1", urlsplit(settings.tls.acme_directory).port or 0)):
        work = asyncio.create_task(keeper(settings, clock).run())
        await until(lambda: _calls() == 1)
        work.cancel()
        async with asyncio.timeout(60):
            await asyncio.wait([work])
            await asyncio.get_running_loop().shutdown_default_executor()
        assert _calls() == 1, "it hangs still"
    await until(lambda: _calls() == 0)


def _calls() -> int:
    return [thread.name for thread in threading.enumerate()].count("certificates")
