"""Automations as who manages them sees and changes them: sources that begin with our events or the clock.

Each is a document like any other, so what is saved here is checked, kept and run by `Management`.
"""

import asyncio

from app.adapters.managing.automations import SIGNED_WITH, document, form_of
from app.adapters.managing.management import Management
from app.adapters.specs.model import EVENT_NAMES, Act, Events, Send, Source, Times
from app.model.automations import (
    Automation,
    AutomationFacts,
    AutomationList,
    AutomationSaved,
    FieldOffered,
    NewAutomation,
)
from app.model.errors import Conflict, not_found
from app.model.health import Words
from app.model.ids import Ids
from app.model.sources import NewSpec
from app.settings import Limits

_ABOUT_CONVERSATIONS = ("conversation.", "message.", "csat.", "offline_message.")
_EVERYTHING = (*_ABOUT_CONVERSATIONS, "ticket.", "contact.")
_STATUSES = ("bot", "queued", "open", "waiting", "snoozed", "offline", "resolved", "closed")
_SPEAKERS = ("visitor", "agent", "bot", "system")
_PREFIX = "whsec_"
FIELDS: tuple[FieldOffered, ...] = (
    FieldOffered("message.text", "text", Words("Message: text", "消息：内容"), ("message.", "conversation.created")),
    FieldOffered(
        "message.sender.kind", "choice", Words("Message: who wrote it", "消息：发送方"),
        ("message.", "conversation.created"), _SPEAKERS,
    ),
    FieldOffered(
        "message.kind", "choice", Words("Message: kind", "消息：类型"), ("message.", "conversation.created"),
        ("message", "note", "system", "notice", "edit", "delete"),
    ),
    FieldOffered(
        "conversation.status", "choice", Words("Conversation: status", "会话：状态"), _ABOUT_CONVERSATIONS, _STATUSES
    ),
    FieldOffered(
        "conversation.priority", "number", Words("Conversation: priority", "会话：优先级"), _ABOUT_CONVERSATIONS
    ),
    FieldOffered("conversation.tags", "tag", Words("Conversation: tags", "会话：标签"), _ABOUT_CONVERSATIONS),
    FieldOffered("conversation.team_id", "team", Words("Conversation: team", "会话：团队"), _ABOUT_CONVERSATIONS),
    FieldOffered("conversation.assignee_id", "agent", Words("Conversation: agent", "会话：客服"), _ABOUT_CONVERSATIONS),
    FieldOffered("conversation.inbox_id", "inbox", Words("Conversation: inbox", "会话：渠道"), _ABOUT_CONVERSATIONS),
    FieldOffered(
        "conversation.last_text", "text", Words("Conversation: last words", "会话：最后一条"), _ABOUT_CONVERSATIONS
    ),
    FieldOffered("rating.score", "number", Words("Rating: score", "评价：分数"), ("csat.submitted",)),
    FieldOffered("rating.text", "text", Words("Rating: words", "评价：文字"), ("csat.submitted",)),
    FieldOffered("ticket.title", "text", Words("Ticket: title", "工单：标题"), ("ticket.",)),
    FieldOffered("ticket.priority", "number", Words("Ticket: priority", "工单：优先级"), ("ticket.",)),
    FieldOffered(
        "ticket.category", "choice", Words("Ticket: state", "工单：阶段"), ("ticket.",), ("open", "waiting", "done")
    ),
    FieldOffered("ticket.type", "text", Words("Ticket: type", "工单：类型"), ("ticket.",)),
    FieldOffered("ticket.team_id", "team", Words("Ticket: team", "工单：团队"), ("ticket.",)),
    FieldOffered("ticket.assignee_id", "agent", Words("Ticket: agent", "工单：客服"), ("ticket.",)),
    FieldOffered("contact.name", "text", Words("Customer: name", "客户：姓名"), _EVERYTHING),
    FieldOffered("contact.email", "text", Words("Customer: e-mail", "客户：邮箱"), _EVERYTHING),
    FieldOffered("contact.phone", "text", Words("Customer: phone", "客户：电话"), _EVERYTHING),
    FieldOffered("contact.language", "text", Words("Customer: language", "客户：语言"), _EVERYTHING),
    FieldOffered("contact.external_id", "text", Words("Customer: number elsewhere", "客户：外部编号"), _EVERYTHING),
)  # fmt: skip


class Automating:
    """As `ManagedAutomations`."""

    def __init__(self, management: Management, ids: Ids, limits: Limits) -> None:
        self._management = management
        self._ids = ids
        self._limits = limits

    async def listing(self) -> AutomationList:
        """All of them by title."""
        found = [await self._facts(source) for source in self._management.sources if _is_automation(source)]
        found.sort(key=lambda one: (one.title.en.casefold(), one.name))
        return AutomationList(tuple(found), EVENT_NAMES, FIELDS)

    async def save(self, name: str, new: NewAutomation) -> AutomationSaved:
        """Write its form as a document, check and keep that. Raises `Conflict` for what was written by hand."""
        before = await self._of_form(name)
        form = Automation(**{field: getattr(new, field) for field in Automation.__struct_fields__})
        secret = ""  # nosec B105 - none
        if form.call is not None and (new.renew_secret or before is None or before.call is None):
            secret = _PREFIX + self._ids.token() + self._ids.token()
        given = {SIGNED_WITH: secret} if secret else {}
        saved = await self._management.save(name, NewSpec(yaml=document(name, form), secrets=given))
        if not saved.saved:
            return AutomationSaved(False, saved.errors, saved.cases)
        return AutomationSaved(True, (), saved.cases, await self._facts(self._management.source(name)), secret)

    async def remove(self, name: str) -> None:
        """It is done no more."""
        if not _is_automation(self._management.source(name)):
            raise not_found()
        await self._management.remove(name, forget=True)

    async def _of_form(self, name: str) -> Automation | None:
        """What it was; None for a new one."""
        known = [source for source in self._management.sources if source.name == name]
        if not known:
            return None
        facts = await self._facts(known[0]) if _is_automation(known[0]) else None
        if facts is None or facts.form is None:
            raise Conflict(
                "automation_by_hand",
                f"“{name}” says more than the form does. Change it as YAML.",
                f"“{name}”的内容超出表单范围。请以 YAML 方式修改。",
            )
        return facts.form

    async def _facts(self, source: Source) -> AutomationFacts:
        told = await self._management.detail(source.name)
        form = await asyncio.to_thread(form_of, told.yaml, self._limits) if told.yaml else None
        return AutomationFacts(
            name=told.name,
            title=told.title,
            enabled=told.enabled,
            editable=told.editable,
            calls=isinstance(source.deliver, Send),
            form=form,
            state=told.state,
            code=told.code,
            en=told.en,
            zh=told.zh,
            held_at=told.held_at,
            letters=told.letters,
        )


def _is_automation(source: Source) -> bool:
    """What begins with our events or the clock, and is no system that a preset knows."""
    acts = isinstance(source.deliver, Act) and source.deliver.to == "conversations.act"
    return (
        isinstance(source.origin, Events | Times) and (acts or isinstance(source.deliver, Send)) and not source.preset
    )
