"""Who listens to what: hello first, commands in order, each delivery once, and everybody who must go is told why."""

import asyncio

import msgspec
import pytest

from app.gateway.core import Delivery
from app.gateway.websocket import WebSocket
from app.model.errors import Unavailable
from app.model.principals import Agent, Visitor
from app.settings import Limits
from tests.gateway.client import until
from tests.gateway.conftest import Desk
from tests.gateway.small_core import texts

CID = "{:032x}"
ANNE, BERT = "a" * 26, "b" * 26


def note(text: str) -> bytes:
    return msgspec.json.encode({"t": "note", "text": text})


async def test_hello_is_answered_with_welcome_and_counted(desk: Desk) -> None:
    socket = await desk.socket()
    await socket.send(t="hello", inbox="i" * 26, token=ANNE)
    assert await socket.receive() == {"t": "welcome", "epoch": "epoch", "kind": "visitor", "id": ANNE, "at": 1}
    assert desk.core.present == [ANNE]
    await socket.close()
    await until(lambda: desk.core.present == [])
    assert desk.front.hub.sockets == 0


@pytest.mark.parametrize("frame", [{"t": "pong"}, {"t": "resume"}, {"t": "send", "cid": "0" * 32, "text": "x"}])
async def test_anything_before_hello_is_refused(desk: Desk, frame: dict[str, str]) -> None:
    socket = await desk.socket()
    await socket.send(**frame)
    assert (await socket.receive())["code"] == "hello_first"
    assert (await socket.closed()).code == 1008
    assert desk.core.carried == []


async def test_what_comes_right_behind_hello_waits_for_its_answer(desk: Desk) -> None:
    desk.core.gate.clear()
    socket = await desk.socket()
    await socket.send(t="hello", token=ANNE)
    await socket.send(t="resume")
    await asyncio.sleep(0.02)
    assert desk.core.carried == []
    desk.core.gate.set()
    assert [(await socket.receive())["t"] for _ in range(2)] == ["welcome", "live"]


async def test_a_second_hello_is_refused_and_harms_nothing(desk: Desk) -> None:
    socket = await desk.visitor(ANNE)
    await socket.send(t="hello", token=BERT)
    assert (await socket.receive())["code"] == "hello_twice"
    await socket.send(t="resume")
    assert (await socket.receive())["t"] == "live"
    assert desk.core.present == [ANNE]


@pytest.mark.parametrize(
    ("token", "code", "close"),
    [("unknown", "unauthenticated", 4401), ("blocked", "blocked", 1008), ("busy", "busy", 1012)],
)
async def test_a_refused_hello_says_why_and_closes(desk: Desk, token: str, code: str, close: int) -> None:
    socket = await desk.socket()
    await socket.send(t="hello", token=token)
    assert (await socket.receive())["code"] == code
    closed = await socket.closed()
    assert closed.code == close
    if close == 1012:
        assert int(closed.reason.removeprefix("retry_after_ms=")) >= 700


async def test_who_says_nothing_is_closed(desk: Desk) -> None:
    socket = await desk.socket()
    desk.pass_time(9)
    assert desk.front.hub.sockets == 1
    desk.pass_time(2)
    assert (await socket.closed()).code == 1008


async def test_commands_of_one_socket_run_one_after_the_other_and_of_two_beside_each_other(desk: Desk) -> None:
    anne, bert = await desk.visitor(ANNE), await desk.visitor(BERT)
    desk.core.gate.clear()
    for number in range(10):
        await anne.send(t="send", cid=CID.format(number), text=f"a{number}")
        await bert.send(t="send", cid=CID.format(100 + number), text=f"b{number}")
    await until(lambda: desk.core.running == 2)
    desk.core.gate.set()
    acks = [(await anne.receive_type("ack"))["cid"] for _ in range(10)]
    for _ in range(10):
        await bert.receive_type("ack")
    assert acks == [CID.format(number) for number in range(10)]
    assert [text for text in texts(desk.core.carried) if text[0] == "a"] == [f"a{number}" for number in range(10)]
    assert desk.core.running_most == 2


