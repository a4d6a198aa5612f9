"""The endpoint of a path: the same as Starlette's router finds, and everything else goes on to it."""

from starlette.types import Receive, Scope, Send

from app.api.table import Table
from tests.api.desk import Desk

ID = "0123456789abcdefghjkmnpqrs"


class Found:
    """An application that notes what it was called for."""

    def __init__(self) -> None:
        self.ids: list[str | None] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.ids.append(scope.get("path_params", {}).get("id"))


async def ask(table: Table, path: str, kind: str = "http") -> None:
    async def nothing(*_: object) -> None:
        raise AssertionError("nobody speaks here")

    await table({"type": kind, "path": path}, nothing, nothing)  # type: ignore[arg-type]


async def test_a_path_finds_its_endpoint_and_the_id_in_it() -> None:
    listed, one, inside, rest = Found(), Found(), Found(), Found()
    table = Table({"/a/b": listed, "/a/b/{id}": one, "/a/b/{id}/c": inside}, rest)
    for path in ("/a/b", f"/a/b/{ID}", f"/a/b/{ID}/c", "/a/b/c"):
        await ask(table, path)
    assert (listed.ids, one.ids, inside.ids, rest.ids) == ([None], [ID, "c"], [ID], [])


async def test_what_is_none_goes_to_the_rest() -> None:
    one, rest = Found(), Found()
    table = Table({"/a/{id}": one, "/a/{id}/c": one}, rest)
    for path in ("/", "", "/a", "/a/", "/a//c", f"/a/{ID}/", f"/a/{ID}/c/", f"/a/{ID}/d", "/{id}"):
        await ask(table, path)
    await ask(table, f"/a/{ID}", "lifespan")
    assert one.ids == []
    assert len(rest.ids) == 10


async def test_a_slash_too_many_leads_to_the_path_without(desk: Desk) -> None:
    answer = await desk.call("GET", "/api/v1/session/")
    assert (answer.status_code, answer.headers["location"].endswith("/api/v1/session")) == (307, True)
