"""An ERP of the old kind: one address, XML questions, XML answers in GBK, and moods.

It refuses what it does not know, and more than 40 questions a second; what it lies is told to it.
"""

import asyncio
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from tests.adapters.far import Far

EAST = timezone(timedelta(hours=8))
_ROOTS = {"order.query": ("orders", "order"), "parcel.query": ("parcels", "parcel")}
_PER_SECOND = 40
_HEAD, _BODY = {"user", "password", "service"}, {"from", "to", "page", "rows"}


class OldErp:
    """`things` are its orders and parcels by service, each with `modified` in its own time."""

    def __init__(self, user: str = "desk", password: str = "a word & more") -> None:
        self.user = user
        self.password = password
        self.things: dict[str, list[dict[str, object]]] = {"order.query": [], "parcel.query": []}
        self.lies: list[Callable[[bytes], bytes]] = []  # each is told the true answer once
        self.refused: list[str] = []
        self.asked: list[tuple[str, int]] = []
        self._times: list[float] = []
        self.far = Far(self._say)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        heard = self.far.heard[-1]
        self._times = [*(one for one in self._times if one > time.monotonic() - 1), time.monotonic()]
        busy = len(self._times) > _PER_SECOND
        said = self._refusal("429", "请求过于频繁") if busy else self._answer(heard.body)
        if self.lies:
            said = self.lies.pop(0)(said)
        kind = "text/html" if said.lstrip().startswith(b"<html") else "text/xml; charset=GBK"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said)

    def _answer(self, body: bytes) -> bytes:
        asked = ET.fromstring(body)
        head, about = asked.find("head"), asked.find("body")
        if asked.tag != "request" or head is None or about is None or len(asked) != 2:
            return self._refusal("90", "报文格式错误")
        if {one.tag for one in head} != _HEAD or {one.tag for one in about} != _BODY:
            return self._refusal("91", "未知参数")
        if (head.findtext("user"), head.findtext("password")) != (self.user, self.password):
            return self._refusal("12", "用户名或密码错误")
        service = head.findtext("service") or ""
        if service not in _ROOTS:
            return self._refusal("40", "未知服务")
        since, until = _moment(about.findtext("from")), _moment(about.findtext("to"))
        if not since < until <= datetime.now(EAST) or until - since > timedelta(days=1, minutes=1):
            return self._refusal("41", "时间范围错误")
        page, rows = int(about.findtext("page") or 0), int(about.findtext("rows") or 0)
        self.asked.append((service, page))
        found = [one for one in self.things[service] if since <= _moment(str(one["modified"])) <= until]
        return self._page(service, found[(page - 1) * rows : page * rows], len(found))

    def _page(self, service: str, here: list[dict[str, object]], total: int) -> bytes:
        many, one = _ROOTS[service]
        return written({"code": "0", "message": "", "total": str(total), many: {one: here}})

    def _refusal(self, code: str, message: str) -> bytes:
        self.refused.append(message)
        return written({"code": code, "message": message})


def written(answer: dict[str, object]) -> bytes:
    """A `response`, in GBK as it declares."""
    root = ET.Element("response")
    _fill(root, answer)
    return b'<?xml version="1.0" encoding="GBK"?>\n' + ET.tostring(root, encoding="unicode").encode("gbk")


def _fill(at: ET.Element, things: dict[str, object]) -> None:
    for name, value in things.items():
        for one in value if isinstance(value, list) else [value]:
            inner = ET.SubElement(at, name)
            if isinstance(one, dict):
                _fill(inner, one)
            else:
                inner.text = str(one)


def _moment(text: str | None) -> datetime:
    return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=EAST)


def ago(minutes: float) -> str:
    """A time as this ERP writes it."""
    return (datetime.now(UTC) - timedelta(minutes=minutes)).astimezone(EAST).strftime("%Y-%m-%d %H:%M:%S")
