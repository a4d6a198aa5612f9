"""The signals that a serving process understands. Called by `appliance`.

TERM and INT drain and end; a second one ends at once, and so does a start that is not over soon after the first. HUP
reads the configuration again, USR1 opens the log anew.
"""

import asyncio
import os
import signal
from collections.abc import Callable

from app.model.clock import Clock
from app.settings import Limits
from app.telemetry import log
from app.telemetry.log import logger

_log = logger("signals")


class Signals:
    """`stop` is set by the first TERM or INT."""

    def __init__(self, stop: asyncio.Event, clock: Clock, limits: Limits) -> None:
        self._stop = stop
        self._clock = clock
        self._limits = limits
        self._stopped_at = 0.0
        self._serves = False
        self._early = asyncio.Event()

    def heed(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on, on this loop; HUP waits until `reload_by` says what it does."""
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, loop, number)
        loop.add_signal_handler(signal.SIGUSR1, log.reopen)
        loop.add_signal_handler(signal.SIGHUP, self._early.set)

    def reload_by(self, loop: asyncio.AbstractEventLoop, reload: Callable[[], None]) -> None:
        """What HUP does, also one that came before: the start is over."""
        self._serves = True
        loop.add_signal_handler(signal.SIGHUP, reload)
        if self._early.is_set():
            reload()

    def _end(self, loop: asyncio.AbstractEventLoop, number: signal.Signals) -> None:
        """The first drains. One that comes in the same moment is the first, by another way: a service manager signals
        the whole group, and a onefile's bootloader passes on what it got."""
        now = self._clock.monotonic()
        if not self._stop.is_set():
            self._stopped_at = now
            self._stop.set()
            if not self._serves:
                loop.call_later(self._limits.stop_seconds_max, self._give_up, number)
        elif now - self._stopped_at >= self._limits.stop_again_seconds:
            _log.warning("told to end a second time: ending at once", extra={"signal": number.name})
            end_at_once(number)

    def _give_up(self, number: signal.Signals) -> None:
        """A start that hangs looks at no `stop`, and before it is over there is nobody to take leave of."""
        if not self._serves:
            _log.warning("told to end while starting: ending at once", extra={"signal": number.name})
            end_at_once(number)


def end_at_once(number: signal.Signals) -> None:
    """As the signal ends a process that does not heed it, with all that this one started.

    What was acknowledged is on disk, and the database is used to being killed.
    """
    import psutil

    for child in psutil.Process().children(recursive=True):
        child.kill()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
