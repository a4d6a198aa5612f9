"""The one entry for every speaker: what is said, changed or taken back comes through `Messages.accept`."""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.policy import demand
from app.chat import content as offered
from app.chat import entries, journal, mentions
from app.chat.status import AgentReplied, VisitorWrote, closed, continues, step
from app.model.clock import Clock
from app.model.conversations import Attachment, Content, Conversation, Kind, Message, Speaker, Status
from app.model.errors import Conflict, Invalid, TooLarge, forbidden, not_found
from app.model.events import MessageCreated
from app.model.frames import TEXT_MAX, Ack, Delete, Edit, Send
from app.model.ids import Ids
from app.model.principals import SOURCE, Agent, Principal, System, Visitor
from app.settings import Settings
from app.storage import channels, contacts, conversations, drafts, files, inboxes, message_versions, messages, visits
from app.storage import mentions as stored_mentions
from app.storage.database import Database, Transaction

_HOUR_MS = 3_600_000
Posted = Callable[[Transaction, Conversation, Message], None]  # told of what the visitor may have to get by mail too


def not_posted(_: Transaction, __: Conversation, ___: Message) -> None:
    """Nothing leaves by mail."""


class Order(Struct, frozen=True, gc=False):
    """A command made ready on the loop, so that the writer thread only writes. `request` digests its body."""

    principal: Principal
    sender: Speaker
    id: str
    at: int
    request: str
    text: str
    content: Content | None = None
    drops_draft: bool = True  # what is said beside the field leaves what is written in it
    data: dict[str, str] | None = None


