"""What a browser is told to forbid, with every answer of the running server: pages, built files, API, refusals."""

import gzip
import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.certificates.page import RootPages
from tests.journeys.appliance import Appliance

DIST = Path(__file__).parents[2] / "app" / "web" / "dist"
INBOX = "demo0000000000000000000000"
CONSOLE = (
    "/",
    "/sign-in",
    "/docs/en/start",
    "/docs/zh/network",
    "/setup",
    "/settings",
    "/settings/inboxes",
    "/kit",
    "/c/01hx",
)
# Pages that rooms of their own answer; whatever they answer now, it is held to the same.
OTHERS = ("/docs", "/help", "/certificate", "/nowhere", "/api", "/api/v1/nothing", "/assets/none.js", "/favicon.ico")
DATA = "default-src 'none'; frame-ancestors 'none'"

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    server = Appliance(tmp_path_factory.mktemp("headers") / "data", options=("--demo",))
    server.start()
    yield server
    server.kill()


def ask(server: Appliance, path: str, method: str = "GET", **fields: str) -> Answer:
    """Status, header fields and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def raw(server: Appliance, request: bytes) -> dict[str, str]:
    """The header fields of the answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request)
        head = b""
        while b"\r\n\r\n" not in head and (part := connection.recv(65_536)):
            head += part
    lines = head.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def policy_of(fields: dict[str, str]) -> dict[str, list[str]]:
    """The rules of a content security policy by name."""
    rules = [rule.split() for rule in fields["content-security-policy"].split(";")]
    return {name: sources for name, *sources in rules}


def check(fields: dict[str, str], where: str) -> None:
    """What holds for every answer, whatever it is."""
    assert fields["x-content-type-options"] == "nosniff", where
    assert fields["cross-origin-resource-policy"] == "same-origin", where
    assert not [name for name in fields if name.startswith("access-control-")], where
    if fields["content-type"].startswith("text/html"):
        check_page(fields, where)


def check_page(fields: dict[str, str], where: str) -> None:
    """No code but from files of ours, no word to another host, no frame of ours elsewhere (the chat is apart)."""
    policy = policy_of(fields)
    assert policy["default-src"] == ["'none'"], where
    assert policy.get("script-src", ["'none'"]) in (["'self'"], ["'none'"]), where
    assert policy["base-uri"] == ["'none'"], where
    assert policy["form-action"] in (["'self'"], ["'none'"]), where
    assert "unsafe" not in fields["content-security-policy"], where
    hosts = set(re.findall(r"//([\w.:-]+)", fields["content-security-policy"]))
    assert all(host.startswith("127.0.0.1:") for host in hosts), where
    assert "*" not in fields["content-security-policy"], where
    assert fields["referrer-policy"] in ("same-origin", "no-referrer"), where
    if "script-src" in policy:
        assert "camera=()" in fields["permissions-policy"], where
    if not where.startswith("/chat/"):
        assert policy["frame-ancestors"] == ["'none'"], where
        assert fields["x-frame-options"] == "DENY", where


def test_the_console_and_the_shop_are_framed_by_nobody(server: Appliance) -> None:
    for path in (*CONSOLE, "/demo"):
        for method in ("GET", "HEAD"):
            status, fields, _ = ask(server, path, method)
            assert (status, fields["content-type"]) == (200, "text/html; charset=utf-8"), path
            check(fields, path)
    fields = ask(server, "/")[1]
    assert fields["cross-origin-opener-policy"] == "same-origin"
    assert policy_of(fields)["require-trusted-types-for"] == ["'script'"]
    assert policy_of(fields)["trusted-types"] == ["'none'"]


def test_the_chat_holds_to_the_rest(server: Appliance) -> None:
    for path in (f"/chat/{INBOX}", f"/chat/{INBOX}?embed=1", "/chat/unknown"):
        _, fields, _ = ask(server, path)
        check(fields, path)
        assert "frame-ancestors" not in policy_of(fields)  # the demo's inbox names no site
        assert policy_of(fields)["require-trusted-types-for"] == ["'script'"]


def test_a_page_that_is_known_already_is_told_the_same(server: Appliance) -> None:
    _, before, _ = ask(server, "/")
    status, after, body = ask(server, "/", if_none_match=before["etag"])
    assert (status, body) == (304, b"")
    assert {name: after[name] for name in after if name != "date"}.items() <= before.items()


