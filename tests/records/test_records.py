"""Records are kept once, the newest wins, and they stand beside whose they are."""

from collections.abc import Mapping

import pytest

from app.contacts.contacts import ContactChange
from app.contacts.introductions import Claim
from app.contacts.merging import ContactMerging
from app.model.errors import Forbidden, Invalid, NotFound
from app.model.events import Event, RecordChanged, RecordsMoved
from app.model.principals import Agent
from app.model.records import RecordKind
from app.records.records import Brought, Records
from app.settings import Limits
from app.storage import records as stored
from tests.domain import SYSTEM, Domain

KIND = RecordKind.ORDER


@pytest.fixture
def records(domain: Domain) -> Records:
    return Records(domain.database, domain.ids, domain.clock, Limits())


async def bring(
    domain: Domain, records: Records, *orders: Mapping[str, object], source: str = "mall", changed_at: int = 1
) -> list[str]:
    prepared = [records.prepared(source, KIND, Brought(dict(one), changed_at), "v1") for one in orders]
    return [one.outcome for one in await domain.database.write(lambda tx: records.write(tx, prepared))]


async def contact_id(domain: Domain, phone: str = "", email: str = "") -> str:
    visitor = await domain.visitor(await domain.inbox())
    await domain.contacts.change(SYSTEM, visitor.contact_id, ContactChange(phone=phone, email=email))
    return visitor.contact_id


async def ids_beside(records: Records, contact: str, before: str = "", limit: int = 50) -> list[str]:
    page = await records.beside(SYSTEM, contact, None, before, limit)
    return [one.record.external_id for one in page.records]


async def test_what_comes_twice_is_kept_once_and_the_newest_wins(domain: Domain, records: Records) -> None:
    assert await bring(domain, records, {"id": "1", "status": "to_ship"}, changed_at=10) == ["written"]
    assert await bring(domain, records, {"id": "1", "status": "to_ship"}, changed_at=10) == ["unchanged"]
    assert await bring(domain, records, {"id": "1", "status": "to_ship"}, changed_at=11) == ["unchanged"]
    assert await bring(domain, records, {"id": "1", "status": "shipped"}, changed_at=12) == ["written"]
    assert await bring(domain, records, {"id": "1", "status": "unpaid"}, changed_at=9) == ["older"]
    assert await bring(domain, records, {"id": "1", "status": "done"}, source="other", changed_at=1) == ["written"]
    kept = await stored.find_external(domain.database, "mall", KIND, "1")
    assert kept is not None
    assert (kept.body.id, getattr(kept.body, "status", ""), kept.changed_at) == ("1", "shipped", 12)
    assert await stored.counts(domain.database, "mall") == {"order": 1}


async def test_a_change_of_the_buyer_moves_the_record(domain: Domain, records: Records) -> None:
    ann, bob = await contact_id(domain, phone="13800000001"), await contact_id(domain, email="bob@example.com")
    await bring(domain, records, {"id": "1", "customer": {"phone": "+86 138 0000 0001"}})
    assert (await ids_beside(records, ann), await ids_beside(records, bob)) == (["1"], [])
    await bring(domain, records, {"id": "1", "customer": {"email": "Bob@example.com"}}, changed_at=2)
    assert (await ids_beside(records, ann), await ids_beside(records, bob)) == ([], ["1"])


async def test_records_stand_newest_first_in_pages_each_once(domain: Domain, records: Records) -> None:
    ann = await contact_id(domain, phone="13800000001", email="ann@example.com")
    buyer = {"phone": "13800000001", "email": "ann@example.com"}
    made = [{"id": str(n), "created_at": f"2026-01-0{n}T00:00:00Z", "customer": buyer} for n in range(1, 6)]
    await bring(domain, records, *made)
    assert await ids_beside(records, ann) == ["5", "4", "3", "2", "1"]
    seen: list[str] = []
    before = ""
    while True:
        page = await records.beside(SYSTEM, ann, KIND, before, 3)
        seen += [one.record.external_id for one in page.records]
        if page.next is None:
            break
        before = page.next
    assert list(dict.fromkeys(seen)) == ["5", "4", "3", "2", "1"]
    assert not (await records.beside(SYSTEM, ann, RecordKind.NOTE, "", 3)).records


async def test_a_claimed_address_says_that_it_is_claimed(domain: Domain, records: Records) -> None:
    visitor = await domain.visitor(await domain.inbox())
    await domain.introductions.claim(visitor, Claim(email="ann@example.com"))
    await bring(domain, records, {"id": "1", "customer": {"email": "ann@example.com"}})
    (found,) = (await records.beside(SYSTEM, visitor.contact_id, None, "", 9)).records
    assert (found.by, found.proven) == ("email", False)
    await domain.contacts.change(SYSTEM, visitor.contact_id, ContactChange(email="Ann@example.com"))
    (found,) = (await records.beside(SYSTEM, visitor.contact_id, None, "", 9)).records
    assert (found.by, found.proven) == ("email", True)


