"""What a ticket is tied to: conversations, names in other systems, who watches it. SQL and nothing else."""

from app.model.conversations import Conversation
from app.model.tickets import Reference
from app.storage import conversations
from app.storage.database import Database, Transaction

_TIE = (
    "INSERT INTO ticket_conversations (ticket_id, conversation_id, at) VALUES (:ticket, :conversation, :at) "
    "ON CONFLICT (ticket_id, conversation_id) DO NOTHING RETURNING at"
)
_UNTIE = "DELETE FROM ticket_conversations WHERE ticket_id = :ticket AND conversation_id = :conversation RETURNING at"
_CONVERSATIONS = (
    f"SELECT {conversations.COLUMNS} FROM ticket_conversations l JOIN conversations c ON c.id = l.conversation_id "
    "WHERE l.ticket_id = :ticket ORDER BY l.at, c.id"
)
_TIES = "SELECT count(*) FROM ticket_conversations WHERE ticket_id = :ticket"
_NAME = (
    "INSERT INTO ticket_references (system, reference, ticket_id, url, at) "
    "VALUES (:system, :reference, :ticket, :url, :at)"
)
_HOLDER = "SELECT ticket_id FROM ticket_references WHERE system = :system AND reference = :reference"
_UNNAME = (
    "DELETE FROM ticket_references WHERE ticket_id = :ticket AND system = :system AND reference = :reference "
    "RETURNING at"
)
_REFERENCES = "SELECT system, reference, url FROM ticket_references WHERE ticket_id = :ticket ORDER BY at, system"
_WATCH = (
    "INSERT INTO ticket_watchers (ticket_id, agent_id) VALUES (:ticket, :agent) "
    "ON CONFLICT (ticket_id, agent_id) DO NOTHING RETURNING agent_id"
)
_UNWATCH = "DELETE FROM ticket_watchers WHERE ticket_id = :ticket AND agent_id = :agent RETURNING agent_id"
_WATCHERS = "SELECT agent_id FROM ticket_watchers WHERE ticket_id = :ticket ORDER BY agent_id"


def tie(tx: Transaction, ticket_id: str, conversation_id: str, at: int) -> bool:
    """Link a conversation; False where it is linked already."""
    return bool(tx.execute(_TIE, {"ticket": ticket_id, "conversation": conversation_id, "at": at}))


def untie(tx: Transaction, ticket_id: str, conversation_id: str) -> bool:
    """Take a link away; False where there was none."""
    return bool(tx.execute(_UNTIE, {"ticket": ticket_id, "conversation": conversation_id}))


def ties(tx: Transaction, ticket_id: str) -> int:
    """How many conversations are linked."""
    return int(tx.execute(_TIES, {"ticket": ticket_id})[0][0] or 0)


def name(tx: Transaction, ticket_id: str, reference: Reference, at: int) -> None:
    """What it is called elsewhere; the name must be free."""
    parameters = {"system": reference.system, "reference": reference.reference}
    tx.execute(_NAME, {**parameters, "ticket": ticket_id, "url": reference.url, "at": at})


def holder(tx: Transaction, reference: Reference) -> str | None:
    """Which ticket is called so."""
    rows = tx.execute(_HOLDER, {"system": reference.system, "reference": reference.reference})
    return str(rows[0][0]) if rows else None


def unname(tx: Transaction, ticket_id: str, reference: Reference) -> bool:
    """It is no longer called so; False where it was not."""
    parameters = {"system": reference.system, "reference": reference.reference}
    return bool(tx.execute(_UNNAME, {**parameters, "ticket": ticket_id}))


def names(tx: Transaction, ticket_id: str) -> list[Reference]:
    """What it is called elsewhere, inside a transaction."""
    rows = tx.execute(_REFERENCES, {"ticket": ticket_id})
    return [Reference(str(system), str(reference), str(url)) for system, reference, url in rows]


def watch(tx: Transaction, ticket_id: str, agent_id: str) -> bool:
    """An agent watches it; False where he does already."""
    return bool(tx.execute(_WATCH, {"ticket": ticket_id, "agent": agent_id}))


def unwatch(tx: Transaction, ticket_id: str, agent_id: str) -> bool:
    """He no longer does; False where he did not."""
    return bool(tx.execute(_UNWATCH, {"ticket": ticket_id, "agent": agent_id}))


def watchers(tx: Transaction, ticket_id: str) -> list[str]:
    """Who watches it, by id, inside a transaction."""
    return [str(row[0]) for row in tx.execute(_WATCHERS, {"ticket": ticket_id})]


async def conversations_of(database: Database, ticket_id: str) -> list[Conversation]:
    """The conversations that are linked, in the order of linking."""
    rows = await database.read(_CONVERSATIONS, {"ticket": ticket_id}, many=True)
    return [conversations.from_row(row) for row in rows]


async def references_of(database: Database, ticket_id: str) -> list[Reference]:
    """What it is called elsewhere."""
    rows = await database.read(_REFERENCES, {"ticket": ticket_id})
    return [Reference(str(system), str(reference), str(url)) for system, reference, url in rows]


async def watchers_of(database: Database, ticket_id: str) -> list[str]:
    """Who watches it, by id."""
    return [str(row[0]) for row in await database.read(_WATCHERS, {"ticket": ticket_id})]
