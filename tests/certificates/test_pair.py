"""A certificate and its key: what is read of them, what is refused, and who may read what is written."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from app.certificates.authority import unsigned
from app.certificates.pair import new_key, read, write
from app.certificates.places import Pair
from app.model.errors import Invalid, Unavailable

NOW = 1_790_000_000.0
DAY = 86_400
P_256 = bytes.fromhex("06082a8648ce3d030107")  # the curves' names (OIDs); SM2's is used in China, not by browsers
SM2 = bytes.fromhex("06082a811ccf5501822d")


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Two files, as an administrator brings them."""
    both = unsigned(["desk.example", "10.0.0.7"], NOW, 30 * DAY)
    at = both.index(b"-----BEGIN", 1)
    (tmp_path / "c.pem").write_bytes(both[:at])
    (tmp_path / "k.pem").write_bytes(both[at:])
    return Pair(tmp_path / "c.pem", tmp_path / "k.pem")


def test_the_facts_of_a_pair(pair: Pair) -> None:
    facts = read(pair)

    assert facts.names == ("desk.example", "10.0.0.7")
    assert facts.ends == NOW + 30 * DAY
    assert facts.days_left(NOW) == 30
    assert facts.days_left(NOW + 31 * DAY) == -1
    assert facts.covers(["Desk.Example"])
    assert not facts.covers(["desk.example", "other.example"])
    assert len(facts.fingerprint.split(":")) == 32


def changed(pem: Path, before: bytes, after: bytes) -> Path:
    """A file beside this one whose content, under its armour, has these bytes instead of those."""
    first, *lines, last = pem.read_bytes().splitlines()
    content = base64.b64decode(b"".join(lines))
    assert before in content and len(before) == len(after)
    beside = pem.with_name(f"changed-{pem.name}")
    beside.write_bytes(b"\n".join((first, base64.encodebytes(content.replace(before, after)).strip(), last, b"")))
    return beside


def test_what_is_wrong_with_a_file_is_named_with_the_file(pair: Pair, tmp_path: Path) -> None:
    locked = new_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")
    )
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(unsigned(["desk.example"], NOW, DAY))
    (tmp_path / "locked.pem").write_bytes(locked)
    (tmp_path / "text.pem").write_text("-----BEGIN CERTIFICATE-----\nnothing\n")
    sm2 = (P_256, SM2)
    wrong = [
        (Pair(changed(pair.certificate, *sm2), pair.key), "changed-c.pem", "Curve 1.2.156.10197.1.301"),
        (Pair(pair.certificate, changed(pair.key, *sm2)), "changed-k.pem", "Curve 1.2.156.10197.1.301"),
        (Pair(tmp_path / "absent.pem", pair.key), "absent.pem", "No such file"),
        (Pair(tmp_path / "text.pem", pair.key), "text.pem", "no certificate in PEM"),
        (Pair(pair.key, pair.key), "k.pem", "no certificate in PEM"),
        (Pair(pair.certificate, pair.certificate), "c.pem", "no private key in PEM"),
        (Pair(pair.certificate, stranger), "stranger.pem", "belongs to another certificate"),
        (Pair(pair.certificate, tmp_path / "locked.pem"), "locked.pem", "needs a passphrase"),
    ]
    for one, name, reason in wrong:
        with pytest.raises(Invalid) as refused:
            read(one)
        assert refused.value.code == "certificate_unusable"
        assert name in refused.value.en and reason in refused.value.en, refused.value.en
        assert name in refused.value.zh and "无法用于 https" in refused.value.zh


def test_a_certificate_whose_names_cannot_be_read_is_refused(pair: Pair) -> None:
    spoiled = changed(pair.certificate, b"\x87\x04\x0a\x00\x00\x07", b"\x8f\x04\x0a\x00\x00\x07")
    with pytest.raises(Invalid, match=r"changed-c\.pem .* not understood"):
        read(Pair(spoiled, pair.key))


def test_a_key_is_for_its_owner_alone_and_is_there_whole_or_as_before(tmp_path: Path) -> None:
    place = tmp_path / "keys" / "own.pem"
    write(place, b"first")
    write(place, b"second")

    assert place.read_bytes() == b"second"
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in place.parent.iterdir()] == ["own.pem"]


def test_where_no_key_can_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")

    with pytest.raises(Unavailable, match="key_unwritable"):
        write(tmp_path / "keys" / "own.pem", b"secret")


def test_a_stamp_changes_with_either_file(pair: Pair) -> None:
    before = pair.stamp()
    write(pair.key, b"other")
    between = pair.stamp()
    pair.certificate.unlink()

    assert len({before, between, pair.stamp()}) == 3
