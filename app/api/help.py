"""The pages at /help over HTTP: for everybody, in the language of the address, else of the reader's browser."""

import hashlib
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.accounts.inboxes import Inboxes
from app.api.auth import Auth
from app.api.body import chunks, small
from app.api.call import peer_of, trace_of
from app.api.problems import MethodNotAllowed
from app.articles import pages
from app.articles.articles import Articles
from app.articles.collections import Collections
from app.articles.pages import Site
from app.model.articles import LANGUAGES
from app.model.errors import NotFound, not_found
from app.model.language import reader_language
from app.model.people import Inbox
from app.model.principals import System
from app.settings import Limits
from app.web.assets import Assets

PATH = "/help"
_RESULTS = 10
_LEAST = 0.15
_RELATED = 4
_RELATED_LEAST = 0.25
_QUERY_FIELDS = 8
_FORM_BYTES = 100
_QUERY_CHARACTERS = 100
_SYSTEM = System("help")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FIELDS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}


class _Asked(Struct, frozen=True):
    """`language` empty where the address names none; `slug` empty for the first page."""

    language: str
    slug: str
    query: dict[str, str]


class HelpPages:
    """An ASGI application for /help and what is below it."""

    def __init__(
        self,
        articles: Articles,
        collections: Collections,
        inboxes: Inboxes,
        assets: Assets,
        auth: Auth,
        limits: Limits,
        public_url: str,
    ) -> None:
        self._articles = articles
        self._collections = collections
        self._inboxes = inboxes
        self._auth = auth
        self._form = replace(small(limits), bytes_max=_FORM_BYTES)
        self._public_url = public_url.rstrip("/")
        self._style = assets.named("help", ".css")
        self._icon = assets.named("mark", ".svg")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace_of(scope).route = PATH
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed("GET, HEAD, POST")
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        asked = _asked(scope)
        headers = Headers(scope=scope)
        reader = asked.language or reader_language(headers.get("accept-language", ""))
        inbox = self._inbox(asked.query.get("inbox", ""))
        site = self._site(scope, reader, inbox)
        try:
            if scope["method"] == "POST":
                return await self._vote(scope, receive, asked, site)
            page = await self._page(asked, site)
        except NotFound:
            return _shown(headers, pages.missing(site), 404)
        return page if isinstance(page, Response) else _shown(headers, page)

    async def _page(self, asked: _Asked, site: Site) -> str | Response:
        if asked.slug and not asked.language:
            return await self._moved(asked.slug, site)
        if q := asked.query.get("q", "").strip()[:_QUERY_CHARACTERS]:
            found = self._articles.finder.suggest(q, site.inbox, site.language, _RESULTS, _LEAST)
            return pages.results(site, q, found)
        if not asked.slug:
            rows = await self._articles.shown(site.language, site.inbox)
            return pages.home(site, await self._collections.listing(), rows)
        collections = await self._collections.listing()
        one = next((each for each in collections if each.slug == asked.slug), None)
        if one is not None:
            rows = await self._articles.shown(site.language, site.inbox)
            return pages.collection(site, one, [row for row in rows if row.collection_id == one.id])
        article = await self._articles.published_at(site.language, asked.slug, site.inbox)
        self._articles.viewed(article.id)
        within = next((each for each in collections if each.id == article.collection_id), None)
        near = self._articles.finder.suggest(article.title, site.inbox, site.language, _RELATED, _RELATED_LEAST)
        related = [each for each in near if each.id != article.id]
        translations = await self._articles.translations(article.group_id, site.inbox)
        return pages.article(site, article, within, translations, related[: _RELATED - 1], voted="voted" in asked.query)

    async def _moved(self, slug: str, site: Site) -> Response:
        """To the page in a language: the reader's where it is there, else the other one."""
        for language in sorted(LANGUAGES, key=lambda each: each != site.language):
            known = any(one.slug == slug for one in await self._collections.listing())
            try:
                if not known:
                    await self._articles.published_at(language, slug, site.inbox)
            except NotFound:
                continue
            query = f"?inbox={site.inbox}" if site.inbox else ""
            return _sent(f"{site.up}help/{language}/{slug}{query}", 302)
        raise not_found()

    async def _vote(self, scope: Scope, receive: Receive, asked: _Asked, site: Site) -> Response:
        peer, headers = peer_of(scope), Headers(scope=scope)
        self._auth.refuse_foreign(peer, headers, "POST")
        body = b"".join([piece async for piece in chunks(receive, headers, self._form)])
        article = await self._articles.published_at(asked.language, asked.slug, site.inbox)
        helpful = dict(_fields(body)).get("helpful")
        if helpful in ("0", "1"):
            voter = hashlib.sha256(f"{article.id} {peer.address}".encode()).hexdigest()[:26]
            await self._articles.vote_from(voter, article.id, helpful=helpful == "1")
        query = "".join((f"inbox={site.inbox}&" if site.inbox else "", "voted=1"))
        return _sent(f"{site.up}help/{site.language}/{article.slug}?{query}", 303)

    def _site(self, scope: Scope, language: str, inbox: Inbox | None) -> Site:
        peer = peer_of(scope)
        path = scope["raw_path"].decode("latin-1")
        origin = f"{'https' if peer.secure else 'http'}://{peer.host}" if peer.host else ""
        chats = [one for one in self._inboxes.listing(_SYSTEM) if one.kind == "website"]
        chat = inbox or min(chats, key=lambda one: one.created_at, default=None)
        return Site(
            language, "../" * (path.count("/") - 1) or "./", self._public_url or origin, _title(inbox, chats, language),
            self._style, self._icon, "" if inbox is None else inbox.id, "" if chat is None else chat.id,
        )  # fmt: skip

    def _inbox(self, inbox_id: str) -> Inbox | None:
        try:
            return self._inboxes.find(inbox_id) if inbox_id else None
        except NotFound:
            return None


def _title(inbox: Inbox | None, websites: list[Inbox], language: str) -> str:
    """What the pages are called: as the inbox says, else by its name; without one by that of the only website."""
    named = inbox or (websites[0] if len(websites) == 1 else None)
    word = pages.WORDS[language].help
    return word if named is None else f"{named.name} · {word}"


def _asked(scope: Scope) -> _Asked:
    parts = scope["path"].removeprefix(PATH).strip("/").split("/")
    language = parts[0] if parts[0] in LANGUAGES else ""
    rest = parts[1:] if language else parts
    slug = "/".join(rest)[:_QUERY_CHARACTERS]
    return _Asked(language, slug, dict(_fields(scope["query_string"])))


def _fields(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode("latin-1"), max_num_fields=_QUERY_FIELDS)
    except ValueError:
        return []


def _shown(headers: Headers, page: str, status: int = 200) -> Response:
    body = page.encode()
    fields = {**_FIELDS, "etag": f'"{hashlib.sha256(body).hexdigest()[:20]}"', "vary": "accept-language"}
    known = (tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(","))
    if status == 200 and fields["etag"] in known:
        return Response(None, 304, fields)
    return Response(body, status, fields)


def _sent(where: str, status: int) -> Response:
    return Response(None, status, {**_FIELDS, "location": where, "vary": "accept-language"})
