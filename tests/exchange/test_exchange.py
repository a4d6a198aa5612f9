"""Tables in and out of a desk: all or nothing, each wrong row told, nothing that may not be had."""

import asyncio
import csv
import io
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from app.accounts.agents import NewTeam
from app.accounts.fields import NewField
from app.accounts.roles import NewRole, Roles
from app.chat.canned import CannedReplies
from app.chat.labels import Labels
from app.contacts.introductions import Claim, Introductions
from app.contacts.organisations import NewOrganisation
from app.contacts.staging import Brought, Put
from app.exchange.exports import Exports, Table
from app.exchange.imports import ImportReport, Imports, Kind
from app.model.errors import Forbidden, Invalid
from app.model.fields import Field, FieldKind, Noun
from app.model.people import Contact
from app.model.principals import Agent
from app.storage import audit, contacts, staged_contacts
from app.storage.database import Transaction, Unit
from tests.domain import SYSTEM, Domain


class Exchange:
    """The rooms, and an administrator."""

    def __init__(self, domain: Domain, agent: Agent) -> None:
        limits = domain.settings.limits
        self.domain, self.agent = domain, agent
        self.canned = CannedReplies(domain.database, domain.ids, domain.clock, limits)
        self.imports = Imports(
            domain.database, domain.agents, domain.contacts, domain.organisations, self.canned, limits
        )
        self.exports = Exports(domain.database)

    async def bring(
        self, text: str | bytes, kind: Kind = Kind.CONTACTS, mapping: str = "", *, rehearse: bool = False
    ) -> ImportReport:
        return await self.imports.take(self.agent, kind, pieces(text), mapping, rehearse=rehearse)

    async def contacts(self) -> list[Contact]:
        page = await self.domain.contacts.page(self.agent, "", verified=False, before="", limit=200)
        return sorted(page.contacts, key=lambda contact: contact.number)

    async def table(self, table: Table) -> list[list[str]]:
        text = "".join([piece async for piece in await self.exports.begin(self.agent, table)])
        assert text.startswith("\ufeff")
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


async def pieces(text: str | bytes) -> AsyncIterator[bytes]:
    raw = text.encode() if isinstance(text, str) else text
    for at in range(0, len(raw), 1_000):
        yield raw[at : at + 1_000]


@pytest.fixture
async def exchange(domain: Domain) -> Exchange:
    return Exchange(domain, await domain.agent("Ann", "owner"))


async def test_contacts_come_in_and_the_same_address_is_the_same_contact(exchange: Exchange) -> None:
    told = await exchange.bring("姓名,邮箱,电话,等级\n林梅,mei@example.com,010-12345,金\nBen,ben@example.com,,\n")
    assert (told.done, told.rows, told.created, told.changed, told.problems) == (True, 2, 2, 0, [])
    assert told.mapping == ("name", "email", "phone", "attributes.等级")
    mei, ben = await exchange.contacts()
    assert (mei.name, mei.email, mei.phone, mei.attributes, mei.claimed) == (
        "林梅", "mei@example.com", "010-12345", {"等级": "金"}, (),
    )  # fmt: skip
    assert ben.attributes == {}
    told = await exchange.bring("name,email,plan\n,MEI@example.com,gold\n")
    assert (told.created, told.changed) == (0, 1)
    again = (await exchange.contacts())[0]
    assert (again.id, again.name, again.attributes) == (mei.id, "林梅", {"等级": "金", "plan": "gold"})
    last = (await audit.page(exchange.domain.database, audit.Filter(noun="import"), 2**53, 1))[0]
    assert json.loads(last.change)["after"] == {"rows": 1, "created": 0, "changed": 1}


async def test_what_a_visitor_only_claims_is_not_taken_for_him(exchange: Exchange) -> None:
    domain = exchange.domain
    introductions = Introductions(domain.database, domain.ids, domain.clock, domain.inboxes, domain.settings.limits)
    visitor = await domain.visitor(await domain.inbox())
    await introductions.claim(visitor, Claim(email="boss@example.com"))
    told = await exchange.bring("email,phone\nboss@example.com,010-99999\n")
    assert told.created == 1
    assert (await domain.contacts.find(exchange.agent, visitor.contact_id)).phone == ""