@pytest.mark.parametrize("desk", [Limits(socket_commands_waiting_max=4)], indirect=True)
async def test_a_socket_whose_commands_wait_is_not_read_further(desk: Desk) -> None:
    socket = await desk.visitor()
    desk.core.gate.clear()
    for number in range(40):
        await socket.send(t="send", cid=CID.format(number), text=str(number))
    await until(lambda: desk.core.running == 1)
    session = next(iter(desk.front.hub._sessions()))
    assert session._work is not None
    assert len(session._work.waiting) <= 4
    desk.core.gate.set()
    for number in range(40):
        assert (await socket.receive_type("ack"))["seq"] == number + 1


async def test_the_sending_socket_gets_the_ack_and_every_other_the_message(desk: Desk) -> None:
    sender, other_tab, agent = await desk.visitor(ANNE), await desk.visitor(ANNE), await desk.agent()
    await sender.send(t="send", cid=CID.format(1), text="hello")
    assert (await sender.receive())["t"] == "ack"
    assert (await other_tab.receive())["cid"] == CID.format(1)
    assert (await agent.receive())["text"] == "hello"
    await agent.send(t="resume")
    assert (await agent.receive())["t"] == "live"  # nothing came twice
    await sender.send(t="resume")
    assert (await sender.receive())["t"] == "live"


async def test_a_delivery_reaches_each_joined_socket_once_and_no_other(desk: Desk) -> None:
    anne, bert, agent = await desk.visitor(ANNE), await desk.visitor(BERT), await desk.agent()
    core = desk.core
    core.announce(Delivery((ANNE, "all", "staff", "agent:agent"), note("one")))
    core.announce(Delivery(("all",), note("not for staff"), except_topics=("staff",)))
    core.announce(Delivery(("nobody",), note("lost")), Delivery((BERT, "staff"), note("two")))
    assert (await anne.receive())["text"] == "one"
    assert [(await agent.receive())["text"] for _ in range(2)] == ["one", "two"]
    assert (await bert.receive())["text"] == "two"
    await bert.close()
    core.announce(Delivery((BERT, ANNE), note("three")))
    assert (await anne.receive())["text"] == "three"


async def test_a_topic_that_one_of_two_left_is_still_heard_by_the_other(desk: Desk) -> None:
    first, second = await desk.visitor(ANNE), await desk.visitor(ANNE)
    await first.close()
    desk.core.announce(Delivery((ANNE,), note("one")))
    assert (await second.receive())["text"] == "one"
    await second.close()
    await until(lambda: not desk.front.hub._topics)


async def test_a_closing_delivery_ends_the_sockets_of_a_session(desk: Desk) -> None:
    agent, visitor = await desk.agent(), await desk.visitor()
    desk.core.announce(Delivery(("session:session",), b"", close=4401))
    assert (await agent.closed()).code == 4401
    await visitor.send(t="resume")
    assert (await visitor.receive())["t"] == "live"


async def test_one_batch_is_one_write_a_socket_in_its_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit of sixty messages cost an agent's socket 120 writes."""
    agent, visitor = await desk.agent(), await desk.visitor(ANNE)
    counts: list[int] = []
    send = WebSocket.send

    def count_and_send(socket: WebSocket, frame: bytes, count: int = 1) -> None:
        counts.append(count)
        send(socket, frame, count)

    monkeypatch.setattr(WebSocket, "send", count_and_send)
    before = [Delivery(("staff",), note(str(number))) for number in range(3)]
    desk.core.announce(*before, Delivery((ANNE,), note("hers")), Delivery(("staff",), note("3")))
    assert counts == [4, 1]
    assert [(await agent.receive())["text"] for _ in range(4)] == ["0", "1", "2", "3"]
    assert (await visitor.receive())["text"] == "hers"


