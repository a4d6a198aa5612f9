"""Orders of a shop that speaks gRPC: polled in pages, one by one, as a stream, and pushed; by the real grpcio."""

import asyncio
import threading
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.adapters.formats.protobuf import Schema
from app.model.records import RecordKind
from app.settings import Limits
from app.storage import dead_letters, records, source_drift, source_runs
from app.storage.database import Transaction
from tests.adapters.store import PROTO, Store, describe
from tests.adapters.test_engine import joined, put, until, until_orders, vault
from tests.domain import Domain
from tests.mail.server import certified

HEAD = """\
source: mall
title: {en: A shop over gRPC, zh: gRPC 商城}
allow: ["%(host)s:%(port)d"]
map:
  id: number
  status: {from: state, enum: {NEW: to_ship, SENT: shipped}}
  total: {from: cents, as: money, unit: minor}
deliver: {to: orders}
"""
LIST = (
    HEAD
    + """\
call:
  grpc: %(scheme)s://%(host)s:%(port)d/store.v1.Orders/List
  %(described)s
  proto: {page: $page, size: $size}
  timeout: 5s
  retry: {times: 2, wait: 10ms..50ms}
  %(token)s
records: {at: orders, id: number}
follow: {pages: first-to-last, size: 10, total: total, every: 200ms}
"""
)
TOKEN = """headers: {authorization: "Bearer ${token}"}
  token:
    call: {grpc: "http://127.0.0.1:%(port)d/store.v1.Orders/Token", proto_files: store.proto, proto: {user: desk}}
    at: token
"""


def listed(port: int, described: str = "proto_files: store.proto", **others: str) -> str:
    said = {"scheme": "http", "host": "127.0.0.1", "token": "", **others, "port": port, "described": described}
    return LIST % said


@pytest.mark.parametrize("described", ["proto_files: store.proto", "reflection: true"])
async def test_pages_are_read_by_proto_files_or_by_the_server_s_own_word(
    domain: Domain, tmp_path: Path, described: str
) -> None:
    store = Store(25)
    describe(tmp_path)
    async with store.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, listed(store.port, described))
        await until_orders(domain, 25)
        await until(lambda: systems.states["mall"].state == "waiting")
    assert [asked["page"] for _, asked in store.asked[:3]] == [1, 2, 3]
    assert all(seconds is not None and 4 < seconds <= 5 for seconds in store.seconds), "it is told its deadline"
    kept = await records.find_external(domain.database, "mall", RecordKind.ORDER, "o7")
    assert kept is not None
    assert (getattr(kept.body, "status", ""), getattr(kept.body, "total", "")) == ("shipped", "0.07")


async def test_a_token_comes_over_grpc_too_and_another_one_when_it_is_none_any_more(
    domain: Domain, tmp_path: Path
) -> None:
    store = Store(15)
    store.token = "one of before"
    describe(tmp_path)
    async with store.serving(), joined(domain, tmp_path):
        put(tmp_path, listed(store.port, token=TOKEN % {"port": store.port}))
        await until_orders(domain, 15)
        store.token = "somebody else's"
        store.orders.append({"number": "late", "state": 0, "cents": 1})
        await until_orders(domain, 16)
        assert store.tokens == 2


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        (["UNAVAILABLE", "RESOURCE_EXHAUSTED"], ""),
        (["UNAVAILABLE"] * 3, "answer_5xx"),
        (["PERMISSION_DENIED"], "refused"),
    ],
)
async def test_what_is_momentary_is_tried_again_and_the_rest_is_told(
    domain: Domain, tmp_path: Path, lies: list[str], code: str
) -> None:
    store = Store(5)
    store.lies = lies
    describe(tmp_path)
    async with store.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, listed(store.port))
        await until(lambda: "mall" in systems.states and systems.states["mall"].state in ("waiting", "failing"))
        assert systems.states["mall"].code == code
        await until_orders(domain, 5)


