"""For machines that watch: alive, able to serve, figures, and the page that describes the API."""

from collections.abc import Callable, Sequence

from msgspec import Struct
from starlette.responses import Response

from app.api.call import HEADERS, Call, Nothing
from app.api.openapi import openapi
from app.api.route import Route
from app.model.clock import Clock
from app.model.errors import Problem, Unavailable
from app.settings import Limits
from app.storage.checks import write_check
from app.storage.database import Database
from app.telemetry.metrics import CONTENT_TYPE, Metrics


class Ready(Struct, frozen=True):
    """The process can serve: the database took a write within `limits.ready_seconds`, and nobody stops it."""

    ready: bool = True


class Health:
    """`draining` tells whether the appliance is on its way down."""

    def __init__(
        self, database: Database, metrics: Metrics, clock: Clock, limits: Limits, draining: Callable[[], bool]
    ) -> None:
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
        if self._clock.monotonic() - self._written_at >= self._limits.ready_seconds:
            await self._write()
        return Ready()

    async def metrics(self, _: Call[None], __: Nothing) -> Response:
        return Response(self._metrics.render(), media_type=CONTENT_TYPE)

    async def _write(self) -> None:
        now = self._clock.now_ms()
        try:
            await self._database.write(lambda tx: write_check(tx, now))
        except Problem as problem:
            raise _not_ready("database_unwritable", problem.en, problem.zh) from None
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
