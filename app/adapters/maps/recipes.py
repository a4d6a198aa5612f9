"""The compiled parts of a spec that work on documents and records. Pure."""

from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from msgspec import Struct

from app.adapters.errors import BadDocument
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at, read_condition, read_map
from app.adapters.origins.following import Came, Last
from app.adapters.proving.signing import text_of
from app.adapters.specs.model import NOWHERE, Follow, MapCase, Source
from app.settings import Limits

Work: TypeAlias = Callable[[Tree, Context], Tree]


class Met(Struct, frozen=True):
    """The records of a page: how many, and the last of them."""

    count: int
    last: Tree = None


class Recipe:
    """The compiled parts of a source that work on documents and records."""

    def __init__(self, source: Source, limits: Limits) -> None:
        examples = [case.given.value for case in source.cases if isinstance(case, MapCase)]
        plain = source.map
        self._map: Work | None = None
        if plain is not None:
            self._map = compile_rule(read_map(plain.value, lambda way: plain.mark(*way)), limits, examples).run
        self.where: Work | None = None
        if source.where is not None:
            self.where = compile_rule(read_condition(source.where.text, source.where.mark), limits).run
        self.at = _path(source.records.at)
        self.id = _path(source.records.id)
        self.changed = _path(source.records.changed)
        named = source.then.records.id if source.then is not None else ""
        self.named = _path(named) or self.id  # what a record is called once it is whole
        follow = source.follow or Follow()
        self.total, self.more, self.next = _path(follow.total), _path(follow.more), _path(follow.next)

    def fields(self, record: Tree, context: Context) -> dict[str, Tree]:
        """What the map makes of a record; nothing where there is none. Raises `BadDocument` with the path."""
        made = self._map(record, context) if self._map else {}
        return made if isinstance(made, dict) else {}

    def records_of(self, document: Tree) -> Sequence[Tree]:
        """The list at `records.at`, or the one that stands there; none where there is nothing."""
        return listed(self.at(document, Context({})) if self.at else document)

    def came(self, document: Tree, headers: Mapping[str, str], met: Met, follow: Follow) -> Came:
        """What a page says of itself; raises `BadDocument` where its total is no number."""
        context = Context({"headers": dict(headers)})
        total = _number(self.total(document, context), follow.total) if self.total else None
        more = _truth(self.more(document, context)) if self.more else None
        token = text_of(self.next(document, context)) or None if self.next else None
        if follow.pages == "link" and not follow.next:
            token = next_link(headers.get("link", ""))
        return Came(met.count, total, more, token, self.last(met), date_ms(headers.get("date", "")))

    def last(self, met: Met) -> Last | None:
        """The last record as a cursor names it; None where there is none, or it has no id."""
        if not met.count or self.id is None:
            return None
        context = Context({})
        name = text_of(self.id(met.last, context))
        changed = text_of(self.changed(met.last, context)) if self.changed else ""
        return Last(changed, name) if name else None


def listed(found: Tree) -> Sequence[Tree]:
    """A list as it is, one thing as a list of it, nothing as none."""
    if found is None or found == "":
        return ()
    return found if isinstance(found, list) else (found,)


def date_ms(header: str) -> int | None:
    """What another system's clock says by its `Date` (RFC 9110), in ms UTC; None where it does not."""
    try:
        return round(parsedate_to_datetime(header).timestamp() * 1_000) if header else None
    except (ValueError, TypeError, OverflowError):
        return None


def next_link(header: str) -> str | None:
    """The address of `rel="next"` in a Link header (RFC 8288)."""
    for part in header.split(","):
        address, _, rest = part.strip().partition(";")
        relations = [one.strip().lower().replace('"', "") for one in rest.split(";")]
        if address.startswith("<") and address.endswith(">") and "rel=next" in relations:
            return address[1:-1]
    return None


def _path(text: str) -> Work | None:
    return compile_rule(read_at(text, NOWHERE)).run if text else None


def _number(value: Tree, path: str) -> int | None:
    if value is None:
        return None
    try:
        return int(text_of(value))
    except ValueError:
        raise BadDocument(
            "page_total", path, "The number of records is no whole number.", "记录总数不是整数。"
        ) from None


def _truth(value: Any) -> bool:
    return value.lower() in ("true", "1", "yes") if isinstance(value, str) else bool(value)
