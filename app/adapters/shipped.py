"""The presets that come with the product: `presets/*.yaml` beside this file."""

from pathlib import Path

from app.adapters.preset import Preset, Presets, by_name
from app.adapters.spec import read_presets
from app.settings import Limits

FOLDER = Path(__file__).parent / "presets"


def shipped(limits: Limits) -> Presets:
    """Every preset by its name, the parts of each together; takes some tenths of a second."""
    found: list[Preset] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        found += read_presets(path.read_bytes(), path.name, limits)
    return by_name(found)