async def test_one_wrong_row_and_nothing_is_stored(exchange: Exchange) -> None:
    told = await exchange.bring(
        "Name,E-mail,Tel\nMei,mei@example.com,1\n,,\n,,\nBen,no address,010-12345\n,x@y.zz,call me\n"
    )
    assert not told.done
    assert [(one.row, one.column) for one in told.problems] == [(2, "Tel"), (5, "E-mail"), (6, "Tel")]
    assert all(one.en and one.zh for one in told.problems)
    assert await exchange.contacts() == []


async def test_a_rehearsal_tells_what_would_come_of_it(exchange: Exchange) -> None:
    text = "Kunde;Mail\nMei;mei@example.com\nBen;ben@example.com\n"
    told = await exchange.bring(text, rehearse=True)
    assert (told.done, told.delimiter, told.mapping, told.created) == (False, ";", ("attributes.Kunde", "email"), 2)
    assert told.sample == [["Mei", "mei@example.com"], ["Ben", "ben@example.com"]]
    assert await exchange.contacts() == []
    told = await exchange.bring(text, mapping='["name", ""]')
    assert (told.done, [contact.name for contact in await exchange.contacts()]) == (True, ["Mei", "Ben"])


@pytest.mark.parametrize(
    "mapping",
    ['["name"]', '["name", "name"]', '["", ""]', '["name", "secret"]', "name,email", '["name", "attributes."]', "7"],
)
async def test_a_mapping_that_makes_no_sense_is_refused(exchange: Exchange, mapping: str) -> None:
    with pytest.raises(Invalid, match="mapping_wrong"):
        await exchange.bring("a,b\n1,2\n", mapping=mapping)


async def test_agents_come_in_by_the_names_of_roles_and_teams(exchange: Exchange) -> None:
    domain = exchange.domain
    team = await domain.agents.create_team(SYSTEM, NewTeam("North"))
    role = await Roles(domain.database, domain.ids, domain.clock, domain.settings.limits).create(
        SYSTEM, NewRole("Night", ("contacts.read",))
    )
    told = await exchange.bring(
        "name,email,role,teams\nBen,ben@example.com,Night,North\nEve,eve@example.com,,\n", Kind.AGENTS
    )
    assert (told.done, told.created) == (True, 2)
    found = {one.name: one for one in await domain.agents.listing(SYSTEM)}
    ben, eve = found["Ben"], found["Eve"]
    assert (ben.role, ben.teams, eve.role) == (role.id, (team.id,), "agent")
    told = await exchange.bring(
        "name,email,role,teams\nBen,ben@example.com,agent,\nJo,jo@example.com,king,\nAl,al@example.com,agent,South\n,no@x.yz,,\n",
        Kind.AGENTS,
    )
    assert [(one.row, one.column) for one in told.problems] == [(2, "email"), (3, "role"), (4, "teams"), (5, "name")]
    assert len(await domain.agents.listing(SYSTEM)) == 3


async def test_nobody_imports_agents_beyond_his_rights(exchange: Exchange) -> None:
    lead = Agent("a" * 26, "s" * 26, "lead", frozenset({"agents.manage", "contacts.read"}))
    told = await exchange.imports.take(
        lead, Kind.AGENTS, pieces("name,email,role\nEve,eve@example.com,admin\n"), "", rehearse=False
    )
    assert [(one.row, one.column) for one in told.problems] == [(2, "role")]


async def test_canned_replies_come_in_for_everybody(exchange: Exchange) -> None:
    told = await exchange.bring(
        "快捷词,标题,中文内容,english\n/tk,退款,三天内退款,Refund in 3 days\n", Kind.CANNED_REPLIES
    )
    assert told.done
    (reply,) = await exchange.canned.listing(exchange.agent)
    assert (reply.shortcut, reply.title, reply.text_zh, reply.scope) == ("tk", "退款", "三天内退款", "all")
    told = await exchange.bring("shortcut,text\nok,fine\nno blank,fine\nempty,\nbad,{{nobody}}\n", Kind.CANNED_REPLIES)
    assert [one.row for one in told.problems] == [3, 4, 5]
    assert len(await exchange.canned.listing(exchange.agent)) == 1


