"""The relay: as administrators set it, how it goes with it, and one letter handed to it."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from app.accounts.agents import address
from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.mail import smtp, wording
from app.mail.compose import Draft, compose, one_line
from app.mail.posting import Posting
from app.mail.refusals import Undelivered
from app.mail.secrets import Secrets
from app.mail.trust import trust
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.errors import Invalid, Problem
from app.model.ids import Ids
from app.model.mail import Relay, RelayState, Security, Server, Trouble
from app.model.principals import Principal
from app.settings import Limits, is_host
from app.storage import mail_relay
from app.storage.database import Database, Transaction
from app.telemetry.log import logger

Host = Annotated[str, Meta(min_length=1, max_length=253)]
Port = Annotated[int, Meta(ge=1, le=65_535)]
Word = Annotated[str, Meta(max_length=200)]
Password = Annotated[str, Meta(max_length=1_000)]
_SECRET = "mail-relay.secret"  # noqa: S105  # nosec B105  # pragma: allowlist secret - a file's name
_log = logger("mail")


class NewServer(Struct, frozen=True, forbid_unknown_fields=True):
    """A mail server as it is entered. The password: given, taken from the variable `password_env`, or as it was."""

    host: Host
    port: Port
    security: Security
    username: Word = ""
    password: Password | UnsetType = UNSET
    password_env: Word = ""


class NewRelay(Struct, frozen=True, forbid_unknown_fields=True):
    """The relay as it is entered."""

    server: NewServer
    sender: Word
    name: Word = ""
    follow_up: bool = True


class ServerFacts(Struct, frozen=True):
    """A mail server as it is shown: of its password only whether there is one, and the variable that holds it."""

    host: str
    port: int
    security: Security
    username: str
    password: bool
    password_env: str


class RelayFacts(Struct, frozen=True):
    """The relay as it is shown, and how it goes with it."""

    server: ServerFacts
    sender: str
    name: str
    follow_up: bool
    state: RelayState


class Tried(Struct, frozen=True):
    """What became of a trial; `code` is empty where it went well."""

    ok: bool
    code: str
    en: str
    zh: str


class RelayKeeper:
    """Knows the relay (from memory) and speaks with it."""

    def __init__(
        self, database: Database, ids: Ids, clock: Clock, secrets: Secrets, posting: Posting, limits: Limits
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._secrets = secrets
        self._posting = posting
        self._limits = limits
        self._relay: Relay | None = None

    async def load(self) -> None:
        """Read it once, at start."""
        found = await mail_relay.find(self._database)
        self._hold(found[0] if found else None)

    @property
    def relay(self) -> Relay | None:
        """Where letters leave; None where none do."""
        return self._relay

    @property
    def on(self) -> bool:
        """Whether letters can leave at all."""
        return self._relay is not None

    async def facts(self, principal: Principal) -> RelayFacts | None:
        """As it is set, without secrets."""
        demand(principal, "inbox.manage")
        found = await mail_relay.find(self._database)
        return None if found is None else _facts(*found)

    async def change(self, principal: Principal, new: NewRelay) -> RelayFacts:
        """Set it. Raises `Invalid` (mail_host, email_malformed, mail_plain_password), `Unavailable`."""
        demand(principal, "inbox.manage")
        held = self._relay
        server = checked(new.server, held.server if held else None, self._secrets, _SECRET)
        relay = Relay(server, address(new.sender), one_line(new.name), new.follow_up)

        def unit(tx: Transaction) -> None:
            mail_relay.save(tx, relay)
            record_change(tx, principal, "mail_relay.change", _subject(relay), held, relay)

        await self._database.write(unit)
        # nosemgrep: secret-compared-in-time - names of where they lie
        if held is not None and held.server.secret != server.secret:
            self._secrets.forget(held.server.secret)
        self._hold(relay)
        return _facts(relay, RelayState())

    async def remove(self, principal: Principal) -> None:
        """Letters leave no more."""
        demand(principal, "inbox.manage")
        held = self._relay
        if held is None:
            return

        def unit(tx: Transaction) -> None:
            mail_relay.remove(tx)
            record_change(tx, principal, "mail_relay.delete", _subject(held), held, None)

        await self._database.write(unit)
        self._hold(None)
        self._secrets.forget(held.server.secret)

    async def test(self, principal: Principal, to: str, language: str) -> Tried:
        """Send a real letter and say what happened."""
        demand(principal, "inbox.manage")
        recipient = address(to)
        relay = self.demanded()
        said = wording.trial(language, relay.name or "Monodesk")
        draft = Draft(
            message_id=f"<{self._ids.new()}@{domain(relay.sender)}>", at=self._clock.now_ms(),
            sender=(relay.name, relay.sender), recipients=(("", recipient),), subject=said.subject, text=said.text,
            automatic=True,
        )  # fmt: skip
        try:
            await self.send(relay.sender, [recipient], compose(draft))
        except Problem as problem:
            return Tried(False, problem.code, problem.en, problem.zh)
        return Tried(
            True, "",
            f"{relay.server.host} took a letter to {recipient}. Look whether it arrives, also among junk.",
            f"{relay.server.host} 已接收发往 {recipient} 的邮件。请查看是否收到，并检查垃圾邮件。",
        )  # fmt: skip

    async def send(self, sender: str, recipients: list[str], letter: bytes) -> None:
        """Hand one letter over and note how it went. Raises `Undelivered`, `Unavailable`."""
        relay = self.demanded()
        context = trust(self._secrets.folder)
        try:
            password = self._secrets.find(relay.server.secret)
            await smtp.send(
                relay.server, password, context, self._limits.mail_send_seconds_max, sender, recipients, letter
            )
        except Problem as problem:
            await self._note(problem)
            raise
        await self._database.write(lambda tx: mail_relay.sent(tx, self._clock.now_ms()))

    def _hold(self, relay: Relay | None) -> None:
        self._relay = relay
        self._posting.follow(relay is not None and relay.follow_up)

    async def _note(self, problem: Problem) -> None:
        """What is wrong with the relay; that one letter is refused for good says nothing about it."""
        _log.warning("a letter was not taken", extra={"code": problem.code})
        if isinstance(problem, Undelivered) and problem.permanent:
            return
        trouble = Trouble(problem.code, problem.en, problem.zh, self._clock.now_ms())
        await self._database.write(lambda tx: mail_relay.failed(tx, trouble))

    def demanded(self) -> Relay:
        """The relay; raises `Invalid` where there is none."""
        if self._relay is None:
            raise Invalid(
                "mail_off",
                "No mail server is set. Enter one under Settings → E-mail.",
                "尚未设置邮件服务器。请在“设置 → 邮箱”中填写。",
            )
        return self._relay


def checked(new: NewServer, held: Server | None, secrets: Secrets, name: str) -> Server:
    """The server as it is to be kept, its password put away under `name`. Raises `Invalid`, `Unavailable`."""
    host = new.host.strip().lower()
    if not is_host(host):
        raise Invalid(
            "mail_host",
            "This is no name of a server. Write it like smtp.example.com.",
            "服务器名称不正确。请按 smtp.example.com 的格式填写。",
            field="host",
        )
    same = held is not None and held.host == host and held.username == new.username.strip()
    secret = _secret(new, held.secret if same and held is not None else "", secrets, name)
    if secret and new.security is Security.NONE and host not in ("localhost", "127.0.0.1", "::1"):
        raise Invalid(
            "mail_plain_password",
            "A password would cross the network for everybody to read. Choose STARTTLS or TLS.",
            "密码将以明文在网络中传输。请选择 STARTTLS 或 TLS。",
            field="security",
        )
    return Server(host, new.port, new.security, new.username.strip(), secret)


def _secret(new: NewServer, held: str, secrets: Secrets, name: str) -> str:
    """A password that was entered for another server or user is not sent to this one."""
    if new.password_env:
        return secrets.named(new.password_env)
    if new.password is UNSET:
        return held
    return secrets.keep(name, new.password) if new.password else ""


def server_facts(server: Server) -> ServerFacts:
    """Without the secret."""
    variable = server.secret.removeprefix("env:") if server.secret.startswith("env:") else ""
    return ServerFacts(server.host, server.port, server.security, server.username, bool(server.secret), variable)


def domain(sender: str) -> str:
    """The part behind the @."""
    return sender.rpartition("@")[2]


def _subject(relay: Relay) -> Subject:
    return Subject("mail_relay", "", relay.server.host)


def _facts(relay: Relay, state: RelayState) -> RelayFacts:
    return RelayFacts(server_facts(relay.server), relay.sender, relay.name, relay.follow_up, state)
