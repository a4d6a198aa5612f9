"""A letter in the form that mail servers read (RFC 5322): text, and the same as HTML for who sees only that."""

import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from email.headerregistry import Address

_LONGEST_SUBJECT = 300
# What a heading and an envelope bear without being written otherwise (RFC 5321): a name of plain parts, a domain.
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NAME_MAX = 64
_DOMAIN_MAX = 253


class Enclosure(Struct, frozen=True):
    """A file that goes along."""

    name: str
    type: str
    content: bytes


class Draft(Struct, frozen=True, kw_only=True):
    """What a letter is made of. `sender`, `recipients` and `copies` are (name, address); `at` in milliseconds UTC.

    `automatic`: no person wrote it, so that no machine answers it (RFC 3834).
    """

    message_id: str
    at: int
    sender: tuple[str, str]
    recipients: tuple[tuple[str, str], ...]
    subject: str
    text: str
    copies: tuple[tuple[str, str], ...] = ()
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: bool = False
    loop: str = ""
    files: tuple[Enclosure, ...] = ()


def compose(draft: Draft) -> bytes:
    """The letter's bytes, lines ended by CRLF."""
    from email.message import EmailMessage  # with the first letter: it takes time and memory
    from email.policy import SMTP
    from email.utils import format_datetime

    letter = EmailMessage(policy=SMTP.clone(max_line_length=200))
    letter["From"] = _address(draft.sender)
    letter["To"] = [_address(one) for one in draft.recipients]
    if draft.copies:
        letter["Cc"] = [_address(one) for one in draft.copies]
    if draft.reply_to:
        letter["Reply-To"] = _address(("", draft.reply_to))
    letter["Subject"] = one_line(draft.subject)[:_LONGEST_SUBJECT]
    letter["Date"] = format_datetime(datetime.fromtimestamp(draft.at / 1_000, UTC))
    letter["Message-ID"] = draft.message_id
    if draft.in_reply_to:
        letter["In-Reply-To"] = draft.in_reply_to
    if draft.references:
        letter["References"] = " ".join(draft.references)
    if draft.automatic:
        letter["Auto-Submitted"] = "auto-generated"
        letter["X-Auto-Response-Suppress"] = "All"
    if draft.loop:
        letter["X-Loop"] = draft.loop
    letter.set_content(draft.text, cte="base64" if not draft.text.isascii() else None)
    letter.add_alternative(_html(draft.text), subtype="html", cte="base64")
    for file in draft.files:
        kind, _, part = file.type.partition("/")
        letter.add_attachment(
            file.content, maintype=kind or "application", subtype=part or "octet-stream", filename=one_line(file.name)
        )
    return letter.as_bytes()


def reachable(address: str) -> str:
    """An address as a letter can bear it, its domain in ASCII (IDNA); "" for one that no letter can be sent to."""
    name, _, domain = address.strip().rpartition("@")
    try:
        plain = domain.lower().encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    if len(name) > _NAME_MAX or len(plain) > _DOMAIN_MAX or not (_NAME.fullmatch(name) and _DOMAIN.fullmatch(plain)):
        return ""
    return f"{name}@{plain}"


def one_line(text: str) -> str:
    """Without what cannot be shown, blanks as one: fit for a header."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _address(who: tuple[str, str]) -> "Address":
    from email.headerregistry import Address

    return Address(display_name=one_line(who[0]), addr_spec=who[1])


def _html(text: str) -> str:
    lines = "<br>\n".join(_line(line) for line in text.rstrip("\n").split("\n"))
    return f'<!doctype html>\n<html><body><div style="font-family: sans-serif">{lines}</div></body></html>\n'


def _line(line: str) -> str:
    """One line of text; one that is a link and nothing else can be pressed."""
    whole = escape(line)
    return f'<a href="{whole}">{whole}</a>' if line.startswith(("https://", "http://")) and " " not in line else whole
