"""Harm that is done at an input which only a fuzzer that looks for new ways finds."""

import logging
import time
from collections.abc import Callable

from tests.fuzz.watch import CPU_SECONDS_MAX, demand_discretion

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
    """Twice what is allowed, on a quick machine as on a slow one."""
    began = time.thread_time()
    while time.thread_time() - began < 2 * CPU_SECONDS_MAX:
        pass
    return None


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
