"""A vendor's server of our own, which refuses what the vendor would refuse and remembers why.

Written from published lists of parameters and fields, without the code of the engine: what it counts, signs and cuts
into pages it does by itself. `wrong` is everything that a real one would have refused; a test ends with it empty, but
for what it provoked.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from msgspec import Struct

from tests.adapters.far import Far, Heard
from tests.adapters.vendors.clock import SharedClock

BEIJING = timezone(timedelta(hours=8))
PAGE = (
    b"<!DOCTYPE html><html><head><title>Busy</title></head><body>The service is being maintained.</body></html>"
)  # fmt: skip


class Said(Struct):
    """An answer."""

    body: bytes
    status: str = "200 OK"
    headers: Mapping[str, str] = MappingProxyType({"Content-Type": "application/json;charset=UTF-8"})


class Sale(Struct):
    """An order as the vendor has it; times in seconds UTC. `stage` counts what happened to it."""

    number: int
    created: int
    updated: int
    stage: int = 0

    @property
    def cents(self) -> int:
        return 1_000 + self.number * 7

    def move(self, now: int) -> None:
        """Something happens to it."""
        self.stage += 1
        self.updated = now


class Refusal(Exception):
    """What the vendor says no to, with its own code for it."""

    def __init__(self, code: object, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class Vendor:
    """Answers by `answer` of its kind; lies first, where it has `lies`. Of its calls, which are counted from 1, it says
    "slower" to those in `busy`, answers 503 to those in `failing` and about something else to those in `odd`.
    """

    seconds_apart_max = 600
    behind = 180  # seconds before now that a window of the preset ends
    calls_per_second = 80  # that it takes; twice what the preset allows itself, for a loaded machine bunches them

    def __init__(self, clock: SharedClock, count: int, hours: float = 2) -> None:
        self.clock = clock
        self.far = Far(self._say)
        self.sales = [self._sale(number, count, hours) for number in range(count)]
        self.lies: list[Said] = []
        self.busy: set[int] = set()
        self.failing: set[int] = set()
        self.odd: set[int] = set()
        self.calls = 0
        self._lately: deque[float] = deque()
        self.wrong: list[str] = []
        self.pages: list[tuple[Any, int]] = []  # window and page, in the order they were asked
        self.between: Callable[[], None] = lambda: None  # what happens after each page of orders

    def _sale(self, number: int, count: int, hours: float) -> Sale:
        """Spread over the hours before now, eleven of them at the same second each time."""
        step = number // 11 * 11
        at = self.clock.now - 600 - round(hours * 3_600 * (count - step) / count)
        return Sale(number, at - 60, at)

    def add(self) -> Sale:
        """Somebody buys something, now."""
        self.sales.append(Sale(len(self.sales), self.clock.now, self.clock.now))
        return self.sales[-1]

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        heard = self.far.heard[-1]
        self.calls += 1
        said = self.lies.pop(0) if self.lies else self._judged(heard)
        head = [f"HTTP/1.1 {said.status}", f"Content-Length: {len(said.body)}"]
        head += [f"{name}: {value}" for name, value in said.headers.items()]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + said.body)

    def _judged(self, heard: Heard) -> Said:
        try:
            self._demand_pace()
            if self.calls in self.failing:
                self.failing.discard(self.calls)
                return Said(b"upstream connect error", "503 Service Unavailable", {"Content-Type": "text/plain"})
            if self.calls in self.odd:
                self.odd.discard(self.calls)
                return json_said({"something": "else"})
            if self.calls in self.busy:
                self.busy.discard(self.calls)
                return self.slower()
            return self.answer(heard)
        except Refusal as refusal:
            self.wrong.append(f"{refusal.code}: {refusal.why}")
            return self.refused(refusal)

    def _demand_pace(self) -> None:
        now = time.monotonic()
        self._lately.append(now)
        while self._lately[0] < now - 1:
            self._lately.popleft()
        self.demand(len(self._lately) <= self.calls_per_second, 429, "more calls in a second than are taken")

    # ---- what each vendor has of its own

    def answer(self, heard: Heard) -> Said:
        raise NotImplementedError

    def refused(self, refusal: Refusal) -> Said:
        raise NotImplementedError

    def slower(self) -> Said:
        raise NotImplementedError

    # ---- what they share

    def demand(self, holds: object, code: object, why: str) -> None:
        if not holds:
            raise Refusal(code, why)

    def demand_names(self, given: Mapping[str, Any], needed: Sequence[str], may: Sequence[str], code: object) -> None:
        """Every name that is needed, and none that the vendor does not list."""
        for name in needed:
            self.demand(given.get(name) not in (None, ""), code, f"{name} is missing")
        for name in given:
            self.demand(name in (*needed, *may), code, f"{name} is not a parameter of this")

    def demand_near(self, seconds: float, code: object) -> None:
        """The moment of a request is near enough to the vendor's."""
        away = abs(self.clock.now_ms() / 1_000 - seconds)
        self.demand(away <= self.seconds_apart_max, code, f"the timestamp is {away:.0f} s away")

    def within(self, start: float, end: float) -> list[Sale]:
        """Changed in this window, both ends counted; the newest first, those of one second by their number."""
        found = [one for one in self.sales if start <= one.updated <= end]
        return sorted(found, key=lambda one: (-one.updated, one.number))

    def page_of(self, found: Sequence[Sale], page: int, size: int) -> Sequence[Sale]:
        """Counted from 1."""
        return found[(page - 1) * size : page * size]

    def turned(self, window: Any, page: int) -> None:
        """A page of orders went out."""
        self.pages.append((window, page))
        self.between()

    def demand_backwards(self) -> None:
        """Pages of a window were asked from the last one back: after the first one, which tells how many there are.

        What was cut off is asked again, or begun anew.
        """
        for (window, page), (next_window, following) in pairwise(self.pages):
            if next_window == window and page != 1:
                assert following in (page, page - 1, 1), f"page {following} came after {page}"
        assert max(page for _, page in self.pages) > 2, "there was nothing to turn"


def form_of(heard: Heard) -> dict[str, str]:
    """A form's parameters, each once."""
    pairs = parse_qsl(heard.body.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs), "a parameter comes twice"
    return dict(pairs)


def query_of(heard: Heard) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(heard.line.split()[1]).query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs), "a parameter comes twice"
    return dict(pairs)


def path_of(heard: Heard) -> str:
    return unquote(urlsplit(heard.line.split()[1]).path)


def wrapped_md5(secret: str, params: Mapping[str, str]) -> str:
    """MD5 over the secret, every name with its value in the order of the names, and the secret; capital letters."""
    text = secret
    for name in sorted(params):
        text += name + params[name]
    return hashlib.md5((text + secret).encode("utf-8"), usedforsecurity=False).hexdigest().upper()


def hmac_sha256_hex(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode("utf-8"), hashlib.sha256).hexdigest()


def json_said(tree: object, status: str = "200 OK", **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(tree, ensure_ascii=False).encode()
    return Said(body, status, {"Content-Type": "application/json;charset=UTF-8", **named})


def beijing(seconds: int) -> str:
    """As Chinese vendors write a time."""
    return datetime.fromtimestamp(seconds, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def of_beijing(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp())


def rfc3339(seconds: int) -> str:
    """As our records have a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def yuan(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
