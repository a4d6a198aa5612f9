"""Who may hold a page of ours in a frame, and that a browser which knows the page learns when that changes."""

import asyncio

import pytest

from app.gateway.pages import fields_of
from app.web.assets import Asset
from tests.gateway.conftest import Desk
from tests.gateway.small_core import INBOX

SHOP, OTHER = "https://shop.example", "https://*.other.example:8443"


async def ancestors(desk: Desk, path: str) -> list[str] | None:
    """The sources of frame-ancestors in the policy of the page at `path`; None where there is no such rule."""
    answer = await (await desk.browser()).get(path)
    assert answer.status == 200
    assert answer.body == b"<!doctype html><title>chat</title>"
    assert "x-frame-options" not in answer.headers  # it knows no list, and browsers would heed the stricter one
    for rule in answer.headers["content-security-policy"].split("; "):
        name, *sources = rule.split(" ")
        if name == "frame-ancestors":
            return sources
    return None


async def test_the_chat_is_framed_by_the_sites_of_its_inbox_and_by_us(desk: Desk) -> None:
    desk.core.inboxes = {INBOX: (SHOP, OTHER), "any": ()}
    assert await ancestors(desk, f"/chat/{INBOX}") == ["'self'", SHOP, OTHER]
    assert await ancestors(desk, f"/chat/{INBOX}?embed=1&lang=zh") == ["'self'", SHOP, OTHER]
    assert await ancestors(desk, f"/chat/{INBOX}/x") == ["'self'", SHOP, OTHER]  # the page takes the first part too
    assert await ancestors(desk, "/chat/any") is None
    assert await ancestors(desk, "/chat/unknown") is None


async def test_an_address_that_names_no_inbox_is_ours_alone(desk: Desk) -> None:
    for path in ("/", "/support/chat/x", "chat/x", ""):
        assert await desk.front.sites.of_page(path) is None


async def test_a_change_holds_at_once_for_who_knows_the_page_already(desk: Desk) -> None:
    browser = await desk.browser()
    known = (await browser.get(f"/chat/{INBOX}")).headers["etag"]
    assert (await browser.get(f"/chat/{INBOX}", if_none_match=known)).status == 304
    desk.core.inboxes[INBOX] = (SHOP,)
    again = await browser.get(f"/chat/{INBOX}", if_none_match=known)
    assert again.status == 304
    assert again.headers["content-security-policy"].endswith(f"; frame-ancestors 'self' {SHOP}")


async def test_what_the_core_said_last_holds_while_it_is_away(desk: Desk) -> None:
    desk.core.inboxes = {INBOX: (SHOP,), "any": (), "new": ()}
    assert await ancestors(desk, f"/chat/{INBOX}") == ["'self'", SHOP]
    assert await ancestors(desk, "/chat/any") is None
    desk.core.away = True
    assert await ancestors(desk, f"/chat/{INBOX}") == ["'self'", SHOP]
    assert await ancestors(desk, "/chat/any") is None
    assert await ancestors(desk, "/chat/new") == ["'self'"]  # never asked for: nobody else, until the core is back


async def test_an_inbox_that_does_not_exist_leaves_nothing_behind(desk: Desk) -> None:
    browser = await desk.browser()
    for number in range(50):
        await browser.get(f"/chat/{number}")
    assert desk.front.sites._known == {}


async def test_requests_behind_a_page_that_waits_for_the_core_are_answered_in_order(desk: Desk) -> None:
    desk.core.gate.clear()
    browser = await desk.browser()
    one = b"GET %s HTTP/1.1\r\nhost: d\r\n\r\n"
    browser.writer.write(one % b"/healthz" + one % f"/chat/{INBOX}".encode() + one % b"/widget.js")
    assert (await browser.response()).body == b"ok\n"
    waiting = asyncio.ensure_future(browser.response())
    other = await desk.browser()
    assert (await other.get("/healthz")).body == b"ok\n"
    assert not waiting.done()
    desk.core.gate.set()
    assert (await waiting).body == b"<!doctype html><title>chat</title>"
    assert (await browser.response()).body == b"widget()"


async def test_a_client_that_leaves_while_its_page_waits_harms_nobody(desk: Desk) -> None:
    desk.core.gate.clear()
    browser = await desk.browser()
    browser.writer.write(f"GET /chat/{INBOX} HTTP/1.1\r\nhost: d\r\n\r\n".encode())
    await (await desk.browser()).get("/healthz")
    browser.writer.transport.abort()
    await (await desk.browser()).get("/healthz")
    desk.core.gate.set()
    assert await ancestors(desk, f"/chat/{INBOX}") is None


@pytest.mark.parametrize(
    "site",
    [
        "https://商店.example",
        "https://[::1]",
        "*",
        "https:",
        "https://x/;",
        "https://x; script-src *",
        "https://a\r\nb: c",
        "",
    ],
)
def test_what_is_no_site_never_reaches_the_header(site: str) -> None:
    chat = Asset("chat", "text/html; charset=utf-8", "tag", {"": b""})
    policy = fields_of(chat, "", "d", secure=False, sites=(site, SHOP))["content-security-policy"]
    assert policy.endswith(f"; frame-ancestors 'self' {SHOP}")


@pytest.mark.parametrize(
    ("host", "secure", "opener"),
    [
        ("desk.example", True, "same-origin"),
        ("127.0.0.1:8080", False, "same-origin"),
        ("localhost", False, "same-origin"),
        ("desk.lan:8080", False, None),
        ("127.0.0.1.evil.example", False, None),
    ],
)
def test_the_opener_is_cut_off_where_a_browser_heeds_it(host: str, secure: bool, opener: str | None) -> None:
    console = Asset("console", "text/html; charset=utf-8", "tag", {"": b""})
    assert fields_of(console, "", host, secure=secure).get("cross-origin-opener-policy") == opener


async def test_a_defect_behind_the_page_is_answered_and_the_connection_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(inbox_id: str) -> tuple[str, ...]:
        raise RuntimeError("sites")

    monkeypatch.setattr(desk.core, "sites", broken)
    browser = await desk.browser()
    answer = await browser.get(f"/chat/{INBOX}")
    assert (answer.status, answer.json()["code"]) == (500, "internal")
    assert (await browser.get("/healthz")).status == 200
