"""The runner that tries again: one unlucky moment is named, a defect stays one."""

from pathlib import Path

import pytest

from tests import tries

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
    """Quicker without the plugins of this environment."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


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
    many = COUNTED.replace('["\u6c34"]', "range(4)")
    write(tmp_path, many.replace("{fails}", "(1, 2, 3, 4)"))
    assert tries.main(["-q"], tmp_path) == 1 and counted(tmp_path, "unlucky") == 4
    write(tmp_path, "import nothing_of_this_name")
    assert tries.main(["-q"], tmp_path) == 2


@pytest.mark.parametrize(
    ("here", "there", "code"), [("", "", 0), ("1", "", 0), ("", "1", 0), ("", "1, 2", 1), ("1, 3", "1", 1)]
)
def test_two_runs_beside_each_other_are_one(
    tmp_path: Path, here: str, there: str, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, COUNTED.replace("{fails}", f"({here},)" if here else "()"))
    other = tmp_path / "other"
    other.mkdir()
    (other / "test_other.py").write_text(COUNTED.replace("{fails}", f"({there},)" if there else "()"), encoding="utf-8")
    assert tries.main(["--beside", "other", "-q"], tmp_path) == code
    assert counted(tmp_path, "sound") == counted(other, "sound") == 1
    out = capfd.readouterr().out
    assert out.count("2 passed") + out.count("1 failed, 1 passed") == 2
    assert ("unsteady" in out) == (code == 0 and bool(here or there))


def test_a_run_beside_that_cannot_be_collected_is_no_unlucky_moment(tmp_path: Path) -> None:
    write(tmp_path, COUNTED.replace("{fails}", "(1,)"))
    (tmp_path / "test_other.py").write_text("import nothing_of_this_name")
    assert tries.main(["--beside", "test_other.py", "-q"], tmp_path) == 2


def test_marks_hold_for_a_test_by_itself_and_paths_do_not() -> None:
    given = ["-m", "full and not slow", "--hypothesis-profile=full", "tests/web"]
    assert tries.own(given) == ["-m", "full and not slow", "--hypothesis-profile=full"]
