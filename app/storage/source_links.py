"""What of ours a thing of another system became: its SQL and nothing else."""

from msgspec import Struct

from app.storage.database import Transaction, Value

_JOIN = (
    "INSERT INTO source_links (source, external_id, noun, thing_id, changed_at, base) "
    "VALUES (:source, :external_id, :noun, :thing_id, :changed_at, :base) "
    "ON CONFLICT (source, noun, external_id) DO UPDATE SET thing_id = excluded.thing_id, "
    "changed_at = excluded.changed_at, base = CASE excluded.base WHEN '' THEN source_links.base ELSE excluded.base END"
)


class Link(Struct, frozen=True):
    """`changed_at` is when theirs had changed that was taken last, in ms UTC; 0: it does not say.

    `base`: JSON of what they said then; empty leaves it as it is.
    """

    source: str
    external_id: str
    thing_id: str
    changed_at: int
    base: str = ""


def join(tx: Transaction, noun: str, link: Link) -> None:
    """A thing of theirs and one of ours are the same from now on."""
    asked: dict[str, Value] = {
        "source": link.source, "external_id": link.external_id, "noun": noun, "thing_id": link.thing_id,
        "changed_at": link.changed_at, "base": link.base,
    }  # fmt: skip
    tx.execute(_JOIN, asked)


def ours(tx: Transaction, source: str, noun: str, external_id: str) -> Link | None:
    """What theirs became."""
    sql = (
        "SELECT thing_id, changed_at, base FROM source_links WHERE source = :source AND noun = :noun "
        "AND external_id = :external_id"
    )
    rows = tx.execute(sql, {"source": source, "noun": noun, "external_id": external_id})
    return Link(source, external_id, str(rows[0][0]), int(str(rows[0][1])), str(rows[0][2])) if rows else None


def forget(tx: Transaction, source: str, limit: int) -> int:
    """Up to `limit` things of a source are nothing of ours any more; how many."""
    sql = (
        "DELETE FROM source_links WHERE source = :source AND (noun, external_id) IN "
        "(SELECT noun, external_id FROM source_links WHERE source = :source LIMIT 0 + :limit) RETURNING noun"
    )
    return len(tx.execute(sql, {"source": source, "limit": limit}))


def theirs(tx: Transaction, noun: str, thing_id: str) -> list[Link]:
    """What ours is called elsewhere."""
    sql = "SELECT source, external_id, changed_at, base FROM source_links WHERE noun = :noun AND thing_id = :thing_id"
    rows = tx.execute(sql, {"noun": noun, "thing_id": thing_id})
    return [Link(str(source), str(external), thing_id, int(str(at)), str(base)) for source, external, at, base in rows]
