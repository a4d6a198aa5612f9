"""Finding messages by their words, newest first, over SQLite's FTS5; PostgreSQL gets a twin.

Chinese and Japanese have no spaces, so runs of their characters are stored as overlapping pairs, with the last
character after them: 我要退款 becomes 我要 要退 退款 款. A query of one character is then a prefix, one of two a word,
a longer one a phrase of pairs. (`trigram` finds no word of two characters, plain `unicode61` none inside a sentence.)
"""

import asyncio
import re
import unicodedata
from collections.abc import Iterable, Sequence
from operator import add
from typing import Final

import msgspec
from msgspec import Struct

from app.model.errors import Unavailable
from app.settings import Limits
from app.storage.database import Database, Row, Transaction, Value
from app.storage.outbox import Task
from app.telemetry.log import logger

TOPIC: Final = "search"  # in the outbox: key the conversation's id, payload the message's id
NEWEST: Final = 2**62

_UNSPACED: Final = "々〇\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS: Final = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_UNSPACED_RUN: Final = re.compile(f"[{_UNSPACED}]+")
_log = logger("storage")
_PIECES_MAX: Final = 16
_BEGINNING: Final = re.compile(r'((?:.* AND )?)"([A-Za-z0-9]+)" \*(?!\n)', re.DOTALL)  # ends with one
_TERMS_MAX: Final = 64
# From word to word, each by a step into the index: to list them with their numbers would read where each one stands.
_TERMS: Final = (
    "WITH RECURSIVE t (term) AS ("
    "SELECT (SELECT term FROM search_terms WHERE term >= :low AND term < :high LIMIT 1)"
    " UNION ALL SELECT (SELECT term FROM search_terms WHERE term >= t.term || char(1) AND term < :high LIMIT 1)"
    " FROM t WHERE t.term IS NOT NULL LIMIT 0 + :limit)"
    " SELECT term FROM t WHERE term IS NOT NULL"
)
_REBUILD_ROWS: Final = 500
_REBUILD: Final = "search_rebuild"  # in `meta` while one runs: the number of the message that it has reached

_REBUILD_TICKETS: Final = "ticket_search_rebuild"  # the same of tickets, whose turn comes behind the messages

# A message's words, and those of its cards and quick replies; their addresses are nobody's words.
_SAID: Final = (
    "trim(text || ' ' || coalesce((SELECT group_concat(atom, ' ') FROM json_tree(messages.content)"
    " WHERE type = 'text' AND key NOT IN ('link', 'picture')), ''))"
)
_MESSAGES: Final = (
    f"SELECT number, CASE WHEN kind IN ('message', 'note') AND deleted = 0 THEN {_SAID} ELSE '' END"
    " FROM messages WHERE id IN (SELECT value FROM json_each(:ids))"
)
_REPLACE: Final = "INSERT OR REPLACE INTO search (rowid, words) VALUES (:number, :words)"
_FORGET: Final = "DELETE FROM search WHERE rowid = :number"
_NEXT_MESSAGES: Final = (
    f"SELECT number, {_SAID} FROM messages WHERE number > :after AND kind IN ('message', 'note') AND deleted = 0"
    " AND (text <> '' OR content IS NOT NULL) ORDER BY number LIMIT 0 + :limit"
)
_NEXT_TICKETS: Final = (
    "SELECT number, title || ' ' || description || ' ' ||"
    " coalesce((SELECT group_concat(value, ' ') FROM json_each(tickets.fields)), '') || ' ' ||"
    " coalesce((SELECT group_concat(reference, ' ') FROM ticket_references r WHERE r.ticket_id = tickets.id), '')"
    " FROM tickets WHERE number > :after ORDER BY number LIMIT 0 + :limit"
)
_INDEX_TICKET: Final = "INSERT OR REPLACE INTO ticket_search (rowid, words) VALUES (:number, :words)"
_REACHED: Final = "SELECT value FROM meta WHERE key = :key"
_REACH: Final = "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value"
_DONE: Final = "DELETE FROM meta WHERE key = :key"
_HOW_FAR: Final = (
    "SELECT (SELECT value FROM meta WHERE key = :key), (SELECT max(number) FROM messages),"  # by the index's end
    " (SELECT value FROM meta WHERE key = :tickets)"
)
_MATCHES: Final = (
    "SELECT rowid FROM search WHERE search MATCH :query AND rowid < :before AND rowid >= :oldest"
    " ORDER BY rowid DESC LIMIT 0 + :scan"
)
_FIND: Final = (
    "SELECT m.number, m.id, m.conversation_id"
    f" FROM ({_MATCHES}) AS found CROSS JOIN messages m ON m.number = found.rowid"
    " CROSS JOIN conversations c ON c.id = m.conversation_id"
    " WHERE m.deleted = 0 AND (:read_all = 1 OR c.assignee_id = :agent OR (:read_team = 1 AND"
    " (c.team_id IS NULL OR c.team_id IN (SELECT value FROM json_each(:teams)))))"
    " ORDER BY found.rowid DESC LIMIT 0 + :limit"
)
_FIND_IN: Final = (
    "SELECT m.number, m.staff_seq"
    f" FROM ({_MATCHES}) AS found CROSS JOIN messages m ON m.number = found.rowid"
    " WHERE m.conversation_id = :conversation AND m.deleted = 0 ORDER BY found.rowid DESC LIMIT 0 + :limit"
)
_SPAN: Final = "SELECT min(number), max(number) FROM messages WHERE conversation_id = :conversation"
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


class Places(Struct, frozen=True):
    """Where in one conversation words were found, by staff_seq, newest first; `next` as in `Found`."""

    seqs: tuple[int, ...]
    next: int | None


class Rebuilt(Struct, frozen=True):
    """How far a rebuild is: messages up to number `reached` of `newest` are indexed."""

    done: bool
    reached: int
    newest: int


class Search:
    """The index of messages."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._scan_max = limits.search_scan_max
        self._retry_seconds = limits.outbox_poll_seconds
        self._wanted = asyncio.Event()

    async def find(self, text: str, reach: Reach, limit: int, before: int = NEWEST) -> Found:
        """Messages that hold every word of `text`, the last one as a beginning, among what `reach` may read."""
        query = expression(text)
        if not query:
            return Found((), None)
        query = await self._spelt_out(query)
        scan: dict[str, Value] = {"query": query, "before": before, "oldest": 0, "scan": self._scan_max}
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
        return Found(hits, await self._rest(scan))

    async def _spelt_out(self, query: str) -> str:
        """With the words that its last one may be, where those are few: these are walked from the newest on.

        Of a beginning FTS5 first gathers every place of every such word: 90 ms of CPU where a million messages hold it.
        """
        found = _BEGINNING.fullmatch(query)
        if found is None:
            return query
        before, low = found[1], found[2].lower()
        high = low[:-1] + chr(ord(low[-1]) + 1)
        asked: dict[str, Value] = {"low": low, "high": high, "limit": _TERMS_MAX + 1}
        terms = [str(row[0]) for row in await self._database.read(_TERMS, asked)]
        if not 0 < len(terms) <= _TERMS_MAX:
            return query
        return before + _either(term.replace('"', '""') for term in terms)

    async def find_in(self, conversation_id: str, text: str, limit: int, before: int = NEWEST) -> Places:
        """As `find`, in one conversation that the asking agent may read."""
        query = expression(text)
        oldest, newest = (await self._database.read(_SPAN, {"conversation": conversation_id}))[0]
        if not query or oldest is None:
            return Places((), None)
        query = await self._spelt_out(query)
        scan: dict[str, Value] = {
            "query": query, "before": min(before, int(newest or 0) + 1), "oldest": oldest, "scan": self._scan_max,
        }  # fmt: skip
        rows = await self._database.read(_FIND_IN, {**scan, "conversation": conversation_id, "limit": limit})
        seqs = tuple(int(row[1] or 0) for row in rows)
        if len(rows) == limit:
            return Places(seqs, int(rows[-1][0] or 0))
        return Places(seqs, await self._rest(scan))

    async def _rest(self, scan: dict[str, Value]) -> int | None:
        """Where to go on when all that one page may scan was scanned."""
        scanned, oldest = (await self._database.read(_SCANNED, scan))[0]
        return int(oldest or 0) if scanned == self._scan_max else None

    async def update(self, tasks: Sequence[Task]) -> None:
        """The outbox's handler: index these messages as they stand now, forget the words of those taken back."""
        ids = [task.payload.decode() for task in tasks]
        rows = await self._database.read(_MESSAGES, {"ids": msgspec.json.encode(ids).decode()})
        entries = [(int(number or 0), words(str(text))) for number, text in rows]
        await self._database.write(lambda tx: _store(tx, entries))

    async def rebuild(self) -> int:
        """Build the index anew from the messages, in small units beside the traffic; how many were indexed."""
        await self.begin_rebuild()
        indexed = 0
        while some := await self.rebuild_some():
            indexed += some
        return indexed

    async def begin_rebuild(self) -> None:
        """Empty the index, from now on to be filled by `rebuild_some` or by `run`, also after a restart.

        It is asked for when the index is damaged; one that runs begins anew.
        """
        await self._database.write(_begin_rebuild)
        self._wanted.set()

    async def rebuild_some(self) -> int:
        """Index a few hundred messages more of a rebuild that was begun, then tickets; how many, 0 when it is done."""
        return await self._database.write(_rebuild_some)

    async def rebuilt(self) -> Rebuilt:
        """How far it is."""
        keys: dict[str, Value] = {"key": _REBUILD, "tickets": _REBUILD_TICKETS}
        reached, newest, tickets = (await self._database.read(_HOW_FAR, keys))[0]
        told = int(newest or 0) if reached is None else int(str(reached))
        return Rebuilt(reached is None and tickets is None, told, int(newest or 0))

    async def run(self) -> None:
        """Until cancelled: carry out rebuilds that were begun, also before the last stop. A full disk puts them off."""
        while True:
            try:
                while await self.rebuild_some():
                    pass
            except Unavailable as problem:
                _log.warning("a rebuild of the search index was put off", extra={"code": problem.code})
                await asyncio.sleep(self._retry_seconds)
            else:
                await self._wanted.wait()
            self._wanted.clear()


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


