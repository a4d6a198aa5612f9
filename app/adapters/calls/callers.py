"""What one source calls other systems with: its secrets, its clients by scheme, its buckets; closed with its task."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from app.adapters.calls.asking import Asking, Piecemeal, Token
from app.adapters.calls.network import Network
from app.adapters.calls.pace import Bucket
from app.adapters.calls.requests import Requests, address_of, text_with
from app.adapters.calls.tokens import Tokens
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.tree import Tree
from app.adapters.ground import Ground
from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.maps.times import moment
from app.adapters.origins.documents import decoded, decoder, message_of, options_of, xml_encoder
from app.adapters.origins.flowing import Gatherer
from app.adapters.origins.lines import Lines
from app.adapters.origins.piecewise import piecewise
from app.adapters.protocols.exchange import Answer, Client, Open
from app.adapters.proving.secrets import Finder, Masker, Vault
from app.adapters.specs.model import Call, Failure, Follow, Request, Send, Source, Subscribe
from app.adapters.specs.shipped import FOLDER

Encode: TypeAlias = Callable[[Tree], bytes]
Buckets = MutableMapping[str, Bucket]  # by credential, of all sources


class Callers:
    """Makes the calls of one source; raises `Problem` where a secret cannot be read."""

    def __init__(self, source: Source, ground: Ground, buckets: Buckets) -> None:
        self._source = source
        self._ground = ground
        self._buckets = buckets
        self.secrets = Finder(Vault(ground.keys / "adapters"), ground.folder).all(source.secrets)
        self.masker = Masker(self.secrets.values())
        self._http: Any = None
        self._clients: list[Client] = []

    async def asking(self, call: Call) -> Asking:
        """A call as it is asked; with a token, that one's call is asked by the same client."""
        ground, source = self._ground, self._source
        lists = source.records.lists if call is source.origin else ()
        if source.then is not None and call is source.then.call:
            lists = source.then.records.lists
        token = await self._token(call)
        way = await self._way(call, lists)
        return Asking(
            call, Requests(call, self.secrets, xml_encoder(ground.limits), way.encode), way.client, way.decode,
            self._bucket(call), self.masker, ground.clock, ground.chance, token, way.ready,
            self._piecemeal(call, way), way.stream.drift if way.stream is not None else dict,
        )  # fmt: skip

    def _piecemeal(self, call: Call, way: "_Way") -> Piecemeal | None:
        """How large answers of the call that is polled are read."""
        if call is not self._source.origin:
            return None
        source, limits = self._source, self._ground.limits
        if way.stream is not None:
            stream, recipe = way.stream, Recipe(source, limits)

            def gather_messages(headers: Mapping[str, str], head: bytes) -> Gatherer:
                made: Gatherer = stream.gathered(recipe.records_of)
                return made

            return Piecemeal(stream.open, gather_messages, 0, lambda: stream.streams)
        if way.open is None:
            return None
        follow, fails = source.follow or Follow(), call.fails_when or Failure()
        beside = (follow.total, follow.next, follow.more, fails.has, fails.code, fails.text)

        def gather(headers: Mapping[str, str], head: bytes) -> Gatherer:
            kind = headers.get("content-type", "")
            return piecewise(call.answer, kind, head, source.records, beside, way.options)

        return Piecemeal(way.open, gather, limits.source_whole_bytes_max)

    async def lines(self, subscribe: Subscribe) -> Lines:
        """The line of a source that is pushed into."""
        limits = self._ground.limits
        token = await self._token(subscribe)
        if subscribe.method == "grpc":
            calls = await self._grpc(subscribe)
            requests = Requests(subscribe, self.secrets, xml_encoder(limits), calls.encode)
            return Lines(
                subscribe, requests, lambda request: calls.line(request, subscribe.bytes), calls.read, token,
                calls.ready, calls.drift,
            )  # fmt: skip
        lines = (await _loaded("protocols.ws_lines")).WsLines(*await self._outwards())
        self._kept(lines)
        ping = subscribe.ping or limits.source_line_ping_seconds
        options, encode = await self._described(subscribe, self._source.records.lists)
        return Lines(
            subscribe, Requests(subscribe, self.secrets, xml_encoder(limits), encode),
            lambda request: lines.open(request, subscribe.bytes, ping),
            lambda message: decoded(subscribe.answer, "", message, options), token,
        )  # fmt: skip

    async def _token(self, request: Request) -> Token | None:
        if request.token is None:
            return None
        lender = await self.asking(request.token.call)
        return Tokens(
            request.token, lender, self._known, self._keep_secret, self.masker.learn, self._ground.clock
        ).current  # fmt: skip

    async def close(self) -> None:
        """Let go of every connection."""
        for client in self._clients:
            await client.close()

    async def _way(self, call: Call, lists: Sequence[str]) -> "_Way":
        """Each loads what it needs with the first call that needs it."""
        if call.method == "grpc":
            calls = await self._grpc(call)
            return _Way(calls, calls.decode, calls.encode, calls.ready, calls)
        options, encode = await self._described(call, lists)
        answered = call.fails_when is not None or not isinstance(call, Send) or bool(call.keep)
        decode = decoder(call.answer, options) if answered else _nothing
        if call.method == "ws":
            line = (await _loaded("protocols.ws")).WsClient(*await self._outwards(), answered=answered)
            return _Way(self._kept(line), decode, encode)
        http = await self.client()
        return _Way(http, decode, encode, open=http.open, options=options)

    async def _described(self, asked: Request, lists: Sequence[str]) -> tuple[Options, Encode | None]:
        """How what comes is read, and how its ProtoBuf is written, where it is not gRPC that says so."""
        folder, limits = self._files(), self._ground.limits
        comes = await asyncio.to_thread(message_of, asked, asked.message, folder, limits)
        sends = await asyncio.to_thread(message_of, asked, asked.sends, folder, limits)
        return options_of(lists, limits, comes), sends.encode if sends is not None else None

    async def client(self) -> Any:
        """What asks by HTTP, loaded when it is first needed."""
        if self._http is None:
            self._http = (await _loaded("protocols.http")).HttpClient(*await self._outwards())
            self._kept(self._http)
        return self._http

    def _kept(self, client: Client) -> Client:
        self._clients.append(client)
        return client

    async def _grpc(self, call: Request) -> Any:
        """What speaks gRPC for a call, or for a line."""
        module, grpc = await _loaded("calls.grpc_calls"), await _loaded("protocols.grpc")
        ground, ca = self._ground, self._source.ca
        settings: dict[str, Tree] = {"settings": dict(self._source.settings), "source": self._source.name}
        trust = await asyncio.to_thread(grpc.trust, ground.specs / ca if ca else None)
        is_read = call is self._source.origin  # then it may be a stream
        calls = module.GrpcCalls(
            call, address_of(call, Context(settings, self.secrets)), self._files(), self._network(), ground.clock,
            ground.limits, trust, may_stream=is_read, proxy=self._proxy,
            ping_seconds=call.ping if isinstance(call, Subscribe) else 0.0,
        )  # fmt: skip
        self._kept(calls)
        return calls

    def _files(self) -> Path:
        """Where what describes its messages lies: beside the spec, or beside the preset."""
        return FOLDER if self._source.preset else self._ground.specs

    async def _outwards(self) -> tuple[Any, ...]:
        """What a client over TCP is made of."""
        trust = await asyncio.to_thread(_trust, self._ground.specs, self._source.ca)
        return self._network(), self._ground.clock, self._ground.limits, trust, self._proxy

    @property
    def _proxy(self) -> str | None:
        if not self._source.proxy:
            return None
        settings: dict[str, Tree] = {"settings": dict(self._source.settings), "source": self._source.name}
        return text_with(self._source.proxy, self._source.mark, Context(settings, self.secrets))

    def _network(self) -> Network:
        return Network([*self._source.allow, *([_place(self._proxy)] if self._proxy else [])])

    def _bucket(self, call: Call) -> Bucket | None:
        if call.pace is None:
            return None
        reference = self._source.secrets.get(call.pace.secret, "") if call.pace.secret else ""
        credential = str(reference) or self._source.name
        return self._buckets.setdefault(credential, Bucket(call.pace, self._ground.clock.monotonic()))

    def _known(self) -> Mapping[str, Tree]:
        """What the call for a token may refer to."""
        now = moment(self._ground.clock.now_ms())
        return {"now": now, "source": self._source.name, "settings": dict(self._source.settings)}

    def _keep_secret(self, name: str, value: str) -> None:
        """A secret that its system has replaced: in the vault, so that the next start knows it, and from now on."""
        reference = self._source.secrets.get(name)
        if reference is not None and reference.kind == "vault":
            Vault(self._ground.keys / "adapters").write(reference.at, value)
        self.secrets.replace(name, value)
        self.masker.learn(value)


class _Way(Struct, frozen=True):
    """What carries a call: `encode` makes messages of trees, `ready` learns how before the first one."""

    client: Client
    decode: Callable[[Answer], Tree]
    encode: Encode | None = None
    ready: Callable[[], Awaitable[None]] | None = None
    stream: Any = None
    open: Open | None = None
    options: Options = AS_IT_COMES


async def _loaded(module: str) -> Any:
    """On a thread of its own: chats do not wait for it."""
    return await asyncio.to_thread(import_module, f"app.adapters.{module}")


def _trust(folder: Path, ca: str) -> ssl.SSLContext:
    """The machine's authorities and those that come with us; with `ca` that one alone."""
    import certifi

    if ca:
        return ssl.create_default_context(cafile=str(folder / ca))
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _nothing(answer: Answer) -> Tree:
    """Of an answer that nobody reads: who takes what is sent may say "OK", or nothing."""
    return None


def _place(proxy: str) -> str:
    parts = urlsplit(proxy)
    return f"{parts.hostname}:{parts.port or 80}"
