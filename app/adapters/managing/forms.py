"""Forms of presets: what each asks for, and the document that answers to it. Pure."""

from collections.abc import Mapping
from typing import Any

import yaml
from msgspec import Raw

from app.adapters.formats import json
from app.adapters.specs.nodes import Scalar, Table
from app.adapters.specs.preset import Preset, Presets
from app.model.health import Words
from app.model.sources import ChoiceTold, NewSpec, PresetTold, SecretTold, SettingTold

_WIDTH = 110
_GROUPS = (
    ("chat", {"messages.accept"}),
    ("shop", {"orders", "shipments"}),
    ("crm", {"tickets", "tickets.open", "tickets.update", "customers", "contacts.upsert", "notes"}),
)


def presets_told(presets: Presets) -> tuple[PresetTold, ...]:
    """Every system that is known, by its title."""
    told = [_told(name, parts) for name, parts in presets.items()]
    return tuple(sorted(told, key=lambda one: (one.group, one.title.en.casefold())))


def document(system: str, new: NewSpec, presets: Presets) -> str:
    """The YAML of an instance; each secret of the preset is where the console keeps it."""
    asked = {name for part in presets.get(new.preset, ()) for name in part.secrets}
    title = Words(new.title, new.title) if isinstance(new.title, str) else new.title
    parts: dict[str, Any] = {"source": system}
    if title.en or title.zh:
        parts["title"] = {"en": title.en or title.zh, "zh": title.zh or title.en}
    if new.preset:
        parts["preset"] = new.preset
    if not new.enabled:
        parts["enabled"] = False
    if new.allow:
        parts["allow"] = list(new.allow)
    if new.settings:
        parts["settings"] = dict(new.settings)
    if secrets := sorted(asked | set(new.secrets)):
        parts["secrets"] = {name: f"vault:{vault_name(system, name)}" for name in secrets}
    return written(parts)


def vault_name(system: str, secret: str) -> str:
    """Where the console keeps a secret of a system."""
    return f"{system}.{secret.lower()}"


def written(parts: Mapping[str, Any]) -> str:
    """A document as people write it: in the order of its words, in lines."""
    text: str = yaml.safe_dump(dict(parts), allow_unicode=True, sort_keys=False, default_flow_style=False, width=_WIDTH)
    return text


def _group(parts: tuple[Preset, ...]) -> str:
    """What it is for most of all, by where it delivers: shop, crm, chat, or tell where it only hears of us."""
    ways = {_way_out(part) for part in parts}
    return next((group for group, ends in _GROUPS if ways & ends), "tell" if ways <= {""} else "other")


def _way_out(part: Preset) -> str:
    """Empty for a call outwards."""
    deliver = part.table.get("deliver")
    to = deliver.get("to") if isinstance(deliver, Table) else None
    return to.text if isinstance(to, Scalar) else ""


def _told(name: str, parts: tuple[Preset, ...]) -> PresetTold:
    """Its parts ask in one form; what two of them ask stands in it once."""
    settings = {word: one for part in parts for word, one in part.settings.items()}
    secrets = {word: one for part in parts for word, one in part.secrets.items()}
    always = {word for part in parts if not _switch(part) for word in part.secrets}
    switches = {word: _switch(part) for part in parts for word in part.secrets if word not in always}
    return PresetTold(
        name,
        parts[0].title,
        parts[0].help,
        _group(parts),
        tuple(part.part for part in parts if part.part),
        tuple(
            SettingTold(
                word, one.title, one.type, Raw(json.encode(one.default)),
                tuple(ChoiceTold(value, title) for value, title in one.choices.items()), one.help,
            )
            for word, one in settings.items()
        ),
        tuple(SecretTold(word, one.title, one.help, switches.get(word, "")) for word, one in secrets.items()),
    )  # fmt: skip


def _switch(part: Preset) -> str:
    """The setting by which a part is there; empty for one that always is."""
    enabled = part.table.get("enabled")
    said = enabled.text if isinstance(enabled, Scalar) else ""
    return said.removeprefix("$settings.") if said.startswith("$settings.") else ""
