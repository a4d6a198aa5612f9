"""The fence's count by itself: what is honest passes at any speed, what is not is told apart."""

from collections.abc import Callable

import pytest

from app.gateway import http2_frames as frames
from app.gateway.http2_fence import Fence, Rates
from app.gateway.http2_frames import Violation
from app.settings import Limits

LIMITS = Limits()


@pytest.fixture
def fence() -> Fence:
    fence = Fence(LIMITS, Rates.of(LIMITS), 0.0)
    assert fence.heard(frames.SETTINGS, 0, 0, 0, 0.0)
    return fence


def before_it_is_cut(act: Callable[[], object]) -> int:
    """How often it may be done."""
    for count in range(100_000):
        try:
            act()
        except Violation:
            return count
    raise AssertionError("as often as it likes")


def test_a_client_that_calls_and_reads_may_do_so_at_any_speed(fence: Fence) -> None:
    """As grpcio 1.85 does it: two windows a call, a ping in ten."""
    for stream in range(1, 20_001, 2):
        fence.heard(frames.HEADERS, 4, stream, 60, 0.0)
        fence.heard(frames.DATA, 1, stream, 300, 0.0)
        fence.said(frames.HEADERS, 4, stream, 30, 0.0)
        fence.said(frames.DATA, 0, stream, 8, 0.0)
        fence.said(frames.HEADERS, 5, stream, 20, 0.0)
        fence.heard(frames.WINDOW_UPDATE, 0, 0, 4, 0.0)
        fence.heard(frames.WINDOW_UPDATE, 0, stream, 4, 0.0)
        if stream % 20 == 1:
            fence.heard(frames.PING, 0, 0, 8, 0.0)
    assert not fence.streams


def test_a_client_that_is_sent_much_gives_window_for_it(fence: Fence) -> None:
    fence.heard(frames.HEADERS, 5, 1, 60, 0.0)
    for _ in range(10_000):
        fence.said(frames.DATA, 0, 1, 16_384, 0.0)
        for _ in range(4):
            fence.heard(frames.WINDOW_UPDATE, 0, 1, 4, 0.0)


def test_a_stream_of_small_messages_gets_a_window_for_each(fence: Fence) -> None:
    fence.heard(frames.HEADERS, 4, 1, 60, 0.0)
    for _ in range(20):
        for _ in range(1_000):  # a slow reader gives its windows by the thousand
            fence.said(frames.DATA, 0, 1, 12, 0.0)
        for _ in range(1_000):
            fence.heard(frames.WINDOW_UPDATE, 0, 1, 4, 0.0)
    assert before_it_is_cut(lambda: fence.heard(frames.WINDOW_UPDATE, 0, 1, 4, 0.0)) < 500


def test_what_was_earned_is_not_hoarded(fence: Fence) -> None:
    fence.heard(frames.HEADERS, 5, 1, 60, 0.0)
    for _ in range(1_000):
        fence.said(frames.DATA, 0, 1, 16_384, 0.0)
    pings = before_it_is_cut(lambda: fence.heard(frames.PING, 0, 0, 8, 0.0))
    assert pings <= LIMITS.http2_control_frames_burst + LIMITS.http2_control_frames_earned_max


def test_resets_are_counted_whoever_makes_them_but_not_twice(fence: Fence) -> None:
    for stream in range(1, 2 * LIMITS.http2_resets_burst, 2):
        fence.heard(frames.HEADERS, 4, stream, 60, 0.0)
        fence.said(frames.RST_STREAM, 0, stream, 4, 0.0)
        for _ in range(10):
            fence.said(frames.RST_STREAM, 0, stream, 4, 0.0)  # the library answers each piece that comes too late
    fence.heard(frames.HEADERS, 4, 9_999, 60, 0.0)
    with pytest.raises(Violation):
        fence.heard(frames.RST_STREAM, 0, 9_999, 4, 0.0)
    for stream in range(10_001, 10_021, 2):  # half a second later there is room for ten
        fence.heard(frames.HEADERS, 4, stream, 60, 0.5)
        fence.heard(frames.RST_STREAM, 0, stream, 4, 0.5)


def test_small_pieces_make_a_client_rest(fence: Fence) -> None:
    fence.heard(frames.HEADERS, 4, 1, 60, 0.0)
    for _ in range(LIMITS.http2_small_frames_burst):
        fence.heard(frames.DATA, 0, 1, 10, 0.0)
    assert fence.rests_until <= 1e-6
    for _ in range(round(LIMITS.http2_small_frames_per_second)):
        fence.heard(frames.DATA, 0, 1, 10, 0.0)
    assert fence.rests_until == pytest.approx(1.0)
    for _ in range(10_000):
        fence.heard(frames.DATA, 0, 1, 16_384, 5.0)
    assert fence.rests_until == pytest.approx(1.0)


def test_many_who_send_small_pieces_share_what_all_may_and_hold_up_nobody_who_is_slow() -> None:
    count, seconds, at_once = 50, 20, 400
    rates = Rates.of(LIMITS, lambda: count + 1)
    floods, slow = [open_upload(rates) for _ in range(count)], open_upload(rates)
    sent, late = 0, 0
    for now in (tick / 100 for tick in range(seconds * 100)):
        for flood in floods:
            if flood.rests_until <= now:
                send_small(flood, at_once, now)
                sent += at_once
        send_small(slow, 1, now)
        late += slow.rests_until > now
    assert late == 0
    begun = count * (LIMITS.http2_small_frames_burst + at_once)
    assert sent <= LIMITS.http2_small_frames_of_all_per_second * seconds + begun
    assert sent >= LIMITS.http2_small_frames_of_all_per_second * seconds / 2


def test_a_few_who_send_small_pieces_have_their_own_pace_again_when_the_crowd_is_gone() -> None:
    rates = Rates.of(LIMITS, lambda: 100)
    one, other = open_upload(rates), open_upload(rates)
    send_small(one, 20_000, 0.0)
    send_small(other, 100, 0.0)
    assert other.rests_until > 0.0  # its share is small
    for tick in range(200):
        send_small(other, 40, 10.0 + tick / 100)  # 4,000 a second
        assert other.rests_until <= 10.0 + tick / 100


def open_upload(rates: Rates) -> Fence:
    fence = Fence(LIMITS, rates, 0.0)
    fence.heard(frames.SETTINGS, 0, 0, 0, 0.0)
    fence.heard(frames.HEADERS, 4, 1, 60, 0.0)
    return fence


def send_small(fence: Fence, count: int, now: float) -> None:
    for _ in range(count):
        fence.heard(frames.DATA, 0, 1, 10, now)
