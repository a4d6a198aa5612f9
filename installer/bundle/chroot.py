"""Debian trees below `~/.cache/monodesk`, made once by debootstrap from this machine's mirror, and commands in them."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

CACHE = Path("~/.cache/monodesk").expanduser()
_NEEDED = {"debootstrap": "debootstrap", "unshare": "util-linux", "mount": "mount", "apt-get": "apt"}
_KEPT_BY_APT = ("var/cache/apt", "var/lib/apt/lists", "var/log", "usr/share/man", "usr/share/locale")
_TARGETS = "$(LABEL) $(REPO_URI)"  # of apt-get(8) indextargets


class Unbuildable(SystemExit):
    """What this machine lacks, in one sentence; the build ends with it."""


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of this name among all builders of this user; a killed one leaves none behind."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def demand_rights() -> None:
    """Raise `Unbuildable` where this process cannot make a Debian tree."""
    missing = sorted({package for program, package in _NEEDED.items() if not shutil.which(program, path=_path())})
    if os.geteuid() != 0 or missing:
        what = f"the packages {' '.join(missing)}" if missing else "root"
        raise Unbuildable(
            f"The file's own Python is built in a Debian 11 tree, for which this machine needs {what}. "
            "`make binary PYTHON_BUILD=host` takes the Python at hand instead; such a file starts only where the C "
            "library is as new as here."
        )


def mirror(label: str) -> str:
    """Address of the Debian archive that this machine's apt uses; `label`: `Debian` or `Debian-Security`."""
    lines = _text("apt-get", "indextargets", "--format", _TARGETS).splitlines()
    found = sorted({line.removeprefix(f"{label} ") for line in lines if line.startswith(f"{label} ")})
    if not found:
        raise Unbuildable(
            f"apt of this machine knows no archive labelled {label}: run `apt-get update` on a Debian, or "
            "`make binary PYTHON_BUILD=host`."
        )
    return found[0]


def tree(suite: str, *packages: str) -> Path:
    """The smallest Debian of this suite with these packages, built where absent: a minute. Nobody writes into it."""
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:8]
    folder = CACHE / f"debian-{suite}-{key}"
    with locked(folder.name):
        if not folder.exists():
            demand_rights()
            _debootstrap(folder.with_name(f"{folder.name}.draft"), suite, packages).rename(folder)
    return folder


def _debootstrap(draft: Path, suite: str, packages: Sequence[str]) -> Path:
    let_go(draft)
    shutil.rmtree(draft, ignore_errors=True)
    include = [f"--include={','.join(packages)}"] if packages else []
    _run("debootstrap", "--variant=minbase", *include, suite, str(draft), mirror("Debian"))
    for place in _KEPT_BY_APT:
        shutil.rmtree(draft / place, ignore_errors=True)
        (draft / place).mkdir(parents=True)
    (draft / "etc" / "machine-id").write_text("")  # every boot makes its own; absent, systemd would ask questions
    return draft


def let_go(draft: Path) -> None:
    """What a killed debootstrap has mounted in there: to remove files of /proc is neither possible nor meant."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in reversed([one for one in mounted if one.startswith(f"{draft}/")]):
        _run("umount", "--lazy", place)


def inside(root: Path, work: Path, command: Sequence[str]) -> None:
    """Run `command` in the folder `work`, within the tree at `root`; no mount and no process outlives it."""
    # Without /dev/shm a configure script finds that this system knows no semaphores.
    script = (
        'root=$2; mount --bind "$1" "$root/mnt"; mount -t tmpfs tmpfs "$root/dev/shm"; shift 2; cd "$root"; '
        'exec chroot "$root" env --chdir=/mnt "$@"'
    )
    _run(
        "unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc",
        "sh", "-ec", script, "sh", str(work), str(root), "LC_ALL=C", *command,
    )  # fmt: skip


def sources(packages: Sequence[str], suites: Sequence[str], target: Path) -> dict[str, str]:
    """Fetch Debian source packages into `target`, by apt, which checks signature and sums; name → version.

    The newest version of the first suite that has one which can be fetched: mirrors announce what they do not hold yet.
    """
    security, main = mirror("Debian-Security"), mirror("Debian")
    got: dict[str, str] = {}
    for suite in suites:
        addresses = {suite: main}
        if suite == suites[0]:
            addresses |= {f"{suite}-updates": main, f"{suite}-security": security}
        wanted = [name for name in packages if name not in got]
        if wanted:
            got |= _from(addresses, wanted, target)
    lacking = [name for name in packages if name not in got]
    if lacking:
        raise Unbuildable(f"This machine's Debian mirror holds no source of {', '.join(lacking)}. Try again later.")
    return got


def _from(addresses: Mapping[str, str], packages: Sequence[str], target: Path) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in ("lists/partial", "cache/archives/partial"):
            (folder / path).mkdir(parents=True)
        keys = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
        lines = [f"deb-src {keys} {address} {suite} main\n" for suite, address in addresses.items()]
        (folder / "sources.list").write_text("".join(lines))
        (folder / "status").touch()
        options = (
            "-qq", "-oDir::Etc::SourceParts=/dev/null", f"-oDir::Etc::SourceList={folder}/sources.list",
            f"-oDir::State::Lists={folder}/lists", f"-oDir::State::status={folder}/status",
            f"-oDir::Cache={folder}/cache", "-oAPT::Get::Only-Source=true", "-oAPT::Sandbox::User=root",
        )  # fmt: skip
        _run("apt-get", *options, "update")
        return {name: version for name in packages if (version := _fetch(name, options, target)) is not None}


def _fetch(package: str, options: Sequence[str], target: Path) -> str | None:
    """The version that came, or None where no announced one can be had."""
    shown = _text("apt-cache", *options, "showsrc", "--only-source", package)
    announced = {line.removeprefix("Version: ") for line in shown.splitlines() if line.startswith("Version: ")}
    newest_first = _text("sort", "-rV", given="\n".join(announced)).split()
    for version in newest_first:
        command = ("apt-get", *options, "source", "--download-only", f"{package}={version}")
        with tempfile.TemporaryDirectory(dir=target) as part:
            done = subprocess.run(command, cwd=part, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                for file in Path(part).iterdir():
                    file.rename(target / file.name)
                return version
        print(f"{package} {version} is announced by the mirror and not there; the next older one is tried", flush=True)
    return None


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def _run(*command: str) -> None:
    """Run quietly; what it said is shown where it failed."""
    environment = {**os.environ, "PATH": _path()}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise Unbuildable(f"{done.stdout[-4000:]}\n{command[0]} failed ({done.returncode}); its last words are above.")


def _text(*command: str, given: str = "") -> str:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout
