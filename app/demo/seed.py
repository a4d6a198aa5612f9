"""Fills a fresh data folder with the demo shop: three agents, an inbox, two months of conversations."""

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from random import Random

from app.demo import canned, dialogues, history, macros, organisations, shop, tags, tickets
from app.demo.history import History
from app.demo.play import Cast, Moment, Sent
from app.demo.tickets import Told
from app.files.disk import place
from app.model.canned import CannedReply
from app.model.ids import Ids
from app.model.people import Availability, Block, Colleague, Inbox, Team
from app.model.widget import Holiday, Hours, Period, Schedule, Span, Texts, Widget
from app.storage import (
    agents,
    blocks,
    contacts,
    conversations,
    files,
    inboxes,
    messages,
    rating_requests,
    ratings,
    schedules,
    visits,
    watermarks,
)
from app.storage import canned as replies
from app.storage import macros as stored_macros
from app.storage.database import Database, Transaction
from app.storage.rating_requests import RatingRequest

INBOX_ID = "demo0000000000000000000000"
CONVERSATIONS = 320
_SCHEDULE_ID = "demo0000000000000000000001"
_BLOCK_ID = "demo0000000000000000000002"
_HOLIDAYS = (
    Holiday(date(2026, 1, 1), Texts("New Year", "元旦"), yearly=True),
    Holiday(date(2026, 5, 1), Texts("Labour Day", "劳动节"), yearly=True),
    *(Holiday(date(2026, 10, day), Texts("National Day", "国庆节"), yearly=True) for day in (1, 2, 3)),
    Holiday(date(2027, 2, 5), Texts("New Year's Eve", "除夕"), periods=(Span(9 * 60, 12 * 60),)),
)
_DAY_MS = 86_400_000
_VISITS_KEPT = 50


async def seed(database: Database, folder: Path, seed_number: int, now: int) -> bool:
    """Fill an empty database and its `files/` folder; False where the demo's inbox is there already.

    The same `seed_number` and `now` (ms) give the same shop. The agents have no password: they sign in by link.
    """
    if any(inbox.id == INBOX_ID for inbox in await inboxes.all_of_them(database)):
        return False
    cast, told, ready, matters = await asyncio.to_thread(_tell, seed_number, now)
    await asyncio.to_thread(_write_files, folder, told.sent)
    await database.write(partial(_store, cast, told, ready, matters, now))
    return True


def _tell(seed_number: int, now: int) -> tuple[Cast, History, tuple[CannedReply, ...], tuple[Told, ...]]:
    random = Random(seed_number)
    cast = _cast(random, now - (history.DAYS + 30) * _DAY_MS)
    written = [dialogue for language in dialogues.LANGUAGES for dialogue in dialogues.load(language)]
    told = history.tell(written, cast, INBOX_ID, CONVERSATIONS, random, now)
    ready = canned.replies(cast, random, now - history.DAYS * _DAY_MS)
    return cast, told, ready, tickets.tell(told, cast, random, now)


def _cast(random: Random, at: int) -> Cast:
    """The demo's people, who joined at `at` (ms), one after the other."""
    moment = Moment()
    moment.at = at
    ids = Ids(moment, random.randbytes)
    after_sales, pre_sales = Team(ids.new(), "售后 After-sales"), Team(ids.new(), "售前 Pre-sales")
    everybody = []
    for number, employee in enumerate(shop.STAFF):
        moment.at = at + number * _DAY_MS
        colleague = Colleague(
            ids.new(),
            employee.name,
            employee.email,
            employee.role,
            Availability.ONLINE,
            tuple(sorted((after_sales.id, pre_sales.id))),
            employee.language,
            moment.at,
        )
        everybody.append((colleague, employee))
    return Cast(tuple(everybody), after_sales, pre_sales)


def _write_files(folder: Path, sent: Sequence[Sent]) -> None:
    for one in sent:
        path = place(folder, one.row.stored_as)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.body)


def _store(
    cast: Cast, told: History, ready: Sequence[CannedReply], matters: Sequence[Told], now: int, tx: Transaction
) -> None:
    """Everything in one transaction: a folder is either filled or empty."""
    agents.insert_team(tx, cast.after_sales)
    agents.insert_team(tx, cast.pre_sales)
    for colleague, _ in cast.agents:
        agents.save(tx, colleague)
    inboxes.save(tx, _inbox(now - (history.DAYS + 30) * _DAY_MS))
    schedules.save(tx, _office())
    blocks.insert(tx, _block(cast, now))
    for reply in ready:
        replies.save(tx, reply)
    for contact in organisations.tell(tx, told.contacts, now - history.DAYS * _DAY_MS):
        contacts.insert(tx, contact)
    for visit in told.visits:
        visits.insert(tx, visit, _VISITS_KEPT)
    known, heads = tags.tell(told.conversations, now - history.DAYS * _DAY_MS)
    for head in heads:
        conversations.insert(tx, head)
    tags.store(tx, known, heads)
    at = now - history.DAYS * _DAY_MS
    moment = Moment()
    moment.at = at
    for macro in macros.ready(cast, Ids(moment, Random(at + 1).randbytes), known, at):
        stored_macros.save(tx, macro)
    for sent in told.sent:
        files.insert(tx, sent.row)
    for entry in told.entries:
        messages.insert(tx, entry)
        if entry.text:
            tx.enqueue("search", entry.conversation_id, entry.id.encode())
    _store_ratings(told, tx)
    tickets.store(tx, matters)
    for mark in told.marks:
        watermarks.raise_read(tx, mark.conversation_id, mark.kind, mark.person_id, mark.seq)


def _office() -> Schedule:
    """Hours that an inbox or a team may follow; the shop itself is open whenever it is tried."""
    spans = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
    week = tuple(Period(day, *span) for day in range(1, 6) for span in spans)
    return Schedule(_SCHEDULE_ID, "办公时间 Office hours", Hours("Asia/Shanghai", week, _HOLIDAYS))


def _store_ratings(told: History, tx: Transaction) -> None:
    for head in told.conversations:
        if head.resolved_at is not None:
            at = head.resolved_at
            rating_requests.save(tx, RatingRequest(head.id, head.contact_id, head.inbox_id, at, at))
    for rating in told.ratings:
        ratings.save(tx, rating)


def _block(cast: Cast, now: int) -> Block:
    """An address from which only advertisements came (of a range that is nobody's: RFC 5737)."""
    owner = cast.agents[0][0].id
    return Block(_BLOCK_ID, None, "198.51.100.192/28", "广告 Advertising", owner, now - _DAY_MS, now + 29 * _DAY_MS)


def _inbox(created_at: int) -> Inbox:
    return Inbox(
        id=INBOX_ID,
        name="山岚 Shanlan",
        created_at=created_at,
        greeting_en="Hello, how can we help?",
        greeting_zh="你好，有什么可以帮你？",
        widget=Widget(
            invitation=Texts("Not sure which one fits? Ask us.", "拿不准选哪款？问我们就好。"),
            hours=Hours("Asia/Shanghai", tuple(Period(day, 0, 24 * 60) for day in range(1, 8))),  # wherever it is tried
        ),
    )
