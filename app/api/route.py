"""What a route is: one address and method, who may come, what it asks and tells."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar

from msgspec import Struct
from starlette.responses import Response

from app.api.call import Call
from app.model.principals import Agent, Visitor

Asked = TypeVar("Asked", bound=Struct)
Told = TypeVar("Told")


class Kind(StrEnum):
    """Who may come: anyone, an agent by his cookie, a visitor by his bearer token."""

    ANYONE = "anyone"
    AGENT = "agent"
    VISITOR = "visitor"


class Media(Struct, frozen=True):
    """An answer that is not JSON: its media type."""

    type: str


class Route(Struct, frozen=True):
    """One address and method.

    `action` is what the policy is asked of an agent before anything is read (the object itself is judged by its room).
    `asks` comes from the query for GET and where `by_query` says so, else from the JSON body; `shown` is the answer as
    the OpenAPI page shows it. `upload` takes a raw body instead; `keyed` needs an Idempotency-Key; `status` is that of
    an answer with a body; `in_person` takes somebody who is signed in, and no token of his.
    """

    method: str
    path: str
    kind: Kind
    action: str
    handle: Callable[[Any, Any], Awaitable[Any]]
    asks: Any
    shown: Any
    en: str
    zh: str
    upload: bool = False
    keyed: bool = False
    status: int = 200
    in_person: bool = False
    by_query: bool = False


def for_anyone(
    method: str,
    path: str,
    handle: Callable[[Call[None], Asked], Awaitable[Told | Response]],
    asks: type[Asked],
    told: "type[Told] | Media",
    en: str,
    zh: str,
) -> Route:
    """A route that proves nobody."""
    return Route(method, path, Kind.ANYONE, "", handle, asks, told, en, zh)


def for_agents(
    method: str,
    path: str,
    action: str,
    handle: Callable[[Call[Agent], Asked], Awaitable[Told | Response]],
    asks: "type[Asked] | UnionType",
    told: "type[Told] | Media",
    en: str,
    zh: str,
    *,
    upload: bool = False,
    keyed: bool = False,
    shown: Any = None,
    in_person: bool = False,
    by_query: bool = False,
) -> Route:
    """A route for signed-in agents and their tokens; `shown` where the answer carries what is encoded already."""
    return Route(
        method, path, Kind.AGENT, action, handle, asks, shown or told, en, zh, upload, keyed, in_person=in_person,
        by_query=by_query,
    )  # fmt: skip


def for_visitors(
    method: str,
    path: str,
    handle: Callable[[Call[Visitor], Asked], Awaitable[Told | Response]],
    asks: "type[Asked] | UnionType",
    told: "type[Told] | Media",
    en: str,
    zh: str,
    *,
    upload: bool = False,
    keyed: bool = False,
    shown: Any = None,
) -> Route:
    """A route for the visitor of a bearer token."""
    return Route(method, path, Kind.VISITOR, "", handle, asks, shown or told, en, zh, upload, keyed)
