"""The one policy function: may this principal do this to that? Everything not granted here is refused.

`topics` and `audience` are the same rule turned round for live delivery: a socket joins the topics of its principal,
an event goes to the topics of its object. A test holds that they agree with `allowed`.
"""

from app.model.canned import CannedReply, Scope
from app.model.conversations import Conversation
from app.model.errors import forbidden, not_found, unauthenticated
from app.model.ids import digest
from app.model.macros import Macro
from app.model.people import Contact, Inbox
from app.model.principals import Agent, Principal, System, Visitor
from app.model.tickets import Ticket

READ_ALL = "conversations.read_all"
READ_TEAM = "conversations.read_team"
WRITE = "conversations.write"
CONTACTS_READ = "contacts.read"
CONTACTS_WRITE = "contacts.write"
CONTACTS_MANAGE = "contacts.manage"  # merging, organisations, importing and exporting
AGENTS_MANAGE = "agents.manage"
TEAMS_MANAGE = "teams.manage"
INBOXES_MANAGE = "inboxes.manage"
CANNED_MANAGE = "canned_replies.manage"
TAGS_MANAGE = "tags.manage"  # which tags there are; putting them on is writing in a conversation
MACROS_MANAGE = "macros.manage"
TICKETS_READ = "tickets.read"  # those of the same agents and teams as the conversations that he may read
TICKETS_WRITE = "tickets.write"
TICKETS_MANAGE = "tickets.manage"  # the desk's own fields, and the lists that everybody has
RECORDS_READ = "records.read"  # orders, cases and notes of joined systems
SOURCES_MANAGE = "sources.manage"  # which systems are joined, and how
SERVER_READ = "server.read"  # how the server is, and what needs somebody
SERVER_MANAGE = "server.manage"
ROLES_MANAGE = "roles.manage"
TOKENS_MANAGE = "tokens.manage"
AUDIT_READ = "audit.read"  # who did what, whoever it was

_EVERYTHING = frozenset(
    {
        READ_ALL, READ_TEAM, WRITE, CONTACTS_READ, CONTACTS_WRITE, CONTACTS_MANAGE, AGENTS_MANAGE, TEAMS_MANAGE,
        CANNED_MANAGE, TAGS_MANAGE, TICKETS_READ, TICKETS_WRITE, TICKETS_MANAGE, SERVER_READ, AUDIT_READ,
        MACROS_MANAGE, ROLES_MANAGE, TOKENS_MANAGE, INBOXES_MANAGE, RECORDS_READ, SOURCES_MANAGE,
    }
)  # fmt: skip
ROLES: dict[str, frozenset[str]] = {
    "owner": _EVERYTHING | {SERVER_MANAGE},
    "admin": _EVERYTHING,
    "agent": frozenset({READ_TEAM, WRITE, CONTACTS_READ, CONTACTS_WRITE, RECORDS_READ, TICKETS_READ, TICKETS_WRITE}),
    "observer": frozenset({READ_ALL, CONTACTS_READ, RECORDS_READ, TICKETS_READ}),
}

TOPIC_STAFF = "staff"  # everybody who is signed in: colleagues, presence
TOPIC_ALL = "all"  # who may read every conversation
TOPIC_SERVER = "server"  # who is told how the server is
TOPIC_RECORDS = "records"  # who may read what joined systems hold of customers
TOPIC_CONTACTS = "contacts"  # who may read of customers: their facts, the pages that they see
_RIGHTS_CHARACTERS = 16
_CONVERSATION_ACTIONS = frozenset({"conversation.read", "conversation.write", "conversation.note"})
_SHARED = {  # nouns that are one's own, a team's or everybody's, and what it takes to change everybody's
    "canned_reply.read": CANNED_MANAGE, "canned_reply.write": CANNED_MANAGE,
    "macro.read": MACROS_MANAGE, "macro.write": MACROS_MANAGE,
}  # fmt: skip
_TICKETS = "tickets:"  # before the topics of who may read tickets

Object = Conversation | Contact | Inbox | CannedReply | Macro | Ticket | None


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
    if isinstance(principal, Visitor) or (isinstance(thing, Conversation | Ticket) and not _sees(principal, thing)):
        raise not_found()
    raise forbidden()


