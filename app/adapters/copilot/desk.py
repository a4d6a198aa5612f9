"""The copilot: asks an OpenAI-compatible endpoint for drafts, summaries, translations and answers from articles.

Only masked words leave (`masking`), only when an agent asks, and what comes back is his to read before anybody else.
"""

import re
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, Struct

from app.accounts.audit import record_change
from app.accounts.policy import demand
from app.adapters.calls.network import Network
from app.adapters.copilot.masking import Mask
from app.adapters.copilot.wording import instructions, material
from app.adapters.errors import Unreached
from app.adapters.protocols.exchange import Bounds, Request
from app.adapters.proving.secrets import Vault
from app.articles.articles import Articles
from app.chat.history import History, sight_of
from app.model.articles import Article
from app.model.audit import Subject
from app.model.clock import Clock
from app.model.conversations import Kind, Message
from app.model.copilot import (
    Citation,
    CopilotAnswer,
    CopilotQuestion,
    CopilotTask,
    CopilotTried,
    Endpoint,
    NewEndpoint,
)
from app.model.errors import Conflict, Invalid, TooMany, Unavailable
from app.model.people import Contact
from app.model.principals import Agent
from app.settings import Limits
from app.storage import articles as stored_articles
from app.storage import copilot as stored
from app.storage import messages
from app.storage.database import Database, Transaction

_SECRET = "copilot"  # noqa: S105  # nosec B105  # pragma: allowlist secret - a file's name
_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_CITED = re.compile(r"\[([1-9])\]")
_CJK = re.compile("[\u3400-\u9fff]")
_ADDRESS = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?(/[A-Za-z0-9/._~%-]*)?")
_ASKED_ARTICLES = 3
_NEWEST = 1 << 60  # before this number stands every message
_TEMPERATURE = 0.2


class Client(Protocol):
    """What asks another system (`protocols.http.HttpClient`)."""

    async def ask(self, request: Request, bounds: Bounds) -> Any:
        """Its answer, with `status` and `body`."""


class _Said(Struct):
    content: str | None = None


class _Choice(Struct):
    message: _Said


class _Completion(Struct):
    choices: list[_Choice]


