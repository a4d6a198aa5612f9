"""What an installation or its removal has to do: pure, from facts, wishes and what is there already to steps.

A second installation of the same file has nothing to do: every file, link and folder is compared first.
"""

import shlex
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from app.model.errors import Conflict
from app.settings import host_and_port
from installer import layout as places
from installer.facts import Facts, Words
from installer.layout import Layout, Record
from installer.renewal import Renewal, renew
from installer.standing import Standing
from installer.steps import (
    Call,
    Give,
    Lead,
    MakeFolder,
    MakeUser,
    Note,
    Pack,
    Plan,
    Remove,
    RemoveEmpty,
    Step,
    Unpack,
    Write,
)
from installer.targets import docker, kubernetes, portable, systemd

_LISTEN_EVERYWHERE = "0.0.0.0"  # noqa: S104  # nosec B104 - what a server that is installed for a network listens on
_PROGRAM_TYPE = "bin_t"
_DESCRIPTORS_MAX = 65_536
_LEFT_BY_UPGRADES = (places.HEALER, *places.DRAFTS, "versions", "incoming", "upgrade.json", ".upgrade.lock")
_RELOAD_FIREWALL = Call(("firewall-cmd", "--reload"), Words("have firewalld apply it", "让 firewalld 生效"))


class Wishes(Struct, frozen=True, kw_only=True):
    """What was asked for. `listen` and `public_url` empty: as it fits the machine."""

    version: str
    listen: str = ""
    public_url: str = ""


def listen(layout: Layout, wishes: Wishes, facts: Facts) -> str:
    """HOST:PORT for a new installation: port 80 where a service of the machine may have it, else 8080."""
    if wishes.listen:
        return wishes.listen
    if layout.target == "portable":
        return ""
    free = {port.number for port in facts.surroundings.ports if port.free.value}
    return f"{_LISTEN_EVERYWHERE}:{80 if 80 in free else 8080}"


def firewall_port(address: str, facts: Facts) -> str:
    """The port that firewalld has to open, as it names it; empty where it does not run or nobody comes from outside."""
    if not address or not facts.surroundings.firewalld.value:
        return ""
    host, port = host_and_port(address)
    return "" if host in ("127.0.0.1", "::1", "localhost") else f"{port}/tcp"


def files(layout: Layout, facts: Facts) -> dict[Path, str]:
    """The files that are written beside the program, and what they say; the data folder's own are not among them."""
    around = facts.surroundings
    version, descriptors = around.systemd_version.value or 0, _descriptors(facts)
    if layout.target == "systemd":
        assert layout.unit is not None
        unit = {layout.unit: systemd.unit(layout, version, descriptors)}
        return {**unit, layout.completion: systemd.completion(layout)} if layout.completion else unit
    found = {layout.prefix / portable.SCRIPT: portable.script(layout)}
    return {**found, layout.unit: systemd.user_unit(layout, version, descriptors)} if layout.unit else found


def touched(layout: Layout, facts: Facts) -> list[Path]:
    """Every file and link that an installation looks at before it decides."""
    links = [path for path in (layout.current, layout.command) if path]
    return [*files(layout, facts), layout.data / "config.toml", *links]


def install(layout: Layout, wishes: Wishes, facts: Facts, standing: Standing) -> Plan:
    """The steps from what is there to an installation; none where it is there already. Raises `Conflict`."""
    _check(layout, wishes, standing)
    address = listen(layout, wishes, facts)
    port = "" if _configured(standing, layout) else firewall_port(address, facts)
    written = files(layout, facts)
    record = _record(layout, wishes, facts, standing, written, port)
    steps: list[Step] = [*_folders(layout, standing), *_program(layout, wishes, standing)]
    program_changes = any(isinstance(step, Unpack) for step in steps)
    steps += _configuration(layout, standing, wishes, address)
    steps += _writes(layout, standing, written)
    steps += _security(layout, facts, standing, port, program_changes)
    steps += _service(layout, standing, any(isinstance(step, Unpack | Write | Lead) for step in steps))
    if not steps and standing.record == record:
        return Plan(())
    return Plan((*steps, Note(layout.prefix, record)), _next(layout, address))


