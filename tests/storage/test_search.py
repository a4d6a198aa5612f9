"""Messages found by their words, in both languages, by those who may read them."""

import asyncio
import json

import pytest

from app.outbox.outbox import Outbox
from app.settings import Limits, Settings
from app.storage.database import Transaction
from app.storage.search import Reach, Search, expression, words
from app.storage.sqlite import SqliteDatabase
from tests.clock import ManualClock

EVERYTHING = Reach("boss", read_all=True)
# conversation: team, assignee
CONVERSATIONS = {"sales": ("sales", None), "help": ("help", "mei"), "nobody": (None, None)}


@pytest.fixture
def search(database: SqliteDatabase) -> Search:
    return Search(database, Limits())


@pytest.fixture
async def outbox(database: SqliteDatabase, clock: ManualClock, settings: Settings, search: Search) -> Outbox:
    await database.write(people)
    outbox = Outbox(database, clock, settings)
    outbox.handle("search", search.update)
    return outbox


def people(tx: Transaction) -> None:
    tx.execute("INSERT INTO inboxes (id, name, created_at) VALUES ('shop', 'Shop', 0)")
    tx.execute("INSERT INTO teams (id, name) VALUES ('sales', 'Sales'), ('help', 'Help')")
    tx.execute("INSERT INTO agents (id, email, name, password, role, created_at) VALUES ('mei', 'm', 'Mei', '', '', 0)")
    tx.execute("INSERT INTO contacts (id, number, created_at, seen_at) VALUES ('contact', 1, 0, 0)")
    for name, (team, assignee) in CONVERSATIONS.items():
        tx.execute(
            "INSERT INTO conversations (id, inbox_id, contact_id, status, created_at, updated_at, team_id, assignee_id)"
            " VALUES (:id, 'shop', 'contact', 'open', 0, 0, :team, :assignee)",
            {"id": name, "team": team, "assignee": assignee},
        )


async def say(database: SqliteDatabase, text: str, conversation: str = "sales", kind: str = "message") -> str:
    def unit(tx: Transaction) -> str:
        rows = tx.execute(
            "INSERT INTO messages (id, conversation_id, staff_seq, kind, sender_kind, sender_id, text, at)"
            " SELECT 'm' || (count(*) + 1), :conversation, count(*) + 1, :kind, 'visitor', 'contact', :text, 0"
            " FROM messages RETURNING id",
            {"conversation": conversation, "kind": kind, "text": text},
        )
        tx.enqueue("search", conversation, str(rows[0][0]).encode())
        return str(rows[0][0])

    return await database.write(unit)


async def change(database: SqliteDatabase, message_id: str, sql: str) -> None:
    def unit(tx: Transaction) -> None:
        tx.execute(f"UPDATE messages SET {sql} WHERE id = :id", {"id": message_id})
        tx.enqueue("search", "sales", message_id.encode())

    await database.write(unit)


async def found(search: Search, text: str, reach: Reach = EVERYTHING) -> list[str]:
    return [hit.message_id for hit in (await search.find(text, reach, 50)).hits]


async def indexed(database: SqliteDatabase, query: str) -> object:
    rows = await database.read("SELECT count(*) FROM search WHERE search MATCH :query", {"query": query})
    return rows[0][0]


@pytest.mark.parametrize(
    "query",
    ["退款", "款", "退", "我要退款", "要退", "款吗", "吗", "iPhone", "IPHONE", "iphone手机", "手机", "机",
     "ｉＰｈｏｎｅ", "4711", "A-4711", "手机 退款", "退款 ", "order 手机", "ord", "order A-47", "“退款”"],
)  # fmt: skip
async def test_words_of_one_and_two_characters_and_beginnings_are_found(
    database: SqliteDatabase, outbox: Outbox, search: Search, query: str
) -> None:
    await say(database, "你好，谢谢。Hello, refunds are elsewhere")
    wanted = await say(database, "我要退款吗？ Order A-4711 (iPhone手机)")
    await outbox.drain()
    assert await found(search, query) == [wanted]


@pytest.mark.parametrize("query", ["款退", "要款", "ord ", "order 4712", "refund AND", "手 机壳", "", "  ", "!?", "😀"])
async def test_what_is_not_there_is_not_found(
    database: SqliteDatabase, outbox: Outbox, search: Search, query: str
) -> None:
    await say(database, "我要退款 Order A-4711 手机")
    await outbox.drain()
    assert await found(search, query) == []


@pytest.mark.parametrize(
    "query", ['"', "a OR b", "words:x", "NEAR(a b)", "a*", "(", "-a", "^a", "a\0b", "+", '"a" "', "{a}"]
)
async def test_nothing_typed_is_an_operator(search: Search, query: str) -> None:
    assert await found(search, query) == []


