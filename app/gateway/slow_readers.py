"""What a client has been sent and has not taken: how a slow reader is told from one who does not read at all."""

import asyncio
import fcntl
import struct
import termios
from typing import cast


def untaken_bytes(transport: asyncio.Transport) -> int:
    """Bytes of ours that wait for the client: the transport's, and what the kernel holds until it is acknowledged.

    The transport's alone would not do: the kernel takes more of it only when a third of its own megabytes is free, so a
    client that reads steadily would seem to take nothing for minutes. Linux: SIOCOUTQ, tcp(7).
    """
    waiting = transport.get_write_buffer_size()
    try:
        return waiting + unacknowledged_bytes(cast("int", transport.get_extra_info("socket").fileno()))
    except OSError:  # it is gone, or no TCP connection
        return waiting


def unacknowledged_bytes(descriptor: int) -> int:
    """What the kernel holds of what this socket was given; raises `OSError` for what is no TCP connection."""
    (held,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)))
    return cast("int", held)
