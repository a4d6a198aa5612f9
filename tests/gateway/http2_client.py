"""An HTTP/2 client of the tests: the `h2` library where it behaves, frames by hand where it must not."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes, Settings
from hpack import Encoder

from app.gateway import http2_frames as frames
from tests.gateway.client import PATIENCE_SECONDS, Response

Fields = Sequence[tuple[str, str]]
SETTINGS = frames.EMPTY_SETTINGS


@asynccontextmanager
async def http2(
    port: int,
    *,
    window: bool = True,
    settings: dict[SettingCodes, int] = {},
    tls: ssl.SSLContext | None = None,
    address: str = "127.0.0.1",
) -> AsyncIterator["Http2Client"]:
    """A client at this address for as long as the block runs."""
    client = await Http2Client.open(port, window=window, settings=settings, tls=tls, address=address)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def raw(
    port: int, *parts: bytes, preface: bool = True, tls: ssl.SSLContext | None = None
) -> AsyncIterator["RawClient"]:
    """A client that says only what it is told, for as long as the block runs."""
    client = await RawClient.open(port, *parts, preface=preface, tls=tls)
    try:
        yield client
    finally:
        await client.close()


class Answer:
    """What came on one stream so far. `reset` is the code of a reset, `gone` that the connection ended before."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.trailers: dict[str, str] = {}
        self.received = bytearray()
        self.ended = False
        self.reset: ErrorCodes | int | None = None

    @property
    def body(self) -> bytes:
        return bytes(self.received)

    @property
    def over(self) -> bool:
        return self.ended or self.reset is not None

    @property
    def status(self) -> int:
        return int(self.fields[":status"])

    def response(self) -> Response:
        return Response(self.status, self.fields, self.body)


class Http2Client:
    """One connection. `dismissal` is the code of the server's GOAWAY; `gone` that the connection is over."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, window: bool) -> None:
        self.reader = reader
        self.writer = writer
        self.h2 = H2Connection(H2Configuration(header_encoding="utf-8", validate_outbound_headers=False))
        self.answers: dict[int, Answer] = {}
        self.dismissal: int | None = None
        self.reason = b""
        self.gone = False
        self.events: list[Event] = []
        self._gives_window = window
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        port: int,
        *,
        window: bool = True,
        settings: dict[SettingCodes, int] = {},
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
    ) -> "Http2Client":
        """Connected, with the preface sent. Without `window` it reads, but never lets the server send more."""
        client = cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, local_addr=(address, 0)), window)
        if settings:
            client.h2.local_settings = Settings(client=True, initial_values=settings)
        client.h2.initiate_connection()
        client.flush()
        client._reading = asyncio.create_task(client._read())
        return client

    def ask(self, path: str, method: str = "GET", fields: Fields = (), *, ends: bool = True) -> int:
        """Send a request's head; its stream."""
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        head = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "desk.lan"), *fields]
        self.h2.send_headers(stream, head, end_stream=ends)
        self.flush()
        return stream

    async def send(self, stream: int, body: bytes, *, ends: bool = True) -> None:
        """Send a body as the server's windows let it through."""
        left = memoryview(body)
        while left:
            size = min(self.h2.local_flow_control_window(stream), 16_384, len(left))
            if size <= 0:
                await self._wait(lambda: self.h2.local_flow_control_window(stream) > 0 or self.gone)
                assert not self.gone
                continue
            piece, left = bytes(left[:size]), left[size:]
            self.h2.send_data(stream, piece, end_stream=ends and not left)
            self.flush()
            await self.writer.drain()

    async def answer(self, stream: int, seconds: float = PATIENCE_SECONDS) -> Answer:
        """The whole answer on a stream, or its reset."""
        await self._wait(lambda: self.answers[stream].over or self.gone, seconds)
        assert self.answers[stream].over, f"the connection ended: {self.dismissal} {self.reason!r}"
        return self.answers[stream]

    async def get(self, path: str, method: str = "GET", body: bytes = b"", /, **fields: str) -> Response:
        """As the HTTP/1.1 client's."""
        lines = [(name.replace("_", "-"), value) for name, value in fields.items()]
        stream = self.ask(path, method, lines, ends=not body)
        if body:
            await self.send(stream, body)
        return (await self.answer(stream)).response()

    async def cut(self, seconds: float = PATIENCE_SECONDS) -> int | None:
        """Wait for the end of the connection; the code of the GOAWAY."""
        await self._wait(lambda: self.gone, seconds)
        return self.dismissal

    def raw(self, *parts: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(b"".join(parts))

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait((self._reading,))
        self.writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes the socket

    async def _read(self) -> None:
        try:
            while data := await self.reader.read(65_536):
                self._hear(data)
        except OSError:
            pass
        finally:
            self.gone = True
            self._news.set()

    def _hear(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            self.events.append(event)
            match event:
                case ConnectionTerminated():
                    self.dismissal, self.reason = int(event.error_code or 0), bytes(event.additional_data or b"")
                case ResponseReceived():
                    self.answers[event.stream_id].fields = _texts(event.headers)
                case TrailersReceived():
                    self.answers[event.stream_id].trailers = _texts(event.headers)
                case DataReceived():
                    self.answers[event.stream_id].received += event.data or b""
                    if self._gives_window:
                        self.h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
                case StreamEnded():
                    self.answers[event.stream_id].ended = True
                case StreamReset() if event.stream_id in self.answers:
                    self.answers[event.stream_id].reset = event.error_code
        self.flush()
        self._news.set()

    async def _wait(self, true: object, seconds: float = PATIENCE_SECONDS) -> None:
        assert callable(true)
        async with asyncio.timeout(seconds):
            while not true():
                self._news.clear()
                await self._news.wait()


def _texts(fields: Iterable[tuple[bytes | str, bytes | str]]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in fields}


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


# --- frames by hand ---------------------------------------------------------------------------------------------


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack("!BHBBL", len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream) + payload


def head(path: str = "/api/hello", method: str = "GET", *more: tuple[str, str]) -> bytes:
    """A header block that leaves nothing in the table."""
    fields = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "desk.lan"), *more]
    return bytes(Encoder().encode([(*field, True) for field in fields]))


