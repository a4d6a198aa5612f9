"""Signed identity: what is believed, what is not, and who becomes whom."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from msgspec.structs import replace

from app.accounts.agents import NewAgent
from app.contacts.customers import Customers, MadeKey
from app.contacts.introductions import Claim, Introductions
from app.contacts.merging import ContactMerging
from app.contacts.seal import Seal
from app.model.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from app.model.events import Event, VisitorMoved
from app.model.people import Contact
from app.model.principals import Agent, Visitor
from app.storage import contacts, merges
from tests.domain import PASSWORD, SYSTEM, Domain

_HOUR = 3_600


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(secret: str, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """A JSON Web Token as a website makes it, with nothing of ours."""
    head = b64(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode())
    body = b64(json.dumps(claims).encode())
    return f"{head}.{body}.{b64(hmac.new(secret.encode(), f'{head}.{body}'.encode(), hashlib.sha256).digest())}"


class Site:
    """A website with its inbox and its secret."""

    def __init__(self, domain: Domain, customers: Customers, inbox_id: str, made: MadeKey) -> None:
        self.domain = domain
        self.customers = customers
        self.inbox_id = inbox_id
        self.secret = made.secret

    async def visitor(self) -> tuple[Visitor, str]:
        session = await self.domain.visitors.session(self.inbox_id)
        return session.visitor, session.token

    def token(self, sub: Any = "42", secret: str = "", **claims: Any) -> str:
        now = self.domain.clock.now_ms() // 1_000
        return signed(secret or self.secret, {"sub": sub, "exp": now + _HOUR, **claims})

    async def contact(self, contact_id: str) -> Contact:
        found = await contacts.find(self.domain.database, contact_id)
        assert found is not None
        return found


@pytest.fixture
async def site(domain: Domain) -> Site:
    seal = Seal(domain.path.parent / "keys")
    customers = Customers(domain.database, domain.ids, domain.clock, domain.inboxes, seal, domain.settings.limits)
    inbox_id = await domain.inbox()
    return Site(domain, customers, inbox_id, await customers.make_key(SYSTEM, inbox_id))


async def test_what_the_website_signed_is_believed(site: Site) -> None:
    visitor, own = await site.visitor()
    introductions = Introductions(
        site.domain.database, site.domain.ids, site.domain.clock, site.domain.inboxes, site.domain.settings.limits
    )
    await introductions.claim(visitor, Claim(name="Somebody", attributes={"plan": "free"}))
    token = site.token(name="Mei Lin", email="mei@example.com", attributes={"plan": "gold"})
    known = await site.customers.prove(visitor, own, token)
    assert (known.token, known.contact_id) == (own, visitor.contact_id)
    contact = await site.contact(visitor.contact_id)
    assert (contact.name, contact.email, contact.external_id) == ("Mei Lin", "mei@example.com", "42")
    assert contact.attributes == {"plan": "gold"}
    assert contact.claimed == (), "what is proven is no claim"
    assert (await site.customers.prove(visitor, own, token)) == known, "shown again it proves the same"


async def test_a_number_is_an_id_too(site: Site) -> None:
    visitor, own = await site.visitor()
    await site.customers.prove(visitor, own, site.token(sub=7))
    assert (await site.contact(visitor.contact_id)).external_id == "7"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"exp": None}, "identity_malformed"),
        ({"exp": 1}, "identity_over"),
        ({"exp": 2**40}, "identity_malformed"),
        ({"sub": ""}, "identity_malformed"),
        ({"sub": None}, "identity_malformed"),
        ({"sub": "x" * 201}, "identity_malformed"),
        ({"sub": ["42"]}, "identity_malformed"),
        ({"nbf": 2**40}, "identity_malformed"),
        ({"iat": 2**40}, "identity_malformed"),
        ({"iat": "now"}, "identity_malformed"),
        ({"aud": "another inbox"}, "identity_malformed"),
        ({"name": 7}, "identity_malformed"),
        ({"attributes": {"a": {"b": "c"}}}, "identity_malformed"),
        ({"exp": "soon"}, "identity_malformed"),
        ({"exp": True}, "identity_malformed"),
    ],
)
async def test_a_token_that_proves_nothing_is_refused(site: Site, change: dict[str, Any], code: str) -> None:
    visitor, own = await site.visitor()
    with pytest.raises(Invalid, match=code):
        await site.customers.prove(visitor, own, site.token(**change))
    assert (await site.contact(visitor.contact_id)).external_id == ""


@pytest.mark.parametrize("algorithm", ["none", "None", "HS384", "RS256", "hs256", ""])
async def test_no_other_algorithm_is_taken(site: Site, algorithm: str) -> None:
    visitor, own = await site.visitor()
    claims = {"sub": "42", "exp": site.domain.clock.now_ms() // 1_000 + _HOUR}
    for token in (
        signed(site.secret, claims, {"alg": algorithm}),
        signed(site.secret, claims, {"alg": algorithm}).rpartition(".")[0] + ".",
    ):
        with pytest.raises(Invalid, match="identity_malformed"):
            await site.customers.prove(visitor, own, token)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "a.b.c.d", "é.é.é", "x" * 9_000, "e30.e30.e30", "=.=.="])
async def test_what_is_no_token_is_refused(site: Site, token: str) -> None:
    visitor, own = await site.visitor()
    with pytest.raises(Invalid, match="identity_malformed"):
        await site.customers.prove(visitor, own, token)


async def test_another_secret_a_changed_body_and_another_inbox_prove_nothing(site: Site) -> None:
    visitor, own = await site.visitor()
    header, _, signature = site.token().split(".")
    other = b64(json.dumps({"sub": "1", "exp": site.domain.clock.now_ms() // 1_000 + _HOUR}).encode())
    elsewhere = await site.customers.make_key(SYSTEM, await site.domain.inbox())
    for token in (site.token(secret="0" * 64), f"{header}.{other}.{signature}", site.token(secret=elsewhere.secret)):
        with pytest.raises(Invalid, match="identity_unsigned"):
            await site.customers.prove(visitor, own, token)


async def test_the_same_customer_on_two_devices_is_one_contact(site: Site) -> None:
    domain = site.domain
    phone, phone_token = await site.visitor()
    await site.customers.prove(phone, phone_token, site.token(name="Mei"))
    desk, desk_token = await site.visitor()
    conversation = (await domain.say(desk, "Asked before signing in")).conv
    heard: list[Event] = []
    domain.bus.subscribe(heard.extend)
    known = await site.customers.prove(desk, desk_token, site.token())
    assert (known.token, known.contact_id) == (desk_token, phone.contact_id)
    assert VisitorMoved(desk.contact_id) in heard, "his open sockets come back as who he is"
    now = await domain.visitors.principal(desk_token)
    assert now == Visitor(phone.contact_id, site.inbox_id)
    assert [thread.conv for thread in await domain.history.threads(now)] == [conversation]
    assert (await site.contact(desk.contact_id)).merged_into == phone.contact_id
    assert await domain.contacts.search(SYSTEM, "Mei", 10) == [await site.contact(phone.contact_id)]


async def test_the_next_customer_in_a_browser_sees_nothing_of_the_one_before(site: Site) -> None:
    domain = site.domain
    visitor, own = await site.visitor()
    await site.customers.prove(visitor, own, site.token(sub="mei", name="Mei"))
    await domain.say(visitor, "Mine alone")
    known = await site.customers.prove(visitor, own, site.token(sub="ben", name="Ben"))
    assert known.token != own and known.contact_id != visitor.contact_id
    assert await domain.visitors.principal(own) is None, "the browser's earlier secret leads to nobody"
    ben = await domain.visitors.principal(known.token)
    assert ben is not None and await domain.history.threads(ben) == []
    assert (await site.contact(visitor.contact_id)).name == "Mei"
    again, again_token = await site.visitor()
    back = await site.customers.prove(again, again_token, site.token(sub="mei"))
    assert back.contact_id == visitor.contact_id


async def test_two_sites_may_call_different_people_the_same(site: Site) -> None:
    other_inbox = await site.domain.inbox()
    other = Site(site.domain, site.customers, other_inbox, await site.customers.make_key(SYSTEM, other_inbox))
    here, here_token = await site.visitor()
    there, there_token = await other.visitor()
    await site.customers.prove(here, here_token, site.token(sub="1"))
    known = await other.customers.prove(there, there_token, other.token(sub="1"))
    assert known.contact_id == there.contact_id


async def test_a_secret_is_told_once_kept_sealed_and_rotated_with_an_overlap(site: Site) -> None:
    domain = site.domain
    secret = site.secret
    for file in domain.path.parent.glob("monodesk.db*"):
        assert secret.encode() not in file.read_bytes()
    visitor, own = await site.visitor()
    domain.clock.advance(1)
    newer = await site.customers.make_key(SYSTEM, site.inbox_id)
    assert newer.secret != secret
    assert [key.ends_at is None for key in await site.customers.keys(SYSTEM, site.inbox_id)] == [True, False]
    await site.customers.prove(visitor, own, site.token(secret=secret))
    await site.customers.prove(visitor, own, site.token(secret=newer.secret))
    domain.clock.advance(domain.settings.limits.identity_overlap_hours * _HOUR)
    with pytest.raises(Invalid, match="identity_unsigned"):
        await site.customers.prove(visitor, own, site.token(secret=secret))
    await site.customers.prove(visitor, own, site.token(secret=newer.secret))
    (key,) = await site.customers.keys(SYSTEM, site.inbox_id)
    assert key.used_at == domain.clock.now_ms()
    await site.customers.end_key(SYSTEM, key.id)
    with pytest.raises(Invalid, match="identity_off"):
        await site.customers.prove(visitor, own, site.token(secret=newer.secret))
    with pytest.raises(NotFound):
        await site.customers.end_key(SYSTEM, key.id)


async def test_only_so_many_hold_and_only_who_manages_inboxes_makes_them(site: Site) -> None:
    agent = await site.domain.agent("Ann")
    for act in (site.customers.make_key(agent, site.inbox_id), site.customers.keys(agent, site.inbox_id)):
        with pytest.raises(Forbidden):
            await act
    for _ in range(site.domain.settings.limits.identity_keys_max - 1):
        await site.customers.make_key(SYSTEM, site.inbox_id)
    with pytest.raises(Conflict, match="limit_reached"):
        await site.customers.make_key(SYSTEM, site.inbox_id)


async def test_without_its_key_a_seal_says_what_to_do(site: Site) -> None:
    place = site.domain.path.parent / "keys" / "seal.key"
    assert place.stat().st_mode & 0o777 == 0o600
    place.write_bytes(b"x" * 32)
    seal = Seal(place.parent)
    customers = Customers(
        site.domain.database, site.domain.ids, site.domain.clock, site.domain.inboxes, seal, site.domain.settings.limits
    )
    visitor, own = await site.visitor()
    with pytest.raises(Unavailable, match="seal_missing"):
        await customers.prove(visitor, own, site.token())


# --- merging by hand --------------------------------------------------------------------------------------------


def merging_of(domain: Domain) -> ContactMerging:
    return ContactMerging(domain.database, domain.ids, domain.clock, domain.settings.limits)


async def manager(domain: Domain) -> Agent:
    await domain.agents.create(SYSTEM, NewAgent("Boss", "boss@example.com", "owner", PASSWORD))
    return await domain.agent("Ann", "admin")


async def test_a_merged_contact_goes_on_as_the_other_and_comes_back(site: Site) -> None:
    domain, merging = site.domain, merging_of(site.domain)
    one, _ = await site.visitor()
    other, _ = await site.visitor()
    conversation = (await domain.say(one, "hello")).conv
    one_before = await site.contact(one.contact_id)
    before = replace(one_before, name="Mei", email="mei@example.com", attributes={"plan": "gold"})
    kept = replace(await site.contact(other.contact_id), name="Mei Lin")
    await domain.database.write(lambda tx: contacts.update(tx, before))
    await domain.database.write(lambda tx: contacts.update(tx, kept))
    ann = await manager(domain)
    after = await merging.merge(ann, one.contact_id, other.contact_id)
    assert (after.name, after.email, after.attributes) == ("Mei Lin", "mei@example.com", {"plan": "gold"})
    assert [head.id for head in await domain.history.of_contact(ann, other.contact_id)] == [conversation]
    with pytest.raises(Conflict, match="merged_already"):
        await merging.merge(ann, one.contact_id, other.contact_id)
    back = await merging.unmerge(ann, one.contact_id)
    assert (back.name, back.email, back.merged_into) == ("Mei", "mei@example.com", None)
    rest = await site.contact(other.contact_id)
    assert (rest.name, rest.email, rest.attributes) == ("Mei Lin", "", {})
    assert [head.id for head in await domain.history.of_contact(ann, one.contact_id)] == [conversation]
    with pytest.raises(Conflict, match="not_merged"):
        await merging.unmerge(ann, one.contact_id)


async def test_what_came_after_a_merging_stays_where_it_is(site: Site) -> None:
    domain, merging, ann = site.domain, merging_of(site.domain), await manager(site.domain)
    one, _ = await site.visitor()
    other, _ = await site.visitor()
    await merging.merge(ann, one.contact_id, other.contact_id)
    later = (await domain.say(other, "after")).conv
    await merging.unmerge(ann, one.contact_id)
    assert [head.id for head in await domain.history.of_contact(ann, other.contact_id)] == [later]


async def test_a_merging_is_undone_for_a_day_and_refused_where_it_makes_no_sense(site: Site) -> None:
    domain, merging, ann = site.domain, merging_of(site.domain), await manager(site.domain)
    one, _ = await site.visitor()
    other, _ = await site.visitor()
    with pytest.raises(Conflict, match="merge_itself"):
        await merging.merge(ann, one.contact_id, one.contact_id)
    with pytest.raises(NotFound):
        await merging.merge(ann, one.contact_id, "0" * 26)
    with pytest.raises(Forbidden):
        await merging.merge(await domain.agent("Ben"), one.contact_id, other.contact_id)
    await merging.merge(ann, one.contact_id, other.contact_id)
    domain.clock.advance(domain.settings.limits.contact_unmerge_hours * _HOUR + 1)
    with pytest.raises(Conflict, match="merge_too_old"):
        await merging.unmerge(ann, one.contact_id)


async def test_every_table_that_names_a_contact_is_moved_or_stays_on_purpose(domain: Domain) -> None:
    rows = await domain.database.read(
        "SELECT DISTINCT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND c.name = 'contact_id'"
    )
    assert {str(row[0]) for row in rows} == merges.TABLES.keys() | merges.STAYS


async def test_a_merging_that_went_on_further_is_undone_from_its_end(site: Site) -> None:
    """Undone in the middle, what was said before would be nobody's to give back."""
    domain, merging, ann = site.domain, merging_of(site.domain), await manager(site.domain)
    (one, _), (other, _), (third, _) = [await site.visitor() for _ in range(3)]
    conv = (await domain.say(one, "hello")).conv
    await merging.merge(ann, one.contact_id, other.contact_id)
    await merging.merge(ann, other.contact_id, third.contact_id)
    with pytest.raises(Conflict, match="merge_went_on"):
        await merging.unmerge(ann, one.contact_id)
    await merging.unmerge(ann, other.contact_id)
    await merging.unmerge(ann, one.contact_id)
    assert [head.id for head in await domain.history.of_contact(ann, one.contact_id)] == [conv]


async def test_what_an_unknown_extension_says_is_not_passed_over(site: Site) -> None:
    visitor, own = await site.visitor()
    claims = {"sub": "42", "exp": site.domain.clock.now_ms() // 1_000 + _HOUR, "b64": False}
    for crit in (["b64"], [], "b64"):
        token = signed(site.secret, claims, {"alg": "HS256", "crit": crit})
        with pytest.raises(Invalid, match="identity_malformed"):
            await site.customers.prove(visitor, own, token)


async def test_what_a_secret_signed_proves_nothing_once_the_secret_has_ended(site: Site) -> None:
    visitor, own = await site.visitor()
    token = site.token()
    await site.customers.prove(visitor, own, token)
    (key,) = await site.customers.keys(SYSTEM, site.inbox_id)
    await site.customers.make_key(SYSTEM, site.inbox_id)
    await site.customers.prove(visitor, own, token)
    await site.customers.end_key(SYSTEM, key.id)
    with pytest.raises(Invalid, match="identity_unsigned"):
        await site.customers.prove(visitor, own, token)
