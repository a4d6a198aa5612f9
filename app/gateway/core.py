"""The narrow interface between a gateway and the core: a call in one process, frames between two.

`local.LocalCore` is the core itself; `link.RemoteCore` speaks the same over a local socket. One contract suite runs
over both.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from app.model.frames import ClientFrame, Hello, Resume
from app.model.principals import Agent, Visitor


class Peer(Struct, frozen=True, gc=False):
    """What the front saw of a connection: the client's address and the headers that decide anything."""

    address: str
    host: str = ""
    origin: str = ""
    cookie: str = ""
    authorization: str = ""
    user_agent: str = ""
    language: str = "en"
    secure: bool = False


class Opened(Struct, frozen=True):
    """A session: its principal, the topics its socket joins, the first frames to write."""

    principal: Visitor | Agent
    topics: tuple[str, ...]
    frames: tuple[bytes, ...]


class Replies(Struct, frozen=True):
    """Frames for the socket that sent the command; after they have drained, `more` is to be asked in its name."""

    frames: tuple[bytes, ...] = ()
    more: Resume | None = None


class Delivery(Struct, frozen=True, gc=False):
    """One encoded frame and the topics whose sockets get it, each socket once.

    `cid` names the send it stems from: the socket that awaits that ack is passed over. `close` other than 0 closes
    the sockets instead of writing to them. Sockets that joined one of `except_topics` are passed over too (`gone` is
    not for those who see the conversation by another right).
    """

    topics: tuple[str, ...]
    frame: bytes
    cid: str = ""
    close: int = 0
    except_topics: tuple[str, ...] = ()


class FileGrant(Struct, frozen=True, gc=False):
    """A file that the core allows to be sent on this one response: `path` never leaves the process boundary."""

    path: str
    name: str
    type: str
    size: int
    etag: str


class Figures(Struct, frozen=True, gc=False):
    """How a gateway process is: `gateway` is its number; what is open in it, what has failed, what it takes."""

    gateway: int
    connections: int
    sockets: int
    downloads: int
    tls_handshakes_failed: int
    tasks: int
    descriptors: int
    resident_bytes: int
    cpu_seconds: float


Receive = Callable[[Sequence[Delivery]], None]


class Core(Protocol):
    """What a gateway asks of the core. Every method may raise `Problem`."""

    async def open(self, peer: Peer, hello: Hello) -> Opened:
        """Prove who it is and count him as present. The gateway joins the topics before it writes the frames."""
        ...

    async def command(self, principal: Visitor | Agent, frame: ClientFrame, language: str) -> Replies:
        """Carry out one command. Frames of one socket are sent one after the other, in order.

        Raises `TooFast` where all of a visitor's sockets together spoke too fast: this one is to be closed.
        """
        ...

    async def closed(self, principal: Visitor | Agent) -> None:
        """A socket of this principal is gone."""
        ...

    async def flooded(self, visitor: Visitor) -> None:
        """A socket of his was closed because it spoke too fast: he is to rest, wherever he comes in next."""
        ...

    async def file(self, peer: Peer, file_id: str) -> FileGrant:
        """Authorise one download by the cookie or the bearer token in `peer`."""
        ...

    async def sites(self, inbox_id: str) -> tuple[str, ...]:
        """The origins whose pages may hold this inbox's chat, empty for every one; raises `NotFound`."""
        ...

    async def crowded(self, address: str) -> None:
        """Most connections come from this address: for who asks how the server is."""
        ...

    def listen(self, receive: Receive) -> None:
        """From now on hand every batch of deliveries to `receive`, in order, on the loop."""
        ...
