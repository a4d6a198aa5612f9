"""Rules of routing: their SQL and nothing else."""

from typing import Any

import msgspec

from app.model.routing import RuleBook, Rules
from app.storage.database import Database, Transaction

_SAVE = (
    "INSERT INTO routing_rules (place, kind, rules) VALUES (:place, :kind, :rules) "
    "ON CONFLICT (place) DO UPDATE SET rules = excluded.rules"
)
_DROP = "DELETE FROM routing_rules WHERE place = :place AND kind = :kind"
_ONE = "SELECT rules FROM routing_rules WHERE place = :place AND kind = :kind"
_ALL = "SELECT place, kind, rules FROM routing_rules"
_decoder = msgspec.json.Decoder(Rules)


def save(tx: Transaction, kind: str, place: str, rules: Rules) -> None:
    """Store rules: `kind` is inbox or team with its id as `place`, or all with none."""
    tx.execute(_SAVE, {"place": place, "kind": kind, "rules": msgspec.json.encode(rules).decode()})


def drop(tx: Transaction, kind: str, place: str) -> None:
    """Forget the rules of an inbox or a team: those above it hold again."""
    tx.execute(_DROP, {"place": place, "kind": kind})


def of(tx: Transaction, kind: str, place: str) -> Rules | None:
    """The rules of one place."""
    rows = tx.execute(_ONE, {"place": place, "kind": kind})
    return _decoder.decode(str(rows[0][0])) if rows else None


async def book(database: Database) -> RuleBook:
    """Every rule."""
    default, teams, inboxes = Rules(), dict[str, Rules](), dict[str, Rules]()
    rows: list[Any] = await database.read(_ALL)
    for place, kind, text in rows:
        rules = _decoder.decode(text)
        if kind == "all":
            default = rules
        else:
            (teams if kind == "team" else inboxes)[place] = rules
    return RuleBook(default, teams, inboxes)
