"""The address that people connect to."""

import asyncio
import socket as sockets

from app.model.errors import Unavailable


def bind(listen: str, *, shared: bool) -> sockets.socket:
    """A bound socket, not yet listening; raises `Unavailable`.

    Only gateways of one appliance share a port: two appliances on one would split its clients.
    """
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    listening = sockets.socket(family, sockets.SOCK_STREAM)
    listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    if shared:
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEPORT, 1)
    try:
        listening.bind((host, int(port)))
    except (OSError, ValueError) as error:
        listening.close()
        raise Unavailable(
            "port_unusable",
            f"Cannot listen on {listen} ({error}). Stop what uses it, or choose another address with --listen.",
            f"无法监听 {listen}（{error}）。请停止占用它的程序，或用 --listen 指定其他地址。",
        ) from error
    listening.setblocking(False)
    return listening


def feed(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    """Give a protocol the bytes that the one before it has read already."""
    view = memoryview(data)
    while view:
        buffer = memoryview(protocol.get_buffer(len(view)))
        size = min(len(buffer), len(view))
        buffer[:size] = view[:size]
        protocol.buffer_updated(size)
        view = view[size:]
