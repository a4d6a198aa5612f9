"""A desk without sources pays nothing for the engine: what is heavy is loaded by the source that uses it."""

import subprocess
import sys

HEAVY = ("aiohttp", "google.protobuf", "grpclib", "ijson", "yaml")


def test_the_appliance_starts_without_what_sources_use() -> None:
    said = subprocess.run(
        [sys.executable, "-c", f"import sys, app.appliance; print([one for one in {HEAVY!r} if one in sys.modules])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == "[]"