async def test_who_is_passed_over_once_in_a_batch_hears_what_follows(desk: Desk) -> None:
    agent, everybody = await desk.agent(), ("all", "staff")
    passed_over = Delivery(everybody, note("not hers"), except_topics=("agent:agent",))
    desk.core.announce(Delivery(everybody, note("one")), passed_over, Delivery(everybody, note("two")))
    assert [(await agent.receive())["text"] for _ in range(2)] == ["one", "two"]


async def test_what_stands_before_a_close_in_a_batch_is_written_before_it(desk: Desk) -> None:
    agent = await desk.agent()
    close = Delivery(("session:session",), b"", close=4401)
    desk.core.announce(Delivery(("staff",), note("first")), close, Delivery(("staff",), note("late")))
    assert (await agent.receive())["text"] == "first"
    assert (await agent.closed()).code == 4401


async def test_what_still_waits_of_an_ended_session_is_not_carried_out(desk: Desk) -> None:
    agent = await desk.agent()
    desk.core.gate.clear()
    for number in range(5):
        await agent.send(t="send", cid=CID.format(number), conv="c" * 26, text=f"{number}")
    await until(lambda: desk.core.running == 1)
    await asyncio.sleep(0.02)  # the others wait behind it
    desk.core.announce(Delivery(("session:session",), b"", close=4401))
    desk.core.gate.set()
    assert (await agent.closed()).code == 4401
    await until(lambda: desk.front.hub.sockets == 0)
    assert texts(desk.core.carried) == ["0"]


async def test_a_leaver_whom_the_core_could_not_hear_is_told_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """He would be shown as online until the gateway ends."""
    closed, refusals = desk.core.closed, [1, 1]

    async def choked(principal: Visitor | Agent, link: str = "") -> None:
        if refusals:
            raise Unavailable("core_away", "Away.", "离开。", retry_after_ms=refusals.pop())
        await closed(principal, link)

    monkeypatch.setattr(desk.core, "closed", choked)
    for socket in (await desk.visitor(ANNE), await desk.visitor(BERT)):
        await socket.close()
    await until(lambda: desk.core.present == [])


async def test_who_left_before_the_core_was_lost_is_not_told_to_the_next_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def away(principal: Visitor | Agent, link: str = "") -> None:
        asked.append(link)
        raise Unavailable("core_away", "Away.", "离开。", retry_after_ms=1)

    monkeypatch.setattr(desk.core, "closed", away)
    await (await desk.visitor(ANNE)).close()
    await until(lambda: len(asked) > 1)
    desk.front.hub.dismiss()
    await until(lambda: not desk.front.hub._tasks)


async def test_when_the_core_was_lost_nobody_of_then_speaks_to_the_next_one(desk: Desk) -> None:
    """It has forgotten them: a late goodbye would be counted against who is back, a late command be a stranger's."""
    old = await desk.visitor(ANNE)
    desk.core.gate.clear()
    for number in range(3):
        await old.send(t="send", cid=CID.format(number), text=f"{number}")
    await until(lambda: desk.core.running == 1)
    await asyncio.sleep(0.02)  # the others wait behind it
    desk.core.forget("")
    desk.front.hub.dismiss()
    desk.core.gate.set()
    await desk.visitor(ANNE)
    assert (await old.closed()).code == 1012
    await until(lambda: desk.front.hub.sockets == 1)
    assert desk.core.present == [ANNE]
    assert texts(desk.core.carried) == ["0"]