async def test_who_may_not_may_not(exchange: Exchange) -> None:
    agent = await exchange.domain.agent("Ben")
    for kind in Kind:
        with pytest.raises(Forbidden):
            await exchange.imports.take(agent, kind, pieces("name\nx\n"), "", rehearse=True)
    for table in Table:
        with pytest.raises(Forbidden):
            await exchange.exports.begin(agent, table)
    narrow = Agent("a" * 26, "s" * 26, "x", frozenset({"contacts.manage"}))
    with pytest.raises(Forbidden):
        await exchange.exports.begin(narrow, Table.CONVERSATIONS)


async def test_no_table_holds_what_its_reader_may_not_read(exchange: Exchange) -> None:
    everything = {"contacts.manage", "contacts.read", "conversations.read_all", "tickets.read"}
    needed = {
        Table.CONTACTS: {"contacts.read"},
        Table.CONVERSATIONS: {"contacts.read", "conversations.read_all"},
        Table.TICKETS: {"tickets.read", "conversations.read_all"},
    }
    for table, rights in needed.items():
        whole = Agent("a" * 26, "s" * 26, "x", frozenset({"contacts.manage", *rights}))
        assert [piece async for piece in await exchange.exports.begin(whole, table)]
        for missing in rights:
            narrow = Agent("a" * 26, "s" * 26, "x", frozenset(everything - {missing}))
            with pytest.raises(Forbidden):
                await exchange.exports.begin(narrow, table)


async def test_bounds_are_kept(exchange: Exchange) -> None:
    limits = exchange.domain.settings.limits
    with pytest.raises(Invalid, match="csv_rows"):
        await exchange.bring("name\n" + "x\n" * (limits.import_rows_max + 1))
    with pytest.raises(Invalid, match="csv_bytes"):
        await exchange.bring("name\n" + "x" * limits.import_bytes_max)


async def test_many_rows_take_bounded_memory(exchange: Exchange) -> None:
    """No row outlives the next: what is held beside the file and the database's pages is no list of them."""
    rows = 5_000
    text = "name,email,plan\n" + "".join(f"Customer {n},c{n}@example.com,gold\n" for n in range(rows))
    tracemalloc.start()
    told = await exchange.bring(text.encode())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (told.done, told.created) == (True, rows)
    assert peak < 6_000_000


async def test_while_many_come_in_nobody_waits_long_and_nothing_is_there_before_all_is(exchange: Exchange) -> None:
    """By CPU time of the writer's units, which other people's programs on the machine do not lengthen."""
    database, rows = exchange.domain.database, 3_000
    units: list[float] = []
    seen: set[int] = set()

    def timed(write: Callable[[Unit[Any]], Awaitable[Any]]) -> Callable[[Unit[Any]], Awaitable[Any]]:
        def written(unit: Unit[Any]) -> Awaitable[Any]:
            def counted(tx: Transaction) -> Any:
                began = time.thread_time()
                try:
                    return unit(tx)
                finally:
                    seen.add(int(str(tx.execute("SELECT count(*) FROM contacts")[0][0])))
                    units.append(time.thread_time() - began)

            return write(counted)

        return written

    database.write = timed(database.write)  # type: ignore[method-assign, assignment]
    told = await exchange.bring("name,email\n" + "".join(f"C{n},c{n}@example.com\n" for n in range(rows)))
    assert (told.done, told.created, told.changed) == (True, rows, 0)
    assert seen == {0, rows}
    assert len(units) > rows // exchange.domain.settings.limits.import_portion_rows
    assert max(units) < 0.1


