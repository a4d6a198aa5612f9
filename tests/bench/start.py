"""How long from the start of the process to the first 200, and what the idle server holds.

    python -m tests.bench.start [--runs 9]

From source and, where `make binary` made it, the frozen file; over a data folder that exists already, nobody connected.
Memory is the proportional set size of the process and all that it started, three seconds after the start.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.bench.conditions import headline
from tests.journeys.appliance import ROOT, SOURCE, Appliance

BINARY = ROOT / "dist" / "monodesk"
_SETTLE_SECONDS = 3.0
_MIB = 1_048_576


def measure(name: str, command: Sequence[str], runs: int) -> None:
    """Prints one line."""
    with tempfile.TemporaryDirectory() as folder:
        appliance = Appliance(Path(folder) / "data", command=command)
        appliance.start()
        appliance.stop()
        seconds, held = [], []
        for _ in range(runs):
            began = time.perf_counter()
            appliance.start()
            seconds.append(time.perf_counter() - began)
            time.sleep(_SETTLE_SECONDS)
            held.append(proportional(appliance.pid) / _MIB)
            appliance.stop()
    print(
        f"{name:8} first 200: min {min(seconds):.2f} s, median {statistics.median(seconds):.2f} s, "
        f"max {max(seconds):.2f} s   idle PSS: median {statistics.median(held):.1f} MiB"
    )


def proportional(pid: int) -> int:
    """Proportional set size of a process and its children, in bytes (Linux, smaps_rollup)."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(one.memory_full_info().pss for one in family)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    print(headline(options))
    measure("source", SOURCE, options.runs)
    if BINARY.exists():
        measure("frozen", (str(BINARY),), options.runs)


if __name__ == "__main__":
    main()
