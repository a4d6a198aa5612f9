"""Our own authority: what it vouches for, for how long, and that it renews by itself. OpenSSL judges the chains."""

import subprocess
from pathlib import Path
from random import Random

import pytest
from cryptography import x509
from msgspec.structs import replace

from app.certificates.authority import Authority, unsigned
from app.certificates.keeper import Keeper
from app.certificates.pair import Facts, load_certificate, read, write
from app.certificates.places import Places, places
from app.model.errors import Invalid
from app.settings import Limits, Settings, Tls
from tests.clock import ManualClock

DAY = 86_400
MACHINE = ["office-pc", "192.168.1.20", "fd00::20", "203.0.113.9"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, tls=Tls(mode="own", names=("desk.firm.example",)))


@pytest.fixture
def kept(settings: Settings) -> Places:
    return places(settings)


def keeper(settings: Settings, clock: ManualClock, machine: list[str] = MACHINE) -> Keeper:
    return Keeper(settings, clock, Random(1), lambda: machine)


def facts_of(one: Keeper) -> Facts:
    assert one.facts is not None
    return one.facts


def judge(kept: Places, clock: ManualClock, *options: str) -> str:
    """What `openssl verify` says of the server's certificate."""
    done = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-attime", str(clock.now_ms() // 1_000),
         "-CAfile", kept.authority.certificate, *options, kept.own.certificate],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", ["desk.firm.example", "office-pc", "localhost"])
def test_openssl_takes_it_for_every_name(settings: Settings, clock: ManualClock, kept: Places, name: str) -> None:
    keeper(settings, clock).prepare()

    assert "OK" in judge(kept, clock, "-verify_hostname", name)
    assert "mismatch" in judge(kept, clock, "-verify_hostname", "bank.example")


@pytest.mark.parametrize("address", ["192.168.1.20", "fd00::20", "203.0.113.9", "127.0.0.1", "::1"])
def test_openssl_takes_it_for_every_address(settings: Settings, clock: ManualClock, kept: Places, address: str) -> None:
    keeper(settings, clock).prepare()

    assert "OK" in judge(kept, clock, "-verify_ip", address)


@pytest.mark.parametrize("name", ["bank.example", "203.0.113.10", "firm.example"])
def test_a_stolen_root_vouches_for_nobody_else(settings: Settings, clock: ManualClock, kept: Places, name: str) -> None:
    keeper(settings, clock).prepare()
    authority = Authority.load_or_make(kept.authority, [], settings.limits, 0)
    authority.issue(kept.own, [name], clock.now_ms() / 1_000)

    assert "permitted subtree violation" in judge(kept, clock)
    assert not authority.permits(name)


def test_root_and_certificate_live_as_long_as_promised(settings: Settings, clock: ManualClock, kept: Places) -> None:
    keeper(settings, clock).prepare()
    root, own = load_certificate(kept.authority.certificate), load_certificate(kept.own.certificate)

    assert (own.not_valid_after_utc - own.not_valid_before_utc).days <= 397
    assert (root.not_valid_after_utc - root.not_valid_before_utc).days == 3_650
    assert root.extensions.get_extension_for_class(x509.NameConstraints).critical
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_all_of_it_is_for_the_owner_alone(settings: Settings, clock: ManualClock, kept: Places) -> None:
    keeper(settings, clock).prepare()

    assert kept.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in kept.folder.iterdir()} == {0o600}
    assert b"PRIVATE KEY" not in kept.authority.certificate.read_bytes()


async def test_it_is_renewed_when_a_third_of_its_life_is_left(settings: Settings, clock: ManualClock) -> None:
    first = keeper(settings, clock)
    first.prepare()
    before = facts_of(first)

    clock.advance(260 * DAY)
    await first.look()
    assert facts_of(first) == before

    clock.advance(6 * DAY)
    await first.look()
    after = facts_of(first)
    assert after.fingerprint != before.fingerprint
    assert after.ends == before.ends + 266 * DAY
    assert first.warnings == []


async def test_an_address_the_machine_got_meanwhile_is_added(settings: Settings, clock: ManualClock) -> None:
    machine = [*MACHINE]
    one = keeper(settings, clock, machine)
    one.prepare()
    before = facts_of(one)

    machine.remove("192.168.1.20")
    await one.look()
    assert facts_of(one) == before, "an address that went away is no reason"

    machine.append("192.168.1.21")
    await one.look()
    assert facts_of(one).covers(["192.168.1.21", "desk.firm.example"])
    assert facts_of(one).fingerprint != before.fingerprint


