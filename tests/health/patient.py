"""A data folder, and a server that may run over it: looked at by the doctor as he is called, mended by what he says."""

import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from app.commands.doctor import subject_of
from app.health.checks import CHECKS
from app.health.examine import look
from app.model.health import Finding, State
from installer.machine import Machine
from tests.journeys.appliance import ROOT, SOURCE, Appliance

BY_ID = {check.id: check for check in CHECKS}
_WELL = (State.FINE, State.NOT_ASKED)
_SECONDS_MAX = 120.0  # against hanging: none of it decides
_POLL_SECONDS = 0.1


class Patient:
    """`settings` go into config.toml; `environment` to every process."""

    def __init__(self, folder: Path, data: Path | None = None, machine: Machine | None = None) -> None:
        self.folder = folder
        self.data = data or folder / "data"
        self.environment = {"MONODESK_TUNE": "false"}
        self.machine = machine
        self._server: Appliance | None = None
        self._started: list[subprocess.Popen[bytes]] = []
        self._programs = folder / "programs"
        self._programs.mkdir()
        program = self._programs / "monodesk"
        program.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m app "$@"\n')
        program.chmod(0o755)

    @property
    def server(self) -> Appliance:
        assert self._server is not None
        return self._server

    @property
    def config(self) -> Path:
        return self.data / "config.toml"

    @property
    def database(self) -> Path:
        return self.data / "monodesk.db"

    def configure(self, *lines: str) -> None:
        """Replace what the configuration says."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.config.write_text("".join(f"{line}\n" for line in lines))

    def start(self, command: Sequence[str] = SOURCE, environment: Mapping[str, str] = {}) -> Appliance:
        """Have a server run."""
        port = self._server.port if self._server is not None else None
        self.adopt(Appliance(self.data, command=command, port=port, environment={**self.environment, **environment}))
        self.server.start()
        return self.server

    def adopt(self, server: Appliance) -> None:
        """A server that a command starts later listens where this one does."""
        self._server = server
        self.environment["MONODESK_LISTEN"] = f"127.0.0.1:{server.port}"

    def stop(self) -> None:
        assert self.server.stop() == 0

    def found(self, check: str, **variables: str) -> Finding:
        """What the doctor says of one thing now, deep where it is a deep one."""
        asked = BY_ID[check]
        with _variables({**self.environment, **variables}):
            options = Namespace(data=self.data, config=None, deep=True)
            subject = subject_of(options)
            if self.machine is not None:
                subject = msgspec.structs.replace(subject, machine=self.machine)
            return look(asked, subject)

    def run(self, *words: str) -> str:
        """One of our commands, which succeeds."""
        done = subprocess.run(
            [self._programs / "monodesk", *words, "--data", self.data],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, **self.environment},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def mend(self, check: str) -> None:
        """Do what the doctor says, word for word, and wait until he is content; a server that it starts stays."""
        command = self.found(check).command
        assert command, f"{check}: no command"
        serves = "serve" in command
        self.do(command, lambda: (not serves or self.server.ready()) and self.found(check).state in _WELL)

    def do(self, command: str, done: Callable[[], bool]) -> None:
        """Give a line to a shell; until `done`, or it fails."""
        path = f"{self._programs}{os.pathsep}{os.environ['PATH']}"
        with (self.folder / "mended.log").open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "MONODESK_LIMITS_CONNECTIONS_PER_ADDRESS_MAX": "60000", **self.environment}
                | {"PATH": path},
                start_new_session=True,
            )
        self._started.append(process)
        deadline = time.monotonic() + _SECONDS_MAX
        while not (process.poll() is not None or "serve" in command) or not done():
            if process.poll() or time.monotonic() > deadline:
                raise AssertionError(f"{command} did not mend it:\n{(self.folder / 'mended.log').read_text()}")
            if self._server is not None:
                self._server.reap()
            time.sleep(_POLL_SECONDS)

    def end(self) -> None:
        """No process is left."""
        if self._server is not None:
            self._server.kill()
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


Case = Callable[[Patient], Iterator[str]]


@contextmanager
def _variables(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for as long as a look takes."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
