"""A mall as the preset `mall` asks it: orders by the time they changed, in pages, with a key."""

import asyncio
import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from tests.adapters.far import Far

KEY = "a-key-of-the-mall"
_PROBLEM = b"<html><h1>Down for maintenance</h1></html>"


class Mall:
    """`orders` are what it has; while it is `away` it shows a page to people."""

    def __init__(self, orders: list[dict[str, object]]) -> None:
        self.orders = orders
        self.away = False
        self.far = Far(self._say)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        heard = self.far.heard[-1]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(heard.line.split()[1]).query).items()}
        status, kind, body = self._answer(heard.headers, asked)
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)

    def _answer(self, headers: Mapping[str, str], asked: Mapping[str, str]) -> tuple[str, str, bytes]:
        if self.away:
            return "503 Service Unavailable", "text/html", _PROBLEM
        if headers.get("authorization") != f"Bearer {KEY}":
            return "401 Unauthorized", "application/json", b'{"code": "key", "message": "wrong key"}'
        after, before = asked.get("changed_after", ""), asked.get("changed_before", "9")
        found = [one for one in self.orders if after <= str(one["changed"]) <= before]
        number, size = int(asked.get("page", "1")), int(asked.get("page_size", "100"))
        page = found[(number - 1) * size : number * size]
        return "200 OK", "application/json", json.dumps({"total": len(found), "orders": page}).encode()
