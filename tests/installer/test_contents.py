"""What is gathered for `licenses` and `sbom`, over the packages of this environment: nobody is left out unnoticed."""

import json
from pathlib import Path

import pytest

from installer.bundle.bill import bill_of_materials
from installer.bundle.contents import Unowned, contents
from installer.parts import Part

STARLETTE = "starlette.routing"


@pytest.fixture
def web(tmp_path: Path) -> Path:
    return bundle(tmp_path, "MIT", "Permission is hereby granted")


def bundle(folder: Path, licence: str, text: str) -> Path:
    package = {"name": "@preact/signals", "version": "2.11.4", "license": licence, "text": text}
    (folder / "packages.json").write_text(json.dumps([package]))
    return folder


def gathered(web: Path, *names: str) -> dict[tuple[str, str], Part]:
    return {(part.name, part.within): part for part in contents("1.2.3", names, {}, None, web)}


def test_a_package_brings_its_licence_and_its_text(web: Path) -> None:
    found = gathered(web, "app.cli", "json.decoder", STARLETTE)

    assert set(found) == {(name, "") for name in ("monodesk", "python", "starlette", "@preact/signals")}
    assert found["starlette", ""].licence == "BSD-3-Clause"
    assert "Redistribution and use" in found["starlette", ""].texts[0]
    assert found["@preact/signals", ""].purl == "pkg:npm/%40preact/signals@2.11.4"


def test_what_a_wheel_holds_in_its_machine_code_is_told(web: Path) -> None:
    found = gathered(web, "cryptography.x509", "pysqlite3.dbapi2", "uvloop.loop", "aiohttp", "yaml", "google.protobuf")

    assert found["openssl", "cryptography"].licence == "Apache-2.0"
    assert found["pyo3", "cryptography"].licence == "MIT OR Apache-2.0"
    assert found["sqlite", "pysqlite3"].version.startswith("3.")
    assert found["libuv", "uvloop"].version.startswith("1.")
    assert found["libyaml", "pyyaml"].version.startswith("0.")
    assert found["llhttp", "aiohttp"].licence == found["utf8_range", "protobuf"].licence == "MIT"


def test_a_module_of_nobody_ends_the_build(web: Path) -> None:
    with pytest.raises(Unowned, match="nobody owns happened_by"):
        gathered(web, STARLETTE, "happened_by.chance")


@pytest.mark.parametrize(("licence", "text"), [("", "some text"), ("MIT", "")])
def test_a_part_without_licence_or_text_ends_the_build(tmp_path: Path, licence: str, text: str) -> None:
    with pytest.raises(Unowned, match="no licence known of @preact/signals"):
        gathered(bundle(tmp_path, licence, text))


def test_the_bill_is_the_same_for_the_same_parts_and_another_for_others(web: Path) -> None:
    parts = contents("1.2.3", [STARLETTE, "cryptography.x509"], {}, None, web)
    bill, other = json.loads(bill_of_materials(parts)), json.loads(bill_of_materials(parts[:-1]))

    assert bill == json.loads(bill_of_materials(parts))
    assert bill["serialNumber"] != other["serialNumber"]
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(references) == len(set(references)) == len(parts) - 1
    held = {one["ref"].split("/")[0]: one["dependsOn"] for one in bill["dependencies"]}
    assert any(reference.startswith("cryptography/openssl") for reference in held["cryptography"])