async def test_over_tls_it_is_believed_by_its_authority_and_plain_is_not_gone_to_unasked(
    domain: Domain, tmp_path: Path
) -> None:
    store = Store(5)
    describe(tmp_path)
    certified(tmp_path)
    (tmp_path / "mail-ca.pem").rename(tmp_path / "adapters" / "ca.pem")
    certificate, begin, key = (tmp_path / "server.pem").read_bytes().partition(b"-----BEGIN PRIVATE")
    async with store.serving((certificate, begin + key)), joined(domain, tmp_path) as systems:
        put(tmp_path, listed(store.port, scheme="https", host="localhost"))
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == "not_trusted")
        put(tmp_path, listed(store.port, scheme="https", host="localhost") + "ca: ca.pem\n")
        await until_orders(domain, 5)
        put(tmp_path, listed(store.port, scheme="https", host="localhost").replace('allow: ["localhost', 'allow: ["x'))
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == "address_private")


async def test_each_of_a_list_is_asked_for_over_grpc(domain: Domain, tmp_path: Path) -> None:
    store = Store(23)
    describe(tmp_path)
    then = """\
then:
  call:
    grpc: http://127.0.0.1:%d/store.v1.Orders/Get
    proto_files: store.proto
    proto: {number: $item}
  each: number
  lanes: 3
"""
    async with store.serving(), joined(domain, tmp_path):
        put(tmp_path, listed(store.port) + then % store.port)
        await until_orders(domain, 23)
        store.orders = [
            {**one, "number": f"x{one['number']}"} if one["number"] == "o3" else one for one in store.orders
        ]
    assert sum(name == "get" for name, _ in store.asked) >= 23


EXPORT = (
    HEAD
    + """\
call:
  grpc: http://127.0.0.1:%(port)d/store.v1.Orders/Export
  proto_files: store.proto
  proto: {size: 50}
records: {at: orders, id: number}
follow: {pages: one, every: 200ms}
"""
)


async def test_a_stream_is_an_answer_and_one_that_breaks_off_is_read_again(domain: Domain, tmp_path: Path) -> None:
    store = Store(1_230)
    store.cut_after = 9
    describe(tmp_path)
    async with store.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, EXPORT % {"port": store.port, "host": "127.0.0.1"})
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == "answer_5xx")
        assert (await records.counts(domain.database, "mall"))["order"] <= 450
        await until_orders(domain, 1_230)
    runs = await source_runs.newest(domain.database, "mall", "", 99)
    assert any(one.counts.fetched == 1_230 and one.counts.pages == 1 for one in runs)


WATCH = (
    HEAD.replace("from: state", "from: order.state").replace("id: number", "id: order.number")
    + """\
subscribe:
  grpc: http://127.0.0.1:%(port)d/store.v1.Orders/Watch
  proto_files: store.proto
  proto: {after: $cursor.id}
  %(token)s
records: {id: position}
"""
).replace("from: cents", "from: order.cents")


def watched(port: int, token: str = "") -> str:
    return WATCH % {"port": port, "host": "127.0.0.1", "token": token}


async def test_news_are_pushed_and_go_on_from_the_cursor_whatever_ends_the_line(domain: Domain, tmp_path: Path) -> None:
    store = Store(150)
    store.cut_after = 70
    describe(tmp_path)
    async with joined(domain, tmp_path, source_line_seconds_min=0.02) as systems:
        async with store.serving():
            put(tmp_path, watched(store.port))
            await until_orders(domain, 150)
            assert store.streams == 2
            assert (systems.states["mall"].state, systems.states["mall"].code) == ("waiting", "")
        await until(lambda: systems.states["mall"].state == "failing")
        store.orders += [{"number": f"n{n}", "state": 1, "cents": n} for n in range(30)]
        async with store.serving():
            await until_orders(domain, 180)
    async with store.serving(), joined(domain, tmp_path):
        store.orders.append({"number": "last", "state": 1, "cents": 5})
        await until_orders(domain, 181)
    after = [asked["after"] for name, asked in store.asked if name == "watch"]
    assert (after[0], after[-1]) == ("", "180")
    assert store.sent == 181, "none is asked for twice"
    assert await dead_letters.page(domain.database, "mall", "", 9) == []


