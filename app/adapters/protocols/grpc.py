"""gRPC out: one client a source, over grpclib's HTTP/2. Addresses are checked before, messages bounded in bytes.

What is not read is not sent: a window opens when its bytes are taken. A connection is made when it is needed and made
anew after it was lost. Messages are bytes here; a `Method` of a schema knows what they mean.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import urlsplit

from grpclib.config import Configuration
from grpclib.exceptions import StreamTerminatedError
from grpclib.protocol import AbstractHandler, H2Protocol, Stream
from grpclib.utils import Wrapper
from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.events import Event, StreamEnded, StreamReset
from h2.exceptions import H2Error, ProtocolError
from msgspec import Struct

from app.adapters.errors import BadDocument, BadSpec, Mark, Refused, Unreached
from app.adapters.formats.protobuf import Method
from app.adapters.formats.tree import Tree
from app.adapters.protocols.grpc_messages import (
    ACCEPTED,
    CONTENT_TYPE,
    METADATA_NAME,
    METADATA_VALUE,
    PREFIX_BYTES,
    Status,
    framed,
    message_said,
    prefix_of,
    timeout_text,
    unpacked,
)
from app.adapters.protocols.tunnel import Proxy, tunnel
from app.model.clock import Clock
from app.settings import Limits

Addresses = Callable[[str, int], Awaitable[Sequence[str]]]  # of a host, all of them checked; raises `Unreached`
Metadata = Sequence[tuple[str, str]]

_AGENT = "Monodesk"
_SAID_CHARACTERS_MAX = 300
_DEFAULT_PORTS = {"https": 443, "http": 80}
_STREAM_WINDOW_BYTES, _CONNECTION_WINDOW_BYTES = 262_144, 4_194_304  # of what is not read yet
_PING_PATIENCE_SECONDS = 20.0
_PUSHBACK_MS_MAX = 3_600_000
_CODES = frozenset(str(status.value) for status in Status)
_OWN = frozenset({"te", "content-type", "user-agent", "host", "connection"})
# What may go well another time, and what it is called when it does not: as for HTTP, so that `retry.on` means it too.
_MOMENTARY = {
    Status.RESOURCE_EXHAUSTED: "limited",
    Status.DEADLINE_EXCEEDED: "answer_too_slow",
    Status.UNAVAILABLE: "answer_5xx",
    Status.INTERNAL: "answer_5xx",
    Status.UNKNOWN: "answer_5xx",
    Status.ABORTED: "answer_5xx",
    Status.DATA_LOSS: "answer_5xx",
    Status.CANCELLED: "answer_5xx",
}
# The same as statuses of HTTP, for those who judge both alike.
_HTTP = {
    Status.OK: 200, Status.INVALID_ARGUMENT: 400, Status.FAILED_PRECONDITION: 400, Status.OUT_OF_RANGE: 400,
    Status.UNAUTHENTICATED: 401, Status.PERMISSION_DENIED: 403, Status.NOT_FOUND: 404, Status.UNIMPLEMENTED: 405,
    Status.ALREADY_EXISTS: 409, Status.RESOURCE_EXHAUSTED: 429, Status.UNAVAILABLE: 503,
    Status.DEADLINE_EXCEEDED: 504,
}  # fmt: skip
# What a proxy or a server that speaks no gRPC says (grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html).
_OF_HTTP = {
    400: Status.INTERNAL, 401: Status.UNAUTHENTICATED, 403: Status.PERMISSION_DENIED, 404: Status.UNIMPLEMENTED,
    429: Status.UNAVAILABLE, 502: Status.UNAVAILABLE, 503: Status.UNAVAILABLE, 504: Status.UNAVAILABLE,
}  # fmt: skip


class Target(Struct, frozen=True):
    """`https://host:port/pkg.Service/Method`; plain over `http`."""

    secure: bool
    host: str
    port: int
    path: str


class Answer(Struct, frozen=True):
    """As of HTTP: `status` is what HTTP calls this ending, `body` the message, or what was said in its place."""

    status: int
    headers: dict[str, str]
    body: bytes
    waited_ms: int


class Asked(Protocol):
    """A request as for HTTP; its body is a message."""

    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...
    @property
    def body(self) -> bytes | None: ...


class Bounds(Protocol):
    """What one answer may take."""

    @property
    def bytes(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def target_of(url: str, mark: Mark) -> Target:
    """Raises `BadSpec` for what is no address of a method, or of a service."""
    parts = urlsplit(url)
    try:
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if not parts.hostname or not port or parts.scheme not in _DEFAULT_PORTS or parts.query:
        raise BadSpec(
            mark,
            f"{url[:200]} is no address of a gRPC method. Write https://host:port/package.Service/Method.",
            f"{url[:200]} 不是 gRPC 方法的地址。请写成 https://host:port/package.Service/Method。",
        )
    return Target(parts.scheme == "https", parts.hostname, port, parts.path)


def trust(ca: Path | None = None, certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
    """Whom to believe: a private authority, or whom the machine does; `certificate`: ours and its key, where asked."""
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    if certificate is not None:
        context.load_cert_chain(*certificate)
    return context


class GrpcClient:
    """Calls the methods of one server; closed with its source.

    `trust`: None for plain HTTP/2. `ping_seconds`: how often a connection with calls is asked whether it still stands,
    0 for never. gRPC's servers cut who asks more often than they allow, which is every 300 s unless they say otherwise;
    that the other machine is gone TCP finds out within two minutes. Through a `proxy` names are the proxy's to resolve.
    """

    def __init__(
        self,
        target: Target,
        addresses: Addresses,
        clock: Clock,
        limits: Limits,
        trust: ssl.SSLContext | None,
        ping_seconds: float = 0.0,
        proxy: Proxy | None = None,
    ) -> None:
        self._target = target
        self._addresses = addresses
        self._clock = clock
        self._limits = limits
        self._trust = trust if target.secure else None
        self._ping_seconds = ping_seconds
        self._proxy = proxy
        self._connection: _Connection | None = None
        self._connecting = asyncio.Lock()

    async def unary(self, method: Method, tree: Tree, metadata: Metadata = (), seconds: float | None = None) -> Tree:
        """One tree for one. Raises `Unreached`, `Refused`, `BadDocument`."""
        body = method.input.encode(tree)
        limits = self._limits
        async with self.open(method.path, metadata, seconds or limits.source_answer_seconds_max) as call:
            return method.output.decode(await call.only(body))

    async def stream(
        self, method: Method, tree: Tree, metadata: Metadata = (), seconds: float | None = None
    ) -> AsyncIterator[Tree]:
        """One tree for many, each when it is asked for; without `seconds` as long as it lasts."""
        async with self.open(method.path, metadata, seconds) as call:
            await call.send(method.input.encode(tree), end=True)
            async for body in call:
                yield method.output.decode(body)

    async def ask(self, request: Asked, bounds: Bounds) -> Answer:
        """As one asks over HTTP: a status that the server gives is in the answer; raises `Unreached`, `BadDocument`."""
        began = self._clock.monotonic()
        async with self.open(urlsplit(request.url).path, request.headers, bounds.seconds, bounds.bytes) as call:
            try:
                status, body = 200, await call.only(request.body or b"")
            except (Unreached, Refused):
                if call.ending is None:
                    raise
                status = _HTTP.get(call.ending.status, 500)
                body = f"{call.ending.status.name} {call.ending.said}".encode()
        headers = dict(call.headers)
        if call.ending is not None and call.ending.after_ms is not None:
            headers["retry-after"] = str(-(-call.ending.after_ms // 1_000))
        return Answer(status, headers, body, round((self._clock.monotonic() - began) * 1_000))

    @asynccontextmanager
    async def open(
        self, path: str, metadata: Metadata = (), seconds: float | None = None, bytes_max: int | None = None
    ) -> AsyncIterator["Call"]:
        """A call whose two ends are used as one likes; left before its end, it is cancelled.

        `seconds`: of all of it, told to the server as its deadline. Raises `Unreached` and, for what the server would
        refuse again, `Refused`.
        """
        host, port = self._target.host, self._target.port
        try:
            async with asyncio.timeout(seconds) as limit:
                connection = await self._connected()
                call = Call(connection, self._target, bytes_max or self._limits.source_answer_bytes_max)
                try:
                    await call.begin(self._head(path, metadata, seconds))
                    yield call
                finally:
                    call.leave()
        except TimeoutError:
            if not limit.expired():
                raise
            raise too_slow(host, port, seconds or 0.0) from None

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.processor.close()
            self._connection = None

    def _head(self, path: str, metadata: Metadata, seconds: float | None) -> list[tuple[str, str]]:
        target = self._target
        host = f"[{target.host}]" if ":" in target.host else target.host
        head = [
            (":method", "POST"),
            (":scheme", "https" if target.secure else "http"),
            (":path", path),
            (":authority", f"{host}:{target.port}"),
            ("te", "trailers"),
            ("content-type", CONTENT_TYPE),
            ("user-agent", _AGENT),
            ("grpc-accept-encoding", ACCEPTED),
        ]
        if seconds is not None:
            head.insert(4, ("grpc-timeout", timeout_text(seconds)))
        return head + [_metadata(name.lower(), value) for name, value in metadata if name.lower() not in _OWN]

    async def _connected(self) -> "_Connection":
        async with self._connecting:
            if self._connection is None or self._connection.is_over:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> "_Connection":
        """To one of the addresses that were checked, and to no other."""
        host, port = self._target.host, self._target.port
        reason = "no address"
        proxy = self._proxy
        for address in await self._addresses(*((host, port) if proxy is None else (proxy.host, proxy.port))):
            try:
                async with asyncio.timeout(self._limits.source_connect_seconds):
                    return await self._connect_to(address)
            except TimeoutError:
                reason = "it does not answer"
            except ssl.SSLCertVerificationError as error:
                raise _distrusted(host, error.verify_message) from error
            except OSError as error:
                reason = str(error)
        raise _unreached(host, port, reason)

    async def _connect_to(self, address: str) -> "_Connection":
        target, name = self._target, self._target.host if self._trust is not None else None
        there: dict[str, Any] = {"host": address, "port": target.port}
        if self._proxy is not None:
            there = {"sock": await tunnel(self._proxy, address, target.host, target.port)}
        transport, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self._ping_seconds), **there, ssl=self._trust, server_hostname=name
        )
        _keep_alive(transport.get_extra_info("socket"))
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() != "h2":
            transport.abort()  # it would wait for the other side's good-bye
            raise _no_http2(self._target.host, self._target.port)
        return connection


class Ending(Struct, frozen=True):
    """How a server ended a call that it did not carry out."""

    status: Status
    said: str
    after_ms: int | None


class Call:
    """One call: messages there, messages back, and how it ended. All raise `Unreached` where the line is cut."""

    def __init__(self, connection: "_Connection", target: Target, bytes_max: int) -> None:
        self._connection = connection
        self._target = target
        self._bytes_max = bytes_max
        self._guard = _Guard()
        self._stream = connection.connection.create_stream(wrapper=self._guard)
        self._release: Callable[[], None] | None = None
        self._heard_head = self._heard_all = self._sent_all = False
        self.headers: dict[str, str] = {}  # those before the messages, then those behind them too
        self.ending: Ending | None = None

    async def begin(self, head: list[tuple[str, str]]) -> None:
        with self._line(), self._guard:
            self._release = await self._stream.send_request(head, _processor=self._connection.processor)

    async def send(self, message: bytes, *, end: bool = False) -> None:
        """Waits while the server takes no more. What it answered already is worth more than that it does not listen."""
        if self._sent_all or self._heard_all:
            return
        self._sent_all = end
        try:
            with self._line(), self._guard:
                await self._stream.send_data(framed(message), end_stream=end)
        except Unreached:
            if not self._stream.headers_received.is_set():
                raise

    async def end(self) -> None:
        """Nothing more is sent."""
        if not self._sent_all and not self._heard_all:
            self._sent_all = True
            with self._line(), self._guard:
                await self._stream.end()

    async def only(self, message: bytes) -> bytes:
        """Send the one message, and give the one that comes."""
        await self.send(message, end=True)
        answer = await self._read()
        if answer is None or await self._read() is not None:
            raise _not_one()
        return answer

    def __aiter__(self) -> "Call":
        """Messages as they come, each when it is asked for. Raises what the server's status means."""
        return self

    async def __anext__(self) -> bytes:
        message = await self._read()
        if message is None:
            raise StopAsyncIteration
        return message

    def leave(self) -> None:
        """Let go of it; it is cancelled where it is not at its end."""
        if self._release is not None:
            if self._stream.closable:
                self._stream.reset_nowait(ErrorCodes.CANCEL)
            self._release()
            self._connection.ended.discard(self._stream.id or 0)
            self._release = None

    async def _read(self) -> bytes | None:
        with self._line():
            if not self._heard_head:
                await self._hear_head()
            message = None if self._heard_all else await self._message()
            if message is None and not self._heard_all:
                await self._hear_end()
            return message

    async def _hear_head(self) -> None:
        self.headers = _told(await self._coming(self._stream.recv_headers()))
        self._heard_head = True
        status = self.headers.get(":status", "")
        if "grpc-status" in self.headers:
            self._conclude(self.headers)
        elif status != "200":
            self._heard_all = True
            number = int(status) if status.isdecimal() else 0
            self._raise(Ending(_OF_HTTP.get(number, Status.UNKNOWN), f"HTTP {status}", None))
        elif not self.headers.get("content-type", "").startswith(CONTENT_TYPE):
            raise _no_grpc(self.headers.get("content-type", ""))

    async def _message(self) -> bytes | None:
        prefix: bytes = await self._coming(self._stream.recv_data(PREFIX_BYTES))
        if not prefix:
            return None
        packed, size = prefix_of(prefix, self._bytes_max)
        message: bytes = await self._coming(self._stream.recv_data(size))
        if len(message) < size:
            raise self._cut("an answer ends in the middle of a message")
        return unpacked(message, self.headers.get("grpc-encoding", ""), self._bytes_max) if packed else message

    async def _hear_end(self) -> None:
        if not self._stream.trailers_received.is_set():
            raise self._cut("an answer ends without its status")
        self._conclude(_told(await self._stream.recv_trailers()))

    def _conclude(self, said: Mapping[str, str]) -> None:
        self._heard_all = True
        self.headers = {**self.headers, **said}
        code = said.get("grpc-status", "")
        status = Status(int(code)) if code in _CODES else Status.UNKNOWN
        if status is not Status.OK:
            text = message_said(said.get("grpc-message", ""))[:_SAID_CHARACTERS_MAX]
            self._raise(Ending(status, text, _pushback_ms(said.get("grpc-retry-pushback-ms", ""))))

    def _raise(self, ending: Ending) -> None:
        self.ending = ending
        raise _meant(ending)

    async def _coming(self, read: Awaitable[Any]) -> Any:
        """What is here whole is read, though the line was cut behind it."""
        if self._stream.id in self._connection.ended:
            return await read
        with self._guard:
            return await read

    @contextmanager
    def _line(self) -> Iterator[None]:
        try:
            yield
        except (StreamTerminatedError, H2Error) as error:
            raise self._cut(str(error) or type(error).__name__) from error
        except AssertionError:  # grpclib's word for a body that is shorter than what is read of it
            raise self._cut("an answer ends in the middle of a message") from None

    def _cut(self, reason: str) -> Unreached:
        return _unreached(self._target.host, self._target.port, reason)


