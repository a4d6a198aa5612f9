"""gRPC in: an ASGI application for requests of HTTP/2 that say so. Methods are handlers over trees.

What it answers is always a head, a body that may be empty, and trailers with the status: real clients take a status in
the head for UNKNOWN where the body is a frame of its own. Who asks is known before anything of a request is read. What
a client does not read is not made: a handler goes on when its message was taken.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from app.adapters.errors import BadDocument
from app.adapters.formats.protobuf import Method, Schema
from app.adapters.formats.tree import Tree
from app.adapters.protocols.grpc_messages import (
    ACCEPTED,
    CONTENT_TYPE,
    Frames,
    Status,
    framed,
    message_text,
    timeout_seconds,
)
from app.adapters.protocols.grpc_reflection import VERSIONS, Told, reflection_method
from app.model.clock import Clock
from app.model.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from app.settings import Limits
from app.telemetry import traces
from app.telemetry.log import logger, request_id

Who = TypeVar("Who")
Authenticate: TypeAlias = Callable[[str, str], Awaitable[Who]]  # a bearer's secret, and whence; raises `Problem`
Address: TypeAlias = Callable[[Scope], str]
_STATUSES: tuple[tuple[type[Problem], Status], ...] = (
    (Unauthenticated, Status.UNAUTHENTICATED),
    (Forbidden, Status.PERMISSION_DENIED),
    (NotFound, Status.NOT_FOUND),
    (Conflict, Status.ABORTED),
    (TooLarge, Status.RESOURCE_EXHAUSTED),
    (TooMany, Status.RESOURCE_EXHAUSTED),
    (Unavailable, Status.UNAVAILABLE),
    (Unsupported, Status.INVALID_ARGUMENT),
    (Invalid, Status.INVALID_ARGUMENT),
)
_PACKINGS = ("", "identity", "gzip", "deflate")
_BEARER = "bearer "
_HEAD = [(b"content-type", CONTENT_TYPE.encode()), (b"grpc-accept-encoding", ACCEPTED.encode())]
_Field: TypeAlias = tuple[bytes, bytes]
_log = logger("adapters")


class GrpcCall(Struct, Generic[Who], frozen=True):
    """One call as its handler sees it; `metadata` by names in lower case, `seconds` that its client waits at most."""

    path: str
    principal: Who
    address: str
    language: str
    metadata: Mapping[str, str]
    seconds: float | None


# A handler is a coroutine function where one message is answered, an async generator function where many are. What it
# gets beside the call is a tree, or an iterator of trees where the client streams.
Handler: TypeAlias = Callable[[Any, Any], Any]


class Ended(Exception):
    """A handler's own word on how its call ends, for what no `Problem` says."""

    def __init__(self, status: Status, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.said = said


class GrpcServer:
    """`handlers` by path, `/monodesk.v1.Tickets/Get`: methods of the schema; those that it has none for are unknown.

    `reflection`: whether who has a token may ask what there is. `address`: of the client that a request comes from.
    """

    def __init__(
        self,
        schema: Schema,
        handlers: Mapping[str, Handler],
        authenticate: Authenticate[Any],
        clock: Clock,
        limits: Limits,
        *,
        address: Address,
        reflection: bool = False,
    ) -> None:
        self._routes = {path: (schema.method(path), handler) for path, handler in handlers.items()}
        if reflection:
            told = Told(schema)
            for version in VERSIONS:
                method = reflection_method(version)
                self._routes[method.path] = method, lambda call, asked: told.answer(asked)
        self._authenticate = authenticate
        self._clock = clock
        self._limits = limits
        self._address = address
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = self._clock.monotonic()
        answer = _Answer(send)
        status, said, more = await self._outcome(scope, receive, answer)
        await answer.end(status, said, more)
        _log.info(
            "a gRPC call",
            extra={
                "method": scope["path"] if scope["path"] in self._routes else "-",
                "status": status.name,
                "ms": round((self._clock.monotonic() - began) * 1_000, 1),
            },
        )

    async def close(self) -> None:
        """End what runs: its clients are told to come again."""
        self._closing = True
        running = tuple(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    @property
    def running(self) -> int:
        """Calls that are being answered."""
        return len(self._running)

    async def _outcome(self, scope: Scope, receive: Receive, answer: "_Answer") -> tuple[Status, str, list[_Field]]:
        metadata = _metadata(scope)
        language = metadata.get("accept-language", "en")
        try:
            with traces.within(traces.read(metadata.get(traces.HEADER, ""))):
                await self._carry(scope, receive, answer, language)
        except Ended as ended:
            return ended.status, ended.said, []
        except Problem as problem:
            return _status_of(problem), problem.text(language), _pushback(problem)
        except TimeoutError:
            return Status.DEADLINE_EXCEEDED, "it took longer than the client waits", []
        except ClientDisconnect:
            raise
        except Exception:  # noqa: BLE001 - a defect of ours: the client gets the number, the log the cause
            _log.exception("a gRPC call failed")
            return Status.INTERNAL, f"this is a defect of ours; it is in the log as {request_id()}", []
        return Status.OK, "", []

    async def _carry(self, scope: Scope, receive: Receive, answer: "_Answer", language: str) -> None:
        metadata = _metadata(scope)
        address = self._address(scope)
        principal = await self._authenticate(bearer(metadata.get("authorization", "")), address)
        if scope["path"] not in self._routes:
            raise Ended(Status.UNIMPLEMENTED, f"there is no method {scope['path'][:200]}")
        packing = metadata.get("grpc-encoding", "")
        if packing not in _PACKINGS:
            raise Ended(Status.UNIMPLEMENTED, f"messages packed as {packing[:20]} are not read")
        if self._closing or len(self._running) >= self._limits.grpc_calls_max:
            raise _full()
        method, handler = self._routes[scope["path"]]
        seconds = timeout_seconds(metadata.get("grpc-timeout", ""))
        if not (method.client_streams or method.server_streams):
            seconds = min(seconds or math.inf, self._limits.grpc_seconds_max)
        call = GrpcCall(scope["path"], principal, address, language, metadata, seconds)
        asked = _Asked(receive, method, Frames(self._limits.grpc_message_bytes_max, packing))
        await self._run(_work(handler, call, asked, answer, method), asked, seconds)

    async def _run(self, work: Any, asked: "_Asked", seconds: float | None) -> None:
        """Until it is done, its client is gone, has waited long enough, or the server stops. In the request's own task:
        who ends the call cancels that, and what has cancelled it is told apart here.
        """
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        asked.on_leaving(task)
        try:
            async with asyncio.timeout(seconds):
                await work
        except asyncio.CancelledError:
            if not (asked.left or self._closing) or task.uncancel():
                raise
            raise (ClientDisconnect() if asked.left else _full()) from None
        finally:
            self._running.discard(task)
            asked.close()


async def _work(handler: Handler, call: GrpcCall[Any], asked: "_Asked", answer: "_Answer", method: Method) -> None:
    given = asked.trees() if method.client_streams else await asked.only()
    if not method.client_streams:
        asked.watch()
    if not method.server_streams:
        answer.last = method.output.encode(await handler(call, given))
        return
    async with aclosing(handler(call, given)) as trees:
        async for tree in trees:
            await answer.say(method.output.encode(tree))


class _Answer:
    """The head with the first message, or with the end; the `last` message goes with the end, as one write."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False
        self.last: bytes | None = None

    async def say(self, message: bytes) -> None:
        """Comes back when the client has taken it."""
        await self._begin()
        await self._send({"type": "http.response.body", "body": framed(message), "more_body": True})

    async def end(self, status: Status, said: str, more: list[_Field]) -> None:
        await self._begin()
        body = b"" if self.last is None else framed(self.last)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
        trailers = [(b"grpc-status", str(status.value).encode()), *more]
        if said:
            trailers.append((b"grpc-message", message_text(said).encode()))
        await self._send({"type": "http.response.trailers", "headers": trailers})

    async def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            await self._send({"type": "http.response.start", "status": 200, "headers": list(_HEAD), "trailers": True})


class _Asked:
    """What the client says: read as far as the handler wants it, then watched for the client's leaving."""

    def __init__(self, receive: Receive, method: Method, frames: Frames) -> None:
        self._receive = receive
        self._method = method
        self._frames = frames
        self._watching: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._whole = False
        self.left = False

    def on_leaving(self, task: "asyncio.Task[None]") -> None:
        """Whom to cancel."""
        self._task = task

    def watch(self) -> None:
        """From now on nothing is read but that the client has left."""
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def only(self) -> Tree:
        """The one message. Raises `BadDocument` where none or several come."""
        found = [message async for message in self._messages()]
        if len(found) != 1:
            raise BadDocument(
                "grpc_count",
                "",
                "This method takes one message. Look whether it streams in the .proto file.",
                "该方法只接受一条消息。请检查 .proto 文件中它是否为流式。",
            )
        return self._method.input.decode(found[0])

    async def trees(self) -> AsyncIterator[Tree]:
        """Each when it is asked for: what a handler does not take stays with the client."""
        async for message in self._messages():
            yield self._method.input.decode(message)
        self.watch()

    async def _messages(self) -> AsyncIterator[bytes]:
        while not self._whole:
            told = await self._receive()
            self._note(told)
            for message in self._frames.feed(told.get("body", b"")):
                yield message
        if not self._frames.empty:
            raise BadDocument(
                "grpc_frame", "", "The last message is cut short. Send it whole.", "最后一条消息不完整。请完整发送。"
            )

    async def _watch(self) -> None:
        while not self.left:
            self._note(await self._receive(), raises=False)
        if self._task is not None:
            self._task.cancel()

    def _note(self, told: Message, *, raises: bool = True) -> None:
        if told["type"] == "http.disconnect":
            self.left = True
            if raises:
                raise ClientDisconnect
        self._whole = not told.get("more_body", False)


def _metadata(scope: Scope) -> dict[str, str]:
    said: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        said[name] = f"{said[name]},{value}" if name in said else value
    return said


def bearer(said: str) -> str:
    """The secret in an `authorization`, or an empty string."""
    return said[len(_BEARER) :].strip(" ") if said[: len(_BEARER)].lower() == _BEARER else ""


def _status_of(problem: Problem) -> Status:
    if problem.code == "grpc_too_large":
        return Status.RESOURCE_EXHAUSTED
    return next((status for kind, status in _STATUSES if isinstance(problem, kind)), Status.UNKNOWN)


def _pushback(problem: Problem) -> list[_Field]:
    """What a client shall wait (gRFC A6)."""
    if problem.retry_after_ms is None:
        return []
    return [(b"grpc-retry-pushback-ms", str(problem.retry_after_ms).encode())]


def _full() -> Unavailable:
    return Unavailable(
        "grpc_full",
        "As many calls run as may, or the server stops. Come again in a moment.",
        "调用数已达上限，或服务器正在停止。请稍后重试。",
        retry_after_ms=1_000,
    )
