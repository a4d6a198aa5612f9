"""A desk that joins one vendor by its preset: the real engine, a real database, a real socket."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.model.records import Order, RecordKind
from app.storage import dead_letters, records, source_drift
from tests.adapters.test_engine import joined
from tests.adapters.vendors.vendor import PAGE, Said, Vendor
from tests.domain import Domain

NAME = "shop"
Expected = Mapping[str, Mapping[str, Any]]


def join(
    folder: Path, preset: str, port: int, settings: Mapping[str, object], secrets: Mapping[str, str]
) -> None:  # fmt: skip
    """Give the answers that a preset asks for; secrets lie in the vault under their own names."""
    for name, value in secrets.items():
        hide(folder, name, value)
    lines = [f"source: {NAME}", f"preset: {preset}", f'allow: ["127.0.0.1:{port}"]']
    lines += ["settings:", *(f"  {name}: {json.dumps(value)}" for name, value in settings.items())]
    if secrets:
        lines += ["secrets:", *(f"  {name}: vault:{name.replace('_', '-')}" for name in secrets)]
    (folder / "adapters").mkdir(exist_ok=True)
    (folder / "adapters" / f"{NAME}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def hide(folder: Path, name: str, value: str) -> None:
    """A secret, as the console keeps it."""
    place = folder / "keys" / "adapters"
    place.mkdir(parents=True, exist_ok=True)
    file = place / name.replace("_", "-")
    file.write_text(value, encoding="utf-8")
    file.chmod(0o600)


def hidden(folder: Path, name: str) -> str:
    return (folder / "keys" / "adapters" / name.replace("_", "-")).read_text(encoding="utf-8").strip()


async def until(what: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    """`told` is what a test that waits in vain says."""
    try:
        async with asyncio.timeout(60):
            while not what():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited in vain: {told()}") from None


async def kept(domain: Domain, external_id: str) -> Order | None:
    found = await records.find_external(domain.database, NAME, RecordKind.ORDER, external_id)
    if found is None:
        return None
    assert isinstance(found.body, Order)
    return found.body


async def orders(domain: Domain) -> dict[str, Order]:
    """Every order that the shop has brought, by its number."""
    rows = await domain.database.read(
        "SELECT external_id FROM records WHERE source = :source ORDER BY external_id", {"source": NAME}, many=True
    )
    found = {str(row[0]): await kept(domain, str(row[0])) for row in rows}
    return {number: order for number, order in found.items() if order is not None}


async def until_same(domain: Domain, expected: Callable[[], Expected]) -> None:
    """Until what is kept is what the vendor has: no order too few, none too many, each field as expected."""
    difference: object = None
    try:
        async with asyncio.timeout(60):
            while (difference := different(await orders(domain), expected())) is not None:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"still different: {difference}") from None
    assert await records.counts(domain.database, NAME) == {"order": len(expected())}


def different(found: Mapping[str, Order], expected: Expected) -> object:
    if found.keys() != expected.keys():
        return {
            "missing": sorted(expected.keys() - found.keys())[:5],
            "too many": sorted(found.keys() - expected.keys())[:5],
        }
    for number, fields in expected.items():
        for name, value in fields.items():
            if getattr(found[number], name) != value:
                return (number, name, getattr(found[number], name), value)
    return None


async def demand_clean(domain: Domain, source: str = NAME) -> None:
    """Nothing was put aside, and no word came that the preset does not know."""
    assert await dead_letters.page(domain.database, source, "", 9) == []
    assert [one for one in await source_drift.of(domain.database, source) if one.what == "value"] == []


async def through_a_storm(
    domain: Domain, folder: Path, shop: Vendor, start: Callable[[int], None], expected: Callable[[], Expected]
) -> None:
    """Everything at once: a page of HTML, an answer about something else, "slower", a server that fails for a moment,
    and orders that change while they are looked at; in the end what is kept is what the vendor has.
    """
    clock = shop.clock
    shop.lies = [Said(PAGE, headers={"Content-Type": "text/html"})]
    shop.busy, shop.failing, shop.odd = {6}, {9}, {5, 12}
    waiting = iter([sale for sale in shop.sales if sale.number % 4 == 3][: len(shop.sales) // 6])

    def between() -> None:
        for sale in [next(waiting, None) for _ in range(25)]:
            if sale is not None:
                sale.move(clock.now)

    shop.between = between
    async with shop.far.serving() as far, joined(domain, folder, clock) as systems:
        start(far.port)
        end = clock.now_ms() - shop.behind * 1_000
        await until(
            lambda: NAME in systems.states and systems.states[NAME].read_until >= end,
            lambda: (systems.states, systems.wrong, shop.wrong[:3], shop.pages[-3:]),
        )
        shop.between = lambda: None
        clock.advance(600)
        shop.add()
        clock.advance(600)  # what changed is old enough to be told
        await until_same(domain, expected)
        await until(lambda: systems.states[NAME].code == "", lambda: systems.states)
    assert next(waiting, None) is None, "the storm was over before they had changed"
    assert (shop.wrong, shop.lies, shop.busy | shop.failing | shop.odd) == ([], [], set())
    await demand_clean(domain)


async def slowed(
    domain: Domain, folder: Path, shop: Vendor, start: Callable[[int], None], expected: Callable[[], Expected]
) -> None:
    """A vendor that says "slower" is asked again in a moment; a source that took it for a refusal would rest."""
    shop.busy = {2, 3}
    async with shop.far.serving() as far, joined(domain, folder, shop.clock, source_rest_seconds=600):
        start(far.port)
        await until_same(domain, expected)
        await until(lambda: not shop.busy and shop.calls > 5, lambda: (shop.calls, shop.busy))
    assert shop.wrong == []
