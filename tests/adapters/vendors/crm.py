"""A CRM that speaks as Salesforce's REST API does, small: OAuth, SOQL of the shape that is asked here, PATCH.

It knows no other parameter, object or field; a token ends after `calls_a_token` calls; a page holds fewer records than
might be, its next one is led to by a locator that can be forgotten; more than 60 calls a second are too many.
"""

import asyncio
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.adapters.far import Far

_FIELDS = {
    "Case": {"Id", "CaseNumber", "Subject", "Description", "Status", "Priority", "Contact.Email", "SystemModstamp"},
    "Contact": {
        "Id", "Name", "Phone", "MobilePhone", "Email", "Title", "Account.Name", "Description", "CreatedDate",
        "SystemModstamp",
    },
    "CaseComment": {
        "Id", "CommentBody", "CreatedBy.Name", "CreatedDate", "Parent.CaseNumber", "Parent.Contact.Name",
        "Parent.Contact.Email", "Parent.Contact.MobilePhone", "SystemModstamp",
    },
}  # fmt: skip
_QUERY = re.compile(
    r"SELECT ([\w., ]+) FROM (\w+) WHERE SystemModstamp >= (\S+Z) AND SystemModstamp < (\S+Z)"
    r" ORDER BY SystemModstamp, Id"
)
_PER_SECOND = 60
Answered = tuple[int, Any]


class Crm:
    """`things` by object: flat records, `Contact.Email` and the like among them."""

    def __init__(self, client: str = "3MVG9", secret: str = "s&cret=1", page: int = 4) -> None:
        self.client, self.secret, self.page = client, secret, page
        self.things: dict[str, list[dict[str, Any]]] = {name: [] for name in _FIELDS}
        self.refused: list[str] = []
        self.patched: list[tuple[str, dict[str, Any]]] = []
        self.tokens = 0
        self.calls_a_token = 9
        self.down = False
        self._left: dict[str, int] = {}
        self._locators: dict[str, list[dict[str, Any]]] = {}
        self._times: list[float] = []
        self.far = Far(self._say)

    def forget_locators(self) -> None:
        """As a server that is restarted does."""
        self._locators.clear()

    def put(self, name: str, **fields: Any) -> None:
        """Make or change one; it has changed just now unless it says when."""
        fields.setdefault("SystemModstamp", stamp(0))
        others = [one for one in self.things[name] if one["Id"] != fields["Id"]]
        before = next((one for one in self.things[name] if one["Id"] == fields["Id"]), {})
        self.things[name] = [*others, {**dict.fromkeys(_FIELDS[name]), **before, **fields}]

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        status, told = self._answer()
        body = b"" if told is None else json.dumps(told).encode()
        if self.down:
            status, body = 200, b"<html><title>Maintenance</title></html>"
        if status >= 400:
            self.refused.append(body.decode())
        head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: {len(body)}"
        writer.write(head.encode() + b"\r\n\r\n" + body)

    def _answer(self) -> Answered:
        heard = self.far.heard[-1]
        method, target, _ = heard.line.split()
        parts = urlsplit(target)
        asked = dict(parse_qsl(parts.query))
        self._times = [*(one for one in self._times if one > time.monotonic() - 1), time.monotonic()]
        if len(self._times) > _PER_SECOND:
            return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if (method, parts.path) == ("POST", "/services/oauth2/token"):
            return self._token(dict(parse_qsl(heard.body.decode())))
        token = heard.headers.get("authorization", "").removeprefix("Bearer ")
        if self._left.get(token, 0) <= 0:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self._left[token] -= 1
        if method == "PATCH":
            return self._patch(parts.path, json.loads(heard.body))
        base = "/services/data/v60.0/query"
        if parts.path == base and set(asked) == {"q"}:
            return self._query(asked["q"])
        if parts.path.startswith(f"{base}/") and not asked:
            return self._more(parts.path)
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _token(self, asked: dict[str, str]) -> Answered:
        if asked != {"grant_type": "client_credentials", "client_id": self.client, "client_secret": self.secret}:
            return 400, {"error": "invalid_client", "error_description": "invalid client credentials"}
        self.tokens += 1
        self._left[f"00D!{self.tokens}"] = self.calls_a_token
        return 200, {"access_token": f"00D!{self.tokens}", "instance_url": "", "token_type": "Bearer"}

    def _query(self, text: str) -> Answered:
        found = _QUERY.fullmatch(text)
        if found is None or {one.strip() for one in found[1].split(",")} - _FIELDS.get(found[2], set()):
            return _error(400, "MALFORMED_QUERY", f"unexpected token: {text}")
        since, until = (datetime.fromisoformat(found[at]) for at in (3, 4))
        inside = [one for one in self.things[found[2]] if since <= _moment(one) < until]
        here = sorted(inside, key=lambda one: (one["SystemModstamp"], one["Id"]))
        return self._page(found[2], here, len(here))

    def _more(self, path: str) -> Answered:
        if path not in self._locators:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        name, here, total = self._locators[path][0]["name"], self._locators[path][1:], self._locators[path][0]["total"]
        return self._page(name, here, total)

    def _page(self, name: str, here: list[dict[str, Any]], total: int) -> Answered:
        answer: dict[str, Any] = {"totalSize": total, "done": len(here) <= self.page}
        answer["records"] = [{"attributes": {"type": name}, **_nested(one)} for one in here[: self.page]]
        if not answer["done"]:
            path = f"/services/data/v60.0/query/01g{len(self._locators)}-{self.page}"
            self._locators[path] = [{"name": name, "total": total}, *here[self.page :]]
            answer["nextRecordsUrl"] = path
        return 200, answer

    def _patch(self, path: str, said: dict[str, Any]) -> Answered:
        base, _, case = path.rpartition("/")
        if base != "/services/data/v60.0/sobjects/Case" or not any(one["Id"] == case for one in self.things["Case"]):
            return _error(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible")
        if set(said) != {"Status"}:
            return _error(400, "INVALID_FIELD", "No such column")
        self.patched.append((case, said))
        self.put("Case", Id=case, SystemModstamp=stamp(0), **said)
        return 204, None


def _nested(record: dict[str, Any]) -> dict[str, Any]:
    """`Contact.Email` as `Contact: {Email}`."""
    made: dict[str, Any] = {}
    for name, value in record.items():
        *outer, last = name.split(".")
        inner = made
        for one in outer:
            inner = inner.setdefault(one, {"attributes": {"type": one}})
        inner[last] = value
    return made


def _moment(record: dict[str, Any]) -> datetime:
    return datetime.strptime(record["SystemModstamp"], "%Y-%m-%dT%H:%M:%S.%f%z")


def _error(status: int, code: str, message: str) -> Answered:
    return status, [{"message": message, "errorCode": code}]


def stamp(seconds_ago: float) -> str:
    """A time as it writes it."""
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1_000:03}+0000"
