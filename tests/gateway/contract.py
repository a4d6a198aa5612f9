"""What a gateway may rely on, whichever core it has: the same promises in one process and over the local socket."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from app.accounts import policy
from app.accounts.agents import AgentChange, NewAgent
from app.accounts.inboxes import InboxChange
from app.gateway.core import Core, Delivery, Peer, Replies
from app.model import frames
from app.model.errors import Conflict, Invalid, NotFound, TooFast, Unauthenticated
from app.model.frames import Hello, Resume, Send
from app.model.principals import Agent, Visitor
from tests.domain import PASSWORD, SYSTEM, Domain, stream
from tests.gateway.client import until

decode = msgspec.json.Decoder(frames.ServerFrame).decode
PEER = Peer("127.0.0.1", user_agent="Test")


def ack_of(replies: Replies) -> frames.Ack:
    """The one ack among the answers."""
    (ack,) = [frame for frame in map(decode, replies.frames) if isinstance(frame, frames.Ack)]
    return ack


class Ear:
    """Hears deliveries."""

    def __init__(self) -> None:
        self.heard: list[Delivery] = []

    def __call__(self, batch: Sequence[Delivery]) -> None:
        self.heard.extend(batch)

    def told(self, topic: str) -> list[frames.ServerFrame]:
        return [decode(one.frame) for one in self.heard if topic in one.topics and not one.close]


class CoreContract:
    """Inherit and give the fixtures `core` (what a gateway holds) and `domain` (what is behind it)."""

    async def test_a_visitor_opens_a_session(self, core: Core, domain: Domain) -> None:
        session = await domain.visitors.session(await domain.inbox())
        opened = await core.open(PEER, Hello(session.visitor.inbox_id, session.token))
        assert opened.principal == session.visitor
        assert opened.topics == policy.topics(session.visitor)
        assert isinstance(decode(opened.frames[0]), frames.Welcome)
        assert domain.presence.online(session.visitor.contact_id)

    async def test_an_agent_opens_a_session_with_all_his_rights(self, core: Core, domain: Domain) -> None:
        colleague = await domain.agents.create(SYSTEM, NewAgent("Ann", "ann@example.com", "admin", PASSWORD))
        signed = await domain.sessions.begin(colleague.id, "127.0.0.1", "")
        opened = await core.open(Peer("127.0.0.1", cookie=f"monodesk_session={signed.secret}"), Hello())
        assert isinstance(opened.principal, Agent)
        assert opened.principal.permissions == policy.ROLES["admin"]
        assert set(opened.topics) == set(policy.topics(opened.principal))

    async def test_nobody_is_refused_in_both_languages(self, core: Core) -> None:
        with pytest.raises(Unauthenticated) as refused:
            await core.open(PEER, Hello("i" * 26, "unknown"))
        assert refused.value.code == "unauthenticated"
        assert refused.value.text("zh") != refused.value.text("en")

    async def test_who_left_is_not_present(self, core: Core, domain: Domain) -> None:
        session = await domain.visitors.session(await domain.inbox())
        tabs = [await core.open(PEER, Hello(None, session.token)) for _ in range(2)]
        await core.closed(tabs[0].principal)
        assert domain.presence.online(session.visitor.contact_id)
        await core.closed(tabs[1].principal)
        assert not domain.presence.online(session.visitor.contact_id)

    async def test_what_a_command_causes_is_heard_before_its_ack_in_the_order_of_commits(
        self, core: Core, domain: Domain
    ) -> None:
        visitor = await domain.visitor(await domain.inbox())
        ear = Ear()
        core.listen(ear)
        conv = None
        for number in range(20):
            cid = f"{number:032x}"
            ack = ack_of(await core.command(visitor, Send(cid, conv, f"word {number}"), "en"))
            assert ack.cid == cid
            conv = ack.conv
            (heard,) = [one for one in ear.heard if one.cid == cid and visitor.contact_id in one.topics]
            assert isinstance(decode(heard.frame), frames.Msg)
        said = [frame.seq for frame in ear.told(visitor.contact_id) if isinstance(frame, frames.Msg)]
        assert said == list(range(1, 21))

    async def test_many_commands_at_once_are_each_answered_once(self, core: Core, domain: Domain) -> None:
        inbox = await domain.inbox()
        visitors = [await domain.visitor(inbox) for _ in range(20)]

        async def talk(visitor: Visitor, begin: int) -> list[int]:
            numbers, conv = [], None
            for step in range(5):
                ack = ack_of(await core.command(visitor, Send(f"{begin + step:032x}", conv, "x"), "en"))
                numbers.append(ack.seq)
                conv = ack.conv
            return numbers

        talks = [talk(visitor, 100 * number) for number, visitor in enumerate(visitors)]
        assert await asyncio.gather(*talks) == [[1, 2, 3, 4, 5]] * 20

    async def test_a_refused_command_raises_its_own_kind(self, core: Core, domain: Domain) -> None:
        visitor, other = await domain.visitor(await domain.inbox()), await domain.visitor(await domain.inbox())
        conv = (await domain.say(other, "mine")).conv
        with pytest.raises(NotFound):
            await core.command(visitor, frames.Fetch(conv, 1, 1), "en")
        with pytest.raises(Invalid):
            await core.command(visitor, Hello(), "en")
        await core.command(visitor, Send("0" * 32, None, "one"), "en")
        with pytest.raises(Conflict):
            await core.command(visitor, Send("0" * 32, None, "another"), "en")

    async def test_a_long_resume_comes_in_pages(self, core: Core, domain: Domain) -> None:
        visitor = await domain.visitor(await domain.inbox())
        first = await domain.say(visitor, "1")
        for number in range(2, 451):
            await domain.say(visitor, str(number), first.conv)
        got: list[frames.ServerFrame] = []
        more: Resume | None = Resume(domain.database.epoch)
        pages = 0
        while more is not None:
            replies = await core.command(visitor, more, "en")
            got += [decode(frame) for frame in replies.frames]
            more = replies.more
            pages += 1
        assert pages == 3
        assert [frame.seq for frame in got if isinstance(frame, frames.Msg)] == list(range(1, 451))
        assert isinstance(got[-1], frames.Live)

    async def test_a_visitor_who_flooded_a_socket_rests_wherever_he_comes_in(self, core: Core, domain: Domain) -> None:
        inbox = await domain.inbox()
        session, other = await domain.visitors.session(inbox), await domain.visitors.session(inbox)
        opened = await core.open(PEER, Hello(inbox=inbox, token=session.token))
        assert isinstance(opened.principal, Visitor)
        await core.flooded(opened.principal)
        for asked in (core.command(opened.principal, Resume(), "en"), core.open(PEER, Hello(token=session.token))):
            with pytest.raises(TooFast) as refusal:
                await asked
            assert refusal.value.retry_after_ms == 30_000
        await core.open(PEER, Hello(inbox=inbox, token=other.token))
        await core.closed(opened.principal)
        assert not domain.presence.online(session.visitor.contact_id)
        domain.clock.advance(30)
        await core.open(PEER, Hello(inbox=inbox, token=session.token))

    async def test_an_ended_session_is_closed_everywhere(self, core: Core, domain: Domain) -> None:
        colleague = await domain.agents.create(SYSTEM, NewAgent("Ann", "ann@example.com", "agent", PASSWORD))
        signed = await domain.sessions.begin(colleague.id, "127.0.0.1", "")
        opened = await core.open(Peer("127.0.0.1", cookie=f"monodesk_session={signed.secret}"), Hello())
        ear = Ear()
        core.listen(ear)
        await domain.agents.change(SYSTEM, colleague.id, AgentChange(role="observer"))
        await until(lambda: any(one.close for one in ear.heard))
        (ending,) = [one for one in ear.heard if one.close]
        assert ending.close == 4401
        assert set(ending.topics) & set(opened.topics)

    async def test_who_crowds_a_gateway_is_known_to_who_asks_how_the_server_is(
        self, core: Core, domain: Domain
    ) -> None:
        for address in ("192.0.2.1", "192.0.2.1", *(f"198.51.100.{number}" for number in range(9))):
            await core.crowded(address)
        assert domain.core.crowds == [f"198.51.100.{number}" for number in range(1, 9)]

    async def test_the_sites_of_an_inbox_are_those_it_has_now(self, core: Core, domain: Domain) -> None:
        inbox_id = await domain.inbox()
        assert await core.sites(inbox_id) == ()
        for named in (("https://shop.example", "https://*.shop.example"), ()):
            await domain.inboxes.change(SYSTEM, inbox_id, InboxChange(origins=named))
            assert await core.sites(inbox_id) == named
        with pytest.raises(NotFound):
            await core.sites("0" * 26)

    async def test_a_file_is_granted_to_who_may_read_it(self, core: Core, domain: Domain) -> None:
        session = await domain.visitors.session(await domain.inbox())
        file = await domain.files.receive(session.visitor, "a.txt", stream(b"hello"))
        grant = await core.file(Peer("127.0.0.1", authorization=f"Bearer {session.token}"), file.id)
        assert (grant.name, grant.size) == ("a.txt", 5)
        with pytest.raises(Unauthenticated):
            await core.file(PEER, file.id)
