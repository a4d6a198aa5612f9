"""What a request brings, read within its bounds and into a strict Struct."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from app.api.problems import malformed, not_json, too_large
from app.model.errors import Invalid

Asked = TypeVar("Asked", bound=Struct)


async def chunks(receive: Receive, headers: Headers, bytes_max: int) -> AsyncIterator[bytes]:
    """The body piece by piece, counted while it streams.

    Raises `TooLarge` before the first byte where Content-Length says so already, else at the byte too many;
    `ClientDisconnect` where the client leaves in the middle.
    """
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bytes_max:
        raise too_large(bytes_max)
    received = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        received += len(piece)
        if received > bytes_max:
            raise too_large(bytes_max)
        if piece:
            yield piece
        if not message.get("more_body", False):
            return


async def read_json(
    pieces: AsyncIterator[bytes], headers: Headers, decoder: "msgspec.json.Decoder[Asked]", seconds_max: float
) -> Asked:
    """A JSON body as its Struct; nothing at all counts as `{}`. Unknown fields and wrong types are refused."""
    try:
        async with asyncio.timeout(seconds_max):
            body = b"".join([piece async for piece in pieces])
    except TimeoutError:
        raise _too_slow() from None
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


def _too_slow() -> Invalid:
    return Invalid(
        "body_too_slow",
        "The request did not arrive in time. Check the connection and send it again.",
        "请求未在限定时间内到达。请检查网络后重新发送。",
    )
