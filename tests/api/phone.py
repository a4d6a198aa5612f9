"""The app on an agent's phone, and an agent who has it."""

from app.accounts import totp
from app.model.principals import Agent
from tests.api.desk import PASSWORD, Desk

STEP_SECONDS = totp.STEP_SECONDS


def code(desk: Desk, secret: str, steps: int = 0) -> str:
    """What the app shows now, or some time steps from now."""
    return totp.code_at(secret, desk.clock.now_ms() // (STEP_SECONDS * 1_000) + steps)


async def signed_in(desk: Desk, cookie: str) -> Agent:
    """Whose cookie this is."""
    agent = await desk.sessions.principal(cookie)
    assert agent is not None
    return agent


async def with_second_step(desk: Desk, cookie: str) -> tuple[str, tuple[str, ...], str]:
    """Switch it on for the agent of a session: the app's secret, the recovery codes, the new cookie."""
    agent = await signed_in(desk, cookie)
    draft = await desk.credentials.draft(agent, PASSWORD)
    confirmed = await desk.credentials.confirm(agent, code(desk, draft.secret))
    desk.clock.advance(STEP_SECONDS)  # the code is used up
    return draft.secret, confirmed.codes, confirmed.signed_in.secret
