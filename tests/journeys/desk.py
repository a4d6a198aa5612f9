"""A desk set up as a user would do it: the owner by the command line, everything else over REST."""

import http.client
import json
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from tests.journeys.appliance import ROOT

EMAIL, PASSWORD = "owner@example.com", "a long enough sentence"


class Desk:
    """Speaks REST with a running server over one connection that is kept."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._host = f"127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookie = cookie

    @classmethod
    def founded(cls, data: Path, port: int) -> "Desk":
        """With an owner, who is signed in."""
        command = [sys.executable, "-m", "app", "setup", "--data", str(data), "--email", EMAIL]
        subprocess.run(command, cwd=ROOT, input=f"{PASSWORD}\n".encode(), check=True, capture_output=True, timeout=60)
        desk = cls(port)
        desk.sign_in()
        return desk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def cookie(self) -> str:
        """By which it is signed in, as a request names it."""
        return self._cookie

    def sign_in(self) -> str:
        """A new session of the owner; its cookie."""
        self._cookie = ""
        self.ask("POST", "/api/v1/session", {"email": EMAIL, "password": PASSWORD})
        return self._cookie

    def inbox(self) -> str:
        """A new inbox; its id."""
        return str(self.ask("POST", "/api/v1/inboxes", {"name": "Shop"})["inbox"]["id"])

    def visitor(self, inbox: str) -> tuple[str, str]:
        """A new visitor: token and contact id."""
        told = self.ask("POST", "/api/v1/visitor/session", {"inbox": inbox})
        return str(told["token"]), str(told["contact_id"])

    def heads(self) -> dict[str, int]:
        """Every conversation that is worked on, and its staff_seq."""
        found: dict[str, int] = {}
        before = ""
        while True:
            told = self.ask("GET", f"/api/v1/conversations?view=all&limit=200{before}")
            found |= {row["conversation"]["id"]: row["conversation"]["staff_seq"] for row in told["conversations"]}
            if told["next"] is None:
                return found
            before = f"&before={told['next']}"

    def say(self, conv: str, text: str) -> None:
        """Write to a visitor."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        self.ask("POST", f"/api/v1/conversations/{conv}/messages", {"text": text, "files": [], "note": False}, key)

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Give a file to the server; what it became."""
        own = {"Origin": f"http://{self._host}", "Cookie": self._cookie, "Content-Type": "application/octet-stream"}
        response = self._answered("POST", "/api/v1/files", content, own | {"X-File-Name": quote(name)})
        told: dict[str, Any] = json.loads(response.read())
        assert response.status < 400, told
        return told

    def ask_raw(self, method: str, path: str, body: bytes, kind: str) -> Any:
        """One request whose body is no JSON; its JSON."""
        own = {"Content-Type": kind, "Origin": f"http://{self._host}", "Cookie": self._cookie}
        response = self._answered(method, path, body, own)
        told = json.loads(response.read())
        assert response.status < 400, told
        return told

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, more: dict[str, str] | None = None
    ) -> Any:
        """One request, `more` headers with it; its JSON, or an error that names what was refused."""
        own = {"Content-Type": "application/json", "Origin": f"http://{self._host}", "Cookie": self._cookie}
        headers = own | (more or {})
        text = None if body is None else json.dumps(body)
        response = self._answered(method, path, text, headers)
        answer = response.read()
        if response.status >= 400:
            raise AssertionError(f"{method} {path}: {response.status} {answer.decode()}")
        cookie = response.headers.get("Set-Cookie")
        if cookie:
            self._cookie = cookie.split(";")[0]
        return json.loads(answer) if answer else None

    def _answered(
        self, method: str, path: str, text: str | bytes | None, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        """The answer. The server ends a connection on which nothing was said for long; then a new one is opened."""
        try:
            self._connection.request(method, path, text, headers)
            return self._connection.getresponse()
        except ConnectionError:
            self._connection.close()
            self._connection.request(method, path, text, headers)
            return self._connection.getresponse()
