"""Rules of routing: who may set them, and the book that `Router` reads, in memory."""

from functools import partial

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.model.audit import Subject
from app.model.errors import Invalid, not_found
from app.model.principals import Principal
from app.model.routing import RuleBook, Rules
from app.storage import agents, inboxes, routing_rules
from app.storage.database import Database, Transaction


class RoutingRules:
    """Rules of inboxes, teams, and all others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.book = RuleBook()

    async def load(self) -> None:
        """Read the book, at start and after each change."""
        self.book = await routing_rules.book(self._database)

    async def listing(self, principal: Principal) -> RuleBook:
        """Every rule, for everybody: an agent may know why he gets what he gets."""
        demand(principal, "team.read")
        return self.book

    async def set_default(self, principal: Principal, rules: Rules) -> RuleBook:
        """For what no inbox and no team has rules for. Raises `Invalid` (team_unknown)."""
        demand(principal, "team.manage")
        await self._database.write(partial(_save, principal, "all", "", rules))
        return await self._anew()

    async def set_team(self, principal: Principal, team_id: str, rules: Rules | None) -> RuleBook:
        """For a team; None: those of all others hold. Raises `NotFound`, `Invalid` (team_unknown, overflow_self)."""
        demand(principal, "team.manage")
        await self._database.write(partial(_save, principal, "team", team_id, rules))
        return await self._anew()

    async def set_inbox(self, principal: Principal, inbox_id: str, rules: Rules | None) -> RuleBook:
        """For an inbox, whatever its team; None: its team's hold. Raises as `set_team`."""
        demand(principal, "inbox.manage")
        await self._database.write(partial(_save, principal, "inbox", inbox_id, rules))
        return await self._anew()

    async def _anew(self) -> RuleBook:
        await self.load()
        return self.book


def _save(principal: Principal, kind: str, place: str, rules: Rules | None, tx: Transaction) -> None:
    subject = _subject(tx, kind, place)
    before = routing_rules.of(tx, kind, place)
    if rules is None:
        routing_rules.drop(tx, kind, place)
    else:
        _demand_target(tx, rules.overflow_team_id, place)
        routing_rules.save(tx, kind, place, rules)
    record_change(tx, principal, "routing.change", subject, before, rules)


def _subject(tx: Transaction, kind: str, place: str) -> Subject:
    """What the rules are of; raises `NotFound`."""
    if kind == "all":
        return Subject("routing", "", "")
    found = agents.team(tx, place) if kind == "team" else inboxes.by_id(tx, place)
    if found is None:
        raise not_found()
    return Subject("routing", found.id, found.name)


def _demand_target(tx: Transaction, target: str | None, place: str) -> None:
    """A team that exists, and another one."""
    if target is not None and agents.team(tx, target) is None:
        raise Invalid(
            "team_unknown",
            "This team does not exist. Choose from the list.",
            "团队不存在。请从列表中选择。",
            field="overflow_team_id",
        )
    if target is not None and target == place:
        raise Invalid(
            "overflow_self",
            "A team cannot overflow into itself. Choose another team, or none.",
            "团队不能溢出到自己。请选择其他团队，或不设置。",
            field="overflow_team_id",
        )
