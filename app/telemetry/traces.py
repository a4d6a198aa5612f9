"""Traces across systems, as W3C Trace Context has them: `traceparent` names the trace and the step that led here.

What is at work belongs to a trace, or to none; what it brings about belongs to the same one, however much later it is
carried out: the trace is stored with it.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "traceparent"
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_TRACE_BYTES, _SPAN_BYTES = 16, 8
_SAMPLED = "01"
_current: ContextVar[str] = ContextVar("traceparent", default="")


def read(said: str) -> str:
    """A `traceparent` that came, as we write it; empty for what is none. Of later versions what is known is taken."""
    found = _PARENT.fullmatch(said.strip())
    if found is None or (found[4] and said.strip().startswith("00")):
        return ""
    return f"00-{found[1]}-{found[2]}-{found[3]}"


def begun(seed: str) -> str:
    """A trace of its own; of the same seed it is the same."""
    made = hashlib.blake2b(seed.encode(), digest_size=_TRACE_BYTES + _SPAN_BYTES).hexdigest()
    return f"00-{made[: 2 * _TRACE_BYTES]}-{made[2 * _TRACE_BYTES :]}-{_SAMPLED}"


def child(parent: str, chance: float) -> str:
    """The next step of the same trace; `chance` (0 to 1) tells it from its siblings."""
    head, _, rest = parent.rpartition("-")
    trace, _, _ = head.rpartition("-")
    return f"{trace}-{max(1, int(chance * 2**63)):016x}-{rest}"


def id_of(parent: str) -> str:
    """Of the trace, 32 hexadecimal digits; empty for none."""
    return parent.split("-")[1] if parent else ""


def current() -> str:
    """The `traceparent` of what is at work, empty for none."""
    return _current.get()


@contextmanager
def within(parent: str) -> Iterator[None]:
    """What happens inside belongs to this trace; empty leaves it as it is."""
    token = _current.set(parent or _current.get())
    try:
        yield
    finally:
        _current.reset(token)
