"""Progress on a real terminal: a bar with real numbers, in both languages, gone at the end; nothing of it elsewhere."""

import io
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.commands.progress import Far, amount, bar, cells, manner
from tests.commands.terminal import Shown, on_terminal, slowed, width
from tests.installer.installation import installed
from tests.installer.source_files import write_file
from tests.journeys.appliance import Appliance

MIB = 1 << 20
DATA_MIB = 200
CHINESE = "zh_CN.UTF-8"
WAITS = """
import sys, time
from app.commands.voice import Voice
voice = Voice(sys.argv[1])
with voice.progress("bytes") as progress:
    for count in range(2_000):
        progress.reach(count * 1_048_576, 2_000 * 1_048_576, "Copying the database", "正在复制数据库")
        time.sleep(0.001)
        if count == 1_500:
            voice.say("a line", "一行")
    if sys.argv[2:] == ["fails"]:
        raise SystemExit("no more")
    time.sleep(float(sys.argv[2]) if sys.argv[2:] else 0)
voice.say("done", "完成")
"""


def waited(*words: str, **how: object) -> Shown:
    return on_terminal("-c", WAITS, *words, program=(sys.executable,), **how)  # type: ignore[arg-type]


def grew(bars: list[str]) -> list[float]:
    """The first number of each bar that has one."""
    return [float(found[1]) for text in bars if (found := re.search(r"([0-9.]+) / [0-9.]+ [KMG]iB", text))]


@pytest.mark.parametrize(("language", "words"), [("en", "Copying the database"), (CHINESE, "正在复制数据库")])
def test_a_bar_is_drawn_below_what_is_said_and_is_gone_in_the_end(language: str, words: str) -> None:
    shown = waited(language)
    assert shown.returncode == 0
    assert shown.left == (["a line", "done"] if language == "en" else ["一行", "完成"])
    assert len(shown.bars) > 3 and all(text.startswith(words) for text in shown.bars)
    assert "[#" in shown.bars[-1] and " %" in shown.bars[-1]
    numbers = grew(shown.bars)
    assert numbers == sorted(numbers) and len(set(numbers)) > 3


def test_it_is_never_drawn_faster_than_ten_times_a_second() -> None:
    began = time.monotonic()
    drawn = len(waited("en").bars)
    assert 3 < drawn <= 10 * (time.monotonic() - began)


@pytest.mark.parametrize("columns", [20, 38, 80, 200])
@pytest.mark.parametrize("language", ["en", CHINESE])
def test_it_never_wraps(columns: int, language: str) -> None:
    bars = waited(language, columns=columns).bars
    assert bars and max(map(width, bars)) < columns


def test_ctrl_c_and_a_failure_leave_a_clean_line() -> None:
    stopped = waited("en", "60", stop_at=lambda text: "[###" in text)
    assert stopped.returncode != 0
    assert not [line for line in stopped.left if "[#" in line]
    failed = waited("en", "fails")
    assert failed.left == ["a line", "no more"]


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_where_nothing_may_be_drawn_there_are_plain_lines(environment: dict[str, str]) -> None:
    began = time.monotonic()
    shown = waited("en", environment=environment)
    assert "\x1b" not in shown.text and "\r" not in shown.text.replace("\r\n", "")
    told = [line for line in shown.left if line.startswith("Copying the database")]
    assert 1 <= len(told) <= 1 + (time.monotonic() - began) / 2, "one in two seconds"
    assert "2.0 GiB" in told[0]


