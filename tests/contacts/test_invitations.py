"""Invitations: which are sound, and how often they were shown and followed."""

import pytest

from app.accounts.inboxes import InboxChange
from app.contacts.introductions import Happening
from app.model.errors import Invalid, NotFound
from app.model.widget import Invitation, InvitationCount, Texts, Widget
from tests.domain import SYSTEM, Domain

RULES = (Invitation("pots", Texts("Which pot?", "选哪款？"), page="/pots*"), Invitation("cart", Texts("Questions?")))


async def inbox_with(domain: Domain, *rules: Invitation) -> str:
    """An inbox that invites."""
    inbox = await domain.inbox()
    await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(invitations=rules)))
    return inbox


async def happened(domain: Domain, inbox: str, name: str, rule: str) -> None:
    visitor = await domain.visitor(inbox)
    await domain.introductions.happened(visitor, Happening(f"invitation.{name}", {"rule": rule}))


async def test_they_are_counted_by_inbox_and_rule_for_a_month(domain: Domain) -> None:
    inbox, other, agent = (
        await inbox_with(domain, *RULES),
        await inbox_with(domain, *RULES),
        await domain.agent("Ada", "admin"),
    )
    for name, rule in (("shown", "pots"), ("shown", "pots"), ("accepted", "pots"), ("shown", "cart")):
        await happened(domain, inbox, name, rule)
    await happened(domain, other, "shown", "cart")
    domain.clock.advance(86_400)
    await happened(domain, inbox, "shown", "pots")
    counts = await domain.introductions.invitations(agent, inbox, 30)
    assert counts == [InvitationCount("cart", 1, 0), InvitationCount("pots", 3, 1)]
    domain.clock.advance(29 * 86_400)
    assert await domain.introductions.invitations(agent, inbox, 30) == [InvitationCount("pots", 1, 0)]
    with pytest.raises(NotFound):
        await domain.introductions.invitations(agent, "0" * 26, 30)


async def test_what_is_no_rule_of_the_inbox_is_not_counted_and_agents_are_not_told(domain: Domain) -> None:
    inbox, agent = await inbox_with(domain, *RULES), await domain.agent("Ada", "admin")
    visitor = await domain.visitor(inbox)
    for data in ({"rule": "kettles"}, {"rule": ""}, {}, {"other": "pots"}):
        await domain.introductions.happened(visitor, Happening("invitation.shown", data))
    await domain.introductions.happened(visitor, Happening("invitation.shown", {"rule": "pots"}))
    assert await domain.introductions.invitations(agent, inbox, 30) == [InvitationCount("pots", 1, 0)]
    assert await domain.contacts.events(agent, visitor.contact_id) == []


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ((Invitation("a", Texts(" ", "")),), "invitation_wordless"),
        ((Invitation("a", Texts("One")), Invitation("a", Texts("Two"))), "invitation_twice"),
    ],
)
async def test_what_is_not_sound_is_refused(domain: Domain, rules: tuple[Invitation, ...], code: str) -> None:
    inbox = await domain.inbox()
    with pytest.raises(Invalid) as refused:
        await domain.inboxes.change(SYSTEM, inbox, InboxChange(widget=Widget(invitations=rules)))
    assert refused.value.code == code
