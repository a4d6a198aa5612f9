"""How long nobody is answered while the server is upgraded, seen by a visitor who writes without a pause.

    python -m tests.bench.upgrade [--runs 5]

From source, over the demo's data, with a migration in the new version (so that the database is kept and changed) and
without one; the way back as well. The command's own figure is from the stop until the new version is ready.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from app.storage.migrations import migrations
from tests.bench.conditions import headline
from tests.installer.installation import Visitor, installed
from tests.installer.source_files import write_file

_STEP = "CREATE TABLE tomorrow (x INTEGER);\n"


def measure(name: str, steps: dict[str, str], runs: int) -> None:
    """Prints one line."""
    told, seen, back, lost = [], [], [], 0
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder, installed(Path(folder)) as made:
            file = write_file(Path(folder) / "desk", "1.1.0", steps=steps)
            made.server.start()
            with Visitor(made.server) as visitor:
                done = made.run("upgrade", file, "--allow-unsigned", "--json")
                assert done.returncode == 0, done.stderr
                told.append(json.loads(done.stdout)["gap_seconds"])
            seen.append(visitor.gap_seconds)
            rows = made.rows("SELECT text FROM messages WHERE sender_kind = 'visitor'")
            lost += len(set(visitor.acknowledged) - {str(text) for (text,) in rows})
            done = made.run("rollback", "--discard", "--json")
            assert done.returncode == 0, done.stderr
            back.append(json.loads(done.stdout)["gap_seconds"])
    print(
        f"{name:18} gap: told {_shown(told)}, seen by a visitor {_shown(seen)}; back {_shown(back)}; "
        f"acknowledged and lost: {lost}"
    )


def _shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(headline(options))
    measure("with a migration", {f"{len(migrations()) + 1:04}_tomorrow.sql": _STEP}, options.runs)
    measure("without", {}, options.runs)


if __name__ == "__main__":
    main()
