"""Canned replies: whose they are, what their text may hold, how often they were used."""

import pytest

from app.chat.canned import CannedReplies, CannedReplyChange, NewCannedReply
from app.model.canned import CannedReply, Scope
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.principals import Agent
from app.settings import Limits
from tests.domain import Domain


async def names(domain: Domain, agent: Agent) -> list[str]:
    return sorted(reply.shortcut for reply in await domain.canned.listing(agent))


def new(shortcut: str, scope: Scope = Scope.ME, team_id: str | None = None) -> NewCannedReply:
    return NewCannedReply(shortcut, f"About {shortcut}", "Hello.", "你好。", scope, team_id)


async def test_everybody_uses_his_own_his_teams_and_everybodys(domain: Domain) -> None:
    sales, returns = await domain.team("Sales"), await domain.team("Returns")
    ann, ben = await domain.agent("Ann", teams=[sales]), await domain.agent("Ben", teams=[returns])
    boss = await domain.agent("Boss", "owner")
    await domain.canned.create(ann, new("hers"))
    await domain.canned.create(ann, new("sales", Scope.TEAM, sales.id))
    await domain.canned.create(boss, new("all", Scope.ALL))

    assert await names(domain, ann) == ["all", "hers", "sales"]
    assert await names(domain, ben) == ["all"]
    assert await names(domain, boss) == ["all", "sales"]
    with pytest.raises(Forbidden):
        await domain.canned.listing(await domain.agent("Oz", "observer"))


async def test_who_may_change_which(domain: Domain) -> None:
    sales, returns = await domain.team("Sales"), await domain.team("Returns")
    ann, ben = await domain.agent("Ann", teams=[sales]), await domain.agent("Ben", teams=[returns])
    boss = await domain.agent("Boss", "owner")
    for agent, reply in ((ann, new("x", Scope.ALL)), (ann, new("x", Scope.TEAM, returns.id))):
        with pytest.raises(Forbidden):
            await domain.canned.create(agent, reply)
    everybodys = await domain.canned.create(boss, new("all", Scope.ALL))
    teams = await domain.canned.create(boss, new("sales", Scope.TEAM, sales.id))
    own = await domain.canned.create(ann, new("hers"))

    changed = await domain.canned.change(ann, teams.id, CannedReplyChange(title="Better"))
    assert (changed.title, changed.text_zh) == ("Better", "你好。")
    with pytest.raises(Forbidden):
        await domain.canned.change(ann, everybodys.id, CannedReplyChange(title="Mine now"))
    with pytest.raises(Forbidden):  # nobody gives himself away what is everybody's business
        await domain.canned.change(ann, own.id, CannedReplyChange(scope=Scope.ALL))
    for hidden in (own, teams):
        with pytest.raises(NotFound):
            await domain.canned.delete(ben, hidden.id)
    with pytest.raises(NotFound):
        await domain.canned.change(boss, own.id, CannedReplyChange(title="Mine now"))
    await domain.canned.delete(boss, teams.id)
    assert await names(domain, ann) == ["all", "hers"]


async def test_use_is_counted_and_no_change_resets_it(domain: Domain) -> None:
    boss, ann = await domain.agent("Boss", "owner"), await domain.agent("Ann")
    reply = await domain.canned.create(boss, new("all", Scope.ALL))
    for agent in (ann, boss, ann):
        await domain.canned.use(agent, reply.id)
    await domain.canned.change(boss, reply.id, CannedReplyChange(title="Better"))
    assert [one.used for one in await domain.canned.listing(ann)] == [3]
    own = await domain.canned.create(boss, new("mine"))
    with pytest.raises(NotFound):
        await domain.canned.use(ann, own.id)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (CannedReplyChange(text_en=" ", text_zh=""), "empty"),
        (CannedReplyChange(text_en="Dear {{contact.nmae}}"), "variable_unknown"),
        (CannedReplyChange(scope=Scope.TEAM), "team_missing"),
        (CannedReplyChange(scope=Scope.TEAM, team_id="0" * 26), "team_unknown"),
    ],
)
async def test_what_cannot_be_used_is_refused_with_what_to_do(
    domain: Domain, change: CannedReplyChange, code: str
) -> None:
    boss = await domain.agent("Boss", "owner")
    reply = await domain.canned.create(boss, new("mine"))
    with pytest.raises(Invalid) as refused:
        await domain.canned.change(boss, reply.id, change)
    assert refused.value.code == code and refused.value.en and refused.value.zh


async def test_known_variables_pass_with_and_without_what_to_say_else(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    text = "Dear {{contact.name|customer}}, {{ agent.name }} of {{inbox.name}}"
    reply = await domain.canned.create(ann, NewCannedReply("hi", "Greeting", text))
    assert reply.text_en == text and isinstance(reply, CannedReply)


async def test_there_are_so_many_and_no_more(domain: Domain) -> None:
    limits = Limits(canned_replies_max=1, canned_replies_of_one_max=2)
    canned = CannedReplies(domain.database, domain.ids, domain.clock, limits)
    ann, ben, boss = await domain.agent("Ann"), await domain.agent("Ben"), await domain.agent("Boss", "owner")
    for name in ("one", "two"):
        await canned.create(ann, new(name))
    with pytest.raises(Conflict, match="limit_reached"):
        await canned.create(ann, new("three"))
    await canned.create(ben, new("his"))  # what is Ann's own takes no room of his, nor of what is shared
    shared = await canned.create(boss, new("all", Scope.ALL))
    await canned.change(boss, shared.id, CannedReplyChange(title="Better"))  # a change takes no room
    own = await canned.create(boss, new("own"))
    with pytest.raises(Conflict, match="limit_reached"):
        await canned.change(boss, own.id, CannedReplyChange(scope=Scope.ALL))
