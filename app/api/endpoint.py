"""From an ASGI request to a handler and back: prove, bound, decode, call, encode."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.accounts import policy
from app.api.auth import Auth
from app.api.body import chunks, demand_plain, read_json, read_query, small, upload
from app.api.call import HEADERS, Call, Done, peer_of, trace_of
from app.api.problems import MethodNotAllowed, malformed
from app.api.route import Kind, Route
from app.gateway.core import Peer
from app.model.errors import not_found
from app.model.frames import CID_PATTERN
from app.model.principals import Agent, Visitor
from app.settings import Limits

_ID_CHARACTERS = 26
_NAME = re.compile(r"[a-z][a-z0-9-]{0,80}")  # of a source
_KEY = re.compile(CID_PATTERN)
_IN_CONVERSATION = "/conversations/{id}"


class Endpoint:
    """One path with all its methods: an ASGI application of its own, mounted by Starlette's router."""

    def __init__(self, routes: Sequence[Route], auth: Auth, limits: Limits) -> None:
        self._auth = auth
        self._small, self._upload = small(limits), upload(limits)
        self._routes = {route.method: route for route in routes}
        self._decoders = {route.method: msgspec.json.Decoder(route.asks) for route in routes}
        self._encoder = msgspec.json.Encoder()
        if "GET" in self._routes:
            self._routes["HEAD"] = self._routes["GET"]
        self._allow = ", ".join(sorted(self._routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["method"]) or self._overridden(scope)
        trace = trace_of(scope)
        if route is None:
            raise MethodNotAllowed(self._allow)
        trace.route = route.path
        identifier = _identifier(scope)
        if _IN_CONVERSATION in route.path:
            trace.conversation_id = identifier
        call = await self._call(route, scope, receive, identifier)
        asked = await self._asked(route, scope, call)
        await self._answer(await route.handle(call, asked), route.status)(scope, receive, send)

    def _overridden(self, scope: Scope) -> Route | None:
        """The route that a client means who can send nothing but POST (tus 1.0.0, X-HTTP-Method-Override)."""
        meant = Headers(scope=scope).get("x-http-method-override", "") if scope["method"] == "POST" else ""
        return self._routes.get(meant) if meant in ("PATCH", "DELETE") else None

    async def _call(self, route: Route, scope: Scope, receive: Receive, identifier: str) -> Call[Any]:
        headers = Headers(scope=scope)
        peer = peer_of(scope)
        principal = await self._prove(route, peer, headers)
        if isinstance(principal, Agent) and route.action:
            policy.demand(principal, route.action)
        demand_plain(headers)
        bounds = self._upload if route.upload else self._small
        return Call(
            principal=principal,
            peer=peer,
            request_id=trace_of(scope).request_id,
            id=identifier,
            key=_key(headers) if route.keyed else "",
            headers=headers,
            chunks=chunks(receive, headers, bounds),
            receive=receive,
        )

    async def _prove(self, route: Route, peer: Peer, headers: Headers) -> Agent | Visitor | None:
        self._auth.refuse_foreign(peer, headers, route.method)
        if route.kind is Kind.AGENT:
            return await self._auth.agent(peer, headers, route.method, in_person=route.in_person)
        if route.kind is Kind.VISITOR:
            return await self._auth.visitor(peer)
        return None

    async def _asked(self, route: Route, scope: Scope, call: Call[Any]) -> Any:
        if route.method == "GET" or route.upload or route.by_query:
            return read_query(scope["query_string"], route.asks)
        decoder = self._decoders[route.method]
        return await read_json(call.chunks, call.headers, decoder)

    def _answer(self, told: object, status: int) -> Response:
        if isinstance(told, Response):
            return told
        if isinstance(told, Done):
            return Response(None, 204, HEADERS)
        return Response(self._encoder.encode(told), status, HEADERS, "application/json")


def _identifier(scope: Scope) -> str:
    """The object in the path; what cannot be an id, or a name, is answered as what does not exist."""
    name: str | None = scope["path_params"].get("name")
    if name is not None:
        if not _NAME.fullmatch(name):
            raise not_found()
        return name
    identifier: str = scope["path_params"].get("id", "")
    if identifier and not (len(identifier) == _ID_CHARACTERS and identifier.isascii() and identifier.isalnum()):
        raise not_found()
    return identifier


def _key(headers: Headers) -> str:
    key = headers.get("idempotency-key", "")
    if _KEY.fullmatch(key) is None:
        raise malformed("the header Idempotency-Key must be 32 hexadecimal digits, new for each message")
    return key
