"""A demo's folder and a real one are never taken for each other."""

from pathlib import Path

import pytest

from app.demo.folder import admit, marked
from app.model.errors import Conflict, Unavailable
from app.storage.manifest import DEMO_MARK


def _with_data(root: Path) -> Path:
    (root / "monodesk.db").write_bytes(b"rows")
    return root


def test_an_empty_folder_becomes_the_demos(tmp_path: Path) -> None:
    admit(tmp_path, demo=True)
    assert marked(tmp_path)
    assert "--demo" in (tmp_path / DEMO_MARK).read_text(encoding="utf-8")


def test_the_demos_folder_is_served_again(tmp_path: Path) -> None:
    admit(tmp_path, demo=True)
    admit(_with_data(tmp_path), demo=True)


def test_the_demos_folder_is_not_served_without_demo(tmp_path: Path) -> None:
    admit(tmp_path, demo=True)
    with pytest.raises(Conflict) as refused:
        admit(tmp_path, demo=False)
    assert refused.value.code == "demo_folder"
    assert "--demo" in refused.value.en and "--demo" in refused.value.zh


def test_real_data_is_not_served_with_demo(tmp_path: Path) -> None:
    with pytest.raises(Conflict) as refused:
        admit(_with_data(tmp_path), demo=True)
    assert refused.value.code == "not_a_demo_folder"
    assert not marked(tmp_path)


def test_real_data_is_served_unmarked(tmp_path: Path) -> None:
    admit(_with_data(tmp_path), demo=False)
    assert not marked(tmp_path)


def test_an_empty_folder_without_demo_stays_unmarked(tmp_path: Path) -> None:
    admit(tmp_path, demo=False)
    assert not marked(tmp_path)


def test_a_folder_that_cannot_be_marked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        admit(tmp_path / "absent", demo=True)
