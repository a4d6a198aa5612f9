"""What probing and tuning add to the server's start.

    python -m tests.bench.probe [--runs 9]

Each run is a process of its own; files in the page cache. Medians of milliseconds of CPU, which others disturb least.
"""

import argparse
import statistics
import subprocess
import sys

from tests.bench.conditions import headline
from tests.journeys.appliance import ROOT

_ALONE = """
import os, time
import app.settings as settings
began = time.process_time()
settings.load({}, os.environ)
print((time.process_time() - began) * 1e3)
"""
_TUNED = """
import os, time
import app.settings
began = time.process_time()
from app.commands.tuned import settled
settled({}, os.environ)
print((time.process_time() - began) * 1e3)
"""
_CALLS = """
import time
from pathlib import Path
from installer.machine import Machine
from installer.probe import resources
from installer.tune import tune
began = time.process_time()
tune(resources(Machine(), Path("data")))
print((time.process_time() - began) * 1e3)
"""


def median(code: str, runs: int) -> float:
    """Of what so many processes print."""
    command = (sys.executable, "-c", code)
    told = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in range(runs)]
    return statistics.median(map(float, told))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    print(headline(options))
    alone, tuned, calls = (median(code, options.runs) for code in (_ALONE, _TUNED, _CALLS))
    print(f"CPU: settings alone {alone:.2f} ms; tuned, imports included {tuned:.2f} ms; probe and tune {calls:.2f} ms")


if __name__ == "__main__":
    main()
