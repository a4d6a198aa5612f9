"""A public authority: issued, renewed, refused, out of reach. The authority is pebble, the real thing in small."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random

import pytest
from cryptography import x509
from msgspec.structs import replace

from app.certificates.keeper import Keeper
from app.certificates.pair import Facts, load_certificate
from app.certificates.places import places
from app.gateway.plain import Plain
from app.model.clock import SystemClock
from app.model.ids import Ids
from app.settings import Limits, Settings, Tls
from tests.certificates.pebble import Pebble
from tests.gateway.client import Browser, until
from tests.journeys.appliance import free_port

pytestmark = pytest.mark.full

NAMES = ("desk.example", "chat.example")
LIFE_SECONDS = 30  # of a certificate that is renewed: a third of it is what a slow machine has to get the next one
LIMITS = Limits(certificate_look_seconds=0.2, acme_retry_seconds_min=0.2, acme_retry_seconds_max=0.4)


@pytest.fixture
def pebble(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Pebble]:
    """Parametrise indirectly with the options of `Pebble`."""
    pebble = Pebble(tmp_path, **getattr(request, "param", {}))
    pebble.start()
    yield pebble
    pebble.stop()


class Site:
    """What the appliance does for a public authority: keeps the pair, and answers on port 80."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.keeper = Keeper(settings, SystemClock(), Random(1), list)
        clock = SystemClock()
        self.plain = Plain(settings, clock, Ids(clock), 443, proofs=self.keeper.answers)
        self._work: asyncio.Task[None] | None = None

    @property
    def facts(self) -> Facts:
        assert self.keeper.facts is not None
        return self.keeper.facts

    async def start(self) -> None:
        self.keeper.prepare()
        await self.plain.start(self.settings.tls.http_listen)
        self._work = asyncio.create_task(self.keeper.run())

    async def stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])
        await self.plain.stop()

    def signed(self) -> bool:
        """Whether the certificate is the authority's."""
        return "Pebble" in self.facts.issuer


@pytest.fixture
async def site(tmp_path: Path, pebble: Pebble) -> AsyncIterator[Site]:
    site = Site(settings_for(tmp_path, pebble))
    await site.start()
    yield site
    await site.stop()


def settings_for(folder: Path, pebble: Pebble) -> Settings:
    tls = Tls(
        mode="acme", names=NAMES, http_listen=f"127.0.0.1:{pebble.http_port}", acme_directory=pebble.directory,
        acme_ca_file=pebble.ca_file, acme_contact="admin@desk.example",
    )  # fmt: skip
    return Settings(data=folder / "data", tls=tls, limits=LIMITS)


async def test_it_is_issued_for_every_name_and_its_chain_is_whole(site: Site, pebble: Pebble, tmp_path: Path) -> None:
    assert not site.signed(), "until then there is one that nobody signed, so that the port can open"
    await until(site.signed)

    assert set(site.facts.names) == set(NAMES)
    chain = x509.load_pem_x509_certificates(places(site.settings).acme.certificate.read_bytes())
    chain[0].verify_directly_issued_by(chain[1])
    chain[1].verify_directly_issued_by(x509.load_pem_x509_certificate(pebble.root().encode()))
    ssl.create_default_context().load_cert_chain(places(site.settings).acme.certificate)
    assert {path.stat().st_mode & 0o777 for path in places(site.settings).folder.iterdir()} == {0o600}
    assert site.keeper.warnings == []
    assert site.keeper.answers == {}, "what was shown for the proof is taken away"


@pytest.mark.parametrize("pebble", [{"nonces": 70}], indirect=True)
async def test_nonces_that_are_refused_are_replaced(site: Site) -> None:
    """Of a dozen requests each has to get through: without a second try not one order in a million would."""
    await until(site.signed)


@pytest.mark.parametrize("pebble", [{"seconds": LIFE_SECONDS}], indirect=True)
async def test_it_is_renewed_before_it_ends_by_a_new_key(site: Site, pebble: Pebble) -> None:
    await until(site.signed)
    first = load_certificate(places(site.settings).acme.certificate)

    await until(lambda: site.facts.ends > first.not_valid_after_utc.timestamp())
    second = load_certificate(places(site.settings).acme.certificate)
    left = first.not_valid_after_utc - second.not_valid_before_utc
    assert 0 < left.total_seconds() < LIFE_SECONDS / 2, "at a third of its life, not later and not at once"
    assert first.public_key() != second.public_key()


async def test_who_cannot_prove_his_names_keeps_what_he_has_and_hears_why(pebble: Pebble, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, pebble)
    elsewhere = replace(settings.tls, http_listen=f"127.0.0.1:{free_port()}")
    site = Site(replace(settings, tls=elsewhere))
    await site.start()
    before = places(settings).acme.certificate.read_bytes()
    try:
        await until(lambda: site.keeper.warnings)
        warning = site.keeper.warnings[0]
        assert warning.code == "certificate_not_issued"
        assert any(f"{name}: " in warning.en for name in NAMES) and "port 80" in warning.en and "80 端口" in warning.zh
        assert places(settings).acme.certificate.read_bytes() == before
        assert site.keeper.answers == {}
    finally:
        await site.stop()

    again = Site(settings)
    await again.start()
    try:
        await until(again.signed)
        await until(lambda: not again.keeper.warnings)
    finally:
        await again.stop()


async def test_an_authority_out_of_reach_is_asked_again(site: Site, pebble: Pebble) -> None:
    await until(site.signed)
    issued = places(site.settings).acme.certificate.read_bytes()
    await site.stop()
    pebble.stop()
    longer = replace(site.settings, tls=replace(site.settings.tls, names=(*NAMES, "new.example")))
    later = Site(longer)
    await later.start()
    try:
        await until(lambda: later.keeper.warnings)
        assert "cannot be reached" in later.keeper.warnings[0].en and "无法连接" in later.keeper.warnings[0].zh
        assert places(longer).acme.certificate.read_bytes() == issued

        pebble.start()
        await until(lambda: "new.example" in later.facts.names)
        assert later.keeper.warnings == []
    finally:
        await later.stop()


async def test_another_authority_is_asked_at_once(pebble: Pebble, site: Site, tmp_path: Path) -> None:
    await until(site.signed)
    before = site.facts
    await site.stop()
    (tmp_path / "other").mkdir()
    other = Pebble(tmp_path / "other")
    other.http_port = pebble.http_port
    other.start()
    moved = Site(settings_for(tmp_path, other))
    await moved.start()
    try:
        await until(lambda: moved.facts.issuer != before.issuer)
    finally:
        await moved.stop()
        other.stop()


async def test_a_proof_is_answered_word_for_word_and_nothing_else(site: Site, pebble: Pebble) -> None:
    await until(site.signed)
    browser = await Browser.open(pebble.http_port)
    answer = await browser.get("/.well-known/acme-challenge/unknown")

    assert (answer.status, answer.json()["code"]) == (404, "not_found")
    browser.close()
