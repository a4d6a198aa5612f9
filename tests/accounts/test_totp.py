"""Codes of time (RFC 6238), against the standard's own vectors."""

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from app.accounts import totp

# RFC 6238, appendix B: the secret is ASCII, the codes have eight digits, of which an app shows the last six.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = {59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
           20000000000: "353130"}  # fmt: skip


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_the_vectors_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // totp.STEP_SECONDS) == code
    assert totp.accepted_step(SECRET, code, seconds * 1_000, 0) == seconds // totp.STEP_SECONDS


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_before_and_after_is_accepted(steps: int, accepted: bool) -> None:
    present = 50_000_000
    code = totp.code_at(SECRET, present + steps)
    found = totp.accepted_step(SECRET, code, present * 30_000 + 15_000, 0)
    assert found == (present + steps if accepted else None)


def test_a_code_is_accepted_once_and_none_before_it_any_more() -> None:
    present = 50_000_000
    now_ms = present * 30_000
    for steps in (-1, 0):
        assert totp.accepted_step(SECRET, totp.code_at(SECRET, present + steps), now_ms, present) is None
    assert totp.accepted_step(SECRET, totp.code_at(SECRET, present + 1), now_ms, present) == present + 1


@pytest.mark.parametrize("code", ["", " ", "28708", "2870822", "28708a", "２８７０８２", "287082\n", "-87082", "null"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.accepted_step(SECRET, code, 59_000, 0) is None


def test_a_secret_is_base32_of_160_bits_without_padding() -> None:
    secret = totp.secret_of(bytes(range(totp.SECRET_BYTES)))
    assert base64.b32decode(secret) == bytes(range(20)) and "=" not in secret
    odd = totp.secret_of(b"1234567")  # of a length that would need padding
    assert len(totp.code_at(odd, 1)) == 6


def test_the_link_says_whose_it_is_and_hides_nothing_in_its_label() -> None:
    parts = urlsplit(totp.link(SECRET, "Monodesk", "ann+me@例.example"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert unquote(parts.path) == "/Monodesk:ann+me@例.example" and "+" not in parts.path
    assert parse_qs(parts.query) == {"secret": [SECRET], "issuer": ["Monodesk"]}
