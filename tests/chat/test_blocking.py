"""Who is blocked: out at once, refused at every door, his conversations closed; and let in again."""

import pytest

from app.chat.blocking import NewBlock
from app.contacts.blocks import network_of
from app.contacts.merging import ContactMerging
from app.gateway.core import Delivery, Peer
from app.model.errors import Conflict, Forbidden, NotFound, Problem
from app.model.frames import CloseCode, Hello, Send
from app.model.principals import Visitor
from tests.domain import Domain, stream

DAY_MS = 86_400_000
NETWORK = "203.0.113.0/24"
INSIDE, OUTSIDE = "203.0.113.9", "198.51.100.9"
ABSENT = "0" * 26


async def code_of(refused: object) -> str:
    """The code of a refusal; "" where it was not refused."""
    try:
        await refused  # type: ignore[misc]
    except Problem as problem:
        return problem.code
    return ""


async def test_a_blocked_visitor_is_refused_at_every_door(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    session = await domain.visitors.session(inbox)
    visitor, token = session.visitor, session.token
    await domain.blocking.create(agent, NewBlock(visitor.contact_id, reason="Insults"))
    hello = Hello(inbox, token)
    doors = (
        domain.visitors.session(inbox, token),
        domain.visitors.principal(token),
        domain.core.open(Peer(OUTSIDE), hello),
        domain.core.command(visitor, Send(domain.cid(), None, "Hello?"), "en"),
        domain.core.file(Peer(OUTSIDE, authorization=f"Bearer {token}"), ABSENT),
    )
    assert [await code_of(door) for door in doors] == ["blocked"] * len(doors)
    other = await domain.visitor(inbox)
    assert await code_of(domain.core.command(other, Send(domain.cid(), None, "Hello?"), "en")) == ""


async def test_his_sockets_are_closed_and_nobody_elses(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    visitor = await domain.visitor(inbox)
    told: list[Delivery] = []
    domain.core.listen(told.extend)
    await domain.blocking.create(agent, NewBlock(visitor.contact_id))
    closed = [delivery.topics for delivery in told if delivery.close == CloseCode.UNAUTHORISED]
    assert closed == [(visitor.contact_id,)]


async def test_what_was_open_with_him_is_closed_with_its_reason(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    visitor, other = await domain.visitor(inbox), await domain.visitor(inbox)
    first = (await domain.say(visitor, "Hello?")).conv
    await domain.conversations.resolve(agent, first)
    domain.clock.advance(80 * 3_600)  # so that he opens another one
    second = (await domain.say(visitor, "You again")).conv
    theirs = (await domain.say(other, "Hello?")).conv
    await domain.blocking.create(agent, NewBlock(visitor.contact_id, reason="Insults"))
    heads = [await domain.head(conv) for conv in (first, second, theirs)]
    assert [(head.status, head.close_reason) for head in heads] == [
        ("closed", "solved"), ("closed", "blocked"), ("queued", None),
    ]  # fmt: skip
    with pytest.raises(Conflict):
        await domain.conversations.reopen(agent, second)


async def test_let_in_again_he_begins_a_new_one(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    session = await domain.visitors.session(inbox)
    conv = (await domain.say(session.visitor, "Hello?")).conv
    block = await domain.blocking.create(agent, NewBlock(session.visitor.contact_id))
    await domain.blocking.delete(agent, block.id)
    assert (await domain.visitors.session(inbox, session.token)).visitor == session.visitor
    ack = await domain.messages.accept(session.visitor, Send(domain.cid(), conv, "I am sorry."))
    assert ack.conv != conv
    with pytest.raises(NotFound):
        await domain.blocking.delete(agent, block.id)


async def test_a_block_holds_for_whom_he_goes_on_as_and_goes_back_with_him(domain: Domain) -> None:
    inbox, admin = await domain.inbox(), await domain.agent("Ada", "admin")
    merging = ContactMerging(domain.database, domain.ids, domain.clock, domain.settings.limits)
    one, other = await domain.visitors.session(inbox), await domain.visitors.session(inbox)
    await domain.blocking.create(admin, NewBlock(one.visitor.contact_id, reason="Insults"))
    told: list[Delivery] = []
    domain.core.listen(told.extend)

    async def refused() -> list[str]:
        """At the door, as it is known now and as a server that has just started knows it."""
        now = [await code_of(domain.visitors.session(inbox, session.token)) for session in (one, other)]
        await domain.visitors.blocks.load()
        assert [await code_of(domain.visitors.session(inbox, session.token)) for session in (one, other)] == now
        return now

    await merging.merge(admin, one.visitor.contact_id, other.visitor.contact_id)
    assert await refused() == ["blocked", "blocked"]
    closed = [one.topics for one in told if one.close == CloseCode.UNAUTHORISED]
    assert (other.visitor.contact_id,) in closed
    await merging.unmerge(admin, one.visitor.contact_id)
    assert await refused() == ["blocked", ""]


async def test_of_two_blocks_that_meet_the_longer_holds_and_each_keeps_its_own(domain: Domain) -> None:
    inbox, admin = await domain.inbox(), await domain.agent("Ada", "admin")
    merging = ContactMerging(domain.database, domain.ids, domain.clock, domain.settings.limits)
    one, other = await domain.visitor(inbox), await domain.visitor(inbox)
    soon = domain.clock.now_ms() + DAY_MS // 2
    await domain.blocking.create(admin, NewBlock(one.contact_id, reason="Insults"))
    short = await domain.blocking.create(admin, NewBlock(other.contact_id, reason="Spam", until=soon))
    await merging.merge(admin, one.contact_id, other.contact_id)
    domain.clock.advance(43_201)
    assert domain.visitors.blocks.of(other.contact_id) is not None
    await merging.unmerge(admin, one.contact_id)
    assert [domain.visitors.blocks.of(visitor.contact_id) is not None for visitor in (one, other)] == [True, False]
    await merging.merge(admin, other.contact_id, one.contact_id)
    await domain.blocking.delete(admin, short.id)  # whichever is named: he is let in
    assert await domain.blocking.listing(admin) == []
    assert domain.visitors.blocks.of(one.contact_id) is None


async def test_it_ends_by_itself_and_makes_room(domain: Domain) -> None:
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    visitor = await domain.visitor(inbox)
    until = domain.clock.now_ms() + DAY_MS
    await domain.blocking.create(agent, NewBlock(visitor.contact_id, until=until))
    assert domain.visitors.blocks.of(visitor.contact_id) is not None
    domain.clock.advance(86_400)
    assert domain.visitors.blocks.of(visitor.contact_id) is None
    assert await domain.blocking.listing(agent) == []
    assert await code_of(domain.core.command(visitor, Send(domain.cid(), None, "Hello?"), "en")) == ""
    await domain.blocking.create(agent, NewBlock(visitor.contact_id))  # the one that is over is in nobody's way


async def test_a_network_is_refused_whoever_comes_from_it(domain: Domain) -> None:
    inbox, admin = await domain.inbox(), await domain.agent("Ada", "admin")
    session = await domain.visitors.session(inbox, address=INSIDE)
    far = await domain.visitors.session(inbox, address=OUTSIDE)
    for one in (session, far):
        domain.presence.connected(one.visitor)
    told: list[Delivery] = []
    domain.core.listen(told.extend)
    block = await domain.blocking.create(admin, NewBlock(network="203.0.113.77/24", reason="Spam"))
    assert block.network == NETWORK
    assert [one.topics for one in told if one.close] == [(session.visitor.contact_id,)]
    doors = (
        domain.visitors.session(inbox, address=INSIDE),
        domain.visitors.session(inbox, address=f"::ffff:{INSIDE}"),
        domain.core.open(Peer(INSIDE), Hello(inbox, session.token)),
        domain.core.open(Peer(INSIDE), Hello(inbox, far.token)),
    )
    assert [await code_of(door) for door in doors] == ["blocked"] * len(doors)
    assert await code_of(domain.core.open(Peer(OUTSIDE), Hello(inbox, session.token))) == ""
    await domain.blocking.delete(admin, block.id)
    assert await code_of(domain.visitors.session(inbox, address=INSIDE)) == ""


async def test_agents_are_let_in_from_a_network_that_is_blocked(domain: Domain) -> None:
    """They sit in the same office as the visitor who is not."""
    admin = await domain.agent("Ada", "admin")
    await domain.blocking.create(admin, NewBlock(network=NETWORK))
    assert await code_of(domain.core.open(Peer(INSIDE), Hello())) == "unauthenticated"


async def test_all_of_it_holds_after_a_start(domain: Domain) -> None:
    inbox, admin = await domain.inbox(), await domain.agent("Ada", "admin")
    session = await domain.visitors.session(inbox, address=INSIDE)
    await domain.blocking.create(admin, NewBlock(session.visitor.contact_id, NETWORK))
    await domain.visitors.blocks.load()
    assert await code_of(domain.visitors.principal(session.token)) == "blocked"
    assert await code_of(domain.visitors.session(inbox, address=INSIDE)) == "blocked"


async def test_only_who_manages_inboxes_blocks_networks(domain: Domain) -> None:
    agent, observer = await domain.agent("Ann"), await domain.agent("Eve", "observer")
    admin = await domain.agent("Ada", "admin")
    visitor = await domain.visitor(await domain.inbox())
    block = await domain.blocking.create(admin, NewBlock(network=NETWORK))
    for refuse in (
        domain.blocking.create(agent, NewBlock(network="198.51.100.0/24")),
        domain.blocking.delete(agent, block.id),
        domain.blocking.create(observer, NewBlock(visitor.contact_id)),
    ):
        with pytest.raises(Forbidden):
            await refuse


async def test_what_was_done_is_noted(domain: Domain) -> None:
    agent, visitor = await domain.agent("Ann"), await domain.visitor(await domain.inbox())
    block = await domain.blocking.create(agent, NewBlock(visitor.contact_id, reason="Insults"))
    await domain.blocking.delete(agent, block.id)
    noted = await domain.database.read(
        "SELECT action, object_id, object_name FROM audit WHERE object_kind = 'block' ORDER BY number"
    )
    assert noted == [("block.create", visitor.contact_id, "#1"), ("block.delete", visitor.contact_id, "#1")]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (NewBlock(), "nobody_named"),
        (NewBlock(ABSENT), "not_found"),
        (NewBlock(network="203.0.113"), "network_malformed"),
        (NewBlock(network="203.0.113.0/33"), "network_malformed"),
        (NewBlock(network="203.0.0.0/15"), "network_too_wide"),
        (NewBlock(network="0.0.0.0/0"), "network_too_wide"),
        (NewBlock(network="2001::/16"), "network_too_wide"),
        (NewBlock(network="127.0.0.1"), "network_too_wide"),
        (NewBlock(network="::1"), "network_too_wide"),
        (NewBlock(network=NETWORK, until=1), "until_past"),
    ],
)
async def test_what_is_no_block_is_refused(domain: Domain, asked: NewBlock, code: str) -> None:
    admin = await domain.agent("Ada", "admin")
    assert await code_of(domain.blocking.create(admin, asked)) == code
    assert await domain.blocking.listing(admin) == []


async def test_nobody_is_blocked_twice(domain: Domain) -> None:
    agent, visitor = await domain.agent("Ann"), await domain.visitor(await domain.inbox())
    first = await domain.blocking.create(agent, NewBlock(visitor.contact_id))
    assert await code_of(domain.blocking.create(agent, NewBlock(visitor.contact_id))) == "already_blocked"
    assert [(one.block, one.contact and one.contact.id) for one in await domain.blocking.listing(agent)] == [
        (first, visitor.contact_id)
    ]
    assert domain.visitors.blocks.of(visitor.contact_id) == first


@pytest.mark.parametrize(
    ("text", "network"),
    [("203.0.113.7", "203.0.113.7/32"), (" 203.0.113.7/24 ", NETWORK), ("2001:db8::1", "2001:db8::1/128"), (" ", "")],
)
def test_networks_as_they_are_stored(text: str, network: str) -> None:
    assert network_of(text) == network


async def test_an_upload_of_his_is_refused(domain: Domain) -> None:
    """The bearer token proves nobody any more, so nothing of his is received."""
    inbox, agent = await domain.inbox(), await domain.agent("Ann")
    session = await domain.visitors.session(inbox)
    assert isinstance(await domain.visitors.principal(session.token), Visitor)
    await domain.files.receive(session.visitor, "a.txt", stream(b"a"), 1)
    await domain.blocking.create(agent, NewBlock(session.visitor.contact_id))
    assert await code_of(domain.visitors.principal(session.token)) == "blocked"


async def test_a_network_is_blocked_once_so_that_unblocking_it_lets_everybody_in(domain: Domain) -> None:
    boss, inbox = await domain.agent("Boss", "owner"), await domain.inbox()
    block = await domain.blocking.create(boss, NewBlock(network=NETWORK))
    again = domain.blocking.create(boss, NewBlock(network="203.0.113.77/24"))
    assert await code_of(again) == "already_blocked"
    assert await code_of(domain.visitors.session(inbox, address=INSIDE)) == "blocked"
    await domain.blocking.delete(boss, block.id)
    assert await code_of(domain.visitors.session(inbox, address=INSIDE)) == ""
    await domain.visitors.blocks.load()
    assert await code_of(domain.visitors.session(inbox, address=INSIDE)) == ""
