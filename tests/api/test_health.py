"""What machines ask: alive, ready, figures."""

import pytest

from app.model.errors import Unavailable
from tests.api.desk import Desk, World


async def test_a_process_that_answers_is_alive(desk: Desk) -> None:
    answer = await desk.call("GET", "/healthz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_a_head_request_is_answered_like_get(desk: Desk) -> None:
    assert (await desk.call("HEAD", "/healthz")).status_code == 200


async def test_ready_is_proven_by_a_write_at_most_every_few_seconds(desk: Desk) -> None:
    async def checked_at() -> int:
        rows = await desk.database.read("SELECT value FROM meta WHERE key = 'write_checked_at'")
        return int(str(rows[0][0]))

    assert (await desk.call("GET", "/readyz")).json() == {"ready": True}
    first = await checked_at()
    desk.clock.advance(desk.settings.limits.ready_seconds - 1)
    await desk.call("GET", "/readyz")
    assert await checked_at() == first
    desk.clock.advance(1)
    await desk.call("GET", "/readyz")
    assert await checked_at() > first


async def test_a_server_whose_doors_are_not_all_open_is_not_ready(desk: Desk) -> None:
    desk.starting = True
    answer = await desk.call("GET", "/readyz", headers={"accept-language": "zh"})

    assert (answer.status_code, answer.json()["code"]) == (503, "starting")
    assert answer.json()["detail"].startswith("服务器正在启动")


async def test_a_server_on_its_way_down_is_not_ready(desk: Desk) -> None:
    desk.draining = True
    answer = await desk.call("GET", "/readyz")

    assert (answer.status_code, answer.json()["code"]) == (503, "draining")


async def test_a_database_that_takes_no_write_is_not_ready_and_says_why(desk: Desk) -> None:
    await desk.database.close()
    answer = await desk.call("GET", "/readyz", headers={"accept-language": "zh"})

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unwritable")
    with pytest.raises(Unavailable) as refused:
        await desk.database.write(lambda tx: tx.execute("SELECT 1"))
    assert refused.value.zh in answer.json()["detail"]


async def test_requests_are_counted_by_route_and_never_by_address(desk: Desk, world: World) -> None:
    await desk.call("GET", f"/api/v1/conversations/{world.ann.conversation_id}", cookie=world.owner)
    await desk.call("GET", "/no/such/secret-path")
    answer = await desk.call("GET", "/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    page = answer.text
    assert 'monodesk_http_requests_total{route="/api/v1/conversations/{id}",status="200"} 1.0' in page
    assert 'monodesk_http_requests_total{route="-",status="404"} 1.0' in page
    assert "monodesk_polls_open 0.0" in page
    assert world.ann.conversation_id not in page
    assert "secret-path" not in page
