"""The sink `messages.accept`: what a customer writes in another system becomes a message in a conversation here.

A picture or a file is fetched before it is stored, for as long as whoever brought it may be kept waiting; where it
cannot be had its address stands in the text.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.protocols.exchange import Bounds, Client, Request
from app.adapters.proving.signing import text_of
from app.adapters.sinks.sink import FAILED, UNCHANGED, WRITTEN, Mapped, Outcome, Ready
from app.chat.channels import Channels
from app.files.transfer import Files
from app.model.channels import Channel, Said
from app.model.errors import Problem
from app.model.frames import TEXT_MAX
from app.settings import Limits
from app.storage.database import Transaction
from app.telemetry.log import logger

_CARRYING = ("image", "file", "voice", "video")
_CHUNK_BYTES = 65_536
_AT_ONCE = 4  # files that are fetched: whoever waits for an answer waits for all of them
_NAME_MAX = 100
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp"}
_log = logger("adapters")

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Facts = Annotated[dict[Annotated[str, Meta(min_length=1, max_length=60)], str], Meta(max_length=20)]


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """What the map makes of a message. `url` is a file's address, or what a link leads to."""

    id: Name
    sender: Name
    kind: Literal["text", "image", "file", "voice", "video", "link", "event"] = "text"
    text: str = ""
    title: str = ""
    url: Annotated[str, Meta(max_length=2_000)] = ""
    event: Annotated[str, Meta(max_length=60)] = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    data: Facts = {}  # told beside it
    back: Facts = {}  # what the way back needs


class Coming(Struct, frozen=True):
    """A message on its way in; `url` is of a file that is still to be fetched."""

    said: Said
    url: str = ""


class MessageSink:
    """Into conversations of one inbox. `client` fetches files."""

    def __init__(
        self, channels: Channels, files: Files, client: Client, source: str, inbox_id: str, limits: Limits
    ) -> None:
        self._channels = channels
        self._files = files
        self._client = client
        self._source = source
        self._inbox_id = inbox_id
        self._limits = limits

    def prepare(self, mapped: Mapped) -> Ready:
        """Checked against what a message may be."""
        told = _told(mapped.fields)
        said = Said(
            Channel(self._source, told.sender, told.back), told.id, self._inbox_id, _text(told), (),
            (told.event or told.text) if told.kind == "event" else "", told.data, told.name, told.email, told.phone,
            told.language,
        )  # fmt: skip
        url = told.url if told.kind in _CARRYING else ""
        if not (said.text.strip() or said.event or url):
            raise _nothing(told.kind)
        return Ready(mapped, Coming(said, url))

    async def settled(self, ready: Sequence[Ready]) -> Sequence[Ready]:
        """With their files, or with the addresses of those that cannot be had."""
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def whole(one: Ready) -> Ready:
            async with at_once:
                return Ready(one.mapped, await self._fetched(one.thing))

        return await asyncio.gather(*(whole(one) for one in ready))

    def write(self, tx: Transaction, ready: Sequence[Ready]) -> list[Outcome]:
        """Each once; one that cannot be taken is told apart and holds none of the others back."""
        return [self._one(tx, one.thing) for one in ready]

    def _one(self, tx: Transaction, coming: Coming) -> Outcome:
        try:
            changed = tx.attempt(lambda: self._channels.take(tx, coming.said))
        except Problem as problem:
            return Outcome(FAILED, BadDocument(problem.code, problem.field, problem.en, problem.zh))
        return Outcome(WRITTEN if changed else UNCHANGED)

    async def _fetched(self, coming: Coming) -> Coming:
        said = coming.said
        if not coming.url or await self._channels.knows(self._source, said.id):
            return Coming(_with_line(said, coming.url) if coming.url else said)
        bounds = Bounds(self._limits.channel_file_seconds, self._limits.file_bytes_max)
        try:
            answer = await self._client.ask(Request("GET", coming.url), bounds)
            if answer.status != 200 or not answer.body:
                raise _not_there(answer.status)
            writer = await self._channels.writer(said)
            name = _name(coming.url, answer.headers)
            file = await self._files.receive(writer, name, _stream(answer.body), len(answer.body))
        except Problem as problem:
            _log.info("a file of a channel was left out", extra={"source": self._source, "code": problem.code})
            return Coming(_with_line(said, coming.url))
        return Coming(replace(said, files=(file.id,)))


def _told(fields: dict[str, Any]) -> Told:
    known = {name: _texts(value) for name, value in fields.items() if value is not None}
    try:
        return msgspec.convert({name: value for name, value in known.items() if value != ""}, Told)
    except msgspec.ValidationError as error:
        raise BadDocument(
            "message_malformed",
            "",
            f"This makes no message: {error}. Mend the map.",
            f"无法生成消息：{error}。请修改映射。",
        ) from error


def _texts(value: Any) -> Any:
    """Numbers as their digits, of an object each."""
    if isinstance(value, dict):
        return {name: text_of(inner) for name, inner in value.items() if inner is not None}
    return text_of(value)


def _text(told: Told) -> str:
    """The words of it; where a link leads stands below."""
    if told.kind == "event":
        return ""
    lines = [told.title, told.text, told.url if told.kind == "link" else ""]
    text = "\n".join(line for line in lines if line)
    return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 1]}…"


def _with_line(said: Said, url: str) -> Said:
    lines = [said.text, url] if said.text else [url]
    return replace(said, text="\n".join(lines)[:TEXT_MAX])


def _name(url: str, headers: Mapping[str, str]) -> str:
    """A file's name: the last of its address, with the ending of what it is."""
    last = unquote(urlsplit(url).path.rpartition("/")[2])[-_NAME_MAX:]
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    suffix = _SUFFIXES.get(kind, "")
    return last if "." in last or not suffix else f"{last or 'picture'}{suffix}"


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), _CHUNK_BYTES):
        yield content[at : at + _CHUNK_BYTES]


def _nothing(kind: str) -> BadDocument:
    return BadDocument(
        "message_empty",
        "text",
        f"A message of the kind “{kind}” says nothing. Map its `text`, `url` or `event`.",
        f"“{kind}”类消息没有内容。请映射 `text`、`url` 或 `event`。",
    )


def _not_there(status: int) -> BadDocument:
    return BadDocument("file_missing", "url", f"The file cannot be had ({status}).", f"无法获取文件（{status}）。")
