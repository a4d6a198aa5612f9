"""A large file up and down: seconds, CPU beside nginx, peak memory, and what a chat feels of it meanwhile.

    python -m tests.bench.files [--megabytes 200] [--runs 7] [--chat-seconds 6] [--workers 0] [--folder DIR]

The real server with `file_bytes_max` raised, real SQLite, plain HTTP on the loopback address. Memory is the peak of the
server's resident memory (the kernel's own mark, set back before each run) above what it held idle, before the first
file; CPU is the scheduler's, all threads. nginx (Debian's, one worker, sendfile) serves the same file; its runs stand
between ours. The chat: five visitors write fifty messages a second together, each over when he has the ack and the
agent the message; the files move in a process of their own, one up and one down at a time without a pause, rounds with
and without them in turn. Everything is hashed once.
"""

import argparse
import asyncio
import hashlib
import http.client
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import uvloop
from msgspec import Struct

from tests.bench.conditions import headline
from tests.bench.crowd import Agent, Site, Visitor
from tests.bench.schedstat import cpu_seconds
from tests.journeys.appliance import free_port

_MEGABYTE = 1_000_000
_READ_BYTES = 1 << 20
_MESSAGE_SECONDS = 0.02
_SETTLE_SECONDS = 1.0
_PATIENCE_SECONDS = 120.0
_VISITORS = 5  # who talk; one more sends files
_BOTH = 2  # the ack and the delivery
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; default_type application/octet-stream;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


class Cost(Struct, frozen=True):
    """What one transfer took: seconds on the clock, seconds on a core, bytes of memory above what was held before."""

    seconds: float
    cpu: float
    memory: int


class Door:
    """Where files go: the port and the lines of the request that prove who asks."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token

    def upload(self, path: Path) -> str:
        """Send a file by one request, from the disk to the socket; its id."""
        with socket.create_connection(("127.0.0.1", self.port), _PATIENCE_SECONDS) as line, path.open("rb") as file:
            line.sendall(
                f"POST /api/v1/visitor/files HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {self.token}\r\n"
                f"X-File-Name: film.ogg\r\nContent-Length: {path.stat().st_size}\r\n\r\n".encode()
            )
            line.sendfile(file)
            response = http.client.HTTPResponse(line)
            response.begin()
            told: dict[str, Any] = json.loads(response.read())
            assert response.status == 200, told
            return str(told["id"])

    def resume(self, path: Path, piece_bytes: int = 8 << 20) -> str:
        """The same by the tus protocol, as our pages do it; its id."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_SECONDS)
        own = {"Authorization": f"Bearer {self.token}", "Tus-Resumable": "1.0.0"}
        size = path.stat().st_size
        line.request("POST", "/api/v1/visitor/uploads", headers={**own, "Upload-Length": str(size)})
        where = f"/api/v1/visitor/uploads/{json.loads(line.getresponse().read())['id']}"
        with path.open("rb") as file:
            for offset in range(0, size, piece_bytes):
                said = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
                line.request("PATCH", where, file.read(piece_bytes), {**own, **said})
                answer = line.getresponse()
                assert (answer.status, answer.read()) == (204, b"")
        line.request("GET", where, headers=own)
        told = json.loads(line.getresponse().read())
        line.close()
        return str(told["file"]["id"])

    def download(self, file_id: str) -> int:
        """Take a file and let the kernel throw it away; how many bytes it had."""
        return take(self.port, f"/api/v1/visitor/files/{file_id}", f"Authorization: Bearer {self.token}\r\n")

    def sha256(self, file_id: str) -> str:
        """The digest of what comes down."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_SECONDS)
        line.request("GET", f"/api/v1/visitor/files/{file_id}", headers={"Authorization": f"Bearer {self.token}"})
        response, digest = line.getresponse(), hashlib.sha256()
        while piece := response.read(_READ_BYTES):
            digest.update(piece)
        line.close()
        return digest.hexdigest()


def take(port: int, path: str, lines: str = "") -> int:
    """GET a body and throw it away unread (MSG_TRUNC, tcp(7)); its length."""
    with socket.create_connection(("127.0.0.1", port), _PATIENCE_SECONDS) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n{lines}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(1)
        assert head.startswith(b"HTTP/1.1 200"), head
        taken, nothing = 0, bytearray(_READ_BYTES)
        while part := line.recv_into(nothing, _READ_BYTES, socket.MSG_TRUNC):
            taken += part
        return taken


def peak_begins(pid: int) -> int:
    """Set the mark of a process's peak memory back (proc(5): clear_refs); what it holds now, in bytes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _status(pid, "VmRSS")


