"""What every row of the table of routes must have."""

from app.api.call import Nothing
from app.api.route import Kind
from tests.api.desk import Desk

_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def test_every_route_says_in_both_languages_what_it_is_for(desk: Desk) -> None:
    for route in desk.api.routes:
        assert route.en.strip() == route.en != "", route.path
        assert not _chinese(route.en), route.path
        assert _chinese(route.zh), route.path


def test_every_route_has_a_method_that_is_known_and_a_place_of_its_own(desk: Desk) -> None:
    assert {route.method for route in desk.api.routes} <= _METHODS
    places = [(route.method, route.path) for route in desk.api.routes]
    assert len(places) == len(set(places))


def test_reading_changes_nothing_and_takes_neither_body_nor_key(desk: Desk) -> None:
    for route in desk.api.routes:
        if route.method == "GET":
            assert not (route.upload or route.keyed), route.path


def test_what_is_for_visitors_lies_where_their_listener_serves_it(desk: Desk) -> None:
    """The public listener lets nothing of the API through but this."""
    for route in desk.api.routes:
        if route.kind is Kind.VISITOR:
            assert route.path.startswith("/api/v1/visitor/"), route.path


def test_only_agents_are_asked_for_a_right(desk: Desk) -> None:
    for route in desk.api.routes:
        assert route.kind is Kind.AGENT or route.action == "", route.path


def test_what_asks_nothing_says_so(desk: Desk) -> None:
    assert all(route.asks is not None for route in desk.api.routes)
    assert any(route.asks is Nothing for route in desk.api.routes)
