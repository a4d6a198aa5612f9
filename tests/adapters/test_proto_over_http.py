"""ProtoBuf without gRPC: asked for and answered over HTTP, small or large, by messages that the spec names."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.adapters.errors import BadSpec
from app.adapters.specs.reading import read
from app.settings import Limits
from tests.adapters.far import Far, answer
from tests.adapters.store import SCHEMA, describe
from tests.adapters.test_engine import joined, put, until, until_orders
from tests.domain import Domain

SPEC = """\
source: mall
title: {en: ProtoBuf over HTTP, zh: HTTP 上的 ProtoBuf}
allow: ["127.0.0.1:%(port)d"]
call:
  post: http://127.0.0.1:%(port)d/orders
  proto_files: store.proto
  proto: {page: $page, size: $size}
  sends: store.v1.ListRequest
  message: store.v1.Page
  answer: %(answer)s
records: {at: orders, id: number}
follow: {pages: first-to-last, size: %(size)d, total: total, every: 1h}
map:
  id: number
  total: {from: cents, as: money, unit: minor}
deliver: {to: orders}
"""


@pytest.mark.parametrize(("how", "size", "note"), [("auto", 10, 0), ("proto", 10, 0), ("proto", 2_000, 400)])
async def test_pages_are_asked_for_and_read(domain: Domain, tmp_path: Path, how: str, size: int, note: int) -> None:
    count = 2 * size + 5
    orders: list[Any] = [{"number": f"o{n}", "cents": n, "note": "x" * note} for n in range(count)]
    asked: list[Any] = []

    async def say(writer: asyncio.StreamWriter) -> None:
        heard = far.heard[-1]
        assert heard.headers["content-type"] == "application/x-protobuf"
        asked.append(SCHEMA.decode("store.v1.ListRequest", heard.body))
        at = (asked[-1]["page"] - 1) * asked[-1]["size"]
        body = SCHEMA.encode("store.v1.Page", {"orders": orders[at : at + size], "total": count})
        await answer(body, "200 OK", "Content-Type: application/x-protobuf")(writer)

    far = Far(say)
    describe(tmp_path)
    async with far.serving(), joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port, "answer": how, "size": size})
        await until_orders(domain, count)
        await until(lambda: systems.states["mall"].state == "waiting")
    assert asked == [{"page": page, "size": size} for page in (1, 2, 3)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  sends: store.v1.ListRequest\n", "", "`proto` and `sends` belong together"),
        ("  proto: {page: $page, size: $size}\n", "  query: {page: $page}\n", "`proto` and `sends` belong together"),
        ("  message: store.v1.Page\n", "", "say which message comes"),
        ("proto_files: store.proto", "reflection: true", "only servers of gRPC can be asked"),
        ("post: http://127.0.0.1:1/orders", "grpc: http://127.0.0.1:1/store.v1.Orders/List", "says itself"),
        ("  proto_files: store.proto\n", "", "say what the messages are"),
    ],
)
def test_what_does_not_say_its_messages_is_refused(old: str, new: str, said: str) -> None:
    text = SPEC % {"port": 1, "answer": "proto", "size": 10}
    assert old in text
    with pytest.raises(BadSpec, match=said):
        read(text.replace(old, new).encode(), "mall.yaml", Limits())
