"""The relay that letters leave by, and letters that are put into the outbox: their SQL and nothing else."""

import msgspec

from app.model.mail import LETTERS, Letter, Relay, RelayState, Security, Server, Trouble
from app.storage.database import Database, Row, Transaction, Value

_SAVE = (
    "INSERT INTO mail_relay (id, host, port, security, username, secret, sender, name, follow_up) "
    "VALUES (1, :host, :port, :security, :username, :secret, :sender, :name, :follow_up) "
    "ON CONFLICT (id) DO UPDATE SET "
    "host = excluded.host, port = excluded.port, security = excluded.security, username = excluded.username, "
    "secret = excluded.secret, sender = excluded.sender, name = excluded.name, follow_up = excluded.follow_up, "
    "trouble = NULL"
)
_READ = (
    "SELECT host, port, security, username, secret, sender, name, follow_up, sent_at, trouble FROM mail_relay "
    "WHERE id = 1"
)


def save(tx: Transaction, relay: Relay) -> None:
    """Store the relay; what was wrong with the one before is forgotten."""
    server = relay.server
    parameters: dict[str, Value] = {
        "host": server.host, "port": server.port, "security": server.security.value, "username": server.username,
        "secret": server.secret, "sender": relay.sender, "name": relay.name, "follow_up": relay.follow_up,
    }  # fmt: skip
    tx.execute(_SAVE, parameters)


def remove(tx: Transaction) -> None:
    """No relay any more."""
    tx.execute("DELETE FROM mail_relay WHERE id = 1")


def sent(tx: Transaction, now: int) -> None:
    """It took a letter: nothing is wrong with it."""
    tx.execute("UPDATE mail_relay SET sent_at = :now, trouble = NULL WHERE id = 1", {"now": now})


def failed(tx: Transaction, trouble: Trouble) -> None:
    """It did not."""
    tx.execute("UPDATE mail_relay SET trouble = :trouble WHERE id = 1", {"trouble": _json(trouble)})


def post(tx: Transaction, key: str, letter: Letter) -> None:
    """A letter to be sent after the commit; those of a key in order."""
    tx.enqueue(LETTERS, key, msgspec.json.encode(letter))


async def find(database: Database) -> tuple[Relay, RelayState] | None:
    """The relay and how it goes with it."""
    rows = await database.read(_READ)
    return _relay(rows[0]) if rows else None


def _relay(row: Row) -> tuple[Relay, RelayState]:
    host, port, security, username, secret, sender, name, follow_up, sent_at, trouble = row
    server = Server(str(host), int(str(port)), Security(str(security)), str(username), str(secret))
    state = RelayState(
        None if sent_at is None else int(str(sent_at)),
        None if trouble is None else msgspec.json.decode(str(trouble), type=Trouble),
    )
    return Relay(server, str(sender), str(name), bool(follow_up)), state


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
