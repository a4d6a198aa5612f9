"""Inboxes: the websites that visitors come from. They belong to accounts, because an administrator configures them."""

from collections.abc import Callable
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.audit import record_change
from app.accounts.hours import checked
from app.accounts.names import named
from app.accounts.policy import demand
from app.accounts.schedules import demand_known
from app.accounts.sites import origins_of
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Conflict, Invalid, not_found
from app.model.ids import Ids
from app.model.people import Inbox
from app.model.principals import Principal
from app.model.widget import Ask, Survey, SurveyTag, Widget
from app.settings import Limits
from app.storage import agents, inboxes
from app.storage.database import Database, Transaction

Origins = Annotated[tuple[Annotated[str, Meta(max_length=300)], ...], Meta(max_length=50)]
Color = Annotated[str, Meta(pattern=r"^(#[0-9a-fA-F]{6})?(?!\n)$")]
Greeting = Annotated[str, Meta(max_length=500)]


class NewInbox(Struct, frozen=True, forbid_unknown_fields=True):
    """A website to be added."""

    name: str
    origins: Origins = ()
    team_id: str | None = None
    color: Color = ""
    greeting_en: Greeting = ""
    greeting_zh: Greeting = ""
    preview: bool = True
    widget: Widget = Widget()
    schedule_id: str | None = None


class InboxChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. `widget` is replaced whole."""

    name: str | UnsetType = UNSET
    origins: Origins | UnsetType = UNSET
    team_id: str | UnsetType | None = UNSET
    color: Color | UnsetType = UNSET
    greeting_en: Greeting | UnsetType = UNSET
    greeting_zh: Greeting | UnsetType = UNSET
    preview: bool | UnsetType = UNSET
    widget: Widget | UnsetType = UNSET
    schedule_id: str | UnsetType | None = UNSET


class Inboxes:
    """Creates, changes and knows inboxes; all of them are held in memory, for every visitor's hello asks for one."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._held: dict[str, Inbox] = {}

    async def load(self) -> None:
        """Read them once, at start; again after something else than this class wrote them."""
        self._held = {inbox.id: inbox for inbox in await inboxes.all_of_them(self._database)}

    def find(self, inbox_id: str) -> Inbox:
        """One inbox, from memory; raises `NotFound`."""
        found = self._held.get(inbox_id)
        if found is None:
            raise not_found()
        return found

    def patience(self) -> list[tuple[str, int]]:
        """The inboxes whose visitors are offered the form after a wait, and after how many minutes; from memory."""
        return [(one.id, one.widget.patience.minutes) for one in self._held.values() if one.widget.patience.minutes]

    def patience_of(self, inbox_id: str) -> int:
        """The same of one inbox; 0 where they never are."""
        found = self._held.get(inbox_id)
        return 0 if found is None else found.widget.patience.minutes

    def listing(self, principal: Principal) -> list[Inbox]:
        """Every inbox, oldest first."""
        demand(principal, "inbox.read")
        return sorted(self._held.values(), key=lambda inbox: (inbox.created_at, inbox.id))

    async def create(self, principal: Principal, new: NewInbox, inbox_id: str = "", *, kind: str = "website") -> Inbox:
        """Add an inbox; `inbox_id` only where it must be a known one (the demo's, that of an address)."""
        demand(principal, "inbox.manage")
        if len(self._held) >= self._limits.inboxes_max:
            raise Conflict(
                "limit_reached",
                f"There are already {self._limits.inboxes_max} inboxes, which is the most. Change one that exists.",
                f"收件箱数量已达上限 {self._limits.inboxes_max}。请修改现有的收件箱。",
            )
        inbox = Inbox(
            inbox_id or self._ids.new(), named(new.name), self._clock.now_ms(), origins_of(new.origins), new.team_id,
            new.color, new.greeting_en, new.greeting_zh, new.preview, _sound(new.widget),
            new.schedule_id, kind,
        )  # fmt: skip
        return await self._save(principal, lambda tx: (None, inbox))

    async def change(self, principal: Principal, inbox_id: str, change: InboxChange) -> Inbox:
        """Change an inbox; raises `NotFound`, `Invalid`."""
        demand(principal, "inbox.manage")

        def changed(tx: Transaction) -> tuple[Inbox, Inbox]:
            before = inboxes.by_id(tx, inbox_id)
            if before is None:
                raise not_found()
            return before, _changed(before, change)

        return await self._save(principal, changed)

    async def named(self, principal: Principal, name: str, kind: str) -> Inbox:
        """Add an inbox that needs nothing but a name; raises as `create`."""
        return await self.create(principal, NewInbox(name), kind=kind)

    async def rename(self, principal: Principal, inbox_id: str, name: str, team_id: str | None) -> Inbox:
        """Change what an address and a website have in common; raises as `change`."""
        return await self.change(principal, inbox_id, InboxChange(name=name, team_id=team_id))

    async def _save(self, principal: Principal, make: Callable[[Transaction], tuple[Inbox | None, Inbox]]) -> Inbox:
        def unit(tx: Transaction) -> Inbox:
            before, inbox = make(tx)
            if inbox.team_id is not None and agents.team(tx, inbox.team_id) is None:
                raise Invalid(
                    "team_unknown",
                    "This team does not exist. Choose from the list.",
                    "团队不存在。请从列表中选择。",
                    field="team_id",
                )
            demand_known(tx, inbox.schedule_id)
            inboxes.save(tx, inbox)
            action = "inbox.create" if before is None else "inbox.change"
            record_change(tx, principal, action, Subject("inbox", inbox.id, inbox.name), before, inbox)
            return inbox

        inbox = await self._database.write(unit)
        self._held[inbox.id] = inbox
        return inbox


