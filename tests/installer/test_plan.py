"""From facts and what is there to steps, and what the steps do: on a real disk, with fakes of others' programs."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from app.model.errors import Conflict, Problem
from installer import layout as places
from installer import plan as planning
from installer import standing
from installer.apply import Apply
from installer.facts import Fact, Facts
from installer.layout import Layout
from installer.machine import Machine
from installer.plan import Wishes
from installer.probe import probe
from installer.programs import Programs
from installer.steps import Call, Give, Lead, Note, Plan, Step, Unpack, Write, describe
from installer.targets import systemd
from tests.journeys.appliance import ROOT

VERSION = "1.0.0"
WISHES = Wishes(version=VERSION, listen="0.0.0.0:80")
ME = "root" if os.geteuid() == 0 else os.environ.get("USER", "")


class World:
    """A prefix on a real disk, a PATH of fake programs that note how they were called, and facts about the machine."""

    def __init__(self, folder: Path, facts: Facts) -> None:
        self.folder = folder
        self.facts = facts
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.source = folder / "monodesk"
        self.source.write_text("the one file")
        self.bin.mkdir()
        for name in ("systemctl", "useradd", "userdel"):
            self.program(name)
        self.told: list[Step] = []

    @property
    def systemd(self) -> Layout:
        root = self.folder / "root"
        return Layout(
            target="systemd",
            prefix=root / "opt" / "monodesk",
            data=root / "var" / "lib" / "monodesk",
            command=root / "usr" / "local" / "bin" / "monodesk",
            unit=root / "etc" / "systemd" / "system" / "monodesk.service",
        )

    @property
    def portable(self) -> Layout:
        return places.of_portable(self.folder / "desk")

    def program(self, name: str, script: str = "") -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.calls}\n{script}\n')
        path.chmod(0o755)

    def called(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []

    @property
    def programs(self) -> Programs:
        return Programs({"PATH": f"{self.bin}:/usr/bin:/bin"})

    def look(self, layout: Layout, port: str = "") -> standing.Standing:
        paths = planning.touched(layout, self.facts)
        return standing.look(layout, VERSION, self.source, ME, paths, self.programs, port)

    def plan(self, layout: Layout, wishes: Wishes = WISHES) -> Plan:
        port = planning.firewall_port(planning.listen(layout, wishes, self.facts), self.facts)
        return planning.install(layout, wishes, self.facts, self.look(layout, port))

    def do(self, plan: Plan) -> None:
        Apply(self.programs, self.unpack, Path.touch, self.told.append).do(plan)

    def unpack(self, folder: Path) -> None:
        (folder / "_internal").mkdir(parents=True)
        (folder / "monodesk").write_text(f"from {self.source.read_text()}")


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    here = probe(Machine(environ={}), tmp_path)
    around = msgspec.structs.replace(
        here.surroundings,
        systemd_version=Fact(252, "test"),
        systemd_is_init=Fact(True, "test"),
        selinux=Fact("off", "test"),
        firewalld=Fact(False, "test"),
    )
    return msgspec.structs.replace(here, surroundings=around)


@pytest.fixture
def world(tmp_path: Path, facts: Facts, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(systemd, "USER", ME)  # who may own files here
    return World(tmp_path, facts)


def _around(facts: Facts, **changed: Fact[str] | Fact[bool] | Fact[int]) -> Facts:
    return msgspec.structs.replace(facts, surroundings=msgspec.structs.replace(facts.surroundings, **changed))


@pytest.mark.parametrize("target", ["systemd", "portable"])
def test_a_second_installation_has_nothing_to_do(world: World, target: str) -> None:
    layout: Layout = getattr(world, target)
    assert world.plan(layout).steps
    assert not layout.prefix.exists()  # a plan touches nothing

    world.do(world.plan(layout))

    assert layout.program.read_text() == "from the one file"
    assert (layout.data / "config.toml").read_text().endswith('listen = "0.0.0.0:80"\n')
    assert layout.data.stat().st_mode & 0o777 == 0o700
    assert world.plan(layout) == Plan(())


def test_what_is_missing_is_put_back_and_nothing_else_is_done(world: World) -> None:
    layout = world.systemd
    world.do(world.plan(layout))
    assert layout.command and layout.unit

    layout.command.unlink()
    assert [type(step) for step in world.plan(layout).steps[:1]] == [Lead]
    world.do(world.plan(layout))
    layout.unit.unlink()
    assert any(isinstance(step, Write) and step.path == layout.unit for step in world.plan(layout).steps)
    world.do(world.plan(layout))
    (layout.version(VERSION) / "monodesk").write_text("damaged")
    assert Unpack(layout.version(VERSION)) in world.plan(layout).steps
    world.do(world.plan(layout))

    assert layout.program.read_text() == "from the one file"
    assert world.plan(layout) == Plan(())


def test_another_build_of_the_same_version_takes_its_place(world: World) -> None:
    layout = world.portable
    world.do(world.plan(layout))
    world.source.write_text("a newer build")

    world.do(world.plan(layout))

    assert layout.program.read_text() == "from a newer build"
    assert [path.name for path in layout.versions.iterdir()] == [VERSION]
    assert world.plan(layout) == Plan(())


def test_the_administrators_configuration_is_never_written_again(world: World) -> None:
    layout = world.portable
    world.do(world.plan(layout))
    (layout.data / "config.toml").write_text('listen = "127.0.0.1:9000"\n')
    (layout.prefix / "start.sh").unlink()

    world.do(world.plan(layout))

    assert (layout.data / "config.toml").read_text() == 'listen = "127.0.0.1:9000"\n'


@pytest.mark.parametrize(
    "spoil",
    ["a strange folder at the prefix", "a strange data folder", "a unit of somebody else", "a unit changed by hand",
     "another version", "another data folder"],
)  # fmt: skip
def test_what_it_did_not_install_is_refused_and_left_alone(world: World, spoil: str) -> None:
    layout = world.systemd
    assert layout.unit
    wishes = WISHES
    if spoil == "a strange folder at the prefix":
        layout.prefix.mkdir(parents=True)
        (layout.prefix / "thesis.txt").write_text("mine")
    elif spoil == "a strange data folder":
        layout.data.mkdir(parents=True)
        (layout.data / "holiday.jpg").write_text("mine")
    elif spoil == "a unit of somebody else":
        layout.unit.parent.mkdir(parents=True)
        layout.unit.write_text("[Service]\nExecStart=/bin/true\n")
    else:
        world.do(world.plan(layout))
    if spoil == "a unit changed by hand":
        layout.unit.write_text(layout.unit.read_text() + "Nice=5\n")
    elif spoil == "another version":
        wishes = Wishes(version="2.0.0")
    elif spoil == "another data folder":
        layout = msgspec.structs.replace(layout, data=layout.data.with_name("other"))
    before = _everything(world.folder)

    with pytest.raises(Conflict):
        world.plan(layout, wishes)

    assert _everything(world.folder) == before


@pytest.mark.parametrize("failing", ["daemon-reload", "enable", "start"])
def test_a_step_that_fails_undoes_those_before_it(world: World, failing: str) -> None:
    world.program("systemctl", f'[ "$1" != {failing} ] || {{ echo "no, I will not" >&2; exit 1; }}')
    before = _everything(world.folder)
    for parent in ("usr/local/bin", "etc/systemd/system", "var/lib", "opt"):
        (world.folder / "root" / parent).mkdir(parents=True)
        before |= {str(Path("root", *Path(parent).parts[:depth])): "" for depth in range(len(Path(parent).parts) + 1)}

    with pytest.raises(Problem, match="no, I will not"):
        world.do(world.plan(world.systemd))

    assert _everything(world.folder) == before


def test_a_repair_that_fails_leaves_the_program_that_was_there(world: World) -> None:
    layout = world.systemd
    world.do(world.plan(layout))
    world.source.write_text("a newer build")
    before = _everything(layout.prefix)
    world.program("systemctl", '[ "$1" != restart ] && [ "$1" != start ]')

    with pytest.raises(Problem):
        world.do(world.plan(layout))

    assert _everything(layout.prefix) == before


@pytest.mark.parametrize("purge", [False, True])
@pytest.mark.parametrize("target", ["systemd", "portable"])
def test_uninstall_removes_what_was_installed_and_nothing_else(world: World, target: str, purge: bool) -> None:
    layout: Layout = getattr(world, target)
    parents = [
        layout.prefix.parent,
        layout.data.parent,
        *(path.parent for path in (layout.command, layout.unit) if path),
    ]
    if target == "systemd":
        for parent in parents:
            parent.mkdir(parents=True, exist_ok=True)
    before = _everything(world.folder)
    world.do(world.plan(layout))
    (layout.data / "monodesk.db").write_text("kept")
    record = places.read(layout.prefix)
    assert record

    world.do(planning.uninstall(layout, record, purge=purge))

    left = {path: what for path, what in _everything(world.folder).items() if path not in before}
    kept = {str(path.relative_to(world.folder)) for path in (layout.data, layout.data / "monodesk.db")}
    kept |= {str((layout.data / "config.toml").relative_to(world.folder))}
    kept |= {str(layout.prefix.relative_to(world.folder))} if target == "portable" else set()
    assert set(left) == (set() if purge else kept)
    assert ("userdel" in " ".join(world.called())) == (purge and target == "systemd")


def test_a_service_that_cannot_be_stopped_keeps_its_program(world: World) -> None:
    layout = world.systemd
    world.do(world.plan(layout))
    before = _everything(layout.prefix)
    world.program(
        "systemctl",
        'case "$*" in show*) echo active ;; stop*) echo "Access denied" >&2; exit 4 ;; disable*) exit 4 ;; esac',
    )
    done = subprocess.run(
        [sys.executable, "-m", "app", "uninstall", "--purge", "--prefix", layout.prefix],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{world.bin}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "systemctl stop monodesk.service" in done.stderr and "Access denied" in done.stderr
    assert _everything(layout.prefix) == before
    assert not [call for call in world.called() if "userdel" in call]


def test_data_of_an_installation_before_are_given_to_the_server(world: World) -> None:
    layout = world.systemd
    layout.data.mkdir(parents=True)
    (layout.data / "monodesk.db").write_text("kept")
    found = msgspec.structs.replace(world.look(layout), owner="somebody")

    assert Give(layout.data, ME) in planning.install(layout, WISHES, world.facts, found).steps


def test_selinux_and_firewalld_are_told_where_they_are(world: World) -> None:
    world.facts = _around(world.facts, selinux=Fact("enforcing", "test"), firewalld=Fact(True, "test"))
    for name in ("semanage", "restorecon"):
        world.program(name)
    world.program("firewall-cmd", 'case "$*" in *--query-port*) echo no; exit 1;; esac')
    layout = world.systemd

    world.do(world.plan(layout))

    called = world.called()
    pattern = f"{layout.versions}/[^/]+/monodesk"
    assert f"semanage fcontext --add --type bin_t {pattern}" in called
    assert called.index(f"restorecon -R {layout.prefix}") < called.index("systemctl start monodesk.service")
    assert "firewall-cmd --permanent --add-port=80/tcp" in called
    assert "firewall-cmd --reload" in called

    record = places.read(layout.prefix)
    assert record
    world.do(planning.uninstall(layout, record, purge=False))
    assert f"semanage fcontext --delete {pattern}" in world.called()
    assert "firewall-cmd --permanent --remove-port=80/tcp" in world.called()


def test_without_semanage_the_label_is_set_once(world: World) -> None:
    world.facts = _around(world.facts, selinux=Fact("permissive", "test"))
    world.program("chcon")
    world.do(world.plan(world.systemd))

    assert f"chcon -t bin_t {world.systemd.program}" in world.called()


def test_a_port_of_this_machine_alone_opens_nothing(world: World) -> None:
    world.facts = _around(world.facts, firewalld=Fact(True, "test"))
    plan = world.plan(world.systemd, Wishes(version=VERSION, listen="127.0.0.1:8080"))

    assert not [step for step in plan.steps if isinstance(step, Call) and step.command[0] == "firewall-cmd"]


def test_every_step_is_worded_in_both_languages(world: World) -> None:
    there = world.plan(world.systemd).steps
    note = there[-1]
    assert isinstance(note, Note)
    for step in (*there, *planning.uninstall(world.systemd, note.record, purge=True).steps):
        words = describe(step)
        assert words.en and words.zh
        assert isinstance(step, Call) or words.en != words.zh


def test_an_older_systemd_gets_only_what_it_knows(world: World) -> None:
    def unit(version: int) -> str:
        return systemd.unit(world.systemd, version, 65_536)

    assert "ProtectProc=" in unit(247)
    assert "ProtectProc=" not in unit(246)
    assert "ProtectClock=" not in unit(244)
    assert set(unit(240).splitlines()) < set(unit(252).splitlines())
    assert "Type=notify-reload\n" in unit(253)
    assert "ExecReload=" not in unit(253)
    assert "kill -HUP $MAINPID" in unit(252)
    assert "ProtectHome=yes" in unit(252)


def test_a_child_gets_none_of_our_libraries(world: World) -> None:
    world.program("useradd", f"env > {world.folder / 'seen'}")
    environment: Mapping[str, str] = {
        "PATH": f"{world.bin}:/usr/bin:/bin",
        "LD_LIBRARY_PATH": "/tmp/_MEI1",
        "LD_LIBRARY_PATH_ORIG": "/opt/own",
        "_PYI_ARCHIVE_FILE": "/root/monodesk",
    }
    Programs({name: value for name, value in environment.items() if name != "LD_LIBRARY_PATH_ORIG"}).run("useradd")
    assert "LD_LIBRARY_PATH" not in (world.folder / "seen").read_text()

    Programs(environment).run("useradd")
    seen = (world.folder / "seen").read_text()
    assert "LD_LIBRARY_PATH=/opt/own" in seen
    assert "_MEI1" not in seen and "_PYI" not in seen


def test_the_start_script_finds_its_own_folder(world: World) -> None:
    layout = world.portable
    world.do(world.plan(layout))
    layout.program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    layout.program.chmod(0o755)
    moved = world.folder / "a place with spaces"
    layout.prefix.rename(moved)

    said = subprocess.run([moved / "start.sh", "--demo"], capture_output=True, text=True, check=True, cwd="/").stdout

    assert said.splitlines() == ["serve", "--data", f"{moved}/data", "--demo"]


def _everything(folder: Path) -> dict[str, str]:
    """Each path below a folder with its text or target, without the notes of the fake programs."""
    return {
        str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else _text(path)
        for path in folder.rglob("*")
        if path != folder / "calls"
    }


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
