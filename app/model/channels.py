"""Customers who write by another system, and what they say there."""

from msgspec import Struct


class Channel(Struct, frozen=True):
    """By which source a customer writes, what he is called there, and what else the way back to him needs."""

    source: str
    sender: str
    facts: dict[str, str] = {}


class Said(Struct, frozen=True):
    """Something that came by a channel, under `id` there; `inbox_id` is where it belongs here.

    A message has `text`, or files that were taken in for its writer; `data` is told beside it. Where `event` is not
    empty it is no message: something happened there, with `data`. `name`, `email`, `phone` are the customer's own word.
    """

    channel: Channel
    id: str
    inbox_id: str
    text: str = ""
    files: tuple[str, ...] = ()
    event: str = ""
    data: dict[str, str] = {}
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
