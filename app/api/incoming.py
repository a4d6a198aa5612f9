"""`/in/{source}`: what joined systems bring by themselves. Whatever is wrong with a sender, he is told one thing."""

from urllib.parse import parse_qsl

from msgspec.structs import replace
from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.body import Bounds, chunks, demand_plain, small
from app.api.call import peer_of, trace_of
from app.api.files import FilePart
from app.api.problems import MethodNotAllowed
from app.files.transfer import Files
from app.gateway.core import FileGrant
from app.gateway.download import Downloads, choose_part
from app.gateway.proxies import plain
from app.gateway.upstream import ADDRESSES, LINE_NUMBER, Addresses
from app.model.arrivals import Arrival, ClientCertificate, Systems
from app.model.errors import not_found
from app.settings import Limits

PATH = "/in/{id}"
FILES = "/in/files/{id}"
_ALLOW = "GET, POST"
_FIELDS_MAX = 200


class IncomingFiles:
    """`/in/files/{id}`: a file of an answer, for who brings it to a customer and was given its link."""

    def __init__(self, files: Files, downloads: Downloads) -> None:
        self._files = files
        self._downloads = downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace_of(scope).route = FILES
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET, HEAD")
        asked = QueryParams(scope["query_string"])
        found = await self._files.linked(scope["path_params"]["id"], asked.get("until", ""), asked.get("sign", ""))
        grant = FileGrant(found.path, found.name, found.type, found.size, found.etag)
        headers = Headers(scope=scope)
        part = choose_part(grant, scope["method"], lambda name: headers.get(name, ""))
        await FilePart(grant, part, self._downloads)(scope, receive, send)


class Incoming:
    """An ASGI application: reads within what the source allows, hands over, answers when it is stored."""

    def __init__(self, systems: Systems, limits: Limits) -> None:
        self._systems = systems
        self._bounds = small(limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace_of(scope).route = PATH
        if scope["method"] not in ("GET", "POST"):
            raise MethodNotAllowed(_ALLOW)
        source: str = scope["path_params"]["id"]
        most = self._systems.bytes_max(source)
        if most is None:
            raise not_found()
        arrival = await self._arrival(scope, receive, most)
        ends: Addresses | None = scope.get("state", {}).get(ADDRESSES)
        if ends is not None and ends.line:  # by a front: nobody else opens such a stream
            if scope["method"] == "GET":
                number = await self._systems.open_line(source, arrival)
                await Response(number)(scope, receive, send)
                return
            arrival = replace(arrival, line=arrival.headers.get(LINE_NUMBER, "-"))
        taken = await self._systems.take(source, arrival)
        await Response(taken.body, media_type=taken.content_type)(scope, receive, send)

    async def _arrival(self, scope: Scope, receive: Receive, most: int) -> Arrival:
        headers = Headers(scope=scope)
        demand_plain(headers)
        seconds = max(self._bounds.seconds_max, most / self._bounds.bytes_per_second_min)
        bounds = Bounds(most, seconds, self._bounds.pause_seconds_max, self._bounds.bytes_per_second_min)
        body = b"".join([piece async for piece in chunks(receive, headers, bounds)])
        query = scope["query_string"].decode("latin-1")
        return Arrival(
            scope["method"], scope["path"],
            tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS_MAX)),
            {name.lower(): value for name, value in headers.items()}, body, peer_of(scope).address,
            _certificate(scope),
        )  # fmt: skip


def _certificate(scope: Scope) -> ClientCertificate | None:
    """His own, never that of a proxy which brings his request."""
    ends: Addresses | None = scope.get("state", {}).get(ADDRESSES)
    is_his = ends is not None and plain(ends.client[0]) == trace_of(scope).client.address
    return ends.certificate if ends is not None and is_his else None
