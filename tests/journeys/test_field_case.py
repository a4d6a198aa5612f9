"""The case from the field: three shops, a CRM and an ERP are joined by the examples that come with the product.

Each is a process of its own that lies now and then, two stand still for a while, and the desk's own process is killed
twenty times meanwhile, in the middle of what it reads. In the end every order stands beside its customer, as its shop
has it; a complaint of the CRM has opened one ticket; what the desk wanted done was fetched by the ERP over gRPC, and
its status came back.
"""

import json
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest

from tests.journeys.appliance import ROOT, Appliance
from tests.journeys.desk import Desk
from tests.journeys.others import CRM_PASSWORD, ERP_KEY, EXAMPLES, MALL_KEY, email, phone

ORDERS, BUYERS, COMPLAINTS, PARCELS, TASKS = 5_000, 250, 60, 1_000, 12
KILLS = 20
SHOPS = ("pinduoduo", "taobao", "mall")
_LIMITS = {"ADAPTER_LOOK_SECONDS": "0.2", "SOURCE_REST_SECONDS": "1", "SOURCE_SEND_DELAY_MS_MAX": "1000"}
_SECRETS = {
    "PDD_CLIENT": "1f2e3d", "PDD_SECRET": "a3f0c1testsecret", "PDD_TOKEN": "pdd-token", "TAOBAO_KEY": "12345678",
    "TAOBAO_SECRET": "9c1a52testsecret", "TAOBAO_SESSION": "session-1", "MALL_KEY": MALL_KEY,
    "CRM_PASSWORD": CRM_PASSWORD, "ERP_KEY": ERP_KEY,
}  # fmt: skip
_PLACES = {
    "https://gw-api.pinduoduo.com/": "pinduoduo", "https://eco.taobao.com/": "taobao", "https://mall.example/": "mall",
    "https://crm.example/": "crm", "https://erp.example/": "erp",
}  # fmt: skip
_SETTLED_SECONDS_MAX = 25.0  # a deadline against hanging


