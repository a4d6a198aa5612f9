"""schemathesis asks the running appliance what its OpenAPI page says it takes, and what it says it does not take.

As the owner, as a visitor and as nobody, each route: never a 5xx, answers are as the page describes them, and nothing
of within is told.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.watch import demand_discretion
from tests.journeys.appliance import Appliance
from tests.journeys.desk import Desk
from tests.journeys.scene import LIMITS, Scene

MET = {"owner": 80, "visitor": 15, "nobody": 5}  # how often at least what they ask is met
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_SECONDS_MAX = 60
Operation = APIOperation[Any, Any, Any, Any]


class People:
    """Who asks, and what is theirs."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.session = requests.Session()
        self.a_visitor_writes()

    def a_visitor_writes(self) -> None:
        self.token, contact = self.scene.desk.visitor(self.scene.inbox)
        said = self.scene.visitor("POST", "messages", self.token, {"text": "Where is my order?", "files": []})
        self.ids = {"conversations": said["conv"], "contacts": contact, "inboxes": self.scene.inbox}

    def fields(self, who: str) -> dict[str, Any]:
        """What a request of theirs carries."""
        if who == "owner":
            name, _, value = self.scene.desk.sign_in().partition("=")
            return {"headers": {"Origin": self.scene.url}, "cookies": {name: value}}
        if who == "visitor" and not self._visitor_is_known():  # he has asked to be forgotten, by one of the routes
            self.a_visitor_writes()
        return {"headers": {"Authorization": f"Bearer {self.token}"}} if who == "visitor" else {}

    def _visitor_is_known(self) -> bool:
        proof = {"Authorization": f"Bearer {self.token}"}
        page = f"{self.scene.url}/api/v1/visitor/reception"
        return self.session.get(page, headers=proof, timeout=_SECONDS_MAX).status_code == 200

    def known(self, path: str) -> str:
        """The id of what a path is about, where one is there."""
        return next((found for noun, found in self.ids.items() if f"/{noun}/{{id}}" in path), "")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with pytest.MonkeyPatch.context() as environment, ExitStack() as leaving:
        for name, value in LIMITS.items():
            environment.setenv(f"MONODESK_LIMITS_{name.upper()}", value)
        server = Appliance(tmp_path_factory.mktemp("openapi") / "data")
        server.start()
        leaving.callback(server.kill)
        server.printed("/setup#")
        people = People(Scene(server, leaving.enter_context(Desk.founded(server.data, server.port))))
        leaving.callback(people.session.close)
        yield people


def _ask_all(people: People, who: str, examples: int, *, random: bool) -> Counter[int]:
    """Ask every route so often, as described and not as described; how often each status was the answer."""
    page = schemathesis.openapi.from_url(f"{people.scene.url}/api/openapi.json")
    often = settings(
        max_examples=examples, derandomize=not random, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    told: Counter[int] = Counter()
    for result in page.get_all_operations():
        assert isinstance(result, Ok), result
        often(_asking(people, who, result.ok(), told))()
    return told


def _asking(people: People, who: str, operation: Operation, told: Counter[int]) -> Callable[[], None]:
    fields = people.fields(who)
    known = people.known(operation.path)

    @given(
        case=st.one_of([operation.as_strategy(mode) for mode in GenerationMode]),
        existing=st.booleans(),
    )
    def ask(case: "Case[Any]", existing: bool) -> None:
        if existing and known:
            case.path_parameters["id"] = known
        if isinstance(case.body, dict) and "wait_ms" in case.body:
            case.body["wait_ms"] = 0  # else it waits, as it should
        answer = case.call(base_url=people.scene.url, session=people.session, timeout=_SECONDS_MAX, **fields)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            demand_discretion(answer.text)
        told[answer.status_code] += 1

    return ask


@pytest.mark.full
@pytest.mark.parametrize("who", MET)
def test_every_route_answers_as_the_page_says(people: People, who: str) -> None:
    told = _ask_all(people, who, 8, random=False)

    assert told.total() > 300 and told[200] >= MET[who] and told[400] >= 5, told
    assert people.scene.server.ready()


@pytest.mark.soak
@pytest.mark.parametrize("who", MET)
def test_every_route_answers_as_the_page_says_for_long(people: People, who: str) -> None:
    assert _ask_all(people, who, 300, random=True).total() > 10_000
    assert people.scene.server.ready()
