"""One trace of a message runs through an adapter and a webhook and back: what brings it, tells it and answers it."""

import json
from pathlib import Path

from app.model.arrivals import Arrival
from app.telemetry import traces
from tests.adapters.shop import Shop
from tests.adapters.test_engine import joined, put, until, vault
from tests.domain import Domain

KEY = "a word of the house"
CHAT = """\
source: chat
title: Chat
secrets: {key: vault:chat}
receive: {proof: {bearer: {with: key}}}
map: {id: id, sender: from, text: text}
deliver: {to: messages.accept}
---
source: hook
title: Hook
allow: ["127.0.0.1:%(port)d"]
events: [message.created]
where: message.kind == "message"
map: {text: message.text}
deliver: {post: "http://127.0.0.1:%(port)d/hook", order: conversation.id}
"""
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def arrival(number: str, text: str, trace: str = "") -> Arrival:
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    body = json.dumps({"id": number, "from": "ann", "text": text}).encode()
    return Arrival("POST", "/in/chat", (), {**headers, **({"traceparent": trace} if trace else {})}, body, "1.2.3.4")


async def test_one_trace_runs_in_and_out_and_back(domain: Domain, tmp_path: Path) -> None:
    vault(tmp_path, "chat", KEY)
    shop = Shop(0)
    shop.answer = b"{}"
    shop.lies = [("503 Service Unavailable", b"")]
    async with shop.far.serving() as far:
        async with joined(domain, tmp_path) as systems:
            put(tmp_path, CHAT % {"port": far.port})
            await until(lambda: {one.state for one in systems.states.values()} == {"waiting"})
            await systems.take("chat", arrival("1", "Hello", GIVEN))
            await until(lambda: len(shop.far.heard) >= 1)
        # the rest of it runs in another life of the desk: a trace is kept with what waits
        async with joined(domain, tmp_path) as systems:
            await until(lambda: len(shop.far.heard) == 2)
            told = shop.far.heard[-1].headers["traceparent"]
            await until(lambda: "chat" in systems.states and systems.states["chat"].state == "waiting")
            await systems.take("chat", arrival("2", "They answer", told))
            await until(lambda: len(shop.far.heard) == 3)
            await systems.take("chat", arrival("3", "Something else"))
            await until(lambda: len(shop.far.heard) == 4)
    heard = [(json.loads(one.body)["text"], one.headers["traceparent"]) for one in shop.far.heard]
    assert [text for text, _ in heard] == ["Hello", "Hello", "They answer", "Something else"]
    ids = [traces.id_of(traces.read(trace)) for _, trace in heard]
    assert set(ids[:3]) == {traces.id_of(GIVEN)}
    assert ids[3] not in ("", traces.id_of(GIVEN)), "what came without a trace has one of its own"
    events = await domain.database.read("SELECT trace FROM events WHERE body LIKE '%They answer%'")
    assert {traces.id_of(str(trace)) for (trace,) in events} == {traces.id_of(GIVEN)}


async def test_two_who_are_told_of_the_same_are_told_the_same_trace(domain: Domain, tmp_path: Path) -> None:
    shop = Shop(0)
    shop.answer = b"{}"
    async with shop.far.serving() as far, joined(domain, tmp_path) as systems:
        hook = "source: hook" + (CHAT % {"port": far.port}).partition("source: hook")[2]
        put(tmp_path, hook + "---\n" + hook.replace("source: hook", "source: other"))
        await until(lambda: len(systems.states) == 2 and {one.state for one in systems.states.values()} == {"waiting"})
        visitor = await domain.visitor(await domain.inbox())
        await domain.say(visitor, "By the website")
        await until(lambda: len(shop.far.heard) == 2)
        with traces.within(GIVEN):
            await domain.say(visitor, "By a request")
        await until(lambda: len(shop.far.heard) == 4)
    heard = {(json.loads(one.body)["text"], traces.id_of(one.headers["traceparent"])) for one in shop.far.heard}
    assert len(heard) == 2
    assert ("By a request", traces.id_of(GIVEN)) in heard
