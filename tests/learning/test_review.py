"""What solved chats suggest, and what is counted of live messages."""

from typing import Any

from app.model.conversations import Conversation, Status
from app.model.intents import Classification, Correction, Outcome, Question, Tier, Verdict
from app.storage import bot, conversations, intent_corrections
from app.storage.bot import Turn
from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import Desk, World

ALIKE = [
    "do you sell gift cards for birthdays", "do you sell gift cards", "gift cards: do you sell them",
    "can I buy a gift card", "what is the weather on Mars",
]  # fmt: skip


async def asked(desk: Desk, world: World, text: str, said: Classification, status: Status = Status.RESOLVED) -> str:  # noqa: F811
    """A conversation that is over, whose first question the engine said this of; its id."""
    at = desk.clock.now_ms()
    made = Conversation(desk.ids.new(), world.inbox_id, world.ann.contact_id, status, at, at)
    await desk.database.write(lambda tx: conversations.insert(tx, made))
    question = Question(at, made.id, desk.ids.new(), text, world.inbox_id, "en", said, first=True)
    desk.learning.keeper.asked(question)
    await desk.learning.counting.store()
    return made.id


async def reviewed(desk: Desk, world: World, query: str = "") -> Any:  # noqa: F811
    return (await desk.call("GET", f"/api/v1/intents/review{query}", cookie=world.owner)).json()["suggestions"]


async def test_questions_that_are_alike_become_an_intent_and_a_label_a_phrase(desk: Desk, world: World) -> None:  # noqa: F811
    nothing = Classification(Outcome.HAND_OVER, Tier.NONE, "", 0.1)
    for text in ALIKE:
        await asked(desk, world, text, nothing)
    await asked(desk, world, "gift cards, do you sell", nothing, Status.OPEN)
    assert await desk.learning.review.look() == 1
    (found,) = await reviewed(desk, world, "?kind=intent")
    assert found["kind"] == "intent" and len(found["texts"]) >= 3
    assert ALIKE[-1] not in found["texts"]
    assert await desk.learning.review.look() == 0, "what was looked at is not looked at again"

    decision = {"accept": True, "intent": "gift_cards", "title": {"zh": "礼品卡"}, "texts": [" gift  cards? "]}
    path = f"/api/v1/intents/review/{found['id']}"
    taken = await desk.call("POST", path, cookie=world.owner, json=decision)
    assert taken.json()["suggestion"]["state"] == "accepted"
    assert (await desk.call("POST", path, cookie=world.owner, json=decision)).json()["code"] == "decided_already"
    assert await reviewed(desk, world) == []
    phrases = (await desk.call("GET", "/api/v1/intents/gift_cards/phrases", cookie=world.owner)).json()["phrases"]
    assert [(one["text"], one["origin"]) for one in phrases] == [("gift cards?", "review")]

    # an agent labelled a later message of a chat: its first question is a new phrase of that
    labelled = await asked(desk, world, "is there something for my aunt", nothing)
    correction = Correction(
        desk.ids.new(), 1, labelled, "m", "a card", "", Tier.NONE, 0.0, Verdict.CHOSEN, "gift_cards", ""
    )
    await desk.database.write(lambda tx: intent_corrections.insert(tx, correction))
    assert await desk.learning.review.look() == 1
    (phrase,) = await reviewed(desk, world)
    assert (phrase["kind"], phrase["intent"], phrase["why"]) == ("phrase", "gift_cards", "labelled")
    refused = await desk.call(
        "POST", f"/api/v1/intents/review/{phrase['id']}", cookie=world.owner, json={"accept": False}
    )
    assert refused.json()["suggestion"]["state"] == "rejected"
    assert len(await reviewed(desk, world, "?state=rejected")) == 1
    assert (await desk.call("GET", "/api/v1/intents/gift_cards", cookie=world.owner)).json()["phrases"] == 1