def request(stream: int, path: str = "/api/hello", method: str = "GET", *, ends: bool = True) -> bytes:
    return frame(frames.HEADERS, frames.END_HEADERS | (frames.END_STREAM if ends else 0), stream, head(path, method))


class RawClient:
    """A connection that says only what it is told, and collects what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.got = b""

    @classmethod
    async def open(
        cls, port: int, *parts: bytes, preface: bool = True, tls: ssl.SSLContext | None = None
    ) -> "RawClient":
        client = cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls))
        client.writer.write((frames.PREFACE + SETTINGS if preface else b"") + b"".join(parts))
        return client

    def send(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))

    async def cut(self, seconds: float = PATIENCE_SECONDS) -> int | None:
        """The code of the GOAWAY before the server closed, None where it closed without."""
        try:
            async with asyncio.timeout(seconds):
                while data := await self.reader.read(65_536):
                    self.got += data
        except (ConnectionError, ssl.SSLError):
            pass
        return next((code for kind, code in self.heard() if kind == frames.GOAWAY), None)

    def resets(self) -> int:
        """How many streams the server has reset by now."""
        return [kind for kind, _ in self.heard()].count(frames.RST_STREAM)

    def heard(self) -> list[tuple[int, int]]:
        """The frames that came: their kind, and of GOAWAY and RST_STREAM the code, of others the stream."""
        found, at = [], 0
        while len(self.got) - at >= 9:
            length, kind, _, stream = frames.read_head(self.got[at : at + 9])
            payload = self.got[at + 9 : at + 9 + length]
            told = {frames.GOAWAY: payload[4:8], frames.RST_STREAM: payload[:4]}.get(kind)
            found.append((kind, int.from_bytes(told, "big") if told is not None else stream))
            at += 9 + length
        return found

    async def close(self) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)
