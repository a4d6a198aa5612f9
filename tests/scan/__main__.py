"""`python -m tests.scan`: what the scanners find in this tree; fails where that is anything."""

import sys
from pathlib import Path

from tests.scan.scanners import scan

findings = scan(Path(__file__).parents[2])
print(*findings, sep="\n", end="\n" if findings else "")
sys.exit(1 if findings else 0)
