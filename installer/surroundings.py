"""What the process runs in: a container or none, systemd, SELinux, a firewall, the ports that servers like to have."""

import re
from functools import partial

from installer.facts import Fact, Port, Surroundings
from installer.machine import Machine, ask, first_of
from installer.processes import Process

PORTS = (80, 443, 8080)
_SHARED_SYSTEMD = re.compile(r"libsystemd-shared-(\d+)")
_SYSTEMD_FOLDERS = ("/usr/lib/systemd", "/lib/systemd", "/usr/lib64/systemd", "/usr/lib/x86_64-linux-gnu/systemd")
_LISTENS = "0A"  # a state in /proc/net/tcp
_BIND_SERVICE = 10  # CAP_NET_BIND_SERVICE, capabilities(7)
_PRIVILEGED = 1_024


def look(machine: Machine, processes: Fact[tuple[Process, ...]]) -> Surroundings:
    """Everything around; what cannot be read is said at its place."""
    return Surroundings(
        docker=ask("/.dockerenv", lambda: machine.exists("/.dockerenv")),
        podman=_either(machine, "/run/.containerenv", "podman"),
        lxc=_either(machine, "/dev/.lxc", "lxc"),
        nspawn=_container(machine, "systemd-nspawn"),
        kubernetes=_kubernetes(machine),
        wsl=_wsl(machine),
        systemd_version=_systemd_version(machine),
        systemd_is_init=ask("/run/systemd/system", lambda: machine.exists("/run/systemd/system")),
        selinux=_selinux(machine),
        firewalld=_runs(processes, "firewalld"),
        clock_synchronised=ask("adjtimex(2)", machine.kernel.clock_synchronised),
        ports=tuple(_port(machine, number) for number in PORTS),
    )


def _either(machine: Machine, path: str, manager: str) -> Fact[bool]:
    marked = ask(path, lambda: machine.exists(path))
    return marked if marked.value else _container(machine, manager)


def _container(machine: Machine, manager: str) -> Fact[bool]:
    """What manages this container says so: to systemd, or in the environment of the first process."""
    told = "/run/systemd/container"
    if ask(told, lambda: machine.exists(told)).value:
        return ask(told, lambda: machine.read(told).strip() == manager)
    first = "/proc/1/environ"
    return ask(first, lambda: f"container={manager}" in machine.read(first).split("\0"))


def _kubernetes(machine: Machine) -> Fact[bool]:
    name, account = "KUBERNETES_SERVICE_HOST", "/var/run/secrets/kubernetes.io/serviceaccount"
    if machine.environ.get(name):
        return Fact(True, name)
    return ask(account, lambda: machine.exists(account))


def _wsl(machine: Machine) -> Fact[bool]:
    name, release = "WSL_DISTRO_NAME", "/proc/sys/kernel/osrelease"
    if machine.environ.get(name):
        return Fact(True, name)
    return ask(release, lambda: "microsoft" in machine.read(release).lower())


def _systemd_version(machine: Machine) -> Fact[int]:
    """By the name of its own library, so that nothing has to be run."""

    def version(folder: str) -> int | None:
        if not machine.exists(folder):
            return None
        names = [path.name for path in machine.path(folder).iterdir()]
        return max((int(found[1]) for name in names if (found := _SHARED_SYSTEMD.match(name))), default=None)

    return first_of(*(ask(folder, partial(version, folder)) for folder in _SYSTEMD_FOLDERS))


def _selinux(machine: Machine) -> Fact[str]:
    signal = "/sys/fs/selinux/enforce"

    def state() -> str:
        if not machine.exists(signal):
            return "off"
        return "enforcing" if machine.read(signal).strip() == "1" else "permissive"

    return ask(signal, state)


def _runs(processes: Fact[tuple[Process, ...]], name: str) -> Fact[bool]:
    if processes.value is None:
        return Fact(None, processes.signal, processes.trouble)
    return Fact(any(process.name == name for process in processes.value), processes.signal)


def _port(machine: Machine, number: int) -> Port:
    return Port(
        number=number,
        free=ask("/proc/net/tcp, /proc/net/tcp6", lambda: number not in listening(machine)),
        allowed=_allowed(machine, number),
    )


def listening(machine: Machine) -> set[int]:
    """The TCP ports that somebody listens on; raises `OSError` where IPv4's table cannot be read."""
    lines = machine.read("/proc/net/tcp").splitlines()[1:]
    if machine.exists("/proc/net/tcp6"):
        lines += machine.read("/proc/net/tcp6").splitlines()[1:]
    rows = [line.split() for line in lines]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == _LISTENS}


def _allowed(machine: Machine, number: int) -> Fact[bool]:
    start, status = "/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/self/status"
    first = ask(start, lambda: int(machine.read(start))).value
    if number >= (_PRIVILEGED if first is None else first):
        return Fact(True, start)
    return ask(status, lambda: bool(_effective(machine.read(status)) >> _BIND_SERVICE & 1))


def _effective(status: str) -> int:
    return next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:"))
