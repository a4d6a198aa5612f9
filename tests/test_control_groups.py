"""Limits by control groups: made-up trees of every shape, and the real kernel."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from app.control_groups import OwnFiles, memory_limit, mounts, processor_quota
from installer.facts import Facts
from tests.abuse.cgroup import group
from tests.installer.machines import machine
from tests.journeys.appliance import ROOT

MIB = 1 << 20
NONE_OF_ONE = "9223372036854771712\n"
TWO = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
ONE = (
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
    "32 31 0:29 {root} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "33 31 0:30 {root} /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
)
HYBRID = "34 31 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"


def files(membership: str, mountinfo: str, limits: dict[str, str]) -> dict[str, str]:
    return {
        "/proc/self/cgroup": membership,
        "/proc/self/mountinfo": mountinfo,
        **{f"/sys/fs/cgroup/{name}": text for name, text in limits.items()},
    }


@pytest.mark.parametrize(
    ("membership", "mountinfo", "limits", "expected", "signal"),
    [
        pytest.param(
            "0::/system.slice/monodesk.service\n",
            TWO,
            {
                "system.slice/memory.max": str(300 * MIB),
                "system.slice/memory.high": "max\n",
                "system.slice/monodesk.service/memory.max": "max\n",
                "system.slice/monodesk.service/memory.high": str(400 * MIB),
            },
            300 * MIB,
            "/sys/fs/cgroup/system.slice/memory.max",
            id="two: the tightest from ours up to the root",
        ),
        pytest.param(
            "0::/a\n",
            TWO,
            {"a/memory.max": str(500 * MIB), "a/memory.high": str(450 * MIB)},
            450 * MIB,
            "/sys/fs/cgroup/a/memory.high",
            id="two: high counts as well",
        ),
        pytest.param("0::/a\n", TWO, {"a/memory.max": "max\n"}, None, "/sys/fs/cgroup/a", id="two: none"),
        pytest.param(
            "0::/\n", TWO, {"memory.max": str(64 * MIB)}, 64 * MIB, "/sys/fs/cgroup/memory.max", id="two: a namespace"
        ),
        pytest.param(
            "0::/../../other\n",
            TWO,
            {"memory.max": str(64 * MIB)},
            64 * MIB,
            "/sys/fs/cgroup/memory.max",
            id="two: a path out of the namespace",
        ),
        pytest.param(
            "4:memory:/a/b\n0::/\n",
            ONE.format(root="/") + HYBRID,
            {
                "memory/memory.limit_in_bytes": NONE_OF_ONE,
                "memory/a/memory.limit_in_bytes": str(200 * MIB),
                "memory/a/b/memory.limit_in_bytes": NONE_OF_ONE,
                "unified/memory.max": str(10 * MIB),
            },
            200 * MIB,
            "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
            id="hybrid: one has the controller",
        ),
        pytest.param(
            "4:memory:/docker/abc\n",
            ONE.format(root="/docker/abc"),
            {"memory/memory.limit_in_bytes": str(128 * MIB)},
            128 * MIB,
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            id="one: only our part is mounted",
        ),
        pytest.param(
            "4:memory:/docker/abc\n",
            ONE.format(root="/"),
            {"memory/memory.limit_in_bytes": str(128 * MIB)},
            128 * MIB,
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            id="one: our path is not there",
        ),
        pytest.param(
            "3:cpuset:/\n0::/\n",
            HYBRID,
            {"unified/memory.max": str(90 * MIB)},
            90 * MIB,
            "/sys/fs/cgroup/unified/memory.max",
            id="hybrid: two has the controller",
        ),
        pytest.param("", "", {}, None, "/proc/self/cgroup", id="no control groups"),
    ],
)
def test_the_memory_limit(
    tmp_path: Path, membership: str, mountinfo: str, limits: dict[str, str], expected: int | None, signal: str
) -> None:
    found = memory_limit(machine(tmp_path, files(membership, mountinfo, limits)))
    assert (found.value, found.signal, found.trouble) == (expected, signal, "")


@pytest.mark.parametrize(
    ("membership", "mountinfo", "limits", "expected"),
    [
        ("0::/a/b\n", TWO, {"a/cpu.max": "150000 100000\n", "a/b/cpu.max": "max 100000\n"}, 1.5),
        ("0::/a\n", TWO, {"a/cpu.max": "max 100000\n"}, None),
        (
            "1:cpu,cpuacct:/a\n",
            ONE.format(root="/"),
            {
                "cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
                "cpu,cpuacct/a/cpu.cfs_quota_us": "50000\n",
                "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
    ],
)
def test_the_quota(
    tmp_path: Path, membership: str, mountinfo: str, limits: dict[str, str], expected: float | None
) -> None:
    assert processor_quota(machine(tmp_path, files(membership, mountinfo, limits))).value == expected


def test_what_cannot_be_read_is_said_and_the_rest_counts(tmp_path: Path) -> None:
    limits = {"a/b/memory.max": "a lot\n", "a/memory.max": str(70 * MIB)}
    found = memory_limit(machine(tmp_path, files("0::/a/b\n", TWO, limits)))
    assert found.value == 70 * MIB
    found = memory_limit(machine(tmp_path, files("0::/a/b\n", TWO, {**limits, "a/memory.max": "more\n"})))
    assert found.value is None
    assert "a/b" in found.trouble and "a lot" in found.trouble


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    found = memory_limit(machine(tmp_path))
    assert (found.value, "FileNotFoundError" in found.trouble) == (None, True)


@pytest.mark.full
def test_a_real_memory_limit_is_seen() -> None:
    with group("monodesk-probe") as limited:
        limited.limit(300 * MIB)
        told = probed(limited.around(sys.executable))
    limit = told.resources.memory_limit_bytes
    assert (limit.value, "monodesk-probe/memory." in limit.signal) == (300 * MIB, True)
    assert (told.resources.memory_bytes, told.resources.limited) == (300 * MIB, True)


@pytest.mark.full
def test_a_real_container_sees_its_limit_at_the_root_of_what_it_has_mounted() -> None:
    with group("monodesk-contained") as limited:
        limited.limit(300 * MIB)
        first = Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists()
        place, kind = ("/sys/fs/cgroup/memory", "cgroup -o memory") if first else ("/sys/fs/cgroup", "cgroup2")
        inside = f'umount -l {place} && mount -t {kind} none {place} && exec "$0" "$@"'
        python = (*limited.around("unshare"), "-C", "-m", "/bin/sh", "-c", inside, sys.executable)
        limit = probed(python).resources.memory_limit_bytes
    assert (limit.value, Path(limit.signal).parent) == (300 * MIB, Path(place))


@pytest.mark.full
def test_a_real_group_of_version_two_is_found_and_what_it_waited_is_read() -> None:
    """Also where the memory controller is with version 1: the tree is there, and tells of waiting for memory."""
    tree = Path(next(one for one in mounts(OwnFiles()) if one.kind == "cgroup2").point)
    folder = tree / "monodesk-two"
    folder.mkdir()
    try:
        look = (
            "from app.control_groups import OwnFiles, groups_of; files = OwnFiles(); "
            "own, *above = groups_of(files, 'io'); "  # as version 2 alone calls it
            "print(own.folder, own.version, above[-1].folder, own.stalled_percent(files))"
        )
        command = ["/bin/sh", "-c", f'echo $$ > {folder}/cgroup.procs && exec "$0" -c "$1"', sys.executable, look]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
        assert done.stdout.split() == [str(folder), "2", str(tree), "0.0"]
        (folder / "memory.pressure").read_text()  # what was read is there
    finally:
        folder.rmdir()


def test_real_affinity_is_seen() -> None:
    assert probed(("taskset", "-c", "0", sys.executable)).resources.cores == 1


def probed(python: tuple[str, ...]) -> Facts:
    done = subprocess.run(
        [*python, "-m", "app", "probe", "--json"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return msgspec.json.decode(done.stdout, type=Facts)
