"""The whole life of the one file under a real systemd, with visitors connected throughout: nothing is lost or left.

Installed, set up, talked over, backed up by itself, rebooted, upgraded, upgraded to files that break, brought back,
moved to a second machine out of an archive, and removed from both. The two machines have one network, in which the
visitors live, so that they outlive every reboot and find the second machine where the first one was.
"""

import json
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from app import __version__
from tests.binary.later import FAILS, FAILS_HERE_ALONE, HANGS, TABLE, later, step
from tests.journeys.crowd import Crowd
from tests.journeys.desk import EMAIL, PASSWORD, Desk
from tests.machines.machine import Machine, Network, machine
from tests.machines.traces import traces

pytestmark = pytest.mark.full

FILE = "/root/monodesk"
PORT = 8080
LISTEN = ("--listen", f"127.0.0.1:{PORT}")
DATA = Path("/var/lib/monodesk")
NEXT, AFTER = "0.2.0", "0.3.0"
GAP_SECONDS_MAX = 5.0
THREE_TIMES = 3.0  # a promise of the product is held with three times the margin: this machine is shared
PATIENCE_SECONDS = 30  # for the version that never gets ready, and for the one before to come back
PASSPHRASE = "a passphrase for the keys"
SECONDS_MAX = 300.0  # against hanging
SOON = "\n[limits]\nbackup_settle_seconds = 1\nbackup_look_seconds = 1\n"
SECONDS_AHEAD = 10  # it is started again meanwhile


