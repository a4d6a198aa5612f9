"""What e-mail is made of, put together in one place for the appliance and for tests."""

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from app.accounts.access_links import AccessLinks
from app.accounts.inboxes import Inboxes
from app.accounts.passwords import Passwords
from app.chat.messages import Messages
from app.contacts.blocks import Blocks
from app.files.transfer import Files
from app.mail.answers import Answers
from app.mail.follow_ups import FollowUps
from app.mail.intake import Intake
from app.mail.mailboxes import Mailboxes
from app.mail.post import Post
from app.mail.posting import Posting
from app.mail.relay import RelayKeeper
from app.mail.secrets import Secrets
from app.mail.tokens import Tokens
from app.mail.transcripts import Transcripts
from app.mail.watch import Watch
from app.model.clock import Clock
from app.model.ids import Ids
from app.model.mail import LETTERS, Trouble
from app.outbox.outbox import Outbox
from app.settings import Limits
from app.storage import mail_relay, mailboxes
from app.storage.database import Database

_KEY_BYTES = 32


class MailGround(Struct, frozen=True):
    """What e-mail stands on. `keys` is where secrets lie, `names` are the agents', `home` says where the console is."""

    database: Database
    ids: Ids
    clock: Clock
    limits: Limits
    outbox: Outbox
    passwords: Passwords
    inboxes: Inboxes
    messages: Messages
    files: Files
    posting: Posting
    names: Mapping[str, str]
    blocks: Blocks
    keys: Path
    home: Callable[[], str]


class Mail(Struct, frozen=True):
    """The rooms of e-mail."""

    database: Database
    links: AccessLinks
    relay: RelayKeeper
    boxes: Mailboxes
    intake: Intake
    answers: Answers
    follow_ups: FollowUps
    transcripts: Transcripts
    watch: Watch

    @classmethod
    def over(cls, of: MailGround) -> "Mail":
        """Built, and joined to the outbox."""
        database, ids, clock, limits, secrets = of.database, of.ids, of.clock, of.limits, Secrets(of.keys)
        links = AccessLinks(database, ids, clock, of.passwords, limits)
        relay = RelayKeeper(database, ids, clock, secrets, of.posting, limits)
        tokens = Tokens(secrets, ids.key(_KEY_BYTES))
        boxes = Mailboxes(database, ids, clock, of.inboxes, secrets, of.posting, limits)
        intake = Intake(database, ids, clock, of.messages, of.files, tokens, of.names, of.blocks, limits)
        answers = Answers(database, clock, relay, boxes, of.inboxes, intake, tokens, of.files, limits)
        follow_ups = FollowUps(database, ids, clock, relay, boxes, of.inboxes, intake, tokens, limits)
        transcripts = Transcripts(database, ids, clock, relay, of.inboxes, limits)
        post = Post(ids, clock, relay, links, answers, follow_ups, of.home, limits)
        of.outbox.handle(LETTERS, post.deliver, batch_max=1, lease_seconds=2 * limits.mail_send_seconds_max)
        watch = Watch(database, clock, boxes, intake, secrets, limits)
        return cls(database, links, relay, boxes, intake, answers, follow_ups, transcripts, watch)

    async def health(self) -> tuple[tuple[str, ...], list[Trouble]]:
        """The mail servers that are set, and what is wrong with them by now."""
        found = await mail_relay.find(self.database)
        boxes = [one for one in await mailboxes.all_of_them(self.database) if one[0].active]
        servers = [found[0].server.host] if found else []
        troubles = [found[1].trouble] if found else []
        servers += [box.server.host for box, _ in boxes]
        troubles += [state.trouble for _, state in boxes]
        return tuple(dict.fromkeys(servers)), [one for one in troubles if one is not None]

    async def load(self) -> None:
        """Read what is held in memory, at start."""
        await self.relay.load()
        await self.boxes.load()
