"""Disks that are really full, the whole data folder's and one of `logs/` alone; and disks that turn read-only."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.shim import Shim
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.storage.mounts import mounted, run

pytestmark = pytest.mark.full
_IMAGE_BYTES = 512 * 2**20


class People:
    """A visitor and an agent of a server, over HTTP."""

    def __init__(self, server: Appliance) -> None:
        self.server = server
        with Desk.founded(server.data, server.port) as desk:
            inbox = desk.inbox()
            self.token = desk.visitor(inbox)[0]
            self.cookie = desk.cookie
        self.conv = self.send("first")[1]["frames"][0]["conv"]

    def send(self, text: str) -> tuple[int, Any]:
        conv = {"conv": self.conv} if hasattr(self, "conv") else {}
        frame = {"t": "send", "cid": secrets.token_hex(16), "text": text, **conv}
        return self._ask("POST", "/api/v1/visitor/frames", json.dumps(frame).encode(), self._visitor())

    def upload(self) -> tuple[int, Any]:
        fields = {"Content-Type": "text/plain", "X-File-Name": "notes.txt"}
        return self._ask("POST", "/api/v1/visitor/files", b"x" * 10_000, self._visitor() | fields)

    def draft(self, text: str) -> tuple[int, Any]:
        path = f"/api/v1/conversations/{self.conv}/draft"
        fields = {"Cookie": self.cookie, "Origin": self.server.url}
        return self._ask("PATCH", path, json.dumps({"reply": text}).encode(), fields)

    def texts(self) -> list[str]:
        path = f"/api/v1/visitor/conversations/{self.conv}/messages?limit=200"
        status, page = self._ask("GET", path, None, self._visitor())
        assert status == 200
        return [one["text"] for one in page["messages"] if one["kind"] == "message"]

    def _visitor(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        status, answer = self.server.send(method, path, body, headers)
        return status, json.loads(answer) if answer else None


@contextlib.contextmanager
def served(data: Path, environment: Mapping[str, str] = {}) -> Iterator[Appliance]:
    server = Appliance(data, environment=environment)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def fill(folder: Path) -> Path:
    """Leave not a block free."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4_096))
    return ballast


def test_a_full_disk_refuses_plainly_reads_on_and_heals_by_itself(tmp_path: Path) -> None:
    with mounted(tmp_path / "data", "-t", "tmpfs", "-o", "size=24m", "tmpfs") as data, served(data) as server:
        people = People(server)
        ballast = fill(data)
        refused = [people.send(f"while full {number}") for number in range(40)]
        kept = [f"while full {number}" for number, (status, _) in enumerate(refused) if status == 200]
        problems = [problem for status, problem in refused if status != 200]
        assert problems, "pages of the log were free for some, not for all"
        assert {problem["code"] for problem in problems} == {"disk_full"}
        assert all(problem["retry_after_ms"] and "Free some space" in problem["detail"] for problem in problems)
        assert people.upload()[0] in (503, 507)
        assert people.draft("x" * 4_000)[0] == 503
        assert people.texts() == ["first", *kept]
        assert server.get("/healthz")[0] == 200
        ballast.unlink()
        assert people.send("after")[0] == 200
        assert people.draft("after")[0] in (200, 204)
        assert people.texts() == ["first", *kept, "after"]
        assert server.stop() == 0


def test_a_full_disk_of_the_logs_alone_stops_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with mounted(data / "logs", "-t", "tmpfs", "-o", "size=64k", "tmpfs") as logs:
        fill(logs)
        assert shutil.disk_usage(logs).free == 0
        with served(data) as server:
            people = People(server)
            assert [people.send(f"message {number}")[0] for number in range(20)] == [200] * 20
            (logs / "ballast").unlink()
            people.send("last")
            assert "lines were lost" in (logs / "monodesk.log").read_text()
            assert server.stop() == 0


def test_a_disk_that_turns_read_only_refuses_plainly_reads_on_and_heals_by_itself(tmp_path: Path) -> None:
    """By the shim: the kernel lets nobody remount what is open for writing, but servers of network disks do this."""
    with Shim(tmp_path / "data") as shim, served(tmp_path / "data", shim.environment) as server:
        people = People(server)
        shim.read_only()
        _refused_in_words(people)
        shim.rest()
        assert people.send("after")[0] == 200
        assert people.draft("after")[0] in (200, 204)
        assert people.upload()[0] == 200
        assert people.texts() == ["first", "after"]
        assert server.get("/readyz")[0] == 200
        assert server.stop() == 0


def _refused_in_words(people: People) -> None:
    """What would be stored is refused with what to do, what was stored is read."""
    refused = [people.send(f"while read-only {number}") for number in range(10)]
    assert [status for status, _ in refused] == [503] * 10
    assert {problem["code"] for _, problem in refused} == {"disk_read_only"}
    assert all(problem["retry_after_ms"] and "mounted read-only" in problem["detail"] for _, problem in refused)
    assert people.upload()[0] == 503
    assert people.draft("x" * 4_000)[0] == 503
    assert people.texts() == ["first"]
    assert people.server.get("/healthz")[0] == 200


def _device_of(mounted_at: Path) -> str:
    """As the kernel names it: loop3."""
    number = mounted_at.stat().st_dev
    return Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve().name


def test_ext4_that_makes_itself_read_only_after_an_error_loses_nothing(tmp_path: Path) -> None:
    """What the kernel does to a disk that fails. It stays so until it is unmounted: the server is stopped for that."""
    image, data = tmp_path / "image", tmp_path / "data"
    with image.open("wb") as file:
        file.truncate(_IMAGE_BYTES)
    run("mkfs.ext4", "-q", str(image))
    with mounted(data, "-o", "loop,errors=remount-ro", str(image)), served(data) as server:
        people = People(server)
        remount = subprocess.run(["mount", "-o", "remount,ro", str(data)], capture_output=True, text=True, check=False)
        assert "busy" in remount.stderr, "a file system on which a server writes cannot be remounted"
        os.sync()
        Path(f"/sys/fs/ext4/{_device_of(data)}/trigger_fs_error").write_text("as a failing disk does")
        _refused_in_words(people)
        assert server.stop() == 0, server.output()
    check = subprocess.run(["e2fsck", "-fy", str(image)], capture_output=True, text=True, check=False)
    assert check.returncode in (0, 1), check.stdout + check.stderr  # 1: it was mended
    with mounted(data, "-o", "loop", str(image)), served(data) as server:
        people.server = server
        assert people.send("after")[0] == 200
        assert people.texts() == ["first", "after"]
        assert server.stop() == 0
