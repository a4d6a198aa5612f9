"""The outbox's letters: written when they leave, handed to the relay, at least once (under one Message-ID each)."""

from collections.abc import Callable, Sequence

import msgspec

from app.accounts.access_links import INVITATION, AccessLinks
from app.mail import wording
from app.mail.answers import Answers
from app.mail.compose import Draft, compose, reachable
from app.mail.follow_ups import FollowUps
from app.mail.refusals import Undelivered
from app.mail.relay import RelayKeeper, domain
from app.model.clock import Clock
from app.model.ids import Ids
from app.model.mail import FollowUp, Forgotten, Invitation, Letter, Reply, Transcript
from app.settings import Limits
from app.storage.outbox import Task
from app.telemetry.log import logger

_decoder = msgspec.json.Decoder(Letter)
_log = logger("mail")


class Post:
    """Sends letters. `home` is where the console is, for links in them."""

    def __init__(
        self,
        ids: Ids,
        clock: Clock,
        relay: RelayKeeper,
        links: AccessLinks,
        answers: Answers,
        follow_ups: FollowUps,
        home: Callable[[], str],
        limits: Limits,
    ) -> None:
        self._ids = ids
        self._clock = clock
        self._relay = relay
        self._links = links
        self._answers = answers
        self._follow_ups = follow_ups
        self._home = home
        self._limits = limits

    async def deliver(self, tasks: Sequence[Task]) -> None:
        """The outbox's handler; what raises is tried again later."""
        for task in tasks:
            letter, last = _decoder.decode(task.payload), task.attempts >= self._limits.outbox_attempts_max
            match letter:
                case Invitation() | Forgotten():
                    await self._let_in(letter)
                case Reply():
                    await self._answers.send(letter, last=last)
                case FollowUp() | Transcript():
                    await self._follow_ups.send(letter, last=last)

    async def _let_in(self, letter: Invitation | Forgotten) -> None:
        relay = self._relay.relay
        if relay is None:
            return  # it was removed meanwhile; an administrator shows the link instead
        found = await self._links.for_letter(letter)
        if found is None:
            return
        agent, link = found
        to = reachable(agent.email)
        if not to:
            _log.warning("no letter can be sent to a colleague's address", extra={"agent": agent.id})
            return
        desk, address = relay.name or "Monodesk", f"{self._home()}/password#{link.token}"
        if link.purpose == INVITATION:
            said = wording.invitation(agent.language, desk, agent.name, address, self._limits.invitation_hours)
        else:
            said = wording.new_password(agent.language, desk, agent.name, address, self._limits.password_link_minutes)
        draft = Draft(
            message_id=f"<{self._ids.new()}@{domain(relay.sender)}>", at=self._clock.now_ms(),
            sender=(relay.name, relay.sender), recipients=((agent.name, to),), subject=said.subject,
            text=said.text, automatic=True,
        )  # fmt: skip
        try:
            await self._relay.send(relay.sender, [to], compose(draft))
        except Undelivered as refusal:
            if not refusal.permanent:
                raise
            _log.warning("a letter to a colleague was refused", extra={"agent": agent.id, "code": refusal.code})
