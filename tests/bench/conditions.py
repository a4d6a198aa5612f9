"""What a figure was measured under: date, machine, load, options."""

import argparse
import os
import platform
from datetime import UTC, datetime

import psutil


def headline(options: argparse.Namespace) -> str:
    """The line that a bench prints before its figures. Load is the one-minute average before the run."""
    cores = os.cpu_count()
    given = " ".join(f"{name}={value}" for name, value in vars(options).items())
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {cores} cores, "
        f"Python {platform.python_version()}, load {psutil.getloadavg()[0]:.1f}: {given}"
    )
