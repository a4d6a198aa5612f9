"""The presets that come with the product: `presets/*.yaml` beside this file, one system each, read when it is named."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.adapters.specs.preset import Preset, Presets
from app.adapters.specs.reading import read_presets
from app.settings import Limits

FOLDER = Path(__file__).parent.parent / "presets"


def shipped(limits: Limits) -> Presets:
    """Every preset by its name, the parts of each together; one that nobody names is not read."""
    return _Shipped(limits)


class _Shipped(Mapping[str, tuple[Preset, ...]]):
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._names = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
        self._read: dict[str, tuple[Preset, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Preset, ...]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            file = f"{name}.yaml"
            self._read[name] = read_presets((FOLDER / file).read_bytes(), file, self._limits)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
