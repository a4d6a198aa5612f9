"""The bootloader finds a place, says why there is none, and leaves nothing behind; in a root of its own (chroot(2))."""

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pytest
from msgspec import Struct

from app import __version__
from tests.journeys.appliance import ROOT, Appliance

pytestmark = pytest.mark.full

BINARY = ROOT / "dist" / "monodesk"
SECONDS_TO_DRAIN_MAX = 12.0  # three times `stop_seconds_max`
BAD = {
    "noexec": ("noexec", "noexec", "noexec"),
    "small": ("size=10m", "too little room, 10 of", "空间不足，剩余 10 MB"),
    "without_names": ("nr_inodes=60", "too little room", "空间不足"),
    "read_only": ("ro", "Read-only", "Read-only"),
    "missing": ("", "does not exist", "不存在"),
}
SCRIPT = """
root=$1 binary=$2 options=$3; shift 3
mount --rbind /usr "$root/usr"; mount --rbind /proc "$root/proc"; mount --rbind /dev "$root/dev"
mount --bind "$binary" "$root/monodesk"
if [ -n "$options" ]; then for place in tmp var/tmp; do
  mkdir -p "$root/$place"; mount -t tmpfs -o "$options" tmpfs "$root/$place"; done; fi
chroot "$root" /usr/bin/env -i "$@"
code=$?
find "$root/tmp" "$root/var" "$root/home" "$root/data" "$root/runtime" -path '*/_MEI*' >"$root/left" 2>/dev/null
exit $code
"""


class Done(Struct, frozen=True):
    code: int
    output: str
    told: str
    left: str


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Done]:
    """Runs `monodesk version` where /tmp and /var/tmp are mounted with these options, or missing."""
    assert BINARY.exists(), "run `make binary` first"
    root = tmp_path / "root"
    for folder in ("usr", "proc", "dev", "home", "data", "runtime"):
        (root / folder).mkdir(parents=True)
    for link in ("bin", "sbin", "lib", "lib64"):
        if Path("/", link).is_symlink():
            (root / link).symlink_to(Path("/", link).readlink())
    (root / "monodesk").touch()

    def run(options: str, environ: Mapping[str, str] = {}, arguments: Sequence[str] = ("version",)) -> Done:
        variables = [f"{name}={value}" for name, value in {"PATH": "/usr/bin", **environ}.items()]
        command = ("unshare", "--mount", "sh", "-c", SCRIPT, "sh", str(root), str(BINARY), options, *variables)
        done = subprocess.run((*command, "/monodesk", *arguments), capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr, (root / "left").read_text())

    return run


@pytest.mark.parametrize("bad", BAD)
def test_where_no_place_will_do_it_says_why_and_what_to_do(machine: Callable[..., Done], bad: str) -> None:
    options, english, chinese = BAD[bad]
    done = machine(options)
    assert (done.code, done.output, done.left, done.told.count("\n")) == (1, "", "", 1)
    assert done.told.startswith("monodesk: found no folder")
    assert done.told.count(english) == 2
    assert "set MONODESK_RUNTIME=/some/folder" in done.told

    done = machine(options, {"LANG": "zh_CN.UTF-8"})
    assert (done.code, done.output, done.left, done.told.count("\n")) == (1, "", "", 1)
    assert done.told.count(chinese) == 2
    assert "请设置 MONODESK_RUNTIME=/some/folder" in done.told


@pytest.mark.parametrize(
    ("environ", "arguments"),
    [
        ({"MONODESK_RUNTIME": "/runtime"}, ("version",)),
        ({"TMPDIR": "/runtime"}, ("version",)),
        ({"MONODESK_RUNTIME": "/nowhere", "MONODESK_DATA": "/data"}, ("version",)),
        ({}, ("status", "--data", "/data")),
        ({}, ("status", "--data=/data")),
        ({"HOME": "/home"}, ("version",)),
    ],
)
@pytest.mark.parametrize("bad", ["noexec", "small", "missing"])
def test_it_goes_on_to_the_next_place(
    machine: Callable[..., Done], bad: str, environ: Mapping[str, str], arguments: Sequence[str]
) -> None:
    done = machine(BAD[bad][0], environ, arguments)

    assert "found no folder" not in done.told
    assert __version__ in done.output or arguments[0] == "status"
    assert done.left == ""


def test_a_folder_that_was_made_for_nothing_is_gone_again(machine: Callable[..., Done], tmp_path: Path) -> None:
    assert machine("size=200m", {"HOME": "/home"}).code == 0
    assert list((tmp_path / "root" / "home").iterdir()) == [], "/tmp would do"
    assert machine("noexec", {"HOME": "/home"}).code == 0
    assert [path.name for path in (tmp_path / "root" / "home").iterdir()] == [".cache"]


@pytest.mark.parametrize(("wish", "why"), [("/nowhere", "does not exist"), ("/tmp", "too little room")])
def test_a_wish_that_cannot_be_granted_is_told(machine: Callable[..., Done], wish: str, why: str) -> None:
    done = machine(BAD["small"][0], {"MONODESK_RUNTIME": wish, "HOME": "/home"})
    assert (done.code, done.left) == (0, "")
    assert done.told.startswith(f"monodesk: unpacks itself to /home/.cache, not to MONODESK_RUNTIME ({wish}: {why}")

    done = machine(BAD["small"][0], {"MONODESK_RUNTIME": "/runtime", "TMPDIR": "/nowhere"})
    assert (done.code, done.told) == (0, "")


