"""Load is shed in its order, by the control groups' files as the kernel writes them, and taken up again later."""

import asyncio
import logging
import mmap
from pathlib import Path

import pytest

from app.control_groups import OwnFiles
from app.model.load import Shed
from app.settings import Limits
from app.telemetry.memory import Memory
from app.telemetry.metrics import Metrics
from app.telemetry.pressure import Pressure
from app.telemetry.process import family_held_bytes

MIB = 2**20
_MOUNTED = {
    1: "31 30 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
    2: "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
}
ORDER = ["preview", "typing", "tracking", "bot", "new_visitors"]


class Kernel:
    """The files of a version's groups `/desk` and `/desk/inner`; 100 MiB are the inner one's limit."""

    def __init__(self, root: Path, version: int) -> None:
        self.version = version
        self.root = root
        own = root / "proc" / "self"
        own.mkdir(parents=True)
        self.own = own / "cgroup"
        self.top = root / "sys/fs/cgroup/memory" if version == 1 else root / "sys/fs/cgroup"
        self.outer, self.inner = self.top / "desk", self.top / "desk" / "inner"
        self.inner.mkdir(parents=True)
        self.own.write_text("5:memory:/desk/inner\n1:cpu:/\n0::/\n" if version == 1 else "0::/desk/inner\n")
        (own / "mountinfo").write_text(_MOUNTED[version])
        for folder in (self.top, self.outer):
            self.set(folder, None, 0)
        self.set(self.inner, 100 * MIB, 0)

    def set(self, folder: Path, limit: int | None, held: int, files: int = 0, stalled: float = 0.0) -> None:
        """`files` are pages of files, which come on top."""
        if self.version == 1:
            (folder / "memory.limit_in_bytes").write_text(f"{2**63 - 4096 if limit is None else limit}\n")
            (folder / "memory.usage_in_bytes").write_text(f"{held + files}\n")
            (folder / "memory.stat").write_text(
                f"cache {files}\ntotal_inactive_file {files // 2}\ntotal_active_file {files - files // 2}\n"
            )
        else:
            (folder / "memory.max").write_text("max\n" if limit is None else f"{limit}\n")
            (folder / "memory.high").write_text("max\n")
            (folder / "memory.current").write_text(f"{held + files}\n")
            (folder / "memory.stat").write_text(
                f"anon {held}\nfile {files}\ninactive_file {files // 2}\nactive_file {files - files // 2}\n"
            )
            (folder / "memory.pressure").write_text(
                f"some avg10=99.00 avg60=0.00 avg300=0.00 total=0\n"
                f"full avg10={stalled:.2f} avg60=0.00 avg300=0.00 total=0\n"
            )

    def memory(self, held: int = 0, most: int = 10**12) -> Memory:
        return Memory(lambda: held, lambda: most, OwnFiles(self.root))


@pytest.fixture
def kernel(tmp_path: Path, version: int) -> Kernel:
    return Kernel(tmp_path, version)


@pytest.mark.parametrize("version", [1, 2])
def test_each_thing_goes_in_its_order_and_comes_back_in_the_opposite_one(
    kernel: Kernel, caplog: pytest.LogCaptureFixture
) -> None:
    pressure = Pressure(kernel.memory(), Limits(), Metrics())
    told = []
    for percent in [*range(70, 100), *range(99, 60, -1)]:
        kernel.set(kernel.inner, 100 * MIB, percent * MIB, files=50 * MIB)
        pressure.look()
        pressure.look()
        told.append((percent, pressure.left_out))
    changes = [(now[0], now[1]) for before, now in zip([(0, []), *told], told, strict=False) if now[1] != before[1]]
    # 80, 83.5, 87, 90.5, 94 on the way up; each less 5 on the way down
    up = [(80, 1), (84, 2), (87, 3), (91, 4), (94, 5)]
    down = [(88, 4), (85, 3), (81, 2), (78, 1), (74, 0)]
    assert changes == [(percent, ORDER[:count]) for percent, count in [*up, *down]]
    caplog.clear()
    with caplog.at_level(logging.INFO):
        kernel.set(kernel.inner, 100 * MIB, 99 * MIB)
        for _ in range(5):
            pressure.look()
    assert caplog.text.count("load is shed") == 1