def topics(principal: Visitor | Agent) -> tuple[str, ...]:
    """The live topics a socket of this principal joins."""
    if isinstance(principal, Visitor):
        return (principal.contact_id,)
    reach = _reach(principal)
    tickets = (f"{_TICKETS}{topic}" for topic in reach) if TICKETS_READ in principal.permissions else ()
    server = (TOPIC_SERVER,) if SERVER_READ in principal.permissions else ()
    people = (TOPIC_CONTACTS,) if CONTACTS_READ in principal.permissions else ()
    records = (TOPIC_RECORDS,) if RECORDS_READ in principal.permissions else ()
    own, *others = reach
    return (TOPIC_STAFF, own, f"session:{principal.session_id}", *server, *people, *records, *others, *tickets)


def topic_of(agent_id: str) -> str:
    """The topic of what is told to one agent alone, whatever his rights."""
    return f"agent:{agent_id}"


def audience(team_id: str | None, assignee_id: str | None) -> tuple[str, ...]:
    """The staff topics that may see a conversation of this team and assignee."""
    seen_by = (TOPIC_ALL, f"team:{team_id or ''}")
    return seen_by if assignee_id is None else (*seen_by, f"agent:{assignee_id}")


def ticket_audience(team_id: str | None, assignee_id: str | None) -> tuple[str, ...]:
    """The staff topics that may see a ticket of this team and assignee."""
    return tuple(f"{_TICKETS}{topic}" for topic in audience(team_id, assignee_id))


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
    if action in ("conversation.create", "page.view", "contact.claim"):
        return True
    if action in ("conversation.read", "conversation.write"):
        return isinstance(thing, Conversation) and thing.contact_id == visitor.contact_id
    return False


def _agent_may(agent: Agent, action: str, thing: Object) -> bool:
    if action in _CONVERSATION_ACTIONS:
        if action != "conversation.read" and WRITE not in agent.permissions:
            return False
        return thing is None or (isinstance(thing, Conversation) and _sees(agent, thing))
    if action in ("ticket.read", "ticket.write"):
        if (TICKETS_READ if action == "ticket.read" else TICKETS_WRITE) not in agent.permissions:
            return False
        return thing is None or (isinstance(thing, Ticket) and _sees(agent, thing))
    if action in ("contact.read", "contact.write"):
        return (CONTACTS_READ if action == "contact.read" else CONTACTS_WRITE) in agent.permissions
    if action == "record.read":
        return RECORDS_READ in agent.permissions
    if action in _SHARED:
        if WRITE not in agent.permissions:
            return False
        return not isinstance(thing, CannedReply | Macro) or _may_shared(agent, action, thing)
    if action in ("agent.read", "team.read", "inbox.read", "role.read"):
        return True
    if action in (SERVER_READ, SERVER_MANAGE, AUDIT_READ):
        return action in agent.permissions
    noun = action.partition(".")[0]
    return f"{noun}{'es' if noun == 'inbox' else 's'}.manage" in agent.permissions


def _may_shared(agent: Agent, action: str, thing: CannedReply | Macro) -> bool:
    """His own, his teams', everybody's to read; everybody's and other teams' only for who manages them."""
    if thing.scope is Scope.ME:
        return thing.owner_id == agent.agent_id
    if _SHARED[action] in agent.permissions:
        return True
    return thing.team_id in agent.teams if thing.scope is Scope.TEAM else action.endswith(".read")


def _reach(agent: Agent) -> tuple[str, ...]:
    """Whose conversations and tickets he may see, as topics: his own, and all or those of his teams and team-less."""
    own = f"agent:{agent.agent_id}"
    if READ_ALL in agent.permissions:
        return (own, TOPIC_ALL)
    if READ_TEAM in agent.permissions:
        return (own, *(f"team:{team}" for team in (*agent.teams, "")))
    return (own,)


def _sees(principal: Principal, thing: Conversation | Ticket) -> bool:
    """Whose it is lets him see it: all, own teams and team-less ones, or assigned to oneself."""
    if not isinstance(principal, Agent):
        return False
    if READ_ALL in principal.permissions:
        return True
    if thing.assignee_id == principal.agent_id:
        return True
    return READ_TEAM in principal.permissions and (thing.team_id is None or thing.team_id in principal.teams)
