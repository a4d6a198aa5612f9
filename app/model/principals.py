"""Who speaks: the proven identity that every command carries."""

from msgspec import Struct


class Visitor(Struct, frozen=True, tag="visitor", gc=False):
    """A person at a website, bound by token to one contact of one inbox."""

    contact_id: str
    inbox_id: str


class Agent(Struct, frozen=True, tag="agent", gc=False):
    """A signed-in colleague.

    `permissions` and `teams` are resolved at sign-in and refreshed when either changes. `token_id` where it is a
    program that acts in his name by a token; then `session_id` is that too.
    """

    agent_id: str
    session_id: str
    role: str
    permissions: frozenset[str]
    teams: tuple[str, ...] = ()
    token_id: str = ""


SOURCE = "source:"  # before the name of a source, as the name of the system that acts by it


class System(Struct, frozen=True, tag="system", gc=False):
    """The appliance itself: timers, the command line beside the server, a joined system, an automation."""

    name: str = "system"


Principal = Visitor | Agent | System
