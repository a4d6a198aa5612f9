"""The examples that come with the product: read as any spec, few lines, and as good as the same by hand."""

from pathlib import Path

import pytest

from app.adapters.formats.protobuf import Schema
from app.adapters.maps.recipes import Recipe
from app.adapters.specs.cases import run_cases
from app.adapters.specs.model import Call, Source
from app.adapters.specs.reading import read
from app.settings import Limits
from tests.bench import configuration, twin
from tests.journeys.others import EXAMPLES

LIMITS = Limits()
FILES = sorted(EXAMPLES.glob("*.yaml"))
LINES_MAX = 300  # of all of them, blank ones and comments among them


def sources(path: Path) -> tuple[Source, ...]:
    return read(path.read_bytes(), path.name, LIMITS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_holds_its_cases_and_finds_the_files_that_it_names(path: Path) -> None:
    for source in sources(path):
        results = run_cases(source, Recipe(source, LIMITS), LIMITS)
        assert results and all(one.held for one in results), source.name
        assert isinstance(source.origin, Call)
        files = source.origin.proto_files
        if files:
            schema = Schema.of_texts({name: (EXAMPLES / name).read_text(encoding="utf-8") for name in files}, LIMITS)
            assert schema.method("/" + source.origin.url.split("/", 3)[3]).path


def test_five_systems_are_joined_by_few_lines() -> None:
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES) <= LINES_MAX
    assert {one.name for path in FILES for one in sources(path)} == {
        "pinduoduo", "taobao", "mall", "crm", "crm-notes", "erp",
    }  # fmt: skip


def test_by_hand_the_same_orders_come_of_a_shop_that_lies() -> None:
    hand, calls, _ = configuration.by_hand(400)
    assert calls > 10, "it lied several times"
    assert configuration.differing(configuration.by_map(400), hand) == []
    assert len(hand) == 400


def test_lines_are_counted_that_say_something() -> None:
    text = '"""A docstring\n\nof three lines."""\n\nimport os  # a word\n\n# nothing\n\n\n'
    text += 'def f() -> str:\n    """Says."""\n    return os.sep\n'
    assert configuration.of_python(text) == 3
    assert sum(configuration.documents().values()) < LINES_MAX


def test_what_the_twin_cannot_map_it_puts_aside() -> None:
    for order, field in (({}, "order_sn"), ({"order_sn": "1"}, "updated_at")):
        with pytest.raises(twin.Unmappable, match=field):
            twin.mapped(order)
    with pytest.raises(twin.Unmappable, match="pay_amount"):
        twin.mapped({"order_sn": "1", "updated_at": "2024-01-02 10:11:12", "pay_amount": "many"})
