"""Customers of another system write while the server is killed: what was answered is in its thread, once, in order."""

import base64
import hmac
import json
import sqlite3
import threading
from http.client import HTTPException
from pathlib import Path
from random import Random

import pytest

from tests.journeys.appliance import Appliance

CUSTOMERS = 6
SAID = 60  # by each
KILLS = 6
_SECRET = "a word of the house"
_TRIES_MAX = 4_000
_SPEC = """\
source: mall
title: {en: Mall chat, zh: 商城客服}
secrets: {key: vault:key}
receive:
  proof: {signed: {of: body, with: key, digest: hmac-sha256, encode: base64, header: X-Signature}}
  reply: {text: success}
records: {at: said}
map: {id: id, sender: from, text: text}
deliver: {to: messages.accept}
"""


class Customer:
    """Says one thing after the other; each again until it is answered, and some again though it was."""

    def __init__(self, appliance: Appliance, name: str, random: Random) -> None:
        self._appliance = appliance
        self._name = name
        self._random = random
        self.texts = [f"{name} says {number}" for number in range(SAID)]
        self.repeated = 0
        self.cut_off = 0

    def talk(self) -> None:
        for number, text in enumerate(self.texts):
            self._say(number, text)
            if self._random.random() < 0.3:
                self.repeated += 1
                self._say(number, text)

    def _say(self, number: int, text: str) -> None:
        body = json.dumps({"said": [{"id": f"{self._name}-{number}", "from": self._name, "text": text}]}).encode()
        made = base64.b64encode(hmac.new(_SECRET.encode(), body, "sha256").digest()).decode()
        for _ in range(_TRIES_MAX):
            try:
                status, said = self._appliance.send("POST", "/in/mall", body, {"X-Signature": made})
            except (OSError, HTTPException):  # killed meanwhile
                self.cut_off += 1
                threading.Event().wait(0.02)
                continue
            if status == 200:
                assert said == b"success"
                return
            assert status == 503, said  # it starts
            threading.Event().wait(0.02)
        raise AssertionError("the server does not come back")


@pytest.mark.full
def test_kill_nine_loses_no_message_of_a_channel_and_doubles_none(tmp_path: Path) -> None:
    number = Random().randrange(2**32)
    print(f"seed {number}")
    random, data = Random(number), tmp_path / "data"
    (data / "adapters").mkdir(parents=True, mode=0o700)
    (data / "adapters" / "mall.yaml").write_text(_SPEC, encoding="utf-8")
    (data / "keys" / "adapters").mkdir(parents=True, mode=0o700)
    (data / "keys" / "adapters" / "key").write_text(_SECRET, encoding="utf-8")
    (data / "keys" / "adapters" / "key").chmod(0o600)
    appliance = Appliance(data)
    appliance.start()
    try:
        customers = [Customer(appliance, f"c{n}", Random(number + n)) for n in range(CUSTOMERS)]
        talking = [threading.Thread(target=customer.talk) for customer in customers]
        for thread in talking:
            thread.start()
        for _ in range(KILLS):
            threading.Event().wait(random.uniform(0.05, 0.5))
            appliance.kill()
            appliance.start()
        for thread in talking:
            thread.join()
        assert appliance.stop() == 0
    finally:
        appliance.kill()
    _compare(data / "monodesk.db", customers)


def _compare(path: Path, customers: list[Customer]) -> None:
    with sqlite3.connect(path) as database:
        rows = database.execute(
            "SELECT c.sender, m.text, m.seq FROM messages m JOIN channel_conversations c USING (conversation_id) "
            "WHERE m.kind = 'message' ORDER BY c.sender, m.seq"
        ).fetchall()
        threads = database.execute("SELECT count(*), count(DISTINCT contact_id) FROM conversations").fetchone()
    for customer in customers:
        kept = [text for sender, text, _ in rows if sender == customer.texts[0].partition(" ")[0]]
        assert kept == customer.texts
    assert threads == (len(customers), len(customers))
    repeated, cut_off = (sum(getattr(one, name) for one in customers) for name in ("repeated", "cut_off"))
    assert repeated > 0 and cut_off > KILLS
    print(f"{len(rows)} messages, {repeated} said twice, {KILLS} kills")
