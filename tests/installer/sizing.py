"""Thirty machines and what they are tuned to; the manual's table is made from it.

    python -m tests.installer.sizing

prints the rows of `thirty_machines.txt` and the manual's table in both languages, to be put there when the tuning is
changed on purpose.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from installer.facts import Fact, Resources
from installer.tune import Given, Tuning, tune

MIB, GIB = 1 << 20, 1 << 30
EXPECTED = Path(__file__).with_name("thirty_machines.txt")
_SHOWN = (
    "workers", "limits.memory_bytes_max", "limits.connections_max", "limits.readers", "limits.sqlite_writer_cache_kib",
    "limits.sqlite_cache_kib", "limits.password_pool", "limits.write_queue_max", "limits.uploads_running_max",
    "limits.downloads_max", "limits.polls_max", "limits.http2_connections_max",
)  # fmt: skip


class Size(Struct, frozen=True):
    """A machine, or with `limited` a control group. `descriptors` is the hard limit."""

    memory: int
    cores: int
    limited: bool = True
    encrypted: bool = False
    descriptors: int = 524_288

    @property
    def name(self) -> str:
        memory = f"{self.memory // GIB} GiB" if self.memory >= GIB else f"{self.memory // MIB} MiB"
        kind = "group" if self.limited else "machine"
        tls = " TLS" if self.encrypted else ""
        few = f" {self.descriptors} descriptors" if self.descriptors < 500_000 else ""
        return f"{kind} {memory} {self.cores} cores{tls}{few}"


MACHINES = (
    Size(256 * MIB, 1), Size(256 * MIB, 1, limited=False), Size(256 * MIB, 1, encrypted=True), Size(256 * MIB, 4),
    Size(384 * MIB, 1), Size(512 * MIB, 1), Size(512 * MIB, 1, limited=False), Size(512 * MIB, 1, encrypted=True),
    Size(512 * MIB, 2), Size(512 * MIB, 8), Size(1 * GIB, 1), Size(1 * GIB, 2), Size(1 * GIB, 2, limited=False),
    Size(1 * GIB, 4), Size(2 * GIB, 2), Size(2 * GIB, 2, encrypted=True), Size(2 * GIB, 4),
    Size(2 * GIB, 4, descriptors=1_024), Size(4 * GIB, 2), Size(4 * GIB, 4), Size(4 * GIB, 4, limited=False),
    Size(4 * GIB, 8), Size(8 * GIB, 4), Size(8 * GIB, 4, encrypted=True), Size(8 * GIB, 8),
    Size(16 * GIB, 8, limited=False), Size(16 * GIB, 16), Size(32 * GIB, 16, limited=False), Size(64 * GIB, 32),
    Size(64 * GIB, 32, encrypted=True, descriptors=20_000),
)  # fmt: skip
_IN_THE_MANUAL = (
    Size(256 * MIB, 1), Size(512 * MIB, 1), Size(1 * GIB, 2), Size(2 * GIB, 2), Size(4 * GIB, 4), Size(8 * GIB, 8),
    Size(16 * GIB, 16), Size(64 * GIB, 32),
)  # fmt: skip
_HEADS = {
    "en": ("memory", "cores", "gateways", "connections", "with TLS", "SQLite's pages", "password hashes", "reserved"),
    "zh": ("内存", "核", "网关进程", "连接数", "启用 TLS 时", "SQLite 页缓存", "密码哈希", "合计预留"),
}


def resources(size: Size) -> Resources:
    """As the probe would find them there."""
    return Resources(
        memory_total_bytes=Fact(64 * GIB * 2 if size.limited else size.memory, ""),
        memory_limit_bytes=Fact(size.memory if size.limited else None, ""),
        processors=Fact(size.cores, ""),
        processor_quota=Fact(None, ""),
        descriptors_soft=Fact(1_024, ""),
        descriptors_hard=Fact(size.descriptors, ""),
        disk_kind=Fact("solid", ""),
        file_system=Fact("ext4", ""),
        disk_total_bytes=Fact(100 * GIB, ""),
        disk_free_bytes=Fact(50 * GIB, ""),
    )


def tuned(size: Size) -> Tuning:
    return tune(resources(size), Given(encrypted=size.encrypted))


def numbers(tuning: Tuning) -> dict[str, int]:
    return {number.key: number.value for number in tuning.numbers}


def expected_rows() -> Iterator[str]:
    """A line for each machine."""
    names = ["gateways", *(name.removeprefix("limits.") for name in _SHOWN[1:]), "MiB of MiB"]
    yield "machine: " + ", ".join(names)
    for size in MACHINES:
        tuning = tuned(size)
        values = numbers(tuning)
        values["limits.memory_bytes_max"] //= MIB
        told = [*(str(values[name]) for name in _SHOWN), f"{tuning.spent_bytes // MIB} of {tuning.memory_bytes // MIB}"]
        yield f"{size.name}: {', '.join(told)}"


def manual_rows(language: str) -> Iterator[str]:
    """The manual's table."""
    heads = _HEADS[language]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for size in _IN_THE_MANUAL:
        tuning = tuned(size)
        values = numbers(tuning)
        secure = numbers(tuned(Size(size.memory, size.cores, encrypted=True)))["limits.connections_max"]
        pages = values["limits.sqlite_writer_cache_kib"] + values["limits.readers"] * values["limits.sqlite_cache_kib"]
        memory = f"{size.memory // GIB} GiB" if size.memory >= GIB else f"{size.memory // MIB} MiB"
        cells = (
            memory, size.cores, values["workers"], f"{values['limits.connections_max']:,}", f"{secure:,}",
            f"{pages // 1_024} MiB", values["limits.password_pool"], f"{tuning.spent_bytes // MIB} MiB",
        )  # fmt: skip
        yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    EXPECTED.write_text("".join(f"{row}\n" for row in expected_rows()), encoding="utf-8")
    for name in _HEADS:
        print(*manual_rows(name), "", sep="\n")
