"""A `call` over gRPC as others are over HTTP: its method by `.proto` files, a descriptor set, or the server's own word.

A server that is away when a source starts is asked for its word later: what goes out waits for it in the outbox.
"""

import ssl
from pathlib import Path

from app.adapters.errors import BadSpec
from app.adapters.formats.protobuf import Method, Schema
from app.adapters.formats.tree import Tree
from app.adapters.model import Request as Asked
from app.adapters.network import Network
from app.adapters.protocols.exchange import Answer, Bounds, Request
from app.adapters.protocols.grpc import GrpcClient, target_of
from app.adapters.protocols.grpc_reflection import read_schema
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
    ) -> None:
        self._asked = asked
        self._limits = limits
        target = target_of(address, asked.mark)
        self._client = GrpcClient(target, network.addresses, clock, limits, trust)
        self._path = target.path
        self._method: Method | None = None
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
        return self._known().output.decode(answer.body)

    async def ask(self, request: Request, bounds: Bounds) -> Answer:
        """As `Client.ask`."""
        return await self._client.ask(request, bounds)

    async def close(self) -> None:
        """Let go of the connection."""
        await self._client.close()

    def _learn(self, schema: Schema) -> None:
        method = schema.method(self._path)
        if method.client_streams or method.server_streams:
            raise BadSpec(
                self._asked.mark,
                f"{self._path} is a stream. A call asks for one message; a stream is read by `subscribe`.",
                f"{self._path} 是流式方法。call 只能请求单条消息；流请使用 subscribe。",
            )
        self._method = method

    def _known(self) -> Method:
        assert self._method is not None, "ready() comes first"
        return self._method


def schema_of(asked: Asked, folder: Path, limits: Limits) -> Schema:
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
