"""What a process asks of the machine and of its collector, each in a process of its own."""

import subprocess
import sys

import pytest

from tests.journeys.appliance import ROOT


def python(code: str, *before: str) -> str:
    done = subprocess.run(
        [*before, sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("limits", "wanted", "holds"), [("256:650", 5_000, 650), ("256:650", 300, 300), ("256:650", 100, 256)]
)
def test_descriptors_are_asked_for_up_to_the_hard_limit_and_never_given_back(
    limits: str, wanted: int, holds: int
) -> None:
    code = (
        "import resource; from app.telemetry.process import ask_for_descriptors as ask; "
        f"print(ask({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    assert python(code, "prlimit", f"--nofile={limits}") == f"{holds} {holds}"


def test_the_collector_leaves_alone_what_lives_when_it_is_settled() -> None:
    code = (
        "import gc; from app.settings import Limits; from app.telemetry.collector import Collector; "
        "Collector(Limits(gc_young_objects=123)).settle(); print(*gc.get_threshold(), gc.get_freeze_count() > 1000)"
    )
    assert python(code) == "123 20 50 True"


def test_the_collector_leaves_alone_what_came_with_more_connections_than_ever() -> None:
    code = (
        "import gc; from app.settings import Limits; from app.telemetry.collector import Collector; "
        "collector = Collector(Limits(gc_freeze_connections=100)); collector.settle(); "
        "counts = [gc.get_freeze_count()]; held = []; "
        "exec('for connections in (99, 100, 199, 150, 200):\\n"
        " held.extend([object()] for _ in range(1000)); collector.grown(connections); "
        "counts.append(gc.get_freeze_count())'); "
        "print(*(now - before >= 1000 for before, now in zip(counts, counts[1:]))); "
        "gc.collect(); print(collector.longest_seconds > 0)"
    )
    assert python(code) == "False True False False True\nTrue"
