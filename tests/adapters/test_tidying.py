"""Letters that nobody replays go when their time is over, in portions, and no look is more often than it has to."""

from app.adapters.managing.tidying import Tidying
from app.settings import Limits
from app.storage import dead_letters
from app.storage.database import Transaction
from app.storage.dead_letters import DeadLetter
from tests.domain import Domain

_DAY = 86_400


async def test_letters_go_when_their_time_is_over(domain: Domain) -> None:
    def unit(tx: Transaction) -> None:
        for number in range(5):
            letter = DeadLetter(domain.ids.new(), "mall", "1", domain.clock.now_ms(), "map", "x", "", "", "", "json")
            dead_letters.add(tx, letter, b"%d" % number)

    async def left() -> int:
        return (await dead_letters.counts(domain.database)).get("mall", 0)

    await domain.database.write(unit)
    limits = Limits(dead_letters_seconds_kept=9 * _DAY, dead_letters_per_turn=2, source_tidy_seconds=10 * _DAY)
    tidying = Tidying(domain.database, domain.clock, limits)
    await tidying.look()
    domain.clock.advance(9.5 * _DAY)
    await tidying.look()
    assert await left() == 5, "it was looked at not long ago"
    domain.clock.advance(0.5 * _DAY)
    await tidying.look()
    assert await left() == 0
