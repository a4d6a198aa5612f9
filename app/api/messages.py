"""Writing to a thread over REST: the twin of the frame `send`."""

from typing import Annotated

from msgspec import Meta, Struct

from app.api.call import Call
from app.chat.messages import Messages
from app.model.conversations import Content
from app.model.frames import FILES_MAX, MENTIONS_MAX, Ack, Id, Number, Send, Text
from app.model.principals import Agent, Visitor

Mentions = Annotated[tuple[Id, ...], Meta(max_length=MENTIONS_MAX)]
Files = Annotated[tuple[Id, ...], Meta(max_length=FILES_MAX)]


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """An agent's message or note; `expected` is the last staff_seq he had seen.

    `content`: cards and quick replies; `mentions`: whom a note names.
    """

    text: Text = ""
    files: Files = ()
    note: bool = False
    expected: Number | None = None
    content: Content | None = None
    mentions: Mentions = ()


class NewVisitorMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A visitor's message; without `conv` it opens a conversation."""

    conv: Id | None = None
    text: Text = ""
    files: Files = ()


class MessageRoutes:
    """The Idempotency-Key is the message's `cid`: sent again, it finds the first result."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    async def send(self, call: Call[Agent], asked: NewMessage) -> Ack:
        command = Send(
            call.key, call.id, asked.text, asked.files, asked.note, asked.expected, asked.content, asked.mentions
        )
        return await self._messages.accept(call.principal, command)

    async def send_as_visitor(self, call: Call[Visitor], asked: NewVisitorMessage) -> Ack:
        return await self._messages.accept(call.principal, Send(call.key, asked.conv, asked.text, asked.files))
