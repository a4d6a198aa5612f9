"""What a folder lies on: the file system, the kind of disk below it, and how much room there is."""

from pathlib import Path, PurePosixPath

from app.control_groups import Mount, mounts
from installer.facts import Fact
from installer.machine import Machine, ask

_IN_MEMORY = frozenset({"tmpfs", "ramfs", "rootfs"})
_OVER_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "lustre", "afs"}
)
_OVERLAYS = frozenset({"overlay", "overlayfs", "aufs", "fuse.fuse-overlayfs"})
_VIRTUAL = ("vd", "xvd")  # virtio and Xen say "rotational" of whatever lies below them
_MOUNTS = "/proc/self/mountinfo"


def standing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists already."""
    folder = folder.absolute()
    return next((one for one in (folder, *folder.parents) if one.exists()), Path("/"))


def file_system(machine: Machine, folder: Path) -> Fact[str]:
    """The type by which the kernel mounted it, such as ext4."""
    return ask(_MOUNTS, lambda: _mount_of(machine, folder).kind)


def disk_kind(machine: Machine, folder: Path) -> Fact[str]:
    """As `Resources.disk_kind`."""
    kind = file_system(machine, folder)
    for name, kinds in (("memory", _IN_MEMORY), ("network", _OVER_NETWORK), ("overlay", _OVERLAYS)):
        if kind.value in kinds:
            return Fact(name, f"{_MOUNTS}: {kind.value}")
    try:
        device = _block_device(machine, folder)
    except (OSError, LookupError) as error:
        return Fact("unknown", "/sys/dev/block", f"{type(error).__name__}: {error}")
    if device is None:
        return Fact("unknown", f"{_MOUNTS}: {kind.value}")
    return _spins(machine, device)


def _spins(machine: Machine, device: str) -> Fact[str]:
    """By the queue of the device, or of the disk that it is a part of."""
    name = PurePosixPath(device).name
    for folder in (device, str(PurePosixPath(device).parent)):
        signal = f"{folder}/queue/rotational"
        if machine.exists(signal):
            spins = ask(signal, lambda signal=signal: int(machine.read(signal)))  # type: ignore[misc]
            if spins.value is None:
                return Fact("unknown", signal, spins.trouble)
            if spins.value and name.startswith(_VIRTUAL):
                return Fact("virtual", signal)
            return Fact("rotational" if spins.value else "solid", signal)
    return Fact("unknown", f"{device}/queue/rotational", "it is not there")


def _block_device(machine: Machine, folder: Path) -> str | None:
    """Its folder in /sys; None where the file system lies on no block device."""
    major, minor = machine.kernel.device(folder)
    if major == 0:  # a file system over several devices, such as btrfs: the first of them is named as its source
        source = _mount_of(machine, folder).source
        if not source.startswith("/dev/"):
            return None
        link = f"/sys/class/block/{PurePosixPath(source).name}"
    else:
        link = f"/sys/dev/block/{major}:{minor}"
    return f"/{machine.path(link).resolve(strict=True).relative_to(machine.root.resolve())}"


def _mount_of(machine: Machine, folder: Path) -> Mount:
    """The mount that a path lies in: the deepest, and of several at one place the last."""
    resolved = PurePosixPath(folder)
    around = [mount for mount in mounts(machine) if resolved.is_relative_to(mount.point)]
    if not around:
        raise LookupError(f"no mount around {folder}")
    deepest = max(len(PurePosixPath(mount.point).parts) for mount in around)
    return [mount for mount in around if len(PurePosixPath(mount.point).parts) == deepest][-1]
