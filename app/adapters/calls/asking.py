"""A call of a spec, asked: paced, signed, judged, tried again.

An answer that is a refusal with status 200 is a refusal. What is the other system's momentary trouble (no line, 5xx,
"limited") is tried again after a pause that doubles, or that it names; what it would refuse again is not.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from app.adapters.calls.pace import Bucket, Fuse
from app.adapters.calls.requests import Requests
from app.adapters.errors import BadDocument, Refused, Unreached
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_at, read_condition
from app.adapters.maps.recipes import date_ms
from app.adapters.origins.flowing import Flowing, Gather
from app.adapters.protocols.exchange import Answer, Bounds, Client, Open, Request
from app.adapters.proving.secrets import Masker
from app.adapters.proving.signing import text_of
from app.adapters.specs.model import NOWHERE, Call, Failure, Send
from app.model.clock import Clock
from app.telemetry import traces

Decode: TypeAlias = Callable[[Answer], Tree]
Ready: TypeAlias = Callable[[], Awaitable[None]]  # learns what has to be known before a request can be made
References: TypeAlias = Callable[[], Mapping[str, Tree]]
Drift: TypeAlias = Callable[[], Mapping[tuple[str, str, str], int]]
Begun: TypeAlias = tuple[Tree, Answer] | Flowing
T = TypeVar("T")
Token: TypeAlias = Callable[[bool], Awaitable[str]]  # True: the one there is has ended, whatever it promised

BREAKER_OPEN = "breaker_open"  # code of what was not even asked
_SAID_CHARACTERS_MAX = 300
_RETRY_AFTER_SECONDS_MAX = 3_600.0
_TOO_MANY, _UNAUTHORIZED = 429, 401
_CLOCKS_MINUTES = 3  # that clocks may differ without a word: signatures hold for five at least
UNAUTHORIZED = frozenset({"401", "UNAUTHENTICATED"})  # what HTTP and gRPC say where a token is none any more


class Judge:
    """What an answer means: `fails_when` of a spec, and the status."""

    def __init__(self, failure: Failure | None, masker: Masker) -> None:
        self._masker = masker
        self._failure = failure
        self._has = _path(failure.has if failure else "")
        self._code = _path(failure.code if failure else "")
        self._text = _path(failure.text if failure else "")
        when = failure.when if failure else None
        self._when = compile_rule(read_condition(when.text, when.mark)).run if when is not None else None
        self._ok = frozenset(str(one) for one in failure.ok) if failure else frozenset()
        self._limited = frozenset(str(one) for one in failure.limited) if failure else frozenset()
        self._expired = frozenset(str(one) for one in failure.expired) if failure else frozenset()

    def demand_status(self, answer: Answer, now_ms: int) -> None:
        """Raise what the status means; an answer of another kind than 2xx is no document."""
        status = answer.status
        if 200 <= status < 300:
            return
        said = self._masker.text(answer.body[:_SAID_CHARACTERS_MAX].decode("utf-8", "replace"))
        if status == _UNAUTHORIZED:
            raise _Expired(_refused(str(status), said))
        if status == _TOO_MANY or status >= 500:
            code = "limited" if status == _TOO_MANY else "answer_5xx"
            raise _trouble(code, str(status), said, retry_after_ms(answer.headers.get("retry-after", ""), now_ms))
        raise _refused(str(status), said)

    def demand_held(self, document: Tree, context: Context) -> None:
        """Raise what a refusal in a document means."""
        if self._failure is None:
            return
        code = text_of(self._code(document, context)) if self._code else ""
        refused = bool(self._has and self._has(document, context) is not None)
        if self._ok:
            refused = code not in self._ok
        elif not self._has:
            refused = code != ""
        if not refused and self._when is not None:
            refused = self._when(document, context) is True
        if not refused:
            return
        said = self._masker.text(text_of(self._text(document, context)) if self._text else "")[:_SAID_CHARACTERS_MAX]
        if code in self._expired:
            raise _Expired(_refused(code, said))
        if code in self._limited:
            raise _trouble("limited", code, said, None)
        raise _refused(code, said)


class Piecemeal(Struct, frozen=True):
    """How answers of more than `whole_bytes_max` are read while they come."""

    open: Open
    gather: Gather
    whole_bytes_max: int
    applies: Callable[[], bool] = lambda: True


class Asking:
    """One call of one source. `bucket` is shared by all who ask with the same credential."""

    def __init__(
        self,
        call: Call,
        requests: Requests,
        client: Client,
        decode: Decode,
        bucket: Bucket | None,
        masker: Masker,
        clock: Clock,
        chance: Callable[[], float],
        token: Token | None = None,
        ready: Ready | None = None,
        piecemeal: Piecemeal | None = None,
        drift: Drift = dict,
    ) -> None:
        self._call = call
        self._requests = requests
        self._client = client
        self._decode = decode
        self._bucket = bucket
        self._judge = Judge(call.fails_when, masker)
        self._fuse = Fuse(call.breaker)
        self._clock = clock
        self._chance = chance
        self._token = token
        self._ready = ready
        self._piecemeal = piecemeal
        self.drift = drift  # what of the answers so far their format does not know; told once
        self._bounds = Bounds(call.timeout, call.bytes)

    @property
    def is_down(self) -> bool:
        """Whether the other system is taken to be down, and only tried now and then."""
        return self._fuse.is_open

    async def ask(self, references: References, document: Tree = None) -> tuple[Tree, Answer]:
        """The document that comes. `references` are made anew for each attempt: times and signatures grow old.

        Raises `Unreached` when it was tried as often as the spec says, `Refused`, `BadDocument`.
        """
        return await self._tried(partial(self._once, references, document))

    async def begin(self, references: References) -> Begun:
        """The same, but what is large is given while it comes. It is tried again until then.

        What breaks off later has failed: whoever reads it asks anew.
        """
        return await self._tried(partial(self._begun, references))

    async def _tried(self, once: Callable[[bool], Awaitable[T]]) -> T:
        renewed = False
        attempt = 0
        while True:
            self._demand_closed()
            try:
                answered = await once(renewed)
            except _Expired as expired:
                if renewed or self._token is None:
                    raise expired.refusal from None
                renewed = True
            except Unreached as trouble:
                self._fuse.failed(self._clock.monotonic())
                attempt += 1
                if attempt > self._call.retry.times or not self._is_tried_again(trouble):
                    raise
                await self._pause(attempt, trouble)
            else:
                self._fuse.held()
                return answered

    async def _once(self, references: References, document: Tree, renewed: bool) -> tuple[Tree, Answer]:
        context = await self._context(references, renewed)
        answer = await self._client.ask(self._traced(self._requests.make(context, document)), self._bounds)
        return self._judged(answer, context), answer

    async def _begun(self, references: References, renewed: bool) -> Begun:
        context = await self._context(references, renewed)
        request = self._traced(self._requests.make(context))
        if self._piecemeal is None or not self._piecemeal.applies():
            answer = await self._client.ask(request, self._bounds)
            return self._judged(answer, context), answer
        began = self._clock.monotonic()
        async with AsyncExitStack() as stack:
            coming = await stack.enter_async_context(self._piecemeal.open(request, self._bounds))
            pieces = coming.pieces()
            stack.push_async_callback(pieces.aclose)
            try:
                head, is_whole = await _head(pieces, self._piecemeal.whole_bytes_max)
            except Refused as refusal:
                if refusal.said in UNAUTHORIZED:
                    raise _Expired(refusal) from None
                raise
            waited_ms = round((self._clock.monotonic() - began) * 1_000)
            if is_whole or not 200 <= coming.status < 300:
                answer = _Whole(coming.status, coming.headers, head, waited_ms)
                return self._judged(answer, context), answer
            flowing = Flowing(
                stack.pop_all(), coming.headers, head, pieces, self._piecemeal.gather(coming.headers, head),
                partial(self._demand_held, _with_headers(context, coming.headers)), self._has_failed, self._clock,
            )  # fmt: skip
            flowing.waited_ms = waited_ms
            return flowing

    def _read(self, answer: Answer) -> Tree:
        """The document. Of what was sent the status alone may say that it is there; where the answer has to say so and
        cannot be read, that is a trouble of the moment: it is sent again, by the same id.
        """
        try:
            return self._decode(answer)
        except BadDocument as problem:
            if not isinstance(self._call, Send):
                raise
            if self._call.fails_when is None:
                return None
            raise Unreached(problem.code, problem.en, problem.zh) from problem

    async def _context(self, references: References, renewed: bool) -> Context:
        """When its pace lets it, and with its token."""
        if self._bucket is not None:
            while (wait := self._bucket.wait(self._clock.monotonic())) > 0:  # noqa: ASYNC110 - a time, no event
                await asyncio.sleep(wait)
            self._bucket.take(self._clock.monotonic())
        if self._ready is not None:
            await self._ready()
        token = {"token": await self._token(renewed)} if self._token is not None else {}
        return Context({**references(), **token}, self._requests.secrets)

    def _judged(self, answer: Answer, context: Context) -> Tree:
        try:
            self._judge.demand_status(answer, self._clock.now_ms())
            came = self._read(answer)
            self._judge.demand_held(came, _with_headers(context, answer.headers))
        except Refused as refusal:
            raise self._told_of_clocks(refusal, answer.headers) from None
        except _Expired as expired:
            raise _Expired(self._told_of_clocks(expired.refusal, answer.headers)) from None
        return came

    def _told_of_clocks(self, refusal: Refused, headers: Mapping[str, str]) -> Refused:
        """With what may well be the reason: signatures and tokens are good for minutes."""
        theirs = date_ms(headers.get("date", ""))
        minutes = 0 if theirs is None else round((self._clock.now_ms() - theirs) / 60_000)
        if abs(minutes) < _CLOCKS_MINUTES:
            return refusal
        return Refused(
            refusal.code,
            f"{refusal.en} This machine's clock and theirs differ by {abs(minutes)} minutes: set it right first.",
            f"{refusal.zh} 本机时钟与对方相差 {abs(minutes)} 分钟，请先校准时钟。",
            said=refusal.said,
        )

    def _demand_held(self, context: Context, document: Tree) -> None:
        try:
            self._judge.demand_held(document, context)
        except _Expired as expired:
            raise expired.refusal from None

    def _has_failed(self) -> None:
        self._fuse.failed(self._clock.monotonic())

    def _traced(self, request: Request) -> Request:
        """With the trace that it belongs to, where its spec does not say another; each attempt is a step of its own."""
        trace = traces.current()
        if not trace or any(name.lower() == traces.HEADER for name, _ in request.headers):
            return request
        return replace(request, headers=(*request.headers, (traces.HEADER, traces.child(trace, self._chance()))))

    def _demand_closed(self) -> None:
        wait = self._fuse.wait(self._clock.monotonic())
        if wait > 0:
            raise Unreached(
                BREAKER_OPEN,
                f"The other system failed {self._call.breaker.after} times on end; it is tried again in {wait:.0f} s.",
                f"对方系统连续失败 {self._call.breaker.after} 次，{wait:.0f} 秒后再试。",
                after_ms=round(wait * 1_000),
            )

    def _is_tried_again(self, trouble: Unreached) -> bool:
        kinds = {"limited": "limited", "answer_5xx": "5xx", "address_private": "", "redirected": ""}
        return kinds.get(trouble.code, "network") in self._call.retry.on

    async def _pause(self, attempt: int, trouble: Unreached) -> None:
        """Doubled with every attempt up to the most, between half and all of it by chance so that crowds part."""
        wait = min(self._call.retry.wait.least * 2 ** min(attempt - 1, 32), self._call.retry.wait.most)
        pause = wait * (0.5 + self._chance() / 2)
        asked = (trouble.retry_after_ms or 0) / 1_000
        if self._bucket is not None and trouble.code == "limited":
            self._bucket.shut(self._clock.monotonic(), max(pause, asked))
        await asyncio.sleep(max(pause, asked))


class _Whole(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes
    waited_ms: int


async def _head(pieces: AsyncGenerator[bytes], whole_bytes_max: int) -> tuple[bytes, bool]:
    """The beginning of an answer, and whether that is all of it."""
    head = bytearray()
    async for piece in pieces:
        head += piece
        if len(head) > whole_bytes_max:
            return bytes(head), False
    return bytes(head), True


class _Expired(Exception):
    """The token is none any more."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def _with_headers(context: Context, headers: Mapping[str, str]) -> Context:
    """What an answer is judged by beside itself; no secrets among it."""
    return Context({**context.references, "headers": dict(headers)})


