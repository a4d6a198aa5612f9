"""One's own password and second step, and a colleague's second step switched off."""

from msgspec import Struct
from starlette.responses import Response

from app.accounts.credentials import Credentials, Draft, SecondStep
from app.api.call import Call, Done, Nothing
from app.api.session import AgentAnswer, Code, Cookies
from app.model.frames import Line
from app.model.principals import Agent


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """The current password."""

    password: Line


class FirstCode(Struct, frozen=True, forbid_unknown_fields=True):
    """The code that the app shows."""

    code: Code


class RecoveryCodes(Struct, frozen=True):
    """Each signs in once instead of a code of the app; shown this once."""

    codes: tuple[str, ...]


class CredentialRoutes:
    """Each change but new recovery codes answers with a new session cookie."""

    def __init__(self, credentials: Credentials, cookies: Cookies) -> None:
        self._credentials = credentials
        self._cookies = cookies

    async def read(self, call: Call[Agent], _: Nothing) -> SecondStep:
        return await self._credentials.second_step(call.principal)

    async def draft(self, call: Call[Agent], asked: Proof) -> Draft:
        return await self._credentials.draft(call.principal, asked.password)

    async def confirm(self, call: Call[Agent], asked: FirstCode) -> RecoveryCodes | Response:
        confirmed = await self._credentials.confirm(call.principal, asked.code)
        return self._cookies.answer(confirmed.signed_in, call.peer, RecoveryCodes(confirmed.codes))

    async def renew_codes(self, call: Call[Agent], asked: Proof) -> RecoveryCodes:
        return RecoveryCodes(await self._credentials.renew_codes(call.principal, asked.password))

    async def switch_off(self, call: Call[Agent], asked: Proof) -> AgentAnswer | Response:
        return self._cookies.answer(await self._credentials.switch_off(call.principal, asked.password), call.peer)

    async def reset(self, call: Call[Agent], _: Nothing) -> Done:
        await self._credentials.reset(call.principal, call.id)
        return Done()
