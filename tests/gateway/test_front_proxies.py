"""Behind proxies: what they tell of the client counts for all that the front answers; from others it is nothing."""

import pytest

from app.settings import Settings
from tests.gateway.client import Closed
from tests.gateway.conftest import Desk

CLIENT = "203.0.113.7"
TOLD = {"x_forwarded_for": CLIENT, "x_forwarded_proto": "https", "x_forwarded_host": "shop.example"}
AS_TOLD = {name.replace("_", "-"): value for name, value in TOLD.items()}
BEHIND = Settings(trusted_proxies=("127.0.0.1",))
ELSEWHERE = Settings(trusted_proxies=("192.0.2.0/24",))


@pytest.mark.parametrize("desk", [Settings(), ELSEWHERE], indirect=True)
async def test_a_forged_header_changes_nothing(desk: Desk) -> None:
    socket = await desk.socket(**AS_TOLD, Forwarded=f"for={CLIENT};proto=https;host=shop.example")
    await socket.greet("v" * 26)
    peer = desk.core.peers[-1]
    assert (peer.address, peer.host, peer.secure) == ("127.0.0.1", f"127.0.0.1:{desk.port}", False)
    with pytest.raises(Closed) as refused:
        await desk.socket(**AS_TOLD, Origin="https://shop.example")
    assert refused.value.code == 403
    page = await (await desk.browser()).get("/", **TOLD)
    assert "shop.example" not in page.headers["content-security-policy"]
    assert "cross-origin-opener-policy" not in page.headers
    await (await desk.browser()).get("/api/v1/files/" + "f" * 26, cookie="x=y", **TOLD)
    assert desk.core.peers[-1].address == "127.0.0.1"


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_what_a_trusted_proxy_tells_is_the_client(desk: Desk) -> None:
    socket = await desk.socket(**AS_TOLD, Origin="https://shop.example")
    await socket.greet("v" * 26)
    peer = desk.core.peers[-1]
    assert (peer.address, peer.host, peer.secure) == (CLIENT, "shop.example", True)
    with pytest.raises(Closed) as refused:
        await desk.socket(**AS_TOLD, Origin=f"http://127.0.0.1:{desk.port}")
    assert refused.value.code == 403
    page = await (await desk.browser()).get("/", **TOLD)
    assert "wss://shop.example" in page.headers["content-security-policy"]
    assert "cross-origin-opener-policy" in page.headers


@pytest.mark.parametrize("desk", [BEHIND], indirect=True)
async def test_many_clients_come_over_one_connection_of_a_proxy(desk: Desk) -> None:
    proxy = await desk.browser()
    path = "/api/v1/files/" + "f" * 26
    for number in range(3):
        await proxy.get(path, cookie="x=y", x_forwarded_for=f"{CLIENT[:-1]}{number}")
        assert desk.core.peers[-1].address == f"{CLIENT[:-1]}{number}"
    await proxy.get(path, cookie="x=y")
    assert desk.core.peers[-1].address == "127.0.0.1"
