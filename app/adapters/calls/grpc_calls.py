"""A `call` over gRPC as others are over HTTP: its method by `.proto` files, a descriptor set, or the server's own word.

A server that is away when a source starts is asked for its word later: what goes out waits for it in the outbox.
"""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from app.adapters.calls.network import Network
from app.adapters.errors import BadSpec, Unreached
from app.adapters.formats.protobuf import Method, Schema
from app.adapters.formats.records import Meter, Reading
from app.adapters.formats.tree import Tree
from app.adapters.protocols.exchange import Answer, Bounds, Request
from app.adapters.protocols.grpc import Call, GrpcClient, Target, target_of, too_slow
from app.adapters.protocols.grpc_reflection import read_schema
from app.adapters.protocols.patience import Patience
from app.adapters.protocols.tunnel import proxy_of
from app.adapters.specs.model import Receive
from app.adapters.specs.model import Request as Asked
from app.model.clock import Clock
from app.settings import Limits


class GrpcCalls:
    """`address` is the method's, with settings put in; `folder` is where the files lie that the call names."""

    def __init__(
        self,
        asked: Asked,
        address: str,
        folder: Path,
        network: Network,
        clock: Clock,
        limits: Limits,
        trust: ssl.SSLContext | None,
        *,
        may_stream: bool = False,
        ping_seconds: float = 0.0,
        proxy: str | None = None,
    ) -> None:
        self._asked = asked
        self._limits = limits
        target = target_of(address, asked.mark)
        self._client = GrpcClient(
            target, network.addresses, clock, limits, trust, ping_seconds, proxy_of(proxy) if proxy else None
        )  # fmt: skip
        self._clock = clock
        self._may_stream = may_stream
        self._target = target
        self._path = target.path
        self._method: Method | None = None
        self._count_read = 0
        self._drift: dict[tuple[str, str, str], int] = {}
        if not asked.reflection:
            self._learn(schema_of(asked, folder, limits))

    async def ready(self) -> None:
        """What its messages are is known. Raises `Unreached`, `Refused`, `BadSpec`."""
        if self._method is None:
            service = self._path.removeprefix("/").rpartition("/")[0]
            self._learn(await read_schema(self._client, service, self._limits, self._asked.mark))

    def encode(self, tree: Tree) -> bytes:
        """A message's bytes; raises `BadDocument` where it does not fit."""
        return self._known().input.encode(tree)

    def decode(self, answer: Answer) -> Tree:
        """The message that came."""
        return self.read(answer.body)

    def read(self, message: bytes) -> Tree:
        """One message; raises `BadDocument` where it is none."""
        codec = self._known().output
        self._count_read += 1
        if self._count_read % self._limits.adapter_drift_every != 1:
            return codec.decode(message)
        found = codec.examine(message)
        for path, count in found.unknown_fields.items():
            self._note(("field", path, ""), count)
        for said, count in found.unknown_values.items():
            path, _, value = said.rpartition("=")
            self._note(("value", path, value), count)
        return found.tree

    def drift(self) -> Mapping[tuple[str, str, str], int]:
        """What of the messages so far their types do not know, of one in so many; told once."""
        told, self._drift = self._drift, {}
        return told

    def _note(self, what: tuple[str, str, str], count: int) -> None:
        if what in self._drift or len(self._drift) < self._limits.adapter_drift_paths_max:
            self._drift[what] = self._drift.get(what, 0) + count

    async def ask(self, request: Request, bounds: Bounds) -> Answer:
        """As `Client.ask`."""
        return await self._client.ask(request, bounds)

    @property
    def streams(self) -> bool:
        """Whether the server answers with a stream; known once it is `ready`."""
        return self._known().server_streams

    @asynccontextmanager
    async def open(self, request: Request, bounds: Bounds) -> AsyncIterator["Messages"]:
        """A stream message by message; only waiting for them takes of its time."""
        async with self._client.open(self._path, request.headers, None, bounds.bytes) as call:
            yield Messages(call, request.body or b"", Patience(bounds.seconds, self._clock), self._target)

    def gathered(self, records_of: Callable[[Tree], Sequence[Tree]]) -> "Gathered":
        """What reads a stream that is an answer."""
        return Gathered(self.read, records_of, self._limits.adapter_stream_bytes_max)

    @asynccontextmanager
    async def line(self, request: Request, bytes_max: int) -> AsyncIterator["Messages"]:
        """The same for as long as it lasts."""
        async with self._client.open(self._path, request.headers, None, bytes_max) as call:
            yield Messages(call, request.body or b"", Patience(None, self._clock), self._target)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.close()

    def _learn(self, schema: Schema) -> None:
        method = schema.method(self._path)
        if method.client_streams or (method.server_streams and not self._may_stream):
            raise BadSpec(
                self._asked.mark,
                f"{self._path} is a stream. Here one message is asked for; a stream of answers is read by `subscribe`, "
                "or by the `call` of a source.",
                f"{self._path} 是流式方法。此处只能请求单条消息；应答流请使用 subscribe，或作为数据源的 call。",
            )
        self._method = method

    def _known(self) -> Method:
        assert self._method is not None, "ready() comes first"
        return self._method


