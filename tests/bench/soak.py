"""The committed table of the long runs: each one that ends well appends its row."""

import platform
from datetime import UTC, datetime
from pathlib import Path

TABLE = Path(__file__).with_name("soak.md")
_HEAD = """# Long runs
`make soak`; each part takes 40 minutes at most and appends its row.

| date | machine | run | minutes | result |
|---|---|---|---|---|
"""


def record(run: str, seconds: float, result: str, table: Path = TABLE) -> None:
    """Append one row; the table is begun where it is missing."""
    text = table.read_text() if table.exists() else _HEAD
    row = f"| {datetime.now(UTC):%Y-%m-%d} | {platform.machine()} | {run} | {seconds / 60:.1f} | {result} |\n"
    table.write_text(text + row)
