"""The bot: one more colleague, who hears what is committed and answers by the same verb as everybody.

Visitors' messages reach it by the outbox, in order for each conversation, so that none is lost to a crash. All that
comes of one (its words, tags, tickets, how far the dialogue is, a hand to people) is one transaction that first notes
the message: it is answered once, however often it is handed over. Where a person has taken the conversation in between,
that transaction finds so, and nothing is said.

What fails, and what takes too long, ends with a person: an alarm finds who waits without an answer, whatever
the reason.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from app.accounts.inboxes import Inboxes
from app.bus.bus import Bus
from app.chat import bot_words, dialogue, own_records
from app.chat.conversations import Conversations
from app.chat.dialogue import (
    HELPED,
    NOT_HELPED,
    PERSON,
    Answer,
    Ask,
    Decision,
    Dialogue,
    GiveUp,
    Heard,
    LetGo,
    Offer,
    Thank,
    said,
)
from app.chat.handover import HandOver
from app.chat.labels import Labelling, Labels
from app.chat.messages import Messages
from app.chat.own_records import Found, OwnRecords
from app.chat.reception import Receptionist
from app.chat.ticketing import TicketFromConversation, Ticketing
from app.model.clock import Clock
from app.model.conversations import REPLIES_MAX, Content, Conversation, Message, Speaker, Status
from app.model.errors import Conflict, Problem, Unavailable
from app.model.events import ConversationChanged, Event, IntentMatched, MessageCreated
from app.model.frames import TEXT_MAX, Send
from app.model.ids import Ids
from app.model.intents import (
    AddTags,
    Classification,
    Intent,
    LookUpRecords,
    OpenTicket,
    Outcome,
    Question,
    Reply,
    RouteToTeam,
    Tier,
    Understanding,
)
from app.model.intents import (
    HandOver as HandOverAction,
)
from app.model.people import Contact, Inbox, Team
from app.model.principals import BOT, System
from app.model.tags import Color, Tag
from app.model.tickets import Priority
from app.outbox.outbox import Outbox
from app.settings import Limits
from app.storage import agents, contacts, conversations, messages, tags
from app.storage import bot as stored
from app.storage.bot import Turn
from app.storage.database import Database, Transaction
from app.storage.outbox import Task
from app.telemetry.log import logger

_REPLY_CHARACTERS = 80
_MINUTE_MS = 60_000
_VARIABLE = re.compile(r"([,，、]?\s*)\{([a-z]+\.[a-z0-9_]+)\}")
_log = logger("bot")
_decoder = msgspec.json.Decoder(Dialogue)
_encoder = msgspec.json.Encoder()


class _Scene(Struct, frozen=True):
    """All that is read before a message is answered. `stored` is the dialogue as it was read."""

    head: Conversation
    message: Message
    inbox: Inbox
    contact: Contact
    stored: str | None
    state: Dialogue
    found: Classification
    today: date


class _Plan(Struct, frozen=True):
    """What is to be done, with what was looked up for it; `team_id` of whom it is for, `somebody` is there."""

    decision: Decision
    found: Found | None = None
    team_id: str | None = None
    somebody: bool = True


class Bot:
    """Answers. `names` are the agents' names by id, `arm` the alarm's."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, limits: Limits, inboxes: Inboxes, speaking: Messages,
        talks: Conversations, labelling: Labelling, ticketing: Ticketing, receptionist: Receptionist,
        understanding: Understanding, bus: Bus, names: Mapping[str, str], arm: Callable[[], None],
    ) -> None:  # fmt: skip
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._inboxes = inboxes
        self._messages = speaking
        self._talks = talks
        self._labelling = labelling
        self._ticketing = ticketing
        self._receptionist = receptionist
        self._understanding = understanding
        self._records = OwnRecords(database, limits)
        self._hand_over = HandOver(ids, clock, speaking, names, understanding.intent)
        self._arm = arm
        self._next: int | None = None  # ms UTC, as last looked up
        bus.subscribe(self._heard)

    def join(self, outbox: Outbox) -> None:
        """Take up what is enqueued for the bot."""
        limits = self._limits
        outbox.handle(
            BOT, self.take_up, batch_max=limits.bot_batch_max, lease_seconds=limits.bot_lease_seconds,
            lanes=limits.bot_lanes,
        )  # fmt: skip

    async def take_up(self, tasks: Sequence[Task]) -> None:
        """Answer these messages, in their order."""
        for task in tasks:
            await self.answer(task.key, task.payload.decode())

    async def answer(self, conversation_id: str, message_id: str) -> None:
        """Answer one message, unless that was done, or a person has the conversation.

        Raises `Unavailable` while the engine is being made, after a start: the outbox comes again.
        """
        head = await conversations.find(self._database, conversation_id)
        if head is None or head.status is not Status.BOT:
            return
        if not self._understanding.ready:
            raise _not_ready()
        scene = await self._scene(head, message_id)
        if scene is None:
            return
        try:
            async with asyncio.timeout(self._limits.bot_look_up_seconds):
                plan = await self._planned(scene)
        except Exception as error:  # noqa: BLE001 - whatever it is, the visitor gets a person
            _log.warning("the bot gives up", exc_info=error, extra={"conversation": head.id})
            plan = _Plan(Decision(GiveUp("error"), replace(scene.state, turns=scene.state.turns + 1)))
        if await self._database.write(lambda tx: self._done(tx, scene, plan)) and not scene.state.slot:
            self._understanding.asked(self._question(scene))

    def _question(self, scene: _Scene) -> Question:
        return Question(
            self._clock.now_ms(), scene.head.id, scene.message.id, scene.message.text, scene.inbox.id,
            scene.state.language, scene.found, first=scene.state.turns == 0,
        )  # fmt: skip

    # --- what is due --------------------------------------------------------------------------------------------

    async def next_due(self) -> int | None:
        """When the next has waited too long for an answer, or was silent long enough after one (ms UTC)."""
        waiting = await stored.waiting_since(self._database)
        silent = await stored.silent_since(self._database)
        due = [waiting + self._patience_ms] if waiting is not None else []
        due += [silent + self._silence_ms] if silent is not None else []
        self._next = min(due, default=None)
        return self._next

    async def ring(self, now: int) -> None:
        """Whoever has waited too long gets a person; what was answered and not asked further is resolved."""
        most = self._limits.bot_due_max
        for head in await stored.waiting(self._database, now - self._patience_ms, most):
            somebody = await self._is_somebody_there(head.inbox_id)
            await self._database.write(partial(self._relieve, head.id, now, somebody))
        for head in await stored.silent(self._database, now - self._silence_ms, most):
            await self._database.write(partial(self._settle, head.id, now))

    @property
    def _patience_ms(self) -> int:
        return round(self._limits.bot_answer_seconds * 1_000)

    @property
    def _silence_ms(self) -> int:
        return self._limits.bot_silence_minutes * _MINUTE_MS

    def _relieve(self, conversation_id: str, now: int, somebody: bool, tx: Transaction) -> None:
        head = conversations.by_id(tx, conversation_id)
        if head is None or head.status is not Status.BOT or head.waiting_since is None:
            return  # answered meanwhile
        if head.waiting_since > now - self._patience_ms:
            return
        state = _read(stored.state(tx, head.id))
        contact = contacts.by_id(tx, head.contact_id)
        language = dialogue.language_of("", state.language, contact.language if contact else "")
        state = replace(state, language=language)
        bot = self._principal(self._inboxes.find(head.inbox_id), language)
        self._hand_over.do(tx, head, bot, state, "late", _cid(f"late {head.waiting_since}", head.id), somebody=somebody)
        stored.keep(tx, head.id, _written(state), now, handed=True)

    def _settle(self, conversation_id: str, now: int, tx: Transaction) -> None:
        head = conversations.by_id(tx, conversation_id)
        if head is None or head.status is not Status.BOT or head.waiting_since is not None:
            return
        if head.updated_at > now - self._silence_ms:
            return
        reason = "answered" if _read(stored.state(tx, head.id)).helped else "bot_silence"
        self._talks.resolve_within(tx, System(BOT), head.id, reason)

    def _heard(self, batch: Sequence[Event]) -> None:
        """The alarm is armed where something is due that was not before, or earlier."""
        for event in batch:
            match event:
                case MessageCreated(conversation=head) | ConversationChanged(conversation=head):
                    if head.status is Status.BOT and (self._next is None or self._due(head) < self._next):
                        self._arm()
                case _:
                    pass

    def _due(self, head: Conversation) -> int:
        if head.waiting_since is not None:
            return head.waiting_since + self._patience_ms
        return head.updated_at + self._silence_ms

    # --- before the transaction ---------------------------------------------------------------------------------

    async def _scene(self, head: Conversation, message_id: str) -> _Scene | None:
        message = await messages.find(self._database, head.id, message_id)
        contact = await contacts.find(self._database, head.contact_id)
        if message is None or contact is None:
            return None
        inbox = self._inboxes.find(head.inbox_id)
        written = await stored.find(self._database, head.id)
        before = _read(written)
        state = replace(before, language=dialogue.language_of(message.text, before.language, contact.language))
        found = self._understood(message.text, inbox.id, state.language)
        return _Scene(head, message, inbox, contact, written, state, found, self._today(inbox))

    def _understood(self, text: str, inbox_id: str, language: str) -> Classification:
        try:
            found = self._understanding.classify(text, inbox_id=inbox_id, language=language)
        except Exception as error:  # noqa: BLE001 - an engine that fails must not keep a visitor from a person
            _log.warning("the engine fails", exc_info=error)
            found = None
        return found or Classification(Outcome.HAND_OVER, Tier.NONE, "", 0.0)

    def _today(self, inbox: Inbox) -> date:
        zone = inbox.widget.hours.zone
        return datetime.fromtimestamp(self._clock.now_ms() / 1_000, ZoneInfo(zone) if zone else UTC).date()

    async def _planned(self, scene: _Scene) -> _Plan:
        """What is to be done, with everything that has to be read for it."""
        heard = Heard(scene.message.id, scene.message.text, scene.today)
        known = self._understanding.intent
        decision = dialogue.decide(scene.state, heard, scene.found, known, self._limits.bot_turns_max)
        while isinstance(decision.move, Ask) and await self._is_needless(scene, decision.move):
            decision = dialogue.skip(decision, decision.move)
        found = None
        if isinstance(decision.move, Answer):
            decision, found = await self._looked_up(scene, decision, decision.move.intent)
        team_id = None
        if isinstance(decision.move, Answer):
            team_id = _team_of(decision.move.intent, await agents.teams(self._database))
        return _Plan(decision, found, team_id, await self._is_somebody_there(scene.inbox.id))

    async def _is_needless(self, scene: _Scene, ask: Ask) -> bool:
        """Whether a number need not be asked for: what is surely his is found without."""
        kinds = [one.kind for one in ask.intent.actions if isinstance(one, LookUpRecords) and one.slot == ask.slot.name]
        if ask.again or not kinds:
            return False
        return await self._records.has_proven(scene.contact.id, kinds[0])

    async def _looked_up(self, scene: _Scene, decision: Decision, intent: Intent) -> tuple[Decision, Found | None]:
        action = next((one for one in intent.actions if isinstance(one, LookUpRecords)), None)
        if action is None:
            return decision, None
        state = decision.after
        number = state.slots.get(action.slot, "") if action.slot else ""
        found = await self._records.look(
            scene.contact.id, action.kind, number, _addresses(intent, state.slots), state.looked, self._clock.now_ms()
        )
        if found.needs_address:
            return dialogue.prove(decision, intent), None
        if found.too_many:
            return dialogue.give_up(decision, "proof"), found
        records = tuple(own_records.number_of(record) for record in found.records)
        after = replace(state, looked=state.looked + found.counted, records=(*state.records, *records))
        return replace(decision, after=after), found

    async def _is_somebody_there(self, inbox_id: str) -> bool:
        reception = await self._receptionist.reception(inbox_id)
        return reception.open and reception.online > 0

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _done(self, tx: Transaction, scene: _Scene, plan: _Plan) -> bool:
        """Everything that comes of a message; False where that was done before, or a person has the conversation."""
        head = conversations.by_id(tx, scene.head.id)
        message = messages.by_id(tx, scene.head.id, scene.message.id)
        if head is None or head.status is not Status.BOT or message is None:
            return False  # a person has it
        if stored.state(tx, head.id) != scene.stored:
            raise _went_on()
        if not stored.take_up(tx, self._turn(scene, plan)):
            return False
        if message.deleted:  # taken back before it was answered
            conversations.advance(tx, replace(head, waiting_since=None))
            return False
        answer_id, after, handed = self._moved(tx, scene, plan)
        if answer_id is not None:
            stored.answered(tx, scene.message.id, answer_id)
        self._note_judgement(tx, plan.decision)
        stored.keep(tx, head.id, _written(after), self._clock.now_ms(), handed=handed)
        self._tell(tx, scene)
        return True

    def _turn(self, scene: _Scene, plan: _Plan) -> Turn:
        found, head = scene.found, scene.head
        counted = plan.found.counted if plan.found is not None else 0
        return Turn(
            scene.message.id, head.id, head.inbox_id, head.contact_id, self._clock.now_ms(), found.intent,
            found.confidence, found.tier.value, _outcome(plan.decision).value, None, counted,
        )  # fmt: skip

    def _note_judgement(self, tx: Transaction, decision: Decision) -> None:
        if decision.judged is not None:
            stored.judged(tx, decision.judged[0], helped=decision.judged[1])
        if decision.chosen is not None:
            stored.chose(tx, *decision.chosen)

    def _tell(self, tx: Transaction, scene: _Scene) -> None:
        head = conversations.by_id(tx, scene.head.id)
        assert head is not None  # heads are never deleted
        actor = Speaker("bot", BOT, self._principal(scene.inbox, scene.state.language).shown)
        tx.record(IntentMatched(head, scene.message.id, scene.found, actor))

    def _moved(self, tx: Transaction, scene: _Scene, plan: _Plan) -> tuple[str | None, Dialogue, bool]:
        """Do it; the message that was said, how far it is then, and whether people have it now."""
        after, language = plan.decision.after, scene.state.language
        match plan.decision.move:
            case Answer(intent=intent):
                return self._answered(tx, scene, plan, intent)
            case Ask() as ask:
                replies = ask.slot.choices[:REPLIES_MAX] if ask.slot.kind == "choice" else ()
                words = bot_words.question(ask, language)
                return self._say(tx, scene, words, Content(replies=_short(replies)), ask.intent), after, False
            case Offer(intents=intents):
                words, titles = bot_words.offer(intents, language)
                return self._say(tx, scene, words, Content(replies=_short(titles))), after, False
            case Thank():
                return self._say(tx, scene, bot_words.thanks(language)), after, False
            case LetGo():
                return self._say(tx, scene, bot_words.let_go(language)), after, False
            case GiveUp(reason=reason):
                return self._given_up(tx, scene, plan, after, reason), after, True

    def _given_up(self, tx: Transaction, scene: _Scene, plan: _Plan, after: Dialogue, reason: str) -> str | None:
        head = conversations.by_id(tx, scene.head.id)
        assert head is not None  # heads are never deleted
        bot = self._principal(scene.inbox, scene.state.language)
        cid = _cid("answer", scene.message.id)
        return self._hand_over.do(tx, head, bot, after, reason, cid, team_id=plan.team_id, somebody=plan.somebody)

    def _answered(
        self, tx: Transaction, scene: _Scene, plan: _Plan, intent: Intent
    ) -> tuple[str | None, Dialogue, bool]:
        """Act, then say what came of it, then hand over where the intent says so."""
        language, state = scene.state.language, plan.decision.after
        reply = _reply_of(intent, language)
        facts, failed = self._acted(tx, scene, plan, intent)
        looks = next((one for one in intent.actions if isinstance(one, LookUpRecords)), None)
        is_missing = looks is not None and not (plan.found is not None and plan.found.records)
        if failed or (reply is None and not is_missing):
            return self._given_up(tx, scene, plan, state, "error" if failed else "asked"), state, True
        hands_over = any(isinstance(action, RouteToTeam | HandOverAction) for action in intent.actions)
        if looks is not None and is_missing:
            words, content = bot_words.missing(looks.missing, language), Content(replies=(PERSON[language],))
        else:
            assert reply is not None  # else it was given up
            words = filled(reply.text, facts)
            content = self._content(scene, plan, intent, reply, follow=intent.follow_up and not hands_over)
        answer_id = self._say(tx, scene, words, content, intent)
        judged = scene.message.id if intent.follow_up and not hands_over and not is_missing else ""
        after = replace(state, answered=judged, helped=False, intent="", offered=())
        if not hands_over:
            return answer_id, after, False
        head = conversations.by_id(tx, scene.head.id)
        assert head is not None  # heads are never deleted
        bot, cid = self._principal(scene.inbox, language), _cid("handing over", scene.message.id)
        self._hand_over.do(
            tx, head, bot, state, "asked", cid, team_id=plan.team_id, somebody=plan.somebody, quiet=plan.somebody
        )
        return answer_id, after, True

    def _content(self, scene: _Scene, plan: _Plan, intent: Intent, reply: Reply, *, follow: bool) -> Content:
        language = scene.state.language
        own = reply.content or Content()
        found = plan.found or Found()
        cards = tuple(own_records.card(record, language, proven=found.proven) for record in found.records)
        asked = (HELPED[language], NOT_HELPED[language]) if follow else ()
        return Content((*cards, *own.cards)[:10], (*own.replies, *asked)[:REPLIES_MAX])

    def _acted(self, tx: Transaction, scene: _Scene, plan: _Plan, intent: Intent) -> tuple[dict[str, str], bool]:
        """Do what the intent does; what its reply may name, and whether something failed."""
        facts = _facts(scene, plan)
        failed = False
        for action in intent.actions:
            try:
                match action:
                    case OpenTicket():
                        facts["ticket.number"] = tx.attempt(lambda one=action: self._opened(tx, scene, intent, one))  # type: ignore[misc]
                    case AddTags():
                        tx.attempt(lambda one=action: self._tagged(tx, scene, one))  # type: ignore[misc]
                    case _:
                        pass  # looked up before, or done after it was said
            except Problem as problem:
                _log.warning("the bot could not act", extra={"do": type(action).__name__, "code": problem.code})
                failed = True
        return facts, failed

    def _opened(self, tx: Transaction, scene: _Scene, intent: Intent, action: OpenTicket) -> str:
        title = said(action.title, scene.state.language) or said(intent.title, scene.state.language)
        told = "; ".join(f"{name}: {value}" for name, value in scene.state.slots.items() if value)
        asked = TicketFromConversation(
            filled(title, _facts(scene, None)), "\n".join(filter(None, (scene.message.text, told))),
            priority=Priority(action.priority),
        )  # fmt: skip
        bot = self._principal(scene.inbox, scene.state.language)
        return str(self._ticketing.make(tx, bot, scene.head.id, _cid("ticket", scene.message.id), asked).number)

    def _tagged(self, tx: Transaction, scene: _Scene, action: AddTags) -> None:
        known = {tag.name.casefold(): tag for tag in tags.all_of_them(tx)}
        wanted = []
        for name in action.tags:
            tag = known.get(name.casefold())
            if tag is None and len(known) < self._limits.tags_max:
                tag = known[name.casefold()] = Tag(self._ids.new(), name, Color.GREY, self._clock.now_ms())
                tags.save(tx, tag)
            if tag is not None and not tag.archived:
                wanted.append(tag.id)
        head = conversations.by_id(tx, scene.head.id)
        assert head is not None  # heads are never deleted
        bot = self._principal(scene.inbox, scene.state.language)
        self._labelling.apply(tx, bot, head, Labels(add_tags=tuple(wanted)))

    def _say(
        self, tx: Transaction, scene: _Scene, words: str, content: Content | None = None, intent: Intent | None = None
    ) -> str:
        """Say it by the one verb; colleagues see beside it what was understood, and how surely."""
        shown = content if content is not None and (content.cards or content.replies) else None
        command = Send(_cid("answer", scene.message.id), scene.head.id, words[:TEXT_MAX], content=shown)
        bot = self._principal(scene.inbox, scene.state.language)
        return self._messages.say_beside(tx, bot, command, _marks(scene, intent)).id

    def _principal(self, inbox: Inbox, language: str) -> System:
        return System(BOT, bot_words.name_of(inbox.widget.bot, language))


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A reply with what is known in it; what is not leaves no hole."""

    def known(match: re.Match[str]) -> str:
        value = facts.get(match[2], "")
        return f"{match[1]}{value}" if value else ""

    made = _VARIABLE.sub(known, text)
    made = re.sub(r" +([,.!?;:，。！？；：])", r"\1", re.sub(r"[ \t]{2,}", " ", made))
    return made.strip()


def _facts(scene: _Scene, plan: _Plan | None) -> dict[str, str]:
    """What stands for variables in a reply."""
    contact, language = scene.contact, scene.state.language
    facts = {
        "contact.name": contact.name, "contact.email": contact.email, "contact.phone": contact.phone,
        "inbox.name": scene.inbox.name,
    }  # fmt: skip
    slots = plan.decision.after.slots if plan is not None else scene.state.slots
    facts |= {f"slot.{name}": value for name, value in slots.items()}
    if plan is not None and plan.found is not None and plan.found.records:
        record = own_records.facts_of(plan.found.records[0], language, proven=plan.found.proven)
        facts |= {f"record.{name}": value for name, value in record.items()}
    return facts


def _marks(scene: _Scene, intent: Intent | None) -> dict[str, str]:
    """What colleagues see beside an answer."""
    found = scene.found
    marks = {"of": scene.message.id, "tier": found.tier.value, "outcome": found.outcome.value}
    marks["confidence"] = f"{found.confidence:.2f}"
    name = intent.name if intent is not None else found.intent
    titles = intent.title if intent is not None else {}
    return marks | {"intent": name} | {f"title_{language}": title for language, title in titles.items()}


def _reply_of(intent: Intent, language: str) -> Reply | None:
    """In his language, else in the other one."""
    by_language = {reply.language: reply for reply in reversed(intent.replies)}
    return by_language.get(language) or by_language.get("") or next(iter(by_language.values()), None)


def _outcome(decision: Decision) -> Outcome:
    """What was done, which is not always what the engine said."""
    match decision.move:
        case GiveUp():
            return Outcome.HAND_OVER
        case Offer():
            return Outcome.OFFER
        case _:
            return Outcome.ANSWER


def _addresses(intent: Intent, told: Mapping[str, str]) -> dict[str, str]:
    """Phone number and e-mail address among what he has said here, as the claims that they are."""
    kinds = {slot.name: slot.kind for slot in intent.slots} | {"address": "address"}
    made: dict[str, str] = {}
    for name, value in told.items():
        if not value:
            continue
        if kinds.get(name) in ("email", "phone"):
            made[kinds[name]] = value
        elif kinds.get(name) == "address":
            made["email" if "@" in value else "phone"] = value
    return made


def _team_of(intent: Intent, teams: Sequence[Team]) -> str | None:
    """The team that an intent names, by its name or a word of it."""
    name = next((action.team.casefold() for action in intent.actions if isinstance(action, RouteToTeam)), "")
    if not name:
        return None
    exact = [team.id for team in teams if team.name.casefold() == name]
    part = [team.id for team in teams if name in team.name.casefold().split()]
    return next(iter((*exact, *part)), None)


def _short(replies: Sequence[str]) -> tuple[str, ...]:
    return tuple(" ".join(reply.split())[:_REPLY_CHARACTERS] for reply in replies if reply.strip())


def _cid(what: str, thing_id: str) -> str:
    """A key that the same message always leads to, so that its answer is stored once."""
    return hashlib.blake2b(f"bot {what} {thing_id}".encode(), digest_size=16).hexdigest()


def _read(written: str | None) -> Dialogue:
    return Dialogue() if written is None else _decoder.decode(written)


def _written(state: Dialogue) -> str:
    return _encoder.encode(state).decode()


def _not_ready() -> Unavailable:
    return Unavailable("engine_not_ready", "The engine of intents is being made.", "意图引擎正在准备。")


def _went_on() -> Conflict:
    return Conflict("went_on", "The dialogue went on meanwhile; it is read anew.", "对话已有变化，将重新读取。")