async def test_live_figures_add_up(desk: Desk, world: World) -> None:  # noqa: F811
    for confidence, outcome, tier in ((0.99, "answer", "rule"), (0.91, "answer", "model"), (0.4, "offer", "model")):
        said = Classification(Outcome(outcome), Tier(tier), "refund", confidence)
        await asked(desk, world, "x", said)
    await asked(desk, world, "x", Classification(Outcome.HAND_OVER, Tier.NONE, "", 0.0))
    body = {"intent": {"name": "delivery", "title": {"en": "Delivery"}}, "version": 0}
    await desk.call("PUT", "/api/v1/intents/delivery", cookie=world.owner, json=body)
    said = Classification(Outcome.ANSWER, Tier.MODEL, "refund", 0.91)
    ann = world.ann
    at = desk.clock.now_ms()
    turn = Turn(
        ann.message_id, ann.conversation_id, world.inbox_id, ann.contact_id, at, "refund", 0.91, "model", "answer"
    )
    await desk.database.write(lambda tx: bot.take_up(tx, turn))
    question = Question(at, ann.conversation_id, ann.message_id, "Where?", "", "en", said, first=True)
    desk.learning.keeper.asked(question)
    await desk.learning.counting.store()
    wrong = {"verdict": "this", "conversation_id": ann.conversation_id, "intent": "delivery"}
    await desk.call("POST", "/api/v1/intents/corrections", cookie=world.north, json=wrong)

    told = (await desk.call("GET", "/api/v1/intents/statistics?days=7", cookie=world.owner)).json()
    assert (told["asked"], told["answered"]) == (5, 3)
    assert {(one["tier"], one["outcome"]): one["asked"] for one in told["tiers"]} == {
        ("rule", "answer"): 1, ("model", "answer"): 2, ("model", "offer"): 1, ("none", "hand_over"): 1,
    }  # fmt: skip
    curve = {one["confidence"]: one for one in told["curve"]}
    assert (curve[0.95]["coverage"], curve[0.95]["precision"]) == (0.2, None)
    assert (curve[0.9]["coverage"], curve[0.9]["precision"], curve[0.9]["told"]) == (0.6, 0.0, 1)
    assert (curve[0.0]["coverage"], told["confusion"]) == (
        1.0, [{"intent": "delivery", "taken_for": "refund", "count": 1}],
    )  # fmt: skip
    (refund,) = told["intents"]
    assert (refund["asked"], refund["answered"], refund["told_wrong"], refund["lower"]) == (4, 3, 1, 0.0)
    (week,) = told["weeks"]
    assert (week["asked"], week["answered"], week["unknown"], week["low"]) == (5, 0.6, 0.2, 0.4)
    thresholds = (await desk.call("GET", "/api/v1/intents/thresholds", cookie=world.owner)).json()
    assert thresholds["chosen"] == {"answer": None, "offer": None}


async def test_thresholds_are_chosen_and_left_to_the_version_again(desk: Desk, world: World) -> None:  # noqa: F811
    body = {"intent": {"name": "delivery", "title": {"en": "Delivery"}}, "version": 0}
    await desk.call("PUT", "/api/v1/intents/delivery", cookie=world.owner, json=body)
    path = "/api/v1/intents/thresholds"
    for asked_for, code in (({"answer": 1.1}, "thresholds_wrong"), ({"answer": 0.5, "offer": 0.6}, "thresholds_wrong")):
        assert (await desk.call("PUT", path, cookie=world.owner, json=asked_for)).json()["code"] == code
    chosen = (await desk.call("PUT", path, cookie=world.owner, json={"answer": 0.8, "offer": 0.4})).json()
    assert (chosen["answer"], chosen["offer"]) == (0.8, 0.4)
    left = (await desk.call("PUT", path, cookie=world.owner, json={})).json()
    assert (left["answer"], left["offer"]) == (left["calibrated"]["answer"], left["calibrated"]["offer"])
