"""A shop that lends tokens and ends them: orders come, one token for all, and the one that is used up is replaced."""

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs

from app.adapters.proving.secrets import Vault
from tests.adapters.far import Far, answer
from tests.adapters.test_engine import joined, put, until, until_orders, vault
from tests.domain import Domain

SPEC = """\
source: mall
title: Mall
allow: ["127.0.0.1:%(port)d"]
secrets: {refresh: vault:mall-refresh}
call:
  get: http://127.0.0.1:%(port)d/orders
  headers: {Authorization: "Bearer ${token}"}
  retry: {times: 0, wait: 1s..1s}
  token:
    call: {post: "http://127.0.0.1:%(port)d/token", form: {refresh_token: $refresh}}
    at: access_token
    seconds: expires_in
    keep: {refresh: refresh_token}
records: {at: list.order, id: sn, lists: [list.order]}
follow: {every: 100ms}
map: {id: sn, total: {from: pay, as: money}}
deliver: {to: orders}
"""


class Lender:
    """Lends `t1`, `t2`… for an hour; `good` is the one that holds. Its orders are XML in GBK."""

    def __init__(self) -> None:
        self.lent = 0
        self.good = ""
        self.refresh = "r0"
        self.far = Far(self._say)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        heard = self.far.heard[-1]
        if heard.line.startswith("POST /token"):
            asked = parse_qs(heard.body.decode())["refresh_token"][0]
            if asked != self.refresh:
                await answer(b'{"error": "used up"}', "400 Bad Request")(writer)
                return
            self.lent += 1
            self.good, self.refresh = f"t{self.lent}-long", f"r{self.lent}"
            told = {"access_token": self.good, "expires_in": 3_600, "refresh_token": self.refresh}
            await answer(json.dumps(told).encode(), "200 OK", "Content-Type: application/json")(writer)
            return
        if heard.headers.get("authorization") != f"Bearer {self.good}":
            await answer(b"", "401 Unauthorized")(writer)
            return
        text = '<?xml version="1.0" encoding="GBK"?><r><list><order><sn>订单1</sn><pay>0.10</pay></order></list></r>'
        body = text.replace("<r>", "").replace("</r>", "").encode("gbk")
        await answer(body, "200 OK", "Content-Type: text/xml; charset=GBK")(writer)


async def test_a_token_is_fetched_once_renewed_when_it_ends_and_what_is_used_up_is_replaced(
    domain: Domain, tmp_path: Path
) -> None:
    vault(tmp_path, "mall-refresh", "r0")
    lender = Lender()
    async with lender.far.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SPEC % {"port": far.port})
        await until_orders(domain, 1)
        asked = len(far.heard)
        await until(lambda: len(far.heard) > asked + 3)
        assert lender.lent == 1, "one token is good for all"
        lender.good = "ended"
        await until(lambda: lender.lent == 2)
        await until(lambda: systems.states["mall"].state == "waiting" and systems.states["mall"].code == "")
        assert Vault(tmp_path / "keys" / "adapters").read("mall-refresh") == "r2"
        assert len({one.headers.get("authorization") for one in far.heard if one.line.startswith("GET")}) == 2