class Messages:
    """Accepts messages, notes, edits and deletes. `names` are the agents' names by id.

    `posted` hears, in the same transaction, of what is said to a visitor.
    """

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        settings: Settings,
        names: Mapping[str, str],
        posted: Posted = not_posted,
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._names = names
        self._posted = posted
        self._reopen_ms = settings.limits.reopen_hours * _HOUR_MS

    async def accept(
        self, principal: Principal, command: Send | Edit | Delete, data: dict[str, str] | None = None
    ) -> Ack:
        """Store one command; resolves when it is on disk. `Ack.seq` counts as the sender counts.

        `data` is what the door knows of a message beside its words: a mail's heading.

        The same cid finds the first result. Raises `Conflict` (cid_reused, stale, closed), `Invalid`, `NotFound`,
        `Forbidden`.
        """
        order = self._order(principal, command)
        match command:
            case Send():
                known = order if data is None else replace(order, data=data)
                return await self._database.write(partial(self._send, command, known))
            case Edit():
                return await self._database.write(partial(self._edit, command, order))
            case Delete():
                return await self._database.write(partial(self._delete, command, order))

    def say_beside(self, tx: Transaction, principal: Agent | System, command: Send) -> Ack:
        """As `accept`, within a transaction of the caller's, and leaving the agent's own draft as it is."""
        return self._send(command, replace(self._order(principal, command), drops_draft=False), tx)

    def bring(self, tx: Transaction, visitor: Visitor, command: Send, data: dict[str, str]) -> Ack:
        """As `accept`, within a transaction of the caller's: what a customer said somewhere else."""
        return self._send(command, replace(self._order(visitor, command), data=data), tx)

    async def begin(self, principal: Agent, contact_id: str, command: Send) -> Ack:
        """Start a conversation with a contact, at the inbox whose page he saw last: it is open, with who starts it.

        Who has only written by another system is answered there.

        The same cid finds the first result. Raises `Conflict` (already_talking, never_here, cid_reused), `Invalid`,
        `NotFound`, `Forbidden`.
        """
        order = self._order(principal, command)
        return await self._database.write(partial(self._begin, principal, contact_id, command, order))

    def _order(self, principal: Principal, command: Send | Edit | Delete) -> Order:
        text = "" if isinstance(command, Delete) else clean(command.text)
        content = _content(principal, command) if isinstance(command, Send) else None
        speaker, at = self._speaker(principal), self._clock.now_ms()
        return Order(principal, speaker, self._ids.new(), at, _digest(command), text, content)

    def _speaker(self, principal: Principal) -> Speaker:
        if isinstance(principal, Visitor):
            return Speaker("visitor", principal.contact_id)
        if isinstance(principal, Agent):
            return Speaker("agent", principal.agent_id, self._names.get(principal.agent_id, ""))
        return Speaker("bot" if principal.name.startswith(SOURCE) else "system", principal.name)

    # --- on the writer thread -----------------------------------------------------------------------------------

    def _send(self, command: Send, order: Order, tx: Transaction) -> Ack:
        head, earlier = _found(tx, command.conv, order, command.cid)
        if earlier is not None:
            return _repeated(earlier, order, command.cid)
        if not order.text.strip() and not command.files and not offered.line(order.content):
            raise empty()
        if command.mentions and not (command.note and isinstance(order.principal, Agent)):
            raise _mention_misplaced()
        if head is None:
            return self._open(command, order, tx, follows=None)
        demand(order.principal, "conversation.note" if command.note else "conversation.write", head)
        if command.note:
            return self._note(command, order, tx, head)
        if isinstance(order.principal, Visitor):
            while not continues(head, self._reopen_ms, order.at):
                follower = _goes_on_in(tx, head)
                if follower is None:
                    return self._open(command, order, tx, follows=head.id)
                head = follower
            return self._say(command, order, tx, head, step(head, VisitorWrote(self._reopen_ms), order.at))
        return self._reply(command, order, tx, head)

    def _open(self, command: Send, order: Order, tx: Transaction, follows: str | None) -> Ack:
        """A visitor's first message opens a conversation; it waits in the queue of its inbox's team."""
        visitor = order.principal
        if not isinstance(visitor, Visitor):
            raise _needs_conversation()
        demand(visitor, "conversation.note" if command.note else "conversation.create")
        inbox = inboxes.by_id(tx, visitor.inbox_id)
        contact = contacts.by_id(tx, visitor.contact_id)
        if inbox is None or contact is None:
            raise not_found()
        opened = Conversation(
            self._ids.new(), inbox.id, contact.id, Status.QUEUED, order.at, order.at, team_id=inbox.team_id,
            follows=follows,
        )  # fmt: skip
        conversations.insert(tx, opened)
        message, head = self._spoken(command, order, tx, opened)
        conversations.update(tx, head)
        tx.record(MessageCreated(head, message, contact))
        return _ack(command.cid, message, order)

    def _begin(self, agent: Agent, contact_id: str, command: Send, order: Order, tx: Transaction) -> Ack:
        _, earlier = _found(tx, None, order, command.cid)
        if earlier is not None:
            known = conversations.by_id(tx, earlier.conversation_id)
            if known is None or known.contact_id != contact_id:
                raise reused()
            return _repeated(earlier, order, command.cid)
        demand(agent, "conversation.write")
        demand(agent, "contact.read")
        if not order.text.strip() and not command.files:
            raise empty()
        contact, inbox_id = contacts.by_id(tx, contact_id), visits.inbox_of(tx, contact_id)
        elsewhere = channels.of_contact(tx, contact_id) if inbox_id is None else None
        inbox_id = elsewhere[1] if elsewhere is not None else inbox_id
        if contact is None:
            raise not_found()
        inbox = None if inbox_id is None else inboxes.by_id(tx, inbox_id)
        if inbox is None:
            raise _never_here()
        opened = Conversation(
            self._ids.new(), inbox.id, contact.id, Status.OPEN, order.at, order.at, assignee_id=agent.agent_id,
            team_id=inbox.team_id,
        )  # fmt: skip
        demand(agent, "conversation.write", opened)
        if conversations.talking(tx, contact_id):
            raise _already_talking()
        conversations.insert(tx, opened)
        if elsewhere is not None:
            channels.keep(tx, opened.id, elsewhere[0], order.at)
        message, head = self._spoken(command, order, tx, opened)
        conversations.update(tx, head)
        tx.record(MessageCreated(head, message, contact, order.sender.name))
        return _ack(command.cid, message, order)

    def _reply(self, command: Send, order: Order, tx: Transaction, head: Conversation) -> Ack:
        """An agent's reply: not on top of something he has not seen; the first one takes an unassigned conversation."""
        _demand_fresh(tx, head, command.expected, order)
        if isinstance(order.principal, Agent):
            return self._say(command, order, tx, head, step(head, AgentReplied(order.principal.agent_id), order.at))
        if head.status is Status.CLOSED:
            raise closed()
        return self._say(command, order, tx, head, head)

    def _note(self, command: Send, order: Order, tx: Transaction, head: Conversation) -> Ack:
        if head.status is Status.CLOSED:
            raise closed()
        return self._say(command, order, tx, head, head)

    def _say(self, command: Send, order: Order, tx: Transaction, before: Conversation, stepped: Conversation) -> Ack:
        if stepped is before:
            message, head = self._spoken(command, order, tx, before)
            conversations.advance(tx, head)
        else:
            noted = self._note_step(order, tx, before, stepped)
            message, head = self._spoken(command, order, tx, noted)
            conversations.update(tx, head)
        tx.record(MessageCreated(head, message, None, self._names.get(head.assignee_id or "", "")))
        return _ack(command.cid, message, order)

    def _note_step(self, order: Order, tx: Transaction, before: Conversation, stepped: Conversation) -> Conversation:
        """Write down that this message changed the status: its first answer took it, it came back, or it woke."""
        taken = stepped.assignee_id != before.assignee_id
        woken = before.status is Status.SNOOZED and not taken  # to the visitor it was not asleep
        name = "conversation.assigned" if taken else "conversation.reopened"
        data = {"event": "joined" if taken else "woken" if woken else "reopened", "agent": order.sender.name}
        if taken:
            data |= journal.waited(before, order.at)
        line = journal.Line(self._ids.new(), name, data, order.sender, order.at, internal=woken)
        return journal.write(tx, before, stepped, line, self._names)

    def _spoken(self, command: Send, order: Order, tx: Transaction, head: Conversation) -> tuple[Message, Conversation]:
        """Store the entry itself; the head after it is the caller's to store."""
        visible = not command.note
        attachments = attach(tx, command.files, head.id, order, visible=visible) if command.files else ()
        if order.content is not None:
            offered.demand_pictures(order.content, attachments)
        line = order.text or offered.line(order.content) or attachments[0].name
        after = entries.spoken(head, speaker=order.sender.kind, note=command.note, line=line, at=order.at)
        message = entries.last_entry(
            after,
            order.id,
            Kind.NOTE if command.note else Kind.MESSAGE,
            order.sender,
            order.at,
            visible=visible,
            text=order.text,
            cid=command.cid,
            attachments=attachments,
            content=order.content,
            data=mentions.named(tx, head, command.mentions) if command.note and command.mentions else order.data,
        )
        messages.insert(tx, message, order.request)
        if command.note and message.data is not None:
            mentions.keep(tx, message)
        if visible and order.sender.kind in ("agent", "bot"):
            self._posted(tx, after, message)
        if isinstance(order.principal, Agent) and order.drops_draft:
            drafts.drop(tx, order.principal.agent_id, head.id, note=command.note)
        tx.enqueue("search", head.id, message.id.encode())
        return message, after

    def _edit(self, command: Edit, order: Order, tx: Transaction) -> Ack:
        head, earlier = _found(tx, command.conv, order, command.cid)
        if earlier is not None:
            return _repeated(earlier, order, command.cid)
        target = _own(tx, head, command.id, order)
        if not order.text.strip() and not target.attachments and not offered.line(target.content):
            raise empty()
        message_versions.insert(tx, target, order.sender, order.at, deleted=False)
        messages.edit(tx, target.id, order.text, order.at)
        return self._changed(tx, _required(head), target, Kind.EDIT, order, command.cid)

    def _delete(self, command: Delete, order: Order, tx: Transaction) -> Ack:
        head, earlier = _found(tx, command.conv, order, command.cid)
        if earlier is not None:
            return _repeated(earlier, order, command.cid)
        target = _own(tx, head, command.id, order)
        message_versions.insert(tx, target, order.sender, order.at, deleted=True)
        messages.delete(tx, target.conversation_id, target.id)
        if target.data is not None:
            stored_mentions.drop(tx, target.conversation_id, target.staff_seq)
        for attachment in target.attachments:
            files.release(tx, attachment.id)
        return self._changed(tx, _required(head), target, Kind.DELETE, order, command.cid)

    def _changed(self, tx: Transaction, head: Conversation, target: Message, kind: Kind, order: Order, cid: str) -> Ack:
        """The entry that says an earlier one was changed, with numbers of its own."""
        visible = target.seq is not None
        after = entries.counted(head, visible=visible, at=order.at)
        if messages.newest_id(tx, head.id) == target.id:
            after = replace(after, last_text=order.text[: entries.LINE_CHARACTERS])
        entry = entries.last_entry(
            after, order.id, kind, order.sender, order.at, visible=visible, text=order.text, cid=cid, target=target.id
        )
        messages.insert(tx, entry, order.request)
        conversations.advance(tx, after)
        tx.record(MessageCreated(after, entry, None, self._names.get(after.assignee_id or "", "")))
        tx.enqueue("search", head.id, target.id.encode())
        return _ack(cid, entry, order)