@pytest.mark.parametrize("version", [1, 2])
def test_a_value_that_trembles_at_the_border_changes_nothing_again(kernel: Kernel) -> None:
    pressure = Pressure(kernel.memory(), Limits(), Metrics())
    levels = []
    for percent in [79, 80, 79, 80, 79, 76, 80]:
        kernel.set(kernel.inner, 100 * MIB, percent * MIB)
        pressure.look()
        levels.append(int(pressure.level))
    assert levels == [0, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("version", [1, 2])
def test_the_fullest_group_on_the_way_up_decides(kernel: Kernel) -> None:
    kernel.set(kernel.inner, 100 * MIB, 10 * MIB)
    kernel.set(kernel.outer, 1_000 * MIB, 950 * MIB)
    assert kernel.memory().taken() == 0.95


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_that_sees_another_root_than_its_path_says(kernel: Kernel) -> None:
    kernel.set(kernel.top, 100 * MIB, 42 * MIB)
    kernel.own.write_text("5:memory:/docker/0123\n" if kernel.version == 1 else "0::/../0123\n")
    assert kernel.memory().taken() == 0.42


@pytest.mark.parametrize("version", [1, 2])
def test_what_the_processes_hold_counts_against_the_configured_limit_beside_a_groups(kernel: Kernel) -> None:
    kernel.set(kernel.inner, None, 99 * MIB)
    assert kernel.memory(42, 100).taken() == 0.42
    kernel.set(kernel.inner, 100 * MIB, 41 * MIB)
    assert kernel.memory(42, 100).taken() == 0.42
    kernel.set(kernel.inner, 100 * MIB, 43 * MIB)
    assert kernel.memory(42, 100).taken() == 0.43


def test_where_no_control_group_can_be_read_the_configured_limit_is_all_there_is(tmp_path: Path) -> None:
    memory = Memory(lambda: 42, lambda: 100, OwnFiles(tmp_path))
    assert (memory.taken(), memory.stalled_percent()) == (0.42, 0.0)


def test_what_is_held_grows_with_memory_that_is_ours_and_not_with_pages_of_files(tmp_path: Path) -> None:
    file = tmp_path / "pages"
    file.write_bytes(bytes(64 * MIB))
    before = family_held_bytes()
    own = bytearray(b"x") * (32 * MIB)
    with_own = family_held_bytes()
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        assert sum(pages[place] for place in range(0, 64 * MIB, 4_096)) == 0  # each is in memory now
        with_pages = family_held_bytes()
    assert 30 * MIB < with_own - before < 40 * MIB, len(own)
    assert abs(with_pages - with_own) < 8 * MIB


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("limit", [100 * MIB, None])
def test_who_waits_for_memory_is_short_of_it_whatever_the_sum_says(kernel: Kernel, limit: int | None) -> None:
    pressure = Pressure(kernel.memory(), Limits(), Metrics())
    levels = []
    for stalled in [0, 30, 30, 15, 30, 30, 30, 30, 15, 9]:
        kernel.set(kernel.inner, limit, 40 * MIB, stalled=stalled)
        pressure.look()
        levels.append(int(pressure.level))
    assert levels == [0, 1, 2, 2, 3, 4, 5, 5, 5, 0]


@pytest.mark.parametrize("version", [1])
def test_what_is_left_out_is_counted(kernel: Kernel) -> None:
    metrics = Metrics()
    pressure = Pressure(kernel.memory(), Limits(), metrics)
    kernel.set(kernel.inner, 100 * MIB, 85 * MIB)
    pressure.look()
    assert [pressure.sheds(Shed.PREVIEW), pressure.sheds(Shed.TYPING), pressure.sheds(Shed.TRACKING)] == [
        True,
        True,
        False,
    ]
    page = metrics.render().decode()
    assert 'monodesk_shed_total{what="typing"} 1.0' in page
    assert "monodesk_load_shed_level 2.0" in page
    assert "monodesk_memory_taken_ratio 0.85" in page
    assert 'monodesk_shed_total{what="tracking"}' not in page


@pytest.mark.parametrize("version", [1])
async def test_while_load_is_shed_and_then_alone_free_memory_is_given_back(kernel: Kernel) -> None:
    given_back: list[int] = []
    limits = Limits(memory_look_seconds=0.001, memory_give_back_seconds=0.01)
    pressure = Pressure(kernel.memory(), limits, Metrics(), lambda: given_back.append(pressure.level))
    watching = asyncio.create_task(pressure.run())
    await asyncio.sleep(0.05)
    assert given_back == []
    kernel.set(kernel.inner, 100 * MIB, 85 * MIB)
    async with asyncio.timeout(30):
        while len(given_back) < 3:
            await asyncio.sleep(0.01)
    kernel.set(kernel.inner, 100 * MIB, 10 * MIB)
    async with asyncio.timeout(30):
        while pressure.level:
            await asyncio.sleep(0.01)
    count = len(given_back)
    await asyncio.sleep(0.05)
    watching.cancel()
    assert len(given_back) <= count + 1
    assert set(given_back) == {2}
