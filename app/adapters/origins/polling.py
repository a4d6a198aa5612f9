"""A polled source, read round by round: pages asked for while those before them are mapped and written.

The position behind a page moves with its rows, so a process that is killed anywhere reads a page twice at most, and
what it reads twice is kept once.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from functools import partial

from msgspec.structs import replace

from app.adapters.calls.asking import Asking, Begun
from app.adapters.errors import BadDocument, Refused
from app.adapters.formats.records import Spoilt
from app.adapters.formats.tree import Tree
from app.adapters.maps.recipes import Met, Recipe
from app.adapters.maps.times import moment
from app.adapters.origins import following
from app.adapters.origins.flowing import Flowing
from app.adapters.origins.following import Ask, Position
from app.adapters.origins.intake import Intake
from app.adapters.origins.lots import Gathering, Lot
from app.adapters.protocols.exchange import Answer
from app.adapters.specs.model import Follow, Source
from app.model.clock import Clock
from app.storage.source_runs import Run


class Polling:
    """One source that is asked again and again."""

    def __init__(self, source: Source, recipe: Recipe, asking: Asking, intake: Intake, clock: Clock) -> None:
        self._source = source
        self._recipe = recipe
        self._asking = asking
        self._intake = intake
        self._clock = clock
        self._follow = source.follow or Follow()
        self._rows_max = intake.rows_max

    @property
    def is_down(self) -> bool:
        """Whether the other system is taken to be down."""
        return self._asking.is_down

    async def position(self) -> Position:
        """How far it was read."""
        return await self._intake.state(Position) or Position()

    async def round(self) -> Run:
        """Read on until there is nothing more for now; what it did. Raises the `Problem` that ended it early."""
        return await self._intake.take(self._pages(await self.position()))

    def is_behind(self, position: Position) -> bool:
        """Whether there is another window to be read at once."""
        if self._follow.by != "changed":
            return False
        end = self._clock.now_ms() - round(self._follow.behind * 1_000)
        return position.until < end - round(self._follow.every * 1_000)

    async def _pages(self, at: Position) -> AsyncGenerator[Lot]:
        """The pages of one round in their order; with lanes the ones behind it are asked while it is worked on."""
        at = following.begun(self._follow, at, self._clock.now_ms())
        coming: dict[int, asyncio.Task[Begun]] = {}
        led = True  # whether its tokens lead on
        try:
            while not following.over(at):
                ask = following.asked(at)
                task = coming.pop(ask.page, None)
                page = _Page(at)
                try:
                    begun = await (task if task is not None else self._fetch(ask))
                except Refused:  # perhaps because of the token: it may have ended while nobody asked
                    if ask.token is None or not led:
                        raise
                    led, at = False, following.again(self._follow, at)
                    continue
                lots = self._flowing(begun, page) if isinstance(begun, Flowing) else self._whole(*begun, page)
                async with aclosing(lots):
                    async for lot in lots:
                        self._ask_ahead(page.after, ask, coming)
                        yield lot
                at = page.after
        finally:
            await _let_go(coming.values())

    async def _whole(self, document: Tree, answer: Answer, page: "_Page") -> AsyncGenerator[Lot]:
        records = self._recipe.records_of(document)
        page.after = self._moved(page.at, document, answer.headers, Met(len(records), records[-1] if records else None))
        size = len(answer.body)
        await self._intake.budget.take(size)
        yield Lot(
            records=records, after=page.after, bytes=size, held=size, waited_ms=answer.waited_ms, pages=1,
            drift=self._asking.drift(),
        )  # fmt: skip

    async def _flowing(self, flowing: Flowing, page: "_Page") -> AsyncGenerator[Lot]:
        """In lots of bounded size; the position behind it is known with the last one."""
        gathering = Gathering(self._intake.budget, self._rows_max)
        count, last = 0, None
        try:
            async with aclosing(flowing.readings()) as all_of_it:
                async for readings in all_of_it:
                    count += len(readings)
                    last = next((one for one in reversed(readings) if not isinstance(one, Spoilt)), last)
                    async for lot in gathering.lots(readings, flowing.bytes):
                        yield lot
            page.after = self._moved(page.at, flowing.document(), flowing.headers, Met(count, last))
            rest = await gathering.rest(flowing.bytes)
            told = {"waited_ms": flowing.waited_ms, "drift": self._asking.drift()}
            yield replace(rest, after=page.after, pages=1, **told)
        finally:
            await flowing.close()

    def _moved(self, at: Position, document: Tree, headers: Mapping[str, str], met: Met) -> Position:
        came = self._recipe.came(document, headers, met, self._follow)
        if following.repeats(self._follow, at, came):
            raise _repeated(at.page)
        return following.moved(self._follow, at, came)

    def _ask_ahead(self, after: Position, ask: Ask, coming: "dict[int, asyncio.Task[Begun]]") -> None:
        for page in self._lane_pages(after):
            if page not in coming and page != ask.page:  # a large one is still coming itself
                coming[page] = asyncio.create_task(self._fetch(replace(ask, page=page)))

    def _lane_pages(self, after: Position) -> list[int]:
        if self._follow.lanes <= 1 or after.page is None:
            return []
        return [after.page, *following.ahead(self._follow, after)][: self._follow.lanes]

    async def _fetch(self, ask: Ask) -> Begun:
        return await self._asking.begin(partial(self._references, ask))

    def _references(self, ask: Ask) -> dict[str, Tree]:
        cursor: Tree = ask.token
        if ask.token is None and ask.last is not None and not self._follow.next:
            cursor = {"changed": ask.last.changed, "id": ask.last.id}
        window: Tree = {"start": moment(ask.window.start), "end": moment(ask.window.end)} if ask.window else None
        return {
            "now": moment(self._clock.now_ms()), "window": window, "page": ask.page, "size": self._follow.size,
            "cursor": cursor, "source": self._source.name, "settings": dict(self._source.settings),
            "link": ask.token if self._follow.pages == "link" else None,
        }  # fmt: skip


class _Page:
    """One page while it comes: the position that asked for it, and the one behind it once that is known."""

    def __init__(self, at: Position) -> None:
        self.at = self.after = at


async def _let_go(coming: "Iterable[asyncio.Task[Begun]]") -> None:
    """End what is asked ahead, and what of it has begun to come."""
    for task in coming:
        task.cancel()
    for begun in await asyncio.gather(*coming, return_exceptions=True):
        if isinstance(begun, Flowing):
            await begun.close()


def _repeated(page: int | None) -> BadDocument:
    return BadDocument(
        "page_repeated",
        "",
        f"Page {page} is the page before it once more. It is asked again later.",
        f"第 {page} 页与前一页内容相同。稍后会重新请求。",
    )
