"""Articles, their collections, versions and votes: their SQL and nothing else."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from app.model.articles import Article, ArticleRow, ArticleVersion, Collection, Language
from app.storage.database import Database, Parameters, Row, Transaction, Value

_NAMES = Article.__struct_fields__
_ROW_NAMES = ArticleRow.__struct_fields__
_VERSION_NAMES = ArticleVersion.__struct_fields__
_COLLECTION_NAMES = Collection.__struct_fields__
_COUNTED = ("helpful", "unhelpful", "views")
_FIXED = ("id", "created_at", *_COUNTED)


def _saving(table: str, names: tuple[str, ...], key: str, fixed: tuple[str, ...]) -> str:
    changing = ", ".join(f"{name} = excluded.{name}" for name in names if name not in fixed)
    values = ", ".join(f":{name}" for name in names)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE SET {changing}"


_SAVE = _saving("articles", _NAMES, "id", _FIXED)
_SAVE_COLLECTION = _saving("article_collections", _COLLECTION_NAMES, "id", ("id", "created_at"))
_COLUMNS = ", ".join(_NAMES)
_ROWS = f"SELECT {', '.join(_ROW_NAMES)} FROM articles"
_BY_ID = f"SELECT {_COLUMNS} FROM articles WHERE id = :id"
_BY_SLUG = f"SELECT {_COLUMNS} FROM articles WHERE language = :language AND slug = :slug"
_ID_BY_SLUG = "SELECT id FROM articles WHERE language = :language AND slug = :slug"
_OF_GROUP = f"{_ROWS} WHERE group_id = :group_id ORDER BY language"
_WHERE = (
    "(:language = '' OR language = :language) AND (:published < 0 OR published = :published)"
    " AND (:collection = '' OR coalesce(collection_id, '-') = :collection)"
    " AND (:q = '' OR lower(title || ' ' || slug || ' ' || questions) LIKE :q ESCAPE '!')"
)
_LISTING = f"{_ROWS} WHERE {_WHERE} ORDER BY position, created_at, id LIMIT 0 + :limit OFFSET 0 + :offset"
_COUNT = f"SELECT count(*) FROM articles WHERE {_WHERE}"
_ALL = "SELECT count(*) FROM articles"
_SHOWN = f"{_ROWS} WHERE published = 1 AND language = :language ORDER BY position, created_at, id LIMIT 0 + :limit"
_PORTION = f"SELECT {_COLUMNS} FROM articles WHERE id > :after ORDER BY id LIMIT 0 + :limit"
_DELETE = (
    "DELETE FROM article_votes WHERE article_id = :id",
    "DELETE FROM article_versions WHERE article_id = :id",
    "DELETE FROM articles WHERE id = :id",
)
_PLACE = "UPDATE articles SET position = :position WHERE id = :id"
_VIEW = "UPDATE articles SET views = views + :times WHERE id = :id"
_SAVE_VERSION = _saving("article_versions", _VERSION_NAMES, "article_id, version", ("article_id", "version"))
_VERSIONS = (
    f"SELECT {', '.join(_VERSION_NAMES)} FROM article_versions WHERE article_id = :id "
    "ORDER BY version DESC LIMIT 0 + :limit"
)
_VERSION = f"SELECT {', '.join(_VERSION_NAMES)} FROM article_versions WHERE article_id = :id AND version = :version"
_PRUNE = "DELETE FROM article_versions WHERE article_id = :id AND version <= :version"
_VOTE_OF = "SELECT helpful FROM article_votes WHERE article_id = :id AND voter = :voter"
_VOTE = (
    "INSERT INTO article_votes (article_id, voter, helpful, at) VALUES (:id, :voter, :helpful, :at) "
    "ON CONFLICT (article_id, voter) DO UPDATE SET helpful = excluded.helpful, at = excluded.at"
)
_COUNT_VOTES = "UPDATE articles SET helpful = helpful + :yes, unhelpful = unhelpful + :no WHERE id = :id"
_COLLECTIONS = f"SELECT {', '.join(_COLLECTION_NAMES)} FROM article_collections ORDER BY position, created_at, id"
_USED = "SELECT count(*) FROM articles WHERE collection_id = :id"
_DELETE_COLLECTION = "DELETE FROM article_collections WHERE id = :id"
_strings = msgspec.json.Decoder(tuple[str, ...])


class Filter(Struct, frozen=True):
    """Which articles: `published` -1 both, `collection` an id or `-` for those without one; "" leaves open."""

    language: str = ""
    published: int = -1
    collection: str = ""
    q: str = ""


def save(tx: Transaction, article: Article) -> None:
    """Store a new or changed one; votes and views are not counted here."""
    tx.execute(_SAVE, _values(article))


def by_id(tx: Transaction, article_id: str) -> Article | None:
    """One inside a transaction."""
    return _first(tx.execute(_BY_ID, {"id": article_id}))


def id_by_slug(tx: Transaction, language: str, slug: str) -> str | None:
    """Which article has this address."""
    rows = tx.execute(_ID_BY_SLUG, {"language": language, "slug": slug})
    return str(rows[0][0]) if rows else None


def of_group(tx: Transaction, group_id: str) -> list[ArticleRow]:
    """An article with its translations, inside a transaction."""
    return [_row(row) for row in tx.execute(_OF_GROUP, {"group_id": group_id})]


def count(tx: Transaction) -> int:
    """How many there are."""
    return int(tx.execute(_ALL)[0][0] or 0)


def delete(tx: Transaction, article_id: str) -> None:
    """Forget one, with what it was and what was thought of it."""
    for statement in _DELETE:
        tx.execute(statement, {"id": article_id})


def place(tx: Transaction, article_id: str, position: int) -> None:
    """It stands there in its lists."""
    tx.execute(_PLACE, {"id": article_id, "position": position})


def viewed(tx: Transaction, article_id: str, times: int) -> None:
    """It was opened so many times more."""
    tx.execute(_VIEW, {"id": article_id, "times": times})


def save_version(tx: Transaction, version: ArticleVersion, kept: int) -> None:
    """Keep what was saved, the newest `kept` of an article."""
    tx.execute(_SAVE_VERSION, _values(version))
    tx.execute(_PRUNE, {"id": version.article_id, "version": version.version - kept})


def version(tx: Transaction, article_id: str, number: int) -> ArticleVersion | None:
    """One inside a transaction."""
    rows = tx.execute(_VERSION, {"id": article_id, "version": number})
    return _version(rows[0]) if rows else None


def vote(tx: Transaction, article_id: str, voter: str, *, helpful: bool, at: int) -> None:
    """Somebody's opinion, in the place of what he thought before."""
    before = tx.execute(_VOTE_OF, {"id": article_id, "voter": voter})
    tx.execute(_VOTE, {"id": article_id, "voter": voter, "helpful": int(helpful), "at": at})
    was_yes, was_no = (int(before[0][0] == 1), int(before[0][0] == 0)) if before else (0, 0)
    tx.execute(_COUNT_VOTES, {"id": article_id, "yes": int(helpful) - was_yes, "no": int(not helpful) - was_no})


