"""One request as a handler sees it: who asks, from where, for which object."""

from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from app.gateway.core import Peer
from app.gateway.proxies import Client
from app.model.principals import Agent, Visitor

HEADERS = {"cache-control": "no-store"}
Who = TypeVar("Who", None, Agent, Visitor)


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """A route that asks for nothing: an empty body, `{}`, or no query."""


class Done(Struct, frozen=True):
    """A route that has nothing to tell but that it is done (status 204)."""


class Call(Struct, Generic[Who], frozen=True):
    """A proven request.

    `id` is the object in the path (26 characters, or the name of a source) or empty; `key` the Idempotency-Key;
    `chunks` the body of an upload, counted against the route's cap while it streams; `receive` the ASGI channel, for
    who waits for the client to leave.
    """

    principal: Who
    peer: Peer
    request_id: str
    id: str
    key: str
    headers: Headers
    chunks: AsyncIterator[bytes]
    receive: Receive


class Trace:
    """What the request's log line will say; filled while the request goes inward."""

    __slots__ = ("client", "conversation_id", "language", "request_id", "route")

    def __init__(self, request_id: str, client: Client, language: str) -> None:
        self.request_id = request_id
        self.client = client
        self.language = language
        self.route = ""
        self.conversation_id = ""


def trace_of(scope: Scope) -> Trace:
    """The trace that `requests.Requests` put into this scope."""
    trace: Trace = scope["monodesk.trace"]
    return trace


def peer_of(scope: Scope) -> Peer:
    """What is known of the client behind an ASGI scope."""
    headers = Headers(scope=scope)
    trace = trace_of(scope)
    return Peer(
        address=trace.client.address,
        host=trace.client.host,
        origin=headers.get("origin", ""),
        cookie=headers.get("cookie", ""),
        authorization=headers.get("authorization", ""),
        user_agent=headers.get("user-agent", ""),
        language=trace.language,
        secure=trace.client.secure,
    )
