"""Invitations and forgotten passwords over HTTP, with a relay and without; and that no secret is told."""

import re

from tests.api.desk import PASSWORD, Desk, World
from tests.mail.server import relay_server

NEW = "three other words now"


async def test_without_a_relay_the_link_is_shown(desk: Desk, world: World) -> None:
    new = {"name": "Ida", "email": "ida@example.com", "role": "agent"}
    made = await desk.call("POST", "/api/v1/agents", cookie=world.owner, json=new)
    answer = await desk.call("POST", f"/api/v1/agents/{made.json()['agent']['id']}/link", cookie=world.owner, json={})
    told = answer.json()

    assert (told["mailed"], told["purpose"]) == (False, "invitation")
    used = await desk.call("POST", "/api/v1/session/password", json={"token": told["token"], "password": NEW})
    assert used.json() == {"email": "ida@example.com"}
    signed = await desk.call("POST", "/api/v1/session", json={"email": "ida@example.com", "password": NEW})
    assert signed.status_code == 200
    forgotten = await desk.call("POST", "/api/v1/session/forgotten", json={"email": "ida@example.com"})
    assert forgotten.json() == {"mailed": False}


async def test_with_a_relay_it_is_mailed_and_told_to_nobody_else(desk: Desk, world: World) -> None:
    async with relay_server() as server:
        relay = {
            "server": {"host": "localhost", "port": server.port, "security": "none", "username": "", "password": ""},
            "sender": "desk@shop.example", "name": "Shop",
        }  # fmt: skip
        put = await desk.call("PUT", "/api/v1/mail/relay", cookie=world.owner, json=relay)
        assert put.status_code == 200, put.text
        new = {"name": "伊达", "email": "ida@example.com", "role": "agent", "language": "zh"}
        made = await desk.call("POST", "/api/v1/agents", cookie=world.owner, json=new)
        path = f"/api/v1/agents/{made.json()['agent']['id']}/link"
        told = (await desk.call("POST", path, cookie=world.owner, json={})).json()
        assert told == {"mailed": True, "purpose": "invitation", "token": "", "expires_at": None}

        assert await desk.outbox.drain() == 1
        assert server.recipients == [["ida@example.com"]]
        assert "设置密码" in server.text() and "伊达" in server.text()
        token = re.findall(r"https://desk\.test/password#([0-9a-f]{32})", server.text())[0]
        used = await desk.call("POST", "/api/v1/session/password", json={"token": token, "password": NEW})
        assert used.status_code == 200

        for email in ("ida@example.com", "nobody@shop.example"):
            answer = await desk.call("POST", "/api/v1/session/forgotten", json={"email": email})
            assert answer.json() == {"mailed": True}
        await desk.outbox.drain()
        assert [len(server.letters), server.letter()["To"]] == [2, "伊达 <ida@example.com>"]
        shown = (await desk.call("POST", path, cookie=world.owner, json={"show": True})).json()
        assert shown["token"] and not shown["mailed"]


async def test_no_answer_holds_the_password(desk: Desk, world: World) -> None:
    relay = {
        "server": {"host": "smtp.example.com", "port": 465, "security": "tls", "username": "u", "password": PASSWORD},
        "sender": "desk@shop.example",
    }
    answers = [
        await desk.call("PUT", "/api/v1/mail/relay", cookie=world.owner, json=relay),
        await desk.call("GET", "/api/v1/mail", cookie=world.owner),
    ]
    for answer in answers:
        assert answer.status_code == 200 and PASSWORD not in answer.text
    gone = await desk.call("DELETE", "/api/v1/mail/relay", cookie=world.owner, json={})
    assert gone.status_code == 204
    assert (await desk.call("GET", "/api/v1/mail", cookie=world.owner)).json()["relay"] is None