async def test_a_line_that_wants_a_new_token_gets_one(domain: Domain, tmp_path: Path) -> None:
    store = Store(3)
    store.cut_after = 3
    describe(tmp_path)

    async def changed() -> None:
        """The token becomes another one just before the line is opened again."""
        await until_orders(domain, 3)
        store.token = "somebody else's"
        store.orders.append({"number": "late", "state": 0, "cents": 1})

    async with store.serving(), joined(domain, tmp_path, source_line_seconds_min=0.5):
        put(tmp_path, watched(store.port, TOKEN % {"port": store.port}))
        await changed()
        await until_orders(domain, 4)
    assert store.tokens == 2


async def test_while_nothing_can_be_stored_no_more_is_taken_from_the_line(domain: Domain, tmp_path: Path) -> None:
    store, gate = Store(100_000), threading.Event()
    store.note = "x" * 2_000
    describe(tmp_path)

    def wait(tx: Transaction) -> None:
        gate.wait(60)

    async with store.serving(), joined(domain, tmp_path):
        put(tmp_path, watched(store.port))
        await until(lambda: store.sent > 1_000)
        held = asyncio.ensure_future(domain.database.write(wait))
        try:
            before, same = -1, 0
            async with asyncio.timeout(30):
                while same < 5:  # it stands still
                    same = same + 1 if store.sent == before else 0
                    before = store.sent
                    await asyncio.sleep(0.1)
            assert before < 20_000, "what is not taken is not sent"
        finally:
            gate.set()
        await held
        await until(lambda: store.sent > before)


NEWER = """\
message Order { string number = 1; State state = 2; int64 cents = 3; string note = 4; string colour = 9; }
enum State { NEW = 0; SENT = 1; LOST = 7; }
"""


@pytest.mark.parametrize("how", ["list", "watch"])
async def test_what_the_proto_files_do_not_know_is_counted_and_no_hindrance(
    domain: Domain, tmp_path: Path, how: str
) -> None:
    store = Store(5)
    describe(tmp_path)
    text = PROTO[: PROTO.index("message Order")] + NEWER
    store.schema = Schema.of_texts({"store.proto": text}, Limits())
    store.orders[0] |= {"colour": "red", "state": "LOST"}
    async with store.serving(), joined(domain, tmp_path):
        spec = listed(store.port) if how == "list" else watched(store.port)
        put(tmp_path, spec.replace("shipped}", "shipped}, else: unknown"))
        await until_orders(domain, 5)
        async with asyncio.timeout(20):
            while len(drift := await source_drift.of(domain.database, "mall")) < 3:
                await asyncio.sleep(0.02)
    counted = {(one.what, one.path, one.value) for one in drift}
    where = "orders[]" if how == "list" else "order"
    assert {("field", f"{where}.#9", ""), ("value", "store.v1.Order.state", "7")} <= counted


class Tunnels:
    """A proxy that lets through who knows the password, wherever a name leads to the store."""

    def __init__(self, to: int) -> None:
        self._to = to
        self.port = 0
        self.asked: list[str] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Tunnels"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split("\r\n")[0])
        knows = f"Basic {b64encode(b'desk:p@ss/word').decode()}" in head
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n" if knows else b"HTTP/1.1 407 Who are you\r\n\r\n")
        if not knows:
            writer.close()
            return
        there, onwards = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(_copy(reader, onwards), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def test_a_proxy_is_gone_through_with_a_password_that_is_a_secret(domain: Domain, tmp_path: Path) -> None:
    store = Store(5)
    describe(tmp_path)
    proxied = 'proxy: "http://desk:${word}@127.0.0.1:%d"\nsecrets: {word: vault:word}\n'
    async with store.serving(), Tunnels(store.port).serving() as proxy, joined(domain, tmp_path) as systems:
        vault(tmp_path, "word", "another")
        text = listed(7_443, host="erp.invalid").replace('allow: ["erp.invalid:7443"]\n', "")
        put(tmp_path, text + proxied % proxy.port)
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == "not_reached")
        assert "the proxy refuses: HTTP/1.1 407" in systems.states["mall"].en
        vault(tmp_path, "word", "p@ss/word")
        put(tmp_path, text.replace("A shop", "The shop") + proxied % proxy.port)
        await until_orders(domain, 5)
    assert set(proxy.asked) == {"CONNECT erp.invalid:7443 HTTP/1.1"}
