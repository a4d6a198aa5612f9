"""A rule's pattern while it is written, and when it is saved."""

from typing import Any

from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import Desk, World

PATH = "/api/v1/intents/patterns"


async def check(desk: Desk, world: World, pattern: str, *slots: dict[str, Any]) -> Any:  # noqa: F811
    answer = await desk.call("POST", PATH, cookie=world.owner, json={"pattern": pattern, "slots": slots})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_pattern_is_checked_with_the_place_that_is_wrong(desk: Desk, world: World) -> None:  # noqa: F811
    assert await check(desk, world, "[please] refund *") == {"place": 0, "en": "", "zh": ""}
    wrong = await check(desk, world, "refund (now|soon")
    assert wrong["place"] == 8
    assert "character 8" in wrong["en"] and "第 8 个字符" in wrong["zh"]
    assert (await check(desk, world, "* {what}", {"name": "what"}))["place"] == 1  # it would match everything
    assert (await check(desk, world, "{size}", {"name": "size", "kind": "choice", "choices": ["L"]}))["place"] == 0


async def test_a_rule_that_will_not_do_is_not_saved(desk: Desk, world: World) -> None:  # noqa: F811
    body: dict[str, Any] = {"intent": {"name": "refund", "title": {"en": "Refund"}, "rules": [{"pattern": "*"}]}}
    answer = await desk.call("PUT", "/api/v1/intents/refund", cookie=world.owner, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "rule_everything")
    assert (await desk.call("GET", "/api/v1/intents", cookie=world.owner)).json() == {"intents": []}
