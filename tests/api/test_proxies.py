"""Behind proxies: each request is of the client that a trusted proxy names; a stranger's word changes nothing."""

import logging
from typing import Any

import pytest
from msgspec.structs import replace

from app.gateway.upstream import ADDRESSES, Addresses
from app.settings import Limits, Settings
from tests.api.desk import HOST, PASSWORD, Desk, World

ENDS = Addresses(("127.0.0.1", 1), ("127.0.0.1", 80), http2=True)
PROXY, CLIENT, STRANGER = "10.0.0.1", "203.0.113.7", "198.51.100.9"
FORGED = {
    "x-forwarded-for": "192.0.2.66",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    "forwarded": "for=192.0.2.67;proto=https;host=evil.example",
}
TOLD = {"x-forwarded-for": CLIENT, "x-forwarded-proto": "https", "x-forwarded-host": "shop.example"}
OWNER = {"email": "owner@desk.example", "password": PASSWORD}


@pytest.fixture
def desk_settings(desk_settings: Settings) -> Settings:
    """Behind one proxy, without a public URL; three new visitors from an address, then one a minute."""
    limits = Limits(visitors_burst=3, visitors_per_minute=1)
    return Settings(data=desk_settings.data, trusted_proxies=(PROXY,), limits=limits)


async def stored_address(desk: Desk, world: World, peer: str, headers: dict[str, str]) -> str:
    """What a new visitor's contact says of where he came from."""
    asked = {"inbox": world.inbox_id}
    answer = await desk.call_from(peer, "POST", "/api/v1/visitor/session", json=asked, headers=headers, own=False)
    told = await desk.call("GET", f"/api/v1/contacts/{answer.json()['contact_id']}", cookie=world.owner)
    return str(told.json()["contact"]["address"])


async def test_a_contacts_address_is_the_clients(desk: Desk, world: World) -> None:
    assert await stored_address(desk, world, STRANGER, FORGED) == STRANGER
    assert await stored_address(desk, world, PROXY, TOLD) == CLIENT
    assert await stored_address(desk, world, PROXY, {"forwarded": f'for="{CLIENT}:8080"'}) == CLIENT


async def test_a_log_line_names_the_client(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "monodesk")
    for peer, headers, address in ((STRANGER, FORGED, STRANGER), (PROXY, TOLD, CLIENT)):
        await desk.call_from(peer, "GET", "/api/v1/setup", headers=headers)
        assert caplog.records[-1].__dict__["address"] == address
    assert "evil.example" not in caplog.text


async def test_a_cookie_is_secure_where_the_client_speaks_https(desk: Desk, world: World) -> None:
    for peer, headers, secure in (
        (STRANGER, FORGED, False),
        (PROXY, TOLD, True),
        (PROXY, {**TOLD, "x-forwarded-proto": "http"}, False),
        (PROXY, {}, False),
    ):
        answer = await desk.call_from(
            peer, "POST", "/api/v1/session", json=OWNER, headers={"sec-fetch-site": "same-origin", **headers}
        )
        assert answer.status_code == 200
        assert ("secure" in answer.headers["set-cookie"].lower()) is secure


async def test_a_page_is_our_own_where_it_has_the_host_that_the_client_called(desk: Desk, world: World) -> None:
    for peer, headers, origin, status in (
        (STRANGER, FORGED, "https://evil.example", 403),
        (STRANGER, FORGED, f"http://{HOST}", 200),
        (PROXY, TOLD, "https://shop.example", 200),
        (PROXY, TOLD, "https://shop.example:443", 200),
        (PROXY, TOLD, f"http://{HOST}", 403),
    ):
        answer = await desk.call_from(
            peer, "PATCH", "/api/v1/me", json={}, cookie=world.owner, headers={**headers, "origin": origin}, own=False
        )
        assert answer.status_code == status, (headers, origin)


async def test_a_rate_limit_counts_the_client_and_not_who_he_says_he_is(desk: Desk, world: World) -> None:
    async def status(peer: str, headers: dict[str, str]) -> int:
        asked = {"inbox": world.inbox_id}
        return (
            await desk.call_from(peer, "POST", "/api/v1/visitor/session", json=asked, headers=headers, own=False)
        ).status_code

    forged = [await status(STRANGER, {"x-forwarded-for": f"192.0.2.{number}"}) for number in range(4)]
    assert forged == [200, 200, 200, 429]
    one = [await status(PROXY, {"x-forwarded-for": f"192.0.2.{number}, {CLIENT}"}) for number in range(4)]
    assert one == [200, 200, 200, 429]
    many = [await status(PROXY, {"x-forwarded-for": f"192.0.2.{number}"}) for number in range(4)]
    assert many == [200, 200, 200, 200]


@pytest.mark.parametrize(("public", "status"), [(True, 404), (False, 200)])
async def test_over_http_2_too_the_listener_for_visitors_hides_what_is_not_theirs(
    desk: Desk, world: World, public: bool, status: int
) -> None:
    """Heads of HTTP/2 pass the front unread, so the application knows by which listener they came."""
    at = replace(ENDS, public=public)
    assert (await over_http_2(desk, at, "/api/v1/me", world.owner))[0] == status
    assert (await over_http_2(desk, at, "/api/v1/nothing", world.owner))[0] == 404
    assert (await over_http_2(desk, at, "/api/v1/visitor/nothing", ""))[0] == 404
    assert (await over_http_2(desk, at, "/api/v1/visitor/files/" + world.ann.file_id, ""))[0] == 401


async def over_http_2(desk: Desk, at: Addresses, path: str, cookie: str) -> tuple[int, bytes]:
    """Status and body of a GET, as the HTTP server hands it to the application."""
    sent: list[Any] = []
    headers = [(b"host", HOST.encode()), (b"cookie", f"monodesk_session={cookie}".encode())]
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http",
        "http_version": "2", "root_path": "", "headers": headers, "client": ("127.0.0.1", 1), "state": {ADDRESSES: at},
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await desk.api.application(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def test_over_http_2_too_a_base_path_may_be_kept(empty: Desk) -> None:
    """`empty` has none, so there the same address is nowhere."""
    assert (await over_http_2(empty, ENDS, "/desk/api/v1/setup", ""))[0] == 404


class TestBelow:
    """With a base path."""

    @pytest.fixture
    def desk_settings(self, desk_settings: Settings) -> Settings:
        return replace(desk_settings, public_url="https://shop.example/desk")

    async def test_it_is_taken_away(self, desk: Desk) -> None:
        for path in ("/api/v1/setup", "/desk/api/v1/setup"):
            assert (await over_http_2(desk, ENDS, path, ""))[0] == 200
        assert (await over_http_2(desk, ENDS, "/desk/desk/api/v1/setup", ""))[0] == 404