class Other:
    """A process of somebody else's."""

    def __init__(self, kind: str, *rest: object) -> None:
        command = [sys.executable, "-m", "tests.journeys.others", kind, *map(str, rest)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True
        )
        self.port = int(self._answer()["port"])

    def ask(self, what: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return self._answer()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """It takes connections and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.mark.full
def test_everything_is_there_once_whatever_happens(tmp_path: Path) -> None:
    number = Random().randrange(2**32)
    print(f"seed {number}")
    random = Random(number)
    limits = {f"MONODESK_LIMITS_{name}": value for name, value in _LIMITS.items()}
    server = Appliance(tmp_path / "data", environment={**limits, **_SECRETS})
    server.start()
    try:
        with Desk.founded(server.data, server.port) as desk, ExitStack() as stack:
            people(desk)
            scopes = ["tickets.read", "tickets.write", "conversations.read_all"]
            token = desk.ask("POST", "/api/v1/tokens", {"name": "ERP", "scopes": scopes})
            others = {kind: stack.enter_context(Other(kind, ORDERS, BUYERS)) for kind in SHOPS}
            others["crm"] = stack.enter_context(Other("crm", COMPLAINTS, BUYERS))
            others["erp"] = stack.enter_context(Other("erp", PARCELS, BUYERS, server.port, token["secret"]))
            join(server.data / "adapters", others)
            tasks = killed(server, desk, others, random)
            for other in others.values():
                other.ask("calm")
            settle(server, desk, others, tasks)
            assert server.stop() == 0
            compare(server.data / "monodesk.db", others)
    finally:
        server.kill()


def people(desk: Desk) -> None:
    """The customers whom the desk knows."""
    rows = "\r\n".join(f"buyer{one},{email(one)},{phone(one)}" for one in range(BUYERS))
    kept = desk.ask_raw(
        "POST", "/api/v1/imports?kind=contacts&rehearse=false", f"name,email,phone\r\n{rows}\r\n".encode(), "text/csv"
    )
    assert (kept["done"], kept["created"]) == (True, BUYERS), kept


def join(folder: Path, others: dict[str, Other]) -> None:
    """The examples, as they come, at the places where these systems are."""
    folder.mkdir(exist_ok=True)
    for example in sorted(EXAMPLES.iterdir()):
        if example.suffix == ".proto":
            shutil.copy(example, folder)
        elif example.suffix == ".yaml":
            (folder / example.name).write_text(_placed(example.read_text(encoding="utf-8"), others), encoding="utf-8")


def _placed(text: str, others: dict[str, Other]) -> str:
    documents = text.split("\n---\n")
    for number, document in enumerate(documents):
        for place, kind in _PLACES.items():
            if place in document:
                here = f"127.0.0.1:{others[kind].port}"
                documents[number] = document.replace(place, f"http://{here}/") + f'\nallow: ["{here}"]\n'
    return "\n---\n".join(documents)


def killed(server: Appliance, desk: Desk, others: dict[str, Other], random: Random) -> dict[str, str]:
    """Kill it while it reads, again and again; the tickets that were made between, by id."""
    tasks: dict[str, str] = {}
    for cycle in range(KILLS):
        if cycle < TASKS:
            title = f"Send a cup {cycle}"
            tasks[made(desk, title)] = title
        with ExitStack() as still:
            if cycle in (6, 13):
                still.enter_context(others["taobao" if cycle == 6 else "mall"].standing_still())
            awake = [other for kind, other in others.items() if cycle not in (6, 13) or kind in ("crm", "erp")]
            until_asked(awake, random.randrange(1, 5 * len(awake)))
            time.sleep(random.uniform(0, 0.1))
        server.kill()
        server.start()
    return tasks


def until_asked(others: list[Other], more: int) -> None:
    """Until they were asked so many times more, all together."""
    wanted = sum(other.ask("calls")["calls"] for other in others) + more
    began = time.monotonic()
    while sum(other.ask("calls")["calls"] for other in others) < wanted:
        assert time.monotonic() < began + _SETTLED_SECONDS_MAX, "nobody is asked any more"
        time.sleep(0.05)


def made(desk: Desk, title: str) -> str:
    """A ticket of the desk that is work for the ERP."""
    body = {"title": title, "type": "task", "status": "open"}
    ticket = desk.ask("POST", "/api/v1/tickets", body, {"Idempotency-Key": secrets.token_hex(16)})["ticket"]
    return str(ticket["id"])


def settle(server: Appliance, desk: Desk, others: dict[str, Other], tasks: dict[str, str]) -> None:
    """Until nothing more is missing, or the deadline; what is wrong then is told by `compare`."""
    states = {kind: other.ask("state") for kind, other in others.items()}
    began = time.monotonic()
    wrong: list[str] = ["not looked yet"]
    while wrong and time.monotonic() < began + _SETTLED_SECONDS_MAX:
        time.sleep(1)
        wrong = missing(desk, states, tasks)
    log = [line for line in server.output().splitlines() if '"room":"adapters"' in line and "a gRPC call" not in line]
    sources = [f"{one['name']}: {one['state']} {one['en']}" for one in desk.ask("GET", "/api/v1/sources")["sources"]]
    assert wrong == [], "\n".join([*wrong, *sources, *log[-20:]])


def missing(desk: Desk, states: dict[str, dict[str, Any]], tasks: dict[str, str]) -> list[str]:
    """What is not yet as the others have it, by what the console shows."""
    wanted: Counter[tuple[str, str, str, str]] = Counter()
    for shop in SHOPS:
        for order, (status, buyer) in states[shop]["orders"].items():
            wanted[(phone(buyer), shop, order, status)] += 1
    for note, number in states["crm"]["notes"].items():
        wanted[(number, "crm-notes", note, "")] += 1
    for parcel, number in states["erp"]["parcels"].items():
        wanted[(number, "erp", parcel, "sent")] += 1
    there = Counter(beside(desk))
    told = [f"missing {one}" for one in (wanted - there)][:5] + [f"too much {one}" for one in (there - wanted)][:5]
    return told + unfinished(desk, states, tasks)


def beside(desk: Desk) -> Iterator[tuple[str, str, str, str]]:
    """Whose, of which source, which, in which status: of every contact what stands beside him."""
    for contact in listed(desk, "/api/v1/contacts?limit=200", "contacts"):
        for found in listed(desk, f"/api/v1/contacts/{contact['id']}/records?limit=100", "records"):
            record = found["record"]
            yield contact["phone"], record["source"], record["external_id"], record["body"].get("status", "")


def listed(desk: Desk, path: str, name: str) -> Iterator[Any]:
    before = ""
    while True:
        told = desk.ask("GET", f"{path}{before}")
        yield from told[name]
        if not told["next"]:
            return
        before = f"&before={told['next']}"


def unfinished(desk: Desk, states: dict[str, dict[str, Any]], tasks: dict[str, str]) -> list[str]:
    """Complaints without their one ticket, and tasks that the ERP has not done."""
    tickets = [row["ticket"] for row in listed(desk, "/api/v1/tickets?limit=100", "tickets")]
    by_title = Counter(one["title"] for one in tickets)
    complaints = Counter(states["crm"]["complaints"].values())
    wrong = [f"complaints {sorted(complaints - by_title)[:5]}"] if complaints - by_title else []
    if len(tickets) != len(tasks) + sum(complaints.values()):
        wrong.append(f"{len(tickets)} tickets")
    open_yet = [one["title"] for one in tickets if one["id"] in tasks and one["category"] != "done"]
    return [*wrong, *(f"not done: {title}" for title in open_yet[:5])]


def compare(database: Path, others: dict[str, Other]) -> None:
    """By the database itself: each once, nothing put aside, and by the others: nothing was asked wrongly."""
    states = {kind: other.ask("state") for kind, other in others.items()}
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        counts = dict(connection.execute("SELECT source, count(*) FROM records GROUP BY source").fetchall())
        letters = connection.execute("SELECT source, code, en FROM dead_letters").fetchall()
        named = connection.execute(
            "SELECT system, reference, ticket_id FROM ticket_references ORDER BY reference"
        ).fetchall()
    assert counts == {**dict.fromkeys(SHOPS, ORDERS), "crm-notes": COMPLAINTS, "erp": PARCELS}
    assert letters == []
    crm = {reference for system, reference, _ in named if system == "crm"}
    assert crm == set(states["crm"]["complaints"])
    erp = {ticket: reference for system, reference, ticket in named if system == "erp"}
    assert erp == states["erp"]["work"] and len(erp) == TASKS
    assert {kind: state["wrong"] for kind, state in states.items()} == {kind: [] for kind in states}
    lies: Counter[str] = Counter()
    for kind, state in states.items():
        print(f"{kind}: {state['calls']} calls, lies {state['lies']}")
        assert sum(state["lies"].values()) >= 2, f"{kind} hardly lied"
        lies.update(state["lies"])
    assert all(lies.values()), f"nobody lied so: {lies}"
