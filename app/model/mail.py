"""E-mail: the relay, mailboxes, letters that wait in the outbox, and what is known of each mail."""

from enum import StrEnum

from msgspec import Struct

LETTERS = "mail"  # the outbox's topic


class Security(StrEnum):
    """How a mail server's line is encrypted: not at all, from its greeting on (STARTTLS), or from the first byte."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Server(Struct, frozen=True):
    """A mail server and who we are there. `secret` refers to the password (`file:…`, `env:…`) and is not it."""

    host: str
    port: int
    security: Security
    username: str = ""
    secret: str = ""


class Relay(Struct, frozen=True):
    """Where letters leave: `sender` is the address of those that belong to no mailbox, `name` who writes them."""

    server: Server
    sender: str
    name: str = ""
    follow_up: bool = True  # answers that a chat's visitor has not seen leave by mail


class Trouble(Struct, frozen=True):
    """Why a mail server did not do what was asked, in both languages; `at` in milliseconds UTC."""

    code: str
    en: str
    zh: str
    at: int


class RelayState(Struct, frozen=True):
    """How it went with the relay: when the last letter was taken, and what is wrong since; milliseconds UTC."""

    sent_at: int | None = None
    trouble: Trouble | None = None


class Mailbox(Struct, frozen=True):
    """An address that is an inbox, and the IMAP server where its mail is.

    `plus`: mail to `name+anything@…` arrives there too, so that answers can bear the conversation in their address.
    """

    inbox_id: str
    address: str
    server: Server
    folder: str = "INBOX"
    plus: bool = False
    active: bool = True


class MailboxState(Struct, frozen=True):
    """How far a mailbox was read: the generation of its numbers (None: never), the highest one taken; and trouble."""

    uid_validity: int | None = None
    uid: int = 0
    looked_at: int | None = None
    trouble: Trouble | None = None


class Mail(Struct, frozen=True, kw_only=True):
    """What is known of one mail. `header_id` is its Message-ID with its angles; addresses are in lower case.

    `state` of one that came: `begun`, `taken` or `ignored`; of one that left: `sent` or `failed`; `reason` says why.
    """

    inbox_id: str
    header_id: str
    outgoing: bool
    state: str
    at: int
    reason: str = ""
    contact_id: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None
    subject: str = ""
    sender: str = ""
    answer_to: str = ""
    recipients: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()


class Invitation(Struct, frozen=True, tag="invitation"):
    """To a colleague: the link by which he sets his password. `purpose` is `invitation` or `password`."""

    agent_id: str
    purpose: str


class Forgotten(Struct, frozen=True, tag="forgotten"):
    """Somebody says that he owns this address and has forgotten his password; it may be nobody's."""

    email: str


class Reply(Struct, frozen=True, tag="reply"):
    """What an agent wrote in a conversation by mail."""

    conversation_id: str
    message_id: str


class FollowUp(Struct, frozen=True, tag="follow_up"):
    """What a visitor has not seen of his chat, if he still has not."""

    conversation_id: str


class Transcript(Struct, frozen=True, tag="transcript"):
    """All of a conversation; `id` is this asking's own. To the address that he named, else to the customer's."""

    conversation_id: str
    id: str
    to: str = ""


Letter = Invitation | Forgotten | Reply | FollowUp | Transcript