def save_collection(tx: Transaction, collection: Collection) -> None:
    """Store a new or changed one."""
    tx.execute(_SAVE_COLLECTION, _values(collection))


def all_collections(tx: Transaction) -> list[Collection]:
    """Every one, in their order, inside a transaction."""
    return [Collection(*_any(row)) for row in tx.execute(_COLLECTIONS)]


def collection_used(tx: Transaction, collection_id: str) -> int:
    """How many articles are in it."""
    return int(tx.execute(_USED, {"id": collection_id})[0][0] or 0)


def delete_collection(tx: Transaction, collection_id: str) -> None:
    """Forget one in which there is nothing."""
    tx.execute(_DELETE_COLLECTION, {"id": collection_id})


async def collections(database: Database) -> list[Collection]:
    """Every one, in their order."""
    return [Collection(*_any(row)) for row in await database.read(_COLLECTIONS)]


async def find(database: Database, article_id: str) -> Article | None:
    """One of them."""
    return _first(await database.read(_BY_ID, {"id": article_id}))


async def find_by_slug(database: Database, language: str, slug: str) -> Article | None:
    """The one at this address."""
    return _first(await database.read(_BY_SLUG, {"language": language, "slug": slug}))


async def translations(database: Database, group_id: str) -> list[ArticleRow]:
    """An article with its translations."""
    return [_row(row) for row in await database.read(_OF_GROUP, {"group_id": group_id})]


async def listing(database: Database, which: Filter, limit: int, offset: int) -> tuple[list[ArticleRow], int]:
    """Some of them in their order, and how many there are in all."""
    parameters: dict[str, Value] = {
        "language": which.language, "published": which.published, "collection": which.collection,
        "q": _holding(which.q),
    }  # fmt: skip
    rows = await database.read(_LISTING, {**parameters, "limit": limit, "offset": offset}, many=True)
    total = await database.read(_COUNT, parameters)
    return [_row(row) for row in rows], int(total[0][0] or 0)


async def shown(database: Database, language: str, limit: int) -> list[ArticleRow]:
    """The published ones of a language, in their order."""
    rows = await database.read(_SHOWN, {"language": language, "limit": limit}, many=True)
    return [_row(row) for row in rows]


async def portion(database: Database, after: str, limit: int) -> list[Article]:
    """The next ones by their ids, drafts too."""
    rows = await database.read(_PORTION, {"after": after, "limit": limit}, many=True)
    return [_article(row) for row in rows]


async def versions(database: Database, article_id: str, limit: int) -> list[ArticleVersion]:
    """What an article was, newest first."""
    return [_version(row) for row in await database.read(_VERSIONS, {"id": article_id, "limit": limit})]


def _holding(words: str) -> str:
    """The pattern of what has these words in it."""
    escaped = re.sub(r"([!%_])", r"!\1", words.lower())
    return f"%{escaped}%" if words else ""


def _values(thing: Struct) -> Parameters:
    return {name: _value(getattr(thing, name)) for name in thing.__struct_fields__}


def _value(value: Any) -> Value:
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    if isinstance(value, bool):
        return int(value)
    return value.value if isinstance(value, Language) else value


def _any(row: Row) -> list[Any]:
    return list(row)


def _first(rows: list[Row]) -> Article | None:
    return _article(rows[0]) if rows else None


def _read(names: tuple[str, ...], row: Row) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    values["questions"] = _strings.decode(values["questions"])
    if "inbox_ids" in values:
        values["inbox_ids"] = _strings.decode(values["inbox_ids"])
        values["published"] = values["published"] == 1
        values["language"] = Language(values["language"])
    return values


def _article(row: Row) -> Article:
    return Article(**_read(_NAMES, row))


def _row(row: Row) -> ArticleRow:
    return ArticleRow(**_read(_ROW_NAMES, row))


def _version(row: Row) -> ArticleVersion:
    return ArticleVersion(**_read(_VERSION_NAMES, row))