def test_every_built_file_says_what_it_is(server: Appliance) -> None:
    names = [path.name for path in (DIST / "assets").iterdir() if path.suffix not in (".br", ".gz")]
    assert len(names) > 10
    for name in names:
        status, fields, _ = ask(server, f"/assets/{name}")
        assert status == 200, name
        check(fields, name)
        if name.endswith(".svg"):  # a page when it is opened by itself
            assert policy_of(fields)["default-src"] == ["'none'"]
            assert "script-src" not in policy_of(fields)


def test_the_loader_alone_is_for_other_sites(server: Appliance) -> None:
    _, fields, _ = ask(server, "/widget.js")
    assert fields["cross-origin-resource-policy"] == "cross-origin"
    assert fields["access-control-allow-origin"] == "*"
    assert fields["x-content-type-options"] == "nosniff"


def test_every_route_of_the_api_says_that_it_is_no_page(server: Appliance) -> None:
    cookie = signed_in(server)
    page = msgspec.json.decode(ask(server, "/api/openapi.json")[2], type=dict[str, Any])
    calls = [(path, method.upper()) for path, methods in page["paths"].items() for method in methods]
    assert len(calls) > 30
    seen: set[int] = set()
    for path, method in sorted(calls, key=lambda call: call[1] == "DELETE"):
        for proof in ({}, {"cookie": cookie, "origin": server.url}, {"origin": "https://evil.example"}):
            status, fields, body = ask(server, path.replace("{id}", INBOX), method, **proof)
            where = f"{method} {path} {proof} {status}"
            seen.add(status)
            if status != 204:
                check(fields, where)
                assert not fields["content-type"].startswith("text/html"), where
                assert not body.lstrip().startswith(b"<"), where
            assert fields["content-security-policy"] == DATA, where
            assert fields["referrer-policy"] == "no-referrer", where
    assert {200, 204, 400, 401, 403, 404} <= seen


def test_the_page_of_our_own_authority_holds_to_it_too(tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_text("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    for target in ("", "?language=zh", "/style.css", "/monodesk-root.crt"):
        page = RootPages(root).find(f"/certificate{target}", "en")
        assert page is not None
        check(page.fields, f"/certificate{target}")
        assert b"<script" not in page.body
        assert b" style=" not in page.body
        assert not re.search(rb"\son\w+=", page.body)


def test_whatever_else_is_asked_for_holds_to_it_too(server: Appliance) -> None:
    for path in OTHERS:
        _, fields, _ = ask(server, path)
        check(fields, path)


@pytest.mark.parametrize(("asked", "language"), [("zh-CN,zh;q=0.9", "zh"), ("en-GB", "en"), ("fr", "en")])
def test_the_manual_begins_in_the_readers_language(server: Appliance, asked: str, language: str) -> None:
    status, fields, _ = ask(server, "/docs", accept_language=asked)
    assert (status, fields["location"]) == (302, f"docs/{language}/start")
    assert fields["vary"] == "accept-language"
    status, fields, body = ask(server, f"/docs/{language}/start", accept_encoding="gzip")
    assert (status, fields["content-encoding"]) == (200, "gzip")
    assert f'lang="{language}'.encode() in gzip.decompress(body)
    assert "frame-ancestors" in policy_of(fields)


def test_refusals_of_the_door_say_it_too(server: Appliance) -> None:
    one = b"Host: 127.0.0.1\r\n"
    for request in (
        b"GET / HTTP/9\r\n" + one + b"\r\n",
        b"GET / HTTP/1.1\r\n" + one + b"X: " + b"x" * 40_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + one + b"\r\n",
        b"POST /healthz HTTP/1.1\r\n" + one + b"\r\n",
        b"GET /healthz HTTP/1.1\r\n" + one + b"\r\n",
        b"GET /ws HTTP/1.1\r\n" + one + b"\r\n",
        b"GET /api/v1/files/" + INBOX.encode() + b" HTTP/1.1\r\n" + one + b"\r\n",
        b"GET /api/v1/visitor/files/" + INBOX.encode() + b" HTTP/1.1\r\n" + one + b"\r\n",
    ):
        fields = raw(server, request)
        check(fields, request[:40].decode())
        assert fields["content-security-policy"] == DATA


def signed_in(server: Appliance) -> str:
    """The cookie of the demo's owner, by the link that the server printed."""
    token = server.demo_link("周可").partition("demo=")[2]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        body = msgspec.json.encode({"token": token})
        connection.request("POST", "/api/v1/session/demo", body, {"content-type": "application/json"})
        return (connection.getresponse().getheader("set-cookie") or "").partition(";")[0]
    finally:
        connection.close()
