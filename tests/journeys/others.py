"""Other people's systems, each a process of its own: two shops over HTTP, a mall and an ERP over gRPC, a CRM over XML.

    python -m tests.journeys.others KIND ORDERS BUYERS [DESK-PORT TOKEN]

Says `{"port": …}` when it listens, and answers each line that it is told: `state` with what it holds, `calls` with how
often it was asked, `calm` with `{}`: from then on it changes nothing and lies no more. Until then every few answers are
a lie: a page of HTML with 200, 503, half an answer, a wrong total, the page before once more; and orders change.
"""

import asyncio
import base64
import contextlib
import json
import re
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import grpc

from app.adapters.desk import desk_service
from app.adapters.formats.protobuf import Schema
from app.settings import Limits
from tests.adapters.far import Far, Heard
from tests.adapters.vendors.pinduoduo import Pinduoduo
from tests.adapters.vendors.taobao import Taobao
from tests.adapters.vendors.vendor import Said, Sale, Vendor, query_of

EXAMPLES = Path(desk_service.__file__).parent.parent / "examples"
HOURS = 5  # that lie behind the newest order
_LIE_EVERY = 5  # answers
_ANSWER_SECONDS = 0.05  # takes each of them
_MOVE_SECONDS = 0.05  # between two changes
_HTML = b"<!DOCTYPE html><html><body>The service is being maintained.</body></html>"
_TOTAL = re.compile(rb'("total_count": ?|"total_results": ?|total=")(\d+)')
CRM_PASSWORD, MALL_KEY, ERP_KEY = "crm's & own", "mall-key", "erp-key"
State = dict[str, Any]


def phone(buyer: int) -> str:
    """Of the buyer of that number."""
    return f"1390000{buyer:04}"


def email(buyer: int) -> str:
    return f"buyer{buyer}@example.com"


class Wall:
    """The clock of everybody else."""

    def now_ms(self) -> int:
        return round(time.time() * 1_000)

    @property
    def now(self) -> int:
        return int(time.time())