def test_an_upgrade_shows_its_steps_and_nothing_of_it_goes_into_a_pipe(tmp_path: Path) -> None:
    with installed(tmp_path) as made:
        file = write_file(tmp_path / "desk", "1.1.0")
        made.server.start()
        words = ("upgrade", file, "--allow-unsigned", "--prefix", made.prefix)
        where = {"MONODESK_LIMITS_UPGRADE_READY_SECONDS_MIN": "120", "LC_ALL": CHINESE}
        shown = on_terminal(*words, program=(made.layout.program,), environment=where)
        assert shown.returncode == 0, shown.text
        assert any("正在数据库副本上预演" in text and "/ 7 步" in text for text in shown.bars)
        assert "已安装 1.1.0，之前为 1.0.0。" in shown.left
        assert not [line for line in shown.left if "[#" in line]
        back = made.run("rollback")
        assert back.returncode == 0 and "\r" not in back.stdout + back.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """One whose backup takes a while."""
    made = Appliance(tmp_path_factory.mktemp("desk") / "data", options=("--demo",))
    made.start()
    big = made.data / "files" / "00" / "big"
    big.parent.mkdir(parents=True, exist_ok=True)
    with big.open("wb") as file:
        for _ in range(DATA_MIB):
            file.write(os.urandom(MIB))
    yield made
    made.kill()


@pytest.mark.full
def test_a_backup_that_is_stopped_is_given_up_by_the_server(server: Appliance, tmp_path: Path) -> None:
    archive = tmp_path / "desk.zip"
    with slowed(server.pid):
        stopped = on_terminal("backup", archive, "--data", server.data, stop_at=lambda text: "%" in text)
    assert stopped.returncode == 1 and not [line for line in stopped.left if "[" in line]
    deadline = time.monotonic() + 60
    while "given up" not in server.output() or list(tmp_path.iterdir()):
        assert time.monotonic() < deadline, "it goes on for nobody"
        time.sleep(0.05)


@pytest.mark.full
@pytest.mark.parametrize(("language", "words"), [("C.UTF-8", "Writing the archive"), (CHINESE, "正在写入备份")])
def test_a_backup_by_the_server_tells_its_bytes_and_so_does_the_restore(
    server: Appliance, tmp_path: Path, language: str, words: str
) -> None:
    archive = tmp_path / "desk.zip"
    backup = ("backup", archive, "--data", server.data)
    with slowed(server.pid):
        shown = on_terminal(*backup, environment={"LC_ALL": language})
    assert shown.returncode == 0, shown.text
    assert any(words in text for text in shown.bars), shown.text
    totals = [re.search(r"/ ([0-9.]+) MiB", text) for text in shown.bars if words in text]
    assert all(one and DATA_MIB <= float(one[1]) < DATA_MIB + 20 for one in totals), totals
    assert not [line for line in shown.left if "[" in line]
    restore = ("restore", archive, "--data", tmp_path / "other")
    again = on_terminal(*restore, environment={"LC_ALL": language}, slow=True)
    assert again.returncode == 0, again.text
    assert any("Unpacking the archive" in text or "正在解压备份" in text for text in again.bars), again.text
    if language == CHINESE:
        told = on_terminal(*backup, "--json")
        assert told.bars == [] and len(told.left) == 1


def test_lines_are_as_wide_as_they_look() -> None:
    assert (cells("备份 ok"), cells("é"), cells("ｗ")) == (7, 1, 2)
    for columns in range(8, 120):
        text = bar(Far("正在复制数据库", 7 * MIB, 20 * MIB), "bytes", 61, columns, chinese=True)
        assert cells(text) <= columns
    assert "1:01" in bar(Far("x", 1, 2), "steps", 61, 80, chinese=False)


@pytest.mark.parametrize(
    ("far", "unit", "text"),
    [
        (Far("x", 3 * MIB // 2, 3 * MIB), "bytes", "50 %  1.5 / 3.0 MiB"),
        (Far("x", 512, 0), "bytes", "0.5 KiB"),
        (Far("x", 3, 7), "steps", "3 / 7 steps"),
        (Far("x", 1_000, 4_000), "messages", "25 %  1,000 / 4,000 messages"),
        (Far("x", 5, 4), "messages", "100 %  5 / 4 messages"),
        (Far("x"), "bytes", ""),
    ],
)
def test_numbers_are_real_ones(far: Far, unit: str, text: str) -> None:
    assert amount(far, unit, chinese=False) == text  # type: ignore[arg-type]


def test_a_file_is_no_terminal() -> None:
    assert manner(io.StringIO(), {"TERM": "xterm"}, quiet=False) == "nothing"
