"""The real server as a process of its own, on a free port of the loopback address."""

import contextlib
import http.client
import itertools
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

SOURCE = (sys.executable, "-m", "app")
ROOT = Path(__file__).parent.parent.parent
_DEMO_LINK = "as {name}: +https?://[^/]+(/sign-in#demo=[0-9a-f]+)"
_SECONDS_TO_BE_READY_MAX = 120.0  # a deadline against hanging, not a figure: the bench measures the start
_POLL_SECONDS = 0.02
_PLACES = "MONODESK_LIMITS_CONNECTIONS_PER_ADDRESS_MAX"
_AS_MANY_AS_THERE_ARE = "60000"  # all clients of a test come from one address
_TUNE = "MONODESK_TUNE"  # off: a test means the same on every machine; on in the tests of the tuning
_ANSWER_SECONDS_MAX = 60.0
_PORT_MIN, _PORT_MAX = 11_000, 65_536  # below are some that browsers call no server at (Fetch, "bad port": 10080)


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
                env={
                    _PLACES: _AS_MANY_AS_THERE_ARE,
                    _TUNE: "false",
                    **os.environ,
                    "LC_ALL": "C.UTF-8",
                    **self._environment,
                },
                start_new_session=True,
            )
        try:
            self._await_ready(self._process)
        except BaseException:
            self.kill()  # whatever happened: who did not start it has no end to put to it
            raise

    def _await_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _SECONDS_TO_BE_READY_MAX
        while not self.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{self.output()}")
            time.sleep(_POLL_SECONDS)

    def ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        try:
            return self.get("/readyz")[0] == 200
        except (OSError, http.client.HTTPException):  # it may be killed in the middle of its answer
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

    def reap(self) -> None:
        """Let go of the process if somebody else has ended it: a zombie keeps its number."""
        if self._process is not None:
            self._process.poll()

    def stop(self, seconds: float = 60.0) -> int:
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
    """A port that nobody listens at, that no call before was told, and that the kernel gives to no connection.

    Of those that it gives away (ip(7): ip_local_port_range) one could be taken by any client of this machine before
    the server takes it, and again while the server is killed and not yet started: even by its own clients, whom the
    kernel connects with themselves where the port that they call is the one they call from.
    """
    while True:
        port = next(_ports)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def never_given_away(low: int, high: int) -> list[int]:
    """The ports that the kernel does not give away when it gives from `low` to `high`; all where that leaves none."""
    every = range(_PORT_MIN, _PORT_MAX)
    return [port for port in every if not low <= port <= high] or list(every)


def _from_anywhere_on(ports: list[int]) -> Iterator[int]:
    """So that two runs on one machine seldom meet."""
    begin = random.randrange(len(ports))
    return itertools.cycle(ports[begin:] + ports[:begin])


def _given() -> tuple[int, int]:
    """From where to where the kernel gives ports away; Linux' own choice where it does not tell."""
    try:
        low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    except OSError:
        return 32_768, 60_999
    return low, high


_ports = _from_anywhere_on(never_given_away(*_given()))
