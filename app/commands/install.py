"""`monodesk install` and `monodesk uninstall`: the file onto this machine, and what was installed off it again."""

import argparse
import fcntl
import itertools
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from app import __version__
from app.commands.voice import OK, Voice
from app.folder import Folder
from app.model.errors import Conflict, Forbidden, Problem, Unavailable
from app.settings import load
from installer import layout as places
from installer import plan as planning
from installer import renewal as renewing
from installer import standing, tree
from installer.apply import Apply
from installer.facts import Facts
from installer.layout import Layout
from installer.machine import Machine
from installer.probe import probe
from installer.programs import Programs
from installer.service import SystemdService
from installer.steps import Plan, Step, describe
from installer.targets import docker, systemd


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Install, or with `--dry-run` say what that would do; nothing where it is installed already."""
    if options.listen or options.public_url:
        load({"listen": options.listen, "public_url": options.public_url}, {})
    if options.target in ("docker", "kubernetes"):
        return _export(options, voice)
    facts = probe(Machine(environ=os.environ), options.data or Path("/"))
    layout = _layout(options, facts)
    if not options.dry_run:
        _demand_right(layout, facts)
        _demand_program()
    programs = Programs(os.environ)
    wishes = planning.Wishes(version=__version__, listen=options.listen or "", public_url=options.public_url or "")
    found = standing.look(
        layout,
        __version__,
        Path(sys.executable),
        systemd.USER,
        planning.touched(layout, facts),
        programs,
        planning.firewall_port(planning.listen(layout, wishes, facts), facts),
    )
    if found.record is not None and places.prefix_of(Path(sys.executable)) == layout.prefix:
        # the installed program itself: it came from what the record names, and is not replaced under its own feet
        found = msgspec.structs.replace(found, source=found.record.source)
    return _carry_out(planning.install(layout, wishes, facts, found), programs, options, voice)


def renew(options: argparse.Namespace, voice: Voice) -> int:
    """Called by an upgrade and by the way back: what was written beside the programs, as this version writes it."""
    layout, record = places.find(options.prefix)
    facts = probe(Machine(environ=os.environ), layout.data)
    paths = [*planning.files(layout, facts), *map(Path, record.files)]
    folders = frozenset(str(one) for path in paths for one in path.parents if one.is_dir())
    renewal = planning.renewal(layout, record, facts, renewing.found(paths), folders)
    if not options.dry_run:
        Apply(Programs(os.environ), tree.unpack, _pack, lambda step: None).do(Plan(renewal.steps))
        places.write(layout.prefix, renewal.record)
    print(msgspec.json.encode(renewing.Renewed(len(renewal.steps), renewal.left_alone)).decode())
    return OK


def _export(options: argparse.Namespace, voice: Voice) -> int:
    """Write what another machine starts; the image is made once to see whether the one that lies there is the same."""
    folder: Path = options.prefix.absolute() if options.prefix else Path.cwd() / f"monodesk-{options.target}"
    wishes = planning.Wishes(version=__version__, public_url=options.public_url or "")
    if options.target == "docker" and not options.dry_run:
        _demand_program()
    digests = {str(one): "" for one in (folder, *folder.parents) if one.is_dir()}
    digests |= {str(path): places.digest(path) for path in folder.glob("*") if path.is_file()}
    image = ""
    if options.target == "docker" and not options.dry_run and list(folder.glob("*.oci.tar")):
        with tempfile.TemporaryDirectory(dir=folder) as beside:
            _pack(Path(beside) / "image")
            image = places.digest(Path(beside) / "image")
    plan = planning.export(folder, options.target, wishes, digests, image)
    return _carry_out(plan, Programs(os.environ), options, voice)


def _pack(path: Path) -> None:
    """The image of the running program."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".tree.") as beside:
        tree.unpack(Path(beside) / "tree")
        docker.write_image(Path(beside) / "tree", __version__, path)


def remove(options: argparse.Namespace, voice: Voice) -> int:
    """Remove what was installed; the data stay unless `--purge`."""
    layout, record = places.find(options.prefix)
    if not options.dry_run and not os.access(layout.prefix, os.W_OK):
        raise _not_allowed(f"monodesk uninstall --prefix {layout.prefix}")
    runs = _runs(layout)
    if not runs:
        _demand_stopped(layout)
    plan = planning.uninstall(layout, record, purge=options.purge, runs=runs)
    return _carry_out(plan, Programs(os.environ), options, voice)


