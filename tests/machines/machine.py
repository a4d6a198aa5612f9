"""One machine: Debian's systemd as first process over a fresh copy of a tree, with a network of its own.

Its root is an overlay over the tree, so that nothing of it is left and a boot takes a second. Its network is the
loopback alone: what a test says to it is said from within (`inside`), and no port of this machine is touched. Where
somebody is to stay connected over a reboot, or to a second machine, they share a `Network`.
systemd-nspawn runs below a control group of its own: there need not be a systemd here that would make it one.
"""

import ctypes
import fcntl
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar

import psutil

from installer.bundle.chroot import tree

Answer = TypeVar("Answer")
_CLONE_NEWNET = 0x40000000  # setns(2)
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # netdevice(7)
_SECONDS_TO_BOOT_MAX = 240.0
_SECONDS_TO_STOP_MAX = 120.0
_POLL_SECONDS = 0.05
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8"}
_NSENTER = shutil.which("nsenter") or "nsenter"
# The shell's arguments: how many groups, the groups it moves into, then what systemd-nspawn gets.
_INTO_GROUPS = """
count=$1; shift
while [ $count -gt 0 ]; do echo $$ > "$1/cgroup.procs" || exit; shift; count=$((count - 1)); done
exec systemd-nspawn "$@"
"""
_ALWAYS = ("--register=no", "--keep-unit", "--console=pipe", "--link-journal=no",
           "--resolv-conf=off", "--timezone=off")  # fmt: skip
_GROUPS = (Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))


