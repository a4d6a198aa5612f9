"""Tokens by which programs use this API, over REST."""

from msgspec import Struct

from app.accounts.tokens import MadeToken, NewToken, Tokens
from app.api.call import Call, Done, Nothing
from app.model.people import Token
from app.model.principals import Agent


class TokenList(Struct, frozen=True):
    """Everybody's, the newest first."""

    tokens: list[Token]


class TokenRoutes:
    """The room `accounts` decides who may."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def listing(self, call: Call[Agent], _: Nothing) -> TokenList:
        return TokenList(await self._tokens.listing(call.principal))

    async def create(self, call: Call[Agent], asked: NewToken) -> MadeToken:
        return await self._tokens.create(call.principal, asked)

    async def delete(self, call: Call[Agent], _: Nothing) -> Done:
        await self._tokens.delete(call.principal, call.id)
        return Done()