class _Guard(Wrapper):
    """Wakes who waits for a stream that is gone: by a cancellation, which is taken back before the reason is raised."""

    def cancel(self, error: Exception) -> None:
        if self._error is None:  # a connection that is closed is lost once more
            super().cancel(error)

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.discard(task)
        if self._error is not None and not (exc_type is asyncio.CancelledError and task.uncancel()):
            raise self._error


class _Handler(AbstractHandler):
    lost = False

    def accept(self, stream: Stream, headers: Any, release_stream: Callable[[], None]) -> None:
        """A server opens no streams."""

    def cancel(self, stream: Stream) -> None:
        pass

    def close(self) -> None:
        self.lost = True


class _Connection(H2Protocol):
    """One connection to a server."""

    def __init__(self, ping_seconds: float) -> None:
        self._of_it = _Handler()
        self._greeted = False
        self.ended: set[int] = set()  # streams of which all that comes is here
        configuration = Configuration(
            _keepalive_time=ping_seconds or None,
            _keepalive_timeout=_PING_PATIENCE_SECONDS,
            _http2_max_pings_without_data=0,
            _http2_min_sent_ping_interval_without_data=ping_seconds / 2 or 1.0,
            http2_connection_window_size=_CONNECTION_WINDOW_BYTES,
            http2_stream_window_size=_STREAM_WINDOW_BYTES,
        )
        super().__init__(self._of_it, configuration, H2Configuration(client_side=True, header_encoding=None))

    @property
    def is_over(self) -> bool:
        return self._of_it.lost

    def data_received(self, data: bytes) -> None:
        """As grpclib does it, but that what is of no interest here, a 103 say, does not end the connection."""
        greeted, self._greeted = self._greeted, True
        if not greeted and data.startswith(b"HTTP/"):  # the library would wait for a frame of 4.7 MB
            self.processor.close("it answers in HTTP/1.1, and gRPC needs HTTP/2")
            return
        try:
            events = self.connection.feed(data)
        except ProtocolError as error:
            self.processor.close(f"it breaks the protocol: {error}")
            return
        self.connection.flush()
        for event in events:
            self._hear(event)
        if not self.is_over:
            self.connection.flush()

    def _hear(self, event: Event) -> None:
        if isinstance(event, StreamEnded):
            self.ended.add(event.stream_id)
        elif isinstance(event, StreamReset) and event.stream_id in self.ended:
            return  # it has said all, and only does not listen to the rest of ours
        with suppress(NotImplementedError):
            self.processor.process(event)


