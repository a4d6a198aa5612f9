"""What an application leaves unread of a request that it has answered, taken out of Hypercorn's way.

Hypercorn hands a body over by a queue of ten pieces. Where the answer comes first (a body too large, a client unknown),
nobody empties it: the task that reads the connection and the one that says good-bye to the application then both wait
for room in it, for ever, with all that they hold: about half a megabyte for each refused upload.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAY_THAT_THERE_IS_A_BODY = frozenset({b"content-length", b"transfer-encoding"})


class Unread:
    """ASGI middleware: while the last of an answer is sent, the rest of the request is read and dropped."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or all(name not in _SAY_THAT_THERE_IS_A_BODY for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        await self._app(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request with a body, and its answer."""

    __slots__ = ("_receive", "_send", "_whole")

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._whole = False  # the application has all of the request, or knows that its client is gone

    async def receive(self) -> Message:
        message = await self._receive()
        self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not last or self._whole:
            await self._send(message)
            return
        dropping = asyncio.get_running_loop().create_task(self._drop_rest())
        try:
            await self._send(message)
        finally:
            dropping.cancel()  # Hypercorn has ended the exchange: what it reads from now on it drops itself

    async def _drop_rest(self) -> None:
        while not self._whole:
            await self.receive()
