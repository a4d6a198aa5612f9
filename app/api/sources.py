"""Joined systems over REST, for who manages them (`sources.manage`).

What differs from the routes' neighbours:

- `{name}` is a source's name; what changes a document (`PUT`, `DELETE`, `…/enabled`) is about its whole *system*: a
  preset of several parts makes several sources of one document, each of them leads there.
- `PUT` answers 200 with `{saved, errors, cases, sources}`; where `saved` is false nothing was changed, and what ran
  goes on. 409 `source_by_hand`: a file that somebody has written on the server is changed there.
- A spec from here names secrets as `vault:…` alone. Hosts of the own network (`allow`, `proxy`) are added by who holds
  `server.manage`, the owner; who manages sources may keep or remove them (403 `source_allow`).
- In previews and samples documents and values are JSON *texts*: a browser's numbers would lose digits of 64-bit ids.
  `steps` are `{path, rule, value, at}`: `rule` is `from` where the field `path` took a value of the input at `at`,
  otherwise the word of the map, in the end `result`, `left_out` or `failed` (with `en`, `zh`).
- A secret's value is told by no route.
"""

from app.api.call import Call, Done, Nothing
from app.model.principals import Agent
from app.model.sources import (
    Forgetting,
    LetterPage,
    Letters,
    LetterShown,
    LettersRemoved,
    LettersReplayed,
    NewSpec,
    PageQuery,
    PresetList,
    Preview,
    RunPage,
    Sample,
    SampleList,
    SourceDetail,
    SourceDoor,
    SourceList,
    SpecChecked,
    SpecSaved,
    SpecText,
    Switch,
)


class SourceRoutes:
    """The door of the joined systems decides who may."""

    def __init__(self, door: SourceDoor) -> None:
        self._door = door

    async def listing(self, call: Call[Agent], _: Nothing) -> SourceList:
        return await self._door.listing(call.principal)

    async def detail(self, call: Call[Agent], _: Nothing) -> SourceDetail:
        return await (await self._door.manage(call.principal)).detail(call.id)

    async def save(self, call: Call[Agent], asked: NewSpec) -> SpecSaved:
        return await (await self._door.manage(call.principal)).save(call.id, asked)

    async def remove(self, call: Call[Agent], asked: Forgetting) -> Done:
        await (await self._door.manage(call.principal)).remove(call.id, forget=asked.records == "forget")
        return Done()

    async def switch(self, call: Call[Agent], asked: Switch) -> SourceDetail:
        return await (await self._door.manage(call.principal)).switch(call.id, enabled=asked.enabled)

    async def hurry(self, call: Call[Agent], _: Nothing) -> Done:
        await (await self._door.manage(call.principal)).hurry(call.id)
        return Done()

    async def check(self, call: Call[Agent], asked: SpecText) -> SpecChecked:
        return await (await self._door.manage(call.principal)).check(asked.yaml)

    async def preview(self, call: Call[Agent], asked: Sample) -> Preview:
        return await (await self._door.manage(call.principal)).preview(asked)

    async def samples(self, call: Call[Agent], _: Nothing) -> SampleList:
        return await (await self._door.manage(call.principal)).samples(call.id)

    async def presets(self, call: Call[Agent], _: Nothing) -> PresetList:
        return await (await self._door.manage(call.principal)).presets()

    async def runs(self, call: Call[Agent], asked: PageQuery) -> RunPage:
        return await (await self._door.manage(call.principal)).runs(call.id, asked.cursor, asked.limit)

    async def letters(self, call: Call[Agent], asked: PageQuery) -> LetterPage:
        return await (await self._door.manage(call.principal)).letters(call.id, asked.cursor, asked.limit)

    async def letter(self, call: Call[Agent], _: Nothing) -> LetterShown:
        return await (await self._door.manage(call.principal)).letter(call.id)

    async def replay(self, call: Call[Agent], asked: Letters) -> LettersReplayed:
        return await (await self._door.manage(call.principal)).replay(call.id, asked)

    async def discard(self, call: Call[Agent], asked: Letters) -> LettersRemoved:
        return await (await self._door.manage(call.principal)).discard(call.id, asked)
