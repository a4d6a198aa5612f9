"""The ports that servers of the tests listen at: nobody else comes upon them."""

import contextlib
import socket
from pathlib import Path

from tests.journeys.appliance import free_port, never_given_away


def test_no_port_is_told_twice_nor_one_that_the_kernel_gives_away_or_somebody_has() -> None:
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    first = free_port()
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # where somebody else has it, that will do
            taken.bind(("127.0.0.1", first + 1))  # which would be the next one
        told = [first, *(free_port() for _ in range(500))]
    assert first + 1 not in told
    assert len(set(told)) == len(told)
    assert set(told) <= set(never_given_away(low, high))


def test_where_the_kernel_gives_all_of_them_away_any_will_do() -> None:
    assert set(never_given_away(32_768, 60_999)) == {*range(11_000, 32_768), *range(61_000, 65_536)}
    assert len(never_given_away(1_024, 65_535)) == 54_536
