"""A spec's own cases of requests: what is asked is shown whole, its body too, and what differs by where it does."""

import pytest

from app.adapters.maps.recipes import Recipe
from app.adapters.specs.cases import CaseResult, run_cases
from app.adapters.specs.reading import read
from app.settings import Limits

LIMITS = Limits()
SPEC = """\
source: erp
secrets: {password: vault:erp}
call:
  post: https://erp.example/api
  xml: {ask: {from: $window.start.iso, page: $page, password: $password}}
records: {at: orders, id: no}
follow: {by: changed, pages: first-to-last}
map: {id: no}
deliver: {to: orders}
cases:
  - name: the second page
    request:
      now: "2026-01-02T02:00:00Z"
      window: ["2026-01-02T00:00:00Z", "2026-01-02T01:00:00Z"]
      page: 2
    expect: {method: post, body: %(body)s}
"""
BODY = "<ask><from>2026-01-02T00:00:00Z</from><page>2</page><password>secret</password></ask>"


def result(body: str) -> CaseResult:
    (source,) = read((SPEC % {"body": body}).encode(), "erp.yaml", LIMITS)
    (found,) = run_cases(source, Recipe(source, LIMITS), LIMITS)
    return found


def test_the_body_of_a_request_in_xml_is_held_against_what_is_expected() -> None:
    assert result(f'"<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>\\n{BODY}"').held


@pytest.mark.parametrize("body", ["''", "<ask/>"])
def test_another_body_is_told_with_both(body: str) -> None:
    found = result(body)
    assert not found.held and found.path == "body" and BODY in found.came
