"""Somebody else's website, on a free port of its own: another origin than the desk."""

import http.server
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Site(http.server.ThreadingHTTPServer):
    """Serves `pages` (HTML by path) for as long as the block runs; a test may change them."""

    daemon_threads = True

    def __init__(self, pages: Mapping[str, str] = {}) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.pages = dict(pages)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.shutdown()
        self.server_close()


class _Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        page = self.server.pages.get(urlsplit(self.path).path)
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">'
        body = b"" if page is None else f"{head}{page}".encode()
        self.send_response(404 if page is None else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Nothing: the site is no part of what is tested."""
