"""What is written to join a system: lines of YAML beside the same by hand.

    python -m tests.bench.configuration [--orders 2000]

Counts what says something: no blank line, no comment, no docstring. The hand-written twin joins one shop; first it
reads a shop that lies now and then, and has to bring the same orders as the map of the example makes of them.
"""

import argparse
import ast
import io
import json
import tempfile
import tokenize
from pathlib import Path
from typing import Any

from app.adapters.maps.context import Context
from app.adapters.maps.recipes import Recipe
from app.adapters.specs.model import Source
from app.adapters.specs.reading import read
from app.settings import Limits
from tests.bench import twin
from tests.bench.conditions import headline
from tests.journeys.others import EXAMPLES, HOURS, PinduoduoShop, Wall
from tests.journeys.test_field_case import Other

LIMITS = Limits()
CLIENT, SECRET, TOKEN = "1f2e3d", "a3f0c1testsecret", "pdd-token"
_ROUNDS_MAX = 50


def documents() -> dict[str, int]:
    """Lines of each document of the examples, by its source."""
    found: dict[str, int] = {}
    for path in sorted(EXAMPLES.glob("*.yaml")):
        for text in path.read_text(encoding="utf-8").split("\n---\n"):
            lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
            name = next(line for line in lines if line.startswith("source:")).split()[1]
            found[name] = len(lines)
    return found


def of_python(text: str) -> int:
    """Lines with a word of the program on them."""
    told = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None
        for line in range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    }
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = [one for one in tokenize.generate_tokens(io.StringIO(text).readline) if one.type not in silent]
    return len({line for one in tokens for line in range(one.start[0], one.end[0] + 1)} - told)


def example() -> Source:
    """Pinduoduo as the example joins it."""
    path = EXAMPLES / "shops.yaml"
    return next(one for one in read(path.read_bytes(), path.name, LIMITS) if one.name == "pinduoduo")


def by_map(orders: int) -> dict[str, Any]:
    """What the example's map makes of each order of the shop, by its number."""
    shop = PinduoduoShop(Wall(), orders, HOURS)
    shop.begin()
    recipe = Recipe(example(), LIMITS)
    made = [recipe.fields(_plain(shop.order(sale)), Context({}, limits=LIMITS)) for sale in shop.sales]
    return {str(one["id"]): one for one in made}


def by_hand(orders: int) -> tuple[dict[str, Any], int, int]:
    """The twin's orders, by number, of a shop that lies; how often it asked; how many times it had to begin again."""
    with tempfile.TemporaryDirectory() as folder, Other("pinduoduo", orders, 1) as shop:
        gateway = f"http://127.0.0.1:{shop.port}/api/router"
        hand = twin.Pinduoduo(gateway, CLIENT, SECRET, TOKEN, f"{folder}/orders.db")
        failures = 0
        while failures < _ROUNDS_MAX:
            try:
                hand.round()
                break
            except (twin.Trouble, twin.Refused):
                failures += 1
        kept = {one["id"]: one for one in twin.orders(f"{folder}/orders.db")}
        return kept, int(shop.ask("calls")["calls"]), failures


def differing(maps: dict[str, Any], hand: dict[str, Any]) -> list[str]:
    """Orders that one of them has otherwise; times of the two runs lie apart and are left out."""
    return sorted(number for number in maps.keys() | hand.keys() if _told(maps.get(number)) != _told(hand.get(number)))


def _told(order: Any) -> Any:
    apart = ("changed", "created_at", "paid_at")
    return order and {name: value for name, value in order.items() if name not in apart and value is not None}


def _plain(order: dict[str, Any]) -> Any:
    """As it comes over the wire."""
    return json.loads(json.dumps(order))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=2_000)
    options = parser.parse_args()
    print(headline(options))
    hand, calls, failures = by_hand(options.orders)
    different = differing(by_map(options.orders), hand)
    if different:
        raise SystemExit(f"{len(different)} orders differ: {different[:5]}")
    print(f"{options.orders} orders by hand and by map are the same ({calls} calls, {failures} rounds cut off)")
    lines = documents()
    by_hand_lines = of_python(Path(twin.__file__).read_text(encoding="utf-8"))
    for name, count in lines.items():
        print(f"{name:12} {count:4} lines of YAML")
    print(f"{'in all':12} {sum(lines.values()):4} lines of YAML for {len(lines)} sources, their cases among them")
    ratio = by_hand_lines / lines["pinduoduo"]
    print(f"{'pinduoduo':12} {by_hand_lines:4} lines of Python by hand, {ratio:.1f} times its YAML")


if __name__ == "__main__":
    main()
