"""The server that is installed here, as something to be stopped and started: by systemd, or as a plain process."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct

from app.model.errors import Unavailable
from installer.layout import Layout

_POLL_SECONDS: Final = 0.02
_SYSTEMCTL_SECONDS_MAX: Final = 120.0
_KEPT_VARIABLES: Final = ("PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "TZ", "TMPDIR")
_REASON_LINES: Final = 5


class Start(Struct, frozen=True):
    """How a plain process was started: what follows the program, where, with which variables (ours and the usual)."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]


class Service(Protocol):
    """What an upgrade asks of whoever runs the server."""

    def running(self) -> bool:
        """Whether it runs, or is being started again and again."""
        ...

    def how(self) -> Start | None:
        """How it was started, where that has to be remembered to start it again."""
        ...

    def stop(self) -> None:
        """Stop it in order; it is gone when this returns. Raises `Unavailable` where it does not go."""
        ...

    def start(self, how: Start | None) -> None:
        """Have it started; that it serves is to be seen by who called."""
        ...

    def failed(self) -> str:
        """Why it has ended since `start`; empty while it has not."""
        ...

    def await_started(self) -> None:
        """Until who runs it has also taken note that it is up; what comes after its start may wait for an upgrade."""
        ...


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a child may see: of PyInstaller's variables it would take our libraries, or believe itself to be us."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(("_PYI_", "_MEIPASS")) and name not in ("LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG")
    }
    if original := environ.get("LD_LIBRARY_PATH_ORIG"):
        kept["LD_LIBRARY_PATH"] = original
    return {**kept, "PYINSTALLER_RESET_ENVIRONMENT": "1"}


class SystemdService:
    """A unit of the machine's systemd, or with `user` of the user's own."""

    def __init__(self, unit: str, *, user: bool = False) -> None:
        self._unit = unit
        self._systemctl = ["systemctl", *(["--user"] if user else [])]
        # of its processes alone: what systemd says of the unit explains nothing
        self._journal = ["journalctl", *(["--user"] if user else []), f"_SYSTEMD_{'USER_' if user else ''}UNIT={unit}"]
        self._started_at = 0.0

    def running(self) -> bool:
        return self._state() in ("active", "activating", "reloading", "deactivating")

    def how(self) -> Start | None:
        return None

    def stop(self) -> None:
        self._call("stop", self._unit)

    def start(self, how: Start | None) -> None:
        self._call("reset-failed", self._unit, check=False)  # what failed before is no reason not to try
        self._started_at = time.time()
        self._call("start", "--no-block", self._unit)

    def failed(self) -> str:
        shown = self._call("show", "--property=ActiveState,NRestarts,Result", self._unit)
        facts = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
        if facts.get("ActiveState") != "failed" and facts.get("NRestarts", "0") == "0":
            return ""
        return self._reason() or facts.get("Result", "failed")

    def await_started(self) -> None:
        if self._state() == "activating":
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._call("start", self._unit, check=False)  # joins the start that is under way

    def _state(self) -> str:
        return self._call("show", "--property=ActiveState", "--value", self._unit).strip()

    def _reason(self) -> str:
        _ran(["journalctl", "--sync"])
        since = f"--since=@{self._started_at:.3f}"
        done = _ran([*self._journal, since, "--output=cat", "--no-pager"])
        return _last_words(done.stdout)

    def _call(self, *words: str, check: bool = True) -> str:
        done = _ran([*self._systemctl, *words])
        if check and done.returncode:
            raise Unavailable(
                "service_failed",
                f"systemctl {' '.join(words)} failed: {done.stderr.strip()}. Look at: systemctl status {self._unit}",
                f"systemctl {' '.join(words)} 失败：{done.stderr.strip()}。请查看：systemctl status {self._unit}",
            )
        return done.stdout


class ProcessService:
    """A process that somebody started by hand or by a tool of his own; `holder` tells its pid, 0 where none runs."""

    def __init__(self, layout: Layout, holder: Callable[[], int], stop_seconds_max: float) -> None:
        self._layout = layout
        self._holder = holder
        self._stop_seconds_max = stop_seconds_max
        self._output = layout.data / "logs" / "start.log"
        self._started: subprocess.Popen[bytes] | None = None

    def running(self) -> bool:
        return self._holder() != 0

    def how(self) -> Start | None:
        pid = self._holder()
        if not pid:
            return None
        try:
            return _how(Path(f"/proc/{pid}"))
        except OSError as error:
            raise Unavailable(
                "server_of_another_user",
                f"Process {pid}, which serves here, cannot be looked at: {error.strerror}. Upgrade as its user.",
                f"无法查看正在服务的进程 {pid}：{error.strerror}。请以该进程的用户身份升级。",
            ) from error

    def stop(self) -> None:
        if self._started is not None and self._started.poll() is None and self._started.pid != self._holder():
            self._started.kill()  # it was started by us and never came to hold the folder
            self._started.wait()
        pid = self._holder()
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + self._stop_seconds_max
        while self._holder() == pid:
            if time.monotonic() > deadline:
                raise Unavailable(
                    "server_does_not_stop",
                    f"Process {pid} does not stop. End it by hand, then try again.",
                    f"进程 {pid} 未能停止。请手动结束后重试。",
                )
            time.sleep(_POLL_SECONDS)
        if self._started is not None and self._started.pid == pid:
            self._started.wait()

    def start(self, how: Start | None) -> None:
        arguments = how.arguments if how and how.arguments else ["serve", "--data", str(self._layout.data)]
        environment = {**clean_environment(os.environ), **(how.environment if how else {})}
        self._output.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._output.open("wb") as output:
            self._started = subprocess.Popen(  # noqa: S603 - the installed program, as it was started before
                [str(self._layout.program), *arguments],
                cwd=how.folder if how and Path(how.folder).is_dir() else self._layout.prefix,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it outlives the terminal from which the upgrade was called
            )

    def failed(self) -> str:
        if self._started is None or self._started.poll() is None or self._holder():
            return ""
        return _last_words(self._output.read_text(errors="replace")) or f"exit code {self._started.returncode}"

    def await_started(self) -> None:
        """It is up when it says so."""


def _how(process: Path) -> Start:
    words = [os.fsdecode(word) for word in (process / "cmdline").read_bytes().split(b"\0")[:-1]]
    pairs = [os.fsdecode(one).partition("=") for one in (process / "environ").read_bytes().split(b"\0") if one]
    kept = {key: value for key, _, value in pairs if key.startswith("MONODESK_") or key in _KEPT_VARIABLES}
    return Start(words[words.index("serve") :] if "serve" in words else [], str((process / "cwd").readlink()), kept)


def _ran(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - systemctl and journalctl
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SYSTEMCTL_SECONDS_MAX,
        env=clean_environment(os.environ),
    )


def _last_words(text: str) -> str:
    """The last lines that are for people: not our own log, which is JSON."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("{")]
    return " / ".join(lines[-_REASON_LINES:])
