"""Sets of intents in files: JSON or YAML of whole intents, or a table of phrases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from app.intent.tables import examples
from app.model.errors import Invalid, NotFound, TooLarge
from app.model.intents import Intent, Phrase
from app.settings import Limits

_TABLES = frozenset((".tsv", ".csv", ".txt"))
_YAML = frozenset((".yaml", ".yml"))


def read(path: Path, limits: Limits) -> tuple[Intent, ...]:
    """The intents of a file: by its ending YAML, a table of phrases, else JSON; one, or a list of them."""
    content = _content(path, limits)
    if path.suffix in _TABLES:
        return tuple(_of_table(content, path, limits))
    plain = _yaml(content, path, limits) if path.suffix in _YAML else _json(content, path)
    if isinstance(plain, dict) and "intents" in plain:
        plain = plain["intents"]
    try:
        return msgspec.convert(plain if isinstance(plain, list) else [plain], tuple[Intent, ...])
    except msgspec.ValidationError as error:
        raise _wrong(path, str(error), str(error)) from None


def _of_table(content: bytes, path: Path, limits: Limits) -> Iterator[Intent]:
    """Its rows that are to be learned, by intent."""
    held: dict[str, list[Phrase]] = {}
    for one in examples(content, str(path), "train", limits):
        if one.intent:
            held.setdefault(one.intent, []).append(Phrase(one.text, one.language))
    for name, phrases in held.items():
        yield Intent(name, {}, phrases=tuple(phrases))


def _content(path: Path, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
        if size > limits.intent_file_bytes_max:
            raise TooLarge(
                "intent_file_too_large",
                f"{path} has {size} bytes; at most {limits.intent_file_bytes_max} are read.",
                f"{path} 有 {size} 字节，最多读取 {limits.intent_file_bytes_max} 字节。",
            )
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise NotFound("intent_file", f"{path} cannot be read: {why}.", f"无法读取 {path}：{why}。") from None


def _json(content: bytes, path: Path) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(path, f"it is no JSON: {error}", f"不是 JSON：{error}") from None


def _yaml(content: bytes, path: Path, limits: Limits) -> Any:
    """Without aliases: a few lines of them stand for gigabytes."""
    import yaml

    if len(content) > limits.intent_yaml_bytes_max:
        raise TooLarge(
            "intent_file_too_large",
            f"{path} has {len(content)} bytes; of YAML at most {limits.intent_yaml_bytes_max} are read. Use JSON.",
            f"{path} 有 {len(content)} 字节，YAML 最多读取 {limits.intent_yaml_bytes_max} 字节，请改用 JSON。",
        )
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(content, Loader=loader)):
            raise _wrong(path, "it has aliases (*name). Write out what they stand for", "含有别名（*name），请写出全文")
        # nosemgrep: yaml-that-builds-objects - a safe one
        return yaml.load(content, Loader=loader)  # noqa: S506  # nosec B506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _wrong(path, f"it is no YAML: {error}", f"不是 YAML：{error}") from None


def _wrong(path: Path, en: str, zh: str) -> Invalid:
    return Invalid("intent_file", f"{path}: {en}.", f"{path}：{zh}。")
