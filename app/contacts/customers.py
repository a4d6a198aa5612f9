"""Customers who are signed in at a website: it proves who they are, and the same one on two devices is one contact."""

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.audit import record
from app.accounts.fields import usable
from app.accounts.inboxes import Inboxes
from app.accounts.policy import demand
from app.contacts.claims import ATTRIBUTES_MAX, one_line
from app.contacts.merging import merged
from app.contacts.organisations import assigned
from app.contacts.proof import Proven, proven
from app.contacts.seal import Seal
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.conversations import Speaker
from app.model.errors import Conflict, Invalid, not_found
from app.model.events import ContactChanged
from app.model.fields import Noun
from app.model.ids import Ids, digest
from app.model.people import Contact
from app.model.principals import Principal, Visitor
from app.settings import Limits
from app.storage import contacts, fields, identities
from app.storage.database import Database, Transaction
from app.storage.identities import IdentityKey

_SECRET_BYTES = 32
_HOUR_MS = 3_600_000
_HOUR_SECONDS = 3_600
_FACTS = ("name", "email", "phone")


class KeyFacts(Struct, frozen=True):
    """A secret as it is shown: never itself. `ends_at` where a newer one takes its place; times in ms UTC."""

    id: str
    created_at: int
    ends_at: int | None
    used_at: int | None


class MadeKey(Struct, frozen=True):
    """A new secret, told this once."""

    key: KeyFacts
    secret: str


class Known(Struct, frozen=True):
    """Who the visitor is from now on; `token` is what his browser keeps, as it was or another."""

    token: str
    contact_id: str


