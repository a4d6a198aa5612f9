"""Who gets which conversation, as a pure question."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from app.chat.routing import Candidate, Line, Queued, choose, overflows
from app.model.routing import Match, Mode, RuleBook, Rules, Strategy, Why

AUTO = RuleBook(Rules(Mode.AUTO))
NOW = 1_000_000


def agent(name: str, load: int = 0, *, capacity: int = 5, teams: Iterable[str] = (), **more: object) -> Candidate:
    return Candidate(name, frozenset(teams), capacity, load, **more)  # type: ignore[arg-type]


def queued(name: str = "c", **more: object) -> Queued:
    return replace(Queued(name, "i", None, 0, NOW - 7_000), **more)


def book(**more: object) -> RuleBook:
    return RuleBook(replace(Rules(Mode.AUTO), **more))


def picked(queue: list[Queued], agents: list[Candidate], rules: RuleBook = AUTO) -> tuple[str, str] | None:
    line = Line(replace(one, place=place) for place, one in enumerate(queue))
    choice = choose(line, agents, rules, NOW)
    return None if choice is None else (choice.queued.id, choice.agent_id)


@pytest.mark.parametrize(
    ("strategy", "chosen"),
    [(Strategy.LEAST_LOAD, "idle"), (Strategy.LONGEST_IDLE, "patient"), (Strategy.ROUND_ROBIN, "next")],
)
def test_each_strategy_has_its_order(strategy: Strategy, chosen: str) -> None:
    agents = [
        agent("idle", 0, assigned_at=30, idle_since=30),
        agent("patient", 1, assigned_at=20, idle_since=10),
        agent("next", 2, assigned_at=10, idle_since=20),
    ]
    assert picked([queued()], agents, book(strategy=strategy)) == ("c", chosen)


def test_the_reason_says_what_decided() -> None:
    choice = choose(Line([queued()]), [agent("ann", 2), agent("ben", 3)], AUTO, NOW)
    assert choice is not None
    assert choice.why == Why("least_load", load=2, capacity=5, candidates=2, waited_ms=7_000)


def test_who_has_enough_gets_nothing() -> None:
    assert picked([queued()], [agent("ann", 5), agent("ben", 0, capacity=0)]) is None


def test_by_hand_nobody_is_given_anything() -> None:
    assert picked([queued()], [agent("ann")], RuleBook()) is None


def test_a_team_gets_its_own_and_the_next_in_line_is_not_held_up() -> None:
    queue = [queued("south", team_id="s"), queued("north", team_id="n")]
    assert picked(queue, [agent("ann", teams=["n"])]) == ("north", "ann")
    assert picked(queue, [agent("ann", teams=["n"]), agent("ben", teams=["s"])]) == ("south", "ben")


def test_whoever_spoke_with_him_before_comes_first_unless_he_is_full() -> None:
    queue = [queued(sticky_id="ben")]
    assert picked(queue, [agent("ann"), agent("ben", 4)]) == ("c", "ben")
    assert picked(queue, [agent("ann"), agent("ben", 5)]) == ("c", "ann")
    assert picked(queue, [agent("ann"), agent("ben", 4)], book(sticky=False)) == ("c", "ann")


def test_skills_are_needed_all_of_them() -> None:
    agents = [agent("ann", skills=frozenset({"returns"})), agent("ben", 3, skills=frozenset({"returns", "legal"}))]
    assert picked([queued()], agents, book(skills=("returns", "legal"))) == ("c", "ben")
    assert picked([queued()], agents[:1], book(skills=("returns", "legal"))) is None


def test_a_language_is_preferred_or_required() -> None:
    agents = [agent("ann", languages=frozenset({"en"})), agent("ben", 3, languages=frozenset({"zh"}))]
    speaks = [queued(language="zh")]
    assert picked(speaks, agents) == ("c", "ann")
    assert picked(speaks, agents, book(language=Match.PREFER)) == ("c", "ben")
    assert picked(speaks, agents[:1], book(language=Match.PREFER)) == ("c", "ann")
    assert picked(speaks, agents[:1], book(language=Match.REQUIRE)) is None
    assert picked([queued()], agents[:1], book(language=Match.REQUIRE)) == ("c", "ann")  # nobody knows his language


def test_who_said_no_is_not_asked_until_he_has_rested() -> None:
    assert picked([queued(resting={"ann": NOW + 1})], [agent("ann")]) is None
    assert picked([queued(resting={"ann": NOW + 1})], [agent("ann"), agent("ben", 4)]) == ("c", "ben")
    assert picked([queued(resting={"ann": NOW})], [agent("ann")]) == ("c", "ann")
    both = [queued("no", resting={"ann": NOW + 1}), queued("other")]
    assert picked(both, [agent("ann")]) == ("other", "ann")


def test_rules_of_an_inbox_come_before_its_teams_and_these_before_all_others() -> None:
    rules = RuleBook(Rules(), {"n": Rules(Mode.AUTO)}, {"by hand": Rules()})
    assert picked([queued(team_id="n")], [agent("ann", teams=["n"])], rules) == ("c", "ann")
    assert picked([queued(team_id="n", inbox_id="by hand")], [agent("ann", teams=["n"])], rules) is None
    assert picked([queued()], [agent("ann")], rules) is None


def test_a_team_overflows_when_nobody_of_it_is_there_or_it_was_long() -> None:
    rules = RuleBook(Rules(), {"n": Rules(Mode.AUTO, overflow_team_id="s", overflow_seconds=10)})
    ben = agent("ben", teams=["s"])
    waits = queued(team_id="n")  # for 7 s
    assert overflows(Line([waits]), [ben], rules, NOW) == ([(waits, "s")], None)
    full = agent("ann", 5, teams=["n"])
    assert overflows(Line([waits]), [full, ben], rules, NOW) == ([], waits.since + 10_000)
    assert overflows(Line([waits]), [full, ben], rules, NOW + 3_000) == ([(waits, "s")], None)
    assert overflows(Line([waits]), [], rules, NOW + 3_000) == ([], None), "nobody is there either"
    was_there = replace(waits, left=frozenset({"s"}))
    assert overflows(Line([was_there]), [ben], rules, NOW) == ([], None)


def test_a_refused_first_one_does_not_hold_up_what_is_alike_nor_let_it_overtake() -> None:
    """Kinds come by their first one: where somebody said no to it, another kind may come before the next of its own."""
    no = {"ann": NOW + 1}
    queue = [queued("a refused", resting=no), queued("b", team_id="n"), queued("c")]
    assert picked(queue, [agent("ann", teams=["n"])]) == ("b", "ann")
    assert picked(queue, [agent("ann")]) == ("c", "ann")


def test_a_line_is_what_was_put_in_last() -> None:
    line = Line([queued("a", place=2, contact_id="p"), queued("b", place=1, contact_id="p", resting={"ann": NOW + 5})])
    assert line.firsts() == [(1, "b", queued().kind)] and line.last().id == "a"
    assert line.of_contact("p") == {"a", "b"} and line.rested_at(NOW) == NOW + 5
    line.put(queued("a", place=0, team_id="n", contact_id="q"))
    assert sorted(place for place, _, _ in line.firsts()) == [0, 1] and line.of_contact("p") == {"b"}
    line.drop("b")
    line.drop("b")
    assert [one.id for one in line] == ["a"] and line.rested_at(NOW) is None and line.of_contact("p") == frozenset()
    line.drop("a")
    assert not line and line.firsts() == []
