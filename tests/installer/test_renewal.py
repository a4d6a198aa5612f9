"""What is renewed of what stands beside the programs, and what is somebody else's by now."""

from hashlib import sha256
from pathlib import Path

import pytest

from installer.facts import Words
from installer.layout import Record
from installer.renewal import Renewal, found, renew
from installer.steps import Call, MakeFolder, Remove, Write

RELOAD = Call(("systemctl", "daemon-reload"), Words("reload", "重新加载"))
UNIT, NEW, GONE = Path("/etc/x.service"), Path("/srv/deep/down/new"), Path("/etc/gone")


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def planned(files: dict[Path, str], there: dict[Path, str], wanted: dict[Path, str]) -> Renewal:
    record = Record(
        target="systemd", version="1.0.0", data="/d", source="", files={str(p): digest(t) for p, t in files.items()}
    )
    return renew(
        record, wanted, {str(p): digest(t) for p, t in there.items()}, frozenset({"/", "/etc", "/srv"}), (RELOAD,)
    )


def test_what_stands_as_it_would_be_written_is_no_step() -> None:
    renewal = planned({UNIT: "a"}, {UNIT: "a"}, {UNIT: "a"})
    assert (renewal.steps, renewal.left_alone) == ((), ())


def test_an_older_text_is_replaced_and_the_record_follows() -> None:
    renewal = planned({UNIT: "a"}, {UNIT: "a"}, {UNIT: "b"})
    assert renewal.steps == (Write(UNIT, "b", 0o644), RELOAD)
    assert renewal.record.files == {str(UNIT): digest("b")}


def test_what_this_version_writes_first_comes_with_its_folders() -> None:
    renewal = planned({}, {}, {NEW: "n"})
    made = [step.path for step in renewal.steps if isinstance(step, MakeFolder)]
    assert made == [Path("/srv/deep"), Path("/srv/deep/down")]
    assert renewal.record.folders == list(map(str, made))
    assert Write(NEW, "n", 0o644) in renewal.steps


def test_what_this_version_does_not_write_any_more_goes() -> None:
    renewal = planned({GONE: "g"}, {GONE: "g"}, {})
    assert (renewal.steps, renewal.record.files) == ((Remove(GONE), RELOAD), {})


@pytest.mark.parametrize(
    ("files", "there", "wanted"),
    [
        ({UNIT: "a"}, {UNIT: "mine"}, {UNIT: "b"}),  # edited
        ({UNIT: "a"}, {}, {UNIT: "b"}),  # removed
        ({}, {UNIT: "mine"}, {UNIT: "b"}),  # never ours
        ({GONE: "g"}, {GONE: "mine"}, {}),  # edited, and no longer written
    ],
)
def test_what_is_the_administrators_is_left_alone_and_named(
    files: dict[Path, str], there: dict[Path, str], wanted: dict[Path, str]
) -> None:
    renewal = planned(files, there, wanted)
    assert (renewal.steps, len(renewal.left_alone)) == ((), 1)
    assert renewal.record.files == {str(path): digest(text) for path, text in files.items()}


def test_only_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert found([tmp_path / "file", tmp_path, tmp_path / "none"]) == {str(tmp_path / "file"): digest("x")}
