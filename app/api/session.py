"""Signing in and out."""

from ipaddress import ip_address

import msgspec
from msgspec import Struct
from starlette.responses import Response

from app.accounts.sessions import COOKIE, Sessions, SignedIn
from app.api.call import HEADERS, Call, Nothing
from app.gateway.core import Peer
from app.model.errors import not_found
from app.model.frames import Line, Secret
from app.model.people import Colleague
from app.model.principals import Agent
from app.settings import Settings

_DAY_SECONDS = 86_400


class AgentAnswer(Struct, frozen=True):
    """One agent, as colleagues see him."""

    agent: Colleague


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """E-mail and password."""

    email: Line
    password: Line


class DemoSignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of a demo's sign-in link after `#demo=`."""

    token: Secret


class Cookies:
    """Gives and takes the session cookie: HttpOnly, SameSite=Lax, Secure over https only (a LAN has none)."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.limits.session_days * _DAY_SECONDS
        self._public_https = settings.public_url.startswith("https://")

    def answer(self, signed_in: SignedIn, peer: Peer) -> Response:
        """The agent, and the cookie that proves him from now on."""
        body = msgspec.json.encode(AgentAnswer(signed_in.agent))
        response = Response(body, 200, HEADERS, "application/json")
        self._set(response, signed_in.secret, self._seconds, peer)
        return response

    def farewell(self, peer: Peer) -> Response:
        """No session any more."""
        response = Response(None, 204, HEADERS)
        self._set(response, "", 0, peer)
        return response

    def _set(self, response: Response, secret: str, seconds: int, peer: Peer) -> None:
        secure = peer.secure or self._public_https
        response.set_cookie(COOKIE, secret, seconds, path="/", secure=secure, httponly=True, samesite="lax")


class SessionRoutes:
    """Signs in by password, or by a demo's link from this machine alone."""

    def __init__(self, sessions: Sessions, cookies: Cookies, *, demo: bool) -> None:
        self._sessions = sessions
        self._cookies = cookies
        self._demo = demo

    async def sign_in(self, call: Call[None], asked: SignIn) -> AgentAnswer | Response:
        peer = call.peer
        signed_in = await self._sessions.sign_in(asked.email, asked.password, peer.address, peer.user_agent)
        return self._cookies.answer(signed_in, peer)

    async def sign_in_demo(self, call: Call[None], asked: DemoSignIn) -> AgentAnswer | Response:
        peer = call.peer
        if not (self._demo and _is_loopback(peer.address)):
            raise not_found()
        signed_in = await self._sessions.sign_in_demo(asked.token, peer.address, peer.user_agent)
        return self._cookies.answer(signed_in, peer)

    async def sign_out(self, call: Call[Agent], _: Nothing) -> Response:
        await self._sessions.sign_out(call.principal)
        return self._cookies.farewell(call.peer)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
