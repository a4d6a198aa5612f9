"""Upgrades under a real systemd: by the unit, not by a process of ours. The program is this source over this Python."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.storage.migrations import migrations
from installer import layout
from installer.bundle.chroot import tree
from installer.targets import systemd
from tests.installer import killed
from tests.installer.installation import Visitor
from tests.installer.source_files import write_file, write_tree
from tests.journeys.appliance import Appliance
from tests.machines.machine import Machine
from tests.storage.mounts import mounted

pytestmark = pytest.mark.full

PORT = 8_080
PYTHON = "/opt/environment/bin/python"  # this environment, as the machine sees it
SYSTEMD = 252  # bookworm's
DROP_IN = f"""
[Service]
Environment=MONODESK_DEMO=true MONODESK_LISTEN=127.0.0.1:{PORT}
# this Python lies where nobody else may look
User=root
Group=root
ProtectHome=no
"""
MIGRATES = 'if [ "$1" = serve ]; then "$0" rehearse --data "$3" >&2; echo "monodesk: migrated" >&2; exit 3; fi'
SWITCHED = "1:subprocess.Popen systemctl systemctl start"  # `current` leads to it, and nobody has started it
SECONDS_MAX = 300.0  # against hanging
DIES = 'if [ "$1" = serve ]; then echo "monodesk: no luck today" >&2; exit 3; fi'
STEP = {f"{len(migrations()) + 1:04}_tomorrow.sql": "CREATE TABLE tomorrow (x INTEGER);\n"}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A Debian with 1.0.0 installed as its unit; this Python and what it imports are there."""
    base = Path(sys.base_prefix).resolve()
    own = base != Path("/usr")  # a Python of Debian's is the machine's as well
    packages = ("systemd", "systemd-sysv", "dbus", *(() if own else ("python3",)))
    made = Machine(tree("bookworm", *packages), tmp_path / "machine")
    try:
        with ExitStack() as mounts:
            places = {Path(sys.prefix).resolve(): Path(PYTHON).parent.parent, **({base: base} if own else {})}
            for path, place in places.items():
                at = made.root / place.relative_to("/")
                at.mkdir(parents=True, exist_ok=True)
                mounts.enter_context(mounted(at, "--bind", str(path)))
            install(made)
            made.boot()
            made.run("systemctl", "start", "monodesk")
            yield made
            made.stop()
    finally:
        made.remove()


def install(made: Machine) -> None:
    within = layout.of_systemd()
    here = layout.of_systemd(made.root / "opt/monodesk", made.root / "var/lib/monodesk")
    write_tree(here.version("1.0.0"), "1.0.0", python=PYTHON)
    layout.point(here, "1.0.0")
    unit = made.root / "etc/systemd/system/monodesk.service"
    unit.write_text(systemd.unit(within, SYSTEMD, 65_536))
    unit.with_name("monodesk.service.d").mkdir()
    (unit.with_name("monodesk.service.d") / "test.conf").write_text(DROP_IN)
    record = layout.Record(
        target="systemd",
        version="1.0.0",
        data=str(within.data),
        source="",
        unit=str(within.unit),
        command="",
        files={str(within.unit): layout.digest(unit)},
    )
    layout.write(here.prefix, record)
    here.data.mkdir(parents=True, mode=0o700)
    wanted = made.root / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    (wanted / "monodesk.service").symlink_to("../monodesk.service")


def cut_off(made: Machine, file: Path) -> None:
    """An upgrade in whose middle the power fails."""
    shutil.copyfile(Path(killed.__file__), made.root / "root/killed.py")
    words = ("upgrade", f"/{file.relative_to(made.root)}", "--allow-unsigned")
    own = {"PYTHONPATH": "/opt/monodesk/current/_internal"}
    ended = made.run(PYTHON, "-P", "/root/killed.py", SWITCHED, "/root/steps", *words, environment=own, check=False)
    assert ended.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), ended.stderr
    made.cut()


def comes_up(made: Machine, expected: str) -> None:
    """By itself: nothing is said to it but the question how it is."""
    made.boot()
    deadline = time.monotonic() + SECONDS_MAX
    while (made.root / "opt/monodesk/healer").is_symlink() or version(made) != expected:
        assert time.monotonic() < deadline, made.journal("monodesk")
        time.sleep(0.2)
    assert f'"version": "{expected}"' in (made.root / "opt/monodesk/install.json").read_text()


def upgrade(made: Machine, file: Path) -> "subprocess.CompletedProcess[str]":
    inside = f"/{file.relative_to(made.root)}"
    return made.run("/opt/monodesk/current/monodesk", "upgrade", inside, "--allow-unsigned", check=False)


