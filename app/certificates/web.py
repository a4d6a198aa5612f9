"""Calls to a public authority: a handful a month, so the standard library's client on a thread of its own does.

A daemon thread: a call that hangs must not hold up the server's end, as asyncio's own pool would.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from threading import Thread
from typing import TypeVar
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

import certifi
from msgspec import Struct

from app import __version__
from app.settings import Limits

Result = TypeVar("Result")

# Where systems keep the authorities they trust: asked before those that we bring, so that one of the house counts.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",
)


class Reply(Struct, frozen=True):
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreachable(Exception):
    """Nobody answered, or not in time, or not as HTTPS."""


Call = Callable[[str, str, bytes | None], Awaitable[Reply]]


class Web:
    """Calls over HTTPS, proxies of the environment honoured; redirects are not followed."""

    def __init__(self, ca_file: Path | None, limits: Limits) -> None:
        self._limits = limits
        self._opener: OpenerDirector | None = None
        self._ca_file = ca_file

    async def call(self, method: str, url: str, body: bytes | None = None) -> Reply:
        """One request; a body is a signed object (`application/jose+json`). Raises `Unreachable`."""
        if not url.startswith("https://"):
            raise Unreachable(f"{url[:200]} is not https")
        headers = {"User-Agent": f"monodesk/{__version__}", "Accept-Language": "en"}
        if body is not None:
            headers["Content-Type"] = "application/jose+json"
        request = Request(url, body, headers, method=method)  # noqa: S310 - https alone, see above
        return await _aside(lambda: self._ask(request))

    def _ask(self, request: Request) -> Reply:
        try:
            if self._opener is None:
                self._opener = build_opener(HTTPSHandler(context=_trusting(self._ca_file)), _NoRedirects)
            try:
                response: HTTPResponse = self._opener.open(request, timeout=self._limits.acme_call_seconds_max)
            except HTTPError as error:
                return _reply(error.code, error.headers, error.read(self._limits.acme_answer_bytes_max))
            with response:
                body = response.read(self._limits.acme_answer_bytes_max)
                return _reply(response.status, response.headers, body)
        except (OSError, HTTPException) as error:
            raise Unreachable(str(error) or repr(error)) from error


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _reply(status: int, headers: Message, body: bytes) -> Reply:
    return Reply(status, {name.lower(): value for name, value in headers.items()}, body)


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is not None:
        return ssl.create_default_context(cafile=str(ca_file))
    context = ssl.create_default_context()
    if not context.get_ca_certs():
        context.load_verify_locations(next((path for path in _BUNDLES if Path(path).exists()), certifi.where()))
    return context


async def _aside(work: Callable[[], Result]) -> Result:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is raised where it is awaited
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failure)

    Thread(target=run, daemon=True, name="certificates").start()
    return await done
