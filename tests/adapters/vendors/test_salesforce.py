"""The preset `salesforce`: a case is a ticket, once; contacts and comments stand beside the customer."""

import asyncio
from pathlib import Path
from typing import Any

from app.contacts.contacts import ContactChange
from app.model.records import Customer, RecordKind, RecordNote
from app.storage import dead_letters, records
from app.tickets.tickets import TicketChange
from tests.adapters.test_acting import tickets
from tests.adapters.test_engine import joined, put, until
from tests.adapters.vendors.crm import Crm, stamp
from tests.adapters.vendors.vault import keep
from tests.domain import SYSTEM, Domain

INSTANCE = """\
source: crm
preset: salesforce
settings: {address: "http://127.0.0.1:%(port)d", every: 200ms, since: 10d}
secrets: {client_id: vault:client, client_secret: vault:secret}
allow: ["127.0.0.1:%(port)d"]
"""
MINUTE, DAY = 60, 86_400


def case(crm: Crm, number: int, seconds_ago: float = 2 * MINUTE, **more: Any) -> None:
    fields = {
        "Id": f"500{number:03}", "CaseNumber": f"{number:08}", "Subject": f"Broken {number}", "Status": "New",
        "Priority": "High", "Description": "It leaks.", "Contact.Email": "ann@example.com",
        "SystemModstamp": stamp(seconds_ago),
    }  # fmt: skip
    crm.put("Case", **{**fields, **more})


async def until_tickets(domain: Domain, count: int) -> None:
    async with asyncio.timeout(60):
        while len(await tickets(domain)) != count:
            await asyncio.sleep(0.05)


async def test_cases_come_as_tickets_of_their_customers_and_a_status_goes_back_once(
    domain: Domain, tmp_path: Path
) -> None:
    keep(tmp_path, client="3MVG9", secret="s&cret=1")
    ann = await domain.visitor(await domain.inbox())
    await domain.contacts.change(SYSTEM, ann.contact_id, ContactChange(email="ann@example.com"))
    crm = Crm()
    for number in range(14):  # four pages of the newest window, and older ones
        case(crm, number, 2 * MINUTE + number if number < 13 else 9 * DAY)
    old = {"SystemModstamp": stamp(DAY), "CreatedDate": stamp(DAY)}
    crm.put("Contact", Id="003A", Name="Ann Lee", Email="ann@example.com", **old)
    crm.put("CaseComment", Id="00aA", CommentBody="Called her.", SystemModstamp=stamp(90), CreatedDate=stamp(90))
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": far.port}, "crm.yaml")
        await until_tickets(domain, 14)
        await until(lambda: all(one.state == "waiting" for one in systems.states.values()))
        assert set(systems.states) == {"crm", "crm-contacts", "crm-comments", "crm-status"}
        made = {one.title: one for one in await tickets(domain)}
        ticket = made["Broken 3"]
        assert (ticket.contact_id, ticket.priority, ticket.status) == (ann.contact_id, 3, "new")
        await domain.tickets.change(SYSTEM, ticket.id, TicketChange(status="done"))
        await until(lambda: bool(crm.patched))
        asked = len(crm.far.heard)
        await until(lambda: len(crm.far.heard) > asked + 12)
    assert crm.patched == [("500003", {"Status": "Closed"})], "what comes of it from there is not sent there again"
    after = {one.id: one.status for one in await tickets(domain)}
    assert len(after) == 14 and after[ticket.id] == "done", "an older word of theirs undoes nothing"
    assert crm.tokens > 1, "the tokens ended meanwhile"
    assert {one for one in crm.refused if "INVALID_SESSION_ID" not in one} == set()
    person = await found(domain, RecordKind.CUSTOMER, "003A")
    note = await found(domain, RecordKind.NOTE, "00aA")
    assert isinstance(person, Customer) and (person.name, person.email) == ("Ann Lee", "ann@example.com")
    assert isinstance(note, RecordNote) and note.text == "Called her."


async def found(domain: Domain, kind: RecordKind, external_id: str) -> object:
    record = await records.find_external(domain.database, "crm", kind, external_id)
    assert record is not None
    return record.body


async def test_a_locator_that_is_forgotten_begins_its_window_again(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, client="3MVG9", secret="s&cret=1")
    crm = Crm(page=2)
    crm.calls_a_token = 10_000
    for number in range(9):
        case(crm, number)

    def forgetful() -> None:
        if sum("query/01g" in one.line for one in crm.far.heard) == 2:
            crm.forget_locators()

    true = crm._answer
    crm._answer = lambda: (forgetful(), true())[1]  # type: ignore[func-returns-value,method-assign]
    async with crm.far.serving() as far, joined(domain, tmp_path):
        put(tmp_path, INSTANCE % {"port": far.port}, "crm.yaml")
        await until_tickets(domain, 9)
    assert any("INVALID_QUERY_LOCATOR" in one for one in crm.refused)
    assert await dead_letters.page(domain.database, "crm", "", 9) == []


async def test_a_page_of_maintenance_is_no_window_without_news(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, client="3MVG9", secret="s&cret=1")
    crm = Crm()
    case(crm, 1)
    crm.down = True
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": far.port}, "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].state in ("failing", "down"))
        crm.down = False
        await until_tickets(domain, 1)


async def test_by_another_secret_nothing_is_asked(domain: Domain, tmp_path: Path) -> None:
    keep(tmp_path, client="3MVG9", secret="another")
    crm = Crm()
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, INSTANCE % {"port": far.port}, "crm.yaml")
        await until(lambda: "crm" in systems.states and systems.states["crm"].state == "failing")
        assert "another" not in systems.states["crm"].en
    assert {_path(one.line) for one in crm.far.heard} == {"/services/oauth2/token"}


def _path(line: str) -> str:
    return line.split()[1].partition("?")[0]
