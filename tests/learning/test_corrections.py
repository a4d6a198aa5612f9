"""What agents say: durable, at work at once, and no longer what a person did not mean."""

import time
from typing import Any

from app.model.intents import Classification, Outcome, Question, Tier
from app.storage import bot
from app.storage.bot import Turn
from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import Desk, World

PHRASES = {
    "refund": ["I want my money back", "give me a refund", "我要退款"],
    "delivery": ["where is my parcel", "it has not arrived", "我的快递到哪了"],
}


async def furnish(desk: Desk, world: World) -> None:  # noqa: F811
    for name, texts in PHRASES.items():
        intent = {"name": name, "title": {"en": name}, "phrases": [{"text": text} for text in texts]}
        body = {"intent": intent, "version": 0}
        await desk.call("PUT", f"/api/v1/intents/{name}", cookie=world.owner, json=body)


async def attempt(desk: Desk, world: World, text: str) -> Any:  # noqa: F811
    answer = await desk.call("POST", "/api/v1/intents/try", cookie=world.north, json={"text": text})
    return answer.json()["classification"]


async def correct(desk: Desk, cookie: str, **asked: Any) -> Any:  # noqa: F811
    desk.clock.advance(0.001)
    return await desk.call("POST", "/api/v1/intents/corrections", cookie=cookie, json=asked)


async def test_without_an_intent_nothing_is_loaded(desk: Desk, world: World) -> None:  # noqa: F811
    assert await attempt(desk, world, "give me a refund") is None
    assert not desk.learning.keeper.ready
    assert (await correct(desk, world.owner, verdict="right", text="hello")).json()["code"] == "intent_missing"
    await furnish(desk, world)
    assert (await attempt(desk, world, "Give me a REFUND!"))["intent"] == "refund"
    assert desk.learning.keeper.intent("refund") is not None
    for name in PHRASES:
        await desk.call("DELETE", f"/api/v1/intents/{name}", cookie=world.owner)
    assert await attempt(desk, world, "give me a refund") is None
    assert desk.learning.keeper.intent("refund") is None


async def test_what_an_agent_chooses_is_at_work_at_once_and_after_every_restart(desk: Desk, world: World) -> None:  # noqa: F811
    await furnish(desk, world)
    ann = world.ann.conversation_id
    assert (await attempt(desk, world, "Where is order 1?"))["outcome"] != "answer"
    began = time.perf_counter()
    said = await correct(desk, world.north, verdict="chosen", conversation_id=ann, intent="delivery")
    now = desk.learning.keeper.classify("where is ORDER 1")
    elapsed = time.perf_counter() - began
    print(f"a correction is at work after {elapsed * 1e3:.1f} ms")
    assert said.status_code == 200, said.text
    stored = said.json()["correction"]
    assert (stored["text"], stored["intent"], stored["message_id"]) == (
        "Where is order 1?",
        "delivery",
        world.ann.message_id,
    )
    assert now is not None
    assert (now.intent, now.outcome, now.tier) == ("delivery", "answer", "confirmed")
    await desk.learning.keeper.build()  # as a start does
    again = desk.learning.keeper.classify("Where is order 1?")
    assert again is not None and (again.intent, again.tier) == ("delivery", "confirmed")
    page = (await desk.call("GET", "/api/v1/intents/delivery/phrases?origin=correction", cookie=world.owner)).json()
    assert [one["text"] for one in page["phrases"]] == ["Where is order 1?"]


async def test_the_last_word_holds_over_what_was_learnt_and_over_what_was_written(desk: Desk, world: World) -> None:  # noqa: F811
    await furnish(desk, world)
    for text in ("no sign of it", "我要退款"):
        for intent in ("refund", "delivery"):
            said = await correct(desk, world.owner, verdict="this", text=text, intent=intent)
            assert said.status_code == 200
        for _ in range(2):
            found = await attempt(desk, world, text)
            assert (found["intent"], found["tier"]) == ("delivery", "confirmed"), text
            await desk.learning.keeper.build()
    kept = "SELECT intent, origin FROM intent_phrases WHERE text IN ('我要退款', 'no sign of it')"
    assert await desk.database.read(kept) == [("delivery", "correction")] * 2


async def test_what_is_wrong_is_not_said_again(desk: Desk, world: World) -> None:  # noqa: F811
    await furnish(desk, world)
    await correct(desk, world.owner, verdict="this", text="parcel money", intent="refund")
    assert (await attempt(desk, world, "parcel money"))["intent"] == "refund"
    said = await correct(desk, world.owner, verdict="wrong", text="parcel money")
    assert (said.json()["correction"]["said"], said.json()["correction"]["intent"]) == ("refund", "")
    for _ in range(2):
        found = await attempt(desk, world, "parcel money")
        assert not (found["intent"] == "refund" and found["outcome"] == "answer")
        await desk.learning.keeper.build()


async def test_what_cannot_be_corrected_is_refused_and_stores_nothing(desk: Desk, world: World) -> None:  # noqa: F811
    await furnish(desk, world)
    ann = {"verdict": "this", "conversation_id": world.ann.conversation_id, "intent": "refund"}
    cases: tuple[tuple[str, dict[str, Any], str], ...] = (
        (world.owner, {"verdict": "this", "text": "x", "intent": "nothing"}, "intent_unknown"),
        (world.owner, {"verdict": "this", "text": "x"}, "intent_missing"),
        (world.owner, {"verdict": "this", "text": " \n", "intent": "refund"}, "nothing_said"),
        (world.north, {"verdict": "this", "text": "x", "intent": "refund"}, "forbidden"),
        (world.north, {**ann, "message_id": "0" * 26}, "not_found"),
        (world.owner, {"verdict": "maybe", "text": "x"}, "malformed"),
    )
    for cookie, asked, code in cases:
        answer = await correct(desk, cookie, **asked)
        assert answer.json()["code"] == code, answer.text
    page = (await desk.call("GET", "/api/v1/intents/corrections", cookie=world.owner)).json()
    assert page == {"corrections": [], "next": None}
    assert await desk.database.read("SELECT count(*) FROM intent_counts") == [(0,)]


async def test_what_the_engine_said_then_is_what_is_judged(desk: Desk, world: World) -> None:  # noqa: F811
    """Not what it says now: the correction before has changed that."""
    await furnish(desk, world)
    ann = world.ann
    then = Classification(Outcome.ANSWER, Tier.MODEL, "refund", 0.93)
    at = desk.clock.now_ms()
    turn = Turn(
        ann.message_id, ann.conversation_id, world.inbox_id, ann.contact_id, at, "refund", 0.93, "model", "answer"
    )
    await desk.database.write(lambda tx: bot.take_up(tx, turn))
    question = Question(at, ann.conversation_id, ann.message_id, "Where is order 1?", "", "en", then, first=True)
    desk.learning.keeper.asked(question)
    await desk.learning.counting.store()
    said = await correct(desk, world.north, verdict="this", conversation_id=ann.conversation_id, intent="delivery")
    again = await correct(desk, world.north, verdict="right", conversation_id=ann.conversation_id, intent="refund")
    assert [one.json()["correction"]["said"] for one in (said, again)] == ["refund", "refund"]
    counts = await desk.database.read(
        "SELECT intent, tier, outcome, bucket, asked, told_right, told_wrong FROM intent_counts"
    )
    assert counts == [("refund", "model", "answer", 18, 1, 1, 1)]
