"""One address alone cannot take all places, an office can; and an unnamed proxy, which is everybody, is noticed."""

import asyncio

import pytest

from app.gateway.crowd import Crowd, part_of
from app.settings import Limits, Settings
from tests.gateway.client import Browser, Closed, until
from tests.gateway.conftest import Desk

THREE = Limits(connections_per_address_max=3)
BEHIND = Settings(limits=THREE, trusted_proxies=("127.0.0.1",))


def of(number: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"203.0.113.{number}"}


async def refused(browser: Browser) -> bool:
    """Whether it is told that it is one too many, and closed."""
    answer = await browser.response()
    assert answer.json()["code"] == "too_many_connections"
    assert answer.headers["retry-after"]
    return answer.status == 429 and await browser.gone() == b""


@pytest.mark.parametrize("desk", [THREE], indirect=True)
async def test_an_address_has_so_many_connections_sockets_among_them(desk: Desk) -> None:
    socket = await desk.visitor()
    second, third = [await desk.browser() for _ in range(2)]
    assert (await third.get("/healthz")).status == 200
    assert await refused(await desk.browser())
    elsewhere = await desk.browser("127.0.0.2")
    assert (await elsewhere.get("/healthz")).status == 200
    elsewhere.close()
    await socket.close()
    await until(lambda: desk.front.connections == 2)
    assert (await (await desk.browser()).get("/healthz")).status == 200
    second.close()
    third.close()
    await until(lambda: desk.front.connections == 1)


@pytest.mark.parametrize("desk", [THREE], indirect=True)
async def test_whatever_becomes_of_connections_their_places_are_free_again(desk: Desk) -> None:
    for _ in range(3):
        for _ in range(3):
            socket = await desk.visitor()
            socket.drop()
        await until(lambda: desk.front.connections == 0)
        broken = await desk.browser()
        broken.writer.write(b"nonsense\r\n\r\n")
        assert (await broken.response()).status == 400
        broken.close()
        later = await desk.browser()
        later.writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        await later.reader.readexactly(9)
        later.close()
        await until(lambda: desk.front.connections == 0)
    assert desk.front.crowd._open == {}


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_a_trusted_proxy_has_as_many_as_it_likes_and_its_clients_are_counted(desk: Desk) -> None:
    sockets = [await desk.socket(**of(number % 3)) for number in range(9)]
    for socket in sockets:
        await socket.greet("v" * 26)
    with pytest.raises(Closed) as too_many:
        await desk.socket(**of(1))
    assert too_many.value.code == 429
    browser = await desk.browser()
    crowded = await browser.get("/api/hello", x_forwarded_for="203.0.113.1")
    assert (crowded.status, crowded.json()["code"]) == (429, "too_many_connections")
    for number in range(3, 9):
        assert (await browser.get("/api/hello", x_forwarded_for=f"203.0.113.{number}")).status == 200
    await sockets[1].close()
    await until(lambda: desk.front.hub.sockets == 8)
    assert (await browser.get("/api/hello", x_forwarded_for="203.0.113.1")).status == 200
    assert len(desk.front.crowd._open) == 3


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_a_trusted_proxy_that_names_nobody_is_not_taken_for_one_client(desk: Desk) -> None:
    sockets = [await desk.socket() for _ in range(5)]
    assert (await (await desk.browser()).get("/healthz")).status == 200
    assert desk.front.crowd._open == {}
    for socket in sockets:
        await socket.close()


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_requests_in_answer_count_for_a_proxys_client_and_no_longer_than_that(desk: Desk) -> None:
    head = b"POST /api/count HTTP/1.1\r\nhost: d\r\nx-forwarded-for: 203.0.113.1\r\ncontent-length: 2\r\n\r\n"
    waiting = [await desk.browser() for _ in range(3)]
    for browser in waiting:
        browser.writer.write(head)
    await until(lambda: sum(desk.front.crowd._open.values()) == 3)
    other = await desk.browser()
    assert (await other.get("/healthz", x_forwarded_for="203.0.113.1")).status == 429
    waiting[0].writer.write(b"xx")
    assert (await waiting[0].response()).body == b"2"
    assert (await other.get("/healthz", x_forwarded_for="203.0.113.1")).status == 200
    waiting[1].close()
    await until(lambda: sum(desk.front.crowd._open.values()) == 1)


@pytest.mark.parametrize("desk", [Limits(connections_per_address_max=8)], indirect=True)
async def test_an_unnamed_proxy_is_noticed_before_it_is_cut_off(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(7):
        await (await desk.browser()).get("/healthz")
    assert desk.core.crowds == []
    await (await desk.browser()).get("/healthz")
    await until(lambda: desk.core.crowds)
    assert await refused(await desk.browser())
    await asyncio.sleep(0)
    assert desk.core.crowds == ["127.0.0.1"]
    (line,) = [record for record in caplog.records if "trusted_proxies" in record.getMessage()]
    assert line.__dict__["address"] == "127.0.0.1"


def test_where_gateways_share_a_port_each_lets_in_its_part_and_a_fifth_more() -> None:
    crowd = Crowd(10, 3, lambda _: None)
    assert [crowd.enter("192.0.2.1") is not None for _ in range(6)] == [True] * 5 + [False]


def test_who_is_half_of_a_crowd_is_not_most_of_it() -> None:
    told: list[str] = []
    crowd = Crowd(200, 1, told.append)
    for number in range(100):
        crowd.enter(f"192.0.2.{number}")
        crowd.enter("198.51.100.1")
    assert told == []
    crowd.enter("198.51.100.1")
    crowd.enter("198.51.100.1")
    assert told == ["198.51.100.1"]


def test_few_connections_are_no_crowd_and_a_subscriber_of_ipv6_is_one() -> None:
    told: list[str] = []
    crowd = Crowd(200, 1, told.append)
    places = {crowd.enter(f"2001:db8::{number:x}") for number in range(49)}
    assert len(places) == 1
    assert told == []
    crowd.enter("2001:db8::ffff")
    assert told == ["2001:db8::ffff"]


def test_gateways_share_all_places_as_they_share_an_addresses() -> None:
    assert [part_of(100, gateways) for gateways in (0, 1, 2, 4)] == [100, 100, 60, 30]
