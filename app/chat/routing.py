"""Who gets which conversation: pure, no I/O. `Router` does what is chosen here."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

from msgspec import Struct

from app.model.routing import Match, Mode, RuleBook, Rules, Strategy, Why

_NOBODY: Mapping[str, int] = {}
_At = tuple[int, str]  # ms UTC, and a conversation's id


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
    contact_id: str = ""

    @property
    def kind(self) -> str:
        """What it asks for, and where it has been: what is alike in it has the same candidates."""
        return " ".join((self.inbox_id, self.team_id or "", self.language, *sorted(self.left)))


class Choice(Struct, frozen=True):
    """Which conversation goes to which agent, by which rules, for which reason."""

    queued: Queued
    agent_id: str
    rules: Rules
    why: Why


class Line:
    """What waits, apart by what it asks for and each kind in its order, so that nobody need look at all of it."""

    def __init__(self, queue: Iterable[Queued] = ()) -> None:
        self._held: dict[str, tuple[Queued, str]] = {}  # with its kind
        self._places: dict[str, list[_At]] = {}  # of each kind, in the queue's order
        self._waits: dict[str, list[_At]] = {}  # of each kind, the longest wait first
        self._of_contact: dict[str, set[str]] = {}
        self._resting: set[str] = set()
        for queued in queue:
            self.put(queued)

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, conversation_id: object) -> bool:
        return conversation_id in self._held

    def __iter__(self) -> Iterator[Queued]:
        return (queued for queued, _ in self._held.values())

    def __getitem__(self, conversation_id: str) -> Queued:
        return self._held[conversation_id][0]

    def put(self, queued: Queued) -> None:
        """It waits, as it stands now."""
        self.drop(queued.id)
        kind = queued.kind
        self._held[queued.id] = (queued, kind)
        insort(self._places.setdefault(kind, []), (queued.place, queued.id))
        insort(self._waits.setdefault(kind, []), (queued.since, queued.id))
        self._of_contact.setdefault(queued.contact_id, set()).add(queued.id)
        if queued.resting:
            self._resting.add(queued.id)

    def drop(self, conversation_id: str) -> None:
        """It waits no more."""
        queued, kind = self._held.pop(conversation_id, (None, ""))
        if queued is None:
            return
        self._resting.discard(conversation_id)
        for lines, at in ((self._places, queued.place), (self._waits, queued.since)):
            line = lines[kind]
            del line[bisect_left(line, (at, conversation_id))]
            if not line:
                del lines[kind]
        others = self._of_contact[queued.contact_id]
        others.discard(conversation_id)
        if not others:
            del self._of_contact[queued.contact_id]

    def last(self) -> Queued:
        """The one whose turn comes last; there is one."""
        return self[max(places[-1] for places in self._places.values())[1]]

    def firsts(self) -> list[tuple[int, str, str]]:
        """The first of each kind: place, id, kind."""
        return [(*places[0], kind) for kind, places in self._places.items()]

    def of_kind(self, kind: str) -> Iterator[Queued]:
        """All of a kind, in the queue's order."""
        return (self[conversation_id] for _, conversation_id in self._places[kind])

    def waits(self, kind: str) -> Iterator[Queued]:
        """All of a kind, the longest wait first."""
        return (self[conversation_id] for _, conversation_id in self._waits[kind])

    def of_contact(self, contact_id: str) -> frozenset[str]:
        """Ids of this contact's."""
        return frozenset(self._of_contact.get(contact_id, ()))

    def rested_at(self, now: int) -> int | None:
        """When (ms UTC) the next agent who said no may be asked again; None: nobody rests."""
        untils = (until for one in self._resting for until in self[one].resting.values())
        return min((until for until in untils if until > now), default=None)


def choose(line: Line, agents: Sequence[Candidate], book: RuleBook, now: int) -> Choice | None:
    """The first that waits, in its order, that somebody free may have, and who; None where there is none.

    Conversations that ask for the same have the same candidates, who are looked for once; kinds come by their first.
    """
    free = [agent for agent in agents if agent.free]
    if not free:
        return None
    members: dict[str | None, list[Candidate]] = {None: free}
    for agent in free:
        for team_id in agent.teams:
            members.setdefault(team_id, []).append(agent)
    turns = line.firsts()
    heapify(turns)
    found: dict[str, Choice] = {}  # of kinds whose first ones somebody said no to
    while turns:
        _, conversation_id, kind = heappop(turns)
        choice = found.get(kind) or _of_kind(line, kind, members, book, now)
        if choice is None:
            continue
        if choice.queued.id == conversation_id:
            return choice
        found[kind] = choice  # another kind's may come before it
        heappush(turns, (choice.queued.place, choice.queued.id, kind))
    return None


def fits(agent: Candidate, queued: Queued, rules: Rules) -> bool:
    """Whether he may have it at all: of its team, with the skills and the language that are asked for."""
    if queued.team_id is not None and queued.team_id not in agent.teams:
        return False
    if not agent.skills.issuperset(rules.skills):
        return False
    return rules.language is not Match.REQUIRE or not queued.language or queued.language in agent.languages


def overflows(
    line: Line, agents: Sequence[Candidate], book: RuleBook, now: int
) -> tuple[list[tuple[Queued, str]], int | None]:
    """What goes on to another team, and which, in order; and when (ms UTC) the next one does by its wait alone.

    It goes where it has waited so long, or where nobody who is there may have it, whether free or not; but only to a
    team of which somebody is there.
    """
    gone: list[tuple[Queued, str]] = []
    following: int | None = None
    for _, conversation_id, kind in line.firsts():
        first = line[conversation_id]
        rules = book.of(first.inbox_id, first.team_id)
        target = rules.overflow_team_id
        if rules.mode is Mode.MANUAL or target is None or target == first.team_id or target in first.left:
            continue
        if not any(target in agent.teams for agent in agents):
            continue
        if not any(fits(agent, first, rules) for agent in agents):
            gone += [(queued, target) for queued in line.of_kind(kind)]
        elif rules.overflow_seconds:
            due, then = _due(line.waits(kind), now - rules.overflow_seconds * 1_000)
            gone += [(queued, target) for queued in due]
            if then is not None:
                at = then.since + rules.overflow_seconds * 1_000
                following = at if following is None else min(following, at)
    gone.sort(key=lambda one: (one[0].place, one[0].id))
    return gone, following


def _due(waits: Iterator[Queued], since: int) -> tuple[list[Queued], Queued | None]:
    """Those that wait since `since` (ms UTC) or longer, and the first that does not."""
    due: list[Queued] = []
    for queued in waits:
        if queued.since > since:
            return due, queued
        due.append(queued)
    return due, None


def _of_kind(
    line: Line, kind: str, members: Mapping[str | None, Sequence[Candidate]], book: RuleBook, now: int
) -> Choice | None:
    """The first of a kind that somebody may have who has not said no to it."""
    able: list[Candidate] | None = None
    for queued in line.of_kind(kind):
        rules = book.of(queued.inbox_id, queued.team_id)
        if able is None:
            able = [one for one in members.get(queued.team_id, ()) if fits(one, queued, rules)]
        if not able or rules.mode is Mode.MANUAL:
            return None
        willing = [agent for agent in able if queued.resting.get(agent.id, 0) <= now]
        if willing:
            return _chosen(queued, willing, rules, now)
    return None


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
