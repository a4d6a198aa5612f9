"""What of HTTP/2 is gRPC goes to its own application, made when the first such request comes. Loads nothing heavy."""

from collections.abc import Callable
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send


class Programs(Protocol):
    """The application for programs that call by gRPC."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    async def close(self) -> None: ...


class GrpcDoor:
    """ASGI: `before` the application that serves everything else."""

    def __init__(self, make: Callable[[], Programs]) -> None:
        self._make = make
        self._programs: Programs | None = None

    def before(self, beside: ASGIApp) -> ASGIApp:
        """The application that serves both."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if not _is_grpc(scope):
                await beside(scope, receive, send)
                return
            if self._programs is None:
                self._programs = self._make()
            await self._programs(scope, receive, send)

        return serve

    async def close(self) -> None:
        """End what runs, before the server stops."""
        if self._programs is not None:
            await self._programs.close()


def _is_grpc(scope: Scope) -> bool:
    """Trailers, and so gRPC, are of HTTP/2 alone here; gRPC-Web has another type and is not served."""
    if scope["type"] != "http" or scope["http_version"] != "2":
        return False
    said = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    kind = said.partition(b";")[0].strip().lower()
    return kind in (b"application/grpc", b"application/grpc+proto")
