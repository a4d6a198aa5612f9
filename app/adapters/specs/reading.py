"""A spec's text into Sources: `read` for what runs, `read_presets` for what a form is made of.

A file holds one or several documents. One that begins with `source:` is a source; one with `preset:` and no `source:` a
preset: the same words, with a description of the settings and secrets that it asks for. A source with a `preset:` gives
these and nothing else. Every refusal is a `BadSpec` with file, line and column.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from app.adapters.errors import BadSpec
from app.adapters.formats.tree import Tree
from app.adapters.maps.paths import suggestion
from app.adapters.specs.model import (
    AllOf,
    AnyOf,
    Proof,
    Receive,
    Reference,
    Request,
    Sign,
    Signed,
    Source,
)
from app.adapters.specs.nodes import Node, Scalar, Table, documents, value_of
from app.adapters.specs.parts import ORIGINS, Parts
from app.adapters.specs.preset import (
    OWN_WORDS,
    Preset,
    Presets,
    answers,
    constants,
    demand_secrets,
    name_of,
    preset_of,
    slug,
    trial_of,
)
from app.adapters.specs.shapes import Reader, missing, said, words_of
from app.adapters.specs.soundness import demand_sound
from app.model.health import Words
from app.settings import Limits

OF_INSTANCE = ("source", "title", "preset", "enabled", "settings", "secrets", "system", "allow", "proxy", "ca")
_OVER_PRESET = ("title", "enabled", "system", "allow", "proxy", "ca")  # what an instance says itself
_REFERENCE = re.compile(
    r"(env):([A-Za-z_][A-Za-z0-9_]{0,127})|(file):(/[^\x00-\x1f]{1,1023})|(vault):([a-z0-9][a-z0-9._-]{0,79})"
)
_VERSION_CHARACTERS = 12
_VERSIONED = msgspec.json.Encoder(decimal_format="string")


def read(
    text: bytes, file: str, limits: Limits, presets: Presets = {}, *, vault_only: bool = False
) -> tuple[Source, ...]:
    """The sources of one file, each name once. Raises `BadSpec`.

    `vault_only`: for a text that came over the network; whoever sent it names no file and no variable of this machine.
    """
    found: list[Source] = []
    for node in documents(text, file, limits):
        for source in _Document(node, limits, presets, vault_only=vault_only).sources():
            _demand_new(source, found)
            found.append(source)
    return tuple(found)


def read_presets(text: bytes, file: str, limits: Limits) -> tuple[Preset, ...]:
    """The presets of one file, each tried with values of its settings' types. Raises `BadSpec`."""
    words = [word for word in source_words() if word not in ("source", *OWN_WORDS)]
    found = tuple(preset_of(node, words, limits) for node in documents(text, file, limits))
    for preset in found:
        _Document(trial_of(preset), limits, {preset.name: (preset,)}, vault_only=False).sources()
    return found


def source_words() -> tuple[str, ...]:
    """Every word that a document may have, in the order of the manual."""
    own = list(words_of(Source))
    at = own.index("records")
    return (*own[:at], *ORIGINS, *own[at:])


def signing_of(source: Source) -> Sign | None:
    """The signature that a `sign` case of this source is about: of its call, of what it sends, or of its proof."""
    for request in (source.origin, source.deliver, source.then and source.then.call):
        if isinstance(request, Request) and request.sign is not None:
            return request.sign
    if isinstance(source.origin, Receive):
        return next((one.sign for one in _proofs(source.origin.proof) if isinstance(one, Signed)), None)
    return None


def _proofs(proof: Proof) -> Iterator[Proof]:
    yield proof
    if isinstance(proof, AllOf | AnyOf):
        for one in proof.proofs:
            yield from _proofs(one)


def _demand_new(source: Source, found: list[Source]) -> None:
    if any(one.name == source.name for one in found):
        raise BadSpec(
            source.mark,
            f"there is a source “{source.name}” in this file already. Name this one otherwise.",
            f"此文件中已有名为“{source.name}”的数据源。请换一个名称。",
        )


