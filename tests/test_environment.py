"""What others are started with, and what another process of the frozen file is."""

import sys

import pytest

from app.environment import put_back, take_out

BOOTLOADERS = {
    "LD_LIBRARY_PATH": "/tmp/_MEI/x:/opt/lib",
    "LD_LIBRARY_PATH_ORIG": "/opt/lib",
    "_PYI_ARCHIVE_FILE": "/srv/monodesk",
    "_PYI_APPLICATION_HOME_DIR": "/tmp/_MEI/x",
    "_PYI_PARENT_PROCESS_LEVEL": "1",
    "_PYI_LINUX_PROCESS_NAME": "monodesk",
}


def test_others_get_what_a_person_set_and_nothing_of_the_bootloader() -> None:
    environ = {"PATH": "/bin", **BOOTLOADERS}
    take_out(environ)

    assert environ == {"PATH": "/bin", "LD_LIBRARY_PATH": "/opt/lib"}

    environ = {"PATH": "/bin", **BOOTLOADERS}
    del environ["LD_LIBRARY_PATH_ORIG"]
    take_out(environ)

    assert environ == {"PATH": "/bin"}


def test_from_source_nothing_is_put_back() -> None:
    assert put_back({"PATH": "/bin"}) == {"PATH": "/bin"}


@pytest.mark.parametrize("environ", [{"PATH": "/bin"}, {"PATH": "/bin", "LD_LIBRARY_PATH": "/opt/lib"}])
def test_what_is_put_back_is_taken_out_again(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", "/tmp/_MEI/x", raising=False)
    monkeypatch.setattr(sys, "executable", "/srv/monodesk")

    again = put_back(environ)

    assert again["LD_LIBRARY_PATH"].split(":")[0] == again["_PYI_APPLICATION_HOME_DIR"] == "/tmp/_MEI/x"
    assert again["_PYI_ARCHIVE_FILE"] == "/srv/monodesk"
    take_out(again)
    assert again == environ
