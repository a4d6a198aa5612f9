"""Pages that a `Link` header leads to, and numbers that stand in headers: read to the end, and asked nowhere else."""

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.specs.model import Follow, Source
from app.storage import records
from tests.adapters.far import Far
from tests.adapters.test_polling import polling, source
from tests.domain import Domain


class Linked:
    """Five orders a page; the next one is at an address that only the page before tells."""

    def __init__(self, count: int, elsewhere: str = "") -> None:
        self.far = Far(self._say)
        self.elsewhere = elsewhere
        self._orders = [{"sn": f"o{n}", "state": 1, "pay": "1"} for n in range(count)]

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        query = {
            name: one[0] for name, one in parse_qs(urlsplit(self.far.heard[-1].line.split()[1]).query).items()
        }  # fmt: skip
        begin = int(query.get("after", "0"))
        headers = [f"X-Total: {len(self._orders)}"]
        if begin + 5 < len(self._orders):
            headers.append(f'Link: <{self.elsewhere}/orders?after={begin + 5}>; rel="next"')
        body = json.dumps({"list": self._orders[begin : begin + 5]}).encode()
        head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers])
        writer.write(head.encode() + b"\r\n\r\n" + body)


def _linked(port: int) -> Source:
    return replace(source(port), follow=Follow(pages="link", size=5))


async def test_the_pages_of_a_link_header_are_read_to_the_end(domain: Domain) -> None:
    shop = Linked(23)
    async with shop.far.serving() as far, polling(domain, _linked(far.port)) as poll:
        await poll.round()
    assert await records.counts(domain.database, "mall") == {"order": 23}
    asked = [one.line.split()[1] for one in shop.far.heard]
    assert asked == ["/orders?page=1&size=5", *(f"/orders?after={begin}" for begin in (5, 10, 15, 20))]


async def test_a_link_to_another_host_is_not_asked(domain: Domain) -> None:
    other = Linked(3)
    async with other.far.serving() as elsewhere:
        shop = Linked(23, f"http://127.0.0.1:{elsewhere.port}")
        async with shop.far.serving() as far, polling(domain, _linked(far.port)) as poll:
            with pytest.raises(BadDocument) as refused:
                await poll.round()
    assert refused.value.code == "link_elsewhere"
    assert other.far.connections == 0


async def test_the_number_of_all_may_stand_in_a_header(domain: Domain) -> None:
    shop = Linked(5)
    follow = Follow(pages="first-to-last", size=5, total="$headers.x-total")
    async with shop.far.serving() as far, polling(domain, replace(source(far.port), follow=follow)) as poll:
        await poll.round()
    assert len(shop.far.heard) == 1, "without the number another page would be asked, for this one is full"