class Mood:
    """When the next lie comes, and which; each kind in its turn."""

    def __init__(self, kinds: list[str]) -> None:
        self.calm = False
        self.told: dict[str, int] = dict.fromkeys(kinds, 0)
        self._kinds = kinds
        self._answers = 0

    def next(self) -> str:
        self._answers += 1
        if self.calm or self._answers % _LIE_EVERY:
            return ""
        kind = self._kinds[self._answers // _LIE_EVERY % len(self._kinds)]
        self.told[kind] += 1
        return kind


class Twist:
    """Lies of those who speak HTTP; "again" is the page of the same window that this asker was told last."""

    def __init__(self) -> None:
        self.mood = Mood(["html", "down", "half", "total", "again", "none"])
        self._told: object = None  # whom, of which window
        self._before = b""

    def of(self, said: Said, window: object, asker: object) -> Said:
        kind = self.mood.next()
        before = self._before if self._told == (window, asker) else b""
        self._told, self._before = (window, asker), said.body
        match kind:
            case "html":
                return Said(_HTML, "200 OK", {"Content-Type": "text/html"})
            case "down":
                return Said(b"upstream", "503 Service Unavailable", {"Content-Type": "text/plain"})
            case "half":
                return Said(said.body[: len(said.body) // 2], said.status, said.headers)
            case "total" | "none":
                factor = 3 if kind == "total" else 0
                body = _TOTAL.sub(lambda found: found[1] + str(int(found[2]) * factor).encode(), said.body, count=1)
                return Said(body, said.status, said.headers)
            case "again" if before:
                return Said(before, said.status, said.headers)
        return said


class _ShopOfMany(Vendor):
    """A shop of the vendors' kind, whose buyers are `buyers` people."""

    buyers = 1
    moves = True
    _asker: object = None

    def begin(self) -> None:
        """Orders older than all that a window may still miss, each of its own time."""
        self.twist = Twist()
        for sale in self.sales:
            sale.updated = self.clock.now - 300 - (HOURS * 3_600 - 600) * sale.number // len(self.sales)
            sale.created = sale.updated - 60

    def _judged(self, heard: Heard) -> Said:
        said = super()._judged(heard)
        return self.twist.of(said, self.pages[-1][0] if self.pages else None, self._asker)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        time.sleep(_ANSWER_SECONDS)  # one after the other: who asks meanwhile waits
        self._asker = writer
        await super()._say(writer)

    async def moving(self) -> None:
        random = Random(1)
        while not self.twist.mood.calm:
            random.choice(self.sales).move(self.clock.now)
            await asyncio.sleep(_MOVE_SECONDS)

    def state(self) -> State:
        return {
            "orders": {self.own_number(one): [self.own_status(one), one.number % self.buyers] for one in self.sales},
            "wrong": self.wrong, "lies": self.twist.mood.told, "calls": self.calls,
        }  # fmt: skip

    def own_number(self, sale: Sale) -> str:
        raise NotImplementedError

    def own_status(self, sale: Sale) -> str:
        raise NotImplementedError


class PinduoduoShop(Pinduoduo, _ShopOfMany):
    """What changes there is told three minutes later; so nothing changes but what was before."""

    moves = False

    def order(self, sale: Sale) -> dict[str, Any]:
        return super().order(sale) | {"receiver_phone": phone(sale.number % self.buyers)}

    def own_number(self, sale: Sale) -> str:
        return self.number(sale)

    def own_status(self, sale: Sale) -> str:
        return ("to_ship", "shipped", "signed")[min(sale.stage + sale.number % 2, 2)]


class TaobaoShop(Taobao, _ShopOfMany):
    def order(self, sale: Sale) -> dict[str, Any]:
        return super().order(sale) | {"receiver_mobile": phone(sale.number % self.buyers)}

    def own_number(self, sale: Sale) -> str:
        return self.number(sale)

    def own_status(self, sale: Sale) -> str:
        return self.status(sale)[1]


class Crm:
    """Complaints that are entered one after the other, and notes; XML, by user and password."""

    def __init__(self, count: int, buyers: int) -> None:
        self.far = Far(self._say)
        self.twist = Twist()
        self.wrong: list[str] = []
        self.calls = 0
        self._buyers = buyers
        self._complaints = [self._complaint(one, 60 * one + 10) for one in range(count // 2)]
        self._count = count
        self._notes: list[dict[str, Any]] = [
            {"id": f"N-{one}", "text": f"老客户 <{one}>", "author": "韩梅梅", "at": _iso(900),
             "changed": _iso(60 + one), "customer": {"phone": phone(one % buyers), "email": ""}}
            for one in range(count)
        ]  # fmt: skip

    def _complaint(self, number: int, seconds_ago: float) -> dict[str, Any]:
        return {
            "id": f"C-{number}", "subject": f"投诉 {number}", "words": "茶杯漏水 & 退货", "urgency": "high",
            "changed": _iso(seconds_ago), "customer": {"email": email(number % self._buyers)},
        }  # fmt: skip

    async def moving(self) -> None:
        while len(self._complaints) < self._count:
            self._complaints.append(self._complaint(len(self._complaints), 0))
            await asyncio.sleep(0.5 if not self.twist.mood.calm else 0)

    def state(self) -> State:
        told = {one["id"]: one["subject"] for one in self._complaints}
        notes = {one["id"]: one["customer"]["phone"] for one in self._notes}
        return {
            "complaints": told, "notes": notes, "wrong": self.wrong, "lies": self.twist.mood.told, "calls": self.calls
        }  # fmt: skip

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        heard = self.far.heard[-1]
        await asyncio.sleep(_ANSWER_SECONDS)
        said = self.twist.of(*self._answer(heard), writer)
        head = f"HTTP/1.1 {said.status}\r\nContent-Length: {len(said.body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in said.headers.items())
        writer.write(f"{head}\r\n".encode() + said.body)

    def _answer(self, heard: Heard) -> tuple[Said, object]:
        proof = "Basic " + base64.b64encode(f"desk:{CRM_PASSWORD}".encode()).decode()
        path, asked = heard.line.split()[1].partition("?")[0], query_of(heard)
        many, one, things = "notes", "note", self._notes
        if path == "/complaints":
            many, one, things = "complaints", "complaint", self._complaints
        if heard.headers.get("authorization") != proof or set(asked) != {"since", "until", "page", "size"}:
            self.wrong.append(heard.line)
            return Said(b"no", "403 Forbidden", {"Content-Type": "text/plain"}), None
        found = [thing for thing in things if asked["since"] <= thing["changed"] < asked["until"]]
        page, size = int(asked["page"]), int(asked["size"])
        root = ET.Element(many, total=str(len(found)))
        for thing in found[(page - 1) * size : page * size]:
            _fill(ET.SubElement(root, one, id=thing["id"]), {name: thing[name] for name in thing if name != "id"})
        body = b'<?xml version="1.0" encoding="UTF-8"?>' + ET.tostring(root, encoding="utf-8", xml_declaration=False)
        return Said(body, "200 OK", {"Content-Type": "application/xml"}), (path, asked["since"], asked["until"])


def _fill(at: ET.Element, things: dict[str, Any]) -> None:
    for name, value in things.items():
        inner = ET.SubElement(at, name)
        if isinstance(value, dict):
            _fill(inner, value)
        else:
            inner.text = str(value)


class Pages(grpc.GenericRpcHandler):  # type: ignore[misc]
    """One method over gRPC that tells what changed within a window, in pages; and lies."""

    def __init__(self, proto: str, method: str, field: str, key: tuple[str, str]) -> None:
        schema = Schema.of_texts({proto: (EXAMPLES / proto).read_text(encoding="utf-8")}, Limits())
        self._method = schema.method(method)
        self._field = field
        self._key = key
        self.things: list[dict[str, Any]] = []
        self.mood = Mood(["down", "busy", "total", "again", "none", "slow"])
        self.wrong: list[str] = []
        self.calls = 0
        self._before: tuple[object, dict[str, Any]] = None, {}

    def service(self, details: Any) -> Any:
        if details.method != self._method.path:
            return None
        return grpc.unary_unary_rpc_method_handler(
            self._tell, request_deserializer=self._method.input.decode,
            response_serializer=self._method.output.encode,
        )  # fmt: skip

    async def _tell(self, said: Any, context: Any) -> dict[str, Any]:
        await asyncio.sleep(_ANSWER_SECONDS)
        self.calls += 1
        asked = said
        if dict(context.invocation_metadata()).get(self._key[0]) != self._key[1] or not 1 <= asked["size"] <= 100:
            self.wrong.append(str(asked))
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "no")
        window = asked["since"], asked["until"]
        found = [one for one in self.things if window[0] <= one["changed_at"] < window[1]]
        begin = (asked["page"] - 1) * asked["size"]
        answer: dict[str, Any] = {self._field: found[begin : begin + asked["size"]], "total": len(found)}
        told = window, context.peer()
        before = self._before[1] if self._before[0] == told else {}
        self._before = told, answer
        match self.mood.next():
            case "down":
                await context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
            case "busy":
                await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "slower")
            case "total":
                return answer | {"total": len(found) * 3}
            case "none":
                return answer | {"total": 0}
            case "again" if before:
                return before
            case "slow":
                await asyncio.sleep(1)
        return answer

    async def listen(self) -> int:
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((self,))
        port: int = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return port


class Mall:
    """A mall of one's own."""

    states = ("STATE_PAID", "STATE_SENT", "STATE_DONE")
    ours = ("to_ship", "shipped", "done")

    def __init__(self, count: int, buyers: int) -> None:
        self.pages = Pages("mall.proto", "/mall.v1.Orders/Changed", "orders", ("x-api-key", MALL_KEY))
        self.mood = self.pages.mood
        self._buyers = buyers
        self.pages.things = [self._order(one, HOURS * 3_600 * one / count + 60) for one in range(count)]

    def _order(self, number: int, seconds_ago: float) -> dict[str, Any]:
        buyer = number % self._buyers
        return {
            "number": f"M{number}", "state": "STATE_PAID", "cents": 1_000 + number, "created_at": _iso(seconds_ago),
            "changed_at": _iso(seconds_ago), "buyer": {"id": f"m{buyer}", "name": "李雷", "phone": phone(buyer)},
            "lines": [{"sku": "CUP", "title": "茶杯", "count": 2, "cents": 500}],
        }  # fmt: skip

    async def moving(self) -> None:
        random = Random(2)
        while not self.mood.calm:
            order = random.choice(self.pages.things)
            order["state"] = self.states[min(self.states.index(order["state"]) + 1, 2)]
            order["changed_at"] = _iso(0)
            await asyncio.sleep(_MOVE_SECONDS)

    def state(self) -> State:
        orders = {
            one["number"]: [self.ours[self.states.index(one["state"])], int(one["buyer"]["id"][1:])]
            for one in self.pages.things
        }
        return {"orders": orders, "wrong": self.pages.wrong, "lies": self.mood.told, "calls": self.pages.calls}


class Erp:
    """Parcels; and it calls the desk: what work there is, what it calls it, and when it is done."""

    def __init__(self, count: int, buyers: int, port: int, token: str) -> None:
        self.pages = Pages("erp.proto", "/erp.v1.Parcels/Changed", "parcels", ("authorization", f"Bearer {ERP_KEY}"))
        self.mood = self.pages.mood
        self.pages.things = [
            {"number": f"P-{one}", "order": f"M{one}", "carrier": "圆通", "waybill": f"YT{one}", "state": "sent",
             "changed_at": _iso(60 + one), "phone": phone(one % buyers)}
            for one in range(count)
        ]  # fmt: skip
        text = Path(desk_service.__file__).parent.with_name("monodesk.proto").read_text(encoding="utf-8")
        self._schema = Schema.of_texts({"monodesk.proto": text}, Limits())
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
        self._metadata = (("authorization", f"Bearer {token}"),)
        self.work: dict[str, str] = {}  # orders of work by what the desk calls the ticket
        self.done: list[str] = []
        self.troubles = 0

    async def moving(self) -> None:
        """Until it is killed: the desk may not be there for a while."""
        while True:
            try:
                found = await self._ask("Tickets/List", type="task", category="open", limit=100)
                for ticket in found["tickets"]:
                    await self._take(ticket["id"], ticket["number"])
            except grpc.aio.AioRpcError as error:
                if error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED):
                    self.pages.wrong.append(error.details())
                self.troubles += 1
            await asyncio.sleep(0.3)

    async def _take(self, ticket: str, number: int) -> None:
        self.work.setdefault(ticket, f"WO-{number}")
        await self._ask("Tickets/SetReference", id=ticket, system="erp", reference=self.work[ticket])
        await self._ask("Tickets/Update", id=ticket, status="done")
        self.done.append(ticket)

    async def _ask(self, path: str, **said: Any) -> Any:
        method = self._schema.method(f"monodesk.v1.{path}")
        call = self._channel.unary_unary(method.path, method.input.encode, method.output.decode)
        return await call(said, metadata=self._metadata, timeout=10)

    def state(self) -> State:
        return {
            "parcels": {one["number"]: one["phone"] for one in self.pages.things}, "work": self.work,
            "done": self.done, "troubles": self.troubles, "wrong": self.pages.wrong, "lies": self.mood.told,
            "calls": self.pages.calls,
        }  # fmt: skip


def _iso(seconds_ago: float) -> str:
    return datetime.fromtimestamp(int(time.time() - seconds_ago), UTC).isoformat().replace("+00:00", "Z")


async def _serve(kind: str, count: int, buyers: int, rest: list[str]) -> None:
    system: Any
    async with contextlib.AsyncExitStack() as stack:
        if kind in ("pinduoduo", "taobao"):
            system = {"pinduoduo": PinduoduoShop, "taobao": TaobaoShop}[kind](Wall(), count, HOURS)
            system.buyers = buyers
            system.begin()
            system.tokens = {"pdd-token"}
            calm, port = system.twist.mood, (await stack.enter_async_context(system.far.serving())).port
        elif kind == "crm":
            system = Crm(count, buyers)
            calm, port = system.twist.mood, (await stack.enter_async_context(system.far.serving())).port
        else:
            system = Mall(count, buyers) if kind == "mall" else Erp(count, buyers, int(rest[0]), rest[1])
            calm, port = system.mood, await system.pages.listen()
        print(json.dumps({"port": port}), flush=True)
        moving = asyncio.create_task(system.moving()) if getattr(system, "moves", True) else None
        async for line in _lines():
            if line == "calm":
                calm.calm = True
            state = system.state() if line != "calm" else {}
            print(json.dumps(state if line == "state" else {"calls": state.get("calls")}), flush=True)
            if moving is not None and moving.done():
                moving.result()


async def _lines() -> AsyncIterator[str]:
    read: Callable[[], Awaitable[str]] = lambda: asyncio.to_thread(sys.stdin.readline)  # noqa: E731
    while line := await read():
        yield line.strip()


if __name__ == "__main__":
    kind, count, buyers, *rest = sys.argv[1:]
    asyncio.run(_serve(kind, int(count), int(buyers), rest))
