"""Requests as the application sees them: paths, queries, fields, cookies, tokens and bodies, over the real rooms.

Written as in HTTP/1.1: a line `METHOD target`, fields, an empty line, the body. `@…@` stands for what only this
database knows: a cookie, a token, ids.
"""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from app.gateway.http1 import Head, parse_head
from app.model.errors import Problem
from app.settings import Settings
from app.storage.sqlite import SqliteDatabase
from tests.api.desk import Desk, furnish
from tests.clock import ManualClock
from tests.fuzz.watch import Fault, demand_discretion

_ANN, _OWNER = b"authorization: Bearer @ANN@\n", b"cookie: monodesk_session=@OWNER@\norigin: http://a\n"
_JSON = b"content-type: application/json\n"
_FIELDS_MAX = 40


def _asked(line: str, fields: bytes, body: object = b"") -> bytes:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return line.encode() + b"\n" + fields + b"\n" + encoded


class Requests:
    seeds = (
        _asked("GET /api/v1/conversations?view=all&limit=5&before=x", _OWNER),
        _asked("GET /api/v1/conversations/@CONVERSATION@/messages?before=9&limit=3", _OWNER),
        _asked("GET /api/v1/search?q=order%20%22a%22&before=", _OWNER),
        _asked("GET /api/v1/visitor/conversations/@CONVERSATION@/messages?limit=1", _ANN),
        _asked("POST /api/v1/visitor/poll", _ANN + _JSON, {"resume": {"convs": {"@CONVERSATION@": 1}}, "wait_ms": 0}),
        _asked("POST /api/v1/poll", _OWNER + _JSON, {"resume": {"epoch": "x", "pos": 1}, "wait_ms": 1}),
        _asked(
            "POST /api/v1/visitor/frames", _ANN + _JSON, {"t": "fetch", "conv": "@CONVERSATION@", "first": 1, "last": 2}
        ),
        _asked("POST /api/v1/frames", _OWNER + _JSON, {"t": "typing", "conv": "@CONVERSATION@", "on": True}),
        _asked("POST /api/v1/conversations/@CONVERSATION@/resolve", _OWNER + _JSON, {"reason": "done"}),
        _asked("PATCH /api/v1/contacts/@CONTACT@", _OWNER + _JSON, {"name": "A", "attributes": {"a": "b"}}),
        _asked("PATCH /api/v1/me", _OWNER + _JSON, {"language": "zh", "availability": "away"}),
        _asked(
            "POST /api/v1/inboxes", _OWNER + _JSON, {"name": "x", "origins": ["https://a.test"], "color": "#123456"}
        ),
        _asked("GET /api/v1/visitor/uploads/@UPLOAD@", _ANN + b"tus-resumable: 1.0.0\n"),
        _asked(
            "PATCH /api/v1/visitor/uploads/@UPLOAD@",
            _ANN + b"tus-resumable: 1.0.0\nupload-offset: 0\ncontent-type: application/offset+octet-stream\n",
            b"abc",
        ),
        _asked(
            "POST /api/v1/visitor/uploads",
            _ANN + b"tus-resumable: 1.0.0\nupload-length: 3\nupload-metadata: filename YS50eHQ=\n",
        ),
        _asked("POST /api/v1/visitor/files", _ANN + b"x-file-name: a%20b.txt\ncontent-type: text/plain\n", b"hello"),
        _asked("POST /api/v1/visitor/session", _JSON, {"inbox": "@INBOX@", "token": "@ANN@", "language": "en"}),
        _asked("GET /api/v1/session", b"cookie: a=b; monodesk_session=x\nsec-fetch-site: cross-site\n"),
        _asked("DELETE /api/v1/me/sessions/@UPLOAD@", _OWNER),
    )
    words = (
        _ANN,
        _OWNER,
        _JSON,
        b"@CONVERSATION@",
        b"@CONTACT@",
        b"@UPLOAD@",
        b"@INBOX@",
        b"/api/v1/",
        b"visitor/",
        b"%00",
        b"%ff",
        b"?q=",
        b"&limit=",
        b"&before=",
        b"-1",
        b"9223372036854775808",
        b'"',
        b"\\ud800",
        b"\\u0000",
        b"null",
        b"NEAR(",
        b"*",
        b" OR ",
        b"content-encoding: gzip\n",
        b"content-length: 9\n",
        b"upload-offset: ",
        b"upload-metadata: ",
        b"\xff",
        b"x-http-method-override: PATCH\n",
        b"idempotency-key: 00000000000000000000000000000000\n",
        b"accept-language: zh\n",
    )

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._build(Path(self._folder.name)))

    async def _build(self, folder: Path) -> None:
        clock = self._clock = ManualClock()
        settings = Settings(data=folder, durability="normal")
        await (await SqliteDatabase.open(folder / "monodesk.db", settings, clock, lambda events: None)).close()
        desk = self._desk = await Desk(folder, settings, clock).__aenter__()
        world = await furnish(desk)
        known = {
            "ANN": world.ann.token,
            "OWNER": world.owner,
            "CONVERSATION": world.ann.conversation_id,
            "CONTACT": world.ann.contact_id,
            "UPLOAD": world.ann.upload_id,
            "INBOX": world.inbox_id,
        }
        self._known = {f"@{name}@".encode(): value.encode() for name, value in known.items()}

    def close(self) -> None:
        self._loop.run_until_complete(self._desk.__aexit__(None, None, None))
        self._loop.close()
        self._folder.cleanup()

    def one(self, data: bytes) -> None:
        self._clock.advance(60)
        for placeholder, value in self._known.items():
            data = data.replace(placeholder, value)
        asked, _, body = data.partition(b"\n\n")
        line, *fields = asked.split(b"\n")[:_FIELDS_MAX]
        try:
            head = parse_head(b"\r\n".join((line + b" HTTP/1.1", b"host: a", *fields)), self._desk.settings.limits)
        except Problem:
            return  # the front has refused it before: targets/heads.py
        if b"password" not in body:  # hashing one takes a tenth of a second by design
            self._loop.run_until_complete(self._ask(head, body))

    async def _ask(self, head: Head, body: bytes) -> None:
        path, _, query = head.target.partition("?")
        said = [(name.encode(), value.encode("latin-1")) for name, value in head.fields]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": head.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": said,
            "client": ("127.0.0.1", 40_000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        told: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            told.append(message)

        await self._desk.api.application(scope, receive, send)
        self._look(told)

    def _look(self, told: list[dict[str, Any]]) -> None:
        if not told:
            return  # the client had left: a poll, or a body that did not come
        status = told[0]["status"]
        body = b"".join(message.get("body", b"") for message in told[1:])
        if status >= 500 and status != 503:
            raise Fault(f"{status}: {body.decode()}")
        if status >= 400:
            detail = json.loads(body)["detail"] if body else ""
            demand_discretion(detail)


TARGET = Requests()
