"""When the link between gateway and core breaks: who was there is forgotten, sockets return, nothing waits for ever."""

import asyncio
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from app.bus.local_socket import LocalSocket
from app.gateway.core import Delivery, Opened, Peer
from app.gateway.link import Answer, LinkServer, RemoteCore, Result
from app.model.errors import Unavailable
from app.model.frames import Hello, Resume, Send
from app.model.ids import Ids
from app.model.principals import Visitor
from app.settings import Limits
from tests.clock import ManualClock
from tests.gateway.client import until
from tests.gateway.small_core import SmallCore

PEER = Peer("127.0.0.1")
ANNE = "a" * 26
VISITOR = Visitor(ANNE, "i" * 26)


class Pair:
    """Both ends, and how often the gateway's end noticed that the link broke."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.core = SmallCore()
        self.path = folder / "core.sock"
        self.limits = limits
        self.server = self.new_server()
        self.remote = RemoteCore(self.path, limits)
        self.dropped = 0
        self.running = asyncio.create_task(self.remote.run(self._drop))

    def new_server(self) -> LinkServer:
        return LinkServer(self.core, self.limits, Ids(ManualClock()))

    def _drop(self) -> None:
        self.dropped += 1

    async def end(self) -> None:
        self.core.gate.set()
        self.running.cancel()
        await asyncio.wait((self.running,))
        await self.server.stop()


@pytest.fixture
async def pair(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    pair = Pair(tmp_path, getattr(request, "param", Limits()))
    await pair.server.start(pair.path)
    await pair.remote.connected.wait()
    yield pair
    await pair.end()


async def test_the_socket_is_for_this_user_alone(pair: Pair) -> None:
    assert stat.S_IMODE(pair.path.stat().st_mode) == 0o600


async def test_a_gateway_that_is_lost_is_forgotten_with_all_who_came_through_it(pair: Pair) -> None:
    await pair.remote.open(PEER, Hello(None, ANNE))
    assert pair.core.present == [ANNE]
    await pair.end()
    await until(lambda: pair.server.gateways == 0)
    assert len(pair.core.forgotten) == 1
    assert pair.core.present == []


async def test_who_says_hello_while_the_gateway_dies_is_forgotten_too(pair: Pair) -> None:
    pair.core.gate.clear()
    opening = asyncio.create_task(pair.remote.open(PEER, Hello(None, ANNE)))
    await until(lambda: pair.core.peers)
    pair.running.cancel()
    with pytest.raises(Unavailable):
        await opening
    (link,) = pair.server._links
    await until(lambda: link._broken)
    assert pair.core.forgotten == []  # his hello still runs
    pair.core.gate.set()
    await until(lambda: pair.server.gateways == 0)
    assert pair.core.present == []


async def test_when_the_core_is_gone_commands_are_refused_and_the_link_returns(pair: Pair) -> None:
    pair.core.gate.clear()
    waiting = asyncio.create_task(pair.remote.command(VISITOR, Resume(), "en"))
    await until(lambda: pair.core.running)
    stopping = asyncio.create_task(pair.server.stop())
    with pytest.raises(Unavailable) as refused:
        await waiting
    assert refused.value.retry_after_ms
    pair.core.gate.set()
    await stopping
    await until(lambda: pair.dropped == 1)
    with pytest.raises(Unavailable):
        await pair.remote.command(VISITOR, Resume(), "en")
    pair.server = pair.new_server()
    await pair.server.start(pair.path)
    await pair.remote.connected.wait()
    assert (await pair.remote.command(VISITOR, Resume(), "en")).frames == (b'{"t":"live"}',)


@pytest.mark.parametrize("pair", [Limits(link_requests_max=3)], indirect=True)
async def test_more_requests_than_the_bound_are_refused_at_once(pair: Pair) -> None:
    pair.core.gate.clear()
    waiting = [asyncio.create_task(pair.remote.command(VISITOR, Resume(), "en")) for _ in range(3)]
    await until(lambda: pair.core.running == 3)
    with pytest.raises(Unavailable):
        await pair.remote.command(VISITOR, Resume(), "en")
    pair.core.gate.set()
    assert all(replies.frames for replies in await asyncio.gather(*waiting))


@pytest.mark.parametrize("pair", [Limits(link_bytes_max=50_000)], indirect=True)
async def test_a_gateway_that_takes_nothing_is_dropped_and_harms_no_other(pair: Pair) -> None:
    heard: list[Delivery] = []
    pair.remote.listen(heard.extend)
    loop = asyncio.get_running_loop()
    deaf, _ = await loop.create_unix_connection(asyncio.Protocol, str(pair.path))
    deaf.pause_reading()
    await until(lambda: pair.server.gateways == 2)
    for _ in range(40):
        pair.core.announce(Delivery((ANNE,), b"x" * 40_000))
        await asyncio.sleep(0)
    await until(lambda: pair.server.gateways == 1)
    await until(lambda: len(heard) == 40)
    deaf.abort()


async def test_what_is_told_right_after_a_hello_waits_until_the_socket_has_joined(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come in one read. Told first, a revoked session's close would miss the socket, which would live on."""
    open_one = pair.core.open
    order: list[str] = []

    async def open_and_announce(peer: Peer, hello: Hello, link: str = "") -> Opened:
        opened = await open_one(peer, hello, link)
        asyncio.get_running_loop().call_soon(pair.core.announce, Delivery((ANNE,), b"", close=4401))
        return opened

    monkeypatch.setattr(pair.core, "open", open_and_announce)
    pair.remote.listen(lambda batch: order.append("told"))
    await pair.remote.open(PEER, Hello(None, ANNE))
    order.append("joined")
    await until(lambda: len(order) == 2)
    assert order == ["joined", "told"]


async def test_a_failure_in_the_core_shows_a_number_and_nothing_else(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unavailable) as failed:
        await pair.remote.open(PEER, Hello(None, "broken"))
    assert failed.value.code == "internal"
    assert "secret" not in failed.value.en
    assert "secret of the core" in caplog.text


async def test_what_is_no_message_of_ours_ends_the_connection(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_unix_connection(str(pair.path))
    writer.write((5).to_bytes(4, "big") + b"hello")
    assert await reader.read() == b""
    writer.close()
    reader, writer = await asyncio.open_unix_connection(str(pair.path))
    writer.write((2**31).to_bytes(4, "big"))
    assert await reader.read() == b""
    writer.close()
    assert (await pair.remote.command(VISITOR, Send("0" * 32), "en")).frames


async def test_messages_of_one_turn_travel_together_and_may_come_in_any_pieces() -> None:
    got: list[Answer] = []
    decoder = msgspec.msgpack.Decoder(Answer)
    end = LocalSocket(decoder, got.extend, lambda: None, lambda: None, 1_000)
    sent = [Result(number) for number in range(5)]
    wire = b"".join(len(one).to_bytes(4, "big") + one for one in map(msgspec.msgpack.encode, sent))
    for at in range(len(wire)):
        end.data_received(wire[at : at + 1])
    assert got == sent
