"""From the bot to people: the visitor is told, it waits in the queue, colleagues read what went before."""

from collections.abc import Mapping, Sequence

from app.chat import bot_words, entries, journal
from app.chat.dialogue import Asked, Dialogue, Known
from app.chat.messages import Messages
from app.chat.status import BotGaveUp, step
from app.model.clock import Clock
from app.model.conversations import Conversation, Kind, Speaker, Status
from app.model.events import MessageCreated
from app.model.frames import Send
from app.model.ids import Ids
from app.model.intents import Outcome
from app.model.principals import BOT, System
from app.storage import conversations, messages
from app.storage.database import Transaction

_WORDS = 500


class HandOver:
    """Hands over, once: whoever has taken it meanwhile keeps it. `names` are the agents' names by id."""

    def __init__(self, ids: Ids, clock: Clock, speaking: Messages, names: Mapping[str, str], known: Known) -> None:
        self._ids = ids
        self._clock = clock
        self._messages = speaking
        self._names = names
        self._known = known

    def do(
        self, tx: Transaction, head: Conversation, bot: System, state: Dialogue, reason: str, cid: str,
        *, team_id: str | None = None, somebody: bool = True, quiet: bool = False,
    ) -> str | None:  # fmt: skip
        """Within the caller's transaction; the id of what was said, None where nobody is told.

        `quiet` where the bot has just said something that ends so; `somebody` is whether a person is there.
        """
        if head.status is not Status.BOT:
            return None
        told = None
        if not quiet:
            words = bot_words.handing_over(reason, state.language or "en", somebody=somebody)
            told = self._messages.say_beside(tx, bot, Send(cid, head.id, words)).id
        self._queue(tx, head.id, bot, reason, team_id)
        self._sum_up(tx, head.id, bot, reason, state)
        return told

    def _queue(self, tx: Transaction, conversation_id: str, bot: System, reason: str, team_id: str | None) -> None:
        head, now = _head(tx, conversation_id), self._clock.now_ms()
        line = journal.Line(
            self._ids.new(), "conversation.bot_handoff", {"event": "bot_handoff", "reason": reason},
            Speaker("bot", BOT, bot.shown), now,
        )  # fmt: skip
        after = journal.write(tx, head, step(head, BotGaveUp(team_id), now), line, self._names)
        conversations.update(tx, after)

    def _sum_up(self, tx: Transaction, conversation_id: str, bot: System, reason: str, state: Dialogue) -> None:
        """The line that spares colleagues reading it all again; the visitor does not see it."""
        head, now = _head(tx, conversation_id), self._clock.now_ms()
        after = entries.counted(head, visible=False, at=now)
        data = {"event": "bot_summary", "reason": reason, **self.summary(state)}
        line = entries.last_entry(
            after, self._ids.new(), Kind.SYSTEM, Speaker("system", BOT, bot.shown), now, visible=False, data=data
        )  # fmt: skip
        messages.insert(tx, line)
        conversations.advance(tx, after)
        tx.record(MessageCreated(after, line, None, self._names.get(after.assignee_id or "", "")))

    def summary(self, state: Dialogue) -> dict[str, str]:
        """What was asked, what was understood and how surely, what is known, what he was told and shown."""
        told = {"asked": _question(state.asked)[:_WORDS]}
        last = next((one for one in reversed(state.asked) if one.intent), None)
        if last is not None:
            told |= {"intent": last.intent, "confidence": f"{last.confidence:.2f}", **self._titled("title", (last,))}
        if any(state.slots.values()):
            told["slots"] = "; ".join(f"{name}: {value}" for name, value in state.slots.items() if value)[:_WORDS]
        answers = [one for one in state.asked if one.outcome == Outcome.ANSWER]
        if answers and state.given:
            told |= self._titled("answered", answers)
        if state.records:
            told["records"] = ", ".join(state.records)[:_WORDS]
        return told

    def _titled(self, name: str, asked: Sequence[Asked]) -> dict[str, str]:
        """The titles of intents, by language."""
        intents = dict.fromkeys(one.intent for one in asked)
        titles = [(self._known(intent), intent) for intent in intents]
        return {
            f"{name}_{language}": ", ".join(
                (found.title.get(language) if found else "") or intent for found, intent in titles
            )[:_WORDS]
            for language in ("en", "zh")
        }


def _question(asked: Sequence[Asked]) -> str:
    """His last words, before them the first ones where those are others."""
    if not asked:
        return ""
    first, last = asked[0].text, asked[-1].text
    return last if first == last or not first else f"{first} … {last}"


def _head(tx: Transaction, conversation_id: str) -> Conversation:
    head = conversations.by_id(tx, conversation_id)
    assert head is not None  # heads are never deleted
    return head