async def test_the_same_address_twice_in_a_file_is_one_contact(exchange: Exchange) -> None:
    await exchange.bring("name,email,plan\nBen,ben@example.com,old\n")
    told = await exchange.bring(
        "name,email,plan,seat\nMei,mei@example.com,gold,\nBen,BEN@example.com,new,1\nMei Lin,MEI@example.com,,7\n"
    )
    assert (told.created, told.changed) == (1, 2)
    found = {one.name: one.attributes for one in await exchange.contacts()}
    assert found == {"Ben": {"plan": "new", "seat": "1"}, "Mei Lin": {"plan": "gold", "seat": "7"}}


@pytest.mark.parametrize("what", ["changed", "come", "merged"])
async def test_what_changes_meanwhile_is_not_overwritten_by_what_was_read_before(
    exchange: Exchange, what: str
) -> None:  # fmt: skip
    domain, staging = exchange.domain, exchange.domain.contacts.staging
    await exchange.bring("name,email\nBen,ben@example.com\nEve,eve@example.com\n")
    ben, eve = await exchange.contacts()
    put, tries = staging.put, list[str]()

    def meddle(tx: Transaction) -> None:
        if what == "changed":
            contacts.update(tx, replace(ben, phone="010-11111"))
        elif what == "come":
            contacts.insert(tx, Contact(domain.ids.new(), 0, 1, 1, "Mei", "mei@example.com", "010-11111"))
        else:
            contacts.update(tx, replace(ben, merged_into=eve.id))

    async def meddled(import_id: str, rows: Sequence[tuple[int, Brought]], known_fields: Sequence[Field] = ()) -> Put:
        told = await put(import_id, rows, known_fields)
        if not tries:
            await domain.database.write(meddle)
        tries.append(import_id)
        return told

    staging.put = meddled  # type: ignore[method-assign]
    told = await exchange.bring("name,email,plan\n,ben@example.com,gold\nMei,mei@example.com,gold\n")
    assert told.done and len(set(tries)) == 2
    facts = [(one.name, one.email, one.phone, one.attributes) for one in await exchange.contacts()]
    gold = {"plan": "gold"}
    assert sorted(facts) == {
        "changed": [
            ("Ben", "ben@example.com", "010-11111", gold), ("Eve", "eve@example.com", "", {}),
            ("Mei", "mei@example.com", "", gold),
        ],
        "come": [
            ("Ben", "ben@example.com", "", gold), ("Eve", "eve@example.com", "", {}),
            ("Mei", "mei@example.com", "010-11111", gold),
        ],
        "merged": [
            ("", "ben@example.com", "", gold), ("Eve", "eve@example.com", "", {}), ("Mei", "mei@example.com", "", gold),
        ],
    }[what]  # fmt: skip
    assert not await staged_contacts.any_of_them(domain.database)


async def test_what_is_given_up_in_the_middle_leaves_nothing(exchange: Exchange) -> None:
    domain = exchange.domain
    text = "name,email\n" + "".join(f"C{n},c{n}@example.com\n" for n in range(3_000))
    bringing = asyncio.create_task(exchange.bring(text))
    while not await staged_contacts.any_of_them(domain.database):
        await asyncio.sleep(0)
    bringing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bringing
    assert not await staged_contacts.any_of_them(domain.database)
    assert await exchange.contacts() == []


async def test_tables_go_out_page_by_page_with_nothing_to_be_carried_out(exchange: Exchange) -> None:
    domain = exchange.domain
    await exchange.bring("name,phone\n" + "".join(f"C{n},+86 {10_000 + n}\n" for n in range(1_200)))
    told = await exchange.table(Table.CONTACTS)
    assert told[0][:4] == ["number", "name", "email", "phone"]
    assert len(told) == 1_201 and told[1][1:4] == ["C0", "", "'+86 10000"]
    visitor = await domain.visitor(await domain.inbox())
    conversation = (await domain.say(visitor, "=1+1")).conv
    conversations = await exchange.table(Table.CONVERSATIONS)
    assert [row[0] for row in conversations[1:]] == [conversation]
    assert await exchange.table(Table.TICKETS) == [
        ["number", "title", "status", "priority", "type", "assignee", "team", "contact", "contact_name", "due_at",
         "created_at", "updated_at"],
    ]  # fmt: skip
    exported = await audit.page(domain.database, audit.Filter(noun="export"), 2**53, 9)
    assert [entry.object_name for entry in exported] == ["tickets", "conversations", "contacts"]


