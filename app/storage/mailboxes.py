"""Addresses that are inboxes: their SQL and nothing else."""

import msgspec

from app.model.mail import Mailbox, MailboxState, Security, Server, Trouble
from app.storage.database import Database, Row, Transaction, Value

_NAMES = (
    "inbox_id", "address", "host", "port", "security", "username", "secret", "folder", "plus", "active",
)  # fmt: skip
_SAVE = (
    f"INSERT INTO mailboxes ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "
    f"ON CONFLICT (inbox_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _NAMES[1:])}, "
    "trouble = NULL"
)
_ALL = f"SELECT {', '.join(_NAMES)}, uid_validity, uid, looked_at, trouble FROM mailboxes ORDER BY address"
_STATE = "SELECT uid_validity, uid, looked_at, trouble FROM mailboxes WHERE inbox_id = :inbox"
_REACHED = "UPDATE mailboxes SET uid_validity = :validity, uid = :uid WHERE inbox_id = :inbox"
_LOOKED = "UPDATE mailboxes SET looked_at = :now, trouble = NULL WHERE inbox_id = :inbox"


def save(tx: Transaction, box: Mailbox) -> None:
    """Store a new or changed one; how far it was read stays."""
    server = box.server
    parameters: dict[str, Value] = {
        "inbox_id": box.inbox_id, "address": box.address, "host": server.host, "port": server.port,
        "security": server.security.value, "username": server.username, "secret": server.secret, "folder": box.folder,
        "plus": box.plus, "active": box.active,
    }  # fmt: skip
    tx.execute(_SAVE, parameters)


def forget_place(tx: Transaction, inbox_id: str) -> None:
    """It is another mailbox now: what is new in it is found by looking."""
    tx.execute("UPDATE mailboxes SET uid_validity = NULL, uid = 0 WHERE inbox_id = :inbox", {"inbox": inbox_id})


def of_address(tx: Transaction, address: str) -> str | None:
    """The inbox of an address."""
    rows = tx.execute("SELECT inbox_id FROM mailboxes WHERE address = :address", {"address": address})
    return str(rows[0][0]) if rows else None


def reached(tx: Transaction, inbox_id: str, validity: int, uid: int) -> None:
    """It was read up to here."""
    tx.execute(_REACHED, {"inbox": inbox_id, "validity": validity, "uid": uid})


def looked(tx: Transaction, inbox_id: str, now: int) -> None:
    """It was looked at, and nothing is wrong with it."""
    tx.execute(_LOOKED, {"inbox": inbox_id, "now": now})


def failed(tx: Transaction, inbox_id: str, trouble: Trouble) -> None:
    """It could not be looked at."""
    told = msgspec.json.encode(trouble).decode()
    tx.execute("UPDATE mailboxes SET trouble = :trouble WHERE inbox_id = :inbox", {"inbox": inbox_id, "trouble": told})


async def all_of_them(database: Database) -> list[tuple[Mailbox, MailboxState]]:
    """Every one by address, and how it goes with it."""
    return [(_mailbox(row), _state(row[len(_NAMES) :])) for row in await database.read(_ALL)]


async def state(database: Database, inbox_id: str) -> MailboxState:
    """How it goes with one."""
    rows = await database.read(_STATE, {"inbox": inbox_id})
    return _state(rows[0]) if rows else MailboxState()


def _mailbox(row: Row) -> Mailbox:
    inbox_id, address, host, port, security, username, secret, folder, plus, active = row[: len(_NAMES)]
    server = Server(str(host), int(str(port)), Security(str(security)), str(username), str(secret))
    return Mailbox(str(inbox_id), str(address), server, str(folder), bool(plus), bool(active))


def _state(row: Row) -> MailboxState:
    validity, uid, looked_at, trouble = row
    return MailboxState(
        None if validity is None else int(str(validity)),
        int(str(uid)),
        None if looked_at is None else int(str(looked_at)),
        None if trouble is None else msgspec.json.decode(str(trouble), type=Trouble),
    )
