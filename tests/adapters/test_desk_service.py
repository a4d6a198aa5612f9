"""What a program does at the desk: the real grpcio client, the real rooms, the real port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from app.accounts.tokens import NewToken
from app.adapters.desk.desk_service import Desk as Rooms
from app.adapters.desk.desk_service import DeskService
from app.adapters.desk.desk_trees import milliseconds_of, time_of
from app.adapters.formats.protobuf import Schema
from app.adapters.protocols.grpc_server import GrpcServer
from app.model.errors import unauthenticated
from app.model.frames import Edit, Send
from app.model.principals import Agent
from app.settings import Limits
from app.telemetry import traces
from app.tickets.queries import TicketQueries
from app.tickets.tickets import TicketChange
from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import SYSTEM, Desk, World
from tests.gateway.conftest import opened

KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "f" * 32


class Program:
    """A program with a token, and what it may call."""

    def __init__(self, channel: Any, schema: Schema, secret: str) -> None:
        self._channel = channel
        self._schema = schema
        self._metadata = (("authorization", f"Bearer {secret}"),)
        self.beside: tuple[tuple[str, str], ...] = ()

    async def ask(self, path: str, **said: Any) -> Any:
        method = self._schema.method(f"monodesk.v1.{path}")
        call = self._channel.unary_unary(method.path, method.input.encode, method.output.decode)
        return await call(said, metadata=(*self._metadata, *self.beside), timeout=30)

    def watch(self, path: str, cursor: str = "") -> Any:
        method = self._schema.method(f"monodesk.v1.{path}")
        call = self._channel.unary_stream(method.path, method.input.encode, method.output.decode)
        return call({"cursor": cursor}, metadata=self._metadata)

    def both(self, path: str) -> Any:
        method = self._schema.method(f"monodesk.v1.{path}")
        call = self._channel.stream_stream(method.path, method.input.encode, method.output.decode)
        return call(metadata=self._metadata)


class House:
    """The desk at its port; `program` brings one that acts for an agent."""

    def __init__(self, desk: Desk, world: World, port: int, schema: Schema) -> None:  # noqa: F811 - what the fixtures give
        self.desk = desk
        self.world = world
        self.schema = schema
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")

    async def program(self, cookie: str = "", *scopes: str) -> Program:
        agent = await self.agent(cookie or self.world.owner)
        given = scopes or tuple(sorted(agent.permissions))
        made = await self.desk.tokens.create(await self.agent(self.world.owner), NewToken("ERP", given))
        self.token_id = made.token.id
        return Program(self._channel, self.schema, made.secret)

    async def agent(self, cookie: str) -> Agent:
        found = await self.desk.sessions.principal(cookie)
        assert found is not None
        return found

    async def close(self) -> None:
        await self._channel.close()


@pytest.fixture
async def house(desk: Desk, world: World, tmp_path: Path) -> AsyncIterator[House]:  # noqa: F811 - the fixtures
    async def authenticate(secret: str, address: str) -> Agent:
        agent = await desk.tokens.principal(secret, address)
        if agent is None:
            raise unauthenticated()
        return agent

    rooms = Rooms(
        desk.tickets, TicketQueries(desk.database, desk.clock, Limits()), desk.conversations, desk.history,
        desk.messages, desk.records, desk.database, desk.bus,
    )  # fmt: skip
    service = DeskService(rooms, authenticate, Limits(grpc_watch_gather_ms=1))
    server = GrpcServer(
        service.schema, service.handlers, authenticate, desk.clock, Limits(),
        address=lambda scope: str(scope["client"][0]),
    )  # fmt: skip
    async with opened(tmp_path / "port", Limits(), server) as port:
        house = House(desk, world, port.port, service.schema)
        yield house
        await server.close()
        await house.close()


@asynccontextmanager
async def refused(code: str) -> AsyncIterator[None]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        yield
    assert (error.value.code().name, error.value.details() != "") == (code, True)


# --- tickets --------------------------------------------------------------------------------------------------------


async def test_a_ticket_is_made_once_changed_and_read(house: House) -> None:
    program = await house.program()
    asked = {"key": KEY, "title": "Broken cup", "priority": 3, "due_at": "2026-12-01T08:00:00.5Z"}
    made = await program.ask("Tickets/Create", **asked)
    again = await program.ask("Tickets/Create", **asked)
    assert (again["id"], made["title"], made["priority"], made["status"]) == (made["id"], "Broken cup", 3, "new")
    assert made["due_at"] == "2026-12-01T08:00:00.500Z"
    changed = await program.ask("Tickets/Update", id=made["id"], status="waiting", expected=made["version"])
    assert (changed["status"], changed["category"], changed["title"]) == ("waiting", "waiting", "Broken cup")
    async with refused("ABORTED"):
        await program.ask("Tickets/Update", id=made["id"], status="done", expected=made["version"])
    await program.ask("Tickets/AddNote", id=made["id"], key=KEY, text="From the ERP")
    await program.ask("Tickets/SetReference", id=made["id"], system="erp", reference="C-17")
    detail = await program.ask("Tickets/Get", id=made["id"])
    assert detail["references"] == [{"system": "erp", "reference": "C-17", "url": ""}]
    assert "From the ERP" in [entry["text"] for entry in detail["entries"]]
    assert detail["entries"][0]["actor"]["kind"] == "agent"
    page = await program.ask("Tickets/List", q="Broken cup")
    assert [one["id"] for one in page["tickets"]] == [made["id"]]


async def test_lists_go_on(house: House) -> None:
    program = await house.program()
    for number in range(5):
        await program.ask("Tickets/Create", key=f"{number}" * 32, title=f"Matter {number}")
    titles: list[str] = []
    said: dict[str, Any] = {"limit": 2, "sort": "created"}
    while True:
        page = await program.ask("Tickets/List", **said)
        titles += [one["title"] for one in page["tickets"]]
        if "next" not in page:
            break
        said["before"] = page["next"]
    assert sorted(titles) == sorted([*(f"Matter {number}" for number in range(5)), "Order 1"])


async def test_a_program_may_what_its_scopes_and_its_agent_may(house: House) -> None:
    reader = await house.program("", "tickets.read")
    async with refused("PERMISSION_DENIED"):
        await reader.ask("Tickets/Create", key=KEY, title="x")
    async with refused("NOT_FOUND"):
        await reader.ask("Tickets/Get", id="0" * 26)
    assert (await reader.ask("Conversations/List"))["conversations"] == [], "none that is his alone"
    async with refused("UNAUTHENTICATED"):
        await Program(reader._channel, house.schema, "mdt_nobody").ask("Tickets/List")


async def test_what_does_not_fit_is_told(house: House) -> None:
    program = await house.program()
    for path, said in (
        ("Tickets/Create", {"title": "no key"}), ("Tickets/Create", {"key": KEY, "title": ""}),
        ("Tickets/Create", {"key": KEY, "title": "x", "priority": 9}), ("Tickets/List", {"limit": 1_000}),
        ("Tickets/List", {"sort": "colour"}), ("Conversations/List", {"view": "nobody's"}),
        ("Records/Put", {"source": "No Name", "kind": "order", "body": {"id": "1"}}),
        ("Records/Put", {"source": "erp", "kind": "cup", "body": {"id": "1"}}),
        ("Records/Put", {"source": "erp", "kind": "order", "body": {"total": "1"}}),
    ):  # fmt: skip
        async with refused("INVALID_ARGUMENT"):
            await program.ask(path, **said)


async def test_a_watch_tells_each_change_and_goes_on_from_a_cursor(house: House) -> None:
    program = await house.program()
    watch = program.watch("Tickets/Watch")
    begun = await watch.read()
    assert set(begun) == {"cursor"}
    made = await program.ask("Tickets/Create", key=KEY, title="One")
    first = await watch.read()
    assert (first["name"], first["ticket"]["id"], first["actor"]["kind"]) == ("ticket.created", made["id"], "agent")
    watch.cancel()
    for status in ("open", "waiting", "done"):
        await program.ask("Tickets/Update", id=made["id"], status=status)
    again = program.watch("Tickets/Watch", first["cursor"])
    told = [await again.read() for _ in range(4)]
    assert [one["ticket"]["status"] for one in told[1:]] == ["open", "waiting", "done"]
    once_more = program.watch("Tickets/Watch", told[1]["cursor"])
    assert "ticket" not in await once_more.read()
    assert (await once_more.read())["ticket"]["status"] == "open", "a cursor in a page leads back to its beginning"
    for call in (again, once_more):
        call.cancel()


async def test_a_watch_tells_what_is_gone_from_sight(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk_, world_ = house.desk, house.world
    north = await house.agent(world_.north)
    made = await desk_.tokens.create(await house.agent(world_.owner), NewToken("ERP", ("tickets.read",)))
    ask = desk_.tokens.principal

    async def as_north(secret: str, address: str) -> Agent | None:
        return north if secret == made.secret else await ask(secret, address)

    monkeypatch.setattr(desk_.tokens, "principal", as_north)  # a token of north's, who may not make one
    watch = Program(house._channel, house.schema, made.secret).watch("Tickets/Watch")
    await watch.read()
    south = (await desk_.agents.teams(SYSTEM))[1]
    await desk_.tickets.change(SYSTEM, world_.ticket_id, TicketChange(team_id=south.id))
    assert (await watch.read())["gone_id"] == world_.ticket_id
    watch.cancel()


@pytest.mark.parametrize("cursor", ["nonsense", "x:1", ":", "0:-1"])
async def test_a_cursor_that_nobody_gave_is_refused(house: House, cursor: str) -> None:
    program = await house.program()
    async with refused("OUT_OF_RANGE"):
        await program.watch("Tickets/Watch", cursor).read()


async def test_a_watch_ends_with_its_token(house: House) -> None:
    program = await house.program()
    watch = program.watch("Tickets/Watch")
    await watch.read()
    await house.desk.tokens.delete(await house.agent(house.world.owner), house.token_id)
    async with refused("UNAUTHENTICATED"):
        await watch.read()


# --- conversations and messages -------------------------------------------------------------------------------------


async def test_a_conversation_is_read_answered_and_settled(house: House) -> None:
    program, ann = await house.program(), house.world.ann
    page = await program.ask("Conversations/List", limit=1)
    assert len(page["conversations"]) == 1 and page["next"]
    found = await program.ask("Conversations/Get", id=ann.conversation_id)
    assert found["contact"]["id"] == ann.contact_id
    sent = await program.ask("Messages/Send", conversation_id=ann.conversation_id, key=KEY, text="On its way.")
    assert (
        await program.ask("Messages/Send", conversation_id=ann.conversation_id, key=KEY, text="On its way.")
    ) == sent
    await program.ask("Messages/Send", conversation_id=ann.conversation_id, key=OTHER_KEY, text="Aside", note=True)
    page = await program.ask("Messages/List", conversation_id=ann.conversation_id)
    assert [one["text"] for one in page["messages"] if one["kind"] in ("message", "note")] == [
        "Where is order 1?", "On its way.", "Aside"
    ]  # fmt: skip
    assert page["messages"][0]["files"][0]["name"] == "picture.png"
    assert {one["conversation_id"] for one in page["messages"]} == {ann.conversation_id}
    settled = await program.ask("Conversations/Resolve", id=ann.conversation_id, reason="shipped")
    assert (settled["status"], settled["close_reason"]) == ("resolved", "shipped")
    assert (await program.ask("Conversations/Reopen", id=ann.conversation_id))["status"] != "resolved"


async def test_a_watch_tells_messages_and_heads(house: House) -> None:
    program, ann, desk_ = await house.program(), house.world.ann, house.desk
    watch = program.watch("Conversations/Watch")
    await watch.read()
    visitor = (await desk_.visitors.session(house.world.inbox_id, ann.token)).visitor
    await desk_.messages.accept(visitor, Send(KEY, ann.conversation_id, "Hello?"))
    told = [await watch.read() for _ in range(2)]
    assert told[0]["message"]["text"] == "Hello?" and told[0]["message"]["sender"]["kind"] == "visitor"
    assert told[1]["conversation"]["last_text"] == "Hello?"
    await desk_.messages.accept(visitor, Edit(OTHER_KEY, ann.conversation_id, told[0]["message"]["id"], "Hello!"))
    changed = await watch.read()
    assert (changed["message"]["kind"], changed["message"]["target"]) == ("edit", told[0]["message"]["id"])
    watch.cancel()


# --- records --------------------------------------------------------------------------------------------------------


async def test_a_record_is_kept_once_and_stands_beside_its_contact(house: House) -> None:
    program, ann = await house.program(), house.world.ann
    contact = await house.desk.contacts.find(SYSTEM, ann.contact_id)
    body = {"id": "SO-1", "total": "39.99", "status": "shipped", "customer": {"email": "ann@example.com"}}
    said = {"source": "erp", "kind": "order", "body": body, "changed_at": "2026-01-01T00:00:00Z"}
    put = await program.ask("Records/Put", **said)
    assert (put["outcome"], put["external_id"]) == ("written", "SO-1")
    assert (await program.ask("Records/Put", **said))["outcome"] == "unchanged"
    older = said | {"body": body | {"total": "1.00"}, "changed_at": "2025-01-01T00:00:00Z"}
    assert (await program.ask("Records/Put", **older))["outcome"] == "older"
    record = await program.ask("Records/Get", id=put["id"])
    assert (record["source"], record["kind"], record["body"]["total"]) == ("erp", "order", "39.99")
    assert record["changed_at"] == "2026-01-01T00:00:00Z"
    assert (await program.ask("Records/List", contact_id=contact.id))["records"] == []
    async with refused("PERMISSION_DENIED"):
        await (await house.program("", "records.read")).ask("Records/Put", **said)


async def test_many_records_are_answered_one_by_one(house: House) -> None:
    call = (await house.program()).both("Records/Sync")
    answers = []
    for number in range(20):
        body = {"id": f"SO-{number}"} if number != 7 else {"id": "", "total": "x"}
        await call.write({"source": "erp", "kind": "order", "body": body})
        answers.append(await call.read())
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert [one["outcome"] for one in answers] == ["written" if n != 7 else "refused" for n in range(20)]
    assert answers[7]["problem"]


# --- times ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("time", "milliseconds"), [
    ("1970-01-01T00:00:00Z", 0), ("2024-01-02T02:11:12.345Z", 1_704_161_472_345), ("1969-12-31T23:59:59.999Z", -1),
    ("2024-01-02T02:11:12.345678901Z", 1_704_161_472_345), ("2024-01-02T02:11:12.500Z", 1_704_161_472_500),
])  # fmt: skip
def test_times_are_milliseconds(time: str, milliseconds: int) -> None:
    assert milliseconds_of(time) == milliseconds
    assert milliseconds_of(time_of(milliseconds)) == milliseconds


async def test_what_a_program_brings_about_belongs_to_its_trace(house: House) -> None:
    program = await house.program()
    program.beside = (("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),)
    await program.ask("Tickets/Create", key=KEY, title="Leaks")
    ((trace,),) = await house.desk.database.read("SELECT trace FROM events WHERE body LIKE '%Leaks%'")
    assert traces.id_of(str(trace)) == "4bf92f3577b34da6a3ce929d0e0e4736"
