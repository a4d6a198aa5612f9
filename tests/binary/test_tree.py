"""The tree that the one file writes of itself: complete, started by itself, all or nothing."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app import __version__
from app.model.errors import Conflict, Unavailable, Unsupported
from installer import tree
from installer.onefile import OneFile
from tests.journeys.appliance import ROOT, Appliance

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert BINARY.exists(), "run `make binary` first"
    target = tmp_path_factory.mktemp("installed") / "1.0"
    umask = os.umask(0o077)  # a careful administrator's, under which the service's user must still read it
    try:
        tree.unpack_file(BINARY, target)
    finally:
        os.umask(umask)
    return target


@pytest.mark.parametrize("workers", [0, 2])
def test_it_serves_and_ends_as_the_one_file_does(unpacked: Path, tmp_path: Path, workers: int) -> None:
    server = Appliance(
        tmp_path / "data", command=(str(unpacked / "monodesk"),), options=("--demo", "--workers", str(workers))
    )
    server.start()
    try:
        assert server.get("/healthz") == (200, b"ok\n")
        assert server.get("/")[0] == 200
        family = psutil.Process(server.pid).children()
        assert len(family) == workers  # no bootloader stands before the server, nor before a gateway
        assert server.stop() == 0
        assert psutil.wait_procs(family, timeout=60)[1] == []
    finally:
        server.kill()


def test_it_leaves_nothing_in_the_temporary_folder(unpacked: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([unpacked / "monodesk", "version"], env=environment, capture_output=True, check=True)

    assert __version__ in done.stdout.decode()
    assert list(tmp_path.iterdir()) == []


def test_it_holds_what_the_bootloader_unpacks_and_everybody_may_read_it(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    server = Appliance(
        tmp_path / "data", command=(str(BINARY),), environment={"MONODESK_RUNTIME": str(tmp_path / "place")}
    )
    server.start()
    try:
        (by_bootloader,) = (tmp_path / "place").iterdir()
        expected = _digest(by_bootloader)
    finally:
        server.kill()
    found = _digest(unpacked / "_internal")

    assert expected.pop(".monodesk")[1] == b""
    assert {path.name for path in unpacked.iterdir()} == {"_internal", "monodesk"}
    assert {name: data for name, (_, data) in found.items()} == {name: data for name, (_, data) in expected.items()}
    for name, (mode, _) in found.items():
        assert mode & 0o777 == (0o755 if expected[name][0] & 0o100 else 0o644), name


def test_its_launcher_is_an_elf_file_in_order(unpacked: Path) -> None:
    launcher = unpacked / "monodesk"
    done = subprocess.run(["readelf", "-SW", launcher], capture_output=True, text=True, check=True)

    assert "Warning" not in done.stderr
    assert ".shstrtab" in done.stdout
    with OneFile.open(launcher) as carried, OneFile.open(BINARY) as whole:
        assert [entry.name for entry in carried.entries] == [e.name for e in whole.entries if not e.is_unpacked]
    assert launcher.stat().st_size < BINARY.stat().st_size / 2


def test_a_running_file_and_a_running_tree_write_themselves(
    unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    for executable, contents, onefile in (
        (BINARY, tmp_path / "_MEI", True),
        (unpacked / "monodesk", unpacked / "_internal", False),
    ):
        monkeypatch.setattr(sys, "executable", str(executable))
        monkeypatch.setattr(sys, "_MEIPASS", str(contents), raising=False)
        target = tmp_path / executable.parent.name / "written"
        assert tree.source_is_onefile() is onefile
        tree.unpack(target)
        assert subprocess.run([target / "monodesk", "version"], capture_output=True, check=True).stdout
        assert _digest(target) == _digest(unpacked)


def test_source_says_what_to_do_instead(tmp_path: Path) -> None:
    assert not tree.source_is_onefile()
    with pytest.raises(Unavailable, match="make binary"):
        tree.unpack(tmp_path / "tree")


def test_what_exists_is_left_alone(unpacked: Path) -> None:
    before = _digest(unpacked)

    with pytest.raises(Conflict):
        tree.unpack_file(BINARY, unpacked)
    assert _digest(unpacked) == before


@pytest.mark.parametrize("cut", [0, 1_000, -1, -9_000, -4_000_000])
def test_a_file_cut_short_is_refused_and_leaves_nothing(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "download"
    file.write_bytes(BINARY.read_bytes()[: cut if cut >= 0 else BINARY.stat().st_size + cut])

    with pytest.raises(Unsupported):
        tree.unpack_file(file, tmp_path / "to" / "tree")
    assert not (tmp_path / "to").exists() or list((tmp_path / "to").iterdir()) == []


def test_a_damaged_file_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    data = bytearray(BINARY.read_bytes())
    half = len(data) // 3
    data[half : half + 4_096] = bytes(4_096)
    file = tmp_path / "download"
    file.write_bytes(data)

    with pytest.raises(Unsupported):
        tree.unpack_file(file, tmp_path / "to" / "tree")
    assert list((tmp_path / "to").iterdir()) == []


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", small], check=True)
    try:
        with pytest.raises(Unavailable, match="disk is full"):
            tree.unpack_file(BINARY, small / "tree")
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.parametrize("name", ["fsync", "rename"])
def test_nothing_is_left_where_the_last_step_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os if name == "fsync" else Path, name, fails)

    with pytest.raises(Unavailable, match="Input/output error"):
        tree.unpack_file(BINARY, tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_one_left_is_swept_and_what_another_one_writes_is_not(tmp_path: Path) -> None:
    script = "import sys, pathlib, installer.tree as t; t.unpack_file(*map(pathlib.Path, sys.argv[1:]))"
    command = [sys.executable, "-c", script, str(BINARY), "t"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed, stopped = (
        subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(2)
    )
    with killed, stopped:
        try:
            _wait_for(lambda: len(list(tmp_path.glob(".t.*/t/_internal"))) == 2)
            killed.kill()
            killed.wait()
            os.kill(stopped.pid, signal.SIGSTOP)
            tree.unpack_file(BINARY, tmp_path / "t")

            (still_written,) = tmp_path.glob(".t.*")
            os.kill(stopped.pid, signal.SIGCONT)
            assert "tree_exists" in stopped.communicate()[1]
            assert not still_written.exists()
            assert [path.name for path in tmp_path.iterdir()] == ["t"]
        finally:
            killed.kill()
            stopped.kill()


def test_it_can_be_moved(unpacked: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(unpacked, moved, symlinks=True)
    (tmp_path / "monodesk").symlink_to("elsewhere/monodesk")

    done = subprocess.run([tmp_path / "monodesk", "version"], capture_output=True, check=True)
    assert __version__ in done.stdout.decode()


def _wait_for(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _digest(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if not path.is_dir()
    }
