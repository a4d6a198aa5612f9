"""Signing in and out, and one's own sessions."""

from ipaddress import ip_address
from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.responses import Response

from app.accounts.authentication import Authentication, Caller, Challenge
from app.accounts.sessions import BROWSER_COOKIE, COOKIE, OwnSession, Sessions, SignedIn, browser_cookie
from app.api.call import HEADERS, Call, Done, Nothing
from app.gateway.core import Peer
from app.gateway.origins import is_same
from app.model.errors import not_found
from app.model.frames import Line, Secret
from app.model.people import Colleague
from app.model.principals import Agent
from app.settings import Settings

Code = Annotated[str, Meta(max_length=40)]
_DAY_SECONDS = 86_400


class AgentAnswer(Struct, frozen=True):
    """One agent, as colleagues see him."""

    agent: Colleague


class SignInAnswer(Struct, frozen=True):
    """Who is signed in now; or, while a code is still asked for, nobody and the challenge to answer with it."""

    agent: Colleague | None = None
    challenge: str | None = None


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """E-mail and password."""

    email: Line
    password: Line


class CodeSignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A challenge, and the code of the app or a recovery code."""

    challenge: Secret
    code: Code


class OwnSessions(Struct, frozen=True):
    """Where one is signed in, the last used first."""

    sessions: list[OwnSession]


class DemoSignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of a demo's sign-in link after `#demo=`."""

    token: Secret


class Cookies:
    """Gives and takes the cookies: HttpOnly, SameSite=Lax, Secure over https only (a LAN has none).

    Who came by the public URL gets them for its path, and Secure where it is https; who came by another address, as
    staff on the LAN does, for that one.

    One proves an agent. The other outlives it and proves nothing: by it a browser is known, which need not wait while
    somebody guesses elsewhere.
    """

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.limits.session_days * _DAY_SECONDS
        self._browser_seconds = settings.limits.known_browser_days * _DAY_SECONDS
        self._public_host = settings.public_host
        self._public_https = settings.public_url.startswith("https://")
        self._public_path = f"{settings.base_path}/"

    def answer(self, signed_in: SignedIn, peer: Peer, told: Struct | None = None) -> Response:
        """The agent, or what else is `told`, and the cookies that stand for him from now on."""
        body = msgspec.json.encode(told or AgentAnswer(signed_in.agent))
        response = Response(body, 200, HEADERS, "application/json")
        self._set(response, COOKIE, signed_in.secret, self._seconds, peer)
        if signed_in.browser:
            self._set(response, BROWSER_COOKIE, signed_in.browser, self._browser_seconds, peer)
        return response

    def farewell(self, peer: Peer) -> Response:
        """No session any more; the browser stays known."""
        response = Response(None, 204, HEADERS)
        self._set(response, COOKIE, "", 0, peer)
        return response

    def _set(self, response: Response, name: str, secret: str, seconds: int, peer: Peer) -> None:
        public = is_same(peer.host, self._public_host)
        secure = peer.secure or (public and self._public_https)
        path = self._public_path if public else "/"
        response.set_cookie(name, secret, seconds, path=path, secure=secure, httponly=True, samesite="lax")


class SessionRoutes:
    """Signs in by password and code, or by a demo's link from this machine alone; shows and ends one's sessions."""

    def __init__(self, authentication: Authentication, sessions: Sessions, cookies: Cookies, *, demo: bool) -> None:
        self._authentication = authentication
        self._sessions = sessions
        self._cookies = cookies
        self._demo = demo

    async def sign_in(self, call: Call[None], asked: SignIn) -> SignInAnswer | Response:
        outcome = await self._authentication.by_password(asked.email, asked.password, _caller(call.peer))
        if isinstance(outcome, Challenge):
            return SignInAnswer(challenge=outcome.token)
        return self._cookies.answer(outcome, call.peer, SignInAnswer(outcome.agent))

    async def sign_in_by_code(self, call: Call[None], asked: CodeSignIn) -> AgentAnswer | Response:
        signed_in = await self._authentication.by_code(asked.challenge, asked.code, _caller(call.peer))
        return self._cookies.answer(signed_in, call.peer)

    async def sign_in_demo(self, call: Call[None], asked: DemoSignIn) -> AgentAnswer | Response:
        if not (self._demo and _is_loopback(call.peer.address)):
            raise not_found()
        signed_in = await self._authentication.by_demo_link(asked.token, _caller(call.peer))
        return self._cookies.answer(signed_in, call.peer)

    async def sign_out(self, call: Call[Agent], _: Nothing) -> Response:
        await self._sessions.sign_out(call.principal)
        return self._cookies.farewell(call.peer)

    async def listing(self, call: Call[Agent], _: Nothing) -> OwnSessions:
        return OwnSessions(await self._sessions.listing(call.principal))

    async def end(self, call: Call[Agent], _: Nothing) -> Done:
        await self._sessions.end(call.principal, call.id)
        return Done()

    async def of_agent(self, call: Call[Agent], _: Nothing) -> OwnSessions:
        return OwnSessions(await self._sessions.of_agent(call.principal, call.id))

    async def end_of_agent(self, call: Call[Agent], _: Nothing) -> Done:
        await self._sessions.end_of_agent(call.principal, call.id)
        return Done()

    async def end_of_any(self, call: Call[Agent], _: Nothing) -> Done:
        await self._sessions.end_of_any(call.principal, call.id)
        return Done()

    async def end_others(self, call: Call[Agent], _: Nothing) -> Done:
        await self._sessions.end_others(call.principal)
        return Done()


def _caller(peer: Peer) -> Caller:
    return Caller(peer.address, peer.user_agent, browser_cookie(peer.cookie))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
