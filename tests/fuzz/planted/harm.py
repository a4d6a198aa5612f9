"""Harm that is done at an input which only a fuzzer that looks for new ways finds."""

import logging
from collections.abc import Callable

from tests.fuzz.watch import demand_discretion

_KEPT: list[bytes] = []


class Planted:
    """Does harm once an input begins with the secret letters."""

    seeds = (b"hello",)
    words = (b"GET", b"bug!")

    def __init__(self, harm: Callable[[], object]) -> None:
        self._harm = harm

    def one(self, data: bytes) -> None:
        if data.startswith(b"bug!"):
            self._harm()

    def close(self) -> None:
        pass


def raises() -> object:
    return 1 // 0


def burns() -> object:
    return sum(range(30_000_000))


def keeps() -> object:
    _KEPT.append(bytes(1_048_576).replace(b"\0", b"x"))
    return None


def tells() -> object:
    demand_discretion('{"code":"internal","text":"sqlite3.OperationalError: no such table"}')
    return None


def logs() -> object:
    try:
        return raises()
    except ZeroDivisionError:
        logging.getLogger("monodesk.test").exception("an exception was caught")
    return None
