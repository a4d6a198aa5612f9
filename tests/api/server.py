"""The application behind a real Hypercorn on a free port of this machine."""

import asyncio
import json
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.api.desk import HOST, Desk


class Server:
    """Serves the desk's application for as long as the block runs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.errorlog = None
        self._serving = asyncio.create_task(
            serve(self._desk.api.application, config, shutdown_trigger=self._stop.wait)  # type: ignore[arg-type]  # Hypercorn's own ASGI types
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        await self._serving

    async def post(
        self, path: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send a request and leave its answer to be read."""
        encoded = json.dumps(body).encode()
        lines = {"host": HOST, "content-type": "application/json", "content-length": str(len(encoded)), **headers}
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + encoded)
        return reader, writer
