"""Where things lie: the record is written whole, the link moves in one step, an installation is found again."""

import os
from pathlib import Path

import pytest

from app.model.errors import Invalid, NotFound
from installer import layout
from installer.layout import Record


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(
        target="portable",
        version="1.0.0",
        data=str(tmp_path / "data"),
        source="ab" * 32,
        files={str(tmp_path / "start.sh"): "cd" * 32},
        folders=[str(tmp_path)],
    )


def test_a_record_comes_back_as_it_was(tmp_path: Path, record: Record) -> None:
    assert layout.read(tmp_path) is None

    layout.write(tmp_path, record)

    assert layout.read(tmp_path) == record
    assert [path.name for path in tmp_path.iterdir()] == ["install.json"]
    assert record.layout(tmp_path) == layout.of_portable(tmp_path)


def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "install.json").write_text('{"target": "moon"}')

    with pytest.raises(Invalid, match=r"install\.json cannot be read"):
        layout.read(tmp_path)


def test_current_moves_by_a_rename_and_stays_below_its_prefix(tmp_path: Path) -> None:
    prefix = tmp_path / "here"
    places = layout.of_portable(prefix)
    for version in ("1.0.0", "1.1.0"):
        places.version(version).mkdir(parents=True)
        (places.version(version) / "monodesk").write_text(version)
        layout.point(places, version)
        assert places.points_to() == version
        assert places.program.read_text() == version

    prefix.rename(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "current" / "monodesk").read_text() == "1.1.0"


def test_a_link_that_was_left_half_made_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".current.new").symlink_to("nowhere")

    layout.point(layout.of_portable(tmp_path), "1.0.0")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["current"]


def test_the_installation_of_a_running_program_is_found(tmp_path: Path, record: Record) -> None:
    places = layout.of_portable(tmp_path)
    places.version("1.0.0").mkdir(parents=True)
    program = places.version("1.0.0") / "monodesk"
    program.touch()
    layout.point(places, "1.0.0")
    (tmp_path / "link").symlink_to(places.program)

    assert layout.prefix_of(program) is None  # without a record it is only a folder
    layout.write(tmp_path, record)

    assert layout.prefix_of(program) == tmp_path
    assert layout.prefix_of(tmp_path / "link") == tmp_path
    assert layout.find(tmp_path) == (places, record)
    with pytest.raises(NotFound, match="--prefix"):
        layout.find(tmp_path / "other")


def test_digests_see_every_change_of_a_tree(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("one")
    (tmp_path / "link").symlink_to("a/one")
    before = layout.digests(tmp_path)

    assert set(before) == {"a/one", "link"}
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("a/two")
    assert layout.digests(tmp_path)["link"] != before["link"]
    os.truncate(tmp_path / "a" / "one", 2)
    assert layout.digests(tmp_path)["a/one"] != before["a/one"]
