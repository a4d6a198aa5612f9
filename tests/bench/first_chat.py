"""How long from the downloaded file to the first answered chat, on a Debian with nothing on it.

    python -m tests.bench.first_chat [--runs 3]

As an administrator does it: `install`, the owner by `setup --email`, sign in, a visitor writes, the agent answers, the
visitor reads it. The machine is one of systemd-nspawn (root), freshly booted for each run; its boot does not count.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.bench.conditions import headline
from tests.journeys.appliance import ROOT
from tests.machines.chat import EMAIL, PASSWORD, Desk
from tests.machines.machine import Machine, machine

BINARY = ROOT / "dist" / "monodesk"


def measure(debian: Machine) -> tuple[float, float, float]:
    """Seconds of the installation, of a second one that has nothing to do, and from the file to the answer."""
    debian.put(BINARY, "/root/monodesk")
    desk = Desk(80)
    began = time.perf_counter()
    debian.run("/root/monodesk", "install", "--listen", "0.0.0.0:80")
    installed = time.perf_counter() - began
    debian.run("monodesk", "setup", "--email", EMAIL, given=PASSWORD)
    debian.inside(desk.sign_in)
    debian.inside(lambda: desk.answered_chat("Is anybody there?", "We are."))
    answered = time.perf_counter() - began
    again = time.perf_counter()
    debian.run("/root/monodesk", "install", "--listen", "0.0.0.0:80")
    return installed, time.perf_counter() - again, answered


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(headline(options))
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder, machine(Path(folder)) as debian:
            installed, again, answered = measure(debian)
        print(f"install {installed:.2f} s   again {again:.2f} s   file to first answered chat {answered:.2f} s")


if __name__ == "__main__":
    main()
