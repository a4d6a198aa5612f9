"""The way of a visitor whose network blocks WebSocket: long-polling with the same frames (ARCHITECTURE, "Delivery").

As the widget does it (`web/src/kit/transport.ts`): one poll after the other, commands one at a time and in order.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Final, Self

import httpx
import msgspec

from app.model.frames import Resume
from tests.journeys.wire import Refused, Told

_WAIT_MS: Final = 25_000
_ANSWER_SECONDS_MAX: Final = 60.0
_OF_SOCKETS = frozenset({"hello", "resume", "pong"})  # the poll itself says who we are and what we hold
_RESTART, _BROKEN = 1012, 1006  # what a socket would have been closed with

Cursor = Callable[[], Resume]


class PollWire:
    """As `Wire`: texts go to `told`; `closed` resolves with a close code. `cursor` gives what is held."""

    def __init__(self, told: Told, cursor: Cursor, session: httpx.AsyncClient) -> None:
        self._told = told
        self._first: httpx.Response | None = None
        self._cursor = cursor
        self._session = session
        self._commands: asyncio.Queue[bytes] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.reason = b""

    @classmethod
    async def connect(cls, port: int, told: Told, token: str, cursor: Cursor) -> Self:
        """Poll once; raises `OSError` or `Refused`. What it brings is told after `listen`."""
        session = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_ANSWER_SECONDS_MAX,
            trust_env=False,
        )
        wire = cls(told, cursor, session)
        try:
            answer = await wire._polled(0)
            if answer.is_error:
                raise Refused(f"HTTP {answer.status_code}")
        except httpx.HTTPError as error:
            await session.aclose()
            raise ConnectionError(str(error)) from error
        except BaseException:
            await session.aclose()
            raise
        wire._first = answer
        return wire

    def listen(self) -> None:
        """Tell what the first poll brought, and go on."""
        assert self._first is not None
        self._tell(self._first)
        self._task = asyncio.create_task(self._live())

    def send(self, text: bytes) -> None:
        """A command, after those before it."""
        if json.loads(text)["t"] not in _OF_SOCKETS:
            self._commands.put_nowait(text)

    def abort(self) -> None:
        """Leave without a word; one that has ended is cleaning up already and must not be cut off at it."""
        if not self.closed.done() and self._task is not None:
            self._task.cancel()
        self._end(_BROKEN)

    async def _live(self) -> None:
        """Nothing is asked any more when the session is closed: a connection that comes later would be nobody's."""
        carrying = asyncio.create_task(self._carry())
        try:
            await self._listen()
        finally:
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)
            await self._session.aclose()

    async def _listen(self) -> None:
        try:
            while not self.closed.done():
                answer = await self._polled(_WAIT_MS)
                if answer.is_error:
                    self._refuse(answer)
                    return
                self._tell(answer)
        except httpx.HTTPError:
            self._end(_BROKEN)

    async def _carry(self) -> None:
        while True:
            text = await self._commands.get()
            try:
                answer = await self._session.post(
                    "/api/v1/visitor/frames", content=text, headers={"Content-Type": "application/json"}
                )
            except httpx.HTTPError:  # the poll notices too, and what matters is sent again
                continue
            if answer.is_error:
                self._told(_refusal(answer, text))
            else:
                self._tell(answer)

    async def _polled(self, wait_ms: int) -> httpx.Response:
        asked = {"resume": msgspec.to_builtins(self._cursor()), "wait_ms": wait_ms}
        return await self._session.post("/api/v1/visitor/poll", json=asked)

    def _tell(self, answer: httpx.Response) -> None:
        for frame in answer.json()["frames"]:
            self._told(json.dumps(frame).encode())

    def _refuse(self, answer: httpx.Response) -> None:
        after = answer.json().get("retry_after_ms")
        if after is not None:
            self.reason = f"retry_after_ms={after}".encode()
        self._end(_BROKEN if after is None else _RESTART)

    def _end(self, code: int) -> None:
        if not self.closed.done():
            self.closed.set_result(code)


def _refusal(answer: httpx.Response, text: bytes) -> bytes:
    problem = answer.json()
    frame = {
        "t": "error",
        "code": problem["code"],
        "text": problem["detail"],
        "cid": json.loads(text).get("cid"),
        "retry_after_ms": problem.get("retry_after_ms"),
    }
    return json.dumps(frame).encode()
