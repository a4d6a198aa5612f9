"""A mail's bytes to what we keep of it (RFC 5322, 2045, 2047, 3464): whatever comes, an answer and no exception.

Parsed by the standard library's `email` under its old policy, which repairs instead of raising; what would cost it much
(parts within parts without end, a million lines) is read by its headers alone.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

from msgspec import Struct

from app.mail import html, quotes

_HEADER_MAX = 10_000
_ADDRESSES_MAX = 60
_REFERENCES_MAX = 60
_PARTS_MAX = 200
_MULTIPARTS_MAX = 60
_LINES_MAX = 600_000
_HTML_MAX = 1_000_000
_TEXT_MAX = 60_000
_SUBJECT_MAX = 300
_NAME_MAX = 120
_CHINESE = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030"}
_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\"\\\x00-\x1f\x7f]{1,64}@[^@\s<>()\[\],;:\"\\\x00-\x1f\x7f]{1,190}")
_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,400}>")
_MACHINES = re.compile(r"(?:mailer-daemon|postmaster)@", re.IGNORECASE)


class Person(Struct, frozen=True):
    """Somebody in a mail's heading; the address in lower case."""

    name: str
    address: str


class IncomingFile(Struct, frozen=True):
    """A file that came along."""

    name: str
    content: bytes


class Bounce(Struct, frozen=True):
    """A mail of ours did not arrive: its Message-ID, whom it should have reached, and why in the machine's words."""

    header_id: str
    recipient: str
    reason: str


class Incoming(Struct, frozen=True, kw_only=True):
    """What is kept of a mail. `text` is what is new in it. `machine` says why no person wrote it, else empty."""

    header_id: str
    subject: str
    sender: Person
    answer_to: str
    recipients: tuple[Person, ...]
    copies: tuple[Person, ...]
    references: tuple[str, ...]
    text: str
    files: tuple[IncomingFile, ...]
    machine: str
    bounce: Bounce | None
    loops: tuple[str, ...]
    at: int


def read(raw: bytes) -> Incoming:
    """What these bytes say; never raises for what is in them. `at` is 0 where the mail bears no date."""
    try:
        return _read(_parsed(raw), raw)
    except (MessageError, ValueError, LookupError, RecursionError, TypeError, AttributeError, AssertionError):
        return _read(BytesHeaderParser(policy=compat32).parsebytes(raw[: 64 * 1024]), raw, headers_alone=True)


def _parsed(raw: bytes) -> "Message[str, str]":
    lower = raw.lower()
    deep = lower.count(b"multipart/") + lower.count(b"message/rfc822") > _MULTIPARTS_MAX
    if deep or raw.count(b"\n") > _LINES_MAX:
        return BytesHeaderParser(policy=compat32).parsebytes(raw[: 256 * 1024])
    return BytesParser(policy=compat32).parsebytes(raw)


def _read(mail: "Message[str, str]", raw: bytes, *, headers_alone: bool = False) -> Incoming:
    senders = _people(mail, "from") or _people(mail, "sender")
    sender = senders[0] if senders else Person("", "")
    answers = _people(mail, "reply-to")
    text, files = ("", ()) if headers_alone else _content(mail)
    return Incoming(
        header_id=_ids(mail, "message-id")[0] if _ids(mail, "message-id") else _made_up(raw),
        subject=_line(_header(mail, "subject"))[:_SUBJECT_MAX],
        sender=sender,
        answer_to=answers[0].address if answers else sender.address,
        recipients=_people(mail, "to"),
        copies=_people(mail, "cc"),
        references=tuple(dict.fromkeys((*reversed(_ids(mail, "references")), *_ids(mail, "in-reply-to")))),
        text=text,
        files=files,
        machine=_machine(mail, sender),
        bounce=None if headers_alone else _bounce(mail),
        loops=tuple(_line(value) for value in _headers(mail, "x-loop")),
        at=_date(_header(mail, "date")),
    )


def _made_up(raw: bytes) -> str:
    """A name for a mail that bears none: of its own bytes, so that it is the same the next time."""
    return f"<{hashlib.sha256(raw).hexdigest()[:40]}@no-message-id>"


# --- headings -------------------------------------------------------------------------------------------------------


def _headers(mail: "Message[str, str]", name: str) -> list[str]:
    """Values of a heading, as text; bytes beyond ASCII that stand there unencoded are guessed at."""
    return [_eight_bit(str(value))[:_HEADER_MAX] for key, value in mail.raw_items() if key.lower() == name]


def _header(mail: "Message[str, str]", name: str) -> str:
    found = _headers(mail, name)
    return found[0] if found else ""


def _eight_bit(value: str) -> str:
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    for charset in ("utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _words(value: str) -> str:
    """With its encoded words decoded (RFC 2047)."""
    if "=?" not in value:
        return value
    try:
        return "".join(
            part if isinstance(part, str) else _decoded(part, charset or "") for part, charset in decode_header(value)
        )
    except (HeaderParseError, ValueError, LookupError):
        return value


def _line(value: str) -> str:
    """A heading as one line of what can be shown."""
    return " ".join("".join(one if one.isprintable() else " " for one in _words(value)).split())


def _people(mail: "Message[str, str]", name: str) -> tuple[Person, ...]:
    values = _headers(mail, name)
    try:
        found = getaddresses(values[:4])
    except (RecursionError, ValueError, IndexError):
        found = []
    people: dict[str, Person] = {}
    for shown, address in found[:_ADDRESSES_MAX]:
        tidy = address.strip().lower()
        if _ADDRESS.fullmatch(tidy) and tidy not in people:
            people[tidy] = Person(_line(shown)[:_NAME_MAX], tidy)
    return tuple(people.values())


def _ids(mail: "Message[str, str]", name: str) -> list[str]:
    return [one for value in _headers(mail, name) for one in _ID.findall(value)][-_REFERENCES_MAX:]


def _date(value: str) -> int:
    try:
        moment = parsedate_to_datetime(value)
        return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return 0


def sent_on(at: int) -> str:
    """A moment as text, for what is told of a mail (ISO 8601, UTC)."""
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="seconds")


