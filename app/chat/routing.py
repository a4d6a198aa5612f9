"""Who gets which conversation: pure, no I/O. `Router` does what is chosen here."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from app.model.routing import Match, Mode, RuleBook, Rules, Strategy, Why

_NOBODY: Mapping[str, int] = {}


class Candidate(Struct, gc=False):
    """An agent who is there; `load` grows while choosing. `assigned_at`, `idle_since` in ms UTC."""

    id: str
    teams: frozenset[str]
    capacity: int
    load: int
    assigned_at: int = 0
    idle_since: int = 0
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()

    @property
    def free(self) -> bool:
        """Whether he is given another one."""
        return self.load < self.capacity


class Queued(Struct, frozen=True, gc=False):
    """A conversation that waits. `place` orders the queue (ms UTC, the smaller the sooner).

    `sticky_id` is who spoke with this visitor before; `resting` are agents who said no to it, and until when (ms UTC)
    they are not asked again; `left` are teams where nobody took it.
    `asks` is `kind_of` it: what is alike in it has the same candidates, and a text knows its own hash.
    """

    id: str
    inbox_id: str
    team_id: str | None
    place: int
    since: int
    language: str = ""
    sticky_id: str | None = None
    resting: Mapping[str, int] = _NOBODY
    left: frozenset[str] = frozenset()
    asks: str = ""


class Choice(Struct, frozen=True):
    """Which conversation goes to which agent, by which rules, for which reason."""

    queued: Queued
    agent_id: str
    rules: Rules
    why: Why


def choose(queue: Sequence[Queued], agents: Sequence[Candidate], book: RuleBook, now: int) -> Choice | None:
    """The first of the queue, in its order, that somebody free may have, and who; None where there is none.

    Conversations that ask for the same have the same candidates, who are looked for once.
    """
    free = [agent for agent in agents if agent.free]
    if not free:
        return None
    members: dict[str | None, list[Candidate]] = {None: free}
    for agent in free:
        for team_id in agent.teams:
            members.setdefault(team_id, []).append(agent)
    hopeless: set[str] = set()
    for queued in queue:
        if queued.asks in hopeless:
            continue
        rules = book.of(queued.inbox_id, queued.team_id)
        able = (
            []
            if rules.mode is Mode.MANUAL
            else [one for one in members.get(queued.team_id, ()) if fits(one, queued, rules)]
        )
        if not able:
            hopeless.add(queued.asks or kind_of(queued.inbox_id, queued.team_id, queued.language))
            continue
        willing = [agent for agent in able if queued.resting.get(agent.id, 0) <= now]
        if willing:
            return _chosen(queued, willing, rules, now)
    return None


def kind_of(inbox_id: str, team_id: str | None, language: str) -> str:
    """What a conversation asks for: where it is alike, so are the candidates."""
    return f"{inbox_id} {team_id} {language}"


def fits(agent: Candidate, queued: Queued, rules: Rules) -> bool:
    """Whether he may have it at all: of its team, with the skills and the language that are asked for."""
    if queued.team_id is not None and queued.team_id not in agent.teams:
        return False
    if not agent.skills.issuperset(rules.skills):
        return False
    return rules.language is not Match.REQUIRE or not queued.language or queued.language in agent.languages


def overflows(
    queue: Sequence[Queued], agents: Sequence[Candidate], book: RuleBook, now: int
) -> tuple[list[tuple[Queued, str]], int | None]:
    """What goes on to another team, and which; and when (ms UTC) the next one does by its wait alone.

    It goes where it has waited so long, or where nobody who is there may have it, whether free or not; but only to a
    team of which somebody is there.
    """
    gone: list[tuple[Queued, str]] = []
    following: int | None = None
    for queued in queue:
        rules = book.of(queued.inbox_id, queued.team_id)
        target = rules.overflow_team_id
        if rules.mode is Mode.MANUAL or target is None or target == queued.team_id or target in queued.left:
            continue
        if not any(target in agent.teams for agent in agents):
            continue
        due = queued.since + rules.overflow_seconds * 1_000 if rules.overflow_seconds else None
        if (due is not None and due <= now) or not any(fits(agent, queued, rules) for agent in agents):
            gone.append((queued, target))
        elif due is not None:
            following = due if following is None else min(following, due)
    return gone, following


def _chosen(queued: Queued, willing: Sequence[Candidate], rules: Rules, now: int) -> Choice:
    speaking = [agent for agent in willing if queued.language and queued.language in agent.languages]
    among = speaking if speaking and rules.language is not Match.IGNORE else willing
    before = next((agent for agent in among if agent.id == queued.sticky_id), None) if rules.sticky else None
    agent = before or min(among, key=_ORDERS[rules.strategy])
    why = Why(
        "sticky" if before else rules.strategy.value,
        agent.load,
        agent.capacity,
        len(among),
        max(0, now - queued.since),
        queued.language if rules.language is not Match.IGNORE and queued.language in agent.languages else "",
        rules.skills,
    )
    return Choice(queued, agent.id, rules, why)


def _by_load(agent: Candidate) -> tuple[float, int, str]:
    return (agent.load, agent.idle_since, agent.id)


def _by_idleness(agent: Candidate) -> tuple[float, int, str]:
    return (agent.idle_since, agent.load, agent.id)


def _by_turn(agent: Candidate) -> tuple[float, int, str]:
    return (agent.assigned_at, agent.load, agent.id)


_ORDERS = {
    Strategy.LEAST_LOAD: _by_load,
    Strategy.LONGEST_IDLE: _by_idleness,
    Strategy.ROUND_ROBIN: _by_turn,
}
