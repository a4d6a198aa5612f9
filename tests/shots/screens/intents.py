"""Intents as who manages them sees them: all of them, one, what is tried, how well it is recognised, what is judged."""

import re
from collections.abc import Awaitable, Callable, Mapping

from playwright.async_api import Route, expect

from tests.shots import recognised
from tests.shots.recognised import INTENTS, NO_PHRASES, ONE, PHRASES
from tests.shots.screen import Screen, Who
from tests.shots.view import View

_ALL = r"/api/v1/intents"
ANSWERS: Mapping[str, object] = {
    rf"{_ALL}$": INTENTS,
    rf"{_ALL}/order_status$": ONE,
    rf"{_ALL}/order_status/phrases\?": PHRASES,
    rf"{_ALL}/damaged_goods/phrases\?": PHRASES,
    rf"{_ALL}/return_goods/phrases\?": PHRASES,
    rf"{_ALL}/try$": recognised.TRIED,
    rf"{_ALL}/thresholds$": recognised.THRESHOLDS,
    rf"{_ALL}/evaluation$": recognised.EVALUATION,
    rf"{_ALL}/training$": recognised.TRAINING,
    rf"{_ALL}/versions$": recognised.VERSIONS,
    rf"{_ALL}/corrections$": recognised.CORRECTIONS,
    rf"{_ALL}/statistics$": recognised.STATISTICS,
    rf"{_ALL}/review$": recognised.REVIEW,
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


async def _new_desk(view: View) -> None:
    """Nothing is trained or corrected yet."""
    corrections: dict[str, object] = {"corrections": [], "next": None}
    figures = {**recognised.EVALUATION, "curve": [], "tiers": [], "confusion": []}
    answers = {
        "review": {"suggestions": [], "next": None},
        "corrections": corrections,
        "versions": {"versions": []},
        "evaluation": figures,
    }
    await _answered(view, {**ANSWERS, **{rf"{_ALL}/{name}$": answer for name, answer in answers.items()}})


async def _training(view: View) -> None:
    going = {**recognised.TRAINING, "state": "running", "share": 0.4}
    await _answered(view, {**ANSWERS, rf"{_ALL}/training$": going})


async def _figures_away(view: View) -> None:
    await _answered(view, ANSWERS)
    await view.refuse(rf"{_ALL}/(evaluation|versions)$")


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


async def _starter(view: View) -> None:
    await _none(view)
    await view.button("Starter pack", "入门包").click()
    await view.sees(".starter-fact")


async def _phrases(view: View) -> None:
    await expect(view.page.locator(".phrase-row")).to_have_count(len(PHRASES["phrases"]))


async def _tried(view: View) -> None:
    await _list(view)
    if await view.page.locator(".intents-side").count() == 0:
        await view.button("Try it", "试一试").click()
    await view.field("What a visitor writes", "访客会写的话").fill("刚到的壶嘴裂了能给我换一个吗")
    await view.button("Try", "试").click()
    await view.sees(".tried-layers")


async def _quality(view: View) -> None:
    await expect(view.page.get_by_role("slider")).to_be_visible()
    await view.sees(".confused li")
    await expect(view.page.get_by_role("row")).not_to_have_count(0)


async def _moved(view: View) -> None:
    """The threshold by the keyboard: what it would mean, and what holds now."""
    await _quality(view)
    for _ in range(6):
        await view.page.get_by_role("slider").press("ArrowRight")
    await view.sees(".figures dd > .small")


async def _both(view: View) -> None:
    await _quality(view)
    await view.page.locator(".confused button").first.click()
    await expect(view.page.get_by_role("dialog").locator(".both-list li").first).to_be_visible()


async def _review(view: View) -> None:
    await expect(view.page.locator(".review > li")).to_have_count(len(recognised.REVIEW["suggestions"]))


async def _corrections(view: View) -> None:
    await view.sees(".correction-text")


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
    Screen("intents-tried", "/intents", _tried, _OWNER, before=_known),
    Screen("intents-quality", "/intents/_quality", _quality, _OWNER, before=_known, whole=True),
    Screen("intents-threshold", "/intents/_quality", _moved, _OWNER, before=_training),
    Screen("intents-confused", "/intents/_quality", _both, _OWNER, before=_known),
    Screen("intents-quality-none", "/intents/_quality", _none, _OWNER, before=_new_desk, whole=True),
    Screen("intents-quality-away", "/intents/_quality", _failed, _OWNER, before=_figures_away, refused=True),
    Screen("intents-review", "/intents/_review", _review, _OWNER, before=_known),
    Screen("intents-review-none", "/intents/_review", _none, _OWNER, before=_new_desk),
    Screen("intents-corrections", "/intents/_corrections", _corrections, _OWNER, before=_known, whole=True),
    Screen("intents-corrections-none", "/intents/_corrections", _none, _OWNER, before=_new_desk),
    Screen("intents-starter", "/intents", _starter, _OWNER, before=_without),
    Screen("intent-phrases", _ORDER, _phrases, _OWNER, before=_known, whole=True),
    Screen("intent-bare", _ORDER, _none, _OWNER, before=_bare, whole=True),
    Screen("intent-rules", _ORDER, _tab("Rules", "规则", ".rule-form"), _OWNER, before=_known, whole=True),
    Screen("intent-replies", _ORDER, _tab("Replies", "回复", ".reply-bubble"), _OWNER, before=_known, whole=True),
    Screen("intent-dialogue", _ORDER, _tab("Dialogue", "追问", ".ordered-body"), _OWNER, before=_known, whole=True),
    Screen("intent-actions", _ORDER, _tab("Actions", "动作", ".ordered-body"), _OWNER, before=_known, whole=True),
    Screen("intent-tests", _ORDER, _tab("Tests", "测试", ".case-form"), _OWNER, before=_known, whole=True),
    Screen("intent-scope", _ORDER, _tab("Scope", "范围", ".permissions"), _OWNER, before=_known, whole=True),
)