async def test_wide_letters_are_letters(database: SqliteDatabase, outbox: Outbox, search: Search) -> None:
    message = await say(database, "订单ＡＢ１２，ｶﾞﾗｽ")
    await outbox.drain()
    assert await found(search, "ab12") == await found(search, "ガラス") == [message]


async def test_rebuilding_forgets_what_is_no_longer_there(
    database: SqliteDatabase, outbox: Outbox, search: Search
) -> None:
    await say(database, "退款")
    await outbox.drain()
    await database.write(lambda tx: tx.execute("DELETE FROM messages"))
    assert await search.rebuild() == 0
    assert await indexed(database, '"退款"') == 0


async def test_accents_and_case_do_not_matter(database: SqliteDatabase, outbox: Outbox, search: Search) -> None:
    message = await say(database, "Un CAFÉ, s'il vous plaît")
    await outbox.drain()
    assert await found(search, "cafe") == await found(search, "Café") == [message]


async def test_newest_first_in_pages(database: SqliteDatabase, outbox: Outbox, search: Search) -> None:
    messages = [await say(database, f"退款 {turn}") for turn in range(7)]
    await outbox.drain()
    pages, before = [], 2**62
    while True:
        page = await search.find("退款", EVERYTHING, 3, before)
        pages.append([hit.message_id for hit in page.hits])
        if page.next is None:
            break
        before = page.next
    assert pages == [messages[:-4:-1], messages[-4:-7:-1], messages[:1]]


async def test_edits_replace_and_deletes_forget(database: SqliteDatabase, outbox: Outbox, search: Search) -> None:
    message, other = await say(database, "退款"), await say(database, "退款")
    await outbox.drain()
    await change(database, message, "text = '换货'")
    await outbox.drain()
    assert await found(search, "退款") == [other]
    assert await found(search, "换货") == [message]
    await change(database, message, "text = '', deleted = 1")
    await outbox.drain()
    assert await found(search, "换货") == []
    assert await indexed(database, '"换货"') == 0  # not only hidden: its words are gone


async def test_a_deleted_message_is_hidden_before_the_outbox_comes_round(
    database: SqliteDatabase, outbox: Outbox, search: Search
) -> None:
    message = await say(database, "退款")
    await outbox.drain()
    await change(database, message, "deleted = 1")
    assert await found(search, "退款") == []


async def test_only_messages_and_notes_are_indexed(database: SqliteDatabase, outbox: Outbox, search: Search) -> None:
    await say(database, "退款", kind="edit")
    note = await say(database, "退款", kind="note")
    await outbox.drain()
    assert await found(search, "退款") == [note]


@pytest.mark.parametrize(
    ("reach", "seen"),
    [
        (EVERYTHING, {"sales", "help", "nobody"}),
        (Reach("li", read_team=True, team_ids=("sales",)), {"sales", "nobody"}),
        (Reach("li", read_team=True, team_ids=("sales", "help")), {"sales", "help", "nobody"}),
        (Reach("li", read_team=True), {"nobody"}),
        (Reach("mei", read_team=True), {"nobody", "help"}),
        (Reach("mei"), {"help"}),
        (Reach("li", team_ids=("sales",)), set()),
    ],
)
async def test_an_agent_finds_what_the_policy_lets_him_read(
    database: SqliteDatabase, outbox: Outbox, search: Search, reach: Reach, seen: set[str]
) -> None:
    for conversation in CONVERSATIONS:
        await say(database, "退款", conversation)
    await outbox.drain()
    page = await search.find("退款", reach, 50)
    assert {hit.conversation_id for hit in page.hits} == seen


async def test_a_page_looks_at_a_bounded_number_of_matches(database: SqliteDatabase, outbox: Outbox) -> None:
    search = Search(database, Limits(search_scan_max=2))
    own = await say(database, "退款", "help")
    for _ in range(5):
        await say(database, "退款", "sales")
    await outbox.drain()
    hits, before, pages = [], 2**62, 0
    while True:
        page = await search.find("退款", Reach("mei"), 50, before)
        hits += [hit.message_id for hit in page.hits]
        pages += 1
        if page.next is None:
            break
        before = page.next
    assert (hits, pages) == ([own], 4)


async def test_rebuilding_gives_the_same_index(database: SqliteDatabase, outbox: Outbox, search: Search) -> None:
    messages = await asyncio.gather(*(say(database, f"退款 {turn}") for turn in range(1_100)))
    await say(database, "", "sales")
    assert await search.rebuild() == 1_100
    assert await found(search, "退款 0") == [messages[0]]
    await outbox.drain()
    assert await search.rebuild() == 1_100
    assert len((await search.find("退款", EVERYTHING, 2_000)).hits) == 1_100


