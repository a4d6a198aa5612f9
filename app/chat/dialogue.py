"""What the bot does with a visitor's message: pure, no I/O. One row a conversation holds how far it is.

It never loops: every way through here either says something that it has not said, or gives up, and giving up is a hand
to a person.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from app.chat import moods, slots
from app.intent.similar import Likeness
from app.model.intents import Classification, HandOver, Intent, Outcome, RouteToTeam, Slot, Tier

_TEXT_KEPT = 200
_SAME_RATIO = 92.0
_SAME_CHARACTERS_MIN = 6
_BESIDE_CHARACTERS = 8  # of words around a value, by which an answer is told from another question
_SMALL_TALK_MAX = 3
_OFFERED_MAX = 3
_TRIES = 2
_CJK = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2,}(?![A-Za-z0-9])")
_DIGITS = re.compile(r"[0-9]+")
PERSON = {"en": "A person, please", "zh": "转人工客服"}
HELPED = {"en": "This helped", "zh": "有帮助"}
NOT_HELPED = {"en": "This did not help", "zh": "没有帮助"}


class Asked(Struct, frozen=True):
    """A message of the visitor and what was made of it."""

    message_id: str
    text: str
    intent: str = ""
    confidence: float = 0.0
    outcome: str = ""


class Dialogue(Struct, frozen=True, omit_defaults=True):
    """How far it is in a conversation.

    `slot` of `intent` is what was asked for last, `tries` how often in vain. `offered` are intents that he may choose
    from, `offer_of` the message they were offered for. `answered` is the message whose answer he has not judged.
    `given` are the answers that he has had; `looked` counts the numbers of records he has named without proof.
    """

    language: str = ""
    turns: int = 0
    intent: str = ""
    slot: str = ""
    tries: int = 0
    slots: dict[str, str] = {}
    offered: tuple[str, ...] = ()
    offer_of: str = ""
    answered: str = ""
    helped: bool = False
    asked: tuple[Asked, ...] = ()
    given: tuple[str, ...] = ()
    looked: int = 0
    records: tuple[str, ...] = ()


class Heard(Struct, frozen=True):
    """A message: `today` is the visitor's day; `text` may be empty, where he sent a file alone."""

    message_id: str
    text: str
    today: date


class Answer(Struct, frozen=True):
    """Say what this intent says, and do what it does."""

    intent: Intent


class Ask(Struct, frozen=True):
    """Ask for a slot; `again` where what he said would not do."""

    intent: Intent
    slot: Slot
    again: bool = False


class Offer(Struct, frozen=True):
    """Let him choose from these."""

    intents: tuple[Intent, ...]


class Thank(Struct, frozen=True):
    """It helped."""


class LetGo(Struct, frozen=True):
    """He no longer wants what he was asked about."""


class GiveUp(Struct, frozen=True):
    """A person is needed: `reason` is human, angry, file, repeated, unsure, unknown, slot, not_helped, turns, proof."""

    reason: str


Move = Answer | Ask | Offer | Thank | LetGo | GiveUp
Known = Callable[[str], Intent | None]


class Decision(Struct, frozen=True):
    """What is done now, and how far it is after it; what the visitor said of an earlier answer or offer.

    `judged` is the message of which he says whether its answer helped, `chosen` the one he meant something else with.
    """

    move: Move
    after: Dialogue
    judged: tuple[str, bool] | None = None
    chosen: tuple[str, str] | None = None


def language_of(text: str, before: str, contact: str) -> str:
    """In which language he is answered: that of his words, where they have one; else as before; else his browser's."""
    if _CJK.search(text):
        return "zh"
    if len(_WORD.findall(text)) >= 2:
        return "en"
    return before or ("zh" if contact.startswith("zh") else "en" if contact or _WORD.search(text) else "zh")


