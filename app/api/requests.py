"""Around every request: its id, its log line, its measure, the fields of every answer, the last net under the rest."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.call import Trace, trace_of
from app.api.problems import answer_to, refusal_of, refuse
from app.gateway.pages import DATA
from app.gateway.paths import below, is_public, with_slash
from app.gateway.proxies import Client, Heard, Proxies
from app.gateway.refusals import Elsewhere, internal
from app.gateway.upstream import ADDRESSES, Addresses
from app.model.clock import Clock
from app.model.errors import not_found
from app.model.ids import Ids
from app.model.language import reader_language
from app.settings import Settings
from app.telemetry import traces
from app.telemetry.log import about, logger
from app.telemetry.metrics import Metrics

_log = logger("api")
_DATA = [(name.encode(), value.encode()) for name, value in DATA.items()]
_CLIENT_LEFT = 499  # nginx's number for a client that did not wait; it is only logged


class Requests:
    """Pure ASGI middleware; `X-Request-Id` is always our own, a client's is not believed."""

    def __init__(
        self, app: ASGIApp, settings: Settings, ids: Ids, clock: Clock, metrics: Metrics, heard: Heard
    ) -> None:
        self._app = app
        self._heard = heard
        self._proxies = Proxies(settings)
        self._base_path = settings.base_path
        self._ids = ids
        self._clock = clock
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        language = reader_language(headers.get("accept-language", ""))
        trace = Trace(self._ids.new(), self._client(scope, headers), language)
        scope["monodesk.trace"] = trace
        started = self._clock.monotonic()
        answer = _Answer(send, trace.request_id)
        with about(trace.request_id), traces.within(traces.read(headers.get(traces.HEADER, ""))):
            try:
                await self._door(scope)(scope, receive, answer.send)
            except ClientDisconnect:
                answer.status = _CLIENT_LEFT
            except Exception as error:
                problem = refusal_of(error)
                if problem is None or answer.status:
                    _log.exception("a request failed", extra={"route": trace.route})
                if answer.status:
                    raise  # half an answer is out: the server must cut the connection
                told = problem or internal(trace.request_id)
                await answer_to(told, trace)(scope, receive, answer.send)
            finally:
                self._tell(scope, trace, answer.status, self._clock.monotonic() - started)

    def _client(self, scope: Scope, headers: Headers) -> Client:
        """One stream carries many clients' requests where a proxy keeps its connection, so each is resolved anew."""
        peer = scope.get("client")
        secure = scope.get("scheme") == "https"
        address = peer[0] if peer else ""

        def get(name: str) -> str:
            return ", ".join(headers.getlist(name))

        self._heard.request(address, get)
        return self._proxies.client(address, secure, get)

    def _door(self, scope: Scope) -> ASGIApp:
        """As the front has done it with HTTP/1.1 heads; those of HTTP/2 it does not read."""
        addresses: Addresses | None = scope.get("state", {}).get(ADDRESSES)
        path: str = scope["path"]
        if addresses is not None and addresses.http2:
            if path == self._base_path:
                raise Elsewhere(with_slash(f"{path}?{scope['query_string'].decode('latin-1')}".rstrip("?")))
            path = below(self._base_path, path)
            scope["path"], scope["raw_path"] = path, below(self._base_path, scope["raw_path"].decode("ascii")).encode()
        if addresses is not None and addresses.public and not is_public(path):
            trace = trace_of(scope)
            return refuse(not_found(), trace.language, trace.request_id)
        return self._app

    def _tell(self, scope: Scope, trace: Trace, status: int, seconds: float) -> None:
        self._metrics.requests.labels(trace.route or "-", str(status)).inc()
        self._metrics.request_seconds.observe(seconds)
        with about(conversation_id=trace.conversation_id):
            _log.info(
                "request",
                extra={
                    "method": scope["method"],
                    "route": trace.route or "-",
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "address": trace.client.address,
                },
            )


class _Answer:
    """Watches the answer go by: notes its status, adds the request id."""

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            fields: list[tuple[bytes, bytes]] = message["headers"]
            said = {name for name, _ in fields}
            fields.append((b"x-request-id", self._request_id.encode()))
            fields.extend(field for field in _DATA if field[0] not in said)
        await self._send(message)
