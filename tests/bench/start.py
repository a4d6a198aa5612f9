"""How large the file is, how long until the first 200, and what the idle server holds.

    python -m tests.bench.start [--runs 9] [--file dist/monodesk]

From source (a plain virtual environment), the one file where `make binary` made it, and the tree it unpacks to: over
a data folder that exists already, nobody connected, by turns, so that what else the machine does meets all alike.
Memory is the proportional set size of the process and all that it started, three seconds after the start.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from installer.tree import unpack_file
from tests.bench.conditions import headline
from tests.journeys.appliance import ROOT, SOURCE, Appliance

BINARY = ROOT / "dist" / "monodesk"
_SETTLE_SECONDS = 3.0
_MIB = 1_048_576
_GATEWAYS = 2
_OPTIONS = {"one process": (), f"core + {_GATEWAYS} gateways": ("--workers", str(_GATEWAYS))}

Command = tuple[str, ...]


def starts(commands: Mapping[str, Command], options: Sequence[str], runs: int, folder: Path) -> None:
    """Prints a line for each command; they are started by turns."""
    servers = {
        name: Appliance(folder / name / "data", command=command, options=options) for name, command in commands.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in servers}
    held: dict[str, list[float]] = {name: [] for name in servers}
    for server in servers.values():
        server.data.parent.mkdir(exist_ok=True)
        server.start()
        server.stop()
    for _ in range(runs):
        for name, server in servers.items():
            began = time.perf_counter()
            server.start()
            seconds[name].append(time.perf_counter() - began)
            time.sleep(_SETTLE_SECONDS)
            held[name].append(proportional(server.pid) / _MIB)
            server.stop()
    for name in servers:
        print(
            f"  {name:8} first 200 {spread(seconds[name])}   idle PSS: median {statistics.median(held[name]):.1f} MiB"
        )


def versions(commands: Mapping[str, Command], runs: int) -> None:
    """Prints how long `version` takes, for each command."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            began = time.perf_counter()
            subprocess.run([*command, "version"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - began)
    for name in commands:
        print(f"  {name:8} version   {spread(seconds[name])}")


def spread(seconds: Sequence[float]) -> str:
    return f"min {min(seconds):.2f}, median {statistics.median(seconds):.2f}, max {max(seconds):.2f} s"


def proportional(pid: int) -> int:
    """Proportional set size of a process and its children, in bytes (Linux, smaps_rollup)."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(one.memory_full_info().pss for one in family)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--file", type=Path, default=BINARY)
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands: dict[str, Command] = {"source": SOURCE}
        if options.file.exists():
            unpack_file(options.file, folder / "tree")
            size = sum(path.stat().st_size for path in (folder / "tree").rglob("*") if path.is_file())
            print(f"file {options.file.stat().st_size / 1e6:.1f} MB, tree {size / 1e6:.1f} MB")
            commands |= {"file": (str(options.file),), "tree": (str(folder / "tree" / "monodesk"),)}
        versions(commands, options.runs)
        for title, words in _OPTIONS.items():
            print(title)
            starts(commands, words, options.runs, folder)


if __name__ == "__main__":
    main()
