"""The copilot: off until it is set, asks a real endpoint of our own, and of a chat only what is masked ever leaves."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from zlib import crc32

import pytest

from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import Desk, World

SETTING = "/api/v1/copilot/endpoint"
KEY = "sk-very-secret-0042"  # pragma: allowlist secret


class Endpoint:
    """Answers as OpenAI's chat completions do, with what it is told to say; keeps every byte that came."""

    def __init__(self) -> None:
        self.came: list[bytes] = []
        self.says: Any = "Hello"
        self.status = 200
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> list[dict[str, str]]:
        """The messages of the last request."""
        messages: list[dict[str, str]] = json.loads(self.came[-1].partition(b"\r\n\r\n")[2])["messages"]
        return messages

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-l")
                )
                self.came.append(head + await reader.readexactly(size))
                said = self.says(self.asked) if callable(self.says) else self.says
                body = (
                    said
                    if isinstance(said, bytes)
                    else json.dumps({"choices": [{"message": {"content": said}}]}).encode()
                )
                writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (self.status, len(body)) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    one = Endpoint()
    server = await one.start()
    yield one
    server.close()


async def put(desk: Desk, world: World, endpoint: Endpoint, **changed: Any) -> Any:  # noqa: F811
    body = {"url": endpoint.url, "model": "small", "private": True, "key": KEY, **changed}
    return await desk.call("PUT", SETTING, cookie=world.owner, json=body)


async def ask(desk: Desk, world: World, **question: str) -> Any:  # noqa: F811
    path = f"/api/v1/conversations/{world.ann.conversation_id}/copilot"
    return await desk.call("POST", path, cookie=world.owner, json=question)


async def say(desk: Desk, world: World, text: str, **more: bool) -> None:  # noqa: F811
    cid = f"{crc32(text.encode()):032x}"
    path = f"/api/v1/conversations/{world.ann.conversation_id}/messages"
    answer = await desk.call(
        "POST", path, cookie=world.owner, headers={"idempotency-key": cid}, json={"text": text, **more}
    )
    assert answer.status_code in (200, 201), answer.text


async def test_it_is_off_until_an_administrator_sets_it(desk: Desk, world: World, endpoint: Endpoint) -> None:  # noqa: F811
    assert (await desk.call("GET", "/api/v1/copilot", cookie=world.north)).json() == {"on": False}
    refused = await ask(desk, world, task="draft")
    assert (refused.status_code, refused.json()["code"], endpoint.came) == (409, "copilot_off", [])
    set_ = await put(desk, world, endpoint)
    assert set_.json() == {"endpoint": {"url": endpoint.url, "model": "small", "private": True, "key": True}}
    assert (await desk.call("GET", "/api/v1/copilot", cookie=world.north)).json() == {"on": True}
    tried = await desk.call("POST", f"{SETTING}/test", cookie=world.owner, json={})
    assert tried.json()["ok"] is True
    assert f"Authorization: Bearer {KEY}".lower().encode() in endpoint.came[-1].lower()
    assert (await desk.call("DELETE", SETTING, cookie=world.owner)).status_code == 204
    assert (await ask(desk, world, task="draft")).status_code == 409


async def test_no_secret_of_a_chat_ever_arrives(desk: Desk, world: World, endpoint: Endpoint) -> None:  # noqa: F811
    await put(desk, world, endpoint)
    contact = await desk.database.read("SELECT name, email FROM contacts")
    secrets = ["13912345678", "jane.roe@example.org", "B20913447", "Roe", "hunter2", "6222021234567890", "文三路"]
    await say(desk, world, "I'm Jane Roe, jane.roe@example.org, 139 1234 5678, order B20913447, password: hunter2!")
    await say(desk, world, "卡号6222 0212 3456 7890，寄到杭州市西湖区文三路90号")
    endpoint.says = lambda asked: "Dear [NAME_1], mail [EMAIL_1] about [NUMBER_2]. " + str(len(asked))
    for task in ("draft", "summary", "answer"):
        answer = await ask(desk, world, task=task)
        assert answer.status_code == 200, answer.text
        assert answer.json()["masked"] >= 6 and "[NUMBER" not in answer.json()["text"]
    answer = await ask(desk, world, task="translate", text="Jane Roe, 13912345678, 6222021234567890")
    assert answer.status_code == 200 and len(endpoint.came) == 4
    everything = b"".join(endpoint.came).decode()
    bare = "".join(sign for sign in everything if sign.isalnum())
    for secret in [*secrets, *(str(one) for row in contact for one in row if one)]:
        assert secret not in everything and "".join(s for s in secret if s.isalnum()) not in bare, secret
    assert "Customer:" in everything or "Agent:" in everything


