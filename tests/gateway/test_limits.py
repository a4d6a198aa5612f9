"""How fast and how long: the bucket of one number, and deadlines of one length."""

from app.gateway.limits import IDLE, Deadlines, Rate


def test_a_full_bucket_allows_a_burst_and_then_its_rate() -> None:
    rate, state = Rate(2, 5), IDLE
    allowed = 0
    while (after := rate.spend(state, 100.0)) is not None:
        state, allowed = after, allowed + 1
    assert allowed == 5
    assert rate.spend(state, 100.4) is None
    after = rate.spend(state, 100.5)
    assert after is not None
    assert rate.spend(after, 100.5) is None
    assert rate.spend(after, 101.0) is not None


def test_a_bucket_left_alone_is_full_again_and_not_fuller() -> None:
    rate, state = Rate(10, 3), IDLE
    for now in (50.0, 1_000.0):
        allowed = 0
        while (after := rate.spend(state, now)) is not None:
            state, allowed = after, allowed + 1
        assert allowed == 3


def test_the_oldest_expires_first_and_once() -> None:
    deadlines: Deadlines[str] = Deadlines(10)
    deadlines.begin("a", 0)
    deadlines.begin("b", 1)
    deadlines.begin("c", 2)
    deadlines.begin("a", 3)
    deadlines.end("b")
    assert list(deadlines.expired(11.9)) == []
    assert list(deadlines.expired(12.1)) == ["c"]
    assert list(deadlines.expired(20)) == ["a"]
    assert list(deadlines.expired(99)) == []
    assert len(deadlines) == 0
