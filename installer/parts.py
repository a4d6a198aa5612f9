"""What the one file is made of, as it was written down when it was packed: versions, licences and their texts."""

from pathlib import Path

import msgspec
from msgspec import Struct

FOLDER = Path(__file__).parent
LIST = "parts.json"
BILL = "bill.cdx.json"


class Part(Struct, frozen=True):
    """Somebody's work in the file. `licence`: SPDX; `texts`: as they came; `within`: whose machine code holds it."""

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[str, ...] = ()
    within: str = ""


def parts() -> tuple[Part, ...]:
    """Every part of this file, ours first; raises `FileNotFoundError` from source, where nothing was packed."""
    return msgspec.json.decode((FOLDER / LIST).read_bytes(), type=tuple[Part, ...])


def bill() -> str:
    """The bill of materials (CycloneDX 1.6, JSON) of this file; raises `FileNotFoundError` from source."""
    return (FOLDER / BILL).read_text(encoding="utf-8")
