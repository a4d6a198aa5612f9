"""The presets of shops: every state of an order has a case, and every signature its vendor publishes one."""

import json
import re
from typing import Any

import pytest

from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.specs.cases import run_cases
from app.adapters.specs.model import MapCase, Request, Setting, SignCase, Source
from app.adapters.specs.preset import Preset
from app.adapters.specs.reading import read, signing_of
from app.adapters.specs.shipped import FOLDER, shipped
from app.settings import Limits

LIMITS = Limits()
PRESETS = shipped(LIMITS)
SHOPS = ("douyin", "jd", "mall", "orders-csv", "pinduoduo", "shopify", "taobao", "woocommerce")
WITHOUT_VECTOR: set[str] = set()  # their vendors publish no example of a signature
_GIVEN = {"text": "text", "address": "https://shop.example", "number": 1, "time": "5m", "switch": True}


def _filled(parts: tuple[Preset, ...], *, own: bool) -> str:
    """The file that a form makes: each setting answered by its kind, each secret kept in the vault.

    `own`: nothing is left as it was proposed.
    """
    settings = {name: _answer(one, own=own) for part in parts for name, one in part.settings.items()}
    secrets = {name: f"vault:{name.replace('_', '-')}" for part in parts for name in part.secrets}
    return f"source: ours\npreset: {parts[0].name}\nsettings: {json.dumps(settings)}\nsecrets: {json.dumps(secrets)}\n"


def _answer(setting: Setting, *, own: bool) -> object:
    if setting.default is not None and setting.type != "switch" and not own:
        return setting.default
    return next(iter(setting.choices), _GIVEN.get(setting.type))


def sources(name: str, *, own: bool = False) -> tuple[Source, ...]:
    return read(_filled(PRESETS[name], own=own).encode(), "ours.yaml", LIMITS, PRESETS, vault_only=True)


def test_every_shop_has_one() -> None:
    assert set(SHOPS) <= set(PRESETS)
    with pytest.raises(KeyError):
        PRESETS["../pinduoduo"]


@pytest.mark.parametrize("name", SHOPS)
def test_every_state_of_an_order_has_a_case(name: str) -> None:
    for source in sources(name):
        assert source.map is not None and isinstance(source.map.value, dict)
        shown = [case for case in source.cases if isinstance(case, MapCase) and case.expect is not None]
        for field in ("status", "refund"):
            rule: Any = source.map.value[field]
            if "value" in rule:
                continue  # the vendor does not say
            wanted = {*rule["enum"].values(), *([rule["else"]] if "else" in rule else [])}
            has = {
                case.expect.value.get(field) for case in shown if case.expect and isinstance(case.expect.value, dict)
            }
            assert wanted <= has, f"{source.name}: no case for {field} {wanted - has}"


@pytest.mark.parametrize("name", SHOPS)
def test_what_is_signed_is_held_against_what_its_vendor_publishes(name: str) -> None:
    for source in sources(name):
        if signing_of(source) is not None and name not in WITHOUT_VECTOR:
            assert any(isinstance(case, SignCase) for case in source.cases), source.name


@pytest.mark.parametrize("name", SHOPS)
def test_it_is_polite_to_its_vendor(name: str) -> None:
    for source in sources(name):
        if isinstance(source.origin, Request):
            assert source.origin.url.startswith("https://")
            assert getattr(source.origin, "pace", None) is not None


@pytest.mark.parametrize("name", SHOPS)
def test_its_cases_hold_whatever_is_answered(name: str) -> None:
    """A case that expects what was proposed would refuse whoever answers otherwise."""
    for source in sources(name, own=True):
        results = run_cases(source, Recipe(source, LIMITS), LIMITS)
        assert [one for one in results if not one.held] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_manual_shows_what_is_taken(language: str) -> None:
    page = (FOLDER.parent.parent / "docs" / language / "23-shops.md").read_text(encoding="utf-8")
    (file,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (source,) = read(file.encode(), "ours.yaml", LIMITS, PRESETS)
    assert source.preset == "pinduoduo"
    chapters = re.findall(r"^## .*\n\n`([a-z-]+)`", page, re.MULTILINE)
    assert sorted(chapters) == sorted(SHOPS)
    (answer,) = re.findall(r"^```json\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    context = Context({"settings": {}}, limits=LIMITS)
    for mall in sources("mall"):
        recipe = Recipe(mall, LIMITS)
        (order,) = recipe.records_of(json.loads(answer))
        fields = recipe.fields(order, context)
        assert (fields["status"], fields["total"]) == ("to_ship", "39.90")
    assert context.unknown_fields == {} and context.unknown_values == {}


def test_the_readme_lists_it_as_unproven() -> None:
    readme = (FOLDER.parent.parent.parent / "README.md").read_text(encoding="utf-8")
    table = readme.split("**None of them has met a real account yet.**")[1].split("\n## ")[0]
    assert set(SHOPS) <= set(re.findall(r"`([a-z-]+)`", table))
