"""Ann, an agent with a password, and short ways in for her."""

from app.accounts import totp
from app.accounts.agents import NewAgent
from app.accounts.authentication import Caller, Challenge
from app.accounts.sessions import SignedIn
from app.model.principals import Agent
from tests.domain import PASSWORD, Domain

ANN = NewAgent("Ann", "ann@example.com", "agent", PASSWORD)
SOMEWHERE = Caller()


async def signed_in(
    domain: Domain, email: str = ANN.email, password: str = PASSWORD, caller: Caller = SOMEWHERE
) -> SignedIn:
    """A new session by password alone."""
    signed = await domain.authentication.by_password(email, password, caller)
    assert isinstance(signed, SignedIn)
    return signed


async def challenged(domain: Domain, caller: Caller = SOMEWHERE) -> str:
    """The challenge that follows Ann's right password."""
    challenge = await domain.authentication.by_password(ANN.email, PASSWORD, caller)
    assert isinstance(challenge, Challenge)
    return challenge.token


async def principal_of(domain: Domain, signed: SignedIn) -> Agent:
    """Who a new session stands for."""
    principal = await domain.sessions.principal(signed.secret)
    assert principal is not None
    return principal


def code(domain: Domain, secret: str, steps: int = 0) -> str:
    """What the app shows now, or some time steps from now."""
    return totp.code_at(secret, domain.clock.now_ms() // 30_000 + steps)


async def with_second_step(domain: Domain, principal: Agent) -> tuple[str, tuple[str, ...], SignedIn]:
    """Switch it on: the app's secret, the recovery codes, the session that goes on."""
    draft = await domain.credentials.draft(principal, PASSWORD)
    confirmed = await domain.credentials.confirm(principal, code(domain, draft.secret))
    domain.clock.advance(30)  # the code is used up
    return draft.secret, confirmed.codes, confirmed.signed_in
