"""Everything is killed in the middle of an upgrade: who starts the server again and again brings up one that works."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.installer.installation import Installation, Visitor, installed
from tests.installer.source_files import write_file
from tests.installer.test_upgrade import MIGRATES, as_before, step, stored_once
from tests.installer.test_upgrade_killed import run_killed

pytestmark = pytest.mark.full

SECONDS_MAX = 300.0  # against hanging
JOURNAL = "os.rename .upgrade.json.new upgrade.json"
CURRENT = "os.rename .current.new current"
SERVE = "subprocess.Popen monodesk monodesk serve"
DATABASE = "os.rename .monodesk.db.back monodesk.db"
GOOD = [(f"3:{JOURNAL}", "1.0.0"), (f"1:{CURRENT}", "1.0.0"), (f"1:{SERVE}", "1.1.0"), (f"4:{JOURNAL}", "1.1.0")]
BROKEN = [f"1:{SERVE}", f"1:{DATABASE}", f"2:{CURRENT}"]
BACK = [f"1:{DATABASE}", f"1:{CURRENT}", f"1:{SERVE}"]


@contextmanager
def started_by_a_manager(made: Installation) -> Iterator[None]:
    """As systemd does by Restart=always, and knowing nothing but start.sh."""
    over = threading.Event()
    command: list[str | Path] = [made.script, "--demo", "--listen", f"127.0.0.1:{made.server.port}"]
    environment = {**os.environ, "MONODESK_TUNE": "false", "LC_ALL": "C.UTF-8"}
    environment["MONODESK_LIMITS_UPGRADE_READY_SECONDS_MIN"] = "1200"  # what is broken is seen by its end
    output = made.prefix / "data.log"

    def run() -> None:
        while not over.is_set():
            with (
                output.open("ab") as log,
                subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
                ) as child,
            ):
                while child.poll() is None and not over.wait(0.05):
                    pass
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def all_killed(made: Installation, moment: str, *words: str | Path) -> None:
    """As a power cut does."""
    code, steps = run_killed(made, moment, *words)
    assert code == -signal.SIGKILL, "\n".join(steps)
    while pid := made.pid:
        os.kill(pid, signal.SIGKILL)
        made.server.kill()


def waiting(made: Installation) -> bool:
    """Whether somebody waits for a start of this installation."""
    words = (process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"]))
    return any("heal" in one and str(made.prefix) in one for one in words)


def healed(made: Installation, version: str) -> None:
    """It serves, and everything says so; nobody typed a command."""
    deadline = time.monotonic() + SECONDS_MAX
    while made.layout.healer.is_symlink() or not made.server.ready():
        assert time.monotonic() < deadline, made.prefix.joinpath("data.log").read_text()
        time.sleep(0.05)
    assert made.serves() == made.layout.points_to() == made.record.version == version


@pytest.mark.parametrize(("moment", "version"), GOOD)
def test_a_good_version_stays_where_it_was_switched_to(tmp_path: Path, moment: str, version: str) -> None:
    with installed(tmp_path) as made, ExitStack() as running:
        file = write_file(tmp_path / "desk", "1.1.0", steps=step(made))
        made.server.start()
        with Visitor(made.server) as visitor:
            all_killed(made, moment, "upgrade", file, "--allow-unsigned")
            running.enter_context(started_by_a_manager(made))
        healed(made, version)
        stored_once(made, visitor)
        if version == "1.0.0":
            as_before(made)


@pytest.mark.parametrize("moment", BROKEN)
def test_a_broken_version_is_left_for_the_one_before(tmp_path: Path, moment: str) -> None:
    with installed(tmp_path) as made, ExitStack() as running:
        file = write_file(tmp_path / "desk", "1.1.0", steps=step(made), before=MIGRATES)
        made.server.start()
        schema = made.schema()
        with Visitor(made.server) as visitor:
            all_killed(made, moment, "upgrade", file, "--allow-unsigned")
            running.enter_context(started_by_a_manager(made))
        healed(made, "1.0.0")
        stored_once(made, visitor)
        assert made.schema() == schema
        as_before(made)
        deadline = time.monotonic() + SECONDS_MAX
        while waiting(made):
            assert time.monotonic() < deadline, "who waits for a server that has ended waits for nobody"
            time.sleep(0.05)


@pytest.mark.parametrize("moment", BACK)
def test_a_way_back_is_gone_to_its_end(tmp_path: Path, moment: str) -> None:
    with installed(tmp_path) as made:
        file = write_file(tmp_path / "desk", "1.1.0", steps=step(made))
        made.server.start()
        schema = made.schema()
        with Visitor(made.server) as visitor:
            pass
        assert made.run("upgrade", file, "--allow-unsigned").returncode == 0
        all_killed(made, moment, "rollback", "--discard")
        with started_by_a_manager(made):
            healed(made, "1.0.0")
            stored_once(made, visitor)
            assert (made.schema(), made.trees) == (schema, ["1.0.0"])


def test_before_the_switch_nobody_waits_for_a_version_that_was_never_started(tmp_path: Path) -> None:
    """One start of the old one, not a start, a wait for the new one, a stop and another start."""
    with installed(tmp_path) as made:
        file = write_file(tmp_path / "desk", "1.1.0", steps=step(made))
        made.server.start()
        all_killed(made, f"1:{CURRENT}", "upgrade", file, "--allow-unsigned")
        code, steps = run_killed(made, 0, "rollback")
        assert code == 0, steps
        assert sum(one.startswith(SERVE) for one in steps) == 1
        assert made.serves() == "1.0.0"
