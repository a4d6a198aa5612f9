"""The specs that sources run by: their SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Database, Transaction

_SAVE = (
    "INSERT INTO source_specs (source, version, file, text, at) VALUES (:source, :version, :file, :text, :at) "
    "ON CONFLICT (source) DO UPDATE SET version = excluded.version, file = excluded.file, text = excluded.text, "
    "at = excluded.at"
)


class StoredSpec(Struct, frozen=True):
    """One that passed its cases: `text` is its YAML document, `file` where it stood, `version` a digest of the text."""

    source: str
    version: str
    file: str
    text: str
    at: int


def save(tx: Transaction, spec: StoredSpec) -> None:
    """It runs from now on."""
    tx.execute(
        _SAVE,
        {"source": spec.source, "version": spec.version, "file": spec.file, "text": spec.text, "at": spec.at},
    )


def forget(tx: Transaction, source: str) -> None:
    """It runs no more."""
    tx.execute("DELETE FROM source_specs WHERE source = :source", {"source": source})


async def all_of(database: Database) -> list[StoredSpec]:
    """Every one, by name."""
    rows = await database.read("SELECT source, version, file, text, at FROM source_specs ORDER BY source")
    return [
        StoredSpec(str(source), str(version), str(file), str(text), int(str(at)))
        for source, version, file, text, at in rows
    ]
