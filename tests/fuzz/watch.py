"""What is demanded of every input: it ends, soon, without growth, and what a client is told shows nothing of within."""

import logging
import re
import time
from collections.abc import Callable
from typing import Protocol

import psutil

CPU_SECONDS_MAX = 0.3  # 100 ms promised, with a margin of 3; CPU time, so that a busy machine decides nothing
GROWTH_BYTES_MAX = 10 * 1_048_576
_ASKED_AGAIN = 2  # what is slow is slow each time; what a virtual machine's neighbour took was counted as ours
_WARM_UP = 0.2  # of the inputs: what is filled once is full by then
_WITHIN = re.compile(
    r"Traceback|File \"|\.py\b|\bapp[./]\w|site-packages|sqlite|msgspec|starlette|hypercorn|asyncio"
    r"|\b(SELECT|INSERT|UPDATE|DELETE) \w+|\b[A-Z]\w*(Error|Exception)\b|<\w+ object|\bat 0x[0-9a-f]+",
)


class Target(Protocol):
    """One way in. `seeds` are inputs that come far, `words` what may stand in one."""

    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]

    def one(self, data: bytes) -> None:
        """Read it as the server would. Raises for what must not be; whatever is refused as promised is no error."""
        ...

    def close(self) -> None:
        """Nothing more comes."""
        ...


class Fault(AssertionError):
    """A promise is broken by an input."""


def demand_discretion(told: str) -> None:
    """Raises `Fault` where a client is told what is inside: code, SQL, a class, a path."""
    found = _WITHIN.search(told)
    if found is not None:
        raise Fault(f"a client is told {found[0]!r} in {told[:300]!r}")


class Watch:
    """Gives a target its inputs and looks at what each costs; `count` are expected."""

    def __init__(self, target: Target, count: int, memory: Callable[[], int] | None = None) -> None:
        self._target = target
        self._count = count
        self._memory = memory or _resident_bytes
        self._seen = 0
        self._before: int | None = None
        self._log = _Exceptions()
        logging.getLogger().addHandler(self._log)

    def close(self) -> None:
        """Look no more, and end what the target has open: its threads would keep the process alive."""
        self._target.close()
        logging.getLogger().removeHandler(self._log)

    def one(self, data: bytes) -> None:
        """The next input; after a fault, or the last one, it is closed."""
        try:
            self._try(data)
        except BaseException:
            self.close()
            raise
        if self._seen == self._count:
            self.close()

    def _try(self, data: bytes) -> None:
        seconds = self._cost(data)
        if seconds > CPU_SECONDS_MAX:
            seconds = min(seconds, *(self._cost(data) for _ in range(_ASKED_AGAIN)))
        if seconds > CPU_SECONDS_MAX:
            raise Fault(f"{len(data)} bytes took {seconds:.3f} s of CPU")
        self._seen += 1
        if self._seen == int(self._count * _WARM_UP):
            self._before = self._memory()
        elif self._seen == self._count and self._before is not None:  # too few inputs show no growth, as in a replay
            self._look_back(self._before)

    def _cost(self, data: bytes) -> float:
        """Seconds of CPU."""
        began = time.thread_time()
        try:
            self._target.one(data)
        finally:
            self._log.demand_none()
        return time.thread_time() - began

    def _look_back(self, before: int) -> None:
        grown = self._memory() - before
        print(f"{self._seen} inputs, grown by {grown / 1_048_576:.1f} MiB", flush=True)
        if grown > GROWTH_BYTES_MAX:
            raise Fault(f"memory has grown by {grown} bytes")


class _Exceptions(logging.Handler):
    """Hears of exceptions that the product caught as its last net: the client saw nothing, and yet it is a fault."""

    def __init__(self) -> None:
        super().__init__()
        self._first = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[0] is not None and not self._first:
            self._first = f"{record.getMessage()}: {logging.Formatter().formatException(record.exc_info)}"

    def demand_none(self) -> None:
        first, self._first = self._first, ""
        if first:
            raise Fault(first)


def _resident_bytes() -> int:
    return int(psutil.Process().memory_info().rss)
