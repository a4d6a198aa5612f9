"""Maps, expressions and documents for Hypothesis: few names, so that what a map asks for is often there, and wrong."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b", "odd-key", "items", "名")
_WORDS = ("", "x", "1", "2.50", "1, 2,,x", "2024-01-02 10:11:12", "true", "-7", '{"a": [1.5]}')

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([10**18, -(2**63), 10**70]),
    st.decimals(-10, 10, places=2), st.sampled_from([Decimal("1e-80"), Decimal("1e80"), Decimal("-0")]),
    st.sampled_from(_WORDS), st.text(max_size=3), st.just(b"\xff"),
)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=12,
)
documents = st.one_of(st.dictionaries(st.sampled_from(NAMES), trees, max_size=5), trees)


def _quoted(name: str) -> str:
    return f'"{name}"' if "-" in name else name


_begins = st.sampled_from(["", "", "", "$item.", "$root.", "$settings.", "$event."])
_steps = st.sampled_from([".a", ".items", "[0]", "[-1]", "[]", '."odd-key"'])
paths = st.builds(
    lambda begin, name, steps: f"{begin or ('$item.' if '-' in name else '')}{_quoted(name)}{''.join(steps)}",
    _begins, st.sampled_from(NAMES), st.lists(_steps, max_size=3),
)  # fmt: skip
_constants = st.sampled_from(
    ["0", "1", "2.5", "-1", "'x'", "'1'", "''", "null", "true", "false", "'2024-01-02T00:00:00Z'"]
)
_calls = st.sampled_from(
    ["lower({0})", "len({0})", "concat({0}, {1})", "round({0}, 1)", "min({0}, {1})", "sum({0})", "default({0}, {1})",
     "contains({0}, {1})", "join({0}, '-')", "text({0})", "int({0})", "unix({0})", "pad({0}, 3)", "split({0}, ',')",
     "first({0})", "max({0})", "json({0})", "substring({0}, 1)"]
)  # fmt: skip
expressions = st.recursive(
    st.one_of(paths, _constants),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "%"]), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner),
        st.builds("({} {} {} {} {})".format, inner, st.sampled_from(["and", "or"]), inner, st.just("or"), inner),
        st.builds("not {}".format, inner).map("({})".format),
        st.builds("(-{})".format, inner),
        st.builds("({} in [{}, {}])".format, inner, inner, inner),
        st.builds("({} not in ['x', 'y'])".format, inner),
        st.builds("({} in {})".format, inner, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
        st.builds(lambda call, one, other: call.format(one, other), _calls, inner, inner),
    ),
    max_leaves=6,
)

_conversions = st.sampled_from(
    [{}, {"as": "text"}, {"as": "int"}, {"as": "decimal"}, {"as": "bool"}, {"as": "money"}, {"as": "json"},
     {"as": "money", "unit": "cents"}, {"as": "time", "zone": "+08:00"}, {"as": "time"}, {"as": "date"},
     {"as": "time", "format": "unix"}, {"as": "time", "format": "%Y-%m-%d %H:%M:%S", "zone": "Asia/Shanghai"},
     {"as": "text", "zone": "+08:00"}, {"as": "int", "format": "unix"}]
)  # fmt: skip
_enums = st.sampled_from(
    [{}, {}, {"enum": {1: "one", "x": 2, "true": False}, "else": "?"}, {"enum": {"2.5": None, "1": 1}}]
)
_defaults = st.sampled_from([{}, {}, {"default": "d"}, {"default": []}])
_required = st.sampled_from([{}, {}, {}, {"required": True}])
_packed = st.sampled_from([{}, {}, {"as": "json"}])
_whens = st.one_of(st.just({}), st.just({}), st.builds(lambda one: {"when": one}, expressions))


def _merged(*parts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


_made = st.builds(_merged, _enums, _conversions, _defaults, _required, _whens)
_splits = st.sampled_from([{}, {}, {"split": ","}])
_members = st.lists(paths, min_size=1, max_size=3)
_single = st.one_of(
    st.builds(lambda path: {"from": path}, paths),
    st.builds(lambda of: {"first": of}, _members),
    st.builds(lambda of: {"join": {"of": of, "with": "+"}}, _members),
    st.builds(lambda one: {"expr": one}, expressions),
)
_chosen = st.builds(
    lambda path, where, rest: {"from": f"{path}[]", "where": where, **rest}, paths, expressions, _made
)  # fmt: skip
rules = st.recursive(
    st.one_of(
        paths,
        st.builds(lambda value: {"value": value}, st.sampled_from([1, "x", None, Decimal("1.5"), [1, {"a": "b"}]])),
        st.builds(_merged, _single, _splits, _made),
        _chosen,
    ),
    lambda inner: st.one_of(
        st.builds(
            lambda path, where, fields, rest: {"each": path, "map": fields, **where, **rest},
            paths, st.one_of(st.just({}), st.builds(lambda one: {"where": one}, expressions)),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=3), st.builds(_merged, _required, _whens, _packed),
        ),
        st.builds(
            lambda path, fields, rest: {**path, "map": fields, **rest},
            st.one_of(st.just({}), st.builds(lambda path: {"from": path}, paths)),
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=3), st.builds(_merged, _required, _whens, _packed),
        ),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)  # fmt: skip
maps = st.dictionaries(st.sampled_from(NAMES), rules, max_size=5)
