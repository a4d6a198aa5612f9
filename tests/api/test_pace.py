"""A visitor is counted once, whichever way he comes: by request, by twin, by poll, by socket."""

import pytest

from app.gateway.core import Peer
from app.model.errors import TooFast
from app.model.frames import Hello, Resume
from app.settings import Limits
from tests.api.desk import Desk, World

PATH = "/api/v1/visitor/conversations/{}/messages"
LIMITS = Limits(visitor_frames_burst=6, visitor_frames_per_second=0.1)


@pytest.mark.parametrize("limits", [LIMITS])
async def test_requests_and_sockets_of_a_visitor_share_one_bucket(desk: Desk, world: World) -> None:
    path = PATH.format(world.ann.conversation_id)
    opened = await desk.core.open(Peer("127.0.0.1"), Hello(token=world.ann.token))
    for _ in range(2):
        await desk.core.command(opened.principal, Resume(), "en")
    for _ in range(3):
        assert (await desk.call("GET", path, bearer=world.ann.token)).status_code == 200
    refused = await desk.call("GET", path, bearer=world.ann.token, headers={"accept-language": "zh-CN"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    assert (refused.json()["code"], refused.json()["retry_after_ms"]) == ("too_fast", 30_000)
    assert refused.json()["detail"].startswith("你的请求过于频繁")
    with pytest.raises(TooFast):
        await desk.core.command(opened.principal, Resume(), "en")
    assert (await desk.call("GET", PATH.format("0" * 26), bearer=world.ben.token)).status_code == 404


@pytest.mark.parametrize("limits", [LIMITS])
async def test_who_asks_again_and_again_who_he_is_is_counted_too(desk: Desk, world: World) -> None:
    asked = {"inbox": world.inbox_id, "token": world.ann.token}
    statuses = [(await desk.call("POST", "/api/v1/visitor/session", json=asked)).status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]
    assert (await desk.call("POST", "/api/v1/visitor/session", json={"inbox": world.inbox_id})).status_code == 200


@pytest.mark.parametrize("limits", [LIMITS])
async def test_after_his_rest_he_goes_on(desk: Desk, world: World) -> None:
    path = PATH.format(world.ann.conversation_id)
    while (await desk.call("GET", path, bearer=world.ann.token)).status_code == 200:
        pass
    desk.clock.advance(29)
    assert (await desk.call("GET", path, bearer=world.ann.token)).status_code == 429
    desk.clock.advance(1)
    assert (await desk.call("GET", path, bearer=world.ann.token)).status_code == 200
