"""Intents as who manages them sees them: all of them, one, what is tried, how well it is recognised, what is judged."""

import re
from collections.abc import Awaitable, Callable, Mapping

from playwright.async_api import Route, expect

from tests.shots.recognised import INTENTS, NO_PHRASES, ONE, PHRASES
from tests.shots.screen import Screen, Who
from tests.shots.view import View

_ALL = r"/api/v1/intents"
ANSWERS: Mapping[str, object] = {
    rf"{_ALL}$": INTENTS,
    rf"{_ALL}/order_status$": ONE,
    rf"{_ALL}/order_status/phrases\?": PHRASES,
}


async def _answered(view: View, answers: Mapping[str, object]) -> None:
    for address, answer in answers.items():
        await view.page.route(re.compile(address), _says(answer))


def _says(answer: object) -> Callable[[Route], Awaitable[None]]:
    async def fulfil(route: Route) -> None:
        await route.fulfill(json=answer)

    return fulfil


async def _known(view: View) -> None:
    """As months of questions left it: the engine behind the drawing is a new one."""
    await _answered(view, ANSWERS)


async def _without(view: View) -> None:
    await _answered(view, {**ANSWERS, rf"{_ALL}$": {"intents": []}})


async def _bare(view: View) -> None:
    one = {
        **ONE,
        "phrases": 0,
        "intent": {**ONE["intent"], "rules": [], "replies": [], "slots": [], "actions": [], "cases": []},
    }
    await _answered(view, {**ANSWERS, rf"{_ALL}/order_status$": one, rf"{_ALL}/order_status/phrases\?": NO_PHRASES})


async def _away(view: View) -> None:
    await view.refuse(rf"{_ALL}$")


async def _list(view: View) -> None:
    await expect(view.page.locator(".intent-what")).to_have_count(len(INTENTS["intents"]))


async def _none(view: View) -> None:
    await view.sees(".intents-body .empty")


async def _failed(view: View) -> None:
    await view.sees(".failure")


async def _new(view: View) -> None:
    await _list(view)
    await view.button("New intent", "新建意图").click()
    await view.field("Title", "标题").fill(view.words("Track an order!", "Gift wrap 礼品包装"))


async def _phrases(view: View) -> None:
    await expect(view.page.locator(".phrase-row")).to_have_count(len(PHRASES["phrases"]))


def _tab(en: str, zh: str, selector: str) -> Callable[[View], Awaitable[None]]:
    async def steps(view: View) -> None:
        await _phrases(view)
        await view.page.get_by_role("tab", name=re.compile(f"^{view.words(en, zh)}")).last.click()
        await view.sees(selector)

    return steps


_OWNER = Who.OWNER
_ORDER = "/intents/order_status"
SCREENS = (
    Screen("intents", "/intents", _list, _OWNER, before=_known, whole=True),
    Screen("intents-none", "/intents", _none, _OWNER, before=_without),
    Screen("intents-away", "/intents", _failed, _OWNER, before=_away, refused=True),
    Screen("intents-new", "/intents", _new, _OWNER, before=_known),
    Screen("intent-phrases", _ORDER, _phrases, _OWNER, before=_known, whole=True),
    Screen("intent-bare", _ORDER, _none, _OWNER, before=_bare, whole=True),
    Screen("intent-rules", _ORDER, _tab("Rules", "规则", ".rule-form"), _OWNER, before=_known, whole=True),
    Screen("intent-replies", _ORDER, _tab("Replies", "回复", ".reply-bubble"), _OWNER, before=_known, whole=True),
    Screen("intent-dialogue", _ORDER, _tab("Dialogue", "追问", ".ordered-body"), _OWNER, before=_known, whole=True),
    Screen("intent-actions", _ORDER, _tab("Actions", "动作", ".ordered-body"), _OWNER, before=_known, whole=True),
    Screen("intent-tests", _ORDER, _tab("Tests", "测试", ".case-form"), _OWNER, before=_known, whole=True),
    Screen("intent-scope", _ORDER, _tab("Scope", "范围", ".permissions"), _OWNER, before=_known, whole=True),
)
