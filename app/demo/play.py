"""Plays one written dialogue with a given customer: entries, head, files, read marks. Pure."""

from itertools import accumulate
from random import Random

from msgspec import Struct
from msgspec.structs import replace

from app.chat import entries, journal, status
from app.demo import shop
from app.demo.dialogues import HANDED_OVER, Dialogue, Page, Turn, Voice
from app.demo.documents import document
from app.demo.wording import Wording
from app.model.conversations import Attachment, Conversation, Kind, Message, Rating, Speaker, Status
from app.model.ids import Ids
from app.model.people import Colleague, Contact, Team
from app.storage.files import StoredFile

_REOPEN_MS = 72 * 3_600_000
_NOTICED_MS = 8 * 60_000  # a younger word of the customer may still be unread
_IN_OWN_LANGUAGE = 0.8  # how often a customer meets somebody who speaks his
_RATED = 0.25  # how many of those who are asked say how it went
_MINUTE = 60_000
_JUDGEMENTS: dict[str, tuple[tuple[int, tuple[str, ...], str], ...]] = {
    "en": (
        (5, ("fast", "friendly"), "Thank you, that was quick."), (5, ("clear",), ""), (4, ("friendly",), ""),
        (5, (), "Very helpful."), (3, (), "It took a while."), (2, ("unsolved",), "The parcel is still not here."),
    ),
    "zh": (
        (5, ("fast", "clear"), "回复很快，谢谢。"), (5, ("friendly",), ""), (4, ("clear",), "讲得很清楚。"),
        (5, (), ""), (3, ("fast",), "等了一会儿。"), (1, ("unsolved",), "还是没收到。"),
    ),
}  # fmt: skip
_VISITOR, _AGENT, _SYSTEM = "visitor", "agent", "system"


class Cast(Struct, frozen=True):
    """Who answers: the demo's agents beside how they call themselves, and their teams."""

    agents: tuple[tuple[Colleague, shop.Employee], ...]
    after_sales: Team
    pre_sales: Team


class Stage(Struct, frozen=True):
    """A dialogue about to be played: its last word falls at `ends_at`; `now` is when it is looked at (ms)."""

    dialogue: Dialogue
    contact: Contact
    inbox_id: str
    ends_at: int
    now: int
    pace: float


class Sent(Struct, frozen=True):
    """A file that goes along: its row, and its bytes for the disk."""

    row: StoredFile
    body: bytes


class ReadMark(Struct, frozen=True):
    """How far a person has read, counted as he counts."""

    conversation_id: str
    kind: str
    person_id: str
    seq: int


class Played(Struct, frozen=True):
    """The result: head, entries in order, files, marks, and the pages as the customer saw them."""

    conversation: Conversation
    entries: tuple[Message, ...]
    sent: tuple[Sent, ...]
    marks: tuple[ReadMark, ...]
    pages: tuple[Page, ...]
    rating: Rating | None = None


