"""`/in/{source}` of a desk: nobody of that name, nobody who is proven, too much, and an order that comes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.adapters.runtime import SourceState
from app.model.errors import Unavailable
from app.settings import Limits, Settings
from app.storage import records
from tests.adapters.test_engine import until, vault
from tests.adapters.test_receiving import SPEC, delivery
from tests.api.conftest import desk, furnished  # noqa: F401 - fixtures
from tests.api.desk import Desk

_NONE = SourceState("", "")
SPEC_TEXT = SPEC.replace("receive:\n", "receive:\n  bytes: 4KB\n")


@pytest.fixture
def limits() -> Limits:
    return Limits(adapter_look_seconds=0.05)


@pytest.fixture
def desk_settings(tmp_path: Path, limits: Limits) -> Settings:
    return Settings(data=tmp_path / "data", limits=limits, trusted_proxies=("10.0.0.0/8",))


@asynccontextmanager
async def listening(desk: Desk, text: str = SPEC_TEXT) -> AsyncIterator[None]:  # noqa: F811
    vault(desk.folder, "mall", "a word of the house")
    (desk.folder / "adapters").mkdir(exist_ok=True)
    (desk.folder / "adapters" / "mall.yaml").write_text(text, encoding="utf-8")
    task = asyncio.create_task(desk.joined.run())
    try:
        await until(lambda: desk.joined.states.get("mall", _NONE).state == "waiting")
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert desk.joined.bytes_max("mall") is None


async def test_what_comes_is_stored_and_whoever_is_wrong_is_told_one_thing(desk: Desk) -> None:  # noqa: F811
    assert (await desk.call("POST", "/in/mall", content=b"{}")).status_code == 404
    async with listening(desk):
        good = delivery({"orders": [{"sn": "7", "pay": "1"}]}, "a")
        answer = await desk.call("POST", "/in/mall", content=good.body, headers=dict(good.headers))
        assert (answer.status_code, answer.text) == (200, "success")
        assert await records.counts(desk.database, "mall") == {"order": 2}, "one of the world, and this one"
        answers = [
            await desk.call("POST", "/in/mall", content=good.body, headers={"x-signature": "no"}),
            await desk.call("POST", "/in/mall", content=b"{}"),
            await desk.call("GET", "/in/mall?echostr=1"),
        ]
        assert {(one.status_code, one.json()["code"]) for one in answers} == {(401, "adapter_unproven")}
        big = delivery({"orders": ["x" * 5_000]}, "b")
        assert (await desk.call("POST", "/in/mall", content=big.body, headers=dict(big.headers))).status_code == 413
        assert (await desk.call("DELETE", "/in/mall")).status_code == 405
        assert (await desk.call("POST", "/in/other", content=good.body)).status_code == 404
        packed = await desk.call("POST", "/in/mall", content=b"x", headers={"content-encoding": "gzip"})
        assert packed.status_code == 415
        assert await records.counts(desk.database, "mall") == {"order": 2}, "one of the world, and this one"


async def test_whoever_calls_while_a_source_begins_is_asked_to_come_again(desk: Desk) -> None:  # noqa: F811
    (desk.folder / "adapters").mkdir(exist_ok=True)
    (desk.folder / "adapters" / "mall.yaml").write_text(SPEC_TEXT, encoding="utf-8")
    task = asyncio.create_task(desk.joined.run())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="not ready"):
        desk.joined.bytes_max("mall")
    await until(lambda: desk.joined.states.get("mall", _NONE).state == "failing")  # its secret is not there
    answer = await desk.call("POST", "/in/mall", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (503, "source_not_open")
    assert answer.headers["retry-after"] == "5"
    assert (await desk.call("POST", "/in/other", content=b"{}")).status_code == 404
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("93.184.216.34", "", 200),
        ("93.184.216.99", "", 401),
        ("10.0.0.9", "93.184.216.34", 200),  # by a proxy that is trusted
        ("10.0.0.9", "93.184.216.99", 401),
        ("10.0.0.9", "93.184.216.34, 93.184.216.99", 401),  # what stands before is anybody's word
        ("93.184.216.99", "93.184.216.34", 401),  # and so is a proxy's that nobody named
    ],
)
async def test_an_address_is_the_clients_own_whatever_stands_between(
    desk: Desk,  # noqa: F811
    peer: str,
    forwarded: str,
    status: int,
) -> None:
    proof = "receive:\n  proof: {addresses: [93.184.216.34/32]}\n"
    begin, end = SPEC.index("receive:"), SPEC.index("  id: $headers")
    async with listening(desk, SPEC[:begin] + proof + SPEC[end:]):
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        sent = b'{"orders": []}'
        assert (await desk.call_from(peer, "POST", "/in/mall", content=sent, headers=headers)).status_code == status
