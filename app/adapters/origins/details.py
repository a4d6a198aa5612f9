"""One more call for each record: lists of ids come first, then what they stand for.

Calls go out in lanes, across lots; what they bring keeps the order of the records, and the state of an origin moves
with the last of them. One that the other system does not know, or answers with what cannot be read, is that record's
misfortune; one that it does not answer ends the round, for the next would fare no better.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from msgspec import Struct

from app.adapters.calls.asking import Asking
from app.adapters.errors import BadDocument, Refused
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at
from app.adapters.maps.recipes import listed
from app.adapters.maps.times import moment
from app.adapters.origins.lots import Failed, Lot
from app.adapters.origins.pipeline import Budget, Stage
from app.adapters.protocols.exchange import Answer
from app.adapters.specs.model import NOWHERE, Source, Then
from app.model.clock import Clock
from app.settings import Limits

_NOT_WHAT_BUT_WHO = frozenset({"401", "403"})  # refusals that are of the caller, not of the record


class _Item(Struct, frozen=True):
    """One record of a lot; the last of it ends it, and a lot without records is one item without any."""

    lot: Lot
    record: Tree
    is_last: bool
    is_none: bool = False


class _Detailed(Struct, frozen=True):
    item: _Item
    records: Sequence[Tree] = ()
    problem: BadDocument | None = None
    bytes: int = 0
    waited_ms: int = 0


_NONE = Lot()


class Details:
    """The `then` of a source."""

    def __init__(self, source: Source, then: Then, asking: Asking, clock: Clock, limits: Limits) -> None:
        self._source = source
        self._then = then
        self._asking = asking
        self._clock = clock
        self._rows_max = limits.source_rows_per_write
        self._each = compile_rule(read_at(then.each, NOWHERE)).run if then.each else None
        self._at = compile_rule(read_at(then.records.at, NOWHERE)).run if then.records.at else None
        self._bytes_max = limits.source_held_bytes_max
        self.budget = Budget(self._bytes_max)  # its own: who frees the other one waits for this

    async def of(self, lots: AsyncGenerator[Lot], upstream: Budget) -> AsyncGenerator[Lot]:
        """The same with what each record stands for in its place, in lots of bounded size."""
        self.budget = Budget(self._bytes_max)
        async with Stage(_items(lots, upstream), self._one, self._then.lanes).running() as detailed:
            gathered: list[_Detailed] = []
            async for one in detailed:
                gathered.append(one)
                if one.item.is_last or sum(len(each.records) for each in gathered) >= self._rows_max:
                    lot = _gathered(gathered, self._asking.drift())
                    gathered = []
                    await self.budget.take(lot.held)
                    yield lot

    async def one(self, record: Tree) -> tuple[Sequence[Tree], Answer]:
        """What a record stands for. Raises `BadDocument`; `Refused` where we are, not it; `Unreached`."""
        asked = self._each(record, Context({})) if self._each else record
        if asked is None or asked == "":
            raise _nothing(self._then.each)
        try:
            came, answer = await self._asking.ask(self._references, asked)
        except Refused as problem:
            if problem.said in _NOT_WHAT_BUT_WHO:
                raise
            raise BadDocument(problem.code, self._then.each, problem.en, problem.zh) from None
        return listed(self._at(came, Context({})) if self._at else came), answer

    async def every(self, records: Sequence[Tree]) -> tuple[list[Tree], list[Failed]]:
        """What these stand for, in their order, and those that cannot be had. Raises `Refused`, `Unreached`."""
        found: list[Tree] = []
        failed: list[Failed] = []
        async with Stage(_items_of(records), self._one, self._then.lanes).running() as detailed:
            async for one in detailed:
                found += one.records
                if one.problem is not None:
                    failed.append(Failed("ask", one.item.record, one.problem))
        return found, failed

    async def _one(self, item: _Item) -> _Detailed:
        if item.is_none:
            return _Detailed(item)
        try:
            found, answer = await self.one(item.record)
        except BadDocument as problem:
            return _Detailed(item, problem=problem)
        return _Detailed(item, found, None, len(answer.body), answer.waited_ms)

    def _references(self) -> dict[str, Tree]:
        return {
            "now": moment(self._clock.now_ms()), "source": self._source.name, "settings": dict(self._source.settings),
        }  # fmt: skip


async def _items(lots: AsyncGenerator[Lot], upstream: Budget) -> AsyncGenerator[_Item]:
    async with aclosing(lots):
        async for lot in lots:
            upstream.free(lot.held)
            if not lot.records:
                yield _Item(lot, None, is_last=True, is_none=True)
            for number, record in enumerate(lot.records, 1):
                yield _Item(lot, record, number == len(lot.records))


async def _items_of(records: Sequence[Tree]) -> AsyncGenerator[_Item]:
    for record in records:
        yield _Item(_NONE, record, is_last=False)


def _gathered(detailed: Sequence[_Detailed], drift: Mapping[tuple[str, str, str], int]) -> Lot:
    """One lot of what became of some records; whose last ends its lot, that has the state behind it."""
    last = detailed[-1].item
    came = sum(one.bytes for one in detailed)
    own = last.lot if last.is_last else Lot()
    return Lot(
        records=[record for one in detailed for record in one.records],
        spoilt=own.spoilt,
        failed=[*own.failed, *(Failed("ask", one.item.record, one.problem) for one in detailed if one.problem)],
        after=own.after,
        bytes=own.bytes + came,
        held=came,
        waited_ms=own.waited_ms + sum(one.waited_ms for one in detailed),
        pages=own.pages,
        drift=Counter(own.drift) + Counter(drift),
    )


def _nothing(path: str) -> BadDocument:
    return BadDocument(
        "detail_unasked",
        path,
        "This record has nothing here to ask for. Look at `each` under `then`.",
        "该记录在此处没有可用于请求的值。请检查 then 中的 each。",
    )