class Customers:
    """Makes inboxes' secrets and believes what is signed by them."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, inboxes: Inboxes, seal: Seal, limits: Limits
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._inboxes = inboxes
        self._seal = seal
        self._limits = limits

    async def keys(self, principal: Principal, inbox_id: str) -> list[KeyFacts]:
        """An inbox's secrets that hold now, the newest first; raises `NotFound`."""
        demand(principal, "inbox.manage")
        self._inboxes.find(inbox_id)
        return [_facts(key) for key in await identities.keys_of(self._database, inbox_id, self._clock.now_ms())]

    async def make_key(self, principal: Principal, inbox_id: str) -> MadeKey:
        """A new secret; earlier ones still hold for `limits.identity_overlap_hours`, so that the website can change.

        Raises `NotFound`, `Conflict` (limit_reached), `Unavailable` (seal_missing).
        """
        demand(principal, "inbox.manage")
        inbox = self._inboxes.find(inbox_id)
        now, secret = self._clock.now_ms(), self._ids.key(_SECRET_BYTES).hex()
        if len(await self.keys(principal, inbox_id)) >= self._limits.identity_keys_max:
            raise _full(self._limits.identity_keys_max)
        key = IdentityKey(self._ids.new(), inbox_id, "", now, None, None)
        key = replace(key, sealed=self._seal.close(secret, key.id))

        def unit(tx: Transaction) -> None:
            identities.delete_over(tx, inbox_id, now)
            identities.insert_key(tx, key, now + self._limits.identity_overlap_hours * _HOUR_MS)
            record(tx, principal, "identity.create", Subject("inbox", inbox_id, inbox.name))

        await self._database.write(unit)
        return MadeKey(_facts(key), secret)

    async def end_key(self, principal: Principal, key_id: str) -> None:
        """End a secret at once; what it signed is no proof any more. Raises `NotFound`."""
        demand(principal, "inbox.manage")

        def unit(tx: Transaction) -> None:
            key = identities.key_by_id(tx, key_id)
            if key is None:
                raise not_found()
            identities.delete_key(tx, key_id)
            name = self._inboxes.find(key.inbox_id).name
            record(tx, principal, "identity.delete", Subject("inbox", key.inbox_id, name))

        await self._database.write(unit)

    async def prove(self, visitor: Visitor, token: str, signed: str) -> Known:
        """Believe what his website signed; `token` is his own. Raises `Invalid` (identity_…)."""
        demand(visitor, "contact.claim")
        now = self._clock.now_ms()
        keys = await identities.keys_of(self._database, visitor.inbox_id, now)
        if not keys:
            raise Invalid(
                "identity_off",
                "This chat does not check signed names yet, so you go on without yours. Whoever runs the site makes a "
                "secret under Settings → Inboxes.",
                "本窗口尚未启用签名身份，你可以继续以访客身份沟通。网站管理员可在“设置 → 收件箱”中生成密钥。",
            )
        secrets = [self._seal.open(key.sealed, key.id) for key in keys]
        life_seconds = self._limits.identity_token_hours * _HOUR_SECONDS
        said, which = proven(signed, secrets, visitor.inbox_id, now // 1_000, life_seconds)
        fresh, new_id = self._ids.token(), self._ids.new()

        def unit(tx: Transaction) -> Known:
            here = contacts.by_id(tx, visitor.contact_id)
            if here is None:
                raise not_found()
            identities.used(tx, keys[which].id, now)
            known = identities.owner(tx, visitor.inbox_id, said.sub)
            if known == here.id:
                _believe(tx, here, said)
                return Known(token, here.id)
            if identities.is_proven(tx, here.id):  # somebody else was signed in here: nothing of his is this one's
                return self._another(tx, visitor, here, known, said, token, fresh, new_id)
            if known is None:
                identities.bind(tx, visitor.inbox_id, said.sub, here.id, now)
                _believe(tx, here, said)
                return Known(token, here.id)
            there = contacts.by_id(tx, known)
            assert there is not None  # a foreign key
            _believe(tx, merged(tx, self._ids, self._limits, here, there, visitor), said)
            return Known(token, known)

        return await self._database.write(unit)

    def _another(
        self,
        tx: Transaction,
        visitor: Visitor,
        here: Contact,
        known: str | None,
        said: Proven,
        token: str,
        fresh: str,
        new_id: str,
    ) -> Known:
        """The browser's next customer: under a token of his own, and the earlier one's leads to nobody."""
        now = tx.at
        there = contacts.by_id(tx, known) if known is not None else None
        if there is None:
            there = contacts.insert(
                tx,
                Contact(new_id, 0, now, now, language=here.language, browser=here.browser, address=here.address),
            )
            identities.bind(tx, visitor.inbox_id, said.sub, there.id, now)
        _believe(tx, there, said)
        contacts.unbind(tx, digest(token))
        contacts.bind(tx, digest(fresh), Visitor(there.id, visitor.inbox_id), now)
        return Known(fresh, there.id)


def _believe(tx: Transaction, before: Contact, said: Proven) -> None:
    """Keep what is proven, as checked: it takes the place of what was said before.

    A value that is not what its field holds is left out: who he is holds all the same.
    """
    facts = {name: one_line(getattr(said, name)) for name in _FACTS}
    told = {name: value for name, value in facts.items() if value}
    told_of = {one_line(key): one_line(value) for key, value in said.attributes.items()}
    named = usable(fields.all_of(tx, Noun.CONTACT), before.attributes, told_of)
    attributes = {**before.attributes, **{key: value for key, value in named.items() if key and value}}
    kept = dict(list(attributes.items())[:ATTRIBUTES_MAX])
    sure = {*told, *(f"attributes.{key}" for key in named)}
    claimed = tuple(name for name in before.claimed if name not in sure)
    after = assigned(tx, before, replace(before, **told, attributes=kept, claimed=claimed, external_id=said.sub))
    if after != before:
        contacts.update(tx, after)
        tx.record(ContactChanged(after, actor=Speaker("visitor", after.id)))


def _facts(key: IdentityKey) -> KeyFacts:
    return KeyFacts(key.id, key.created_at, key.ends_at, key.used_at)


def _full(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"{most} secrets hold at the moment, which is the most. End one first.",
        f"当前有效的密钥已达上限 {most} 个。请先停用一个。",
    )
