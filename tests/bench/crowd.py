"""Visitors and an agent at their sockets for the benches: no decoding, no task per message, so that they cost little.

What rules a client keeps stands in `tests.journeys.client`; here only what is measured is looked at.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.wire import Wire

_ACK = b'{"t":"ack"'
_MSG = b'{"t":"msg"'
_LIVE = b'{"t":"live"'
_PING = b'{"t":"ping"'
_CID = b'"cid":"'
_CONV = b'"conv":"'
_CID_CHARACTERS, _ID_CHARACTERS = 32, 26

Heard = Callable[[bytes], None]


class Visitor:
    """One visitor's socket; `acknowledged` is called with each cid."""

    def __init__(self, inbox: str, token: str, acknowledged: Heard) -> None:
        self._hello = f'{{"t":"hello","inbox":"{inbox}","token":"{token}"}}'.encode()
        self._acknowledged = acknowledged
        self._conv = b""
        self.wire: Wire | None = None
        self.live = asyncio.Event()

    async def connect(self, port: int, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        """Open the socket and resume; returns when live."""
        self.live.clear()
        self.wire = await Wire.connect(port, self._told, host=host, tls=tls)
        self.wire.send(self._hello)
        self.wire.send(b'{"t":"resume"}')
        await self.live.wait()

    def send(self, cid: str, text: str) -> None:
        """One message, into the conversation that the first one opened."""
        assert self.wire is not None
        conv = f',"conv":"{self._conv.decode()}"' if self._conv else ""
        self.wire.send(f'{{"t":"send","cid":"{cid}"{conv},"text":"{text}"}}'.encode())

    def _told(self, frame: bytes) -> None:
        if frame.startswith(_ACK):
            self._conv = self._conv or value(frame, _CONV, _ID_CHARACTERS)
            self._acknowledged(value(frame, _CID, _CID_CHARACTERS))
        elif frame.startswith(_LIVE):
            self.live.set()
        elif frame.startswith(_PING) and self.wire is not None:
            self.wire.send(b'{"t":"pong"}')
        elif frame.startswith(b'{"t":"error"'):
            raise AssertionError(frame.decode())


class Agent:
    """An agent's socket; `delivered` is called with the cid of each message."""

    def __init__(self, cookie: str, delivered: Heard) -> None:
        self._cookie = cookie
        self._delivered = delivered
        self.wire: Wire | None = None
        self._live = asyncio.Event()

    async def connect(self, port: int) -> None:
        """Open the socket; returns when live."""
        self.wire = await Wire.connect(port, self._told, cookie=self._cookie)
        self.wire.send(b'{"t":"hello"}')
        self.wire.send(b'{"t":"resume"}')
        await self._live.wait()

    def leave(self) -> None:
        """Gone without a word."""
        if self.wire is not None:
            self.wire.abort()

    def _told(self, frame: bytes) -> None:
        if frame.startswith(_MSG):
            self._delivered(value(frame, _CID, _CID_CHARACTERS))
        elif frame.startswith(_LIVE):
            self._live.set()
        elif frame.startswith(_PING) and self.wire is not None:
            self.wire.send(b'{"t":"pong"}')


def value(frame: bytes, key: bytes, size: int) -> bytes:
    """The string of `size` bytes after a key; empty where the frame has no such key."""
    place = frame.find(key)
    return frame[place + len(key) : place + len(key) + size] if place >= 0 else b""


class Site:
    """A real server over a fresh folder, with an inbox and tokens of `visitors` visitors; `options` go to `serve`."""

    def __init__(self, folder: Path, visitors: int, options: Sequence[str] = ()) -> None:
        self.appliance = Appliance(folder / "data", options=options)
        self.appliance.data.mkdir()
        config = f"[limits]\nvisitors_burst = {visitors + 1}\n"  # all of them come from this machine
        (self.appliance.data / "config.toml").write_text(config)
        self.appliance.start()
        with Desk.founded(self.appliance.data, self.appliance.port) as desk:
            self.inbox = desk.inbox()
            self.tokens = [desk.visitor(self.inbox)[0] for _ in range(visitors)]
            self.cookie = desk.sign_in()

    def cpu_seconds(self) -> float:
        """What the server and its gateway processes have used so far, user and system."""
        server = psutil.Process(self.appliance.pid)
        family = [one.cpu_times() for one in (server, *server.children(recursive=True))]
        return sum(times.user + times.system for times in family)
