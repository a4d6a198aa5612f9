"""The one policy function: may this principal do this to that? Everything not granted here is refused.

`topics` and `audience` are the same rule turned round for live delivery: a socket joins the topics of its principal,
an event goes to the topics of its object. A test holds that they agree with `allowed`.
"""

from app.model.conversations import Conversation
from app.model.errors import forbidden, not_found, unauthenticated
from app.model.ids import digest
from app.model.people import Contact, Inbox
from app.model.principals import Agent, Principal, System, Visitor

READ_ALL = "conversations.read_all"
READ_TEAM = "conversations.read_team"
WRITE = "conversations.write"
CONTACTS_READ = "contacts.read"
CONTACTS_WRITE = "contacts.write"
AGENTS_MANAGE = "agents.manage"
TEAMS_MANAGE = "teams.manage"
INBOXES_MANAGE = "inboxes.manage"

_EVERYTHING = frozenset(
    {READ_ALL, READ_TEAM, WRITE, CONTACTS_READ, CONTACTS_WRITE, AGENTS_MANAGE, TEAMS_MANAGE, INBOXES_MANAGE}
)
ROLES: dict[str, frozenset[str]] = {
    "owner": _EVERYTHING,
    "admin": _EVERYTHING,
    "agent": frozenset({READ_TEAM, WRITE, CONTACTS_READ, CONTACTS_WRITE}),
    "observer": frozenset({READ_ALL, CONTACTS_READ}),
}

TOPIC_STAFF = "staff"  # everybody who is signed in: colleagues, presence
TOPIC_ALL = "all"  # who may read every conversation
_RIGHTS_CHARACTERS = 16
_CONVERSATION_ACTIONS = frozenset({"conversation.read", "conversation.write", "conversation.note"})

Object = Conversation | Contact | Inbox | None


def allowed(principal: Principal | None, action: str, thing: Object = None) -> bool:
    """Whether `principal` may do `action` (`noun.verb`) to `thing`; with no thing, to anything of that noun."""
    if principal is None:
        return False
    if isinstance(principal, System):
        return True
    if isinstance(principal, Visitor):
        return _visitor_may(principal, action, thing)
    return _agent_may(principal, action, thing)


def demand(principal: Principal | None, action: str, thing: Object = None) -> None:
    """Raise unless allowed: 401 for nobody, 404 where even existence is not his to know, else 403."""
    if allowed(principal, action, thing):
        return
    if principal is None:
        raise unauthenticated()
    if isinstance(principal, Visitor) or (isinstance(thing, Conversation) and not _sees(principal, thing)):
        raise not_found()
    raise forbidden()


def topics(principal: Visitor | Agent) -> tuple[str, ...]:
    """The live topics a socket of this principal joins."""
    if isinstance(principal, Visitor):
        return (principal.contact_id,)
    own = [TOPIC_STAFF, f"agent:{principal.agent_id}", f"session:{principal.session_id}"]
    if READ_ALL in principal.permissions:
        return (*own, TOPIC_ALL)
    if READ_TEAM in principal.permissions:
        return (*own, *(f"team:{team}" for team in (*principal.teams, "")))
    return tuple(own)


def audience(team_id: str | None, assignee_id: str | None) -> tuple[str, ...]:
    """The staff topics that may see a conversation of this team and assignee."""
    seen_by = (TOPIC_ALL, f"team:{team_id or ''}")
    return seen_by if assignee_id is None else (*seen_by, f"agent:{assignee_id}")


def generation(epoch: str, principal: Visitor | Agent) -> str:
    """The generation of what this principal holds, `epoch` being the database's.

    An agent's is another one for another person and for other rights: what he was shown before, and what he was not,
    says nothing about what he sees now, so his client drops it all and asks again.
    """
    if isinstance(principal, Visitor):
        return epoch
    rights = (principal.agent_id, *sorted(principal.permissions), "teams", *sorted(principal.teams))
    return f"{epoch}.{digest(' '.join(rights))[:_RIGHTS_CHARACTERS]}"


def _visitor_may(visitor: Visitor, action: str, thing: Object) -> bool:
    if action in ("conversation.create", "page.view"):
        return True
    if action in ("conversation.read", "conversation.write"):
        return isinstance(thing, Conversation) and thing.contact_id == visitor.contact_id
    return False


def _agent_may(agent: Agent, action: str, thing: Object) -> bool:
    if action in _CONVERSATION_ACTIONS:
        if action != "conversation.read" and WRITE not in agent.permissions:
            return False
        return thing is None or (isinstance(thing, Conversation) and _sees(agent, thing))
    if action in ("contact.read", "contact.write"):
        return (CONTACTS_READ if action == "contact.read" else CONTACTS_WRITE) in agent.permissions
    if action in ("agent.read", "team.read", "inbox.read"):
        return True
    noun = action.partition(".")[0]
    return f"{noun}{'es' if noun == 'inbox' else 's'}.manage" in agent.permissions


def _sees(principal: Principal, conversation: Conversation) -> bool:
    """Read right on one conversation: all, own teams and team-less ones, or assigned to oneself."""
    if not isinstance(principal, Agent):
        return False
    if READ_ALL in principal.permissions:
        return True
    if conversation.assignee_id == principal.agent_id:
        return True
    return READ_TEAM in principal.permissions and (
        conversation.team_id is None or conversation.team_id in principal.teams
    )