def _goes_on_in(tx: Transaction, head: Conversation) -> Conversation | None:
    """Where a visitor's words go that he writes into one that is over: where it was merged into, or what follows it."""
    target = None if head.merged_into is None else conversations.by_id(tx, head.merged_into)
    if target is not None and target.contact_id == head.contact_id:  # contacts are parted again, too
        return target
    return conversations.follower(tx, head)


def clean(text: str) -> str:
    """Text fit to be stored: no NUL, no half of a surrogate pair, not too long."""
    if "\0" in text:
        text = text.replace("\0", "")
    if len(text) > TEXT_MAX:
        raise TooLarge(
            "text_too_long",
            f"The message is longer than {TEXT_MAX} characters. Shorten it or send it as a file.",
            f"消息超过 {TEXT_MAX} 个字符。请缩短内容，或以文件形式发送。",
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid(
            "text_broken",
            "The text contains a broken character. Remove it and send again.",
            "文本中含有损坏的字符。请删除后重新发送。",
        ) from None
    return text


def _digest(command: Send | Edit | Delete) -> str:
    """Of everything but where it goes and what was seen before: those may differ when a command is sent again."""
    match command:
        case Send():
            said = f"{command.text}{offered.written(command.content)}"
            body = f"send\0{command.note:d}\0{','.join(command.files)}\0{said}"
            body += f"\0{','.join(command.mentions)}" if command.mentions else ""
        case Edit():
            body = f"edit\0{command.id}\0{command.text}"
        case Delete():
            body = f"delete\0{command.id}"
    return hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _content(principal: Principal, command: Send) -> Content | None:
    """What goes along with a message to the visitor; only we show him such things."""
    if command.content is None:
        return None
    if isinstance(principal, Visitor):
        raise forbidden()
    if command.note:
        raise Invalid(
            "content_in_note",
            "Cards and quick replies are for the visitor, who sees no note. Send them as a message.",
            "卡片与快捷回复是给访客看的，而访客看不到备注。请作为消息发送。",
        )
    return offered.checked(command.content)


def _found(
    tx: Transaction, conversation_id: str | None, order: Order, cid: str
) -> tuple[Conversation | None, messages.Result | None]:
    """The head addressed, and what this sender's cid led to before; raises when a head is named that is not there."""
    if conversation_id is None:
        return None, messages.result_of(tx, order.sender.id, cid)
    both = messages.head_and_result(tx, conversation_id, order.sender.id, cid)
    if both is not None:
        return both
    earlier = messages.result_of(tx, order.sender.id, cid)
    if earlier is None:
        raise not_found()
    return None, earlier


def _repeated(earlier: messages.Result, order: Order, cid: str) -> Ack:
    if earlier.request != order.request:
        raise reused()
    seq = earlier.seq if isinstance(order.principal, Visitor) else earlier.staff_seq
    return Ack(cid, earlier.conversation_id, earlier.id, seq or 0, earlier.at)


def _ack(cid: str, message: Message, order: Order) -> Ack:
    seq = message.seq if isinstance(order.principal, Visitor) else message.staff_seq
    return Ack(cid, message.conversation_id, message.id, seq or 0, message.at)


def attach(
    tx: Transaction, file_ids: tuple[str, ...], conversation_id: str, order: Order, *, visible: bool
) -> tuple[Attachment, ...]:
    """The sender's own files, bound to the conversation; raises `Invalid` (file_unusable)."""
    attached = []
    for file_id in file_ids:
        sender = order.sender
        attachment = files.attach(
            tx, file_id, owner_kind=sender.kind, owner_id=sender.id, conversation_id=conversation_id, visible=visible
        )
        if attachment is None:
            raise Invalid(
                "file_unusable",
                "A file of this message is missing or already sent. Upload it again.",
                "消息中的文件不存在或已被使用。请重新上传。",
            )
        attached.append(attachment)
    return tuple(attached)


def _own(tx: Transaction, head: Conversation | None, message_id: str, order: Order) -> Message:
    """The sender's own message in a conversation that can still change."""
    head = _required(head)
    demand(order.principal, "conversation.write", head)
    if head.status is Status.CLOSED:
        raise closed()
    found = messages.by_id(tx, head.id, message_id)
    if found is None or found.sender.id != order.sender.id or found.kind not in (Kind.MESSAGE, Kind.NOTE):
        raise not_found()
    if found.deleted:
        raise Conflict(
            "deleted", "This message was already taken back. There is nothing to change.", "该消息已撤回，无法再修改。"
        )
    return found


def _required(head: Conversation | None) -> Conversation:
    if head is None:
        raise not_found()
    return head


def _demand_fresh(tx: Transaction, head: Conversation, expected: int | None, order: Order) -> None:
    """Refuse an answer to a thread that went on meanwhile."""
    if expected is None or head.staff_seq <= expected:
        return
    if messages.others_wrote_since(tx, head.id, expected, order.sender.id):
        raise Conflict(
            "stale",
            "New messages came while you were writing. Read them, then send again or change your answer.",
            "你输入期间有新消息。请先阅读，再发送或修改回复。",
        )


def _never_here() -> Conflict:
    return Conflict(
        "never_here",
        "This customer has opened no page yet, so nothing can be shown to him. Write to his address instead.",
        "该客户尚未打开任何页面，无法向其发起会话。请改用邮箱或电话联系。",
    )


def _already_talking() -> Conflict:
    return Conflict(
        "already_talking",
        "There is a conversation with this customer already. Go on in it.",
        "与该客户已有进行中的会话。请在该会话中继续。",
    )


def empty() -> Invalid:
    """Nothing is said."""
    return Invalid(
        "empty", "The message is empty. Write something or attach a file.", "消息为空。请输入内容或添加文件。"
    )


def reused() -> Conflict:
    """The same cid with another body."""
    return Conflict(
        "cid_reused",
        "This command's key was already used for another text. Send it again with a new key.",
        "该请求标识已用于其他内容。请使用新的标识重新发送。",
    )


def _mention_misplaced() -> Invalid:
    return Invalid(
        "mention_misplaced",
        "Colleagues are named in notes, which the visitor does not see. Write it as a note.",
        "只有访客看不到的备注可以提到同事。请改为备注发送。",
    )


def _needs_conversation() -> Invalid:
    return Invalid(
        "conversation_missing",
        "Only a visitor's message opens a conversation. Name the conversation to answer in.",
        "只有访客消息可以发起会话。请指定要回复的会话。",
    )