async def test_notes_of_colleagues_stay_here(desk: Desk, world: World, endpoint: Endpoint) -> None:  # noqa: F811
    await put(desk, world, endpoint)
    await say(desk, world, "We look into it")
    await say(desk, world, "difficult customer", note=True)
    await ask(desk, world, task="summary", language="zh")
    assert "We look into it" in endpoint.asked[1]["content"] and "difficult" not in endpoint.asked[1]["content"]
    assert "Simplified Chinese" in endpoint.asked[0]["content"]


async def test_articles_are_cited_and_a_number_that_was_not_given_is_none(
    desk: Desk,  # noqa: F811
    world: World,  # noqa: F811
    endpoint: Endpoint,
) -> None:
    await put(desk, world, endpoint)
    endpoint.says = "<think>hm [2]</think>Look at it [1], not [7]."
    answer = (await ask(desk, world, task="answer", text="Where is my parcel?")).json()
    assert answer["text"] == "Look at it [1], not [7]."
    assert [(one["number"], one["title"]) for one in answer["citations"]] == [(1, "Where is my parcel?")]
    assert "Look at **it**." in endpoint.asked[1]["content"]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (b"no json", 200, "copilot_answer"),
        (b'{"choices": []}', 200, "copilot_answer"),
        ("  ", 200, "copilot_silent"),
        ("Hello", 401, "copilot_refused"),
        ("Hello", 302, "copilot_unreached"),
        (b"x" * 300_000, 200, None),
    ],
)
async def test_an_endpoint_that_fails_is_told(
    desk: Desk,  # noqa: F811
    world: World,  # noqa: F811
    endpoint: Endpoint,
    said: Any,
    status: int,
    code: str | None,
) -> None:
    await put(desk, world, endpoint)
    endpoint.says, endpoint.status = said, status
    answer = await ask(desk, world, task="translate", text="Hello")
    assert answer.status_code in (400, 503), answer.text
    assert code is None or answer.json()["code"] == code


async def test_its_address_is_checked_and_its_key_stays_with_it(desk: Desk, world: World, endpoint: Endpoint) -> None:  # noqa: F811
    for url, private, code in (
        ("ftp://model.example.com", False, "copilot_address"),
        ("https://user:pass@model.example.com/v1", False, "copilot_address"),
        ("https://model.example.com/v1?x=1", False, "copilot_address"),
        ("http://model.example.com/v1", False, "copilot_plain"),
    ):
        answer = await put(desk, world, endpoint, url=url, private=private)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    await put(desk, world, endpoint)
    body = {"url": f"{endpoint.url}/chat/completions/", "model": "other", "private": True}
    assert (await desk.call("PUT", SETTING, cookie=world.owner, json=body)).json()["endpoint"]["key"] is True
    elsewhere = {"url": "https://other.example.com/v1", "model": "other"}
    assert (await desk.call("PUT", SETTING, cookie=world.owner, json=elsewhere)).json()["endpoint"]["key"] is False
    kept = [file.read_text() for file in desk.folder.rglob("copilot/*") if file.is_file()]
    assert kept == []


async def test_an_address_of_our_own_network_is_reached_only_where_that_was_said(
    desk: Desk,  # noqa: F811
    world: World,  # noqa: F811
    endpoint: Endpoint,
) -> None:
    await put(desk, world, endpoint, url=f"https://127.0.0.1:{endpoint.port}/v1", private=False)
    answer = await ask(desk, world, task="translate", text="Hello")
    assert (answer.status_code, answer.json()["code"], endpoint.came) == (503, "copilot_unreached", [])