class Network:
    """The loopback alone, for machines and for threads; it is there until it is left, whatever they do."""

    def __enter__(self) -> Self:
        script = "echo; exec sleep infinity"
        self._holder = subprocess.Popen(("unshare", "--net", "sh", "-c", script), stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        self._holder.stdout.readline()  # it is made by now
        with ThreadPoolExecutor(1) as thread:
            thread.submit(self._raise).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._holder.kill()
        self._holder.communicate()

    @property
    def place(self) -> Path:
        return Path(f"/proc/{self._holder.pid}/ns/net")

    def enter(self) -> None:
        """Take the calling thread there; it never comes back."""
        _go(self.place)

    def _raise(self) -> None:
        self.enter()
        with socket.socket() as any_one:
            asked = fcntl.ioctl(any_one, _GET_FLAGS, struct.pack("16sh22x", b"lo", 0))
            (flags,) = struct.unpack_from("h", asked, 16)
            fcntl.ioctl(any_one, _SET_FLAGS, struct.pack("16sh22x", b"lo", flags | _UP))


def _go(network: Path) -> None:
    with network.open("rb") as opened:
        if ctypes.CDLL(None, use_errno=True).setns(opened.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


class Nspawn:
    """What systemd-nspawn runs: it can be started, spoken to, cut off and removed."""

    def __init__(
        self, folder: Path, *options: str | Path, first: tuple[str, ...], network: Network | None = None
    ) -> None:
        self.name = f"monodesk-{secrets.token_hex(4)}"
        self.console = folder / "console.log"
        self._folder = folder
        where = ["--private-network"] if network is None else [f"--network-namespace-path={network.place}"]
        self._options = [*map(str, options), *_ALWAYS, *where, f"--machine={self.name}"]
        self._first = first
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._leader = 0
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Start it and wait for its first process; raises with its console where there comes none."""
        with self.console.open("ab") as console:
            self._nspawn = subprocess.Popen(
                ["/bin/sh", "-c", _INTO_GROUPS, "sh", str(len(self._groups())), *self._groups(), *self._options],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._leader = self._await(self._first_process)

    def run(
        self,
        *command: str | Path,
        check: bool = True,
        given: str | None = None,
        environment: Mapping[str, str] = {},
        seconds: float = 120.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it; with `check` a failing one raises with what it said."""
        done = self._ended_within(seconds, [*map(str, command)], given, {**_ENVIRONMENT, **environment})
        assert not check or done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def _ended_within(
        self, seconds: float, command: list[str], given: str | None, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """What does not end is killed with all that it started there, and who ran is told."""
        with subprocess.Popen(
            self.enter(*command),
            env=environment,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                out, err = running.communicate(given, seconds)
            except subprocess.TimeoutExpired:
                who = self._who_runs()
                os.killpg(running.pid, signal.SIGKILL)
                out, err = running.communicate()
                raise AssertionError(f"{command} did not end in {seconds:g} s:\n{out}{err}\n{who}") from None
        return subprocess.CompletedProcess(command, running.returncode, out, err)

    def _who_runs(self) -> str:
        """What runs in it, a line each with where in the kernel it waits."""
        lines = []
        for process in psutil.Process(self._leader).children(recursive=True):
            with suppress(psutil.Error, OSError):
                waits = Path(f"/proc/{process.pid}/wchan").read_text()
                lines.append(f"{process.pid} {process.status()} {waits} {' '.join(process.cmdline())}")
        return "\n".join(lines)

    def enter(self, *command: str) -> list[str]:
        """The command line that runs `command` in it, for a process of the test's own."""
        return [_NSENTER, f"--target={self._leader}", "--all", *command]

    def inside(self, work: Callable[[], Answer]) -> Answer:
        """Do `work` in a thread whose network is the machine's: 127.0.0.1 is there, with every port of it."""

        def there() -> Answer:
            _go(Path(f"/proc/{self._leader}/ns/net"))
            return work()

        with ThreadPoolExecutor(1) as thread:  # a thread that has gone there never comes back
            return thread.submit(there).result()

    def processes(self) -> list[str]:
        """The names of all that runs in it."""
        names = []
        for process in psutil.Process(self._leader).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                names.append(process.name())
        return names

    def cut(self) -> None:
        """The power fails: everything in it dies at once."""
        if self._nspawn is not None and self._nspawn.poll() is None:
            with _gone_already():
                os.kill(self._leader, signal.SIGKILL)
            self._nspawn.kill()
            self._nspawn.wait(_SECONDS_TO_STOP_MAX)

    def stop(self) -> None:
        """Shut it down in order; what does not stop in time is cut off."""
        if self._nspawn is None or self._nspawn.poll() is not None:
            return
        self._nspawn.terminate()
        try:
            self._nspawn.wait(_SECONDS_TO_STOP_MAX)
        except subprocess.TimeoutExpired:
            self.cut()

    def remove(self) -> None:
        """Stop it and leave nothing: no process, mount, control group or file."""
        self.stop()
        for group in map(Path, self._groups()):
            deadline = time.monotonic() + _SECONDS_TO_STOP_MAX
            while any(file.read_text() for file in group.rglob("cgroup.procs")):  # who was killed takes a moment
                assert time.monotonic() < deadline, f"somebody is still in {group}"
                time.sleep(_POLL_SECONDS)
            for folder in sorted(group.rglob("*/"), reverse=True):
                folder.rmdir()
            group.rmdir()
        for place in ("propagate", "unix-export"):
            with _gone_already():
                (Path("/run/systemd/nspawn") / place / self.name).rmdir()
        shutil.rmtree(self._folder)

    def _groups(self) -> list[str]:
        """A control group of its own in each hierarchy that systemd uses: two machines in one would meet there."""
        places = [place for place in _GROUPS if (place / "cgroup.procs").exists()]
        for place in places:
            (place / self.name).mkdir(exist_ok=True)
        return [str(place / self.name) for place in places]

    def _first_process(self) -> int:
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, f"it did not start:\n{self.console.read_text(errors='replace')}"
        children = psutil.Process(self._nspawn.pid).children()
        return next((child.pid for child in children if child.name() in self._first), 0)

    def _await(self, what: Callable[[], Answer]) -> Answer:
        deadline = time.monotonic() + _SECONDS_TO_BOOT_MAX
        while not (found := what()):
            assert time.monotonic() < deadline, f"it did not boot:\n{self.console.read_text(errors='replace')}"
            time.sleep(_POLL_SECONDS)
        return found


class Machine(Nspawn):
    """A Debian with its systemd, over a fresh copy of a tree."""

    def __init__(self, lower: Path, folder: Path, network: Network | None = None) -> None:
        self.root = folder / "root"
        super().__init__(folder, "--boot", f"--directory={self.root}", first=("systemd", "init"), network=network)
        for place in ("root", "upper", "work"):
            (folder / place).mkdir()
        layers = f"lowerdir={lower},upperdir={folder / 'upper'},workdir={folder / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=True)

    def boot(self) -> None:
        """Start it and wait until its systemd has started everything; raises where that fails."""
        self.start()
        self._await(lambda: self._state() in ("running", "degraded"))
        failed = self.run("systemctl", "--failed", "--no-legend", "--plain").stdout
        assert not failed, f"not everything started: {failed}"

    def put(self, file: Path, place: str) -> None:
        """A file of ours into it, with its mode."""
        shutil.copy2(file, self.root / place.lstrip("/"))

    def journal(self, unit: str) -> str:
        """What a unit has said since the boot."""
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--boot", "--no-pager", "--output=cat", f"--unit={unit}").stdout

    def reboot(self) -> None:
        """As its administrator would: everything is stopped in order and started anew."""
        assert self._nspawn is not None
        self.run("systemctl", "reboot", check=False)
        self._nspawn.wait(_SECONDS_TO_STOP_MAX)
        self.boot()

    def remove(self) -> None:
        self.stop()
        subprocess.run(["umount", self.root], check=True)
        super().remove()

    def _state(self) -> str:
        return self.run("systemctl", "is-system-running", check=False).stdout.strip()


class Container(Nspawn):
    """The process of an OCI bundle, in the bundle's root alone; commands in it run as its user."""

    def __init__(self, bundle: Path, folder: Path, program: str, user: int) -> None:
        super().__init__(folder, f"--oci-bundle={bundle}", first=(program,))
        self._user = user

    def enter(self, *command: str) -> list[str]:
        nsenter, *rest = super().enter(*command)
        return [nsenter, f"--setuid={self._user}", f"--setgid={self._user}", *rest]

    @property
    def owner(self) -> int:
        """The user id under which its first process runs."""
        return psutil.Process(self._leader).uids().real


@contextmanager
def _gone_already() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, ProcessLookupError):
        pass


@contextmanager
def machine(folder: Path, suite: str = "bookworm", network: Network | None = None) -> Iterator[Machine]:
    """A booted machine, removed at the end; `folder` is a temporary one on a real disk."""
    made = Machine(tree(suite, "systemd", "systemd-sysv", "dbus"), folder / "machine", network)
    try:
        made.boot()
        yield made
    finally:
        made.remove()