class DeskCopilot:
    """Knows the endpoint (from memory) and asks it. `client` opens what asks, for a network; it is loaded then."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        limits: Limits,
        vault: Vault,
        history: History,
        articles: Articles,
        client: Callable[[Network, Clock, Limits], Client] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._vault = vault
        self._history = history
        self._articles = articles
        self._open = client or _http
        self._endpoint: Endpoint | None = None
        self._client: Client | None = None
        self._asking = 0

    async def load(self) -> None:
        """Read what is set, once, at start."""
        self._endpoint = await stored.find(self._database)

    async def close(self) -> None:
        """Let go of every connection."""
        client, self._client = self._client, None
        if client is not None and hasattr(client, "close"):
            await client.close()

    @property
    def on(self) -> bool:
        """Whether there is an endpoint."""
        return self._endpoint is not None

    async def endpoint(self, principal: Agent) -> Endpoint | None:
        """As it is set, without its key; raises `Forbidden`."""
        demand(principal, "source.manage")
        return self._endpoint

    async def change(self, principal: Agent, new: NewEndpoint) -> Endpoint:
        """Set it. Raises `Forbidden`, `Invalid` (copilot_address, copilot_plain), `Unavailable`."""
        demand(principal, "source.manage")
        url, held = _checked(new), self._endpoint
        stays = new.key is UNSET and held is not None and held.key and _host(held.url) == _host(url)
        endpoint = Endpoint(url, new.model.strip(), new.private, key=stays or bool(new.key))
        if isinstance(new.key, str) and new.key:
            self._vault.write(_SECRET, new.key)
        elif not stays:
            self._vault.delete(_SECRET)

        def unit(tx: Transaction) -> None:
            stored.save(tx, endpoint)
            record_change(tx, principal, "copilot.change", Subject("copilot", "", _host(url)), held, endpoint)

        await self._database.write(unit)
        await self._take_over(endpoint)
        return endpoint

    async def remove(self, principal: Agent) -> None:
        """Nothing is asked any more; raises `Forbidden`."""
        demand(principal, "source.manage")
        held = self._endpoint
        if held is None:
            return

        def unit(tx: Transaction) -> None:
            stored.remove(tx)
            record_change(tx, principal, "copilot.remove", Subject("copilot", "", _host(held.url)), held, None)

        await self._database.write(unit)
        self._vault.delete(_SECRET)
        await self._take_over(None)

    async def test(self, principal: Agent) -> CopilotTried:
        """Ask it for one word; raises `Forbidden`, `Conflict` (copilot_off)."""
        demand(principal, "source.manage")
        try:
            await self._completed("Answer with the word yes.", "Are you there?")
        except (Unavailable, Invalid) as problem:
            return CopilotTried(False, problem.code, problem.en, problem.zh)
        return CopilotTried(True)

    async def ask(self, principal: Agent, conversation_id: str, question: CopilotQuestion) -> CopilotAnswer:
        """Help with a conversation that he may answer in.

        Raises `NotFound`, `Forbidden`, `Conflict` (copilot_off), `Invalid` (copilot_nothing), `TooMany`, `Unavailable`.
        """
        detail = await self._history.detail(principal, conversation_id)
        demand(principal, "conversation.write", detail.conversation)
        if self._endpoint is None:
            raise _off()
        rows = await messages.seen_before(
            self._database,
            conversation_id,
            sight_of(principal),
            before=_NEWEST,
            limit=self._limits.copilot_messages_max,
        )
        chat = [one for one in reversed(rows) if _is_said(one)]
        mask = self._mask(_known(detail.contact, chat), chat, question)
        found = await self._found(chat, question)
        told = self._told(mask, chat, question, found)
        text = await self._completed(instructions(question.task, _language(question)), told)
        return CopilotAnswer(mask.back(text), _citations(text, found), mask.count)

    def _mask(self, known: Sequence[str], chat: Sequence[Message], question: CopilotQuestion) -> Mask:
        """With the names of who speaks, and those by which anybody in the chat calls himself or somebody else."""
        scout = Mask(known)
        for text in (question.text, *(one.text for one in chat)):
            scout.text(text[: self._limits.copilot_message_characters_max])
        return Mask([*known, *scout.names])

    async def _found(self, chat: Sequence[Message], question: CopilotQuestion) -> list[Article]:
        """Published articles that fit what the visitor said last."""
        if question.task is not CopilotTask.ANSWER:
            return []
        asked = question.text or next((one.text for one in reversed(chat) if one.sender.kind == "visitor"), "")
        near = self._articles.suggest_to_agents(asked)[:_ASKED_ARTICLES]
        found = [await stored_articles.find(self._database, one.id) for one in near]
        return [article for article in found if article is not None and article.published]

    def _told(self, mask: Mask, chat: Sequence[Message], question: CopilotQuestion, found: Sequence[Article]) -> str:
        """Everything that leaves but the instructions, masked; articles are public as they are."""
        if not (question.text if question.task is CopilotTask.TRANSLATE else chat or question.text):
            raise Invalid("copilot_nothing", "There is nothing to work with yet.", "还没有可以处理的内容。")
        words = self._limits.copilot_characters_max
        lines: list[tuple[str, str]] = []
        for one in reversed(chat if question.task is not CopilotTask.TRANSLATE else ()):
            said = mask.text(one.text[: self._limits.copilot_message_characters_max])
            words -= len(said)
            if words < 0:
                break
            lines.insert(0, ("Customer" if one.sender.kind == "visitor" else "Agent", said))
        longest = self._limits.copilot_article_characters_max
        return material(lines, mask.text(question.text), [(one.title, one.body[:longest]) for one in found])

    async def _completed(self, system: str, user: str) -> str:
        """What the endpoint says."""
        endpoint = self._endpoint
        if endpoint is None:
            raise _off()
        if self._asking >= self._limits.copilot_at_once_max:
            raise TooMany(
                "copilot_busy",
                "The copilot is busy. Try again in a moment.",
                "助手正忙，请稍后重试。",
                retry_after_ms=5_000,
            )
        self._asking += 1
        try:
            return _text_of(await self._answer(endpoint, system, user), self._limits.copilot_characters_max)
        finally:
            self._asking -= 1

    async def _answer(self, endpoint: Endpoint, system: str, user: str) -> bytes:
        body = {
            "model": endpoint.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "temperature": _TEMPERATURE,
            "max_tokens": self._limits.copilot_tokens_max,
            "stream": False,
        }
        headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
        if endpoint.key:
            headers.append(("Authorization", f"Bearer {self._vault.read(_SECRET) or ''}"))
        request = Request("POST", f"{endpoint.url}/chat/completions", tuple(headers), msgspec.json.encode(body))
        bounds = Bounds(self._limits.copilot_seconds_max, self._limits.copilot_bytes_max)
        try:
            answer = await self._opened(endpoint).ask(request, bounds)
        except Unreached as problem:
            raise Unavailable("copilot_unreached", f"The copilot: {problem.en}", f"助手：{problem.zh}") from problem
        if answer.status != 200:
            raise Unavailable(
                "copilot_refused",
                f"The copilot's endpoint answers with status {answer.status}. Look at its address, model and key.",
                f"助手接口返回状态 {answer.status}。请检查地址、模型和密钥。",
            )
        body_bytes: bytes = answer.body
        return body_bytes

    def _opened(self, endpoint: Endpoint) -> Client:
        if self._client is None:
            self._client = self._open(
                Network([_place(endpoint.url)] if endpoint.private else []), self._clock, self._limits
            )
        return self._client

    async def _take_over(self, endpoint: Endpoint | None) -> None:
        self._endpoint = endpoint
        await self.close()


def _http(network: Network, clock: Clock, limits: Limits) -> Client:
    """The client of HTTP, which is loaded with the first that needs it."""
    import certifi

    from app.adapters.protocols.http import HttpClient

    trust = ssl.create_default_context()
    trust.load_verify_locations(certifi.where())
    return HttpClient(network, clock, limits, trust)


def _text_of(body: bytes, characters_max: int) -> str:
    try:
        said = msgspec.json.decode(body, type=_Completion).choices[0].message.content or ""
    except (msgspec.MsgspecError, IndexError) as error:
        raise Unavailable(
            "copilot_answer",
            "The copilot's endpoint does not answer as OpenAI's chat completions do. Look at its address.",
            "助手接口的返回不符合 OpenAI chat completions 格式。请检查地址。",
        ) from error
    text = _THOUGHT.sub("", said).strip()[:characters_max]
    if not text:
        raise Unavailable("copilot_silent", "The copilot had nothing to say. Try again.", "助手没有返回内容，请重试。")
    return text


def _known(contact: Contact, chat: Sequence[Message]) -> list[str]:
    """Names and the like of everybody who speaks."""
    named = [contact.name, contact.email, contact.phone, contact.external_id or "", *contact.attributes.values()]
    return [one for one in (*named, *(message.sender.name for message in chat)) if one]


def _is_said(message: Message) -> bool:
    """What both sides see: no note, no line of the system, nothing taken back."""
    return message.kind is Kind.MESSAGE and not message.deleted and bool(message.text.strip())


def _language(question: CopilotQuestion) -> str:
    if question.task is CopilotTask.TRANSLATE and not question.language:
        return "en" if _CJK.search(question.text) else "zh"
    return question.language


def _citations(text: str, found: Sequence[Article]) -> tuple[Citation, ...]:
    """The articles that it names, in the order in which it does; a number that was not given is none."""
    named = dict.fromkeys(int(one) for one in _CITED.findall(text))
    return tuple(
        Citation(
            number,
            found[number - 1].id,
            str(found[number - 1].language),
            found[number - 1].slug,
            found[number - 1].title,
        )
        for number in named
        if number <= len(found)
    )


def _checked(new: NewEndpoint) -> str:
    """The address as it is kept: without what is added to it, without a slash at its end."""
    url = new.url.strip().rstrip("/").removesuffix("/chat/completions")
    match = _ADDRESS.fullmatch(url)
    if match is None or not 0 < int(match[3] or 443) < 65_536:
        raise Invalid(
            "copilot_address",
            "The address looks like https://host/v1, without user, query or spaces. Correct it.",
            "地址形如 https://host/v1，不含用户名、查询参数和空格。请更正。",
            field="url",
        )
    if match[1] == "http" and not new.private:
        raise Invalid(
            "copilot_plain",
            "Over http everybody on the way could read along. Use https, or say that it is in your own network.",
            "http 会被途中的任何人看到。请使用 https，或注明它在自己的内网。",
            field="url",
        )
    return url


def _host(url: str) -> str:
    match = _ADDRESS.fullmatch(url)
    return match[2].lower() if match else ""


def _place(url: str) -> str:
    match = _ADDRESS.fullmatch(url)
    assert match is not None  # it was checked when it was set
    return f"{match[2]}:{match[3] or {'http': 80, 'https': 443}[match[1]]}"


def _off() -> Conflict:
    return Conflict(
        "copilot_off",
        "There is no copilot. An administrator may set one under Settings.",
        "尚未配置助手。管理员可以在设置中配置。",
    )
