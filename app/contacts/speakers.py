"""Who changed a contact, as it is announced."""

from app.model.conversations import Speaker
from app.model.principals import Agent, Principal, Visitor


def speaker(principal: Principal) -> Speaker:
    """By his id; names belong to the screens."""
    if isinstance(principal, Agent):
        return Speaker("agent", principal.agent_id)
    if isinstance(principal, Visitor):
        return Speaker("visitor", principal.contact_id)
    return Speaker("system", principal.name)
