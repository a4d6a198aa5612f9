"""The image that the file writes: unpacked by umoci and started by systemd-nspawn with nothing else, it serves."""

import json
import secrets
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import __version__
from installer.layout import digest
from installer.targets import docker
from tests.machines.chat import EMAIL, PASSWORD, Desk
from tests.machines.machine import Container

pytestmark = pytest.mark.full

_SECONDS_TO_BE_READY_MAX = 180.0
_POLL_SECONDS = 0.1


@pytest.fixture(scope="module")
def exported(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    subprocess.run([binary, "install", "--target", "docker", "--prefix", folder], check=True, capture_output=True)
    return folder


@pytest.fixture
def container(exported: Path, tmp_path: Path) -> Iterator[Container]:
    """The image as a runtime starts it: umoci makes the bundle, systemd-nspawn reads it."""
    with tarfile.open(exported / f"monodesk-{__version__}.oci.tar") as archive:
        archive.extractall(tmp_path / "layout", filter="data")
    layout, bundle = tmp_path / "layout", tmp_path / "bundle"
    subprocess.run(["umoci", "unpack", "--image", f"{layout}:{__version__}", bundle], check=True, capture_output=True)
    _fit(bundle / "config.json")
    made = Container(bundle, tmp_path / "machine", "monodesk", docker.USER)
    try:
        made.start()
        yield made
    finally:
        made.remove()


def test_it_serves_with_nothing_else(container: Container) -> None:
    desk = Desk(docker.PORT)
    deadline = time.monotonic() + _SECONDS_TO_BE_READY_MAX
    while container.inside(lambda: desk.status("/readyz")) != 200:
        assert time.monotonic() < deadline, container.console.read_text(errors="replace")
        time.sleep(_POLL_SECONDS)

    environment = {"MONODESK_DATA": docker.DATA}
    container.run(f"{docker.HOME}/monodesk", "setup", "--email", EMAIL, given=PASSWORD, environment=environment)
    container.inside(desk.sign_in)
    container.inside(lambda: desk.answered_chat("hello?", "from a container"))
    assert container.owner == docker.USER


def test_the_same_file_writes_the_same_image(binary: Path, exported: Path, tmp_path: Path) -> None:
    name = f"monodesk-{__version__}.oci.tar"
    said = subprocess.run(
        [binary, "install", "--target", "docker", "--prefix", tmp_path, "--json"], check=True, capture_output=True
    )
    assert [step["step"] for step in json.loads(said.stdout)["steps"]] == ["pack", "write"]
    assert digest(tmp_path / name) == digest(exported / name)

    again = subprocess.run(
        [binary, "install", "--target", "docker", "--prefix", tmp_path, "--json"], check=True, capture_output=True
    )
    assert json.loads(again.stdout)["steps"] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["compose.yaml", name]


def _fit(configuration: Path) -> None:
    """Without what umoci presumes and is not there: a terminal, a scope that denies devices, a tmpfs of root's."""
    config = json.loads(configuration.read_text())
    config["process"]["terminal"] = False
    config["hostname"] = secrets.token_hex(4)
    del config["linux"]["resources"]
    config["linux"]["namespaces"].append({"type": "cgroup"})
    config["mounts"] = [
        one for one in config["mounts"] if one["type"] != "cgroup" and one["destination"] != docker.DATA
    ]
    configuration.write_text(json.dumps(config))