def _changed(before: Inbox, change: InboxChange) -> Inbox:
    return replace(
        before,
        name=before.name if change.name is UNSET else named(change.name),
        origins=before.origins if change.origins is UNSET else origins_of(change.origins),
        team_id=before.team_id if change.team_id is UNSET else change.team_id,
        color=before.color if change.color is UNSET else change.color,
        greeting_en=before.greeting_en if change.greeting_en is UNSET else change.greeting_en,
        greeting_zh=before.greeting_zh if change.greeting_zh is UNSET else change.greeting_zh,
        preview=before.preview if change.preview is UNSET else change.preview,
        widget=before.widget if change.widget is UNSET else _sound(change.widget),
        schedule_id=before.schedule_id if change.schedule_id is UNSET else change.schedule_id,
    )


def _sound(widget: Widget) -> Widget:
    """With its hours in order; raises `Invalid` where they are none, or where something is asked that has no name."""
    fields = widget.fields
    if fields.free is not Ask.NO and not (fields.free_label.en.strip() or fields.free_label.zh.strip()):
        raise Invalid(
            "field_unnamed",
            "Your own field needs a label, in one language at least. Write one, or do not ask for it.",
            "自定义字段需要名称，至少填一种语言。请填写名称，或不询问该字段。",
        )
    _demand_invitations(widget)
    _demand_greetings(widget)
    return replace(widget, hours=checked(widget.hours), survey=_survey(widget.survey))


def _demand_invitations(widget: Widget) -> None:
    rules = widget.invitations
    if any(not (one.text.en.strip() or one.text.zh.strip()) for one in rules):
        raise Invalid(
            "invitation_wordless",
            "An invitation needs words, in one language at least. Write some, or remove it.",
            "邀请需要文字，至少填一种语言。请填写，或删除该邀请。",
        )
    if len({one.id for one in rules}) < len(rules):
        raise Invalid(
            "invitation_twice",
            "Two invitations have the same id. Give each one its own.",
            "有两个邀请的 id 相同。请为每个邀请使用不同的 id。",
        )


def _demand_greetings(widget: Widget) -> None:
    if any(not (one.text.en.strip() or one.text.zh.strip()) for one in widget.greetings):
        raise Invalid(
            "greeting_wordless",
            "A greeting for some pages needs words, in one language at least. Write some, or remove it.",
            "按页面显示的欢迎语需要文字，至少填一种语言。请填写，或删除该欢迎语。",
        )


def _survey(survey: Survey) -> Survey:
    """Without tags that have no words, or are named like one before."""
    tags: dict[str, SurveyTag] = {}
    for tag in survey.tags:
        en, zh = (" ".join(words.replace("\0", "").split()) for words in (tag.en, tag.zh))
        if en or zh:
            tags.setdefault(en or zh, SurveyTag(en, zh))
    return replace(survey, tags=tuple(tags.values()))