def renewal(layout: Layout, record: Record, facts: Facts, found: dict[str, str], folders: frozenset[str]) -> Renewal:
    """From what an earlier or later version wrote to what this one writes; see `renewal`."""
    after = [] if layout.unit is None else [_systemctl(layout, "daemon-reload")]
    renewed = renew(record, files(layout, facts), found, folders, tuple(after))
    if not record.label:
        return renewed
    words = Words(f"label {layout.prefix} for SELinux", f"为 {layout.prefix} 设置 SELinux 标签")
    label = Call(("restorecon", "-R", str(layout.prefix)), words, needed=False)
    return msgspec.structs.replace(renewed, steps=(*renewed.steps, label))


def export(folder: Path, target: str, wishes: Wishes, digests: dict[str, str], image: str = "") -> Plan:
    """What to carry to another machine, into `folder`: an image and a compose file, or a manifest.

    `digests` are those of the files that lie there, by path; `image` is the digest that the image would have.
    """
    steps: list[Step] = [
        MakeFolder(one, 0o755) for one in reversed((folder, *folder.parents)) if str(one) not in digests
    ]
    if target == "docker":
        path, name = folder / f"monodesk-{wishes.version}.oci.tar", "compose.yaml"
        text = docker.compose(wishes.version, wishes.public_url)
        steps += [] if image and digests.get(str(path)) == image else [Pack(path)]
        hint = f"docker load --input {path} && docker compose --file {folder / name} up --detach"
    else:
        name, text = "monodesk.yaml", kubernetes.manifest(wishes.version, wishes.public_url)
        hint = f"kubectl apply --filename {folder / name}"
    if digests.get(str(folder / name)) != _digest(text):
        steps += [Write(folder / name, text, 0o644)]
    return Plan(tuple(steps), (Words(f"Next: {hint}", f"下一步：{hint}"),))


def uninstall(layout: Layout, record: Record, *, purge: bool, runs: bool = False) -> Plan:
    """The steps back: what the record names and nothing else; the record goes last, so that it can be tried again.

    Where it `runs` it is stopped first, and what cannot be stopped keeps all of it: its program is not taken from it.
    """
    stopped: list[Step] = []
    if runs and layout.unit is not None:
        stopped = [_systemctl(layout, "stop", layout.unit.name)]
    steps: list[Step] = []
    if layout.unit is not None:
        steps += [_systemctl(layout, "disable", "--now", layout.unit.name), Remove(layout.unit)]
        steps += [_systemctl(layout, "daemon-reload")]
    if record.port:
        steps += [_firewall("--remove-port", record.port), _RELOAD_FIREWALL]
    if record.label:
        words = Words("forget the SELinux label of the program", "删除程序的 SELinux 标签规则")
        steps += [Call(("semanage", "fcontext", "--delete", record.label), words)]
    ours = {str(layout.unit), str(places.file_of(layout.prefix))}
    steps += [Remove(Path(path)) for path in sorted({*record.links, *record.files} - ours)]
    steps += [Remove(layout.prefix / name) for name in _LEFT_BY_UPGRADES]
    if purge:
        steps += [Remove(layout.data)]
        steps += [_remove_user(record.user)] if record.user else []
    steps += [Remove(places.file_of(layout.prefix))]
    steps += [RemoveEmpty(Path(folder)) for folder in reversed(record.folders)]
    return Plan((*stopped, *map(_if_possible, steps)), () if purge else (_kept(layout, record),))


def _if_possible(step: Step) -> Step:
    """On the way out a program that fails (its service is gone already) keeps nothing else from being removed."""
    return msgspec.structs.replace(step, needed=False) if isinstance(step, Call) else step


def _check(layout: Layout, wishes: Wishes, standing: Standing) -> None:
    record = standing.record
    if standing.strange:
        names = ", ".join(standing.strange)
        raise Conflict(
            "in_the_way",
            f"{names}: there is something already that was not installed by Monodesk. Move it away, or name other "
            "folders with --prefix and --data.",
            f"{names}：该位置已有并非由 Monodesk 安装的内容。请先移走，或用 --prefix 和 --data 指定其他目录。",
        )
    if record is None:
        return
    if record.version != wishes.version:
        raise Conflict(
            "other_version_installed",
            f"Version {record.version} is installed in {layout.prefix}, this file is {wishes.version}. "
            "Use: monodesk upgrade FILE",
            f"{layout.prefix} 中已安装版本 {record.version}，本文件为 {wishes.version}。请使用：monodesk upgrade FILE",
        )
    if record.layout(layout.prefix) != layout:
        raise Conflict(
            "installed_otherwise",
            f"{layout.prefix} holds an installation for {record.target} with its data in {record.data}. Uninstall it "
            "first (its data stay), or name another --prefix.",
            f"{layout.prefix} 中已有 {record.target} 安装，数据位于 {record.data}。"
            "请先卸载（数据会保留），或指定其他 --prefix。",
        )
    changed = [path for path, digest in standing.files.items() if record.files.get(path, digest) != digest]
    if changed:
        names = ", ".join(changed)
        raise Conflict(
            "changed_by_hand",
            f"{names} was changed since it was installed. Keep your changes elsewhere (for the unit: systemctl edit "
            "monodesk), remove it and install again.",
            f"{names} 在安装后被修改过。请将改动保存到其他位置（服务单元请用 systemctl edit monodesk），"
            "删除该文件后重新安装。",
        )


