"""Signatures by the maintainer's own tool, checked by ours and by OpenSSL."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest

from app.model.errors import Problem
from installer import signature
from tests.journeys.appliance import ROOT


def tool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "installer.signature", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "monodesk"
    path.write_bytes(bytes(range(256)) * 4_000)
    return path


def test_a_maintainer_signs_and_anybody_checks(file: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    public = tool("generate", key).stdout.strip()
    assert key.stat().st_mode & 0o777 == 0o600
    assert tool("public", key).stdout.strip() == public
    assert tool("sign", file, "--key", key).stdout.strip() == f"{file}.sig"
    other = signature.generate(tmp_path / "other.pem")
    assert tool("verify", file, "--keys", f"{other},{public}").returncode == 0
    wrong = tool("verify", file, "--keys", other)
    assert (wrong.returncode, "not the signature" in wrong.stderr, "Traceback" in wrong.stderr) == (1, True, False)
    again = tool("generate", key)
    assert (again.returncode, tool("public", key).stdout.strip()) == (1, public), "a key is never written over"


def test_openssl_agrees(file: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    signature.generate(key)
    raw = tmp_path / "raw"
    raw.write_bytes(base64.b64decode(signature.sign(file, key).read_text()))
    checked = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-inkey", key, "-rawin", "-in", file, "-sigfile", raw],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Signature Verified Successfully" in checked.stdout


def test_every_changed_byte_is_found(file: Path, tmp_path: Path) -> None:
    public = signature.parse_keys(signature.generate(tmp_path / "key.pem"))
    beside = signature.sign(file, tmp_path / "key.pem")
    signature.verify(file, beside, public)
    content, signed = file.read_bytes(), base64.b64decode(beside.read_text())
    for place in range(0, len(content), len(content) // 50):
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(Problem, match="signature_wrong"):
            signature.verify(file, beside, public)
    for changed in (content + b"\0", content[:-1], b""):
        file.write_bytes(changed)
        with pytest.raises(Problem, match="signature_wrong"):
            signature.verify(file, beside, public)
    file.write_bytes(content)
    for place in range(len(signed)):
        text = base64.b64encode(signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :])
        beside.write_bytes(text)
        with pytest.raises(Problem, match="signature_wrong"):
            signature.verify(file, beside, public)


@pytest.mark.parametrize(
    "text", ["", "=", "AAAA", "A" * 2_000, "\xff" * 88, base64.b64encode(b"x" * 63).decode(), "A" * 88 + " A"]
)
def test_what_is_no_signature_is_told(file: Path, tmp_path: Path, text: str) -> None:
    public = signature.parse_keys(signature.generate(tmp_path / "key.pem"))
    (tmp_path / "monodesk.sig").write_text(text, encoding="latin-1")
    with pytest.raises(Problem, match="signature_malformed"):
        signature.verify(file, signature.signature_of(file), public)


@pytest.mark.parametrize("text", ["AAAA", "not base64", base64.b64encode(b"x" * 33).decode()])
def test_what_is_no_key_is_told(text: str) -> None:
    with pytest.raises(Problem, match="release_key_malformed"):
        signature.parse_keys(text)


def test_source_knows_no_key() -> None:
    assert signature.release_keys() == ()
    assert not (ROOT / "installer" / signature.KEYS).exists(), "keys come at build time"


def test_a_key_of_another_kind_signs_nothing(file: Path, tmp_path: Path) -> None:
    for content in ("", "-----BEGIN {0}-----\nAAAA\n-----END {0}-----\n".format("PRIVATE KEY")):
        (tmp_path / "key.pem").write_text(content)
        done = tool("sign", file, "--key", tmp_path / "key.pem")
        assert (done.returncode, "no Ed25519 private key" in done.stderr) == (1, True)