class Messages:
    """The messages of one stream, as pieces of an answer and as a line."""

    status = 200

    def __init__(self, call: Call, asked: bytes, patience: Patience, target: Target) -> None:
        self._call = call
        self._asked: bytes | None = asked
        self._patience = patience
        self._target = target

    @property
    def headers(self) -> Mapping[str, str]:
        """Those that have come."""
        return self._call.headers

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Each message. Raises `Unreached`, `Refused`, `BadDocument`."""
        while (message := await self._next()) is not None:
            yield message

    async def next(self) -> bytes:
        """The next message. Raises `Unreached` at its end too."""
        message = await self._next()
        if message is None:
            raise _ended(self._target)
        return message

    async def say(self, body: bytes) -> None:
        """Nothing is said on a stream of answers."""
        raise AssertionError("a spec with `hello` on gRPC is refused")

    async def _next(self) -> bytes | None:
        try:
            if self._asked is not None:
                await self._patience.wait(self._call.send(self._asked, end=True))
                self._asked = None
            return await self._patience.wait(anext(self._call, None))
        except TimeoutError:
            raise too_slow(self._target.host, self._target.port, self._patience.seconds or 0.0) from None


class Gathered:
    """Reads an answer that is a stream: records of each message, and beside them what the last one says."""

    def __init__(self, decode: Callable[[bytes], Tree], records_of: Callable[[Tree], Sequence[Tree]], bytes_max: int):
        self._decode = decode
        self._records_of = records_of
        self._meter = Meter(bytes_max)
        self._last: Tree = None

    def feed(self, piece: bytes) -> list[Reading]:
        """Those of one message."""
        self._meter.take(len(piece))
        self._last = self._decode(piece)
        return [*self._records_of(self._last)]

    def close(self) -> list[Reading]:
        """None are left."""
        return []

    def beside(self) -> Tree:
        """The last message."""
        return self._last


def _ended(target: Target) -> Unreached:
    return Unreached(
        "line_ended",
        f"{target.host}:{target.port} has ended the stream. It is opened again.",
        f"{target.host}:{target.port} 已结束该流。将重新连接。",
    )


def schema_of(asked: Asked | Receive, folder: Path, limits: Limits) -> Schema:
    """Of the files that a spec names. Raises `BadSpec` where one is not there, or wrong."""
    try:
        if asked.descriptors:
            return Schema.of_descriptor_set((folder / asked.descriptors).read_bytes(), limits, asked.descriptors)
        return Schema.of_texts({name: (folder / name).read_text() for name in asked.proto_files}, limits)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSpec(
            asked.mark,
            f"a file that describes the messages cannot be read: {error}. Put it beside the spec.",
            f"无法读取消息定义文件：{error}。请把它放在配置文件旁边。",
        ) from error
