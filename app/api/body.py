"""What a request brings, read within its bounds and into a strict Struct.

A client that brings nothing, or little, is given up here: Hypercorn's own time-out is for one read, so a byte now and
then passes it.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.api.problems import malformed, not_json, too_large
from app.gateway.refusals import TooLate
from app.model.errors import Unsupported
from app.settings import Limits

Asked = TypeVar("Asked", bound=Struct)


class Bounds(Struct, frozen=True):
    """How much a body may be and how long it may take.

    `seconds_max` is for the whole of it. A pause may last `pause_seconds_max`; after the first so many seconds what has
    come must be `bytes_per_second_min` on average. Only the time that the client was waited for counts.
    """

    bytes_max: int
    seconds_max: float
    pause_seconds_max: float
    bytes_per_second_min: int

    def patience(self, received: int, waited: float) -> float:
        """For how many seconds the next bytes are waited for, after `received` bytes came in `waited` seconds."""
        earned = self.pause_seconds_max + received / self.bytes_per_second_min
        return min(self.pause_seconds_max, earned - waited, self.seconds_max - waited)


def small(limits: Limits) -> Bounds:
    """A JSON body, read as a whole."""
    return Bounds(
        limits.body_bytes_max, limits.body_seconds_max, limits.body_pause_seconds_max, limits.body_bytes_per_second_min
    )


def upload(limits: Limits) -> Bounds:
    """A file: as long as it takes, at the least rate."""
    return Bounds(limits.file_bytes_max, math.inf, limits.body_pause_seconds_max, limits.body_bytes_per_second_min)


def demand_plain(headers: Headers) -> None:
    """Raises `Unsupported` for a compressed body: what it would unpack to is not known before it is unpacked."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise _encoded()


async def chunks(receive: Receive, headers: Headers, bounds: Bounds) -> AsyncIterator[bytes]:
    """The body piece by piece, counted and timed while it streams.

    Raises `TooLarge` before the first byte where Content-Length says so already, else at the byte too many; `TooLate`
    where it comes too slowly; `ClientDisconnect` where the client leaves in the middle.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bounds.bytes_max:
        raise too_large(bounds.bytes_max)
    received, waited = 0, 0.0
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            async with asyncio.timeout(bounds.patience(received, waited)):
                message = await receive()
        except TimeoutError:
            raise _too_slow() from None
        waited += loop.time() - began
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        received += len(piece)
        if received > bounds.bytes_max:
            raise too_large(bounds.bytes_max)
        if piece:
            yield piece
        if not message.get("more_body", False):
            return


async def read_json(pieces: AsyncIterator[bytes], headers: Headers, decoder: "msgspec.json.Decoder[Asked]") -> Asked:
    """A JSON body as its Struct; nothing at all counts as `{}`. Unknown fields and wrong types are refused."""
    body = b"".join([piece async for piece in pieces])
    if body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise not_json()
    try:
        return decoder.decode(body or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise malformed(str(error)) from None


def read_query(query: bytes, asks: type[Asked]) -> Asked:
    """A query string as its Struct: numbers from their text, a name given twice refused."""
    parameters = QueryParams(query)
    if len(parameters.multi_items()) != len(parameters):
        raise malformed("a parameter is given twice")
    try:
        return msgspec.convert(dict(parameters), asks, strict=False)
    except msgspec.MsgspecError as error:
        raise malformed(str(error)) from None


def _encoded() -> Unsupported:
    return Unsupported(
        "body_encoded",
        "Bodies are taken as they are. Send this one without Content-Encoding.",
        "请求内容不可压缩。请去掉 Content-Encoding 后重新发送。",
    )


def _too_slow() -> TooLate:
    return TooLate(
        "body_too_slow",
        "The request did not arrive in time. Check the connection and send it again.",
        "请求未在限定时间内到达。请检查网络后重新发送。",
    )
