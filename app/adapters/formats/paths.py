"""Where something stands in a tree, as maps and refusals write it: `order_list[3].pay_time`, `a."odd key".c`."""

import re
from collections.abc import Iterable

Steps = tuple[str | int, ...]

_PLAIN = re.compile(r"[@#]?[^\W\d][\w-]*", re.ASCII)


def written(steps: Iterable[str | int]) -> str:
    """The steps as one text; a number is a place in a list, from 0."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _PLAIN.fullmatch(step) else _quoted(step))
    return text


def _quoted(step: str) -> str:
    shown = step if len(step) <= _STEP_SHOWN else step[:_STEP_SHOWN] + "…"
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


_STEP_SHOWN = 60  # characters of a key, which a stranger chose
