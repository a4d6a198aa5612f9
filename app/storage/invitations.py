"""How often invitations were shown and followed: their SQL and nothing else."""

from typing import Any

from app.model.widget import InvitationCount
from app.storage.database import Database, Transaction

_COUNT = (
    "INSERT INTO invitation_counts (inbox_id, rule_id, day, shown, accepted) "
    "VALUES (:inbox, :rule, :day, :shown, :accepted) ON CONFLICT (inbox_id, rule_id, day) DO UPDATE "
    "SET shown = invitation_counts.shown + excluded.shown, accepted = invitation_counts.accepted + excluded.accepted"
)
_SINCE = (
    "SELECT rule_id, sum(shown), sum(accepted) FROM invitation_counts WHERE inbox_id = :inbox AND day > :day "
    "GROUP BY rule_id ORDER BY rule_id"
)


def count(tx: Transaction, inbox_id: str, rule_id: str, day: int, *, shown: bool, accepted: bool) -> None:
    """One more; `day` since 1970, UTC."""
    tx.execute(_COUNT, {"inbox": inbox_id, "rule": rule_id, "day": day, "shown": int(shown), "accepted": int(accepted)})


async def since(database: Database, inbox_id: str, day: int) -> list[InvitationCount]:
    """The sums of an inbox after a day."""
    rows: list[Any] = await database.read(_SINCE, {"inbox": inbox_id, "day": day})
    return [InvitationCount(str(rule), int(shown), int(accepted)) for rule, shown, accepted in rows]