def _carry_out(plan: Plan, programs: Programs, options: argparse.Namespace, voice: Voice) -> int:
    """Do a plan, or tell it; for machines as one JSON value, in both languages."""

    def tell(step: Step) -> None:
        words = describe(step)
        if not options.json:
            voice.say(f"- {words.en}", f"- {words.zh}")

    if options.dry_run:
        for step in plan.steps:
            tell(step)
    else:
        with voice.progress("steps", quiet=options.json) as progress:
            count = itertools.count(1)

            def tell_and_count(step: Step) -> None:
                tell(step)
                progress.reach(next(count), len(plan.steps))

            Apply(programs, tree.unpack, _pack, tell_and_count).do(plan)
    if options.json:
        print(msgspec.json.encode(_told(plan, done=not options.dry_run)).decode())
        return OK
    if not plan.steps:
        voice.say("Nothing to do: it is installed as it should be.", "无需操作：已按要求安装。")
    elif options.dry_run:
        voice.say("Nothing was changed (--dry-run).", "未做任何更改（--dry-run）。")
    else:
        for words in plan.next_steps:
            voice.say(words.en, words.zh)
    return OK


def _told(plan: Plan, *, done: bool) -> dict[str, object]:
    steps = [{"step": type(step).__struct_config__.tag, **msgspec.to_builtins(describe(step))} for step in plan.steps]
    return {"done": done, "steps": steps, "next_steps": [msgspec.to_builtins(words) for words in plan.next_steps]}


def _layout(options: argparse.Namespace, facts: Facts) -> Layout:
    """Where it goes: under systemd for who may, else into a folder of the user's own."""
    by_systemd = facts.surroundings.systemd_is_init.value is True
    target = options.target or ("systemd" if by_systemd and os.geteuid() == 0 else "portable")
    prefix = options.prefix.absolute() if options.prefix else None
    data = options.data.absolute() if options.data else None
    if target == "systemd":
        return places.of_systemd(prefix, data)
    return places.of_portable(prefix or Path.home() / "monodesk", data, _unit_of_user(os.environ))


def _unit_of_user(environ: "os._Environ[str]") -> Path | None:
    """Where the user's own systemd would find a unit; None where none of his runs, and for root."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.geteuid() == 0 or not runtime or not (Path(runtime) / "systemd" / "private").exists():
        return None
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "systemd" / "user" / "monodesk.service"


def _demand_right(layout: Layout, facts: Facts) -> None:
    if layout.target != "systemd":
        return
    if facts.surroundings.systemd_is_init.value is not True:
        raise Unavailable(
            "no_systemd",
            "systemd does not run this machine. Use another --target: portable, docker or kubernetes.",
            "本机不由 systemd 管理。请使用其他 --target：portable、docker 或 kubernetes。",
        )
    if os.geteuid() != 0:
        raise _not_allowed("monodesk install --target systemd")


def _demand_program() -> None:
    if not getattr(sys, "frozen", False):
        raise Unavailable(
            "not_the_one_file",
            "Source cannot be installed. Build the one file with `make binary`, then run dist/monodesk install.",
            "源码无法安装。请先用 `make binary` 构建单文件程序，再运行 dist/monodesk install。",
        )


def _runs(layout: Layout) -> bool:
    """Whether systemd runs it; where there is none, nobody does by it."""
    if layout.unit is None:
        return False
    try:
        return SystemdService(layout.unit.name, user=layout.target == "portable").running()
    except (Problem, OSError):
        return False


def _demand_stopped(layout: Layout) -> None:
    """A server that somebody started by hand would lose its program under its feet."""
    lock = Folder(layout.data).lock
    if not lock.exists():
        return
    with lock.open("r") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = file.read(32).strip()
            raise Conflict(
                "still_served",
                f"Process {pid} still serves {layout.data}. Stop it first: kill {pid}",
                f"进程 {pid} 仍在使用 {layout.data}。请先停止：kill {pid}",
            ) from error


def _not_allowed(command: str) -> Forbidden:
    return Forbidden(
        "root_needed",
        f"Only root may do this. Try: sudo {command}   (or without any right: --target portable)",
        f"此操作需要 root 权限。请执行：sudo {command}（或无需权限：--target portable）",
    )
