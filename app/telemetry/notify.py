"""What the service manager is told of this process: sd_notify(3), twenty lines over a datagram socket.

`NOTIFY_SOCKET` names the socket, a path or an abstract name behind `@`; without it nothing is told and nothing costs.
"""

import os
import socket
import time
from collections.abc import MutableMapping

_MICROSECONDS = 1_000_000


class Notify:
    """Tells `address` (empty: nobody) how the process is; `watchdog_seconds` is how often it must hear, 0 for never."""

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        self._socket: socket.socket | None = None
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str]) -> "Notify":
        """As the variables say, which are taken out: what this process starts must not speak in its name.

        A watchdog that is set for another process is not ours; a onefile's bootloader, our parent, counts as us.
        """
        address = environ.pop("NOTIFY_SOCKET", "")
        microseconds = environ.pop("WATCHDOG_USEC", "")
        meant = environ.pop("WATCHDOG_PID", "")
        ours = not meant or meant in (str(os.getpid()), str(os.getppid()))
        seconds = int(microseconds) / _MICROSECONDS if ours and microseconds.isdigit() else 0.0
        return cls(address, seconds if address else 0.0)

    @property
    def listens(self) -> bool:
        """Whether anybody is told."""
        return self._socket is not None

    def starting(self, seconds: float) -> None:
        """It still starts, and will say so again or be ready within so long."""
        self._tell(f"EXTEND_TIMEOUT_USEC={int(seconds * _MICROSECONDS)}")

    def ready(self, status: str) -> None:
        """It serves, or serves again after `reloading`."""
        self._tell("READY=1", f"STATUS={status}")

    def alive(self) -> None:
        """The event loop turns; to be said at half of `watchdog_seconds`."""
        self._tell("WATCHDOG=1")

    def status(self, status: str) -> None:
        """One line for people, in `systemctl status`."""
        self._tell(f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is read again; `ready` ends it."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """It drains and then ends."""
        self._tell("STOPPING=1", "STATUS=Stopping")

    def close(self) -> None:
        """Tell nothing any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, *lines: str) -> None:
        """One datagram. A service manager that is away or does not read must not harm the service."""
        if self._socket is not None:
            try:
                self._socket.sendto("\n".join(lines).encode(), self._address)
            except OSError:
                pass
