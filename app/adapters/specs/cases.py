"""A spec's own examples, run before it is: what a document becomes, what a vendor signs, what is asked. No network."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from app.adapters.calls.requests import Requests
from app.adapters.errors import BadDocument, Mark
from app.adapters.formats.tree import Tree
from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.maps.times import moment
from app.adapters.origins.documents import xml_encoder
from app.adapters.protocols.exchange import Request
from app.adapters.proving import signing
from app.adapters.proving.secrets import Known
from app.adapters.proving.signing import Signable
from app.adapters.specs.model import AskCase, Call, MapCase, SignCase, Source
from app.adapters.specs.reading import signing_of
from app.model.errors import Problem
from app.settings import Limits

_SHOWN_CHARACTERS_MAX = 200
_INSTEAD = "secret"  # what each secret is while a request is tried


class CaseResult(Struct, frozen=True):
    """One example: held where `path` is empty; else what was expected there and what came instead."""

    name: str
    mark: Mark
    path: str = ""
    expected: str = ""
    came: str = ""

    @property
    def held(self) -> bool:
        """Whether it came out as it says."""
        return not (self.path or self.expected or self.came)


def run_cases(source: Source, recipe: Recipe, limits: Limits) -> list[CaseResult]:
    """Every example in its order."""
    results = []
    for case in source.cases:
        match case:
            case MapCase():
                results.append(_mapped(case, source, recipe, limits))
            case SignCase():
                results.append(_signed(case, source))
            case AskCase():
                results.append(_asked(case, source, limits))
    return results


def _mapped(case: MapCase, source: Source, recipe: Recipe, limits: Limits) -> CaseResult:
    references: dict[str, Tree] = {"now": moment(0), "source": source.name, "settings": dict(source.settings)}
    context = Context(references, limits=limits)
    given = case.given.value
    try:
        if recipe.where is not None and recipe.where(given, context) is not True:
            return CaseResult(case.name, case.mark) if case.skipped else _differs(case, "", "taken", "left out")
        came: Tree = recipe.fields(given, context)
    except BadDocument as problem:
        if case.fails and problem.path == case.fails:
            return CaseResult(case.name, case.mark)
        return _differs(case, problem.path or "document", case.fails or "taken", problem.en)
    if case.skipped or case.fails:
        return _differs(case, case.fails, "left out" if case.skipped else "refused", "taken")
    return _compared(case, case.expect.value if case.expect else {}, came)


def _signed(case: SignCase, source: Source) -> CaseResult:
    how = signing_of(source)
    if how is None:
        return _differs(case, "sign", case.expect, "nothing is signed by this spec")
    try:
        made = signing.sign(how, case.secret, Signable(case.params, case.body.encode()))
    except Problem as problem:
        return _differs(case, "sign", case.expect, problem.en)
    return CaseResult(case.name, case.mark) if made == case.expect else _differs(case, "sign", case.expect, made)


def _asked(case: AskCase, source: Source, limits: Limits) -> CaseResult:
    call = source.origin if isinstance(source.origin, Call) else source.deliver
    if not isinstance(call, Call):
        return _differs(case, "request", "a call", "this spec has none")
    requests = Requests(call, Known(dict.fromkeys(source.secrets, _INSTEAD)), xml_encoder(limits))
    references = _references(case, source)
    try:
        made = requests.make(Context(references, requests.secrets), case.item.value if case.item else None)
    except Problem as problem:
        return _differs(case, "request", "a request", problem.en)
    return _compared(case, case.expect.value, _shown_request(made))


def _references(case: AskCase, source: Source) -> dict[str, Tree]:
    item = case.item.value if case.item else None
    window: Tree = None
    if len(case.window) == 2:
        window = {"start": moment(_ms(case.window[0])), "end": moment(_ms(case.window[1]))}
    return {
        "now": moment(_ms(case.now)), "window": window, "page": case.page, "cursor": None, "token": _INSTEAD,
        "size": source.follow.size if source.follow else 0, "source": source.name, "item": item, "mapped": item,
        "id": "", "settings": dict(source.settings),
    }  # fmt: skip


def _shown_request(made: Request) -> dict[str, Tree]:
    body = (made.body or b"").decode("utf-8", "replace")
    return {"method": made.method.lower(), "url": made.url, "headers": dict(made.headers), "body": body}


def _compared(case: MapCase | AskCase, expected: Tree, came: Tree) -> CaseResult:
    different = _difference(expected, came, "")
    return _differs(case, *different) if different else CaseResult(case.name, case.mark)


def _difference(expected: Tree, came: Any, path: str) -> tuple[str, str, str] | None:
    """The first place that is another; fields that are not named may be anything, lists are compared whole."""
    if isinstance(expected, dict) and isinstance(came, dict):
        for name, value in expected.items():
            found = _difference(value, came.get(name), f"{path}.{name}" if path else name)
            if found:
                return found
        return None
    if isinstance(expected, list) and isinstance(came, list) and len(expected) == len(came):
        pairs: Sequence[tuple[Tree, Any]] = list(zip(expected, came, strict=True))
        found_at = (_difference(one, other, f"{path}[{at}]") for at, (one, other) in enumerate(pairs))
        return next((found for found in found_at if found), None)
    if type(expected) is type(came) and expected == came:
        return None
    if isinstance(expected, int) and not isinstance(expected, bool) and signing.text_of(came) == str(expected):
        return None
    return path or "result", _shown(expected), _shown(came)


def _differs(case: MapCase | SignCase | AskCase, path: str, expected: str, came: str) -> CaseResult:
    return CaseResult(case.name, case.mark, path, expected[:_SHOWN_CHARACTERS_MAX], came[:_SHOWN_CHARACTERS_MAX])


def _shown(value: Tree) -> str:
    return "null" if value is None else signing.text_of(value)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1_000)