class Moment:
    """A clock that stands where it is put, so that ids bear the times of the past."""

    def __init__(self) -> None:
        self.at = 0

    def now_ms(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1000


def play(stage: Stage, cast: Cast, ids: Ids, moment: Moment, random: Random) -> Played:
    """One telling of a dialogue; another draw of `random` gives other words, goods, numbers and agents."""
    return _Play(stage, cast, ids, moment, random).run()


class _Play:
    """The head as it moves and what has been said so far."""

    def __init__(self, stage: Stage, cast: Cast, ids: Ids, moment: Moment, random: Random) -> None:
        self._stage = stage
        self._cast = cast
        self._ids = ids
        self._moment = moment
        self._random = random
        self._agents = _answering(cast, stage.dialogue.language, random)
        self._wording = Wording(_places(stage, self._agents, random), random)
        self._entries: list[Message] = []
        self._sent: list[Sent] = []
        self._times = _times(stage)
        moment.at = self._times[0]
        self._head = Conversation(
            ids.new(), stage.inbox_id, stage.contact.id, Status.QUEUED, self._times[0], self._times[0]
        )

    def run(self) -> Played:
        for turn, at in zip(self._stage.dialogue.turns, self._times, strict=True):
            self._moment.at = at
            self._turn(turn, at)
        pages = tuple(
            Page(self._wording.fill(page.path), self._wording.fill(page.title)) for page in self._stage.dialogue.pages
        )
        rating = self._rated() if self._head.status is Status.RESOLVED else None
        head, marks = self._looked_at()
        return Played(head, tuple(self._entries), tuple(self._sent), marks, pages, rating)

    def _turn(self, turn: Turn, at: int) -> None:
        agent = self._agents[turn.by - 1][0]
        text = self._wording.fill(turn.text)
        match turn.voice:
            case Voice.VISITOR:
                self._visitor_says(turn, text, at)
            case Voice.AGENT:
                self._agent_says(turn, text, agent, at)
            case Voice.NOTE:
                self._say(turn, text, _speaker(agent), at, note=True)
            case Voice.SYSTEM if turn.text == HANDED_OVER:
                self._hand_over(at)
            case Voice.SYSTEM:
                self._resolve(at)

    def _visitor_says(self, turn: Turn, text: str, at: int) -> None:
        speaker = Speaker(_VISITOR, self._stage.contact.id)
        stepped = status.step(self._head, status.VisitorWrote(_REOPEN_MS), at)
        if stepped is not self._head:
            self._line(stepped, {"event": "reopened", "agent": ""}, speaker, at)
        self._say(turn, text, speaker, at)

    def _agent_says(self, turn: Turn, text: str, agent: Colleague, at: int) -> None:
        stepped = status.step(self._head, status.AgentReplied(agent.id), at)
        if stepped.assignee_id != self._head.assignee_id:
            data = {"event": "joined", "agent": agent.name, **journal.waited(self._head, at)}
            self._line(stepped, data, _speaker(agent), at)
        self._say(turn, text, _speaker(agent), at)

    def _hand_over(self, at: int) -> None:
        giver, taker = self._agents[0][0], self._agents[1][0]
        handed = status.Handed(taker.id, self._cast.after_sales.id, self._head.fence + 1)
        data = {"event": "transferred", "agent": giver.name, "to": taker.name}
        self._line(status.step(self._head, handed, at), data, _speaker(giver), at)

    def _resolve(self, at: int) -> None:
        resolved = status.step(self._head, status.Settled(""), at)
        agent = next((a for a, _ in self._cast.agents if a.id == self._head.assignee_id), self._agents[0][0])
        self._line(resolved, {"event": "resolved", "agent": agent.name, "rate_from": str(at)}, _speaker(agent), at)

    def _rated(self) -> Rating | None:
        """What the customer says of it, or nothing; drawn from the conversation, so that the rest stays as it is."""
        random = Random(self._head.id)
        score, tags, text = random.choice(_JUDGEMENTS[self._stage.dialogue.language])
        at = self._entries[-1].at + random.randint(1, 20) * _MINUTE
        if random.random() > _RATED or at >= self._stage.now:
            return None
        moment = Moment()
        moment.at = at
        self._head = entries.counted(self._head, visible=True, at=at)
        data = {"event": "rated", "score": str(score), "tags": ",".join(tags), "text": text}
        speaker, line_id = Speaker(_SYSTEM, self._stage.contact.id), Ids(moment, random.randbytes).new()
        line = entries.last_entry(self._head, line_id, Kind.NOTICE, speaker, at, visible=True, data=data)
        self._entries.append(line)
        head = self._head
        return Rating(head.id, head.contact_id, head.inbox_id, head.assignee_id, score, tags, text, at, at)

    def _line(self, changed: Conversation, data: dict[str, str], actor: Speaker, at: int) -> None:
        """As `chat.journal` writes it: every change of status is a line that both sides see."""
        self._head = entries.counted(changed, visible=True, at=at)
        speaker = Speaker(_SYSTEM, actor.id, actor.name)
        line = entries.last_entry(self._head, self._ids.new(), Kind.NOTICE, speaker, at, visible=True, data=data)
        self._entries.append(line)

    def _say(self, turn: Turn, text: str, speaker: Speaker, at: int, *, note: bool = False) -> None:
        attachments = (self._attach(turn.file, speaker, at, visible=not note),) if turn.file else ()
        self._head = entries.spoken(self._head, speaker=speaker.kind, note=note, line=text or turn.file, at=at)
        self._entries.append(
            entries.last_entry(
                self._head,
                self._ids.new(),
                Kind.NOTE if note else Kind.MESSAGE,
                speaker,
                at,
                visible=not note,
                text=text,
                cid=self._ids.token(),
                attachments=attachments,
            )
        )

    def _attach(self, name: str, owner: Speaker, at: int, *, visible: bool) -> Attachment:
        line = self._wording.fill("山岚 Shanlan · demo 演示 · {order}")
        drawn = document(name, line, self._random)
        row = StoredFile(
            id=self._ids.new(),
            name=name,
            type=drawn.type,
            size=len(drawn.body),
            width=drawn.width,
            height=drawn.height,
            stored_as=self._ids.token(),
            sha256=drawn.sha256(),
            owner_kind=owner.kind,
            owner_id=owner.id,
            conversation_id=self._head.id,
            visible=visible,
            created_at=at,
        )
        self._sent.append(Sent(row, drawn.body))
        return row.attachment()

    def _looked_at(self) -> tuple[Conversation, tuple[ReadMark, ...]]:
        """Read marks as they would stand: a fresh word of the customer may wait, everything older has been seen."""
        head = self._head
        seen = [entry for entry in self._entries if not self._waits(entry)]
        staff_read = max((entry.seq or 0 for entry in seen), default=0)
        visitor_read = self._read_by_visitor()
        head = replace(head, visitor_read=visitor_read, visitor_delivered=head.seq, staff_read=staff_read)
        marks = [ReadMark(head.id, _VISITOR, head.contact_id, visitor_read)]
        if seen:
            marks += [ReadMark(head.id, _AGENT, agent.id, seen[-1].staff_seq) for agent, _ in self._cast.agents]
        return head, tuple(marks)

    def _waits(self, entry: Message) -> bool:
        """Whether nobody of ours has seen this entry yet."""
        if self._head.status is Status.QUEUED:
            return True
        fresh = self._stage.now - entry.at < _NOTICED_MS
        return self._head.status is Status.OPEN and entry.sender.kind == _VISITOR and fresh

    def _read_by_visitor(self) -> int:
        """Up to his own last word; after a resolution everything."""
        if self._head.status is Status.RESOLVED:
            return self._head.seq
        own = [entry.seq or 0 for entry in self._entries if entry.sender.kind == _VISITOR]
        return max(own)


def _answering(cast: Cast, language: str, random: Random) -> tuple[tuple[Colleague, shop.Employee], ...]:
    """The cast in the order in which it answers: mostly those whose language it is."""
    own = [pair for pair in cast.agents if pair[1].language == language]
    others = [pair for pair in cast.agents if pair[1].language != language]
    random.shuffle(own)
    random.shuffle(others)
    return (*own, *others) if random.random() < _IN_OWN_LANGUAGE else (*others, *own)


def _times(stage: Stage) -> list[int]:
    """When each turn falls, so that the last one falls at `ends_at`."""
    offsets = list(accumulate(int(turn.after_seconds * 1000 * stage.pace) for turn in stage.dialogue.turns))
    return [stage.ends_at - offsets[-1] + offset for offset in offsets]


def _places(stage: Stage, agents: tuple[tuple[Colleague, shop.Employee], ...], random: Random) -> dict[str, str]:
    language, contact = stage.dialogue.language, stage.contact
    chinese = language == "zh"
    places = {
        "name": _called(contact.name, language),
        "agent": agents[0][1].zh if chinese else agents[0][1].en,
        "second": agents[1][1].zh if chinese else agents[1][1].en,
        "order": _order(language, random),
        "order2": _order(language, random),
        "tracking": f"SLN{random.randint(10_000_000, 99_999_999)}",
        "email": contact.email,
    }
    goods = [product for product in shop.PRODUCTS if product.group == stage.dialogue.product]
    if goods:
        product = random.choice(goods)
        places |= {"product": product.name(language), "price": product.price(language), "path": product.path}
    return places


def _called(name: str, language: str) -> str:
    """How we address a customer: a given name where it can be told from the family name."""
    if language == "zh":
        return name[1:] if len(name) == 3 else name
    return name.partition(" ")[0]


def _order(language: str, random: Random) -> str:
    if language == "zh":
        return " ".join(str(random.randint(1000, 9999)) for _ in range(3))
    return f"#M-{random.randint(10_000, 99_999)}"


def _speaker(agent: Colleague) -> Speaker:
    return Speaker(_AGENT, agent.id, agent.name)
