"""The audit log: what is written with each act, that nothing of it is secret, and that a change of it is found."""

import itertools
import sqlite3
from contextlib import closing

import msgspec
import pytest

from app.accounts.agents import AgentChange, NewTeam
from app.accounts.audit import VALUE_CHARACTERS_MAX, AuditLog, AuditQuery, difference, record
from app.accounts.inboxes import InboxChange, NewInbox
from app.model.audit import AuditEntry, Change, Subject, sealed
from app.model.errors import Conflict, Forbidden
from app.model.principals import Agent
from app.storage import audit, inspection
from app.storage.database import Transaction
from tests.accounts.ann import ANN, principal_of, signed_in
from tests.domain import PASSWORD, SYSTEM, Domain

NEW_PASSWORD = "another one to be kept"


async def ann(domain: Domain, role: str = "owner") -> Agent:
    await domain.agents.create(SYSTEM, msgspec.structs.replace(ANN, role=role))
    return await principal_of(domain, await signed_in(domain, ANN.email, ANN.password))


async def entries(domain: Domain) -> list[AuditEntry]:
    return (await audit.page(domain.database, audit.Filter(), 2**53, 200))[::-1]


def log_of(domain: Domain) -> AuditLog:
    return AuditLog(domain.database, domain.clock, domain.settings.limits)


async def test_an_act_is_written_with_who_did_it_from_where_and_what_changed(domain: Domain) -> None:
    owner = await ann(domain)
    ben = await domain.agents.create(owner, msgspec.structs.replace(ANN, name="Ben", email="ben@example.com"))
    await domain.agents.change(owner, ben.id, AgentChange(role="observer"))
    last = (await entries(domain))[-1]
    assert (last.actor_kind, last.actor_id, last.actor_name) == ("agent", owner.agent_id, "Ann")
    assert (last.session_id, last.action) == (owner.session_id, "agent.change")
    assert (last.object_kind, last.object_id, last.object_name) == ("agent", ben.id, "Ben")
    assert msgspec.json.decode(last.change, type=Change) == Change({"role": ben.role}, {"role": "observer"})
    assert last.at == domain.clock.now_ms()


async def test_an_act_that_was_refused_leaves_no_entry(domain: Domain) -> None:
    owner = await ann(domain)
    before = len(await entries(domain))
    with pytest.raises(Conflict):
        await domain.agents.change(owner, owner.agent_id, AgentChange(disabled=True))
    assert len(await entries(domain)) == before
    await domain.agents.change(owner, owner.agent_id, AgentChange(name="Ann"))  # which is her name
    assert len(await entries(domain)) == before


async def test_no_secret_stands_in_it(domain: Domain) -> None:
    owner = await ann(domain)
    ben = await domain.agents.create(owner, msgspec.structs.replace(ANN, name="Ben", email="ben@example.com"))
    await domain.agents.change(owner, ben.id, AgentChange(password=NEW_PASSWORD))
    signed = await domain.credentials.change_password(owner, PASSWORD, NEW_PASSWORD)
    told = msgspec.json.encode(await entries(domain)).decode()
    for secret in (PASSWORD, NEW_PASSWORD, signed.secret, "argon2"):
        assert secret not in told
    assert [entry.action for entry in await entries(domain)][-2:] == ["agent.change", "password.change"]


async def test_acts_of_each_room_are_in_it(domain: Domain) -> None:
    owner = await ann(domain)
    team = await domain.agents.create_team(owner, NewTeam("North"))
    await domain.agents.rename_team(owner, team.id, NewTeam("South"))
    inbox = await domain.inboxes.create(owner, NewInbox("Shop"))
    await domain.inboxes.change(owner, inbox.id, InboxChange(greeting_en="Hello"))
    other = await principal_of(domain, await signed_in(domain, ANN.email, ANN.password))
    await domain.sessions.end(owner, other.session_id)
    await domain.sessions.sign_out(owner)
    assert [entry.action for entry in await entries(domain)] == [
        "agent.create", "session.create", "team.create", "team.change", "inbox.create", "inbox.change",
        "session.create", "session.end", "session.end",
    ]  # fmt: skip


