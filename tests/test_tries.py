"""The runner that tries again: one unlucky moment is named, a defect stays one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import lanes, tries
from tests.journeys.appliance import ROOT

COUNTED = """
from pathlib import Path
import pytest

def tried(name):
    path = Path(__file__).with_name(name)
    count = int(path.read_text()) + 1 if path.exists() else 1
    path.write_text(str(count))
    return count

@pytest.mark.parametrize("word", ["\u6c34"])
def test_unlucky(word):
    assert tried("unlucky") not in {fails}

def test_sound():
    assert tried("sound") == 1
"""


def counted(root: Path, name: str) -> int:
    return int((root / name).read_text())


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quicker without the plugins of this environment; the lanes' own is found from other folders too."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def write(root: Path, text: str) -> None:
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "test_it.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("fails", "code", "tried"), [((), 0, 1), ((1,), 0, 3), ((1, 2), 1, 2), ((1, 3), 1, 3), ((2,), 0, 1)]
)
def test_what_failed_once_has_to_hold_twice_and_nothing_else_is_tried_again(
    tmp_path: Path, fails: tuple[int, ...], code: int, tried: int, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, COUNTED.replace("{fails}", str(fails)))
    assert tries.main(["-q"], tmp_path) == code
    assert (counted(tmp_path, "unlucky"), counted(tmp_path, "sound")) == (tried, 1)
    assert ("unsteady" in capfd.readouterr().out) == (code == 0 and tried > 1)


def test_many_failures_and_a_broken_collection_are_not_tried_again(tmp_path: Path) -> None:
    too_many = tries.FAILED_MAX + 1
    many = COUNTED.replace('["\u6c34"]', f"range({too_many})")
    write(tmp_path, many.replace("{fails}", f"range(1, {too_many + 1})"))
    assert tries.main(["-q"], tmp_path) == 1 and counted(tmp_path, "unlucky") == too_many
    write(tmp_path, "import nothing_of_this_name")
    assert tries.main(["-q"], tmp_path) == 2


@pytest.mark.parametrize(
    ("here", "there", "code"), [("", "", 0), ("1", "", 0), ("", "1", 0), ("", "1, 2", 1), ("1, 3", "1", 1)]
)
def test_lanes_beside_each_other_are_one_run(
    tmp_path: Path, here: str, there: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, COUNTED.replace("{fails}", f"({here},)" if here else "()"))
    other = tmp_path / "other"
    other.mkdir()
    (other / "test_other.py").write_text(COUNTED.replace("{fails}", f"({there},)" if there else "()"), encoding="utf-8")
    assert tries.main(["--lanes", "2", "-q"], tmp_path) == code
    assert counted(tmp_path, "sound") == counted(other, "sound") == 1
    out = capfd.readouterr().out
    assert "=== lane 2 of 2" in out
    assert ("unsteady" in out) == (code == 0 and bool(here or there))


# Each waits until the other runs: only two lanes beside each other, with a file each, come to an end.
WAITS = """
import time
from pathlib import Path

def test_meets():
    here, other = Path(__file__).with_name("{own}"), Path(__file__).with_name("{other}")
    here.touch()
    deadline = time.monotonic() + 60
    while not other.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)

def test_after():
    Path(__file__).with_name("after.txt").open("a").write("{own}")
"""


def test_each_lane_takes_the_next_file_and_each_test_runs_once(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_a.py").write_text(WAITS.format(own="a", other="b"))
    (tmp_path / "test_b.py").write_text(WAITS.format(own="b", other="a"))
    assert tries.main(["--lanes", "2", "-q"], tmp_path) == 0
    assert sorted((tmp_path / "after.txt").read_text()) == ["a", "b"]


SHARED = """
import pytest
@pytest.fixture(scope="session")
def dear():
    with open({log!r}, "a") as log:
        log.write("made ")
        yield
        log.write("gone ")
"""


def test_what_a_session_shares_is_made_once_a_lane_and_put_away(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(SHARED.format(log=str(tmp_path / "log.txt")))
    for name in "abc":
        (tmp_path / f"test_{name}.py").write_text("def test_it(dear):\n    pass\n")
    assert tries.main(["--lanes", "1", "-q"], tmp_path) == 0
    assert (tmp_path / "log.txt").read_text() == "made gone "


@pytest.mark.parametrize(("more", "order"), [((), "abc"), (("--backwards",), "cba")])
def test_one_lane_begins_in_front_and_the_other_with_browsers(
    tmp_path: Path, more: tuple[str, ...], order: str
) -> None:
    """What needs a browser comes last, wherever its name stands; backwards it comes first."""
    for name, place in (("a", "tests/chat"), ("b", "tests/web"), ("c", "tests/journeys")):
        (tmp_path / place).mkdir(parents=True)
        text = f'def test_it():\n    open({str(tmp_path / "log.txt")!r}, "a").write("{name}")\n'
        (tmp_path / place / f"test_{name}.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "taken").mkdir()
    lane = ["-p", "tests.lanes", f"--lane={tmp_path / 'taken'}"]
    subprocess.run([sys.executable, "-m", "pytest", "-q", *lane, *more], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "log.txt").read_text() == order


def test_what_comes_last_is_there() -> None:
    assert all((ROOT / place).is_dir() for place in lanes.LAST)


def test_a_lane_that_cannot_collect_is_no_unlucky_moment(tmp_path: Path) -> None:
    write(tmp_path, COUNTED.replace("{fails}", "(1,)"))
    (tmp_path / "test_other.py").write_text("import nothing_of_this_name")
    assert tries.main(["--lanes", "2", "-q"], tmp_path) == 2
    assert not (tmp_path / "sound").exists()


def test_marks_hold_for_a_test_by_itself_and_paths_do_not() -> None:
    given = ["-m", "full and not slow", "--hypothesis-profile=full", "tests/web"]
    assert tries.own(given) == ["-m", "full and not slow", "--hypothesis-profile=full"]