async def test_who_may_not_and_what_is_not_there(domain: Domain, records: Records) -> None:
    ann = await contact_id(domain, phone="13800000001")
    nobody = Agent("a" * 26, "s" * 26, "none", frozenset())
    with pytest.raises(Forbidden):
        await records.beside(nobody, ann, None, "", 9)
    with pytest.raises(Forbidden):
        await records.find(nobody, ann)
    with pytest.raises(NotFound):
        await records.beside(SYSTEM, "0" * 26, None, "", 9)
    with pytest.raises(Invalid):
        await records.beside(SYSTEM, ann, None, "somewhere", 9)


async def test_one_that_is_too_large_is_refused_before_anything_is_written(domain: Domain, records: Records) -> None:
    with pytest.raises(Invalid) as refused:
        records.prepared("mall", KIND, Brought({"id": "1", "extra": {"a": "x" * 70_000}}), "v1")
    assert refused.value.code == "record_too_large"


async def test_a_source_that_goes_takes_its_records_with_it(domain: Domain, records: Records) -> None:
    ann = await contact_id(domain, phone="13800000001")
    await bring(domain, records, *({"id": str(n), "customer": {"phone": "13800000001"}} for n in range(5)))
    await bring(domain, records, {"id": "a", "customer": {"phone": "13800000001"}}, source="other")
    assert [await domain.database.write(lambda tx: records.forget(tx, "mall", 3)) for _ in range(3)] == [3, 2, 0]
    assert await ids_beside(records, ann) == ["a"]


async def test_windows_that_show_a_customer_hear_that_his_records_moved(domain: Domain, records: Records) -> None:
    ann, bob = await contact_id(domain, phone="138 0000 0001"), await contact_id(domain, email="Bob@Example.com")
    amy = await contact_id(domain, phone="13800000003")
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    await bring(domain, records, {"id": "1", "customer": {"phone": "+86 138 0000 0003"}}, {"id": "2"})
    await bring(domain, records, {"id": "1", "customer": {"phone": "+86 138 0000 0003"}})
    assert told == [RecordsMoved((amy,))], "what is unchanged is no news, nor what is nobody's"
    await bring(domain, records, {"id": "1", "customer": {"email": "bob@example.com"}}, changed_at=2)
    assert told[1:] == [RecordsMoved(tuple(sorted((amy, bob))))], "whose it was, and whose it is"
    await domain.database.write(lambda tx: records.forget(tx, "mall", 9))
    assert told[2:] == [RecordsMoved((bob,))]
    assert ann not in {one for event in told if isinstance(event, RecordsMoved) for one in event.contact_ids}


async def test_records_are_announced_while_somebody_listens(domain: Domain, records: Records) -> None:
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    await bring(domain, records, {"id": "1"})
    records.heard = frozenset({"record.upserted", "record.forgotten"})
    await bring(domain, records, {"id": "1", "status": "done"}, {"id": "2"}, changed_at=2)
    await domain.database.write(lambda tx: records.forget(tx, "mall", 9))
    heard = [event for event in told if isinstance(event, RecordChanged)]
    assert [(one.name, one.record.external_id) for one in heard] == [
        ("record.upserted", "1"), ("record.upserted", "2"), ("record.forgotten", "1"), ("record.forgotten", "2"),
    ]  # fmt: skip
    assert heard[0].record.id == heard[2].record.id, "it is the same one, whichever its change made"
    assert all(one.pos for one in heard)


async def test_whoever_was_merged_brings_his_records_along(domain: Domain, records: Records) -> None:
    ann, old = await contact_id(domain, phone="13800000001"), await contact_id(domain, phone="13800000002")
    older = await contact_id(domain, phone="13800000003")
    merging = ContactMerging(domain.database, domain.ids, domain.clock, Limits())
    await merging.merge(SYSTEM, older, old)
    await merging.merge(SYSTEM, old, ann)
    orders = [{"id": str(n), "customer": {"phone": f"1380000000{n}"}} for n in (1, 2, 3)]
    await bring(domain, records, *orders)
    assert sorted(await ids_beside(records, ann)) == ["1", "2", "3"]
    told: list[Event] = []
    domain.bus.subscribe(told.extend)
    await bring(domain, records, {**orders[2], "status": "done"}, changed_at=2)
    assert told == [RecordsMoved((ann,))]
