"""Intents and their phrases: their SQL and nothing else."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.model.intents import Example, Intent, Phrase
from app.storage.database import Database, Row, Transaction, Value

_NAMES = "name, body, version, created_at, updated_at"
_SAVE = (
    f"INSERT INTO intents ({_NAMES}) VALUES (:name, :body, :version, :at, :at) "
    "ON CONFLICT (name) DO UPDATE SET body = excluded.body, version = excluded.version, "
    "updated_at = excluded.updated_at"
)
_BY_NAME = f"SELECT {_NAMES} FROM intents WHERE name = :name"
_ALL = f"SELECT {_NAMES} FROM intents ORDER BY name LIMIT 0 + :limit"
_COUNTS = "SELECT intent, count(*) FROM intent_phrases GROUP BY intent"
_DELETE_PHRASES = (
    "DELETE FROM intent_phrases WHERE id IN (SELECT id FROM intent_phrases WHERE intent = :name "
    "ORDER BY id LIMIT 0 + :limit) RETURNING id"
)
_PHRASE = "id, intent, text, language, origin, at"
_ADD = (
    f"INSERT INTO intent_phrases ({_PHRASE}) VALUES (:id, :intent, :text, :language, :origin, :at) "
    "ON CONFLICT (intent, text) DO NOTHING RETURNING id"
)
_CONFIRM = (
    f"INSERT INTO intent_phrases ({_PHRASE}) VALUES (:id, :intent, :text, :language, :origin, :at) "
    "ON CONFLICT (intent, text) DO UPDATE SET origin = excluded.origin"
)
_PAGE = (
    f"SELECT {_PHRASE} FROM intent_phrases WHERE intent = :intent AND (:before = '' OR id < :before) "
    "AND (:language = '' OR language = :language) AND (:origin = '' OR origin = :origin) "
    "AND (:like = '' OR text LIKE :like ESCAPE '!') ORDER BY id DESC LIMIT 0 + :limit"
)
_WHERE = (
    "SELECT text, intent FROM intent_phrases WHERE text IN (SELECT value FROM json_each(:texts)) ORDER BY text, intent"
)
_REMOVE = "DELETE FROM intent_phrases WHERE intent = :intent AND id = :id RETURNING text"
_TAKE_AWAY = "DELETE FROM intent_phrases WHERE text = :text AND intent <> :intent AND origin <> 'own' RETURNING intent"
_EXAMPLES = (
    "SELECT p.id, p.text, p.intent, p.language, p.origin FROM intent_phrases p "
    "WHERE p.id > :after ORDER BY p.id LIMIT 0 + :limit"
)
_intent = msgspec.json.Decoder(Intent)


class StoredIntent(Struct, frozen=True):
    """An intent without its phrases, how many it has, and the version that who saves it names; times in ms UTC."""

    intent: Intent
    version: int
    phrases: int
    created_at: int
    updated_at: int


class StoredPhrase(Struct, frozen=True, gc=False):
    """A phrase under its id; `also` are other intents that have the same words: one of them is wrong."""

    id: str
    text: str
    language: str
    origin: str
    at: int
    also: tuple[str, ...] = ()


def save(tx: Transaction, intent: Intent, version: int, at: int) -> None:
    """Store a new or changed one; its phrases are stored by themselves."""
    body = msgspec.json.encode(replace(intent, phrases=())).decode()
    tx.execute(_SAVE, {"name": intent.name, "body": body, "version": version, "at": at})


def by_name(tx: Transaction, name: str) -> StoredIntent | None:
    """One inside a transaction, its phrases not counted."""
    rows = tx.execute(_BY_NAME, {"name": name})
    return _stored(rows[0], {}) if rows else None


def count(tx: Transaction) -> int:
    """How many there are."""
    return int(tx.execute("SELECT count(*) FROM intents")[0][0] or 0)


def delete(tx: Transaction, name: str, limit: int) -> bool:
    """Forget one and at most `limit` of its phrases; False while there are more."""
    if len(tx.execute(_DELETE_PHRASES, {"name": name, "limit": limit})) >= limit:
        return False
    tx.execute("DELETE FROM intents WHERE name = :name", {"name": name})
    return True


def add_phrase(tx: Transaction, phrase_id: str, intent: str, phrase: Phrase, at: int) -> bool:
    """Store a phrase; False where the intent has these words already."""
    return bool(tx.execute(_ADD, _values(phrase_id, intent, phrase, at)))


def confirm_phrase(tx: Transaction, phrase_id: str, intent: str, phrase: Phrase, at: int) -> None:
    """Store a phrase, or where the intent has these words already, their new origin."""
    tx.execute(_CONFIRM, _values(phrase_id, intent, phrase, at))


def remove_phrase(tx: Transaction, intent: str, phrase_id: str) -> bool:
    """Forget a phrase; whether it was there."""
    return bool(tx.execute(_REMOVE, {"intent": intent, "id": phrase_id}))


def take_away(tx: Transaction, text: str, intent: str) -> list[str]:
    """Forget these words where another intent has learnt them (not those that a person wrote there); of which."""
    return [str(row[0]) for row in tx.execute(_TAKE_AWAY, {"text": text, "intent": intent})]


async def listing(database: Database, limit: int) -> list[StoredIntent]:
    """Every one by name."""
    counts = {str(name): int(str(number)) for name, number in await database.read(_COUNTS)}
    return [_stored(row, counts) for row in await database.read(_ALL, {"limit": limit}, many=True)]


async def find(database: Database, name: str) -> StoredIntent | None:
    """One with its phrases counted."""
    rows = await database.read(_BY_NAME, {"name": name})
    if not rows:
        return None
    counted = await database.read("SELECT count(*) FROM intent_phrases WHERE intent = :name", {"name": name})
    return _stored(rows[0], {name: int(counted[0][0] or 0)})


async def phrases(
    database: Database, intent: str, before: str, limit: int, language: str = "", origin: str = "", words: str = ""
) -> list[StoredPhrase]:
    """Phrases of an intent behind an id, newest first."""
    asked: dict[str, Value] = {
        "intent": intent, "before": before, "limit": limit, "language": language, "origin": origin,
        "like": _like(words),
    }  # fmt: skip
    rows: list[Any] = list(await database.read(_PAGE, asked, many=True))
    holders = await where(database, [row[2] for row in rows])
    return [
        StoredPhrase(row[0], row[2], row[3], row[4], row[5], tuple(one for one in holders[row[2]] if one != intent))
        for row in rows
    ]


async def where(database: Database, texts: Sequence[str]) -> dict[str, list[str]]:
    """Which intents have each of these words."""
    found: dict[str, list[str]] = {text: [] for text in texts}
    if texts:
        asked = {"texts": msgspec.json.encode(list(texts)).decode()}
        for text, intent in await database.read(_WHERE, asked, many=True):
            found[str(text)].append(str(intent))
    return found


async def phrase_count(database: Database) -> int:
    """How many phrases there are of all intents."""
    return int((await database.read("SELECT count(*) FROM intent_phrases"))[0][0] or 0)


async def standing(database: Database) -> tuple[int, int, str]:
    """How many phrases there are, of how many intents, and the id of the newest; empty before the first."""
    sql = "SELECT count(*), count(DISTINCT intent), coalesce(max(id), '') FROM intent_phrases"
    phrases, names, newest = (await database.read(sql))[0]
    return int(phrases or 0), int(names or 0), str(newest)


async def examples(database: Database, after: str, limit: int) -> list[tuple[str, Example, str]]:
    """Phrases of all intents behind an id, oldest first, as training takes them: id, example, origin."""
    rows: list[Any] = list(await database.read(_EXAMPLES, {"after": after, "limit": limit}, many=True))
    return [(row[0], Example(row[1], row[2], row[3]), row[4]) for row in rows]


def _values(phrase_id: str, intent: str, phrase: Phrase, at: int) -> dict[str, Value]:
    return {
        "id": phrase_id, "intent": intent, "text": phrase.text, "language": phrase.language, "origin": phrase.origin,
        "at": at,
    }  # fmt: skip


def _like(words: str) -> str:
    if not words:
        return ""
    plain = words.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{plain}%"


def _stored(row: Row, counts: dict[str, int]) -> StoredIntent:
    name, body, version, created_at, updated_at = row
    intent = _intent.decode(str(body))
    return StoredIntent(intent, int(str(version)), counts.get(str(name), 0), int(str(created_at)), int(str(updated_at)))
