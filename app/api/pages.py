"""Built files for who comes over HTTP/2. Over HTTP/1.1 the front answers them, and alike (`gateway.pages`)."""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.call import peer_of, trace_of
from app.api.problems import MethodNotAllowed
from app.certificates.page import RootPages
from app.gateway.core import Core
from app.gateway.pages import choose_coding, fields_of
from app.gateway.refusals import ForReader
from app.gateway.sites import Sites
from app.model.errors import Invalid, not_found
from app.model.language import reader_language
from app.web.assets import Asset, Assets, first_page

_SOCKET = "/ws"


class Pages:
    """Mounted behind the table of routes: what is not in that and not built is nowhere."""

    def __init__(self, assets: Assets, core: Core, root: RootPages | None) -> None:
        self._assets = assets
        self._root = root
        self._sites = Sites(core)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("latin-1")
        if path == _SOCKET:
            raise SocketElsewhere
        if (page := self._root_page(scope, path)) is not None:
            await page(scope, receive, send)
            return
        asset = self._assets.find(path)
        if asset is None and (begin := first_page(path, _language(scope))) is not None:
            raise ForReader(begin)
        if asset is None:
            raise not_found()
        trace_of(scope).route = f"built {asset.kind}"
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET, HEAD")
        sites = await self._sites.of_page(path) if asset.kind == "chat" else None
        await _answer(scope, asset, sites)(scope, receive, send)

    def _root_page(self, scope: Scope, path: str) -> Response | None:
        """The page about our own authority, or what it offers."""
        if self._root is None:
            return None
        target = f"{path}?{scope['query_string'].decode('latin-1')}"
        page = self._root.find(target, Headers(scope=scope).get("accept-language", ""))
        if page is None:
            return None
        trace_of(scope).route = "certificate"
        if scope["method"] not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET, HEAD")
        return Response(page.body, 200, page.fields)


class SocketElsewhere(Invalid):
    """A WebSocket is opened over HTTP/1.1."""

    status = 426

    def __init__(self) -> None:
        super().__init__(
            "socket_needs_http1",
            "A WebSocket is opened over HTTP/1.1 here. Connect again with that, or use long-polling.",
            "此处的 WebSocket 须通过 HTTP/1.1 打开。请改用 HTTP/1.1 连接，或使用长轮询。",
        )


def _language(scope: Scope) -> str:
    return reader_language(Headers(scope=scope).get("accept-language", ""))


def _answer(scope: Scope, asset: Asset, sites: tuple[str, ...] | None) -> Response:
    peer, headers = peer_of(scope), Headers(scope=scope)
    coding = choose_coding(asset, headers.get("accept-encoding", ""))
    fields = fields_of(asset, coding, peer.host, secure=peer.secure, sites=sites)
    known = (tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(","))
    if fields["etag"] in known:
        return Response(None, 304, fields)
    return Response(asset.bodies[coding], 200, fields)
