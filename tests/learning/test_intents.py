"""Intents and their phrases over REST: who may, what is refused, what is stored."""

from typing import Any

from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import Desk, World

REFUND: dict[str, Any] = {"name": "refund", "title": {"en": "Refund", "zh": "退款"}}
PATH = "/api/v1/intents/refund"


async def save(desk: Desk, world: World, version: int = 0, **changed: Any) -> Any:  # noqa: F811
    return await desk.call("PUT", PATH, cookie=world.owner, json={"intent": {**REFUND, **changed}, "version": version})


async def test_what_is_saved_is_read_and_who_saves_an_older_one_is_told(desk: Desk, world: World) -> None:  # noqa: F811
    rules = [{"pattern": "refund {order_no}", "priority": 3}]
    made = await save(desk, world, rules=rules, phrases=[{"text": " money\tback ", "language": "en"}])
    assert made.status_code == 200, made.text
    assert (made.json()["version"], made.json()["phrases"]) == (1, 1)
    assert made.json()["intent"]["rules"] == [{**rules[0], "language": "", "inbox_id": ""}]

    changed = await save(desk, world, 1, enabled=False)
    assert (changed.json()["version"], changed.json()["phrases"]) == (2, 1)
    late = await save(desk, world, 1, enabled=True)
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    again = await save(desk, world, 0)
    assert (again.status_code, again.json()["code"]) == (409, "changed_meanwhile")
    read = await desk.call("GET", PATH, cookie=world.observer)
    assert (read.json()["intent"]["enabled"], read.json()["intent"]["phrases"]) == (False, [])
    page = (await desk.call("GET", f"{PATH}/phrases", cookie=world.owner)).json()
    assert [(one["text"], one["language"], one["origin"]) for one in page["phrases"]] == [("money back", "en", "own")]
    listed = (await desk.call("GET", "/api/v1/intents", cookie=world.north)).json()["intents"]
    assert [(one["intent"]["name"], one["phrases"]) for one in listed] == [("refund", 1)]


async def test_names_and_titles_that_will_not_do_are_refused(desk: Desk, world: World) -> None:  # noqa: F811
    for path, intent, code in (
        ("refund", {"name": "other", "title": {"en": "x"}}, "name_differs"),
        ("export", {"name": "export", "title": {"en": "x"}}, "name_reserved"),
        ("refund", {"name": "refund", "title": {"en": " \t"}}, "empty"),
        ("refund", {"name": "refund", "title": {"fr": "x"}}, "empty"),
        ("refund", {**REFUND, "slots": [{"name": "a"}, {"name": "a"}]}, "twice"),
        ("refund", {"name": "Refund", "title": {"en": "x"}}, "malformed"),
    ):
        body = {"intent": intent, "version": 0}
        answer = await desk.call("PUT", f"/api/v1/intents/{path}", cookie=world.owner, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert (await desk.call("GET", "/api/v1/intents", cookie=world.owner)).json() == {"intents": []}


async def test_phrases_come_in_pages_and_contradictions_are_told(desk: Desk, world: World) -> None:  # noqa: F811
    await save(desk, world)
    other = {"intent": {**REFUND, "name": "cancel"}, "version": 0}
    await desk.call("PUT", "/api/v1/intents/cancel", cookie=world.owner, json=other)
    texts = [f"phrase {number}" for number in range(5)]
    added = await desk.call(
        "POST", f"{PATH}/phrases", cookie=world.owner, json={"phrases": [{"text": text} for text in [*texts, texts[0]]]}
    )
    assert added.json() == {"added": 5, "known": 1, "contradictions": []}
    both = await desk.call(
        "POST", "/api/v1/intents/cancel/phrases", cookie=world.owner, json={"phrases": [{"text": texts[2]}]}
    )
    assert both.json()["contradictions"] == [{"text": "phrase 2", "intents": ["cancel", "refund"]}]

    seen: list[Any] = []
    before: str | None = ""
    while before is not None:
        page = (await desk.call("GET", f"{PATH}/phrases?limit=2&before={before}", cookie=world.owner)).json()
        seen, before = seen + page["phrases"], page["next"]
    assert sorted(one["text"] for one in seen) == texts
    assert {one["text"]: one["also"] for one in seen if one["also"]} == {"phrase 2": ["cancel"]}
    found = (await desk.call("GET", f"{PATH}/phrases?q=e%204", cookie=world.owner)).json()["phrases"]
    assert [one["text"] for one in found] == ["phrase 4"]
    wild = (await desk.call("GET", f"{PATH}/phrases?q=%25", cookie=world.owner)).json()["phrases"]
    assert wild == []

    ids = [one["id"] for one in seen[:3]]
    for removed in (3, 0):
        answer = await desk.call("POST", f"{PATH}/phrases/remove", cookie=world.owner, json={"ids": ids})
        assert answer.json() == {"removed": removed}
    assert (await desk.call("GET", PATH, cookie=world.owner)).json()["phrases"] == 2
    assert (await desk.call("DELETE", PATH, cookie=world.owner)).status_code == 204
    assert (await desk.call("GET", PATH, cookie=world.owner)).status_code == 404
    assert await desk.database.read("SELECT count(*) FROM intent_phrases WHERE intent = 'refund'") == [(0,)]
    audited = await desk.database.read("SELECT action FROM audit WHERE object_name = 'refund' ORDER BY number")
    assert [row[0] for row in audited] == ["intent.create", "intent.phrases", "intent.phrases", "intent.delete"]


async def bring(desk: Desk, world: World, body: bytes, query: str = "") -> Any:  # noqa: F811
    headers = {"content-type": "text/tab-separated-values"}
    path = f"/api/v1/intents/import{query}"
    return await desk.call("POST", path, cookie=world.owner, content=body, headers=headers)


async def test_a_table_of_phrases_comes_in_and_again_adds_nothing(desk: Desk, world: World) -> None:  # noqa: F811
    await save(desk, world)
    table = "split\tintent\tlang\ttext\ntrain\trefund\tzh\t我要退款\ntrain\toos\ten\thow are you\n"
    table += "train\tlost_parcel\ten\tit never came\ntrain\tBad Name\ten\tx\ntrain\trefund\ten\t \n"
    strict = (await bring(desk, world, table.encode())).json()
    assert (strict["lines"], strict["added"], strict["out_of_scope"], strict["left_out"]) == (5, 1, 1, 3)
    assert [one["line"] for one in strict["problems"]] == [4, 5, 6]
    made = (await bring(desk, world, table.encode(), "?create=true")).json()
    assert (made["added"], made["known"], made["created"], made["left_out"]) == (1, 1, ["lost_parcel"], 2)
    again = (await bring(desk, world, table.encode(), "?create=true&origin=starter")).json()
    assert (again["added"], again["known"], again["created"]) == (0, 2, [])
    commas = (await bring(desk, world, '\ufefftext,label\r\n"give, please",refund\r\n'.encode())).json()
    assert commas["added"] == 1
    page = (await desk.call("GET", f"{PATH}/phrases", cookie=world.owner)).json()["phrases"]
    assert {one["text"] for one in page} == {"我要退款", "give, please"}


async def test_a_file_that_is_no_table_is_refused(desk: Desk, world: World) -> None:  # noqa: F811
    for body, code in (
        (b"", "no_columns"),
        (b"one\ttwo\nx\ty\n", "no_columns"),
        (b"intent\ttext\n\xff\xfe\n", "encoding"),
        (b"intent\ttext\n" + b"a" * 100_000, "line_too_long"),
    ):
        answer = await bring(desk, world, body)
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