def named(name: str) -> dict[str, tuple[str, str]]:
    """A version whose unit is called so."""
    return {"installer/targets/systemd.py": ("Description=Monodesk customer service", f"Description=the {name} desk")}


def described(made: Machine) -> str:
    """What systemd calls the unit, and that it has read what stands on the disk."""
    shown = made.run("systemctl", "show", "--property=Description,NeedDaemonReload", "--value", "monodesk").stdout
    description, stale = sorted(shown.split("\n")[:2], key=len, reverse=True)
    assert stale == "no"
    return description


def version(made: Machine) -> str:
    """Of the server that answers; empty where none does."""
    status = ("/opt/monodesk/current/monodesk", "status", "--json", "--data", "/var/lib/monodesk")
    told = json.loads(made.run(*status, check=False).stdout or "{}")
    return str(told["version"]) if told.get("running") else ""


def written_meanwhile(made: Machine, file: Path) -> "tuple[Visitor, subprocess.CompletedProcess[str]]":
    """A visitor of the machine's own network writes while it is upgraded."""

    def there() -> "tuple[Visitor, subprocess.CompletedProcess[str]]":
        server = Appliance(made.root / "var/lib/monodesk", port=PORT)
        with Visitor(server) as visitor:
            return visitor, upgrade(made, file)

    return made.inside(there)


def stored(made: Machine) -> set[str]:
    script = (
        "import sys; from app.storage.library import install; install(); import sqlite3\n"
        "rows = sqlite3.connect('/var/lib/monodesk/monodesk.db').execute('SELECT text FROM messages')\n"
        "print(*(text for (text,) in rows), sep='\\x1e')"
    )
    here = {"PYTHONPATH": "/opt/monodesk/current/_internal"}
    return set(made.run(PYTHON, "-P", "-c", script, environment=here).stdout.strip("\n").split("\x1e"))


def test_an_upgrade_one_that_breaks_and_the_way_back_by_the_unit(machine: Machine) -> None:
    good = write_file(machine.root / "root/good", "1.1.0", steps=STEP, changes=named("newer"), python=PYTHON)
    bad = write_file(
        machine.root / "root/bad", "1.2.0", steps=STEP, changes=named("newest"), before=DIES, python=PYTHON
    )
    for file in (good, bad):  # the tree's place as the machine sees it
        file.write_text(file.read_text().replace(str(machine.root), ""))
    visitor, done = written_meanwhile(machine, good)
    assert done.returncode == 0, done.stderr
    assert version(machine) == "1.1.0"
    assert machine.run("systemctl", "is-active", "monodesk").stdout == "active\n"
    assert set(visitor.acknowledged) <= stored(machine)
    assert described(machine) == "the newer desk", "the unit is the new version's"

    visitor, refused = written_meanwhile(machine, bad)
    assert refused.returncode == 1
    assert "no luck today" in refused.stderr and "Everything is back at 1.1.0" in refused.stderr
    assert version(machine) == "1.1.0"
    assert machine.run("systemctl", "is-active", "monodesk").stdout == "active\n"
    assert set(visitor.acknowledged) <= stored(machine)

    assert described(machine) == "the newer desk"

    machine.reboot()
    assert version(machine) == "1.1.0"
    assert machine.run("/opt/monodesk/current/monodesk", "rollback", "--discard").returncode == 0
    assert described(machine) == "Monodesk customer service"


def test_the_power_fails_in_the_middle_and_the_machine_comes_up_by_itself(machine: Machine) -> None:
    bad = write_file(machine.root / "root/bad", "1.1.0", steps=STEP, before=MIGRATES, python=PYTHON)
    good = write_file(machine.root / "root/good", "1.2.0", steps=STEP, python=PYTHON)
    for file in (good, bad):
        file.write_text(file.read_text().replace(str(machine.root), ""))

    def written() -> Visitor:
        with Visitor(Appliance(machine.root / "var/lib/monodesk", port=PORT)) as visitor:
            return visitor

    visitor = machine.inside(written)
    cut_off(machine, bad)
    comes_up(machine, "1.0.0")
    assert "Going back to 1.0.0" in machine.journal("monodesk")
    assert set(visitor.acknowledged) <= stored(machine)

    visitor = machine.inside(written)
    cut_off(machine, good)
    comes_up(machine, "1.2.0")
    assert set(visitor.acknowledged) <= stored(machine)
    assert machine.inside(written).acknowledged
