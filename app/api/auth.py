"""Who asks: the cookie or an API token for agents, the bearer token for visitors; everything else is nobody."""

from starlette.datastructures import Headers

from app.accounts.sessions import Sessions, session_cookie
from app.accounts.tokens import PREFIX, Tokens, token_refused
from app.contacts.identity import Visitors
from app.gateway.core import Peer
from app.gateway.origins import is_own
from app.model.errors import Forbidden, unauthenticated
from app.model.principals import Agent, Visitor

_SAFE = frozenset({"GET", "HEAD"})
_BEARER = "bearer "
_BLANKS = " \t"  # what HTTP lets stand around a value: no other blank belongs to it


class Auth:
    """Proves principals; `public_host` is the configured public URL's host, empty where there is none."""

    def __init__(self, sessions: Sessions, tokens: Tokens, visitors: Visitors, public_host: str) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._visitors = visitors
        self._public_host = public_host

    async def agent(self, peer: Peer, headers: Headers, method: str, *, in_person: bool) -> Agent:
        """The agent of the cookie, or of an API token, which does not do what is for him `in_person`.

        A browser on a foreign page sends the cookie too, so an unsafe method must show that it comes from our own pages
        (Sec-Fetch-Site, else Origin). A token never travels by itself.
        """
        secret = bearer(peer.authorization)
        if secret.startswith(PREFIX):
            return await self._of_token(secret, peer, in_person=in_person)
        agent = await self._sessions.principal(session_cookie(peer.cookie))
        if agent is None:
            raise unauthenticated()
        if method not in _SAFE and not self._own(peer, headers):
            raise _foreign()
        return agent

    async def _of_token(self, secret: str, peer: Peer, *, in_person: bool) -> Agent:
        program = await self._tokens.principal(secret, peer.address)
        if program is None:
            raise unauthenticated()
        if in_person:
            raise token_refused()
        return program

    async def visitor(self, peer: Peer) -> Visitor:
        """The visitor of the bearer token. It never travels by itself, so a request without an origin is believed.

        Raises `TooFast` where he asks too often, counted together with his sockets; `Forbidden` (blocked).
        """
        self._visitors.blocks.demand_address(peer.address)
        visitor = await self._visitors.principal(bearer(peer.authorization))
        if visitor is None:
            raise unauthenticated()
        self._visitors.pace.spend(visitor.contact_id)
        return visitor

    def refuse_foreign(self, peer: Peer, headers: Headers, method: str) -> None:
        """Whatever changes something: a browser's foreign page is refused, a program without an origin is not.

        So nobody is signed in to another's account by a page he visits. The visitor's page is our own, in a frame too.
        """
        spoken = headers.get("sec-fetch-site") or peer.origin
        if method not in _SAFE and spoken and not self._own(peer, headers):
            raise _foreign()

    def _own(self, peer: Peer, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        return is_own(peer.origin, peer.host, self._public_host)


def bearer(authorization: str) -> str:
    """The token in an Authorization header, or an empty string."""
    if not authorization.lower().startswith(_BEARER):
        return ""
    return authorization[len(_BEARER) :].strip(_BLANKS)


def _foreign() -> Forbidden:
    return Forbidden(
        "foreign_origin",
        "This request does not come from a page of this desk. Open the desk itself and do it there.",
        "该请求并非来自本客服台的页面。请打开客服台页面后再操作。",
    )