def _configured(standing: Standing, layout: Layout) -> bool:
    return str(layout.data / "config.toml") in standing.files


def _folders(layout: Layout, standing: Standing) -> list[Step]:
    steps: list[Step] = []
    if layout.target == "systemd" and not standing.user:
        steps += [MakeUser(systemd.USER, layout.data)]
    steps += [MakeFolder(Path(path), 0o755) for path in _missing(layout, standing) if Path(path) != layout.data]
    owner = systemd.USER if layout.target == "systemd" else ""
    if str(layout.data) not in standing.folders:
        steps += [MakeFolder(layout.data, 0o700, owner)]
    elif owner and standing.owner != owner:
        steps += [Give(layout.data, owner)]
    return steps


def _missing(layout: Layout, standing: Standing) -> list[str]:
    """Every folder that has to be made, the outermost first."""
    ends = [layout.versions, layout.data, *(path.parent for path in layout.outside)]
    wanted = {str(folder) for end in ends for folder in (end, *end.parents)}
    return sorted(wanted - standing.folders, key=lambda path: (len(Path(path).parts), path))


def _program(layout: Layout, wishes: Wishes, standing: Standing) -> list[Step]:
    """The tree where it is not there as it was unpacked from this very file, and the links to it."""
    record = standing.record
    steps: list[Step] = []
    if (
        record is None
        or record.source != standing.source
        or not standing.tree
        or record.tree not in ({}, standing.tree)
    ):
        steps += [Unpack(layout.version(wishes.version))]
    if standing.current != wishes.version:
        steps += [Lead(layout.current, f"versions/{wishes.version}")]
    if layout.command and standing.links.get(str(layout.command)) != str(layout.program):
        steps += [Lead(layout.command, str(layout.program))]
    return steps


def _configuration(layout: Layout, standing: Standing, wishes: Wishes, address: str) -> list[Step]:
    """`config.toml`, once: afterwards it is the administrator's."""
    if _configured(standing, layout):
        return []
    lines = [f'listen = "{address}"'] if address else []
    lines += [f'public_url = "{wishes.public_url}"'] if wishes.public_url else []
    owner = systemd.USER if layout.target == "systemd" else ""
    text = "# Monodesk: every key is explained in the manual, at /docs\n" + "".join(f"{line}\n" for line in lines)
    return [Write(layout.data / "config.toml", text, 0o600, owner)]


def _writes(layout: Layout, standing: Standing, written: dict[Path, str]) -> list[Step]:
    return [
        Write(path, text, 0o755 if path.name == portable.SCRIPT else 0o644)
        for path, text in written.items()
        if standing.files.get(str(path)) != _digest(text)
    ]


def _security(layout: Layout, facts: Facts, standing: Standing, port: str, program_changes: bool) -> list[Step]:
    if layout.target != "systemd":
        return []
    steps = _labelled(layout, standing) if _has_selinux(facts) and program_changes else []
    if port and not standing.port_open:
        steps += [_firewall("--add-port", port), _RELOAD_FIREWALL]
    return steps


def _labelled(layout: Layout, standing: Standing) -> list[Step]:
    """SELinux lets a service start what is a program: taught for good where semanage is there, else set once."""
    pattern, label = (
        _label(layout),
        Words(f"label {layout.prefix} for SELinux", f"为 {layout.prefix} 设置 SELinux 标签"),
    )
    if not standing.semanage:
        return [Call(("chcon", "-t", _PROGRAM_TYPE, str(layout.program)), label)]
    steps: list[Step] = []
    if standing.record is None or not standing.record.label:
        words = Words("teach SELinux that the program is one", "为程序登记 SELinux 标签")
        back = ("semanage", "fcontext", "--delete", pattern)
        steps += [Call(("semanage", "fcontext", "--add", "--type", _PROGRAM_TYPE, pattern), words, back)]
    return [*steps, Call(("restorecon", "-R", str(layout.prefix)), label)]