def said(texts: Mapping[str, str], language: str) -> str:
    """Of a text in several languages the one to say."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def decide(before: Dialogue, heard: Heard, found: Classification, known: Known, turns_max: int) -> Decision:
    """What to do with a message of which the engine says `found`."""
    state = replace(before, turns=before.turns + 1)
    decision = _decided(state, heard, found, known, turns_max)
    kept = Asked(heard.message_id, heard.text[:_TEXT_KEPT], *_meant(decision, found))
    return replace(decision, after=replace(decision.after, asked=(*state.asked, kept)))


def skip(decision: Decision, ask: Ask) -> Decision:
    """Go on without what was to be asked for: it is not needed here."""
    after = replace(decision.after, slots={**decision.after.slots, ask.slot.name: ""}, slot="", tries=0)
    return replace(decision, **_parts(_begun(after, ask.intent)))


def prove(decision: Decision, intent: Intent) -> Decision:
    """Before that answer, ask by which address what he asks about is his."""
    state = decision.after
    after = replace(state, intent=intent.name, slot=slots.ADDRESS.name, tries=0, answered="", given=state.given[:-1])
    return replace(decision, move=Ask(intent, slots.ADDRESS), after=after)


def give_up(decision: Decision, reason: str) -> Decision:
    """Hand over after all."""
    return replace(decision, move=GiveUp(reason), after=replace(decision.after, intent="", slot="", offered=()))


def _meant(decision: Decision, found: Classification) -> tuple[str, float, str]:
    if decision.chosen is not None:
        return decision.chosen[1], 1.0, Outcome.ANSWER.value
    return found.intent, found.confidence, found.outcome.value


def _decided(state: Dialogue, heard: Heard, found: Classification, known: Known, turns_max: int) -> Decision:
    text = heard.text
    if moods.wants_human(text):
        return Decision(GiveUp("human"), state)
    if moods.is_angry(text) and not _ends_with_a_person(found, known):
        return Decision(GiveUp("angry"), state)
    if not text.strip():
        return Decision(GiveUp("file"), state)
    if state.turns > turns_max:
        return Decision(GiveUp("turns"), state)
    if state.slot:
        return _in_slot(state, heard, found, known)
    if state.answered and (helped := moods.judges(text)) is not None:
        judged = (state.answered, helped)
        after = replace(state, answered="", helped=helped)
        return Decision(Thank() if helped else GiveUp("not_helped"), after, judged)
    if state.offered:
        return _of_offer(state, heard, found, known)
    if _asked_before(state, text):
        return Decision(GiveUp("repeated"), state)
    return _understood(state, heard, found, known)


def _ends_with_a_person(found: Classification, known: Known) -> bool:
    """Whether what he wants is taken down and then handed over by its own intent: a complaint, say."""
    intent = known(found.intent) if found.outcome is Outcome.ANSWER else None
    if intent is None or any(slot.required for slot in intent.slots):
        return False
    return any(isinstance(action, HandOver | RouteToTeam) for action in intent.actions)


def _in_slot(state: Dialogue, heard: Heard, found: Classification, known: Known) -> Decision:
    """An answer to what was asked for; or another question, or the way out."""
    left = replace(state, intent="", slot="", tries=0, slots={})
    intent = known(state.intent)
    slot = None if intent is None else _slot(intent, state.slot)
    if intent is None or slot is None:  # it was changed meanwhile
        return _understood(left, heard, found, known)
    if moods.gives_up(heard.text):
        return Decision(LetGo(), left)
    taken = slots.value(slot, heard.text, heard.today)
    if _is_other_question(slot, taken, heard.text, intent, found):
        return _understood(left, heard, found, known)
    if taken is not None:
        told = {**state.slots, slot.name: taken}
        return _begun(replace(state, slot="", tries=0, slots=told), intent)
    if state.tries + 1 >= slot.tries:
        return Decision(GiveUp("slot"), left)
    return Decision(Ask(intent, slot, again=True), replace(state, tries=state.tries + 1))


def _is_other_question(slot: Slot, taken: str | None, text: str, intent: Intent, found: Classification) -> bool:
    if found.outcome is not Outcome.ANSWER or found.intent == intent.name:
        return False
    if slot.kind == "text":
        return found.tier in (Tier.CONFIRMED, Tier.RULE)
    return taken is None or len(moods.plain(text.replace(taken, ""))) > _BESIDE_CHARACTERS


def _of_offer(state: Dialogue, heard: Heard, found: Classification, known: Known) -> Decision:
    """One of what was offered, or something else: a second offer in a row would be a loop."""
    words = moods.plain(heard.text)
    left = replace(state, offered=(), offer_of="")
    for name in state.offered:
        intent = known(name)
        if intent is not None and words in {moods.plain(title) for title in intent.title.values()}:
            begun = _begun(left, intent)
            return replace(begun, chosen=(state.offer_of, name))
    if found.outcome is Outcome.OFFER:
        return Decision(GiveUp("unsure"), left)
    return _understood(left, heard, found, known)


def _understood(state: Dialogue, heard: Heard, found: Classification, known: Known) -> Decision:
    if found.outcome is Outcome.ANSWER:
        intent = known(found.intent)
        if intent is None or not intent.enabled:
            return Decision(GiveUp("unknown"), state)
        fresh = replace(state, intent=intent.name, slot="", tries=0, slots=_told(intent, found, heard))
        return _begun(fresh, intent)
    if found.outcome is Outcome.OFFER:
        offered = tuple(filter(None, (known(one.intent) for one in found.candidates[:_OFFERED_MAX])))
        offered = tuple(intent for intent in offered if intent.enabled and intent.title)
        if offered:
            names = tuple(intent.name for intent in offered)
            return Decision(Offer(offered), replace(state, offered=names, offer_of=heard.message_id, answered=""))
    return Decision(GiveUp("unsure" if found.outcome is Outcome.OFFER else "unknown"), state)


def _told(intent: Intent, found: Classification, heard: Heard) -> dict[str, str]:
    """What the question itself says: by the rule's marks, else where a slot's own pattern finds it."""
    told = {}
    for slot in intent.slots:
        marked = found.slots.get(slot.name, "")
        taken = slots.value(slot, marked, heard.today) if marked else None
        taken = taken or slots.volunteered(slot, heard.text, heard.today)
        if taken is not None:
            told[slot.name] = taken
    return told


def _begun(state: Dialogue, intent: Intent) -> Decision:
    """Ask for what is missing, else answer: once."""
    missing = next((slot for slot in intent.slots if slot.required and slot.name not in state.slots), None)
    if missing is not None:
        return Decision(Ask(intent, missing), replace(state, intent=intent.name, slot=missing.name, answered=""))
    key = answer_key(intent, state.slots)
    if state.given.count(key) >= (1 if intent.follow_up else _SMALL_TALK_MAX):
        return Decision(GiveUp("repeated"), replace(state, intent="", slot=""))
    return Decision(Answer(intent), replace(state, intent=intent.name, slot="", given=(*state.given, key)))


def answer_key(intent: Intent, told: Mapping[str, str]) -> str:
    """What one answer is told from another by: the same intent for the same things."""
    return "|".join((intent.name, *(f"{name}={told[name]}" for name in sorted(told) if told[name])))


def _slot(intent: Intent, name: str) -> Slot | None:
    if name == slots.ADDRESS.name:
        return slots.ADDRESS
    return next((slot for slot in intent.slots if slot.name == name), None)


def _asked_before(state: Dialogue, text: str) -> bool:
    """Whether he has said nearly the same before, with the same numbers in it: what he was told did not serve him."""
    words = moods.plain(text)
    if len(words) < _SAME_CHARACTERS_MIN and not _CJK.search(words):
        return False
    numbers, likeness = _DIGITS.findall(words), Likeness(words)
    return any(
        likeness.ratio(earlier) >= _SAME_RATIO and _DIGITS.findall(earlier) == numbers
        for earlier in (moods.plain(one.text) for one in state.asked if one.outcome != Outcome.HAND_OVER)
        if len(earlier) >= min(_SAME_CHARACTERS_MIN, len(words))
    )


def _parts(decision: Decision) -> dict[str, Move | Dialogue]:
    return {"move": decision.move, "after": decision.after}
