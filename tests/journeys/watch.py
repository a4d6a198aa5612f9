"""What no page of ours may do, whatever the journey: complain, crash, or speak to another host."""

from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page

_HOSTS = frozenset({"127.0.0.1", "desk.lan"})
_LOCAL_SCHEMES = frozenset({"data", "blob", "about"})
# The browser itself writes these when a connection fails; they are no line of ours, but foreseen only in an outage.
_NETWORK = ("Failed to load resource:", "WebSocket connection to")


class Watch:
    """Gathers complaints over every page of a journey."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._outage = False
        self._refused: list[str] = []

    def attach(self, context: BrowserContext) -> None:
        """Watch every page that this context opens."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"uncaught: {error.error}"))
        context.on("request", lambda request: self._address(request.url))
        context.on("page", self._page)

    def expect_outage(self) -> None:
        """From now on failed connections are part of the journey."""
        self._outage = True

    def expect_refusal(self, path: str) -> None:
        """From now on what a request at an address that ends so is refused for is part of the journey."""
        self._refused.append(path)

    def _page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._address(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        address = urlsplit(message.location["url"]).path
        foreseen = self._outage or any(address.endswith(path) for path in self._refused)
        if not (foreseen and message.text.startswith(_NETWORK)):
            self.complaints.append(f"{message.type}: {message.text} at {message.location}")

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.hostname not in _HOSTS and parts.scheme not in _LOCAL_SCHEMES:
            self.complaints.append(f"another host: {url}")
