"""The REST twin of every frame: one in, its answers out."""

import msgspec
from msgspec import Struct

from app.api.call import Call
from app.gateway.core import Core
from app.model.errors import Invalid
from app.model.frames import ClientFrame, Hello, Pong, Reset, ServerFrame
from app.model.principals import Agent, Visitor
from app.settings import Limits


class Frames(Struct, frozen=True):
    """Encoded frames, put into the answer as they are."""

    frames: tuple[msgspec.Raw, ...]


class FramesShown(Struct, frozen=True):
    """How `Frames` reads to a client."""

    frames: tuple[ServerFrame, ...]


class FrameTwins:
    """Carries a frame to the core in the caller's name. A retried `send` finds its first result by its `cid`."""

    def __init__(self, core: Core, limits: Limits) -> None:
        self._core = core
        self._limits = limits

    async def agent(self, call: Call[Agent], frame: ClientFrame) -> Frames:
        return await self._carry(call.principal, frame, call.peer.language)

    async def visitor(self, call: Call[Visitor], frame: ClientFrame) -> Frames:
        return await self._carry(call.principal, frame, call.peer.language)

    async def _carry(self, principal: Agent | Visitor, frame: ClientFrame, language: str) -> Frames:
        if isinstance(frame, Hello | Pong):
            raise _of_sockets_only()
        return encoded(await answers(self._core, principal, frame, language, self._limits))


async def answers(
    core: Core, principal: Agent | Visitor, frame: ClientFrame, language: str, limits: Limits
) -> list[bytes]:
    """All frames that answer a command, page after page.

    A visitor's resume stops after `limits.poll_frames_max` or `limits.answer_bytes_max`, without `live`: his counters
    let him ask on from there. An agent's position moves only at `live`; where that is too many bytes away he begins
    anew, as beyond `limits.replay_events_max`.
    """
    frames: list[bytes] = []
    size = 0
    following: ClientFrame | None = frame
    while following is not None:
        replies = await core.command(principal, following, language)
        frames += replies.frames
        size += sum(map(len, replies.frames))
        following = replies.more
        if isinstance(principal, Visitor):
            if len(frames) >= limits.poll_frames_max or size >= limits.answer_bytes_max:
                break
        elif following is not None and size >= limits.answer_bytes_max:
            return [msgspec.json.encode(Reset(following.epoch))]
    return frames


def encoded(frames: list[bytes]) -> Frames:
    """Frames as an answer's body."""
    return Frames(tuple(msgspec.Raw(frame) for frame in frames))


def _of_sockets_only() -> Invalid:
    return Invalid(
        "sockets_only",
        "`hello` and `pong` belong to a WebSocket; over HTTP the cookie or the token says who you are. Leave them out.",
        "hello 与 pong 仅用于 WebSocket；HTTP 请求以 Cookie 或令牌表明身份。请勿发送。",
    )