async def test_a_refused_command_says_what_to_do_in_the_readers_language(desk: Desk) -> None:
    english = await desk.visitor()
    chinese = await desk.socket(**{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    await chinese.greet(ANNE)
    for socket, words in ((english, "There is nothing here"), (chinese, "这里没有内容")):
        await socket.send(t="fetch", conv="c" * 26, first=1, last=2)
        answer = await socket.receive()
        assert (answer["t"], answer["code"]) == ("error", "not_found")
        assert answer["text"].startswith(words)
    assert desk.core.languages == ["en", "zh"]


async def test_a_session_that_ended_meanwhile_is_closed(desk: Desk) -> None:
    socket = await desk.visitor()
    await socket.send(t="read", conv="c" * 26, seq=1)
    assert (await socket.receive())["code"] == "unauthenticated"
    assert (await socket.closed()).code == 4401


async def test_a_failure_of_our_own_shows_a_number_and_nothing_else(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await desk.visitor()
    await socket.send(t="page", url="https://shop.example/")
    answer = await socket.receive()
    assert answer["code"] == "internal"
    assert "secret" not in answer["text"]
    assert "secret of the core" in caplog.text
    await socket.send(t="resume")
    assert (await socket.receive())["t"] == "live"


async def test_a_failure_during_hello_closes(desk: Desk) -> None:
    socket = await desk.socket()
    await socket.send(t="hello", token="broken")
    assert (await socket.receive())["code"] == "internal"
    assert (await socket.closed()).code == 1012


async def test_the_server_pings_every_25_seconds_and_a_pong_needs_no_answer(desk: Desk) -> None:
    socket = await desk.visitor()
    desk.pass_time(50)
    assert [(await socket.receive())["t"] for _ in range(2)] == ["ping", "ping"]
    await socket.send(t="pong")
    await socket.send(t="resume")
    assert (await socket.receive()) == {"t": "live"}
    assert len(desk.core.carried) == 1


async def test_who_is_silent_for_a_minute_is_closed_and_who_is_not_stays(desk: Desk) -> None:
    silent, alive = await desk.visitor(ANNE), await desk.visitor(BERT)
    for _ in range(3):
        desk.pass_time(20)
        await alive.send(t="resume")
        await alive.receive_type("live")
    assert desk.front.hub.sockets == 2
    desk.pass_time(10)
    assert (await silent.closed()).code == 4002
    await until(lambda: desk.core.present == [BERT])


async def test_who_does_not_answer_a_close_is_dropped(desk: Desk) -> None:
    socket = await desk.visitor()
    desk.core.announce(Delivery((("v" * 26),), b"", close=4401))
    desk.pass_time(4)
    assert desk.front.hub.sockets == 1
    desk.pass_time(2)
    await until(lambda: desk.front.hub.sockets == 0)
    socket.drop()


@pytest.mark.parametrize("desk", [Limits(socket_frames_per_second=1, socket_frames_burst=5)], indirect=True)
async def test_a_visitor_whose_socket_was_too_fast_is_reported_once(desk: Desk) -> None:
    socket = await desk.visitor(ANNE)
    for _ in range(20):
        socket.ping()
    closed = await socket.closed()
    assert (closed.code, closed.reason) == (1008, "retry_after_ms=30000")
    await until(lambda: desk.front.hub.sockets == 0)
    assert desk.core.flooders == [ANNE]


@pytest.mark.parametrize("desk", [Limits(socket_frames_per_second=1, socket_frames_burst=5)], indirect=True)
async def test_who_was_too_fast_before_hello_or_as_an_agent_is_closed_and_not_reported(desk: Desk) -> None:
    for socket in (await desk.socket(), await desk.agent()):
        for _ in range(20):
            socket.ping()
        assert (await socket.closed()).code == 1008
    assert desk.core.flooders == []


async def test_a_peer_who_drops_without_a_word_is_forgotten(desk: Desk) -> None:
    socket, waiting = await desk.visitor(ANNE), await desk.visitor(BERT)
    desk.core.gate.clear()
    await waiting.send(t="send", cid=CID.format(1), text="still stored")
    await until(lambda: desk.core.running == 1)
    socket.drop()
    waiting.drop()
    await until(lambda: desk.front.hub.sockets == 0)
    assert desk.core.present == [BERT]  # his command still runs
    desk.core.gate.set()
    await until(lambda: desk.core.present == [])
    assert texts(desk.core.carried) == ["still stored"]


async def test_a_peer_who_drops_during_hello_is_counted_out_again(desk: Desk) -> None:
    desk.core.gate.clear()
    socket = await desk.socket()
    await socket.send(t="hello", token=ANNE)
    await until(lambda: len(desk.core.peers) == 1)
    socket.drop()
    await until(lambda: desk.front.hub.sockets == 0)
    desk.core.gate.set()
    await until(lambda: desk.core.present == [] and not desk.front.hub._tasks)
    assert not desk.front.hub._topics


@pytest.mark.parametrize("desk", [Limits(socket_outbox_bytes_max=100_000)], indirect=True)
async def test_who_does_not_read_is_closed_and_costs_no_more_than_his_bound(desk: Desk) -> None:
    slow, other = await desk.visitor(ANNE), await desk.visitor(BERT)
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
    frame = note("x" * 10_000)
    for _ in range(2_000):
        desk.core.announce(Delivery((ANNE,), frame))
    (session,) = desk.front.hub._joined(ANNE)
    assert session._socket._transport.get_write_buffer_size() < 230_000  # 100,000 and what stood before it choked
    desk.pass_time(6)
    await until(lambda: desk.front.hub.sockets == 1)
    assert desk.core.present == [BERT]
    desk.core.announce(Delivery((BERT,), note("fine")))
    assert (await other.receive_type("note"))["text"] == "fine"


async def test_the_next_page_waits_until_the_one_before_was_taken(desk: Desk) -> None:
    socket = await desk.visitor()
    desk.core.pages, desk.core.page_frame = 40, note("x" * 10_000)
    socket.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
    await socket.send(t="resume")
    await until(lambda: desk.core.pages < 40)
    (session,) = desk.front.hub._joined("v" * 26)
    await until(lambda: session._socket.choked)
    assert desk.core.pages > 0  # the rest was not even asked for
    left = desk.core.pages
    await asyncio.sleep(0.02)
    assert desk.core.pages == left
    socket.writer.transport.resume_reading()  # type: ignore[attr-defined]
    for _ in range(40 * 200):
        assert (await socket.receive())["t"] == "note"
    assert await socket.receive() == {"t": "live"}


async def test_who_drops_while_a_page_waits_for_him_leaves_no_task_behind(desk: Desk) -> None:
    """Reader and writer end together: a send that waits for nobody would wait for ever."""
    socket = await desk.visitor(ANNE)
    desk.core.pages, desk.core.page_frame = 40, note("x" * 10_000)
    socket.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a ReadTransport too
    await socket.send(t="resume")
    (session,) = desk.front.hub._joined(ANNE)
    await until(lambda: session._socket.choked and session._work is not None and session._work._awaited is not None)
    socket.drop()
    await until(lambda: desk.front.hub.sockets == 0 and not desk.front.hub._tasks)
    assert desk.core.present == []


async def test_few_are_asked_to_wait_no_longer_than_few_need(desk: Desk) -> None:
    sockets = [await desk.visitor(f"{number:026d}") for number in range(20)]
    stopping = asyncio.create_task(desk.front.stop())
    delays = [int((await socket.closed()).reason.removeprefix("retry_after_ms=")) for socket in sockets]
    await stopping
    assert min(delays) >= 500
    assert max(delays) < 510, "two thousand a second can return"


@pytest.mark.parametrize("desk", [Limits(restart_returns_per_second=20)], indirect=True)
async def test_stopping_tells_everybody_when_to_return(desk: Desk) -> None:
    sockets = [await desk.visitor(f"{number:026d}") for number in range(20)]
    stopping = asyncio.create_task(desk.front.stop())
    closed = [await socket.closed() for socket in sockets]
    await stopping
    assert {one.code for one in closed} == {1012}
    assert len({one.reason for one in closed}) > 10  # not all at the same moment
    assert {500 <= int(one.reason.removeprefix("retry_after_ms=")) < 1_500 for one in closed} == {True}
    assert desk.core.present == []
