"""Traces across systems are read as W3C writes them, and what is none is none."""

import asyncio

import pytest

from app.telemetry import traces

# www.w3.org/TR/trace-context, section 3.2
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (GIVEN, GIVEN),
        (f" {GIVEN} ", GIVEN),
        (f"cc{GIVEN[2:]}-what-comes-later", GIVEN),
        (f"{GIVEN}-more", ""),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", ""),
        (f"ff{GIVEN[2:]}", ""),
        (GIVEN.upper(), ""),
        ("", ""),
    ],
)
def test_what_came_is_believed_where_it_is_one(said: str, read: str) -> None:
    assert traces.read(said) == read


def test_a_step_belongs_to_its_trace_and_is_another() -> None:
    steps = {traces.child(GIVEN, chance) for chance in (0.0, 0.25, 0.999999)}
    assert len(steps) == 3
    assert {traces.id_of(one) for one in steps} == {traces.id_of(GIVEN)} == {GIVEN[3:35]}
    assert all(traces.read(one) == one for one in steps)
    begun = traces.begun("a")
    assert traces.read(begun) == begun == traces.begun("a")
    assert begun != traces.begun("b")
    assert traces.id_of("") == ""


async def test_what_is_at_work_keeps_its_trace_to_itself() -> None:
    async def work(trace: str) -> str:
        with traces.within(trace):
            await asyncio.sleep(0)
            with traces.within(""):
                return traces.current()

    assert list(await asyncio.gather(work(GIVEN), work(""))) == [GIVEN, ""]
    assert traces.current() == ""
