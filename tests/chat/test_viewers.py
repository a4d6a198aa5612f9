"""Who looks at a conversation, and who of them writes."""

from app.accounts.agents import AgentChange
from app.chat.conversations import Assignment
from app.chat.viewers import Viewers
from app.model import frames
from app.model.events import Event, ViewersChanged
from app.model.people import Viewer
from app.model.principals import Agent
from app.settings import Limits
from tests.domain import SYSTEM, Domain


class Told:
    """What colleagues are told, by conversation, in order."""

    def __init__(self, domain: Domain) -> None:
        self.viewers: list[tuple[str, tuple[Viewer, ...]]] = []
        domain.bus.subscribe(self._heard)

    def _heard(self, events: object) -> None:
        assert isinstance(events, tuple | list)
        event: Event
        for event in events:
            if isinstance(event, ViewersChanged):
                self.viewers.append((event.conversation.id, event.viewers))


async def asked(domain: Domain) -> str:
    return (await domain.say(await domain.visitor(await domain.inbox()), "Where is it?")).conv


async def look(domain: Domain, agent: Agent, conv: str, *, on: bool = True, composing: bool = False) -> frames.Viewers:
    return await domain.presence.viewing(agent, frames.Viewing(conv, on, composing))


async def test_each_who_comes_hears_who_is_there_and_is_told_of(domain: Domain) -> None:
    conv, ann, ben, told = await asked(domain), await domain.agent("Ann"), await domain.agent("Ben"), Told(domain)
    await look(domain, ann, conv)
    answer = await look(domain, ben, conv, composing=True)
    a, b = Viewer(ann.agent_id), Viewer(ben.agent_id, composing=True)
    assert answer == frames.Viewers(conv, (a, b))
    assert told.viewers == [(conv, (a,)), (conv, (a, b))]

    await look(domain, ben, conv, composing=True)  # said again: nothing new
    assert len(told.viewers) == 2
    await look(domain, ben, conv)
    await look(domain, ann, conv, on=False)
    assert told.viewers[2:] == [(conv, (a, Viewer(ben.agent_id))), (conv, (Viewer(ben.agent_id),))]


async def test_who_loses_his_last_connection_is_gone_from_everywhere(domain: Domain) -> None:
    one, other, ann = await asked(domain), await asked(domain), await domain.agent("Ann")
    for link in ("first", "second"):
        domain.presence.connected(ann, link)
    await look(domain, ann, one)
    await look(domain, ann, other)
    told = Told(domain)
    domain.presence.disconnected(ann, "first")
    assert told.viewers == []
    domain.presence.forget("second")
    assert told.viewers == [(one, ()), (other, ())]


async def test_who_does_not_say_it_again_is_believed_to_be_gone(domain: Domain) -> None:
    viewers = Viewers(domain.bus, domain.clock, Limits(viewing_seconds_max=60))
    head, ann, ben = await domain.head(await asked(domain)), await domain.agent("Ann"), await domain.agent("Ben")
    viewers.looks(ann, head, composing=False)
    domain.clock.advance(40)
    viewers.looks(ben, head, composing=False)
    told = Told(domain)
    domain.clock.advance(30)
    viewers.sweep()
    assert told.viewers == [(head.id, (Viewer(ben.agent_id),))]
    viewers.close()


async def test_who_may_no_longer_see_it_is_not_shown(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    conv = (await domain.say(await domain.visitor(await domain.inbox(north)), "Where is it?")).conv
    ann, boss = await domain.agent("Ann", teams=[north]), await domain.agent("Boss", "owner")
    await look(domain, ann, conv)
    await look(domain, boss, conv)
    told = Told(domain)
    await domain.conversations.assign(SYSTEM, conv, Assignment(None, south.id))
    assert told.viewers == [(conv, (Viewer(boss.agent_id),))]


async def test_whose_rights_changed_looks_nowhere_until_he_says_so_again(domain: Domain) -> None:
    north, south = await domain.team("North"), await domain.team("South")
    conv = (await domain.say(await domain.visitor(await domain.inbox(north)), "Where is it?")).conv
    ann, boss = await domain.agent("Ann", teams=[north]), await domain.agent("Boss", "owner")
    await look(domain, ann, conv)
    await look(domain, boss, conv)
    told = Told(domain)
    await domain.agents.change(boss, ann.agent_id, AgentChange(name="Anna"))
    assert told.viewers == []  # her rights are what they were
    await domain.agents.change(boss, ann.agent_id, AgentChange(teams=(south.id,)))
    assert told.viewers == [(conv, (Viewer(boss.agent_id),))]


async def test_an_observer_looks_and_does_not_write(domain: Domain) -> None:
    conv, observer = await asked(domain), await domain.agent("Oz", "observer")
    assert (await look(domain, observer, conv, composing=True)).viewers == (Viewer(observer.agent_id),)


async def test_one_agent_looks_at_so_many_at_once(domain: Domain) -> None:
    viewers = Viewers(domain.bus, domain.clock, Limits(viewed_conversations_max=2))
    ann, ben = await domain.agent("Ann"), await domain.agent("Ben")
    heads = [await domain.head(await asked(domain)) for _ in range(3)]
    for head in heads:
        domain.clock.advance(1)
        viewers.looks(ann, head, composing=False)
    looked = [viewers.looks(ben, head, composing=False) for head in heads]
    assert [Viewer(ann.agent_id) in there for there in looked] == [False, True, True]
    viewers.close()
