"""The files of specs: what has not changed is not read again, and what is wrong is written down once."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.adapters.registry import Registry
from app.adapters.specs.model import Source
from app.adapters.specs.reading import read
from app.settings import Limits
from tests.domain import Domain

SPEC = """\
source: {name}
events: [ticket.created]
deliver: {{post: "https://erp.example/hook", json: $event}}
"""


class Quiet:
    """An engine that runs nothing."""

    def __init__(self) -> None:
        self.adopted: list[list[str]] = []

    async def adopt(self, sources: dict[str, Source]) -> None:
        self.adopted.append(sorted(sources))


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


async def test_a_file_that_is_as_it_was_is_not_checked_again(
    domain: Domain, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[str] = []

    def reading(text: bytes, file: str, *, vault_only: bool = False) -> Sequence[Source]:
        asked.append(file)
        return read(text, file, Limits(), vault_only=vault_only)

    engine = Quiet()
    registry = Registry(tmp_path, reading, engine, domain.database, domain.clock, Limits())  # type: ignore[arg-type]
    write(tmp_path, "a", SPEC.format(name="a"))
    write(tmp_path, "b", SPEC.format(name="b"))
    write(tmp_path, "c", "source: [")
    caplog.set_level(logging.ERROR, "monodesk.adapters")
    for _ in range(3):
        await registry.refresh()
    assert asked == ["a.yaml", "b.yaml", "c.yaml"]
    assert [record.message for record in caplog.records] == ["a spec is not taken over"]
    assert [one.file for one in registry.wrong] == ["c.yaml"]

    write(tmp_path, "b", SPEC.format(name="b") + "enabled: false\n")
    (tmp_path / "c.yaml").unlink()
    await registry.refresh()
    assert asked[3:] == ["b.yaml"]
    assert not registry.sources["b"].enabled
    assert registry.wrong == ()
    assert engine.adopted == [["a", "b"]] * 4
