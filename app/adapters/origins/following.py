"""How a polled source goes on: which page is asked next, and what a page that came changes. Pure.

A window that was read whole is left behind for good, so what may still change inside it must be seen: windows end
`behind` before now and begin `overlap` before the last one's end, and what comes twice is kept once by its digest.
Pages that are counted from the first shift when a record leaves the window while it is read (it was changed again),
and one would be missed: where the total shrinks meanwhile, the window is read again from its last page to its first,
where a shift only shows a record twice.

What a page says of itself may be wrong for a moment. A total that fewer records than have come would make, an empty
page where more are promised, a first page that at the end tells of more pages than were read: the window is read
again. A page that ends as the one before it did is that one again, and no page.
"""

from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.specs.model import Follow

_SECOND_MS = 1_000
_READ_AGAIN_MAX = 5


class Span(Struct, frozen=True, array_like=True):
    """From `start` to `end`, in ms UTC."""

    start: int
    end: int


class Last(Struct, frozen=True, array_like=True):
    """The last record of a page: when it changed, as its system writes it, and its id, which parts equal times."""

    changed: str
    id: str


class Position(Struct, frozen=True, omit_defaults=True):
    """How far a source has been read; put away with the rows that were read.

    `until`: all that changed before it was read (ms UTC). The rest is of the round that goes on: its `window`, the
    `page` asked next (None: none asked yet), `pages` in all and their `total` of records where these are known, the
    `token` that leads on, how often it was read `again`. `last` outlives rounds.
    """

    until: int = 0
    window: Span | None = None
    page: int | None = None
    pages: int | None = None
    total: int | None = None
    token: str | None = None
    again: int = 0
    last: Last | None = None


class Ask(Struct, frozen=True):
    """One page: what `$window`, `$page`, `$cursor` stand for in its request."""

    window: Span | None
    page: int
    token: str | None
    last: Last | None


class Came(Struct, frozen=True):
    """What a page said: `count` of its records, the `total` of all, whether there is `more`, what is `next`.

    `now`: what their clock showed, in ms UTC, where they say it.
    """

    count: int
    total: int | None = None
    more: bool | None = None
    next: str | None = None
    last: Last | None = None
    now: int | None = None


def begun(follow: Follow, at: Position, now: int) -> Position:
    """The position with a round that goes on: the one that was cut off, or a new one; `now` in ms UTC."""
    if at.page is not None or at.window is not None:
        return at
    if follow.by == "pages":
        return replace(at, page=follow.first)
    end = now - _ms(follow.behind)
    until = min(at.until, end)  # our clock was put back: what they change from now on is not behind us
    start = until - _ms(follow.overlap) if until else end - _ms(follow.since)
    end = min(end, start + _ms(follow.window))
    return replace(at, window=Span(min(start, end), end), page=follow.first)


def asked(at: Position) -> Ask:
    """The page that is asked next of a round that goes on."""
    return Ask(at.window, at.page if at.page is not None else 1, at.token, at.last)


def moved(follow: Follow, at: Position, came: Came) -> Position:
    """The position after a page: the next page of the round, or behind its end (`page` and `window` None)."""
    at = _by_their_clock(follow, replace(at, last=came.last or at.last), came.now)
    if follow.pages == "one":
        return _done(at)
    if follow.pages in ("cursor", "link"):
        return _by_token(follow, at, came)
    return _backwards(follow, at, came) if _is_backwards(follow, at) else _forwards(follow, at, came)


def again(follow: Follow, at: Position) -> Position:
    """The same round from its first page on: what led further leads nowhere any more."""
    return replace(at, token=None, page=follow.first)


def over(at: Position) -> bool:
    """Whether no round goes on."""
    return at.page is None


def ahead(follow: Follow, at: Position) -> list[int]:
    """Pages of this round that may be asked before this one has come, in their order: what its lanes may do at once."""
    if at.page is None or at.pages is None or follow.pages not in ("first-to-last", "last-to-first"):
        return []
    if _is_backwards(follow, at):
        return list(range(at.page - 1, follow.first - 1, -1))
    return list(range(at.page + 1, at.pages + follow.first))


