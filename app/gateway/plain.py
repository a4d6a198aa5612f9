"""What is said in plain HTTP where https is served: proofs for a public authority, our root, and the way to https."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast
from urllib.parse import urlsplit

from app.certificates.page import RootPages
from app.gateway.crowd import Crowd, Place, too_many_of_an_address
from app.gateway.http1 import HEAD_END, Dates, Head, head_too_large, parse_head, render_head
from app.gateway.port import bind
from app.gateway.proxies import Proxies, plain
from app.gateway.refusals import only_to_read, render_refusal
from app.model.clock import Clock
from app.model.errors import Problem, not_found
from app.model.ids import Ids
from app.settings import Settings
from app.telemetry.log import logger

_PROOFS = "/.well-known/acme-challenge/"
_HTTPS_PORT = 443
_NOTHING: Mapping[str, str] = MappingProxyType({})
_BACKLOG = 128
_log = logger("gateway")
Answer = tuple[int, dict[str, str], bytes]


class Plain:
    """Answers one request a connection, and closes. One address has `plain_connections_per_address_max` at a time.

    `proofs` are what a public authority asks for, by token; `root` the pages of our own authority, where there is one;
    `port` where https is spoken, None for at the very port that was asked.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        ids: Ids,
        port: int | None,
        root: RootPages | None = None,
        proofs: Mapping[str, str] = _NOTHING,
    ) -> None:
        self.limits = settings.limits
        self._public = urlsplit(settings.public_url) if settings.public_url.startswith("https://") else None
        self._clock = clock
        self._ids = ids
        self._port = port
        self._root = root
        self._proofs = proofs
        self._dates = Dates()
        self._trusted = Proxies(settings).trusted
        gateways = max(1, settings.workers) if port is None else 1
        self._crowd = Crowd(self.limits.plain_connections_per_address_max, gateways, _crowded)
        self._open: dict[PlainConnection, Place | None] = {}
        self._server: asyncio.Server | None = None

    async def start(self, listen: str) -> int:
        """Listen at `host:port`; the port. Raises `Unavailable`."""
        listening = bind(listen, shared=False)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: PlainConnection(self), sock=listening, backlog=_BACKLOG)
        return int(listening.getsockname()[1])

    async def stop(self) -> None:
        """Take no more, and end what is open."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._open):
            connection.abort()
        await asyncio.sleep(0)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    # --- for connections ----------------------------------------------------------------------------------------

    @property
    def full(self) -> bool:
        """Whether there is no room for anybody."""
        return len(self._open) >= self.limits.plain_connections_max

    def entered(self, connection: "PlainConnection", address: str) -> bool:
        """Whether there is room for one more of its address; trusted proxies are not counted."""
        place = None if address in self._trusted else self._crowd.enter(plain(address))
        if place is None and address not in self._trusted:
            return False
        self._open[connection] = place
        return True

    def left(self, connection: "PlainConnection") -> None:
        place = self._open.pop(connection, None)
        if place is not None:
            self._crowd.leave(place)

    def respond(self, raw: bytes, ours: tuple[str, int]) -> bytes:
        """The whole answer to a request's head; `ours` is the address that was asked."""
        try:
            head = parse_head(raw, self.limits)
        except Problem as problem:
            return self._rendered(self._refusal(problem, "en"), "GET")
        return self._rendered(self._answer(head, ours), head.method)

    def turned_away(self) -> bytes:
        """The answer to one too many."""
        return self._rendered(self._refusal(too_many_of_an_address(), "en"), "GET")

    def too_large(self) -> bytes:
        """The answer to a head that has no end."""
        return self._rendered(self._refusal(head_too_large(), "en"), "GET")

    def _answer(self, head: Head, ours: tuple[str, int]) -> Answer:
        if head.path.startswith(_PROOFS):
            proof = self._proofs.get(head.path.removeprefix(_PROOFS))
            if proof is not None:
                return 200, {"content-type": "application/octet-stream", "cache-control": "no-store"}, proof.encode()
            return self._refusal(not_found(), head.language)
        page = self._root.find(head.target, head.get("accept-language")) if self._root is not None else None
        if page is None:
            return 308, {"location": self._https(head, ours), "cache-control": "no-store"}, b""
        if head.method not in ("GET", "HEAD"):
            return self._refusal(only_to_read(), head.language)
        return 200, page.fields, page.body

    def _https(self, head: Head, ours: tuple[str, int]) -> str:
        """The same place, encrypted, under the name he used; under the public address where that is its name."""
        address, asked = ours
        name, given = _parted(head.get("host") or (f"[{address}]" if ":" in address else address))
        if self._public is not None and self._port is not None and name == _parted(self._public.netloc)[0]:
            return f"https://{self._public.netloc}{head.target}"
        port = self._port or int(given or asked)
        return f"https://{name}{'' if port == _HTTPS_PORT else f':{port}'}{head.target}"

    def _refusal(self, problem: Problem, language: str) -> Answer:
        return problem.status, *render_refusal(problem, language, self._ids.new())

    def _rendered(self, answer: Answer, method: str) -> bytes:
        status, fields, body = answer
        fields = {**fields, "content-length": str(len(body)), "x-content-type-options": "nosniff"}
        head = render_head(status, fields, self._dates.line(self._clock.now_ms()), keep_alive=False)
        return head if method == "HEAD" else head + body


class PlainConnection(asyncio.Protocol):
    """One request: its head is read, answered, and what follows is thrown away until the client has left."""

    __slots__ = ("_answered", "_buffer", "_gone", "_plain", "_timer", "_transport")

    def __init__(self, plain: Plain, gone: Callable[[], None] | None = None) -> None:
        self._plain = plain
        self._gone = gone
        self._buffer = b""
        self._answered = False
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if not address or self._plain.full:
            self._transport.abort()
        elif self._plain.entered(self, address):
            self._wait(self._plain.limits.head_seconds_max)
        else:  # without waiting: who is one of too many must not hold a place for it
            self._answered = True
            self._transport.write(self._plain.turned_away())
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._answered or self._transport is None:
            return
        self._buffer += data
        end = self._buffer.find(HEAD_END)
        if end >= 0:
            self._answer(self._plain.respond(self._buffer[:end], self._ours()))
        elif len(self._buffer) > self._plain.limits.head_bytes_max:
            self._answer(self._plain.too_large())

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._plain.left(self)
        if self._gone is not None:
            self._gone()

    def _answer(self, answer: bytes) -> None:
        """Answer and close our half; the rest when the client has: unread bytes would take the answer with them."""
        assert self._transport is not None
        self._answered = True
        self._buffer = b""
        self._transport.write(answer)
        self._transport.write_eof()
        self._wait(self._plain.limits.closing_seconds_max)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def _ours(self) -> tuple[str, int]:
        assert self._transport is not None
        own = self._transport.get_extra_info("sockname") or ("", _HTTPS_PORT)
        return str(own[0]), int(own[1])


def _crowded(address: str) -> None:
    _log.warning(
        "most connections of plain HTTP come from one address: if it is a proxy, name it in trusted_proxies",
        extra={"address": address},
    )


def _parted(host: str) -> tuple[str, str]:
    """A host in lower case, an IPv6 address in brackets, and its port, empty where none is named."""
    if host.startswith("["):
        name, _, port = host.lower().partition("]")
        return f"{name}]", port.removeprefix(":")
    name, _, port = host.lower().partition(":")
    return name, port