def _machine(mail: "Message[str, str]", sender: Person) -> str:
    """Why no person wrote this (RFC 3834, and what is usual); empty where one did."""
    submitted = _header(mail, "auto-submitted").split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return f"Auto-Submitted: {_line(submitted)[:60]}"
    precedence = _header(mail, "precedence").strip().lower()
    if precedence in ("bulk", "junk", "auto_reply"):
        return f"Precedence: {precedence}"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponse"):
        if _header(mail, name):
            return name
    if _header(mail, "return-path").strip() == "<>":
        return "Return-Path: <>"
    if _MACHINES.match(sender.address):
        return sender.address
    return "" if sender.address else "From"


# --- bodies ---------------------------------------------------------------------------------------------------------


def _content(mail: "Message[str, str]") -> "tuple[str, tuple[IncomingFile, ...]]":
    """The new text of a mail, and its files."""
    plain: list[str] = []
    marked_up = ""
    files: list[IncomingFile] = []
    for part in _leaves(mail):
        kind = part.get_content_type()
        name = _file_name(part)
        body = not name and part.get_content_disposition() != "attachment"
        if body and kind == "text/plain":
            plain.append(_text(part))
        elif body and kind == "text/html":
            marked_up = marked_up or _text(part)
        elif not kind.startswith("message/") and not (body and kind.startswith("text/")):
            content = _bytes(part)
            if content:
                files.append(IncomingFile(name or _name_of(kind, len(files)), content))
    said = "\n".join(plain)[:_TEXT_MAX]
    if said.strip():
        return quotes.fresh(html.tidy(said)), tuple(files)
    whole, cut = html.to_text(marked_up[:_HTML_MAX], _TEXT_MAX)
    fresh = quotes.fresh(cut) if cut else ""
    return fresh or whole, tuple(files)


def _leaves(mail: "Message[str, str]") -> "Iterator[Message[str, str]]":
    """Parts that hold something, without those of mails within; a walk of our own, which needs no stack."""
    waiting: list[Message[str, str]] = [mail]
    seen = 0
    while waiting and seen < _PARTS_MAX:
        part = waiting.pop()
        seen += 1
        payload = part.get_payload()
        if isinstance(payload, list):
            if part.get_content_maintype() != "message":
                waiting.extend(one for one in reversed(payload) if isinstance(one, Message))
            continue
        yield part


def _file_name(part: "Message[str, str]") -> str:
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError):
        return ""
    return _line(_eight_bit(str(name)))[:_NAME_MAX] if name else ""


def _name_of(kind: str, number: int) -> str:
    """A name for a part that bears none: its ending is what it says it is; the file rules look at its bytes."""
    ending = {"image/jpeg": "jpg", "text/calendar": "ics", "image/svg+xml": "svg"}.get(kind, kind.partition("/")[2])
    safe = "".join(one for one in ending if one.isascii() and one.isalnum())[:10]
    return f"part-{number + 1}.{safe or 'bin'}"


def _bytes(part: "Message[str, str]") -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(part: "Message[str, str]") -> str:
    charset = part.get_content_charset() or ""
    return _decoded(_bytes(part)[: 4 * _HTML_MAX], charset)


def _decoded(raw: bytes, charset: str) -> str:
    """As its charset says; where that is unknown or wrong, as the likeliest."""
    named = _CHINESE.get(charset.lower(), charset.lower())
    for candidate in (named, "utf-8", "gb18030"):
        if not candidate or candidate in ("unknown-8bit", "us-ascii"):
            continue
        try:
            return raw.decode(candidate).replace("\0", "")
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return raw.decode(named if named in ("utf-8", "gb18030", "big5") else "latin-1", "replace").replace("\0", "")


# --- bounces --------------------------------------------------------------------------------------------------------


def _bounce(mail: "Message[str, str]") -> Bounce | None:
    """A report that a mail of ours did not arrive (RFC 3464); not one that it is late."""
    if mail.get_content_type() != "multipart/report":
        return None
    payload = mail.get_payload()
    parts = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    header_id, recipient, reason, failed = "", "", "", False
    for part in parts[:20]:
        kind = part.get_content_type()
        inner = part.get_payload()
        if kind == "message/delivery-status" and isinstance(inner, list):
            for block in inner[:50]:
                if isinstance(block, Message) and _header(block, "action").strip().lower() == "failed":
                    failed = True
                    recipient = _header(block, "final-recipient").rpartition(";")[2].strip().lower() or recipient
                    reason = _line(_header(block, "diagnostic-code").partition(";")[2]) or _header(block, "status")
        elif kind == "message/rfc822" and isinstance(inner, list) and inner and isinstance(inner[0], Message):
            header_id = next(iter(_ids(inner[0], "message-id")), header_id)
        elif kind == "text/rfc822-headers":
            original = BytesHeaderParser(policy=compat32).parsebytes(_bytes(part)[:_HEADER_MAX])
            header_id = next(iter(_ids(original, "message-id")), header_id)
    return Bounce(header_id, recipient[:200], _line(reason)[:200]) if failed and header_id else None