class _Document:
    """A node that should be a source, with what its preset adds."""

    def __init__(self, node: Node, limits: Limits, presets: Presets, *, vault_only: bool) -> None:
        self._limits = limits
        self._presets = presets
        self._vault_only = vault_only
        self._table = Reader({}, (), limits).table(node, dict.fromkeys(source_words()))

    def sources(self) -> list[Source]:
        if self._table.get("source") is None:
            missing(self._table.mark, "source", source_words())
        name, named = slug(self._table, "source"), self._table.get("preset")
        if named is None:
            settings = constants(self._table.get("settings"))
            return [self._source(name, self._table, settings, self._secrets())]
        preset = self._preset(named)
        return [self._instance(name, part, preset) for part in preset if self._is_wanted(part, preset)]

    def _is_wanted(self, part: Preset, parts: tuple[Preset, ...]) -> bool:
        """A part that the answers leave out is not made: its secrets need not be there."""
        node, word = part.table.get("enabled"), words_of(Source)["enabled"]
        if node is None:
            return True
        reader = Reader(answers(self._table, part, parts), (), self._limits)
        return bool(reader.value(word.kind, word.about, node, Scalar("enabled", True, node.mark)))

    def _preset(self, named: Node) -> tuple[Preset, ...]:
        found = self._presets.get(named.text) if isinstance(named, Scalar) else None
        if found is None:
            en, zh = suggestion(named.text if isinstance(named, Scalar) else "", list(self._presets))
            raise BadSpec(
                named.mark, f"there is no preset {said(named)}. {en}", f"没有预设{said(named, zh=True)}。{zh}"
            )
        for key, _ in self._table.pairs:
            if key.text not in OF_INSTANCE:
                listed = ", ".join(OF_INSTANCE)
                raise BadSpec(
                    key.mark,
                    f"“{key.text}” comes from the preset. Beside it stand only: {listed}.",
                    f"“{key.text}”由预设决定。使用预设时只能填写：{listed}。",
                )
        return found

    def _instance(self, name: str, preset: Preset, parts: tuple[Preset, ...]) -> Source:
        settings, secrets = answers(self._table, preset, parts), self._secrets()
        demand_secrets(self._table, secrets, preset, parts)
        own_secrets = {word: secrets[word] for word in preset.secrets}
        part = f"{name}-{preset.part}" if preset.part else name
        made = self._source(part, preset.table, settings, own_secrets)
        return replace(made, instance=name, preset=preset.name, version=_version(preset.table, self._table))

    def _own_words(self, reader: Reader) -> dict[str, Any]:
        """What an instance says over its preset."""
        known = words_of(Source)
        return {
            known[key.text].field: reader.value(known[key.text].kind, known[key.text].about, value, key)
            for key, value in self._table.pairs
            if key.text in _OVER_PRESET
        }

    def _secrets(self) -> dict[str, Reference]:
        node = self._table.get("secrets")
        if node is None:
            return {}
        if not isinstance(node, Table):
            raise BadSpec(
                node.mark,
                "secrets are an object: {client_secret: env:PDD_SECRET}.",
                "secrets 应为对象：{client_secret: env:PDD_SECRET}。",
            )
        return {name_of(key): self._reference(key, value) for key, value in node.pairs}

    def _reference(self, key: Scalar, node: Node) -> Reference:
        """What stands there may be the secret itself, so no refusal repeats it."""
        found = _REFERENCE.fullmatch(node.text) if isinstance(node, Scalar) else None
        if found is None:
            raise BadSpec(
                node.mark,
                f"the secret “{key.text}” is named by reference, never written: env:NAME, file:/path or vault:name.",
                f"密钥“{key.text}”只能填写引用，不能直接写出：env:变量名、file:/路径 或 vault:名称。",
                code="adapter_secret_written",
            )
        kind, at = next((found[number], found[number + 1]) for number in (1, 3, 5) if found[number])
        if self._vault_only and kind != "vault":
            raise BadSpec(
                node.mark,
                f"the secret “{key.text}” can only be vault:… here; env: and file: are for files on the server.",
                f"此处密钥“{key.text}”只能使用 vault:…；env: 和 file: 仅限服务器上的文件使用。",
                code="adapter_secret_elsewhere",
            )
        return Reference(kind=kind, at=at, mark=node.mark)  # type: ignore[arg-type] # one of the three

    def _source(
        self, name: str, table: Table, settings: Mapping[str, Tree], secrets: Mapping[str, Reference]
    ) -> Source:
        mark = self._table.mark
        parts = Parts(Reader(settings, secrets, self._limits))
        for one in (table, self._table):
            parts.reader.places.update({(mark, key.text): value.mark for key, value in one.pairs})
        known = {word: about for word, about in words_of(Source).items() if word not in OWN_WORDS or word == "title"}
        values = {
            known[key.text].field: parts.reader.value(known[key.text].kind, known[key.text].about, value, key)
            for key, value in table.pairs
            if key.text in known
        }
        origin = parts.origin(table)
        if "deliver" not in values:
            missing(table.mark, "deliver", source_words())
        values = {"title": Words(name, name), **values, **self._own_words(parts.reader), "name": name}
        source = Source(
            settings=settings, secrets=secrets, version=_version(table), mark=mark, origin=origin, **values
        )  # fmt: skip
        demand_sound(source, parts.reader.places)
        return source


def _version(*tables: Table) -> str:
    """Another whenever a word or a value is; the same for other blanks and comments."""
    told = _VERSIONED.encode([value_of(table) for table in tables])
    return hashlib.sha256(told).hexdigest()[:_VERSION_CHARACTERS]
