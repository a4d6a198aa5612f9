"""One chat over a real port, as two people have it: the visitor writes, the agent takes it and answers, he reads."""

import http.client
import json
import secrets
from collections.abc import Mapping
from typing import Any

from websockets.sync.client import connect

EMAIL = "ann@shop.example"
PASSWORD = "correct horse battery staple"
_SECONDS_MAX = 90.0


class Desk:
    """The server at a port of 127.0.0.1, spoken to as an agent who signed in and as visitors."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookie = ""
        self.inbox = ""

    @property
    def cookie(self) -> str:
        """What proves who signed in."""
        return self._cookie

    def sign_in(self) -> None:
        """As the owner that `setup --email` made; finds the inbox that was made with him."""
        self.sign_in_as(EMAIL, PASSWORD)

    def sign_in_as(self, email: str, password: str) -> None:
        """As another owner."""
        answer, cookies = self._call("POST", "/api/v1/session", {"email": email, "password": password})
        assert answer["agent"], answer
        self._cookie = cookies
        self.inbox = self._call("GET", "/api/v1/inboxes")[0]["inboxes"][0]["id"]

    def new_visitor(self) -> str:
        """The token of one who has never been here."""
        token: str = self._call("POST", "/api/v1/visitor/session", {"inbox": self.inbox})[0]["token"]
        return token

    def answered_chat(self, text: str, reply: str) -> tuple[str, str]:
        """A visitor writes `text`, the agent answers `reply`, the visitor reads it; his token and the conversation."""
        token = self.new_visitor()
        with connect(f"ws://127.0.0.1:{self._port}/ws", open_timeout=_SECONDS_MAX) as socket:
            socket.send(json.dumps({"t": "hello", "inbox": self.inbox, "token": token}))
            socket.send(json.dumps({"t": "resume"}))
            socket.send(json.dumps({"t": "send", "cid": secrets.token_hex(16), "text": text}))
            frames = (json.loads(socket.recv(timeout=_SECONDS_MAX)) for _ in iter(int, 1))
            conversation: str = next(frame["conv"] for frame in frames if frame["t"] == "ack")
            self._call("POST", f"/api/v1/conversations/{conversation}/take", {})
            self._call("POST", f"/api/v1/conversations/{conversation}/messages", {"text": reply})
            assert next(frame for frame in frames if frame["t"] == "msg" and frame.get("text") == reply)
        return token, conversation

    def health(self) -> dict[str, Any]:
        """What the server finds when it examines itself, by the ids of its checks."""
        return {finding["id"]: finding for finding in self._call("GET", "/api/v1/health")[0]["findings"]}

    def conversations(self, token: str) -> list[str]:
        """Those of a visitor."""
        answer = self._call("POST", "/api/v1/visitor/session", {"inbox": self.inbox, "token": token})[0]
        return [thread["conv"] for thread in answer["threads"]]

    def status(self, path: str) -> int:
        """How one GET is answered; 0 where nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_SECONDS_MAX)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionRefusedError:
            return 0
        finally:
            connection.close()

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> tuple[Any, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_SECONDS_MAX)
        headers = {"Idempotency-Key": secrets.token_hex(16), "Origin": self._origin(), "Cookie": self._cookie}
        if path.startswith("/api/v1/visitor") or not self._cookie:
            del headers["Cookie"]
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), headers)
            response = connection.getresponse()
            content = response.read()
            assert response.status < 300, f"{method} {path}: {response.status} {content!r}"
            cookies = "; ".join(one.partition(";")[0] for one in response.headers.get_all("Set-Cookie") or [])
            return json.loads(content or b"{}"), cookies
        finally:
            connection.close()

    def _origin(self) -> str:
        return "http://127.0.0.1" if self._port == 80 else f"http://127.0.0.1:{self._port}"