async def test_what_went_out_comes_in_again(exchange: Exchange) -> None:
    await exchange.bring("name,email,phone\nMei,mei@example.com,+86 10-12345\n")
    (row,) = (await exchange.table(Table.CONTACTS))[1:]
    text = "name,email,phone\n" + ",".join(row[1:4]) + "\n"
    told = await exchange.bring(text)
    assert (told.changed, [contact.phone for contact in await exchange.contacts()]) == (1, ["+86 10-12345"])


async def test_a_list_of_contacts_is_paged_by_cursor(exchange: Exchange) -> None:
    await exchange.bring("name\n" + "".join(f"C{n:03}\n" for n in range(120)))
    seen: list[str] = []
    before = ""
    while True:
        page = await exchange.domain.contacts.page(exchange.agent, "", verified=False, before=before, limit=50)
        seen += [contact.name for contact in page.contacts]
        if page.next is None:
            break
        before = page.next
    assert seen == [f"C{n:03}" for n in range(119, -1, -1)]
    found = await exchange.domain.contacts.page(exchange.agent, "C00", verified=False, before="", limit=50)
    assert [contact.name for contact in found.contacts] == [f"C00{n}" for n in range(9, -1, -1)]
    with pytest.raises(Invalid, match="cursor_unknown"):
        await exchange.domain.contacts.page(exchange.agent, "", verified=False, before="nonsense", limit=50)


async def test_organisations_and_own_fields_come_in_and_go_out(exchange: Exchange) -> None:
    domain = exchange.domain
    for kind, key, noun in (
        (FieldKind.CHECKBOX, "vip", Noun.CONTACT),
        (FieldKind.DATE, "since", Noun.CONTACT),
        (FieldKind.TEXT, "order", Noun.CONVERSATION),
    ):
        await domain.own_fields.create(exchange.agent, NewField(kind, key.upper(), f"{key}？", key=key), noun)
    known = await domain.organisations.create(exchange.agent, NewOrganisation("Acme", ("acme.com",), external_id="c-1"))
    text = (
        "name,email,公司,VIP,since？,city\nMei,mei@example.com,acme,是,2026/1/5,Kiel\nBen,ben@acme.com,,no,,\n"
        "Eve,eve@example.com,Globex,,,\nJo,jo@example.com,c-1,,,\n"
    )
    told = await exchange.bring(text)
    assert told.mapping == ("name", "email", "organisation", "attributes.vip", "attributes.since", "attributes.city")
    assert told.fields[-2:] == ("attributes.vip", "attributes.since")
    assert told.done, told.problems
    mei, ben, eve, jo = await exchange.contacts()
    assert (mei.organisation_id, mei.attributes) == (known.id, {"vip": "true", "since": "2026-01-05", "city": "Kiel"})
    assert (ben.organisation_id, ben.attributes, jo.organisation_id) == (known.id, {}, known.id)
    assert eve.organisation_id not in (None, known.id)
    wrong = await exchange.bring("name,since？\nAl,soon\n")
    assert [(one.row, one.column) for one in wrong.problems] == [(2, "since？")] and "since" in wrong.problems[0].zh
    table = await exchange.table(Table.CONTACTS)
    assert table[0][-4:] == ["organisation", "attributes.vip", "attributes.since", "attributes"]
    assert table[1][-4:] == ["Acme", "true", "2026-01-05", '{"city":"Kiel"}']
    head = (await domain.say(await domain.visitor(await domain.inbox()), "Hello")).conv
    await domain.tools.labelling.change(exchange.agent, head, Labels(attributes={"order": "=4711"}))
    table = await exchange.table(Table.CONVERSATIONS)
    assert (table[0][-1], table[1][-1]) == ("attributes.order", "'=4711")
