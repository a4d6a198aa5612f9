"""What the bot knows of conversations, and what it made of messages: the SQL and nothing else."""

from typing import Any

from msgspec import Struct

from app.model.conversations import Conversation
from app.storage.conversations import COLUMNS, from_row
from app.storage.database import Database, Transaction, Value

_STATE = "SELECT state FROM bot_dialogues WHERE conversation_id = :id"
_KEEP = (
    "INSERT INTO bot_dialogues (conversation_id, state, updated_at, handed_at) VALUES (:id, :state, :at, :handed) "
    "ON CONFLICT (conversation_id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at, "
    "handed_at = coalesce(excluded.handed_at, bot_dialogues.handed_at)"
)
_NAMES = (
    "message_id", "conversation_id", "inbox_id", "contact_id", "at", "intent", "confidence", "tier", "outcome",
    "answer_id", "numbers",
)  # fmt: skip
_TURN = (
    f"INSERT INTO bot_turns ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    "ON CONFLICT (message_id) DO NOTHING RETURNING message_id"
)
_OF_MESSAGE = f"SELECT {', '.join(_NAMES)} FROM bot_turns WHERE message_id = :id"
_ANSWERED_BY = "UPDATE bot_turns SET answer_id = :answer WHERE message_id = :id"
_HELPED = "UPDATE bot_turns SET helped = :helped WHERE message_id = :id"
_CHOSEN = "UPDATE bot_turns SET chosen = :chosen WHERE message_id = :id"
_NUMBERS = "SELECT coalesce(sum(numbers), 0) FROM bot_turns WHERE contact_id = :contact AND at > :since AND numbers > 0"
_WAITING = "FROM conversations c WHERE c.status = 'bot' AND c.waiting_since IS NOT NULL"
_SILENT = "FROM conversations c WHERE c.status = 'bot' AND c.waiting_since IS NULL"
_FIRST_WAITING = f"SELECT min(c.waiting_since) {_WAITING}"
_FIRST_SILENT = f"SELECT min(c.updated_at) {_SILENT}"
_DUE_WAITING = f"SELECT {COLUMNS} {_WAITING} AND c.waiting_since <= :until ORDER BY c.waiting_since LIMIT 0 + :limit"
_DUE_SILENT = f"SELECT {COLUMNS} {_SILENT} AND c.updated_at <= :until ORDER BY c.updated_at LIMIT 0 + :limit"


class Turn(Struct, frozen=True):
    """What became of one message of a visitor; `numbers` as in the table."""

    message_id: str
    conversation_id: str
    inbox_id: str
    contact_id: str
    at: int
    intent: str
    confidence: float
    tier: str
    outcome: str
    answer_id: str | None = None
    numbers: int = 0


async def find(database: Database, conversation_id: str) -> str | None:
    """The state of a dialogue as committed."""
    rows = await database.read(_STATE, {"id": conversation_id})
    return str(rows[0][0]) if rows else None


async def turn(database: Database, message_id: str) -> Turn | None:
    """What became of one message; None where the bot was not asked."""
    rows: list[Any] = list(await database.read(_OF_MESSAGE, {"id": message_id}))
    return Turn(*rows[0]) if rows else None


def state(tx: Transaction, conversation_id: str) -> str | None:
    """The state of a dialogue, inside a transaction."""
    rows = tx.execute(_STATE, {"id": conversation_id})
    return str(rows[0][0]) if rows else None


def keep(tx: Transaction, conversation_id: str, state: str, at: int, *, handed: bool) -> None:
    """Store the state of a dialogue; `handed` where people have it from now on."""
    values: dict[str, Value] = {"id": conversation_id, "state": state, "at": at, "handed": at if handed else None}
    tx.execute(_KEEP, values)


def take_up(tx: Transaction, turn: Turn) -> bool:
    """Note what becomes of a message; False where that was noted before."""
    return bool(tx.execute(_TURN, {name: getattr(turn, name) for name in _NAMES}))


def answered(tx: Transaction, message_id: str, answer_id: str) -> None:
    """By which message of the bot it was answered."""
    tx.execute(_ANSWERED_BY, {"id": message_id, "answer": answer_id})


def judged(tx: Transaction, message_id: str, *, helped: bool) -> None:
    """The visitor says whether the answer helped."""
    tx.execute(_HELPED, {"id": message_id, "helped": int(helped)})


def chose(tx: Transaction, message_id: str, intent: str) -> None:
    """The visitor says which of what was offered he had meant."""
    tx.execute(_CHOSEN, {"id": message_id, "chosen": intent})


async def numbers_since(database: Database, contact_id: str, since: int) -> int:
    """How many numbers of records this contact has named without proof since then (ms UTC)."""
    rows = await database.read(_NUMBERS, {"contact": contact_id, "since": since})
    return int(str(rows[0][0]))


async def waiting_since(database: Database) -> int | None:
    """Since when (ms UTC) the one waits who waits longest for the bot."""
    return _moment(await database.read(_FIRST_WAITING))


async def silent_since(database: Database) -> int | None:
    """Since when (ms UTC) the one says nothing who has said nothing longest to a bot that has answered."""
    return _moment(await database.read(_FIRST_SILENT))


async def waiting(database: Database, until: int, limit: int) -> list[Conversation]:
    """Who waits for the bot since `until` (ms UTC) or longer."""
    return [from_row(row) for row in await database.read(_DUE_WAITING, {"until": until, "limit": limit})]


async def silent(database: Database, until: int, limit: int) -> list[Conversation]:
    """Who has said nothing since `until` (ms UTC) or longer to a bot that has answered."""
    return [from_row(row) for row in await database.read(_DUE_SILENT, {"until": until, "limit": limit})]


def _moment(rows: list[Any]) -> int | None:
    return None if rows[0][0] is None else int(str(rows[0][0]))
