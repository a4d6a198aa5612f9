"""A real public authority on this machine: pebble, with a name server that says that every name is here."""

import http.client
import json
import os
import shutil
import ssl
import subprocess
import time
from pathlib import Path
from random import Random

import pytest

from app.certificates.keeper import Keeper
from app.certificates.places import places
from app.model.clock import SystemClock
from app.settings import Settings, Tls
from tests.journeys.appliance import free_port

_START_SECONDS_MAX = 90.0


class Pebble:
    """Issues for `seconds`, asks on `http_port` of 127.0.0.1 for proofs, refuses `nonces` of 100 good nonces.

    A restart makes a new root and forgets everybody.
    """

    def __init__(self, folder: Path, *, seconds: int = 90 * 86_400, nonces: int = 5) -> None:
        for program in ("pebble", "pebble-challtestsrv"):
            shutil.which(program) or pytest.skip("no pebble: apt install pebble")
        self.folder = folder
        self.http_port = free_port()
        self._seconds = seconds
        self._nonces = nonces
        self._port, self._management, self._names, self._names_management = (free_port() for _ in range(4))
        self._processes: list[subprocess.Popen[bytes]] = []
        self.ca_file = self._prove_itself()

    @property
    def directory(self) -> str:
        return f"https://127.0.0.1:{self._port}/dir"

    def start(self) -> None:
        """Start, and wait until it answers."""
        config = {
            "listenAddress": f"127.0.0.1:{self._port}",
            "managementListenAddress": f"127.0.0.1:{self._management}",
            "certificate": str(self.folder / "ca" / "keys" / "own.pem"),
            "privateKey": str(self.folder / "ca" / "keys" / "own.pem"),
            "httpPort": self.http_port,
            "tlsPort": free_port(),
            "certificateValidityPeriod": self._seconds,
        }
        file = self.folder / "pebble.json"
        file.write_text(json.dumps({"pebble": config}))
        self._run(
            "pebble-challtestsrv", "-dns01", f"127.0.0.1:{self._names}", "-http01", "", "-https01", "",
            "-tlsalpn01", "", "-management", f"127.0.0.1:{self._names_management}", "-defaultIPv6", "",
        )  # fmt: skip
        self._run("pebble", "-config", str(file), "-dnsserver", f"127.0.0.1:{self._names}")
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "pebble.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """Gone at once."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()

    def root(self) -> str:
        """The root it signs with, in PEM."""
        return self._ask(self._management, "/roots/0")

    def log(self) -> str:
        """All that it has said."""
        return (self.folder / "pebble.log").read_text(errors="replace")

    def _answers(self) -> bool:
        try:
            return bool(self._ask(self._port, "/dir"))
        except OSError:
            return False

    def _ask(self, port: int, path: str) -> str:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=context)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def _run(self, *command: str) -> None:
        environment = {
            **os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": str(self._nonces),
            "PEBBLE_AUTHZREUSE": "0",
        }  # fmt: skip
        with (self.folder / "pebble.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=self.folder)
        self._processes.append(process)

    def _prove_itself(self) -> Path:
        """A certificate for its own address, from an authority of ours."""
        settings = Settings(data=self.folder / "ca", tls=Tls(mode="own", names=("127.0.0.1",)))
        Keeper(settings, SystemClock(), Random(1), list).prepare()
        return places(settings).authority.certificate
