"""Training in a process of its own: what comes of it, what is refused, what is left when it is killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from app.intent.starter import load
from app.learning.lesson import Taught
from app.learning.refit import worse
from app.settings import Limits
from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import SYSTEM, Desk, World, until

INTENTS = 4


@pytest.fixture
async def taught(desk: Desk, world: World) -> AsyncIterator[Desk]:  # noqa: F811
    """A desk with some of the starter pack's intents, and a first version at work."""
    intents = sorted(load().intents, key=lambda intent: intent.name)[:INTENTS]
    lines = [f"{intent.name}\t{phrase.text}" for intent in intents for phrase in intent.phrases]
    answer = await desk.call(
        "POST", "/api/v1/intents/import?create=true", cookie=world.owner,
        content="\n".join(("intent\ttext", *lines)).encode(), headers={"content-type": "text/plain"},
    )  # fmt: skip
    assert answer.json()["added"] == len(set(lines)), answer.text
    running = asyncio.create_task(desk.learning.refit.run())
    await train(desk, world)
    yield desk
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def train(desk: Desk, world: World) -> Any:  # noqa: F811
    desk.clock.advance(0.001)
    assert (await desk.call("POST", "/api/v1/intents/training", cookie=world.owner)).status_code == 200
    await until(lambda: desk.learning.refit.now(SYSTEM).state != "running")
    await desk.learning.keeper.settled()
    return (await desk.call("GET", "/api/v1/intents/training", cookie=world.owner)).json()


async def versions(desk: Desk, world: World) -> Any:  # noqa: F811
    return (await desk.call("GET", "/api/v1/intents/versions", cookie=world.owner)).json()["versions"]


async def test_a_version_is_trained_judged_refused_and_taken_back(taught: Desk, world: World) -> None:  # noqa: F811
    """What goes to work, what does not, and the way back; one test, because each training takes a process."""
    (first,) = await versions(taught, world)
    assert (first["number"], first["state"], first["at_work"], first["why"]) == (1, "kept", True, "asked")
    assert first["measured"]["bytes_held"] < 150_000_000
    figures = (await taught.call("GET", "/api/v1/intents/evaluation", cookie=world.owner)).json()
    assert figures["queries"] >= 3 and figures["curve"] and figures["accuracy"] > 0.5
    again = await taught.call("POST", "/api/v1/intents/training", cookie=world.owner)
    twice = await taught.call("POST", "/api/v1/intents/training", cookie=world.owner)
    assert (again.status_code, twice.json()["code"]) == (200, "training_running")
    await until(lambda: has_its_lines(taught))
    said = await taught.call(
        "POST", "/api/v1/intents/corrections", cookie=world.owner,
        json={"verdict": "this", "text": "quite other words for it", "intent": first_name()},
    )  # fmt: skip
    assert said.status_code == 200
    await until(lambda: taught.learning.refit.now(SYSTEM).state != "running")
    assert taught.learning.refit.now(SYSTEM).state == "done"
    await taught.learning.keeper.settled()
    now = taught.learning.keeper.classify("quite other words for it")
    assert now is not None and now.intent == first_name(), "what came during the training is on the new version"

    await poison(taught, world)
    refused = await train(taught, world)
    assert refused["state"] == "refused", (await versions(taught, world))[0]["measured"]
    newest, second, oldest = await versions(taught, world)
    assert [one["state"] for one in (newest, second, oldest)] == ["refused", "kept", "kept"]
    assert newest["measured"]["before"] - newest["measured"]["after"] > 0.003
    assert (newest["at_work"], second["at_work"]) == (False, True)
    kept = await taught.database.read("SELECT count(*) FROM intent_models WHERE version_id = :id", {"id": newest["id"]})
    assert kept == [(0,)]

    path = "/api/v1/intents/versions/{}/revert"
    bad = await taught.call("POST", path.format(newest["id"]), cookie=world.owner)
    assert bad.json()["code"] == "version_refused"
    back = await taught.call("POST", path.format(oldest["id"]), cookie=world.owner)
    assert back.json()["version"]["at_work"]
    await taught.learning.keeper.settled()
    assert [one["at_work"] for one in await versions(taught, world)] == [False, False, True]
    now = taught.learning.keeper.classify("quite other words for it")
    assert now is not None and now.intent == first_name(), "no version takes a correction back"


def has_its_lines(desk: Desk) -> bool:  # noqa: F811
    """What is said from now on is no part of the training: it has begun to learn what it was given."""
    now = desk.learning.refit.now(SYSTEM)
    return now.share > 0 or now.state != "running"


async def test_a_killed_training_leaves_the_version_at_work(taught: Desk, world: World) -> None:  # noqa: F811
    (first,) = await versions(taught, world)
    await taught.call("POST", "/api/v1/intents/training", cookie=world.owner)
    await until(lambda: taught.learning.refit.process_id is not None)
    os.kill(taught.learning.refit.process_id or 0, signal.SIGKILL)
    await until(lambda: taught.learning.refit.now(SYSTEM).state != "running")
    told = taught.learning.refit.now(SYSTEM)
    assert (told.state, told.code) == ("failed", "training_ended")
    await until(lambda: taught.learning.refit.process_id is None)
    assert await versions(taught, world) == [first]
    assert taught.learning.keeper.ready
    assert await taught.database.read("SELECT count(*) FROM intent_versions") == [(1,)]
    assert (await train(taught, world))["state"] == "done"


def first_name() -> str:
    return min(intent.name for intent in load().intents)


async def poison(desk: Desk, world: World) -> None:  # noqa: F811
    """Every phrase of every intent in one that is wrong, many times over."""
    rows = await desk.database.read("SELECT text, intent FROM intent_phrases")
    names = sorted({str(intent) for _, intent in rows})
    wrong = {name: names[(at + 1) % len(names)] for at, name in enumerate(names)}
    lines = [
        f"{wrong[str(intent)]}\t{text!s} {end}" for text, intent in rows for end in ("", "now", "please", "then", "ok")
    ]
    answer = await desk.call(
        "POST", "/api/v1/intents/import", cookie=world.owner, content="\n".join(("intent\ttext", *lines)).encode(),
        headers={"content-type": "text/plain"},
    )  # fmt: skip
    assert answer.json()["added"] > 200


@pytest.mark.parametrize(
    ("before", "after", "is_worse"),
    [(None, None, False), (0.9, 0.9, False), (0.9, 0.8971, False), (0.9, 0.8969, True), (0.5, 0.9, False)],
)
def test_the_gate_lets_three_thousandths_pass(before: float | None, after: float | None, is_worse: bool) -> None:
    from app.intent.decision import Thresholds

    taught = Taught(1, Thresholds(), 1, 2, 1.0, 1, 100, before, after, None)
    assert worse(taught, Limits().intent_replay_fall_max) is is_worse