async def test_it_is_read_by_who_may_and_narrowed(domain: Domain) -> None:
    owner = await ann(domain)
    log = log_of(domain)
    with pytest.raises(Forbidden):
        await log.listing(Agent("a" * 26, "s" * 26, "agent", frozenset({"agents.manage"})), AuditQuery())
    at = domain.clock.now_ms()
    domain.clock.advance(10)
    team = await domain.agents.create_team(owner, NewTeam("North"))
    of_team = await log.listing(owner, AuditQuery(object=team.id))
    assert [entry.action for entry in of_team.entries] == ["team.create"]
    assert [entry.action for entry in (await log.listing(owner, AuditQuery(noun="team"))).entries] == ["team.create"]
    assert (await log.listing(owner, AuditQuery(noun="tea"))).entries == [], "a noun is whole"
    assert [entry.action for entry in (await log.listing(owner, AuditQuery(since=at + 1))).entries] == ["team.create"]
    assert len((await log.listing(owner, AuditQuery(until=at + 1))).entries) == 2
    hers = await log.listing(owner, AuditQuery(actor=owner.agent_id, limit=1))
    assert (hers.more, [entry.action for entry in hers.entries]) == (True, ["team.create"])
    assert hers.head == audit.Head(3, of_team.entries[0].hash)
    older = await log.listing(owner, AuditQuery(actor=owner.agent_id, before=hers.entries[0].number))
    assert (older.more, [entry.action for entry in older.entries]) == (False, ["session.create"])


async def test_entries_are_neither_changed_nor_deleted(domain: Domain) -> None:
    await ann(domain)
    with pytest.raises(sqlite3.IntegrityError, match="audit log"):
        await domain.database.write(lambda tx: tx.execute("UPDATE audit SET actor_name = 'x'"))
    with pytest.raises(sqlite3.IntegrityError, match="audit log"):
        await domain.database.write(lambda tx: tx.execute("DELETE FROM audit"))


@pytest.mark.parametrize(
    ("harm", "broken_at"),
    [
        ("UPDATE audit SET action = 'agent.read' WHERE number = 2", 2),
        ("UPDATE audit SET at = at + 1 WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 2", 3),
        ("DELETE FROM audit WHERE number = 1", 2),
    ],
)
async def test_whoever_changes_the_file_itself_is_found_out(domain: Domain, harm: str, broken_at: int) -> None:
    owner = await ann(domain)
    await domain.agents.create_team(owner, NewTeam("North"))
    whole = inspection.audit_log(domain.path)
    assert (whole.entries, whole.broken_at) == (3, 0)
    with closing(sqlite3.connect(domain.path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_stays")
        connection.execute("DROP TRIGGER audit_keeps")
        connection.execute(harm)
    assert inspection.audit_log(domain.path).broken_at == broken_at


async def test_its_head_is_told_to_the_log_once_a_day(domain: Domain, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await ann(domain)
    log = log_of(domain)

    def told() -> list[str]:
        return [vars(one)["hash"] for one in caplog.records if one.message == "the head of the audit log"]

    await log.tell()
    await log.tell()
    assert told() == [(await entries(domain))[-1].hash]
    domain.clock.advance(86_400)
    await log.tell()
    assert len(told()) == 2


async def test_many_acts_of_one_group_are_one_chain(domain: Domain) -> None:
    def unit(tx: Transaction) -> None:
        for number in range(5):
            record(tx, SYSTEM, "team.create", Subject("team", name=str(number)))

    await domain.database.write(unit)
    found = await entries(domain)
    assert [entry.number for entry in found] == [1, 2, 3, 4, 5]
    for before, after in itertools.pairwise(found):
        assert after.previous == before.hash == sealed(msgspec.structs.replace(before, hash=""))


def test_a_difference_holds_what_changed_and_no_long_words() -> None:
    before = NewInbox("Shop", greeting_en="Hello")
    after = NewInbox("Shop", greeting_en="x" * 2_000, greeting_zh="你好")
    told = difference(before, after, ("greeting_zh",))
    assert told.before == {"greeting_en": "Hello"}
    assert len(told.after["greeting_en"]) == VALUE_CHARACTERS_MAX + 1
    assert told.after["greeting_zh"] == "…"
    assert difference(before, before) == Change()
