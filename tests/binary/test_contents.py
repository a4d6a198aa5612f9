"""What the one file holds: how much, under whose licences; and that it can be made again."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from app import __version__
from installer.bundle.elf import newest_glibc
from installer.bundle.interpreter import GLIBC
from tests.journeys.appliance import ROOT, Appliance

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"
BYTES_MAX = 24_000_000
RUNNING = re.compile(r"^[a-z0-9_-]+(?===)", re.MULTILINE)
# Locked in run.txt and in no file: they serve only where a wheel is built from source.
NOT_PACKED = {"pycparser"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder into which the running file unpacked itself."""
    server = Appliance(tmp_path_factory.mktemp("contents") / "data", command=(str(BINARY),))
    server.start()
    maps = psutil.Process(server.pid).children()[0].memory_maps()
    yield next(Path(one.path).parent for one in maps if "libpython" in one.path)
    server.stop()


def say(*words: str, language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LC_ALL": language}
    return subprocess.run([BINARY, *words], capture_output=True, text=True, env=environ, check=False)


def test_is_not_larger_than_promised() -> None:
    assert BINARY.stat().st_size <= BYTES_MAX


def test_nothing_in_it_needs_a_newer_c_library_than_promised(bundle: Path) -> None:
    code = [path for path in (BINARY, *bundle.rglob("*")) if path.is_file() and path.read_bytes()[:4] == b"\x7fELF"]

    assert len(code) > 20
    assert {path.name: newest_glibc(path) for path in code if newest_glibc(path) > GLIBC} == {}
    assert max(newest_glibc(path) for path in code) >= (2, 14), "the symbols were not read"


def test_brings_zones_authorities_and_its_own_sqlite(bundle: Path) -> None:
    assert (bundle / "tzdata/zoneinfo/Asia/Shanghai").read_bytes()[:4] == b"TZif"
    assert (bundle / "certifi/cacert.pem").read_text().count("BEGIN CERTIFICATE") > 100
    assert not [path for path in bundle.rglob("*") if "libsqlite3" in path.name]
    version = next(part["version"] for part in parts() if part["name"] == "sqlite")
    assert tuple(map(int, version.split("."))) >= (3, 51, 3)


def parts() -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(say("licenses", "--json").stdout)
    return found


def test_every_part_has_a_licence_and_its_text() -> None:
    found = parts()
    names = {part["name"].lower().replace("_", "-") for part in found}

    assert [part["name"] for part in found if not part["licence"]] == []
    assert [part["name"] for part in found if not part.get("texts") and not part.get("within")] == []
    assert set(RUNNING.findall((ROOT / "requirements" / "run.txt").read_text())) - names == NOT_PACKED
    assert {package["name"] for package in json.loads((ROOT / "app/web/dist/packages.json").read_text())} <= names
    assert {"monodesk", "python3.13", "openssl", "zlib", "sqlite", "libuv", "pyinstaller", "preact"} <= names


def test_licences_are_printed_for_a_person() -> None:
    listed, one = say("licenses"), say("licenses", "msgspec")
    other = say("licenses", "left-pad", language="zh_CN.UTF-8")

    assert f"monodesk {__version__}" in listed.stdout
    assert "Redistribution and use in source and binary forms" in one.stdout
    assert "Preact" not in one.stdout
    assert (other.returncode, other.stdout) == (1, "")
    assert "文件中没有：left-pad" in other.stderr
    assert say("licenses", "--all").stdout.count("\n==== ") > 30


def test_the_bill_of_materials_is_valid_and_names_every_part() -> None:
    bill = say("sbom").stdout

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    told = json.loads(bill)
    assert told["metadata"]["component"]["version"] == __version__
    assert {one["name"] for one in told["components"]} == {part["name"] for part in parts()[1:]}


def test_from_source_it_says_how_to_make_the_file() -> None:
    done = subprocess.run([sys.executable, "-m", "app", "sbom"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "make binary" in done.stderr


def test_made_elsewhere_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    copy = tmp_path / "another" / "place"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "node_modules", "dist", "build", "__pycache__"))
    shutil.copytree(ROOT / "app/web/dist", copy / "app/web/dist")

    places = ("--dist", str(tmp_path / "dist"), "--work", str(tmp_path / "work"))
    subprocess.run([sys.executable, "-m", "installer.bundle", *places], cwd=copy, check=True)

    made = tmp_path / "dist" / "monodesk"
    assert _digest(made) == _digest(BINARY), "`make binary` first: the file in dist may be of an earlier source"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