def test_a_restart_keeps_root_and_certificate(settings: Settings, clock: ManualClock, kept: Places) -> None:
    keeper(settings, clock).prepare()
    before = {path.name: path.read_bytes() for path in kept.folder.iterdir()}
    keeper(settings, clock).prepare()

    assert {path.name: path.read_bytes() for path in kept.folder.iterdir()} == before


def test_a_new_root_brings_a_new_certificate(settings: Settings, clock: ManualClock, kept: Places) -> None:
    keeper(settings, clock).prepare()
    kept.authority.certificate.unlink()
    keeper(settings, clock).prepare()

    assert load_certificate(kept.own.certificate).issuer == load_certificate(kept.authority.certificate).subject
    assert "OK" in judge(kept, clock, "-verify_hostname", "desk.firm.example")


async def test_a_name_that_came_after_the_root_is_told_and_the_others_go_on(
    settings: Settings, clock: ManualClock
) -> None:
    keeper(settings, clock).prepare()
    later = replace(settings, tls=replace(settings.tls, names=("desk.firm.example", "chat.other.example")))
    one = keeper(later, clock)
    one.prepare()
    await one.look()

    assert [warning.code for warning in one.warnings] == ["names_not_permitted"]
    assert "chat.other.example" in one.warnings[0].en and "chat.other.example" in one.warnings[0].zh
    assert facts_of(one).covers(["desk.firm.example", "192.168.1.20"])


def test_a_broken_root_stops_the_start(settings: Settings, clock: ManualClock, kept: Places) -> None:
    keeper(settings, clock).prepare()
    kept.authority.key.write_text("spoiled")

    with pytest.raises(Invalid, match=r"authority\.key"):
        keeper(settings, clock).prepare()


async def test_given_files_are_watched_and_a_broken_one_changes_nothing(tmp_path: Path, clock: ManualClock) -> None:
    place = tmp_path / "given.pem"
    settings = Settings(data=tmp_path, tls=Tls(mode="files", certificate=place, key=place))
    write(place, unsigned(["one.example"], clock.now_ms() / 1_000, 100 * DAY))
    one = keeper(settings, clock)
    one.prepare()
    assert facts_of(one).names == ("one.example",)

    place.write_text("spoiled")
    await one.look()
    assert [warning.code for warning in one.warnings] == ["certificate_unusable"]
    assert facts_of(one).names == ("one.example",)
    await one.look()
    assert len(one.warnings) == 1, "it is still broken"

    write(place, unsigned(["two.example"], clock.now_ms() / 1_000, 100 * DAY))
    await one.look()
    assert one.warnings == []
    assert facts_of(one).names == ("two.example",)


async def test_who_brings_his_own_files_is_warned_two_weeks_before_they_end(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "given.pem"
    settings = Settings(data=tmp_path, tls=Tls(mode="files", certificate=place, key=place))
    write(place, unsigned(["one.example"], clock.now_ms() / 1_000, 90 * DAY))
    one = keeper(settings, clock)
    one.prepare()
    await one.look()
    clock.advance(75 * DAY)
    await one.look()
    assert (one.warnings, one.days_left) == ([], 15)

    clock.advance(DAY + 60)
    for _ in range(10):
        await one.look()
        clock.advance(10)
    assert [warning.code for warning in one.warnings] == ["certificate_ends_soon"]
    assert "13 days" in one.warnings[0].en and "13 天" in one.warnings[0].zh
    assert [record.message for record in caplog.records].count("the certificate ends soon") == 1

    clock.advance(14 * DAY)
    assert [warning.code for warning in one.warnings] == ["certificate_ended"]


def test_a_pair_that_is_not_there_stops_the_start(tmp_path: Path, clock: ManualClock) -> None:
    place = tmp_path / "absent.pem"
    settings = Settings(data=tmp_path, tls=Tls(mode="files", certificate=place, key=place))

    with pytest.raises(Invalid, match=r"absent\.pem"):
        keeper(settings, clock).prepare()


def test_the_public_address_is_among_its_names(settings: Settings, clock: ManualClock, kept: Places) -> None:
    keeper(replace(settings, public_url="https://Shop.example:8443/support"), clock).prepare()

    assert "OK" in judge(kept, clock, "-verify_hostname", "shop.example")


def test_more_names_than_the_limit_are_cut(settings: Settings, clock: ManualClock, kept: Places) -> None:
    few = replace(settings, limits=Limits(certificate_names_max=3))
    keeper(few, clock).prepare()

    assert read(kept.own).names == ("desk.firm.example", "office-pc", "192.168.1.20")