async def test_a_rebuild_that_a_stop_broke_off_goes_on_by_itself(
    database: SqliteDatabase, outbox: Outbox, search: Search
) -> None:
    messages = await asyncio.gather(*(say(database, f"退款 {turn}") for turn in range(1_100)))
    await outbox.drain()
    await search.begin_rebuild()
    assert await search.rebuild_some() == 500
    assert len((await search.find("退款", EVERYTHING, 2_000)).hits) == 500
    assert not (await search.rebuilt()).done

    later = Search(database, Limits())  # as after a restart
    running = asyncio.create_task(later.run())
    while not (await later.rebuilt()).done:
        await asyncio.sleep(0)
    assert len((await search.find("退款", EVERYTHING, 2_000)).hits) == 1_100

    await later.begin_rebuild()  # and it waits for the next one
    while not (await later.rebuilt()).done:
        await asyncio.sleep(0)
    assert await found(search, "退款 0") == [messages[0]]
    running.cancel()


async def test_what_is_deleted_while_the_index_is_rebuilt_is_not_found(
    database: SqliteDatabase, outbox: Outbox, search: Search
) -> None:
    messages = await asyncio.gather(*(say(database, f"退款 {turn}") for turn in range(600)))
    await outbox.drain()
    await search.begin_rebuild()
    await search.rebuild_some()
    await change(database, messages[0], "deleted = 1")
    await outbox.drain()
    await say(database, "退款 said meanwhile")
    await outbox.drain()
    while await search.rebuild_some():
        pass
    assert await indexed(database, '"退款"') == 600


def test_the_written_form() -> None:
    assert words("我要退款") == "我要 要退 退款 款"
    assert words("iPhone手机") == "iPhone 手机 机"
    assert words("款 or 订单4711？").split() == ["款", "or", "订单", "单", "4711?"]
    assert words("order 4711?") == "order 4711?"
    assert expression("我要退款 ord") == '"我要 要退 退款" AND "ord" *'
    assert expression('say "hi"') == '"say" AND """hi""" *'


CARD = {
    "cards": [
        {
            "title": "山岚手冲壶",
            "lines": ["¥268.00", "Signed for yesterday"],
            "picture": "filefilefile",
            "buttons": [
                {"label": "See the order", "link": "https://shop.example/secretpath", "reply": None},
                {"label": "补发", "link": None, "reply": "Resend it please"},
            ],
        }
    ],
    "replies": ["换一单"],
}


@pytest.mark.parametrize("rebuilt", [False, True])
async def test_what_cards_and_quick_replies_say_is_found_and_addresses_are_not(
    database: SqliteDatabase, outbox: Outbox, search: Search, rebuilt: bool
) -> None:
    card = await say(database, "")
    await change(database, card, f"content = '{json.dumps(CARD, ensure_ascii=False)}'")
    await outbox.drain()
    if rebuilt:
        assert await search.rebuild() == 1
    for text in ("手冲壶", "268", "yesterday", "see the order", "补发", "resend", "换一单"):
        assert await found(search, text) == [card], text
    for text in ("secretpath", "filefilefile", "title", "null"):
        assert await found(search, text) == [], text
    await change(database, card, "deleted = 1")
    await outbox.drain()
    assert await found(search, "手冲壶") == []


async def test_a_beginning_is_spelt_out_where_few_words_begin_so(
    database: SqliteDatabase, outbox: Outbox, search: Search
) -> None:
    """The same is found whether its words are named one by one or there are too many of them."""
    said: dict[str, str] = {}

    async def texts(query: str) -> set[str]:
        return {said[hit.message_id] for hit in (await search.find(query, EVERYTHING, 200)).hits}

    async def hear(*told: str) -> None:
        for text in told:
            said[await say(database, text)] = text
        await outbox.drain()

    await hear("Order", "orders", "ordered today", "Ordóñez", "disorder", "order-book 7", "ORDER 订单")
    few = {"Order", "orders", "ordered today", "order-book 7", "ORDER 订单"}
    assert await texts("order") == few
    assert await texts("today ORD") == {"ordered today"}
    assert await texts("order ") == {"Order", "order-book 7", "ORDER 订单"}
    assert await texts("ord") == {*few, "Ordóñez"}
    many = [f"order{number:02}x" for number in range(70)]
    await hear(*many)
    assert await texts("order") == {*few, *many}
    assert await texts("order69") == {"order69x"}
    assert await texts("z") == set()


async def test_a_quotation_mark_within_a_word_ends_no_expression(
    database: SqliteDatabase, outbox: Outbox, search: Search
) -> None:
    message = await say(database, 'x.html"; x="236 needle')
    await outbox.drain()
    for text in ('x.html"; x="236', 'x="23', 'needle x="2'):
        assert await found(search, text) in ([message], [])  # whatever it means, it is no error
    assert await found(search, "needle x 236") == [message]