def test_restore_does_not_live_in_the_folder_that_it_moves_away(machine: Callable[..., Done]) -> None:
    done = machine(BAD["noexec"][0], {}, ("restore", "/archive", "--data", "/data"))

    assert done.code == 1
    assert "found no folder" in done.told


def test_a_damaged_file_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    data = bytearray(BINARY.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 4_096] = bytes(4_096)
    file = tmp_path / "monodesk"
    file.write_bytes(data)
    file.chmod(0o755)
    place = _place(tmp_path)
    done = subprocess.run([file, "version"], env=_environ(place), capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "monodesk: could not unpack itself" in done.stderr
    assert list(place.iterdir()) == []


def test_an_old_c_library_is_told_its_number(tmp_path: Path) -> None:
    source, library = tmp_path / "old.c", tmp_path / "old.so"
    source.write_text('const char *gnu_get_libc_version(void) { return "2.28"; }\n')
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    environ = {**_environ(_place(tmp_path)), "LD_PRELOAD": str(library)}
    done = subprocess.run([BINARY, "version"], env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "(glibc) 2." in done.stderr
    assert "this system has 2.28" in done.stderr


@pytest.fixture
def appliance(tmp_path: Path) -> Iterator[Appliance]:
    server = Appliance(
        tmp_path / "data",
        command=(str(BINARY),),
        options=("--workers", "2"),
        environment={"MONODESK_RUNTIME": str(_place(tmp_path)), "LD_LIBRARY_PATH": "/opt/of-a-person"},
    )
    server.start()
    yield server
    server.kill()


def test_a_killed_bootloader_takes_all_with_it_and_the_next_start_sweeps(appliance: Appliance, tmp_path: Path) -> None:
    place = _place(tmp_path)
    (left,) = place.iterdir()
    family = psutil.Process(appliance.pid).children(recursive=True)
    assert len(family) == 3
    os.kill(appliance.pid, signal.SIGKILL)

    assert psutil.wait_procs(family, timeout=SECONDS_TO_DRAIN_MAX)[1] == []
    assert left.exists()
    subprocess.run([BINARY, "version"], env=_environ(place), capture_output=True, check=True)
    assert list(place.iterdir()) == []


def test_a_start_killed_at_any_moment_leaves_nobody(tmp_path: Path) -> None:
    place = _place(tmp_path)
    for step in range(16):
        process = subprocess.Popen(
            [BINARY, "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0"],
            env=_environ(place),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(step * 0.04)
        process.kill()
        process.wait()
        assert psutil.wait_procs(_living_from(place), timeout=SECONDS_TO_DRAIN_MAX)[1] == [], step
    subprocess.run([BINARY, "version"], env=_environ(place), capture_output=True, check=True)

    assert list(place.iterdir()) == []


def test_who_still_runs_is_not_swept(appliance: Appliance, tmp_path: Path) -> None:
    place = _place(tmp_path)
    (used,) = place.iterdir()
    files = len(list(used.rglob("*")))
    for _ in range(3):
        subprocess.run([BINARY, "version"], env=_environ(place), capture_output=True, check=True)

    assert list(place.iterdir()) == [used]
    assert len(list(used.rglob("*"))) == files
    assert appliance.stop() == 0
    assert list(place.iterdir()) == []


def test_what_is_not_ours_is_not_swept(tmp_path: Path) -> None:
    place = _place(tmp_path)
    ours, unmarked, locked, foreign, otherwise = (
        place / name
        for name in (
            "_MEI0000abcdAAAAAA", "_MEI0000abcdBBBBBB", "_MEI0000abcdCCCCCC", "_MEI0000abcdDDDDDD", "_MEI-of-mine",
        )
    )  # fmt: skip
    for folder in (ours, unmarked, locked, foreign, otherwise):
        folder.mkdir()
        (folder / "kept").touch()
        if folder != unmarked:
            (folder / ".monodesk").touch()
    os.chown(foreign, 12_345, 12_345)
    (place / "_MEI0000abcdEEEEEE").symlink_to(otherwise)
    holder = os.open(locked, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_SH)
    try:
        subprocess.run([BINARY, "version"], env=_environ(place), capture_output=True, check=True)
        assert not ours.exists()
        assert all((folder / "kept").exists() for folder in (unmarked, locked, foreign, otherwise))
    finally:
        os.close(holder)
    subprocess.run([BINARY, "version"], env=_environ(place), capture_output=True, check=True)
    assert not locked.exists()


def test_a_gateway_finds_our_libraries_before_a_persons(appliance: Appliance, tmp_path: Path) -> None:
    (contents,) = _place(tmp_path).iterdir()
    core = psutil.Process(appliance.pid).children()[0]

    assert len(core.children()) == 2
    for gateway in core.children():
        assert gateway.environ()["LD_LIBRARY_PATH"] == f"{contents}:/opt/of-a-person"
        assert gateway.environ()["LD_LIBRARY_PATH_ORIG"] == "/opt/of-a-person"


def _place(tmp_path: Path) -> Path:
    place = tmp_path / "place"
    place.mkdir(exist_ok=True)
    return place


def _environ(place: Path) -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8", "MONODESK_RUNTIME": str(place)}


def _living_from(place: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("MONODESK_RUNTIME") == str(place):
                found.append(process)
        except psutil.Error:
            continue
    return found
