"""Secrets by reference: found where they are safe, refused where they are not, and never shown."""

import json
import os
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadSpec, Mark
from app.adapters.proving.secrets import MASK, Finder, Known, Masker, Vault
from app.adapters.specs.model import Reference
from app.model.errors import Invalid

MARK = Mark("pdd.yaml", 3, 10)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "data" / "keys" / "adapters")


@pytest.fixture
def finder(vault: Vault, tmp_path: Path) -> Finder:
    return Finder(vault, tmp_path / "data", {"PDD_ID": "four-two", "MONODESK_KEY": "ours", "MAIL_KEY": "ours"})


def _reference(text: str) -> Reference:
    kind, _, at = text.partition(":")
    return Reference(kind=kind, at=at, mark=MARK)  # type: ignore[arg-type] # the kinds that there are


def test_each_kind_of_reference_leads_to_its_secret(vault: Vault, finder: Finder, tmp_path: Path) -> None:
    vault.write("pdd", "from the vault")
    file = tmp_path / "token"
    file.write_text("from a file\n")
    file.chmod(0o640)
    asked = {"a": _reference("env:PDD_ID"), "b": _reference("vault:pdd"), "c": _reference(f"file:{file}")}
    known = finder.all(asked)
    assert [known[name] for name in "abc"] == ["four-two", "from the vault", "from a file"]
    assert "c" in known and "d" not in known
    assert repr(known) == "Known(a, b, c)"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:NOBODY", "the variable NOBODY is not set"),
        ("vault:nobody", "no secret “nobody” is kept"),
        ("file:/nowhere/at/all", "/nowhere/at/all cannot be read"),
        ("file:/dev/null", "/dev/null is no file"),
        ("env:MONODESK_KEY", "MONODESK_KEY is the server's own variable"),
        ("env:MAIL_KEY", "MAIL_KEY is the server's own variable"),
    ],
)
def test_one_that_is_not_there_or_not_his_is_told_with_its_place(finder: Finder, reference: str, said: str) -> None:
    with pytest.raises(BadSpec, match=r"pdd\.yaml:3:10") as raised:
        finder.find("client_secret", _reference(reference))
    assert said in raised.value.en


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o644])
def test_a_file_that_others_may_read_or_change_is_refused(finder: Finder, tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text("hidden")
    file.chmod(mode)
    with pytest.raises(BadSpec, match="chmod o=,g-w") as raised:
        finder.find("token", _reference(f"file:{file}"))
    assert "hidden" not in str(raised.value)


def test_a_file_of_somebody_else_is_refused(finder: Finder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("hidden")
    file.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(file, 65_534, 65_534)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 65_534)
    with pytest.raises(BadSpec, match="belongs to somebody else"):
        finder.find("token", _reference(f"file:{file}"))


def test_no_way_leads_into_the_servers_own_folder(vault: Vault, finder: Finder, tmp_path: Path) -> None:
    vault.write("pdd", "kept")
    inside = tmp_path / "data" / "keys" / "adapters" / "pdd"
    link = tmp_path / "link"
    link.symlink_to(inside)
    for path in (inside, link, tmp_path / "data" / ".." / "data" / "keys" / "adapters" / "pdd"):
        with pytest.raises(BadSpec, match="own data folder"):
            finder.find("token", _reference(f"file:{path}"))


def test_a_file_too_large_or_no_text_is_no_secret(finder: Finder, tmp_path: Path) -> None:
    file = tmp_path / "token"
    for content in (b"a" * 65_537, b"\xff\xfe", b"\n"):
        file.write_bytes(content)
        file.chmod(0o600)
        with pytest.raises(BadSpec, match="cannot be read, or is empty"):
            finder.find("token", _reference(f"file:{file}"))


def test_the_vault_keeps_names_in_the_open_and_values_for_the_server_alone(vault: Vault) -> None:
    assert vault.names() == []
    vault.write("pdd.token", "one")
    vault.write("pdd.token", "two")
    vault.write("jd", "three")
    assert vault.names() == ["jd", "pdd.token"]
    assert vault.read("pdd.token") == "two"
    folder = vault._folder
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    vault.delete("jd")
    vault.delete("jd")
    assert vault.names() == ["pdd.token"]


@pytest.mark.parametrize("name", ["", "../mail-relay.secret", "a/b", ".hidden", "A", "a" * 81, "a\n"])
def test_a_name_that_leads_elsewhere_is_none(vault: Vault, name: str) -> None:
    for act in (vault.read, vault.delete, lambda one: vault.write(one, "x")):
        with pytest.raises(Invalid, match="lower-case letters"):
            act(name)


@pytest.mark.parametrize("value", ["", "a" * 65_537])
def test_a_secret_of_no_bytes_or_too_many_is_not_kept(vault: Vault, value: str) -> None:
    with pytest.raises(Invalid, match="1 to 65536 bytes"):
        vault.write("pdd", value)


_secret = st.text(min_size=4, max_size=30).filter(lambda value: value.isprintable() and MASK not in value)


@given(_secret, st.text(max_size=20), st.text(max_size=20))
def test_no_known_secret_stays_in_a_text(secret: str, before: str, behind: str) -> None:
    masker = Masker([secret])
    shown = masker.text(before + secret + behind)
    assert secret not in shown.replace(MASK, "")
    assert MASK in shown
    assert secret.encode() not in masker.bytes((before + secret + behind).encode()).replace(MASK.encode(), b"")
    assert secret not in repr(masker) and secret not in repr(Known({"a": secret}))


@given(_secret)
def test_nor_as_an_address_or_json_carries_it(secret: str) -> None:
    masker = Masker([secret])
    for carried in (urlencode({"a": secret}), quote_plus(secret), json.dumps({"a": secret}, ensure_ascii=False)):
        assert MASK in masker.text(carried), carried


def test_a_longer_secret_goes_before_one_that_it_begins_with() -> None:
    assert Masker(["secret", "secret-long"]).text("secret-long, secret") == f"{MASK}, {MASK}"
    assert Masker(["-----BEGIN-----\nMIIabc\n"]).text("line MIIabc") == f"line {MASK}"
    assert Masker(["abc", ""]).text("abc") == "abc"
    assert Masker().text("abc") == "abc" and Masker().bytes(b"abc") == b"abc"