def _keep_alive(line: socket.socket) -> None:
    """A subscription may be silent for days: the kernel asks after a minute whether the other side is still there."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, option):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _told(headers: Any) -> dict[str, str]:
    said: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        said[name] = f"{said[name]},{value}" if name in said else value
    return said


def _metadata(name: str, value: str) -> tuple[str, str]:
    if METADATA_NAME.fullmatch(name) and not name.startswith("grpc-") and METADATA_VALUE.fullmatch(value):
        return name, value
    raise BadDocument(
        "grpc_metadata",
        name[:100],
        "this is no metadata of gRPC: a name of a-z, 0-9, - and _, a value of printable ASCII. Correct the headers.",
        "这不是有效的 gRPC 元数据：名称限 a-z、0-9、- 和 _，值限可打印的 ASCII 字符。请更正 headers。",
    )


def _pushback_ms(said: str) -> int | None:
    """What a server asks a caller to wait (gRFC A6); never longer than an hour."""
    return min(int(said[:9]), _PUSHBACK_MS_MAX) if said.isascii() and said.isdigit() else None


def _meant(ending: Ending) -> Unreached | Refused:
    name, said = ending.status.name, ending.said
    if ending.status in _MOMENTARY:
        return Unreached(
            _MOMENTARY[ending.status],
            f"The other system cannot answer now ({name}): {said or 'it does not say why'}. It is asked again later.",
            f"对方系统暂时无法响应（{name}）：{said or '未说明原因'}。稍后会重试。",
            after_ms=ending.after_ms,
        )
    return Refused(
        "refused",
        f"The other system refuses ({name}): {said or 'no reason given'}. Look at the call in the spec.",
        f"对方系统拒绝了请求（{name}）：{said or '未说明原因'}。请检查配置中的调用。",
        said=name,
    )


def _unreached(host: str, port: int, reason: str) -> Unreached:
    return Unreached(
        "not_reached",
        f"{host}:{port} cannot be reached: {reason[:200]}. It is asked again later.",
        f"无法连接 {host}:{port}：{reason[:200]}。稍后会重试。",
    )


def too_slow(host: str, port: int, seconds: float) -> Unreached:
    return Unreached(
        "answer_too_slow",
        f"{host}:{port} did not answer whole within {seconds:g} seconds. It is asked again later.",
        f"{host}:{port} 未能在 {seconds:g} 秒内完整响应，稍后会重试。",
    )


def _distrusted(host: str, reason: str) -> Unreached:
    return Unreached(
        "not_trusted",
        f"The certificate of {host} is not trusted: {reason}. Name its authority's file under `ca`.",
        f"{host} 的证书不受信任：{reason}。请在 ca 中填写其签发机构的证书文件。",
    )


def _no_http2(host: str, port: int) -> Unreached:
    return Unreached(
        "no_http2",
        f"{host}:{port} does not offer HTTP/2, which gRPC needs. Look at the port, and at proxies before it.",
        f"{host}:{port} 不支持 gRPC 所需的 HTTP/2。请检查端口及其前面的代理。",
    )


def _no_grpc(said: str) -> BadDocument:
    return BadDocument(
        "grpc_content_type",
        "",
        f"The answer is {said[:100] or 'of no type'}, not gRPC. Look whether the address is that of a gRPC service.",
        f"响应类型为 {said[:100] or '空'}，不是 gRPC。请检查该地址是否为 gRPC 服务。",
    )


def _not_one() -> BadDocument:
    return BadDocument(
        "grpc_count",
        "",
        "One message was to come, and none or several did. Look whether the method streams in the .proto file.",
        "应返回一条消息，实际没有或有多条。请检查 .proto 文件中该方法是否为流式。",
    )
