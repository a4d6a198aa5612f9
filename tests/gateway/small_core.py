"""A core of the tests: proves, stores and announces in a few lists, so that a gateway is tested without the house."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from app.gateway.core import Delivery, FileGrant, Opened, Peer, Receive, Replies
from app.model.conversations import Speaker
from app.model.errors import Forbidden, Unavailable, not_found, unauthenticated
from app.model.frames import Ack, ClientFrame, Fetch, Hello, Live, Msg, Page, Read, Resume, Send, Welcome
from app.model.principals import Agent, Visitor

encode = msgspec.json.encode
INBOX = "i" * 26
AGENT_COOKIE = "monodesk_session=agent"


class SmallCore:
    """As `gateway.core.Core`. Visitors: any token of 26 characters is its contact's id. Agents: one cookie."""

    def __init__(self) -> None:
        self.present: list[str] = []
        self.peers: list[Peer] = []
        self.crowds: list[str] = []
        self.carried: list[ClientFrame] = []
        self.languages: list[str] = []
        self.files: dict[str, FileGrant] = {}
        self.inboxes: dict[str, tuple[str, ...]] = {INBOX: ()}
        self.away = False
        self.gate = asyncio.Event()  # commands wait here
        self.gate.set()
        self.pages = 0  # how many pages a resume has
        self.page_frame = b""
        self.running = 0
        self.running_most = 0
        self.forgotten: list[str] = []
        self.flooders: list[str] = []
        self._receivers: list[Receive] = []
        self._stored: dict[str, Ack] = {}

    async def open(self, peer: Peer, hello: Hello, link: str = "") -> Opened:
        self.peers.append(peer)
        await self.gate.wait()
        if hello.token == "busy":
            raise Unavailable("busy", "Busy. Come back.", "繁忙。请稍后再来。", retry_after_ms=700)
        if hello.token == "blocked":
            raise Forbidden("blocked", "You are blocked.", "你已被屏蔽。")
        if hello.token == "broken":
            raise RuntimeError("secret of the core")
        principal, topics = self._proven(peer, hello)
        self.present.append(person(principal))
        kind = "visitor" if isinstance(principal, Visitor) else "agent"
        return Opened(principal, topics, (encode(Welcome("epoch", kind, person(principal), 1)),))

    async def command(self, principal: Visitor | Agent, frame: ClientFrame, language: str) -> Replies:
        self.running += 1
        self.running_most = max(self.running, self.running_most)
        try:
            await self.gate.wait()
            self.carried.append(frame)
            self.languages.append(language)
            return self._carry(principal, frame)
        finally:
            self.running -= 1

    async def closed(self, principal: Visitor | Agent, link: str = "") -> None:
        self.present.remove(person(principal))

    async def flooded(self, visitor: Visitor) -> None:
        self.flooders.append(visitor.contact_id)

    def forget(self, link: str) -> None:
        self.forgotten.append(link)
        self.present.clear()

    async def file(self, peer: Peer, file_id: str) -> FileGrant:
        self.peers.append(peer)
        if not peer.cookie and not peer.authorization:
            raise unauthenticated()
        if file_id not in self.files:
            raise not_found()
        return self.files[file_id]

    async def sites(self, inbox_id: str) -> tuple[str, ...]:
        await self.gate.wait()
        if self.away:
            raise Unavailable("core_away", "Away. Come back.", "暂时离线。请稍后再来。")
        if inbox_id not in self.inboxes:
            raise not_found()
        return self.inboxes[inbox_id]

    async def crowded(self, address: str) -> None:
        self.crowds.append(address)

    def listen(self, receive: Receive) -> None:
        self._receivers.append(receive)

    def announce(self, *batch: Delivery) -> None:
        for receive in self._receivers:
            receive(batch)

    def grant(self, path: Path, name: str, kind: str) -> str:
        """Put a file there; its id."""
        file_id = f"{len(self.files):026d}"
        self.files[file_id] = FileGrant(str(path), name, kind, path.stat().st_size, f'"{file_id}"')
        return file_id

    def _proven(self, peer: Peer, hello: Hello) -> tuple[Visitor | Agent, tuple[str, ...]]:
        if hello.token is not None and len(hello.token) == 26:
            return Visitor(hello.token, hello.inbox or INBOX), (hello.token,)
        if peer.cookie == AGENT_COOKIE:
            return Agent("agent", "session", "owner", frozenset({"conversations.read_all"}), ("t1",)), (
                "staff",
                "agent:agent",
                "session:session",
                "all",
            )
        raise unauthenticated()

    def _carry(self, principal: Visitor | Agent, frame: ClientFrame) -> Replies:
        match frame:
            case Send():
                return Replies((encode(self._store(principal, frame)),))
            case Resume():
                return self._resume()
            case Fetch():
                raise not_found()
            case Read():
                raise unauthenticated()
            case Page():
                raise RuntimeError("secret of the core")
        return Replies()

    def _store(self, principal: Visitor | Agent, frame: Send) -> Ack:
        ack = self._stored.get(frame.cid)
        if ack is None:
            who = person(principal)
            conversation = frame.conv or "c" * 26
            number = len(self._stored) + 1
            ack = self._stored[frame.cid] = Ack(frame.cid, conversation, f"{number:026d}", number, number)
            said = Msg(conversation, number, ack.id, "message", Speaker("visitor", who), number, frame.text, frame.cid)
            self.announce(
                Delivery((who,), encode(said), frame.cid), Delivery(("all", "staff"), encode(said), frame.cid)
            )
        return ack

    def _resume(self) -> Replies:
        if self.pages == 0:
            return Replies((encode(Live()),))
        self.pages -= 1
        return Replies((self.page_frame,) * 200, Resume())


def person(principal: Visitor | Agent) -> str:
    return principal.contact_id if isinstance(principal, Visitor) else principal.agent_id


def texts(frames: Sequence[ClientFrame]) -> list[str]:
    return [frame.text for frame in frames if isinstance(frame, Send)]