def retry_after_ms(said: str, now_ms: int) -> int | None:
    """What `Retry-After` asks for, as seconds or as a date (RFC 9110); never longer than an hour."""
    said = said.strip()
    if not said:
        return None
    if said.isascii() and said.isdigit():
        seconds = float(said[:9])
    else:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - now_ms / 1_000
        except (ValueError, TypeError):
            return None
    return round(min(max(0.0, seconds), _RETRY_AFTER_SECONDS_MAX) * 1_000)


def _path(text: str) -> Callable[[Tree, Context], Tree] | None:
    return compile_rule(read_at(text, NOWHERE)).run if text else None


def _refused(code: str, said: str) -> Refused:
    return Refused(
        "refused",
        f"The other system refuses ({code or 'no code'}): {said or 'no reason given'}. Look at the call in the spec.",
        f"对方系统拒绝了请求（{code or '无代码'}）：{said or '未说明原因'}。请检查配置中的调用。",
        said=code,
    )


def _trouble(kind: str, code: str, said: str, after_ms: int | None) -> Unreached:
    return Unreached(
        kind,
        f"The other system cannot answer now ({code}): {said or 'it does not say why'}. It is asked again later.",
        f"对方系统暂时无法响应（{code}）：{said or '未说明原因'}。稍后会重试。",
        after_ms=after_ms,
    )