def _by_their_clock(follow: Follow, at: Position, now: int | None) -> Position:
    """A window ends no later than their clock says: what ours is ahead of it they have yet to change."""
    if now is None or at.window is None or at.window.end <= now - _ms(follow.behind):
        return at
    return replace(at, window=Span(at.window.start, max(at.window.start, now - _ms(follow.behind))))


def _by_token(follow: Follow, at: Position, came: Came) -> Position:
    if follow.pages == "cursor" and not follow.next:  # by the last record: a page that is not full is the end
        return _done(at) if came.count < follow.size or came.last is None else replace(at, page=_next(at, follow))
    if came.next is None or came.next in ("", at.token) or came.more is False:
        return _done(at)
    return replace(at, token=came.next, page=_next(at, follow))


def repeats(follow: Follow, at: Position, came: Came) -> bool:
    """Whether a page is the one before it once more; one record at a time may well come twice where pages shift."""
    first = at.page is None or at.page == follow.first
    return not first and came.count > 1 and came.last is not None and came.last == at.last


def _forwards(follow: Follow, at: Position, came: Came) -> Position:
    page = at.page if at.page is not None else follow.first
    if page == follow.first:
        at = replace(at, total=came.total, pages=_pages(follow, came.total))
    shifted = at.total is not None and came.total is not None and came.total < at.total
    empty = came.count == 0 and _before(follow, page) < (came.total or 0)
    if (shifted or empty) and at.again < _READ_AGAIN_MAX:
        return _anew(follow, at)
    return _done(at) if _is_last(follow, page, came) else replace(at, page=page + 1)


def _is_last(follow: Follow, page: int, came: Came) -> bool:
    if came.count == 0:
        return True
    if came.total is not None:
        there = _before(follow, page) + came.count
        is_true = (
            came.total >= there or came.count < follow.size
        )  # of a full page the total counts at least its records
        return is_true and page - follow.first + 1 >= ceil(came.total / follow.size)
    return came.count < follow.size if came.more is None else not came.more


def _backwards(follow: Follow, at: Position, came: Came) -> Position:
    """The first page tells how many there are; then from the last one back, which is read anew with the others."""
    page = at.page if at.page is not None else follow.first
    if at.again < _READ_AGAIN_MAX and _is_contradicted(follow, at, came):
        return _anew(follow, at)
    if at.pages is None:
        pages = _pages(follow, came.total) or 1
        is_all = pages <= 1 and came.count < follow.size
        return _done(at) if is_all else replace(at, pages=pages, page=follow.first + pages - 1)
    if page <= follow.first:
        return _done(at)
    last = (_pages(follow, came.total) or 1) if came.count == 0 else page  # none there: where they end by now
    return replace(at, page=max(follow.first, min(page - 1, follow.first + last - 1)))


def _is_contradicted(follow: Follow, at: Position, came: Came) -> bool:
    """Whether a page cannot be what the first one told."""
    total = came.total or 0
    if at.pages is None:
        return came.count == 0 and total > 0
    page = at.page if at.page is not None else follow.first
    more = page <= follow.first and (_pages(follow, total) or 0) > at.pages
    return more or (came.count == 0 and _before(follow, page) < max(total, (at.pages - 1) * follow.size))


def _is_backwards(follow: Follow, at: Position) -> bool:
    """Pages that have shifted once are read from the last one back, where that misses nothing."""
    return follow.pages == "last-to-first" or at.again > 0


def _before(follow: Follow, page: int) -> int:
    """How many records stand on the pages before it."""
    return (page - follow.first) * follow.size


def _anew(follow: Follow, at: Position) -> Position:
    return replace(at, page=follow.first, total=None, pages=None, again=at.again + 1)


def _pages(follow: Follow, total: int | None) -> int | None:
    return None if total is None else max(1, ceil(total / follow.size))


def _next(at: Position, follow: Follow) -> int:
    return (at.page if at.page is not None else follow.first) + 1


def _done(at: Position) -> Position:
    until = at.window.end if at.window is not None else at.until
    return Position(until=until, last=at.last)


def _ms(seconds: float) -> int:
    return round(seconds * _SECOND_MS)
