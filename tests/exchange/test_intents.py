"""Files of intents over REST: all of one or nothing, the starter pack, and what goes out comes in again."""

from typing import Any

from app.storage import intents
from app.storage.intents import listing
from tests.api.conftest import desk, desk_settings, furnished, limits, world  # noqa: F401 - fixtures
from tests.api.desk import Desk, World

FILES = "/api/v1/intents/files"
CSV = (
    "intent,language,text\n"
    + "".join(f"greet,en,hello {chr(97 + n % 26)}{chr(97 + n // 26)}\n" for n in range(450))
    + "bye,zh,再见\n"
)


async def bring(desk: Desk, world: World, text: str, query: str = "rehearse=0") -> Any:  # noqa: F811
    answer = await desk.call("POST", f"{FILES}?{query}", cookie=world.owner, content=text.encode())
    assert answer.status_code == 200, answer.text
    return answer.json()


async def counted(desk: Desk) -> dict[str, int]:  # noqa: F811
    return {one.intent.name: one.phrases for one in await listing(desk.database, 100)}


async def test_a_file_is_stored_whole_and_the_same_again_changes_nothing(desk: Desk, world: World) -> None:  # noqa: F811
    rehearsed = await bring(desk, world, CSV, "")
    assert (rehearsed["done"], rehearsed["phrases"], await counted(desk)) == (False, 451, {})
    told = await bring(desk, world, CSV)
    assert (told["done"], told["created"], await counted(desk)) == (True, 2, {"greet": 450, "bye": 1})
    again = await bring(desk, world, CSV)
    assert (again["phrases"], again["duplicates"], again["created"]) == (0, 451, 0)
    entries = await desk.database.read("SELECT action FROM audit WHERE action = 'intent.import'")
    assert len(entries) == 2


async def test_of_a_file_with_a_contradiction_nothing_is_stored(desk: Desk, world: World) -> None:  # noqa: F811
    told = await bring(desk, world, CSV + "bye,en,Hello ba!\n")
    assert not told["done"] and [one["line"] for one in told["problems"]] == [453]
    assert await counted(desk) == {}


async def test_whole_intents_are_checked_as_the_console_checks_them(desk: Desk, world: World) -> None:  # noqa: F811
    bad = "intents:\n- {name: files, title: {en: A}}\n- {name: b, title: {en: B}, rules: [{pattern: '*'}]}\n"
    told = await bring(desk, world, bad)
    assert [one["line"] for one in told["problems"]] == [2, 3] and await counted(desk) == {}


async def test_an_intent_of_a_file_takes_the_place_of_its_namesake(desk: Desk, world: World) -> None:  # noqa: F811
    await bring(desk, world, CSV)
    told = await bring(desk, world, "intents:\n- {name: bye, title: {en: Good-bye}, phrases: [{text: farewell}]}\n")
    assert (told["created"], told["changed"], told["phrases"]) == (0, 1, 1)
    found = await intents.find(desk.database, "bye")
    assert found is not None and (found.intent.title, found.version, found.phrases) == ({"en": "Good-bye"}, 2, 2)


async def test_the_starter_pack_leaves_what_is_there_and_goes_out_and_in_again(desk: Desk, world: World) -> None:  # noqa: F811
    await bring(desk, world, "intents:\n- {name: greeting, title: {en: Mine}}\n")
    asked = (await desk.call("GET", "/api/v1/intents/starter", cookie=world.owner)).json()["facts"]
    assert "returns" in [fact["name"] for fact in asked]
    said = {"facts": {"returns": {"en": "You have 30 days."}}}
    told = (await desk.call("POST", "/api/v1/intents/starter", cookie=world.owner, json=said)).json()
    assert (told["done"], told["created"], told["changed"], told["problems"]) == (True, 63, 0, [])
    greeting, policy = [await intents.find(desk.database, name) for name in ("greeting", "return_policy")]
    assert greeting is not None and greeting.intent.title == {"en": "Mine"}
    assert policy is not None and policy.intent.replies[0].text.startswith("You have 30 days.")
    out = await desk.call("GET", f"{FILES}?format=yaml", cookie=world.owner)
    assert out.headers["content-type"] == "application/yaml"
    again = await bring(desk, world, out.text)
    assert (again["created"], again["changed"], again["phrases"], again["problems"]) == (0, 64, 0, [])
    assert (await intents.find(desk.database, "return_policy")).intent == policy.intent  # type: ignore[union-attr]