def peak(pid: int) -> int:
    """The most that a process held since the mark was set back, in bytes."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1_024 for line in lines if line.startswith(f"{name}:"))


def family(pid: int) -> list[int]:
    """A process and its children."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def held(pid: int) -> int:
    """What a process and its children hold now, in bytes; the marks of their peaks are set back."""
    return sum(peak_begins(one) for one in family(pid))


def timed(pid: int, idle: int, work: Any, *given: Any) -> Cost:
    """Do it once; memory above `idle`."""
    time.sleep(_SETTLE_SECONDS)
    held(pid)
    began, used = time.perf_counter(), cpu_seconds(pid)
    work(*given)
    seconds, used = time.perf_counter() - began, cpu_seconds(pid) - used
    return Cost(seconds, used, sum(map(peak, family(pid))) - idle)


def median(costs: list[Cost]) -> Cost:
    """The median of times; of memory the most."""
    return Cost(
        statistics.median(one.seconds for one in costs),
        statistics.median(one.cpu for one in costs),
        max(one.memory for one in costs),
    )


def line(name: str, costs: list[Cost]) -> str:
    cost = median(costs)
    spread = f"{min(one.cpu for one in costs):.3f} to {max(one.cpu for one in costs):.3f}"
    return (
        f"{name:16} {cost.seconds:6.2f} s   CPU {cost.cpu:6.3f} s ({spread})   "
        f"peak {cost.memory / _MEGABYTE:5.1f} MB above idle"
    )


@contextmanager
def nginx(folder: Path, film: Path) -> Iterator[tuple[int, int]]:
    """Debian's nginx over a copy of the file; its pid and port."""
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    (folder / "www").mkdir()
    os.link(film, folder / "www" / "film")
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, port=port))
    command = [binary, "-e", "stderr", "-c", str(configuration)]
    # A session of its own, as our server has: the scheduler shares the cores out by sessions.
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, "nginx did not start"
                time.sleep(0.05)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(20)


def transfers(site: Site, film: Path, folder: Path, runs: int) -> str:
    """Up and down, ours and nginx's in turn; prints the medians. The id of a stored file."""
    door, pid, size = Door(site.appliance.port, site.tokens[0]), site.appliance.pid, film.stat().st_size
    time.sleep(_SETTLE_SECONDS)
    idle = held(pid)
    file_id = door.upload(film)
    assert door.sha256(file_id) == door.sha256(door.resume(film)) == hashlib.sha256(film.read_bytes()).hexdigest()
    up, pieces, down, theirs = ([] for _ in range(4))  # type: list[Cost], list[Cost], list[Cost], list[Cost]
    with nginx(folder, film) as (their_pid, their_port):
        their_idle = held(their_pid)
        take(their_port, "/film")
        for _ in range(runs):
            up.append(timed(pid, idle, door.upload, film))
            pieces.append(timed(pid, idle, door.resume, film))
            down.append(timed(pid, idle, door.download, file_id))
            theirs.append(timed(their_pid, their_idle, take, their_port, "/film"))
    assert door.download(file_id) == size
    for name, costs in (("up, one request", up), ("up, tus", pieces), ("down", down), ("down, nginx", theirs)):
        print(line(name, costs))
    print(f"down: {median(down).cpu / median(theirs).cpu:.2f} × nginx's CPU")
    return file_id


