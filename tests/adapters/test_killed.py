"""The process is killed again and again while files, pages and pushed news come in: all is there, and nothing twice."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.adapters.far import Far, answer
from tests.adapters.shop import Shop
from tests.adapters.store import Store, describe
from tests.adapters.test_engine import put

_KILLS = 4
_COUNT = 300
FILE = """\
source: mall
title: {en: Files that leave, zh: 文件转发}
allow: ["127.0.0.1:%(erp)d"]
folder: {path: drop, names: "*.csv"}
records: {id: sn}
map: {id: sn}
deliver: {post: "http://127.0.0.1:%(erp)d/in", idempotency: X-Id, timeout: 2s}
"""
PAGES = """\
source: mall
title: {en: Pages that leave, zh: 分页转发}
allow: ["127.0.0.1:%(erp)d", "127.0.0.1:%(shop)d"]
call:
  get: http://127.0.0.1:%(shop)d/orders
  query: {page: $page, size: $size}
records: {at: list, id: sn}
follow: {pages: first-to-last, size: 10, total: total, every: 1s, lanes: 3}
map: {id: sn}
deliver: {post: "http://127.0.0.1:%(erp)d/in", idempotency: X-Id, timeout: 2s}
"""
NEWS = """\
source: mall
title: {en: News that leave, zh: 推送转发}
allow: ["127.0.0.1:%(erp)d", "127.0.0.1:%(store)d"]
subscribe:
  grpc: http://127.0.0.1:%(store)d/store.v1.Orders/Watch
  proto_files: store.proto
  proto: {after: $cursor.id}
records: {id: position}
map: {id: order.number}
deliver: {post: "http://127.0.0.1:%(erp)d/in", idempotency: X-Id, timeout: 2s}
"""


@pytest.mark.parametrize("spec", [FILE, PAGES, NEWS], ids=["a file", "pages", "news"])
async def test_whatever_comes_leaves_once_though_the_process_is_killed_between(tmp_path: Path, spec: str) -> None:
    erp, shop, store = Far(answer(b"{}")), Shop(_COUNT), Store(_COUNT)
    database = tmp_path / "desk.db"
    (tmp_path / "adapters" / "drop").mkdir(parents=True)
    (tmp_path / "adapters" / "drop" / "a.csv").write_text("sn\n" + "".join(f"o{n}\n" for n in range(_COUNT)))
    describe(tmp_path)
    ids: dict[str, set[str]] = {}

    def left() -> int:
        for one in erp.heard:
            ids.setdefault(json.loads(one.body)["id"], set()).add(one.headers["x-id"])
        erp.heard.clear()
        return len(ids)

    async with erp.serving(), shop.far.serving(), store.serving():
        put(tmp_path, spec % {"erp": erp.port, "shop": shop.far.port, "store": store.port})
        for kill in range(1, _KILLS + 2):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.adapters.killed", str(database), str(tmp_path)
            )
            try:
                async with asyncio.timeout(90):
                    while left() < _COUNT * kill // (_KILLS + 1):
                        assert process.returncode is None
                        await asyncio.sleep(0.005)
            finally:
                process.kill()
                await process.wait()
    assert len(ids) == _COUNT
    assert {len(one) for one in ids.values()} == {1}, "what is taken twice leaves as two"