def test_a_whole_life(binary: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        network = stack.enter_context(Network())
        first = stack.enter_context(machine(tmp_path / "first", network=network))
        second = stack.enter_context(machine(tmp_path / "second", network=network))
        before, untouched = traces(first), traces(second)
        no_python(first)
        install(first, binary)
        crowd = stack.enter_context(Crowd(PORT, Desk.sign_in, enter=network.enter))
        is_backed_up_at_three(first, crowd)
        with crowd.measured():
            first.reboot()
        is_upgraded(first, crowd, tmp_path)
        breaks_and_is_back(first, crowd, tmp_path)
        goes_back_by_command(first, crowd, tmp_path)

        moves(first, second, crowd)
        crowd.rest()
        first.run("monodesk", "uninstall", "--purge")
        is_removed_and_leaves_nothing(second, crowd)
        assert (traces(first), traces(second)) == (before, untouched)


def no_python(debian: Machine) -> None:
    assert debian.run("sh", "-c", "command -v python3 python", check=False).returncode != 0


def install(debian: Machine, binary: Path) -> None:
    debian.put(binary, FILE)
    debian.run(FILE, "install", *LISTEN)
    debian.run("monodesk", "setup", "--email", EMAIL, given=PASSWORD)


def is_backed_up_at_three(debian: Machine, crowd: Crowd) -> None:
    """One at once, for there is none yet; then the machine's day is moved, so that it is soon three o'clock there."""
    configuration = debian.root / "var/lib/monodesk/config.toml"
    configuration.write_text(configuration.read_text() + SOON)
    with crowd.measured():
        debian.run("systemctl", "restart", "monodesk", seconds=SECONDS_MAX)
    until(lambda: backups(debian), debian)
    (at_once,) = backups(debian)
    three = int(time.time()) + SECONDS_AHEAD
    with in_a_zone(debian, zone_in_which(three, hour=3)), crowd.measured():
        debian.run("systemctl", "restart", "monodesk", seconds=SECONDS_MAX)
        until(lambda: backups(debian)[-1] >= three, debian)
    assert at_once < three
    for archive in (debian.root / "var/lib/monodesk/backups").glob("monodesk-*.zip"):
        assert zipfile.ZipFile(archive).testzip() is None


@contextmanager
def in_a_zone(debian: Machine, zone: bytes) -> Iterator[None]:
    """The machine is elsewhere meanwhile."""
    place = debian.root / "etc/localtime"
    before = place.readlink()
    place.unlink()
    place.write_bytes(zone)
    yield
    place.unlink()
    place.symlink_to(before)


def zone_in_which(moment: int, *, hour: int) -> bytes:
    """A time zone where it is this hour, to the second, at `moment` (tzfile(5))."""
    offset = hour * 3_600 - moment % 86_400
    return struct.pack(">4s16x6liBB4s", b"TZif", 0, 0, 0, 0, 1, 4, offset, 0, 0, b"MDT\0")


def backups(debian: Machine) -> list[float]:
    """When each was made, by its name."""
    names = [path.name for path in (debian.root / "var/lib/monodesk/backups").glob("monodesk-*.zip")]
    return sorted(datetime.strptime(f"{name[9:24]}Z", "%Y%m%d-%H%M%S%z").timestamp() for name in names)


def is_upgraded(debian: Machine, crowd: Crowd, folder: Path) -> None:
    file = put(debian, later(folder, NEXT, steps=step(1, TABLE.format(name="one"))))
    with crowd.measured() as gaps:
        done = debian.run("monodesk", "upgrade", file, "--allow-unsigned", "--json", seconds=SECONDS_MAX)
    told = json.loads(done.stdout)
    print(f"upgrade: told {told['gap_seconds']:.2f} s, the longest silence {gaps[0]:.2f} s")
    assert (told["source"], told["target"], told["done"]) == (__version__, NEXT, True)
    assert gaps[0] < GAP_SECONDS_MAX * THREE_TIMES
    assert version(debian) == NEXT


def breaks_and_is_back(debian: Machine, crowd: Crowd, folder: Path) -> None:
    """One that is never ready, one whose migration fails on the database alone, one whose migration fails anywhere."""
    never = later(folder, AFTER, steps={**step(1, TABLE.format(name="one")), **two()}, changes=HANGS)
    upgrade = ("monodesk", "upgrade", put(debian, never), "--allow-unsigned")
    patience = {"MONODESK_LIMITS_UPGRADE_READY_SECONDS_MIN": str(PATIENCE_SECONDS)}
    with crowd.measured():
        refused = debian.run(*upgrade, check=False, environment=patience, seconds=SECONDS_MAX)
    assert (refused.returncode, "was not ready within" in refused.stderr) == (1, True), refused.stderr
    is_back(debian, refused.stderr)

    for sql, words in ((FAILS_HERE_ALONE, "CHECK constraint failed"), (FAILS, "nowhere")):
        pid = main_process(debian)
        broken = later(folder, AFTER, steps={**step(1, TABLE.format(name="one")), **two(sql)})
        with crowd.measured():
            refused = debian.run(
                "monodesk", "upgrade", put(debian, broken), "--allow-unsigned", check=False, seconds=SECONDS_MAX
            )
        assert (refused.returncode, words in refused.stderr) == (1, True), refused.stderr
        if sql is FAILS:
            assert "Nothing was changed" in refused.stderr
            assert main_process(debian) == pid, "the rehearsal found it: nobody was cut off"
        else:
            is_back(debian, refused.stderr)


def two(sql: str = TABLE.format(name="two")) -> dict[str, str]:
    return step(2, sql)


def is_back(debian: Machine, said: str) -> None:
    assert f"Everything is back at {NEXT}" in said
    assert version(debian) == NEXT
    assert [path.name for path in (debian.root / "opt/monodesk/versions").iterdir() if path.name == AFTER] == []


def goes_back_by_command(debian: Machine, crowd: Crowd, folder: Path) -> None:
    file = put(debian, later(folder, AFTER, steps=step(1, TABLE.format(name="one"))))
    debian.run("monodesk", "upgrade", file, "--allow-unsigned", seconds=SECONDS_MAX)
    assert version(debian) == AFTER
    crowd.hear_everybody()
    with crowd.measured() as gaps:
        debian.run("monodesk", "rollback", seconds=SECONDS_MAX)
    print(f"rollback: the longest silence {gaps[0]:.2f} s")
    assert gaps[0] < GAP_SECONDS_MAX * THREE_TIMES
    assert version(debian) == NEXT


def moves(first: Machine, second: Machine, crowd: Crowd) -> None:
    """The first one is stopped, so that nobody is acknowledged after the archive; the second takes its place."""
    with crowd.measured() as gaps:
        first.run("systemctl", "stop", "monodesk")
        first.run("monodesk", "backup", "/root/desk.zip", "--keys", given=f"{PASSPHRASE}\n")
        for name in ("desk.zip", f"monodesk-{NEXT}"):
            second.put(first.root / "root" / name, f"/root/{name}")
        file = f"/root/monodesk-{NEXT}"
        second.run(file, "restore", "/root/desk.zip", "--data", DATA, "--keys", given=f"{PASSPHRASE}\n")
        second.run(file, "install", *LISTEN)
        crowd.signed_out()
    print(f"moved to the second machine: the longest silence {gaps[0]:.2f} s")
    assert version(second) == NEXT
    assert second.run("find", DATA, "!", "-user", "monodesk").stdout == ""


def is_removed_and_leaves_nothing(debian: Machine, crowd: Crowd) -> None:
    """First without its data, which a new installation finds; then with them."""
    assert "stay" in debian.run("monodesk", "uninstall").stdout
    count = crowd.compare(debian.root / "var/lib/monodesk/monodesk.db")
    print(f"{count} messages acknowledged, all of them there once and in order")
    debian.run(f"/root/monodesk-{NEXT}", "install")
    assert version(debian) == NEXT
    debian.run("monodesk", "uninstall", "--purge")


def put(debian: Machine, file: Path) -> str:
    """Where the file lies in the machine; what lay there goes."""
    place = f"/root/{file.name}"
    debian.put(file, place)
    return place


def version(debian: Machine) -> str:
    """Of the server that answers, which is the installed one; a busy one is asked again."""
    deadline = time.monotonic() + SECONDS_MAX
    while not (said := debian.run("monodesk", "status", "--json", check=False).stdout):
        assert time.monotonic() < deadline, debian.journal("monodesk")
    installed = json.loads((debian.root / "opt/monodesk/install.json").read_text())["version"]
    assert (debian.root / "opt/monodesk/current").readlink().name == installed
    return str(json.loads(said)["version"])


def main_process(debian: Machine) -> str:
    return debian.run("systemctl", "show", "--property=MainPID", "--value", "monodesk").stdout.strip()


def until(true: Callable[[], object], debian: Machine) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not true():
        assert time.monotonic() < deadline, debian.journal("monodesk")
        time.sleep(0.1)
