"""What is said of a conversation beside its status: tags, priority, attributes. Colleagues see it alone."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from app.accounts.fields import Values, with_values
from app.accounts.policy import demand
from app.chat import journal
from app.chat.status import closed
from app.model.clock import Clock
from app.model.conversations import Conversation, Speaker, Status
from app.model.errors import Invalid, not_found
from app.model.fields import Noun
from app.model.frames import Id
from app.model.ids import Ids
from app.model.principals import Agent, Principal, Visitor
from app.model.tags import Tag
from app.model.tickets import Priority
from app.settings import Limits
from app.storage import conversations, fields, tags
from app.storage.database import Database, Transaction

TagIds = Annotated[tuple[Id, ...], Meta(max_length=20)]


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """What changes; what is unset stays. A tag that is there already, or is not, changes nothing.

    `attributes` are values of the desk's own fields by their keys: those that change, "" takes one away.
    """

    priority: Priority | UnsetType = UNSET
    add_tags: TagIds = ()
    remove_tags: TagIds = ()
    attributes: Values | UnsetType = UNSET


class Labelling:
    """Changes labels; every change is a line for colleagues and a stored event. `names` are the agents' names by id."""

    def __init__(self, database: Database, ids: Ids, clock: Clock, limits: Limits, names: Mapping[str, str]) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._limits = limits
        self._names = names

    async def change(self, principal: Principal, conversation_id: str, labels: Labels) -> Conversation:
        """Change them.

        Raises `NotFound`, `Forbidden`, `Conflict` (closed), `Invalid` (tag_unusable, tags_too_many, field_unknown,
        value_unusable).
        """

        def unit(tx: Transaction) -> Conversation:
            head = conversations.by_id(tx, conversation_id)
            if head is None or isinstance(principal, Visitor):
                raise not_found()
            return self.apply(tx, principal, head, labels)

        return await self._database.write(unit)

    def apply(self, tx: Transaction, principal: Principal, head: Conversation, labels: Labels) -> Conversation:
        """As `change`, within a transaction of the caller's."""
        demand(principal, "conversation.write", head)
        if head.status is Status.CLOSED:
            raise closed()
        after = self._tagged(tx, principal, head, labels)
        if labels.priority is not UNSET and labels.priority != after.priority:
            data = {"event": "priority_changed", "from": str(after.priority), "to": str(int(labels.priority))}
            changed = replace(after, priority=int(labels.priority))
            after = self._write(tx, principal, after, changed, "conversation.priority_changed", data)
        return after if labels.attributes is UNSET else self._valued(tx, principal, after, labels.attributes)

    def _valued(
        self, tx: Transaction, principal: Principal, head: Conversation, wanted: dict[str, str]
    ) -> Conversation:
        known = fields.all_of(tx, Noun.CONVERSATION)
        held = with_values(known, head.attributes, wanted, "attributes")
        changed = [field for field in known if held.get(field.key, "") != head.attributes.get(field.key, "")]
        if not changed:
            return head
        data = {
            "event": "attributes_changed",
            "en": "; ".join(f"{field.name_en}: {held.get(field.key, '–')}" for field in changed),
            "zh": "；".join(f"{field.name_zh}：{held.get(field.key, '–')}" for field in changed),
        }
        return self._write(tx, principal, head, replace(head, attributes=held), "conversation.attributes_changed", data)

    def _tagged(self, tx: Transaction, principal: Principal, head: Conversation, labels: Labels) -> Conversation:
        added = [tag for tag in dict.fromkeys(labels.add_tags) if tag not in head.tags]
        removed = [tag for tag in dict.fromkeys(labels.remove_tags) if tag in head.tags and tag not in added]
        if not added and not removed:
            return head
        known = {tag.id: tag for tag in tags.all_of_them(tx)}
        for tag_id in added:
            _demand_usable(known.get(tag_id))
        kept = (*(tag for tag in head.tags if tag not in removed), *added)
        if len(kept) > self._limits.tags_of_conversation_max:
            raise _too_many(self._limits.tags_of_conversation_max)
        tags.put(tx, head.id, added)
        tags.take(tx, head.id, removed)
        data = {"event": "tags_changed", "added": _named(known, added), "removed": _named(known, removed)}
        return self._write(tx, principal, head, replace(head, tags=kept), "conversation.tags_changed", data)

    def _write(
        self,
        tx: Transaction,
        principal: Principal,
        before: Conversation,
        changed: Conversation,
        name: str,
        data: dict[str, str],
    ) -> Conversation:
        actor = _speaker(principal, self._names)
        said = {**data, "agent": actor.name}
        line = journal.Line(self._ids.new(), name, said, actor, self._clock.now_ms(), internal=True)
        after = journal.write(tx, before, changed, line, self._names)
        conversations.update(tx, after)
        return after


def _speaker(principal: Principal, names: Mapping[str, str]) -> Speaker:
    if isinstance(principal, Agent):
        return Speaker("agent", principal.agent_id, names.get(principal.agent_id, ""))
    if isinstance(principal, Visitor):
        raise not_found()
    return Speaker("system", principal.name)


def _named(known: Mapping[str, Tag], tag_ids: list[str]) -> str:
    return ", ".join(known[tag_id].name for tag_id in tag_ids if tag_id in known)


def _demand_usable(tag: Tag | None) -> None:
    if tag is None or tag.archived:
        raise Invalid(
            "tag_unusable",
            "This tag does not exist any more. Choose one from the list.",
            "该标签已不可用。请从列表中选择。",
            field="add_tags",
        )


def _too_many(most: int) -> Invalid:
    return Invalid(
        "tags_too_many",
        f"A conversation has at most {most} tags. Take one away first.",
        f"每个会话最多 {most} 个标签。请先去掉一个。",
        field="add_tags",
    )
