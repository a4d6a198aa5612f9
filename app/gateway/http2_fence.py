"""What one HTTP/2 client's frames have cost, and when it is too much. Pure: no I/O, time is passed in.

A frame of a few bytes makes the server work, remember or answer. So what moves no request forward is counted (PING,
SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, unknown kinds; resets; pieces of a head), as HTTP/2's known attacks ask
for it: CVE-2019-9511 to 9518, CVE-2023-44487 (rapid reset), CVE-2024-27316 (CONTINUATION), CVE-2025-8671 (the server
made to reset). Small DATA is how honest streams of small messages look, so it is only slowed down: who is too fast by
himself, and where all together are, whoever takes more than his share.

Honest clients send two WINDOW_UPDATE a call and a PING now and then (grpcio 1.85, measured): a request and an answer
earn some.
"""

from collections.abc import Callable

from msgspec import Struct

from app.gateway.http2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    ENHANCE_YOUR_CALM,
    GOAWAY,
    HEADERS,
    PING,
    PRIORITY,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Violation,
)
from app.gateway.limits import IDLE, Rate
from app.settings import Limits

_SMALL_BYTES = 256  # a DATA frame below costs more by its head than by what it brings
_CROWDED_SECONDS = 1.0  # for so long after the last piece too many, shares count
_BYTES_EARN_A_FRAME = 1_024  # of the answer, or a frame of it: a client that reads gives window, at most so often
_REQUEST_EARNS_BYTES = 4 * _BYTES_EARN_A_FRAME
_CONTROL = frozenset({PRIORITY, SETTINGS, PING, GOAWAY, WINDOW_UPDATE})
_PASSED_ON = frozenset({DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, WINDOW_UPDATE, CONTINUATION})


class Small:
    """Small pieces of bodies, of all connections of a process: each costs far more than its bytes.

    A connection has a bucket of its own. While all together are too fast, it fills by this connection's share of what
    all may send, so that who is slower than that is not held up by any number of others.
    """

    __slots__ = ("_all", "_connections", "_crowded_until", "_of_all", "_one", "_weight")

    def __init__(self, limits: Limits, connections: Callable[[], int]) -> None:
        self._one = Rate(limits.http2_small_frames_per_second, limits.http2_small_frames_burst)
        self._of_all = Rate(limits.http2_small_frames_of_all_per_second, limits.http2_small_frames_burst)
        self._weight = limits.http2_small_frames_per_second / limits.http2_small_frames_of_all_per_second
        self._connections = connections
        self._all = IDLE
        self._crowded_until = 0.0

    def owe(self, state: float, now: float) -> tuple[float, float]:
        """A connection's state after one more, and the seconds for which it is not to be read."""
        after = self._of_all.spend(self._all, now)
        if after is None:
            self._crowded_until = now + _CROWDED_SECONDS
        else:
            self._all = after
        crowded = now < self._crowded_until
        return self._one.owe(state, now, max(1.0, self._weight * self._connections()) if crowded else 1.0)


class Rates(Struct, frozen=True):
    """What all connections of a process share: the token buckets' figures, and the count of small pieces."""

    control: Rate
    resets: Rate
    small: Small

    @classmethod
    def of(cls, limits: Limits, connections: Callable[[], int] = lambda: 1) -> "Rates":
        """`connections` says how many there are now."""
        return cls(
            Rate(limits.http2_control_frames_per_second, limits.http2_control_frames_burst),
            Rate(limits.http2_resets_per_second, limits.http2_resets_burst),
            Small(limits, connections),
        )