def _either(terms: Iterable[str]) -> str:
    return "({})".format(" OR ".join(f'"{term}"' for term in terms))


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


def _begin_rebuild(tx: Transaction) -> None:
    tx.execute("INSERT INTO search (search) VALUES ('delete-all')")
    tx.execute("INSERT INTO ticket_search (ticket_search) VALUES ('delete-all')")
    tx.execute(_REACH, {"key": _REBUILD, "value": "0"})
    tx.execute(_REACH, {"key": _REBUILD_TICKETS, "value": "0"})


def _rebuild_some(tx: Transaction) -> int:
    """How far it is lies beside the index, so that both are of one commit."""
    return _rebuild_messages(tx) or _rebuild_tickets(tx)


def _rebuild_tickets(tx: Transaction) -> int:
    begun = tx.execute(_REACHED, {"key": _REBUILD_TICKETS})
    if not begun:
        return 0
    rows = tx.execute(_NEXT_TICKETS, {"after": int(str(begun[0][0])), "limit": _REBUILD_ROWS})
    for number, text in rows:
        tx.execute(_INDEX_TICKET, {"number": number, "words": words(str(text))})
    if rows:
        tx.execute(_REACH, {"key": _REBUILD_TICKETS, "value": str(rows[-1][0])})
    else:
        tx.execute(_DONE, {"key": _REBUILD_TICKETS})
    return len(rows)


def _rebuild_messages(tx: Transaction) -> int:
    begun = tx.execute(_REACHED, {"key": _REBUILD})
    if not begun:
        return 0
    rows = tx.execute(_NEXT_MESSAGES, {"after": int(str(begun[0][0])), "limit": _REBUILD_ROWS})
    if not rows:
        tx.execute(_DONE, {"key": _REBUILD})
        return 0
    _store(tx, [(int(number or 0), words(str(text))) for number, text in rows])
    tx.execute(_REACH, {"key": _REBUILD, "value": str(rows[-1][0])})
    return len(rows)


def _hit(row: Row) -> Hit:
    number, message_id, conversation_id = row
    return Hit(int(number or 0), str(message_id), str(conversation_id))
