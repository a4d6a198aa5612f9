"""What a check is, and what it tells."""

from collections.abc import Callable

from msgspec import Struct

from app.health.subject import Subject
from app.model.health import State, Words


class Told(Struct, frozen=True):
    """What one look found. `command` mends it, for a shell."""

    state: State
    found: Words
    command: str = ""


class Check(Struct, frozen=True, kw_only=True):
    """One thing that can be wrong; `id` is stable.

    `meaning` says what it means where it is not fine, `advice` what to do: the manual has both. `deep`: it takes long
    and is asked for apart. `look` may raise, where it could not see.
    """

    id: str
    title: Words
    meaning: Words
    advice: Words
    look: Callable[[Subject], Told]
    deep: bool = False


def fine(en: str, zh: str) -> Told:
    return Told(State.FINE, Words(en, zh))


def warning(en: str, zh: str, command: str = "") -> Told:
    return Told(State.WARNING, Words(en, zh), command)


def wrong(en: str, zh: str, command: str = "") -> Told:
    return Told(State.WRONG, Words(en, zh), command)


def not_asked(en: str, zh: str) -> Told:
    return Told(State.NOT_ASKED, Words(en, zh))


def no_server() -> Told:
    """For what only a running server knows."""
    return not_asked("no server runs here that would know", "没有运行中的服务可供查询")


def no_database() -> Told:
    """For what is read from the database."""
    return not_asked("there is no database yet", "还没有数据库")
