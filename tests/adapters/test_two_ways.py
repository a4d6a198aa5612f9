"""A desk ticket is handed to a CRM, which calls it by its own number; its status comes back, and nothing echoes."""

import asyncio
import json
from pathlib import Path
from typing import Any

from app.model.principals import Agent
from app.model.tickets import Ticket
from app.tickets.queries import TicketQuery
from app.tickets.tickets import NewTicket, TicketChange
from tests.adapters.far import Far
from tests.adapters.test_engine import joined, put, until
from tests.domain import Domain

SPEC = """\
source: crm-out
system: crm
title: To the CRM
allow: ["127.0.0.1:%(port)d"]
events: ticket.created
map: {subject: ticket.title, state: ticket.status}
deliver:
  post: http://127.0.0.1:%(port)d/cases
  order: ticket.id
  keep: {id: case.number, url: case.link}
---
source: crm-status
system: crm
title: Statuses to the CRM
allow: ["127.0.0.1:%(port)d"]
events: ticket.status_changed
where: ticket.reference != ""
map: {number: ticket.reference, state: changes.status.after}
deliver: {put: "http://127.0.0.1:%(port)d/cases/${mapped.number}", order: ticket.id}
---
source: crm-in
system: crm
title: From the CRM
allow: ["127.0.0.1:%(port)d"]
call: {get: "http://127.0.0.1:%(port)d/cases"}
records: {at: cases, id: number, changed: changed}
follow: {every: 50ms}
map: {id: number, title: subject, status: state}
deliver: {to: tickets.update, newer: changed, owner: {title: us}}
"""


class Crm:
    """Keeps cases; `heard` is what it was told, method and path."""

    def __init__(self) -> None:
        self.cases: dict[str, dict[str, Any]] = {}
        self.heard: list[tuple[str, str, Any]] = []
        self.asked = 0
        self.far = Far(self._say)

    def set(self, number: str, **facts: Any) -> None:
        """At the CRM itself."""
        self.cases[number] = {**self.cases[number], **facts, "changed": 4_000_000_000 + len(self.heard)}

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        request = self.far.heard[-1]
        method, path, _ = request.line.split()
        body: Any = {"cases": list(self.cases.values())}
        if method == "GET":
            self.asked += 1
        else:
            said = json.loads(request.body)
            self.heard.append((method, path, said))
            number = f"C-{len(self.cases) + 1}" if method == "POST" else path.rpartition("/")[2]
            self.cases[number] = {**self.cases.get(number, {"number": number, "changed": 1}), **said}
            body = {"case": {"number": number, "link": f"https://crm.example/{number}"}}
        raw = json.dumps(body).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw
        )


async def _tickets(domain: Domain, agent: Agent) -> list[Ticket]:
    return [one.ticket for one in (await domain.ticket_queries.listing(agent, TicketQuery())).tickets]


async def _until_status(domain: Domain, agent: Agent, status: str) -> None:
    async with asyncio.timeout(30):
        while [one.status for one in await _tickets(domain, agent)] != [status]:
            await asyncio.sleep(0.02)


async def test_a_ticket_goes_out_and_its_status_comes_back(domain: Domain, tmp_path: Path) -> None:
    crm, agent = Crm(), await domain.agent("Ann", "owner")
    async with crm.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port}, "crm.yaml")
        await until(lambda: len(systems.states) == 3 and all(one.held_at for one in systems.states.values()))
        ticket = await domain.tickets.create(agent, "", NewTicket("Leaks"))
        await until(lambda: bool(crm.cases))
        crm.set("C-1", state="waiting")
        await _until_status(domain, agent, "waiting")
        assert [one.id for one in await _tickets(domain, agent)] == [ticket.id], "the same one, under their number"
        await domain.tickets.change(agent, ticket.id, TicketChange(status="done", title="Leaks much"))
        await until(lambda: crm.cases["C-1"]["state"] == "done")
        asked = crm.asked
        await until(lambda: crm.asked > asked + 5)
        (kept,) = await _tickets(domain, agent)
    assert (kept.status, kept.title) == ("done", "Leaks much"), "whose word it is"
    assert [(method, path) for method, path, _ in crm.heard] == [("POST", "/cases"), ("PUT", "/cases/C-1")]
