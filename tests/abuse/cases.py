"""What a case is: something that is done to the server, with how it must end."""

import inspect
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

from tests.abuse.ground import Ground

Case = Callable[[Ground], Coroutine[Any, Any, None]]


def cases(room: ModuleType) -> list[Case]:
    """Every public coroutine function that this module defines."""
    found = inspect.getmembers(room, inspect.iscoroutinefunction)
    return [case for name, case in found if not name.startswith("_") and case.__module__ == room.__name__]
