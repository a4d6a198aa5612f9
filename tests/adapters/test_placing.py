"""A spec's file put into its place, and one word of it changed: whole, alone, or not at all."""

from pathlib import Path

import pytest

from app.adapters.errors import BadSpec
from app.adapters.managing.editing import switched
from app.adapters.managing.placing import place, take_away
from app.model.errors import Conflict, Unavailable
from app.settings import Limits

LIMITS = Limits()


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "adapters" / "store.yaml"
    place(path, b"source: store\n")
    place(path, "source: 商城\n".encode())
    assert path.read_text(encoding="utf-8") == "source: 商城\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["store.yaml"]
    take_away(path)
    take_away(path)
    assert list(path.parent.iterdir()) == []


def test_what_cannot_be_written_is_said_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "adapters").write_text("no folder")
    with pytest.raises(Unavailable) as refused:
        place(tmp_path / "adapters" / "store.yaml", b"source: store\n")
    assert (refused.value.code, "adapters/store.yaml" in refused.value.en) == ("adapter_unwritable", True)
    folder = tmp_path / "specs"
    (folder / "store.yaml" / "full").mkdir(parents=True)  # a folder of that name cannot be replaced by a file
    with pytest.raises(Unavailable):
        place(folder / "store.yaml", b"source: store\n")
    assert [one.name for one in folder.iterdir()] == ["store.yaml"]
    with pytest.raises(Unavailable):
        take_away(folder / "store.yaml")


@pytest.mark.parametrize(
    ("text", "off", "on"),
    [
        ("source: a # mine\n", "enabled: false\nsource: a # mine\n", "enabled: true\nsource: a # mine\n"),
        ("# c\r\nsource: a\r\n", "# c\r\nenabled: false\nsource: a\r\n", "# c\r\nenabled: true\nsource: a\r\n"),
        ("source: a\nenabled: true # so\n", "source: a\nenabled: false # so\n", "source: a\nenabled: true # so\n"),
        ("{source: a, x: 1}", "{enabled: false, source: a, x: 1}", "{enabled: true, source: a, x: 1}"),
        ("{x: 1,\n  source: a}", "{x: 1,\n  enabled: false, source: a}", "{x: 1,\n  enabled: true, source: a}"),
        ("---\n  title: 商城\n  source: a\n", "---\n  title: 商城\n  enabled: false\n  source: a\n", ""),
        ("title: 商城 \u2028\nenabled: true\nsource: a\n", "title: 商城 \u2028\nenabled: false\nsource: a\n", ""),
    ],
)
def test_a_switch_changes_one_word_and_nothing_else(text: str, off: str, on: str) -> None:
    assert switched(text, False, LIMITS) == off
    assert switched(off, False, LIMITS) == off
    if on:
        assert switched(off, True, LIMITS) == on


@pytest.mark.parametrize(
    "text",
    [
        "source: a\n---\nsource: b\n",
        "title: a\n",
        "- source: a\n",
        "source: a\nenabled: &e true\nother: *e\n",
        "source: a\nenabled: 'true'\n",
        "",
    ],
)
def test_what_a_program_cannot_switch_stays_as_it_is(text: str) -> None:
    with pytest.raises(Conflict):
        switched(text, False, LIMITS)


def test_a_text_that_is_no_yaml_says_where() -> None:
    with pytest.raises(BadSpec):
        switched("source: [", False, LIMITS)
