"""Finding messages by their words, newest first, over SQLite's FTS5; PostgreSQL gets a twin.

Chinese and Japanese have no spaces, so runs of their characters are stored as overlapping pairs, with the last
character after them: 我要退款 becomes 我要 要退 退款 款. A query of one character is then a prefix, one of two a word,
a longer one a phrase of pairs. (`trigram` finds no word of two characters, plain `unicode61` none inside a sentence.)
"""

import re
import unicodedata
from collections.abc import Sequence
from operator import add
from typing import Final

import msgspec
from msgspec import Struct

from app.settings import Limits
from app.storage.database import Database, Row, Transaction, Value
from app.storage.outbox import Task

TOPIC: Final = "search"  # in the outbox: key the conversation's id, payload the message's id
NEWEST: Final = 2**62

_UNSPACED: Final = "々〇\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS: Final = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_UNSPACED_RUN: Final = re.compile(f"[{_UNSPACED}]+")
_PIECES_MAX: Final = 16
_REBUILD_ROWS: Final = 500

_MESSAGES: Final = (
    "SELECT number, CASE WHEN kind IN ('message', 'note') AND deleted = 0 THEN text ELSE '' END"
    " FROM messages WHERE id IN (SELECT value FROM json_each(:ids))"
)
_REPLACE: Final = "INSERT OR REPLACE INTO search (rowid, words) VALUES (:number, :words)"
_FORGET: Final = "DELETE FROM search WHERE rowid = :number"
_NEXT_MESSAGES: Final = (
    "SELECT number, text FROM messages WHERE number > :after AND kind IN ('message', 'note') AND deleted = 0"
    " AND text <> '' ORDER BY number LIMIT :limit"
)
_MATCHES: Final = (
    "SELECT rowid FROM search WHERE search MATCH :query AND rowid < :before ORDER BY rowid DESC LIMIT :scan"
)
_FIND: Final = (
    "SELECT m.number, m.id, m.conversation_id"
    f" FROM ({_MATCHES}) AS found CROSS JOIN messages m ON m.number = found.rowid"
    " CROSS JOIN conversations c ON c.id = m.conversation_id"
    " WHERE m.deleted = 0 AND (:read_all = 1 OR c.assignee_id = :agent OR (:read_team = 1 AND"
    " (c.team_id IS NULL OR c.team_id IN (SELECT value FROM json_each(:teams)))))"
    " ORDER BY found.rowid DESC LIMIT :limit"
)
_SCANNED: Final = f"SELECT count(*), min(rowid) FROM ({_MATCHES})"


class Reach(Struct, frozen=True):
    """What an agent may read, as `accounts.policy` has it: everything, or his teams' and team-less, and his own."""

    agent_id: str
    read_all: bool = False
    read_team: bool = False
    team_ids: tuple[str, ...] = ()


class Hit(Struct, frozen=True, gc=False):
    """A message that was found."""

    number: int
    message_id: str
    conversation_id: str


class Found(Struct, frozen=True):
    """Hits, newest first; `next` is the `before` of the page after, None at the end. A page may be short of hits."""

    hits: tuple[Hit, ...]
    next: int | None


class Search:
    """The index of messages."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._scan_max = limits.search_scan_max

    async def find(self, text: str, reach: Reach, limit: int, before: int = NEWEST) -> Found:
        """Messages that hold every word of `text`, the last one as a beginning, among what `reach` may read."""
        query = expression(text)
        if not query:
            return Found((), None)
        scan: dict[str, Value] = {"query": query, "before": before, "scan": self._scan_max}
        rows = await self._database.read(
            _FIND,
            {
                **scan,
                "read_all": reach.read_all,
                "read_team": reach.read_team,
                "agent": reach.agent_id,
                "teams": msgspec.json.encode(reach.team_ids).decode(),
                "limit": limit,
            },
        )
        hits = tuple(_hit(row) for row in rows)
        if len(hits) == limit:
            return Found(hits, hits[-1].number)
        scanned, oldest = (await self._database.read(_SCANNED, scan))[0]
        return Found(hits, int(oldest or 0) if scanned == self._scan_max else None)

    async def update(self, tasks: Sequence[Task]) -> None:
        """The outbox's handler: index these messages as they stand now, forget the words of those taken back."""
        ids = [task.payload.decode() for task in tasks]
        rows = await self._database.read(_MESSAGES, {"ids": msgspec.json.encode(ids).decode()})
        entries = [(int(number or 0), words(str(text))) for number, text in rows]
        await self._database.write(lambda tx: _store(tx, entries))

    async def rebuild(self) -> int:
        """Build the index anew from the messages, in small units beside the traffic; how many were indexed."""
        await self._database.write(lambda tx: tx.execute("INSERT INTO search (search) VALUES ('delete-all')"))
        indexed, after = 0, 0
        while rows := await self._database.write(lambda tx: _rebuild_some(tx, after)):  # noqa: B023 - awaited at once
            indexed += len(rows)
            after = int(rows[-1][0] or 0)
        return indexed


def words(text: str) -> str:
    """The text as it is indexed."""
    if text.isascii():
        return text
    return _UNSPACED_RUN.sub(_spaced, unicodedata.normalize("NFKC", text)).strip()


def expression(text: str) -> str:
    """The text of a search box as an expression of FTS5 (https://sqlite.org/fts5.html#full_text_query_syntax).

    Empty when it holds nothing that could be found. Nothing in it is an operator.
    """
    folded = unicodedata.normalize("NFKC", text).replace("\0", " ")
    runs = [run for chunk in folded.split() for run in _RUNS.findall(chunk) if any(map(str.isalnum, run))]
    pieces = [_piece(run) for run in runs[:_PIECES_MAX]]
    if pieces and not folded[-1].isspace() and len(runs[-1]) > 1 and not _IS_UNSPACED.match(runs[-1]):
        pieces[-1] += " *"
    return " AND ".join(pieces)


def _spaced(match: re.Match[str]) -> str:
    run = match[0]
    return f" {' '.join(map(add, run, run[1:]))} {run[-1]} "


def _piece(run: str) -> str:
    if not _IS_UNSPACED.match(run):
        return '"{}"'.format(run.replace('"', '""'))
    if len(run) == 1:
        return f'"{run}" *'
    return '"{}"'.format(" ".join(_pairs(run)))


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _store(tx: Transaction, entries: Sequence[tuple[int, str]]) -> None:
    for number, indexed in entries:
        if indexed:
            tx.execute(_REPLACE, {"number": number, "words": indexed})
        else:
            tx.execute(_FORGET, {"number": number})


def _rebuild_some(tx: Transaction, after: int) -> list[Row]:
    rows = tx.execute(_NEXT_MESSAGES, {"after": after, "limit": _REBUILD_ROWS})
    _store(tx, [(int(number or 0), words(str(text))) for number, text in rows])
    return rows


def _hit(row: Row) -> Hit:
    number, message_id, conversation_id = row
    return Hit(int(number or 0), str(message_id), str(conversation_id))