class Fence:
    """One connection's count. `streams` are those that wait for their answer's end; `last_stream` the newest.

    The client is to be read again at `rests_until`, not before.
    """

    __slots__ = (
        "_block_begun",
        "_block_bytes",
        "_block_frames",
        "_block_stream",
        "_control",
        "_control_earned",
        "_limits",
        "_rates",
        "_resets",
        "_settled",
        "_small",
        "dismissed",
        "last_stream",
        "leaving",
        "quiet_since",
        "rests_until",
        "streams",
    )

    def __init__(self, limits: Limits, rates: Rates, now: float) -> None:
        self._limits = limits
        self._rates = rates
        self._control = self._resets = self._small = IDLE
        self._control_earned = 0  # bytes of the answer that no control frame was paid with
        self._settled = False  # the client's first frame was its SETTINGS
        self._block_stream = 0  # whose head is not whole; 0: none is open
        self._block_begun = 0.0
        self._block_bytes = self._block_frames = 0
        self.streams: set[int] = set()
        self.last_stream = 0
        self.rests_until = now
        self.leaving = False  # the client has said that it opens no more
        self.dismissed = False  # our server has said so
        self.quiet_since = now  # when the last stream ended

    # --- from the client ----------------------------------------------------------------------------------------

    def heard(self, kind: int, flags: int, stream: int, length: int, now: float) -> bool:
        """Count a frame of the client; whether it goes on to the server. Raises `Violation`."""
        if not self._settled:
            if kind != SETTINGS or flags & ACK:
                raise Violation(PROTOCOL_ERROR, "the first frame is not SETTINGS")
            self._settled = True
        if self._block_stream:
            self._continue_block(kind, flags, stream, length)
        elif kind == DATA:
            self._count_data(flags, length, now)
        elif kind == HEADERS:
            self._begin_block(flags, stream, length, now)
        elif kind == RST_STREAM:
            self._count_reset(now)
            self._close(stream, now)
        elif kind in _CONTROL or kind not in _PASSED_ON:
            self._count_control(now)
        if kind == SETTINGS and length > self._limits.http2_settings_bytes_max:
            raise Violation(ENHANCE_YOUR_CALM, "too many settings in a frame")
        if kind == GOAWAY:  # the library behind would end all streams with it; those that run are let finish
            self.leaving = True
        return kind in _PASSED_ON

    def _begin_block(self, flags: int, stream: int, length: int, now: float) -> None:
        if stream > self.last_stream:
            self.last_stream = stream
            self.streams.add(stream)
            self._earn(_REQUEST_EARNS_BYTES)
            if len(self.streams) > self._limits.http2_streams_max:
                raise Violation(ENHANCE_YOUR_CALM, "too many streams at once")
        self._block_bytes, self._block_frames = length, 0
        if not flags & END_HEADERS:
            self._block_stream, self._block_begun = stream or -1, now

    def _continue_block(self, kind: int, flags: int, stream: int, length: int) -> None:
        if kind != CONTINUATION or stream != self._block_stream:
            raise Violation(PROTOCOL_ERROR, "a frame inside a head")
        self._block_bytes += length
        self._block_frames += 1
        if self._block_bytes > self._limits.head_bytes_max:
            raise Violation(ENHANCE_YOUR_CALM, "too large a head")
        if self._block_frames > self._limits.http2_continuations_max:
            raise Violation(ENHANCE_YOUR_CALM, "a head in too many pieces")
        if flags & END_HEADERS:
            self._block_stream = 0

    def _count_data(self, flags: int, length: int, now: float) -> None:
        if length == 0 and not flags & END_STREAM:
            self._count_control(now)
        elif length < _SMALL_BYTES:
            self._small, rest_seconds = self._rates.small.owe(self._small, now)
            self.rests_until = now + rest_seconds

    def _count_control(self, now: float) -> None:
        if self._control_earned >= _BYTES_EARN_A_FRAME:
            self._control_earned -= _BYTES_EARN_A_FRAME
            return
        self._control = _spend(self._rates.control, self._control, now, "too many frames that bring nothing")

    def _count_reset(self, now: float) -> None:
        self._resets = _spend(self._rates.resets, self._resets, now, "too many cancelled requests")

    # --- from the server ----------------------------------------------------------------------------------------

    def said(self, kind: int, flags: int, stream: int, length: int, now: float) -> None:
        """Count a frame of ours. Raises `Violation` where the client has made the server reset too often."""
        if kind == DATA:
            self._earn(max(length, _BYTES_EARN_A_FRAME))
        if kind == GOAWAY:
            self.dismissed = True
        elif kind == RST_STREAM and stream in self.streams:
            self._close(stream, now)
            self._count_reset(now)
        elif kind in (DATA, HEADERS) and flags & END_STREAM:
            self._close(stream, now)

    def _earn(self, size: int) -> None:
        most = _BYTES_EARN_A_FRAME * self._limits.http2_control_frames_earned_max
        self._control_earned = min(self._control_earned + size, most)

    def _close(self, stream: int, now: float) -> None:
        if stream in self.streams:
            self.streams.remove(stream)
            self.quiet_since = now

    # --- what time tells ----------------------------------------------------------------------------------------

    def look(self, now: float) -> None:
        """Raises `Violation` where a head has been coming for too long."""
        if self._block_stream and now - self._block_begun >= self._limits.head_seconds_max:
            raise Violation(ENHANCE_YOUR_CALM, "a head that does not end")


def _spend(rate: Rate, state: float, now: float, reason: str) -> float:
    after = rate.spend(state, now)
    if after is None:
        raise Violation(ENHANCE_YOUR_CALM, reason)
    return after
