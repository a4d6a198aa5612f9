"""A joined system keeps a WebSocket to `/in/{source}`: each message is stored, then acknowledged, in their order."""

import asyncio
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from tests.gateway.client import Closed, Socket
from tests.journeys.appliance import Appliance

_KEY = "a word of the house"
_SPEC = """\
source: mall
title: Mall
secrets: {key: vault:key}
receive:
  proof: {bearer: key}
  id: id
  bytes: 4KB
map: {id: sn, note: note}
deliver: {to: orders}
---
source: told
title: Told
secrets: {key: vault:key}
receive:
  proof:
    signed:
      of: "${time}.${path}"
      with: key
      digest: hmac-sha256
      into: sign
      time: {name: time, within: 5m}
      once: sign
  id: $headers.x-delivery
  reply: {json: {stored: $item.sn}}
  pace: {per_second: 20, burst: 1}
map: {id: sn}
deliver: {to: orders}
"""


@contextmanager
def serving(tmp_path: Path, workers: int = 0, more: Mapping[str, str] = {}) -> Iterator[Appliance]:
    data = tmp_path / "data"
    (data / "adapters").mkdir(parents=True, mode=0o700)
    (data / "adapters" / "mall.yaml").write_text(_SPEC, encoding="utf-8")
    (data / "keys" / "adapters").mkdir(parents=True, mode=0o700)
    (data / "keys" / "adapters" / "key").write_text(_KEY, encoding="utf-8")
    (data / "keys" / "adapters" / "key").chmod(0o600)
    environment = {"MONODESK_WORKERS": str(workers), "MONODESK_LIMITS_ADAPTER_LOOK_SECONDS": "0.1", **more}
    appliance = Appliance(data, environment=environment)
    appliance.start()
    try:
        yield appliance
        assert appliance.stop() == 0
    finally:
        appliance.kill()


@asynccontextmanager
async def line(appliance: Appliance, path: str = "/in/mall", proof: str = f"Bearer {_KEY}") -> AsyncIterator[Socket]:
    """Open; it is tried again while the source begins."""
    for _ in range(300):
        socket = await Socket.connect(appliance.port)
        try:
            await socket.upgrade({"authorization": proof} if proof else {}, path)
            break
        except Closed as closed:
            socket.writer.close()
            if closed.code != 503:
                raise
            await asyncio.sleep(0.05)
    try:
        yield socket
    finally:
        socket.drop()
        socket.writer.close()


def stored(appliance: Appliance, source: str = "mall") -> list[str]:
    with sqlite3.connect(appliance.data / "monodesk.db") as database:
        rows = database.execute("SELECT external_id FROM records WHERE source = ? ORDER BY external_id", (source,))
        return [str(row[0]) for row in rows]


def signed(at: int) -> str:
    made = hmac.new(_KEY.encode(), f"{at}./in/told".encode(), hashlib.sha256).hexdigest()
    return f"/in/told?time={at}&sign={made}"


@pytest.mark.parametrize("workers", [0, 1])
async def test_messages_are_stored_one_after_the_other_and_then_acknowledged(tmp_path: Path, workers: int) -> None:
    with serving(tmp_path, workers) as appliance:
        async with line(appliance) as socket:
            for number in range(50):  # without waiting for an answer
                await socket.send(id=f"d{number}", sn=f"{number:02}")
            for number in range(50):
                assert await socket.receive() == {"taken": True}
                assert f"{number:02}" in stored(appliance), "what is acknowledged is on disk"
            await socket.send(id="d7", sn="again")
            assert await socket.receive() == {"taken": True}
            socket.send_binary(b"<order><sn>xml</sn></order>")
            assert await socket.receive() == {"taken": True}
            socket.send_text("{no json")
            assert await socket.receive() == {"taken": True}, "it is kept aside, and sending it again would not mend it"
        async with line(appliance) as socket:
            await socket.send(id="new", sn="99", note="x" * 5_000)
            assert (await socket.closed()).code == 1009
        assert stored(appliance) == [*(f"{number:02}" for number in range(50))]
        for proof in ("Bearer another", ""):
            with pytest.raises(Closed, match="401"):
                async with line(appliance, proof=proof):
                    pass
        with pytest.raises(Closed, match="404"):
            async with line(appliance, "/in/nobody"):
                pass
        status, said = appliance.get("/in/mall")
        assert status == 401 and json.loads(said)["code"] == "adapter_unproven"


async def test_a_line_is_proven_once_by_what_is_good_once_and_answered_by_its_reply(tmp_path: Path) -> None:
    with serving(tmp_path) as appliance:
        now = int(time.time())
        async with line(appliance, signed(now), "") as socket:
            for number in range(5):  # faster than its pace: they wait, and none is refused
                await socket.send(sn=f"{number}")
            assert [await socket.receive() for _ in range(5)] == [{"stored": f"{number}"} for number in range(5)]
            with pytest.raises(Closed, match="401"):
                async with line(appliance, signed(now), ""):
                    pass
            with pytest.raises(Closed, match="401"):
                async with line(appliance, signed(now - 301), ""):
                    pass
        assert stored(appliance, "told") == ["0", "1", "2", "3", "4"]


async def test_when_its_source_changes_or_the_server_stops_a_line_is_asked_to_come_again(tmp_path: Path) -> None:
    with serving(tmp_path) as appliance:
        spec = appliance.data / "adapters" / "mall.yaml"
        async with line(appliance) as socket:
            await socket.send(sn="1")
            assert await socket.receive() == {"taken": True}
            spec.write_text(_SPEC.replace("bytes: 4KB", "bytes: 8KB"), encoding="utf-8")

            async def refused() -> Closed:
                for number in range(500):
                    await socket.send(sn=f"{number}")
                    try:
                        await socket.receive()
                    except Closed as closed:
                        return closed
                    await asyncio.sleep(0.02)
                raise AssertionError("nothing changed")

            closed = await refused()
            assert closed.code == 1012 and closed.reason.startswith("retry_after_ms=")
        async with line(appliance) as socket:
            ending = asyncio.create_task(socket.closed())
            stop: Callable[[], int] = appliance.stop
            assert await asyncio.to_thread(stop) == 0
            assert (await ending).code == 1012
        appliance.start()


async def test_whoever_says_nothing_is_pinged_and_let_go(tmp_path: Path) -> None:
    more = {"MONODESK_LIMITS_PING_SECONDS": "1", "MONODESK_LIMITS_SILENCE_SECONDS_MAX": "3"}
    with serving(tmp_path, more=more) as appliance:
        async with line(appliance) as socket, asyncio.timeout(60):
            assert (await socket.closed()).code == 4002
