"""The desk's tags over REST."""

from msgspec import Struct

from app.api.call import Call, Nothing
from app.api.conversations import ConversationAnswer
from app.chat.labels import Labelling, Labels
from app.chat.tags import NewTag, TagChange, Tags
from app.model.principals import Agent
from app.model.tags import Tag


class TagList(Struct, frozen=True):
    """All of them by name, archived ones too."""

    tags: list[Tag]


class TagAnswer(Struct, frozen=True):
    """One of them."""

    tag: Tag


class TagRoutes:
    """The room `chat` decides who may."""

    def __init__(self, tags: Tags, labelling: Labelling) -> None:
        self._tags = tags
        self._labelling = labelling

    async def listing(self, call: Call[Agent], _: Nothing) -> TagList:
        return TagList(await self._tags.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewTag) -> TagAnswer:
        return TagAnswer(await self._tags.create(call.principal, asked))

    async def change(self, call: Call[Agent], asked: TagChange) -> TagAnswer:
        return TagAnswer(await self._tags.change(call.principal, call.id, asked))

    async def label(self, call: Call[Agent], asked: Labels) -> ConversationAnswer:
        return ConversationAnswer(await self._labelling.change(call.principal, call.id, asked))
