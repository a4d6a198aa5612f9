"""The copilot: a language model behind an endpoint of the desk's own choice, that drafts for agents. Off by default."""

from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import UNSET, Meta, Struct, UnsetType

from app.model.principals import Agent

COPILOT_TEXT_MAX = 4_000

Url = Annotated[str, Meta(min_length=8, max_length=500)]
ModelName = Annotated[str, Meta(min_length=1, max_length=120)]
Key = Annotated[str, Meta(max_length=1_000)]


class CopilotTask(StrEnum):
    """What is asked of it: a reply, what was said so far, the same in the other language, an answer from articles."""

    DRAFT = "draft"
    SUMMARY = "summary"
    TRANSLATE = "translate"
    ANSWER = "answer"


class Endpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """Where it is, as stored: an address to which `/chat/completions` is added. `private` allows one of our network."""

    url: Url
    model: ModelName
    private: bool = False
    key: bool = False


class NewEndpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """As it is entered. `key` unset stays as it was for the same address; empty is none."""

    url: Url
    model: ModelName
    private: bool = False
    key: Key | UnsetType = UNSET


class CopilotQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """`text` is what is to be translated, or what the draft should say; `language` of the answer, by itself his."""

    task: CopilotTask
    text: Annotated[str, Meta(max_length=COPILOT_TEXT_MAX)] = ""
    language: Annotated[str, Meta(pattern=r"^(zh|en)?(?!\n)$")] = ""


class Citation(Struct, frozen=True):
    """A published article that an answer names; `number` as in `[1]`."""

    number: int
    id: str
    language: str
    slug: str
    title: str


class CopilotAnswer(Struct, frozen=True):
    """What it says, to be read by an agent before anybody else; `masked` counts what was kept from it."""

    text: str
    citations: tuple[Citation, ...] = ()
    masked: int = 0


class CopilotTried(Struct, frozen=True):
    """What became of a trial; `code` is empty where it went well."""

    ok: bool
    code: str = ""
    en: str = ""
    zh: str = ""


class Copilot(Protocol):
    """Asks the endpoint; everything raises `Forbidden` for who may not."""

    @property
    def on(self) -> bool:
        """Whether there is an endpoint."""

    async def endpoint(self, principal: Agent) -> Endpoint | None:
        """As it is set, without its key."""

    async def change(self, principal: Agent, new: NewEndpoint) -> Endpoint:
        """Set it; raises `Invalid`, `Unavailable`."""

    async def remove(self, principal: Agent) -> None:
        """Nothing is asked any more."""

    async def test(self, principal: Agent) -> CopilotTried:
        """Ask it for one word."""

    async def ask(self, principal: Agent, conversation_id: str, question: CopilotQuestion) -> CopilotAnswer:
        """Help with a conversation; raises `NotFound`, `Conflict` (copilot_off), `TooMany`, `Unavailable`."""