def _service(layout: Layout, standing: Standing, changed: bool) -> list[Step]:
    """Under systemd it runs at the end, and runs again what has changed; readiness is awaited (Type=notify)."""
    if layout.unit is None:
        return []
    steps: list[Step] = [_systemctl(layout, "daemon-reload")] if changed else []
    if not standing.enabled:
        steps += [_systemctl(layout, "enable", layout.unit.name)]
    if changed or not standing.active:
        verb = "restart" if standing.active else "start"
        steps += [_systemctl(layout, verb, layout.unit.name)]
    return steps


def _record(
    layout: Layout, wishes: Wishes, facts: Facts, standing: Standing, written: dict[Path, str], port: str
) -> Record:
    """What will be there: an earlier record's folders, user and way back are kept."""
    before = standing.record
    links = {str(layout.current): f"versions/{wishes.version}"}
    if layout.command:
        links[str(layout.command)] = str(layout.program)
    same = before is not None and before.source == standing.source
    return Record(
        target=layout.target,
        version=wishes.version,
        data=str(layout.data),
        source=standing.source,
        previous=before.previous if before else "",
        command=str(layout.command or ""),
        unit=str(layout.unit or ""),
        user=systemd.USER if layout.target == "systemd" else "",
        port=port or (before.port if before else ""),
        label=_label(layout) if layout.target == "systemd" and _has_selinux(facts) and standing.semanage else "",
        files={str(path): _digest(text) for path, text in written.items()},
        links=links,
        folders=[*(before.folders if before else []), *_missing(layout, standing)],
        tree=standing.tree if before is None or same else {},
    )


def _has_selinux(facts: Facts) -> bool:
    return facts.surroundings.selinux.value in ("enforcing", "permissive")


def _label(layout: Layout) -> str:
    return f"{layout.versions}/[^/]+/monodesk"


def _systemctl(layout: Layout, *words: str) -> Call:
    whose = () if layout.target == "systemd" else ("--user",)
    command = ("systemctl", *whose, *words)
    back: tuple[str, ...] = ()
    if words[0] in ("enable", "start"):
        back = ("systemctl", *whose, {"enable": "disable", "start": "stop"}[words[0]], *words[1:])
    return Call(command, Words(" ".join(command), " ".join(command)), back)


def _firewall(verb: str, port: str) -> Call:
    opens = verb == "--add-port"
    words = (
        Words(f"open port {port} in firewalld", f"在 firewalld 中开放端口 {port}")
        if opens
        else Words(f"close port {port} in firewalld", f"在 firewalld 中关闭端口 {port}")
    )
    back = ("firewall-cmd", "--permanent", f"--remove-port={port}") if opens else ()
    return Call(("firewall-cmd", "--permanent", f"{verb}={port}"), words, back)


def _remove_user(name: str) -> Call:
    return Call(("userdel", name), Words(f"remove the system user {name}", f"删除系统用户 {name}"))


def _descriptors(facts: Facts) -> int:
    hard = facts.resources.descriptors_hard.value
    return min(hard, _DESCRIPTORS_MAX) if hard and hard > 0 else _DESCRIPTORS_MAX


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _next(layout: Layout, address: str) -> tuple[Words, ...]:
    program = "monodesk" if layout.command else shlex.quote(str(layout.program))
    start = () if layout.unit else (_start(layout),)
    return (
        *start,
        Words(f"Create the owner: {program} setup --link", f"创建所有者：{program} setup --link"),
        Words(
            f"Settings: {layout.data / 'config.toml'}; it listens on {address or '127.0.0.1:8080'}",
            f"配置文件：{layout.data / 'config.toml'}；监听 {address or '127.0.0.1:8080'}",
        ),
    )


def _start(layout: Layout) -> Words:
    script = shlex.quote(str(layout.prefix / portable.SCRIPT))
    return Words(f"Start it: {script}", f"启动：{script}")


def _kept(layout: Layout, record: Record) -> Words:
    user = f" and the user {record.user}" if record.user else ""
    user_zh = f"和用户 {record.user}" if record.user else ""
    return Words(
        f"The data in {layout.data}{user} stay. To remove them too: monodesk uninstall --purge, or by hand.",
        f"{layout.data} 中的数据{user_zh}已保留。如需一并删除：monodesk uninstall --purge，或手动删除。",
    )
