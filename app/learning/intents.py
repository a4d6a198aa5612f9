"""Intents: who may see and change them, what is fit to be stored."""

import unicodedata
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from app.accounts.audit import record, record_change
from app.accounts.policy import demand
from app.intent import patterns
from app.intent.patterns import BadPattern
from app.model.audit import Change, Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.events import IntentsChanged
from app.model.frames import Id
from app.model.ids import Ids
from app.model.intents import Intent, Language, Phrase, PhraseText, Slot
from app.model.principals import Principal
from app.settings import Limits
from app.storage import intents
from app.storage.database import Database, Transaction
from app.storage.intents import StoredIntent, StoredPhrase

# What stands at /api/v1/intents/…: an intent of that name could not be reached.
RESERVED = frozenset(
    {"try", "corrections", "review", "versions", "training", "statistics", "thresholds", "evaluation",
     "import", "export", "files", "starter", "patterns"}
)  # fmt: skip
_PORTION = 500


class SavedIntent(Struct, frozen=True, forbid_unknown_fields=True):
    """An intent to be stored under its name; its phrases are added to those that are there.

    `version` is the one that was read, 0 for a new one: where somebody else has saved meanwhile, it is a conflict.
    """

    intent: Intent
    version: Annotated[int, Meta(ge=0)] = 0


class PatternAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A pattern while it is being written; `slots` say of which kind its marks are."""

    pattern: PhraseText
    slots: Annotated[tuple[Slot, ...], Meta(max_length=50)] = ()


class PatternChecked(Struct, frozen=True):
    """Where a pattern is refused and why, in both languages; `place` counts characters from 1, 0 where it will do."""

    place: int = 0
    en: str = ""
    zh: str = ""


class PhraseQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which phrases: `before` the id of the last one seen, `q` words that they contain."""

    before: Annotated[str, Meta(max_length=26)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    language: Language = ""
    origin: Annotated[str, Meta(max_length=20)] = ""
    q: Annotated[str, Meta(max_length=100)] = ""


class PhrasePage(Struct, frozen=True):
    """Phrases, the newest first; `next` is passed as `before`, None at the end."""

    phrases: list[StoredPhrase]
    next: str | None


class NewPhrases(Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases to be added to an intent."""

    phrases: Annotated[tuple[Phrase, ...], Meta(min_length=1, max_length=500)]


class Contradiction(Struct, frozen=True):
    """The same words in several intents: one of them is wrong."""

    text: str
    intents: tuple[str, ...]


class PhrasesAdded(Struct, frozen=True):
    """How many were new, how many were there already, and which stand in other intents too."""

    added: int
    known: int
    contradictions: list[Contradiction]


class PhraseIds(Struct, frozen=True, forbid_unknown_fields=True):
    """Which phrases."""

    ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=500)]


class PhrasesRemoved(Struct, frozen=True):
    """How many are gone."""

    removed: int


class Intents:
    """Everybody who works here may see them; writing them needs `intents.manage`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits

    async def listing(self, principal: Principal) -> list[StoredIntent]:
        """Every one by name, without its phrases; raises `Forbidden`."""
        demand(principal, "intent.read")
        return await intents.listing(self._database, self._limits.intents_max)

    async def find(self, principal: Principal, name: str) -> StoredIntent:
        """One; raises `Forbidden`, `NotFound`."""
        demand(principal, "intent.read")
        found = await intents.find(self._database, name)
        if found is None:
            raise not_found()
        return found

    async def save(self, principal: Principal, name: str, asked: SavedIntent) -> StoredIntent:
        """Store one.

        Raises `Forbidden`, `Invalid` (name_differs, name_reserved, empty; a rule's `BadPattern`), `Conflict`
        (changed_meanwhile, limit_reached).
        """
        demand(principal, "intent.write")
        intent = checked(name, asked.intent)
        for rule in intent.rules:
            patterns.variants(rule.pattern, intent.slots, self._limits)
        await self._demand_room(len(intent.phrases))

        def unit(tx: Transaction) -> None:
            before = intents.by_name(tx, name)
            self._demand_current(tx, before, asked.version)
            intents.save(tx, intent, asked.version + 1, self._clock.now_ms())
            for phrase in intent.phrases:
                self.add(tx, name, phrase)
            action = "intent.create" if before is None else "intent.change"
            was = None if before is None else before.intent
            record_change(tx, principal, action, Subject("intent", "", name), was, intent, ("phrases", "replies"))
            tx.announce(IntentsChanged((name,)))

        await self._database.write(unit)
        return await self.find(principal, name)

    async def delete(self, principal: Principal, name: str) -> None:
        """Forget one with all its phrases, in portions; raises `Forbidden`, `NotFound`."""
        demand(principal, "intent.write")
        await self.find(principal, name)

        def unit(tx: Transaction) -> bool:
            if not intents.delete(tx, name, _PORTION):
                return False
            record(tx, principal, "intent.delete", Subject("intent", "", name))
            tx.announce(IntentsChanged((name,)))
            return True

        while not await self._database.write(unit):
            pass

    async def phrases(self, principal: Principal, name: str, asked: PhraseQuery) -> PhrasePage:
        """A page of an intent's phrases; raises `Forbidden`, `NotFound`."""
        await self.find(principal, name)
        rows_max = min(asked.limit, self._limits.page_rows_max)
        rows = await intents.phrases(
            self._database, name, asked.before, rows_max + 1, asked.language, asked.origin, asked.q
        )
        page = rows[:rows_max]
        return PhrasePage(page, page[-1].id if len(rows) > rows_max else None)

    async def add_phrases(self, principal: Principal, name: str, asked: NewPhrases) -> PhrasesAdded:
        """Add phrases; raises `Forbidden`, `NotFound`, `Invalid` (empty), `Conflict` (limit_reached)."""
        demand(principal, "intent.write")
        phrases = [_phrase(one) for one in asked.phrases]
        await self._demand_room(len(phrases))

        def unit(tx: Transaction) -> int:
            if intents.by_name(tx, name) is None:
                raise not_found()
            added = sum(self.add(tx, name, phrase) for phrase in phrases)
            if added:
                record(tx, principal, "intent.phrases", Subject("intent", "", name), Change(after={"added": added}))
                tx.announce(IntentsChanged((name,)))
            return added

        added = await self._database.write(unit)
        held = await intents.where(self._database, [phrase.text for phrase in phrases])
        return PhrasesAdded(added, len(phrases) - added, contradictions(held))

    async def remove_phrases(self, principal: Principal, name: str, asked: PhraseIds) -> PhrasesRemoved:
        """Forget phrases; those that are gone already harm nothing. Raises `Forbidden`, `NotFound`."""
        demand(principal, "intent.write")

        def unit(tx: Transaction) -> int:
            if intents.by_name(tx, name) is None:
                raise not_found()
            removed = sum(intents.remove_phrase(tx, name, phrase_id) for phrase_id in asked.ids)
            if removed:
                record(tx, principal, "intent.phrases", Subject("intent", "", name), Change(after={"removed": removed}))
                tx.announce(IntentsChanged((name,)))
            return removed

        return PhrasesRemoved(await self._database.write(unit))

    def check_pattern(self, principal: Principal, asked: PatternAsked) -> PatternChecked:
        """Whether a pattern will do, without storing it; raises `Forbidden`."""
        demand(principal, "intent.write")
        try:
            patterns.variants(asked.pattern, asked.slots, self._limits)
        except BadPattern as bad:
            return PatternChecked(bad.place, bad.en, bad.zh)
        return PatternChecked()

    def add(self, tx: Transaction, name: str, phrase: Phrase) -> bool:
        """Add one in a transaction of the caller's; whether it was new."""
        return intents.add_phrase(tx, self._ids.new(), name, phrase, self._clock.now_ms())

    def _demand_current(self, tx: Transaction, before: StoredIntent | None, version: int) -> None:
        if version != (0 if before is None else before.version):
            raise Conflict(
                "changed_meanwhile",
                "Somebody has changed this intent meanwhile. Open it again, then make your change.",
                "该意图已被其他人修改。请重新打开后再修改。",
                field="version",
            )
        if before is None and intents.count(tx) >= self._limits.intents_max:
            raise too_many(self._limits.intents_max, "intents", "意图")

    async def _demand_room(self, more: int) -> None:
        if more and await intents.phrase_count(self._database) + more > self._limits.intent_phrases_max:
            raise too_many(self._limits.intent_phrases_max, "phrases", "示例问法")


def contradictions(held: dict[str, list[str]]) -> list[Contradiction]:
    """Those words that several intents have."""
    return [Contradiction(text, tuple(names)) for text, names in held.items() if len(names) > 1]


def too_many(most: int, en: str, zh: str) -> Conflict:
    """There is no room for more of them."""
    return Conflict(
        "limit_reached",
        f"There may be at most {most} {en}. Delete some that nobody needs.",
        f"{zh}最多 {most} 条。请先删除不需要的。",
    )


def cleaned(text: str) -> str:
    """Words without control characters, with one space between them."""
    return " ".join("".join(" " if unicodedata.category(one) == "Cc" else one for one in text).split())


def _phrase(phrase: Phrase) -> Phrase:
    text = cleaned(phrase.text)
    if not text:
        raise Invalid("empty", "A phrase is empty. Write it.", "有一条示例问法为空。请填写。", field="phrases")
    return replace(phrase, text=text)


def checked(name: str, intent: Intent) -> Intent:
    """Fit to be stored: named as its address, with a title, its phrases cleaned."""
    if intent.name != name:
        raise Invalid(
            "name_differs", f"The address says {name}, the intent {intent.name}.",
            f"地址中的名称是 {name}，内容中是 {intent.name}。", field="intent.name",
        )  # fmt: skip
    if name in RESERVED:
        raise Invalid(
            "name_reserved", f"{name} is taken by the product. Choose another name.",
            f"{name} 是保留名称。请换一个名称。", field="intent.name",
        )  # fmt: skip
    title = {language: cleaned(text) for language, text in intent.title.items()}
    if not any(title.values()) or not set(title) <= {"zh", "en"}:
        raise Invalid(
            "empty", "The intent has no title. Write one, in Chinese or English.",
            "意图没有标题。请用中文或英文填写。",
            field="intent.title",
        )  # fmt: skip
    _demand_once("slots", [slot.name for slot in intent.slots])
    return replace(intent, title=title, phrases=tuple(_phrase(phrase) for phrase in intent.phrases))


def _demand_once(what: str, names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Invalid(
            "twice", f"{twice} stands there twice. Name each differently.", f"{twice} 出现了两次。请使用不同的名称。",
            field=f"intent.{what}",
        )  # fmt: skip
