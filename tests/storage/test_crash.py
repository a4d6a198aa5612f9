"""A process that dies loses nothing that it acknowledged and leaves nothing half done."""

import signal
from pathlib import Path

import pytest

from tests.storage.writers import WritingProcess, stored


@pytest.mark.parametrize("unit", [1, 33, 200])
def test_dying_in_the_middle_of_a_group_loses_nothing_acknowledged(database_path: Path, unit: int) -> None:
    with WritingProcess(database_path, "--exit-in-unit", str(unit)) as process:
        assert process.wait() == 9
        process.hear_the_rest()
        assert process.acknowledged <= stored(database_path)
        assert len(stored(database_path)) < unit  # the group in work is not there, not even in part


def test_killed_at_any_moment_again_and_again(database_path: Path) -> None:
    acknowledged: set[str] = set()
    for cycle in range(3):
        with WritingProcess(database_path) as process:
            process.listen(acknowledged=50 + 211 * cycle)
            process.signal(signal.SIGKILL)
            process.wait()
            process.hear_the_rest()
            acknowledged |= process.acknowledged
        assert acknowledged <= stored(database_path)
    assert len(acknowledged) > 300
