"""Maps and expressions as tests write them: one line from the text to what comes out."""

from collections.abc import Mapping
from typing import Any

from app.adapters.errors import Mark
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import Compiled, compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import Way, read_condition, read_map, read_template
from app.adapters.maps.paths import IN_REQUESTS, References
from app.adapters.maps.rules import Rule
from app.adapters.maps.times import moment
from app.adapters.maps.tracing import Trace, trace

NOW_MS = 1_704_161_472_123  # 2024-01-02T02:11:12.123Z
MARK = Mark("shop.yaml", 3, 5)
SECRETS = References(IN_REQUESTS.names, frozenset({"app_key"}))


def where(way: Way) -> Mark:
    """A mark that tells the way to a part by its column."""
    return Mark("shop.yaml", 1, len(way) + 1)


def context(**references: Any) -> Context:
    return Context({"now": moment(NOW_MS), "source": "pdd", "settings": {"shop": "main"}, **references})


def compiled(rules: Any) -> Compiled:
    return compile_rule(read_map(rules, where))


def mapped(rules: Any, document: Any, **references: Any) -> Any:
    return compiled(rules).run(document, context(**references))


def one(rule: Any, document: Any = None, **references: Any) -> Any:
    """What one rule makes."""
    return mapped({"x": rule}, document if document is not None else {}, **references)["x"]


def found(text: str, document: Any = None, **references: Any) -> Any:
    """What an expression gives."""
    return one({"expr": text}, document, **references)


def holds(text: str, document: Any = None) -> Any:
    """Whether a condition holds."""
    return compile_rule(read_condition(text, MARK)).run(document or {}, context())


def built(rules: Any, document: Any = None, *, secrets: Mapping[str, str] = {}, **references: Any) -> Any:
    """What a part of a request becomes."""
    references = {"window": {"start": moment(NOW_MS), "end": moment(NOW_MS + 1_000)}, "page": 2, **references}
    world = context(**references)
    world.secrets = secrets
    return compile_rule(read_template(rules, where, SECRETS)).run(document or {}, world)


def traced(rules: Any, document: Tree, **references: Any) -> Trace:
    return trace(read_map(rules, where), document, context(**references))


def rule_of(rules: Any) -> Rule:
    return read_map(rules, where)
