"""An installation in a folder of its own, its server, and a visitor who writes without a pause."""

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from app.demo.seed import INBOX_ID
from app.folder import Folder
from installer import layout
from installer.targets import portable
from tests.installer.source_files import write_tree
from tests.journeys.appliance import Appliance

_PAUSE_SECONDS = 0.005
_SECONDS_MAX = 300.0  # against hanging: two starts that fail, one that goes back, on a machine that does much else


class Installation:
    """Version 1.0.0 from source, installed as `portable` and served as a demo."""

    def __init__(self, folder: Path) -> None:
        self.prefix = folder / "monodesk"
        self.layout = layout.of_portable(self.prefix)
        write_tree(self.layout.version("1.0.0"), "1.0.0")
        layout.point(self.layout, "1.0.0")
        self.script = self.prefix / portable.SCRIPT
        self.script.write_text(portable.script(self.layout))
        self.script.chmod(0o755)
        record = layout.Record(
            target="portable",
            version="1.0.0",
            data=str(self.layout.data),
            source="",
            files={str(self.script): layout.digest(self.script)},
        )
        layout.write(self.prefix, record)
        self.server = Appliance(self.layout.data, command=(str(self.layout.program),), options=("--demo",))

    @property
    def record(self) -> layout.Record:
        record = layout.read(self.prefix)
        assert record is not None
        return record

    @property
    def trees(self) -> list[str]:
        return sorted(path.name for path in self.layout.versions.iterdir())

    @property
    def pid(self) -> int:
        """Who serves; 0 where nobody does."""
        return Folder(self.layout.data).holder()

    def run(
        self, *words: str | Path, environment: Mapping[str, str] = {}, language: str = "C.UTF-8"
    ) -> subprocess.CompletedProcess[str]:
        """One command of the installed version, over this installation."""
        return subprocess.run(
            [self.layout.program, *map(str, words), "--prefix", self.prefix],
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
            env={**os.environ, "MONODESK_LIMITS_UPGRADE_READY_SECONDS_MIN": "120", "LC_ALL": language, **environment},
        )

    def serves(self) -> str:
        """The version of the server that answers; empty where none does."""
        done = subprocess.run(
            [self.layout.program, "status", "--json", "--data", self.layout.data],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        told = json.loads(done.stdout or "{}")
        return str(told["version"]) if told.get("running") else ""

    def rows(self, sql: str, database: Path | None = None) -> list[tuple[object, ...]]:
        """What a database holds."""
        with closing(sqlite3.connect(database or self.layout.data / "monodesk.db")) as connection:
            return connection.execute(sql).fetchall()

    def schema(self) -> int:
        ((number,),) = self.rows("PRAGMA user_version")
        return int(str(number))

    def end(self) -> None:
        """No process is left."""
        while pid := self.pid:
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        self.server.kill()


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    made = Installation(folder)
    try:
        yield made
    finally:
        made.end()


class Visitor:
    """Writes one message after the other, each again with the same key until it is acknowledged."""

    def __init__(self, server: Appliance) -> None:
        self._server = server
        status, body = server.send("POST", "/api/v1/visitor/session", json.dumps({"inbox": INBOX_ID}).encode())
        assert status == 200, body
        self._token = json.loads(body)["token"]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.acknowledged: list[str] = []
        self.gap_seconds = 0.0  # the longest time without an acknowledgement

    def __enter__(self) -> Self:
        self._thread.start()
        while not self.acknowledged:
            assert self._thread.is_alive()
            time.sleep(_PAUSE_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        """Until one more has been acknowledged, so that what runs at the end takes messages."""
        count, deadline = len(self.acknowledged), time.monotonic() + _SECONDS_MAX
        while len(self.acknowledged) == count and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
        self._over.set()
        self._thread.join()
        assert len(self.acknowledged) > count, "nobody takes messages any more"

    def _write(self) -> None:
        last = time.monotonic()
        number = 0
        while not self._over.is_set():
            text = f"message {number} of {id(self)}"
            if self._send(text, f"{id(self):024x}{number:08x}"):
                now = time.monotonic()
                self.gap_seconds, last = max(self.gap_seconds, now - last), now
                self.acknowledged.append(text)
                number += 1
            time.sleep(_PAUSE_SECONDS)

    def _send(self, text: str, key: str) -> bool:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key, "Content-Type": "application/json"}
        body = json.dumps({"text": text, "files": []}).encode()
        try:
            status, _ = self._server.send("POST", "/api/v1/visitor/messages", body, headers)
        except OSError:
            return False
        return status in (200, 201)
