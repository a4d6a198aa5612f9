"""What e-mail is made of, put together in one place for the appliance and for tests."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from app.accounts.access_links import AccessLinks
from app.accounts.passwords import Passwords
from app.mail.post import Post
from app.mail.relay import RelayKeeper
from app.mail.secrets import Secrets
from app.model.clock import Clock
from app.model.ids import Ids
from app.model.mail import LETTERS
from app.outbox.outbox import Outbox
from app.settings import Limits
from app.storage.database import Database


class Mail(Struct, frozen=True):
    """The rooms of e-mail."""

    links: AccessLinks
    relay: RelayKeeper
    post: Post

    @classmethod
    def over(
        cls,
        database: Database,
        ids: Ids,
        clock: Clock,
        passwords: Passwords,
        outbox: Outbox,
        keys: Path,
        home: Callable[[], str],
        limits: Limits,
    ) -> "Mail":
        """Built, and joined to the outbox. `keys` is where secrets lie, `home` says where the console is."""
        links = AccessLinks(database, ids, clock, passwords, limits)
        relay = RelayKeeper(database, ids, clock, Secrets(keys), limits)
        post = Post(ids, clock, relay, links, home, limits)
        outbox.handle(LETTERS, post.deliver, batch_max=1, lease_seconds=2 * limits.mail_send_seconds_max)
        return cls(links, relay, post)

    async def load(self) -> None:
        """Read what is held in memory, at start."""
        await self.relay.load()
