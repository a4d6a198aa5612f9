"""For machines that watch: alive, able to serve, figures, and the page that describes the API."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from starlette.responses import Response

from app.api.call import HEADERS, Call, Nothing
from app.api.openapi import openapi
from app.api.route import Route
from app.model.clock import Clock
from app.model.errors import Problem, Unavailable
from app.model.health import Report
from app.model.principals import Agent
from app.settings import Limits
from app.storage.checks import write_check
from app.storage.database import Database
from app.telemetry.metrics import CONTENT_TYPE, Metrics

Examine = Callable[[], Awaitable[Report]]


class Ready(Struct, frozen=True):
    """The process can serve: every gateway has started, the database took a write within `limits.ready_seconds`, and
    nobody stops it.
    """

    ready: bool = True


class Health:
    """`draining` tells whether the appliance is on its way down, `starting` whether not all its doors are open yet;
    `examine` is the doctor's look at all of it.
    """

    def __init__(
        self,
        database: Database,
        metrics: Metrics,
        clock: Clock,
        limits: Limits,
        draining: Callable[[], bool],
        examine: Examine,
        starting: Callable[[], bool] = lambda: False,
    ) -> None:
        self._starting = starting
        self._examine = examine
        self._examining = asyncio.Lock()
        self._report: Report | None = None
        self._examined_at = -limits.health_seconds
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self._limits = limits
        self._draining = draining
        self._written_at = -limits.ready_seconds

    async def alive(self, _: Call[None], __: Nothing) -> Response:
        """As the front answers it, without asking anybody, before a request gets here."""
        return Response(b"ok\n", 200, HEADERS, "text/plain")

    async def ready(self, _: Call[None], __: Nothing) -> Ready:
        """Migrations are done before anything listens, so what is left to prove is that a write gets to the disk."""
        if self._draining():
            raise _not_ready("draining", "The server is stopping.", "服务器正在停止。")
        if self._starting():  # of several gateways one may answer while another does not start, which ends the server
            raise _not_ready("starting", "The server is starting.", "服务器正在启动。")
        try:
            self._database.demand_writable()
            if self._clock.monotonic() - self._written_at >= self._limits.ready_seconds:
                await self._write()
        except Problem as problem:
            raise _not_ready("database_unwritable", problem.en, problem.zh) from None
        return Ready()

    async def metrics(self, _: Call[None], __: Nothing) -> Response:
        return Response(self._metrics.render(), media_type=CONTENT_TYPE)

    async def examined(self, _: Call[Agent], __: Nothing) -> Report:
        """All findings; one examination at a time, and whoever asks soon after is told the same."""
        async with self._examining:
            now = self._clock.monotonic()
            if self._report is None or now - self._examined_at >= self._limits.health_seconds:
                self._report, self._examined_at = await self._examine(), now
            return self._report

    async def _write(self) -> None:
        now = self._clock.now_ms()
        await self._database.write(lambda tx: write_check(tx, now))
        self._written_at = self._clock.monotonic()


class Manual:
    """The OpenAPI page in the reader's language, made at its first reading."""

    def __init__(self, table: Callable[[], Sequence[Route]]) -> None:
        self._table = table
        self._pages: dict[str, bytes] = {}

    async def read(self, call: Call[None], _: Nothing) -> Response:
        language = call.peer.language
        if language not in self._pages:
            self._pages[language] = openapi(self._table(), language)
        headers = {"cache-control": "no-cache", "content-language": language, "vary": "accept-language"}
        return Response(self._pages[language], 200, headers, "application/json")


def _not_ready(code: str, en: str, zh: str) -> Unavailable:
    return Unavailable(code, f"{en} Send traffic elsewhere and ask again.", f"{zh}请先转走流量，稍后再查。")
