"""A shop's server: orders in pages, and lies where it is told to."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

from tests.adapters.far import Far


class Shop:
    """Orders in pages; answers what `lies` has first, in order: a status, and bytes."""

    def __init__(self, count: int) -> None:
        self.orders: list[dict[str, object]] = [
            {
                "sn": f"o{n}",
                "state": 1 + n % 3,
                "pay": f"{n}.50",
                "when": "2026-01-02 03:04:05",
                "phone": f"1380000{n:04}",
            }
            for n in range(count)
        ]
        self.lies: list[tuple[str, bytes]] = []
        self.asked: list[dict[str, str]] = []
        self.answer = b""  # instead of a page, where there is one
        self.far = Far(self._say)

    def page(self, number: int) -> bytes:
        """Ten orders with the number of all."""
        here = self.orders[(number - 1) * 10 : number * 10]
        return json.dumps({"total": len(self.orders), "list": here}).encode()

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        heard = self.far.heard[-1]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(heard.line.split()[1]).query).items()}
        self.asked.append(asked)
        status, body = self.lies.pop(0) if self.lies else ("200 OK", self.answer or self.page(int(asked["page"])))
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
