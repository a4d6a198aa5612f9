"""A power cut loses nothing that was acknowledged at FULL; the control at NORMAL shows that this test can tell.

The database lies on an ext4 image. The writing process is stopped, the image copied as the disk would be found, the
copy mounted (ext4 replays its journal, SQLite its log) and held against what had been acknowledged.
"""

import shutil
import signal
from pathlib import Path

import pytest

from tests.storage.mounts import mounted, run
from tests.storage.writers import WritingProcess, stored

pytestmark = pytest.mark.full

CYCLES = 5
CONTROL_CYCLES_MAX = 20
IMAGE_BYTES = 128 * 1_048_576


def cut(folder: Path, migrated: Path, durability: str, acknowledged: int) -> tuple[int, int]:
    """One power cut after at least so many acknowledgements: how many there were, how many of them are lost."""
    image, found = folder / "disk.img", folder / "found.img"
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
    with mounted(folder / "disk", "-o", "loop", str(image)) as disk:
        shutil.copy(migrated, disk / "monodesk.db")
        run("sync", "--file-system", str(disk))
        with WritingProcess(disk / "monodesk.db", "--durability", durability) as process:
            process.listen(acknowledged=acknowledged)
            process.signal(signal.SIGSTOP)
            process.hear_the_rest()
            shutil.copyfile(image, found)
    with mounted(folder / "found", "-o", "loop", str(found)) as disk:
        return len(process.acknowledged), len(process.acknowledged - stored(disk / "monodesk.db"))


def test_a_power_cut_loses_nothing_acknowledged(migrated: Path, tmp_path: Path) -> None:
    cuts = [cut(tmp_path, migrated, "full", 300 + 700 * cycle) for cycle in range(CYCLES)]
    print(f"acknowledged, lost at FULL: {cuts}")
    assert [lost for _, lost in cuts] == [0] * CYCLES
    assert all(acknowledged >= 300 for acknowledged, _ in cuts)


def test_the_control_at_normal_loses_some(migrated: Path, tmp_path: Path) -> None:
    cuts: list[tuple[int, int]] = []
    while not any(lost for _, lost in cuts) and len(cuts) < CONTROL_CYCLES_MAX:
        cuts.append(cut(tmp_path, migrated, "normal", 300 + 700 * (len(cuts) % CYCLES)))
    print(f"acknowledged, lost at NORMAL: {cuts}")
    assert any(lost for _, lost in cuts)
