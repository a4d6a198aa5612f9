"""Tables as they go out: each row begins with the place after which the next page goes on. SQL and nothing else."""

from app.storage.database import Database

_CONTACTS = (
    "SELECT p.number, p.number, p.name, p.email, p.phone, p.language, p.external_id, p.created_at, p.seen_at, "
    "coalesce(o.name, ''), p.attributes FROM contacts p LEFT JOIN organisations o ON o.id = p.organisation_id "
    "WHERE p.number > :after AND p.merged_into IS NULL ORDER BY p.number LIMIT 0 + :limit"
)
_CONVERSATIONS = (
    "SELECT c.id, c.id, i.name, p.number, p.name, c.status, coalesce(a.name, ''), coalesce(t.name, ''), c.priority, "
    "c.created_at, c.resolved_at, c.staff_seq, c.attributes FROM conversations c JOIN inboxes i ON i.id = c.inbox_id "
    "JOIN contacts p ON p.id = c.contact_id LEFT JOIN agents a ON a.id = c.assignee_id "
    "LEFT JOIN teams t ON t.id = c.team_id WHERE c.id > :after ORDER BY c.id LIMIT 0 + :limit"
)
_TICKETS = (
    "SELECT k.number, k.number, k.title, k.status, k.priority, k.type, coalesce(a.name, ''), coalesce(t.name, ''), "
    "p.number, p.name, k.due_at, k.created_at, k.updated_at, k.fields FROM tickets k "
    "LEFT JOIN contacts p ON p.id = k.contact_id LEFT JOIN agents a ON a.id = k.assignee_id "
    "LEFT JOIN teams t ON t.id = k.team_id "
    "WHERE k.number > :after ORDER BY k.number LIMIT 0 + :limit"
)


async def contacts(database: Database, after: str, limit: int) -> list[tuple[object, ...]]:
    """Contacts by number."""
    return list(await database.read(_CONTACTS, {"after": int(after or 0), "limit": limit}, many=True))


async def conversations(database: Database, after: str, limit: int) -> list[tuple[object, ...]]:
    """Conversations as they were begun."""
    return list(await database.read(_CONVERSATIONS, {"after": after, "limit": limit}, many=True))


async def tickets(database: Database, after: str, limit: int) -> list[tuple[object, ...]]:
    """Tickets by number."""
    return list(await database.read(_TICKETS, {"after": int(after or 0), "limit": limit}, many=True))
