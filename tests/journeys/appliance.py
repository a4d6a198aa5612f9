"""The real server as a process of its own, on a free port of the loopback address."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SOURCE = (sys.executable, "-m", "app")
ROOT = Path(__file__).parent.parent.parent
_DEMO_LINK = "as {name}: +https?://[^/]+(/sign-in#demo=[0-9a-f]+)"
_SECONDS_TO_BE_READY_MAX = 60.0  # a deadline against hanging, not a figure: the bench measures the start
_POLL_SECONDS = 0.02
_PLACES = "MONODESK_LIMITS_CONNECTIONS_PER_ADDRESS_MAX"
_AS_MANY_AS_THERE_ARE = "60000"  # all clients of a test come from one address
_ANSWER_SECONDS_MAX = 10.0


class Appliance:
    """One data folder and the server over it, which can be killed and started again on the same port.

    With `secure`, which makes what to trust, it is spoken to over TLS; `environment` goes to the server.
    """

    def __init__(
        self,
        data: Path,
        *,
        command: Sequence[str] = SOURCE,
        options: Sequence[str] = (),
        port: int | None = None,
        environment: Mapping[str, str] = {},
        secure: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"{'https' if secure else 'http'}://127.0.0.1:{self.port}"
        self._environment = environment
        self._secure = secure
        self.log = data.with_name(f"{data.name}.log")
        self._command = (*command, "serve", "--data", str(data), "--listen", f"127.0.0.1:{self.port}", *options)
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0  # where the latest start's output begins

    @property
    def pid(self) -> int:
        """The process that was started (a onefile's bootloader, not its child)."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it says that it can serve; raises with its output where it ends before."""
        with self.log.open("ab") as log:
            self._started_at = log.tell()
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={_PLACES: _AS_MANY_AS_THERE_ARE, **os.environ, "LC_ALL": "C.UTF-8", **self._environment},
                start_new_session=True,
            )
        deadline = time.monotonic() + _SECONDS_TO_BE_READY_MAX
        while not self.ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the server did not start:\n{self.output()}")
            time.sleep(_POLL_SECONDS)

    def ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of one GET."""
        return self.send("GET", path)

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, bytes]:
        """Status and body of one request; `body` is JSON unless the headers say otherwise."""
        connection = self._connection()
        try:
            connection.request(
                method, path, body, {**({"Content-Type": "application/json"} if body else {}), **headers}
            )
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_SECONDS_MAX)
        context = self._secure()
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=_ANSWER_SECONDS_MAX, context=context)

    def kill(self) -> None:
        """`kill -9` of the process and of all it started."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self, seconds: float = 20.0) -> int:
        """TERM, as systemd sends it; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(seconds)

    def output(self) -> str:
        """All that it has printed, over every start."""
        return self.log.read_text(errors="replace")

    def printed(self, pattern: str, count: int = 1) -> list[str]:
        """What the latest start printed and matches; it comes just after the doors opened, so `count` are awaited."""
        deadline = time.monotonic() + _SECONDS_TO_BE_READY_MAX
        found: list[str] = []
        while len(found) < count:
            assert time.monotonic() < deadline, f"{pattern} is not in:\n{self.output()}"
            time.sleep(_POLL_SECONDS)
            found = re.findall(pattern, self.log.read_bytes()[self._started_at :].decode(errors="replace"))
        return found

    def demo_link(self, name: str) -> str:
        """The path that signs in as the demo agent of this name."""
        return self.printed(_DEMO_LINK.format(name=name))[0]


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