class Talk:
    """Visitors who write in turn, at a steady pace; how long each message took to both ends."""

    def __init__(self, site: Site) -> None:
        self._cids = count()
        self._began: dict[bytes, tuple[float, int]] = {}
        self._took: list[float] = []
        self._visitors = [Visitor(site.inbox, token, self._arrived) for token in site.tokens[1:]]
        self._agent = Agent(site.cookie, self._arrived)

    async def connect(self, port: int) -> None:
        await self._agent.connect(port)
        for visitor in self._visitors:
            await visitor.connect(port)

    async def talk(self, seconds: float) -> list[float]:
        """Seconds of each message, sent every 20 ms whether or not the last is over."""
        self._took = []
        end = time.perf_counter() + seconds
        due = time.perf_counter()
        while due < end:
            number = next(self._cids)
            cid = f"{number:032x}"
            self._began[cid.encode()] = (due, _BOTH)
            self._visitors[number % len(self._visitors)].send(cid, "Where is my order 4711?")
            due += _MESSAGE_SECONDS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while self._began:
            await asyncio.sleep(0.005)
        return self._took

    def _arrived(self, cid: bytes) -> None:
        began, left = self._began.pop(cid)
        if left > 1:
            self._began[cid] = (began, left - 1)
        else:
            self._took.append(time.perf_counter() - began)


def move(port: int, token: str, film: str, file_id: str, go: Any, end: Any) -> None:
    """In a process of its own: while `go` is set, one file after the other up and down."""
    door = Door(port, token)
    while not end.is_set():
        if go.wait(0.05):
            door.upload(Path(film))
            door.download(file_id)


async def chat(site: Site, film: Path, file_id: str, runs: int, seconds: float) -> None:
    """Rounds of talk without and with files on their way; prints both p99."""
    talk = Talk(site)
    await talk.connect(site.appliance.port)
    await talk.talk(seconds)
    context = multiprocessing.get_context("spawn")
    go, end = context.Event(), context.Event()
    given = (site.appliance.port, site.tokens[0], str(film), file_id, go, end)
    mover = context.Process(target=move, args=given)
    mover.start()
    alone: list[float] = []
    beside: list[float] = []
    rounds = []
    for _ in range(runs):
        quiet = await talk.talk(seconds)
        go.set()
        await asyncio.sleep(_SETTLE_SECONDS)
        busy = await talk.talk(seconds)
        go.clear()
        await asyncio.sleep(2 * _SETTLE_SECONDS)
        rounds.append(percentile(busy, 99) / percentile(quiet, 99))
        alone += quiet
        beside += busy
    end.set()
    mover.join(_PATIENCE_SECONDS)
    for name, took in (("chat alone", alone), ("beside files", beside)):
        print(f"{name:16} p50 {percentile(took, 50) * 1e3:5.2f} ms   p99 {percentile(took, 99) * 1e3:6.2f} ms")
    print(f"beside files the p99 is {statistics.median(rounds):.2f} × (median of {runs} rounds)")


def percentile(values: list[float], part: int) -> float:
    return statistics.quantiles(values, n=100)[part - 1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--chat-seconds", type=float, default=6.0)
    parser.add_argument("--workers", type=int, default=0, help="gateway processes beside the core; 0: one process")
    parser.add_argument("--folder", type=Path, help="where the data folder lies; default: the temporary folder")
    options = parser.parse_args()
    print(headline(options))
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        film = folder / "film.ogg"
        film.write_bytes(b"OggS" + os.urandom(options.megabytes * _MEGABYTE - 4))
        config = folder / "config.toml"
        limits = ("file_bytes_max", "visitor_bytes_per_day", "network_bytes_per_day", "files_bytes_max")
        config.write_text("[limits]\n" + "".join(f"{name} = 1_000_000_000_000\n" for name in limits))
        site = Site(folder, 1 + _VISITORS, ("--config", str(config), "--workers", str(options.workers)))
        try:
            file_id = transfers(site, film, folder, options.runs)
            uvloop.run(chat(site, film, file_id, options.runs, options.chat_seconds))
        finally:
            site.appliance.kill()


if __name__ == "__main__":
    main()
