"""A desk with one address, a relay that keeps its letters, an agent; and mails as customers send them."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from msgspec import Struct

from app.accounts.policy import ROLES
from app.mail.intake import Arrived
from app.mail.mailboxes import NewMailbox
from app.mail.relay import NewServer
from app.model.conversations import Conversation, Message
from app.model.frames import Send
from app.model.mail import Mailbox, Security
from app.model.people import Availability, Colleague
from app.model.principals import Agent
from app.settings import Limits, Settings
from app.storage import agents, conversations, messages
from tests.api.desk import SYSTEM, Desk
from tests.clock import ManualClock
from tests.mail.server import RelayServer, relay_server

ADDRESS = "support@shop.example"


class World(Struct):
    """What a test of mail works with."""

    desk: Desk
    server: RelayServer
    inbox_id: str
    agent: Agent
    uid: int = 0

    @property
    def box(self) -> Mailbox:
        found = self.desk.mail.boxes.of(self.inbox_id)
        assert found is not None
        return found

    async def take(self, raw: bytes) -> str:
        """A mail comes; what became of it."""
        self.uid += 1
        return await self.desk.mail.intake.take(self.box, Arrived(self.uid, 1, raw), self.desk.mail.boxes.addresses)

    async def conversations(self) -> list[Conversation]:
        """All of them, oldest first."""
        rows = await self.desk.database.read("SELECT id FROM conversations ORDER BY created_at, id")
        found = [await conversations.find(self.desk.database, str(row[0])) for row in rows]
        return [head for head in found if head is not None]

    async def entries(self, conversation_id: str) -> list[Message]:
        return await messages.between(
            self.desk.database, conversation_id, visitor=False, first=1, last=2**40, limit=1_000
        )

    async def answer(self, conversation_id: str, text: str, files: tuple[str, ...] = ()) -> str:
        """The agent answers; the id of his message."""
        send = Send(self.desk.ids.token(), conversation_id, text, files)
        return (await self.desk.messages.accept(self.agent, send)).id


@asynccontextmanager
async def mail_world(
    migrated: Path, folder: Path, clock: ManualClock, server: NewServer | None = None, *, plus: bool = True,
    limits: Limits | None = None,
) -> AsyncIterator[World]:  # fmt: skip
    """Over a fresh data folder; `server` is where the mailbox lies."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated, folder / "monodesk.db")
    async with Desk(folder, Settings(data=folder, limits=limits or Limits()), clock) as desk, relay_server() as relay:
        await desk.mail.relay.change(SYSTEM, relay.settings())
        new = NewMailbox("Support", ADDRESS, server or NewServer("localhost", 143, Security.NONE, "u"), plus=plus)
        made = await desk.mail.boxes.create(SYSTEM, new)
        hannah = Colleague(desk.ids.new(), "Hannah", "hannah@shop.example", "agent", Availability.ONLINE)
        await desk.database.write(lambda tx: agents.save(tx, hannah))
        await desk.agents.load()
        agent = Agent(hannah.id, desk.ids.new(), "agent", ROLES["agent"])
        yield World(desk, relay, made.inbox_id, agent)


def mail(
    text: str = "Where is my order?",
    *,
    sender: str = "Ben <ben@example.com>",
    to: str = ADDRESS,
    subject: str = "Order 1042",
    header_id: str = "<1@example.com>",
    references: str = "",
    **headings: str,
) -> EmailMessage:
    """A mail as a customer sends it."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, to, subject, header_id
    if references:
        made["References"] = references
    for name, value in headings.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made
