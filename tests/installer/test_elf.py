"""What is read off machine code, over files that are linked here."""

import subprocess
from pathlib import Path

import pytest

from installer.bundle.elf import needlessly_needed

IDLE = "int answer(void) { return 42; }"
USED = "int __cxa_guard_acquire(void *); int answer(void) { return __cxa_guard_acquire(0); }"


@pytest.mark.parametrize(("code", "needless"), [(IDLE, ["libstdc++.so.6"]), (USED, [])])
def test_a_library_is_needless_where_nothing_of_it_is_used(tmp_path: Path, code: str, needless: list[str]) -> None:
    (tmp_path / "answer.c").write_text(code)
    command = ("gcc", "-shared", "-fPIC", "-o", "answer.so", "answer.c", "-Wl,--no-as-needed", "-l:libstdc++.so.6")
    subprocess.run(command, cwd=tmp_path, check=True)

    assert needlessly_needed(tmp_path / "answer.so") == needless
