"""A shop whose orders change while they are read: every change is seen, whatever the page it stands on by then."""

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.adapters.origins.following import Ask, Came, Last, Position, Span, ahead, asked, begun, moved, over, repeats
from app.adapters.specs.model import Follow

MINUTE = 60_000
NOW = 1_764_000_000_000
LATER = NOW + 1_000_000_000


class Shop:
    """Orders by the moment of their last change; each page that is asked, `changes` of them change."""

    def __init__(self, changed: dict[str, int], size: int, ascending: bool) -> None:
        self.changed = changed
        self.size = size
        self.ascending = ascending

    def page(self, ask: Ask) -> tuple[list[str], Came]:
        assert ask.window is not None
        inside = sorted(
            (at, name) for name, at in self.changed.items() if ask.window.start <= at < ask.window.end
        )  # fmt: skip
        if not self.ascending:
            inside.reverse()
        here = inside[(ask.page - 1) * self.size : ask.page * self.size]
        return [f"{name}@{at}" for at, name in here], Came(len(here), total=len(inside))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 120 * MINUTE), min_size=0, max_size=40),
    st.lists(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 5)), max_size=3), min_size=1, max_size=60),
    st.sampled_from(["first-to-last", "last-to-first"]),
    st.booleans(),
    st.integers(1, 7),
)
def test_no_change_is_missed_while_orders_change(
    times: list[int], changes: list[list[tuple[int, int]]], pages: str, ascending: bool, size: int
) -> None:
    follow = Follow(by="changed", pages=pages, size=size, window=30 * 60.0, overlap=120.0, behind=60.0, since=7_200.0)  # type: ignore[arg-type]
    start = NOW
    shop = Shop({f"o{n}": start - 120 * MINUTE + at for n, at in enumerate(times)}, size, ascending)
    now, at, seen = start, Position(), set[str]()
    budget = iter(changes)
    last_change = start
    while at.until <= last_change:
        at = begun(follow, at, now)
        while not over(at):
            names, came = shop.page(asked(at))
            seen |= set(names)
            at = moved(follow, at, came)
            now += 1_000
            for number, seconds in next(budget, []):
                name = f"o{number}"
                if name in shop.changed:
                    last_change = max(last_change, now)
                    shop.changed[name] = now - seconds * 1_000
        now += 10 * MINUTE
    assert {f"{name}@{changed}" for name, changed in shop.changed.items()} <= seen


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 60),
    st.sampled_from(["first-to-last", "last-to-first"]),
    st.integers(2, 7),
    st.dictionaries(st.integers(0, 30), st.sampled_from(["none", "half", "many", "empty", "again"]), max_size=3),
)
@example(20, "last-to-first", 4, {0: "half"})
@example(20, "last-to-first", 4, {0: "none"})
def test_no_record_is_missed_where_a_shop_lies_for_a_moment(
    count: int, pages: str, size: int, lies: dict[int, str]
) -> None:
    follow = Follow(by="changed", pages=pages, size=size, window=7_200.0, overlap=1.0, since=7_000.0)  # type: ignore[arg-type]
    shop = Shop({f"o{n}": NOW - n * MINUTE for n in range(1, count + 1)}, size, False)
    at, seen, calls = begun(follow, Position(), NOW), set[str](), 0
    before: tuple[list[str], Came] = [], Came(0)
    while not over(at):
        names, came = shop.page(asked(at))
        came = Came(came.count, came.total, last=Last("", names[-1]) if names else None)
        match lies.get(calls):
            case "none":
                came = Came(came.count, 0, last=came.last)
            case "half" if (at.page or 1) * size != count // 2:  # else it looks as if that were all
                came = Came(came.count, count // 2, last=came.last)
            case "many":
                came = Came(came.count, count + 1_000_000, last=came.last)
            case "empty":
                names, came = [], Came(0, count)
            case "again" if before[0]:
                names, came = before
        calls += 1
        assert calls < 200
        if repeats(follow, at, came):
            continue
        before = names, came
        seen |= set(names)
        at = moved(follow, at, came)
    assert len(seen) == count


@pytest.mark.parametrize("pages", ["first-to-last", "last-to-first"])
def test_no_order_is_missed_where_one_leaves_the_window_with_every_page(pages: str) -> None:
    follow = Follow(by="changed", pages=pages, size=5, window=7_200.0, overlap=1.0, since=7_000.0)  # type: ignore[arg-type]
    shop = Shop({f"o{n}": NOW - n * MINUTE for n in range(1, 101)}, 5, False)
    at, seen, left = begun(follow, Position(), NOW), set[str](), iter(range(1, 101))
    while not over(at):
        names, came = shop.page(asked(at))
        seen |= {name.partition("@")[0] for name in names}
        at = moved(follow, at, came)
        shop.changed[f"o{next(left)}"] = NOW + MINUTE
    assert {name for name, changed in shop.changed.items() if changed < NOW} <= seen


def test_a_first_page_tells_what_lanes_may_ask_at_once() -> None:
    follow = Follow(pages="first-to-last", size=10)
    at = moved(follow, begun(follow, Position(), 0), Came(10, total=45))
    assert (asked(at).page, ahead(follow, at)) == (2, [3, 4, 5])
    back = Follow(pages="last-to-first", size=10)
    at = moved(back, begun(back, Position(), 0), Came(10, total=45))
    assert (asked(at).page, ahead(back, at)) == (5, [4, 3, 2, 1])


def test_without_a_total_pages_go_on_until_one_is_not_full_or_says_so() -> None:
    follow = Follow(pages="first-to-last", size=10)
    at = moved(follow, begun(follow, Position(), 0), Came(10))
    assert asked(at).page == 2
    assert over(moved(follow, at, Came(9)))
    assert not over(moved(follow, at, Came(3, more=True)))
    assert over(moved(follow, at, Came(10, more=False)))


def test_a_token_leads_on_until_there_is_none_or_it_stands_still() -> None:
    follow = Follow(pages="cursor", next="next")
    at = moved(follow, begun(follow, Position(), 0), Came(10, next="b"))
    assert asked(at).token == "b"
    assert over(moved(follow, at, Came(10, next="b")))
    assert over(moved(follow, at, Came(10)))
    assert over(moved(follow, at, Came(10, next="c", more=False)))


def test_by_the_last_record_ties_are_told_apart_and_the_place_is_kept_between_rounds() -> None:
    follow = Follow(pages="cursor", size=2)
    at = begun(follow, Position(), 0)
    for first, second in (("a", "b"), ("c", "d")):
        at = moved(follow, at, Came(2, last=Last("10", second)))
        assert (asked(at).last, over(at)) == (Last("10", second), False), first
    at = moved(follow, at, Came(1, last=Last("11", "e")))
    assert over(at)
    assert asked(begun(follow, at, 0)).last == Last("11", "e")


def test_a_round_that_was_cut_off_goes_on_where_it_was() -> None:
    follow = Follow(by="changed", pages="last-to-first", size=10)
    at = moved(follow, begun(follow, Position(), NOW), Came(10, total=45))
    kept = msgspec.json.decode(msgspec.json.encode(at), type=Position)
    assert begun(follow, kept, LATER) == at
    assert asked(kept).window == Span(NOW - 2_592_000_000, NOW - 2_592_000_000 + 1_800_000)


def test_windows_follow_each_other_up_to_the_one_that_ends_behind_now() -> None:
    follow = Follow(by="changed", pages="one", window=1_800.0, overlap=120.0, behind=180.0, since=3_600.0)
    now, at, spans = NOW, Position(), list[Span]()
    for _ in range(4):
        at = begun(follow, at, now)
        window = asked(at).window
        assert window is not None
        spans.append(window)
        at = moved(follow, at, Came(0))
    assert [span.start for span in spans[1:]] == [span.end - 120_000 for span in spans[:-1]]
    assert spans[-1].end == now - 180_000
    assert all(span.end - span.start <= 1_800_000 for span in spans), "the overlap is inside of what they allow"


@pytest.mark.parametrize("back", [600_000, 86_400_000])
def test_a_clock_that_is_set_back_asks_for_no_window_that_ends_before_it_begins(back: int) -> None:
    follow = Follow(by="changed", pages="one")
    at = moved(follow, begun(follow, Position(until=LATER), LATER + 60_000), Came(0))
    window = asked(begun(follow, at, LATER - back)).window
    assert window is not None
    assert window.start <= window.end
    assert at.until >= LATER
