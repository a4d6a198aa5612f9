"""Autobahn's cases, run by kosoku, against the very class that serves `/ws`, with an echo for a listener."""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import uvloop

from app.settings import Limits
from tests.gateway.echo import EchoServer

KOSOKU = Path(sys.executable).with_name("kosoku")
# Groups 9 and 10 send messages of up to 16 MiB, in up to 65,536 fragments: bounds that no visitor needs.
LIMITS = Limits(
    frame_bytes_max=17_000_000,
    message_fragments_max=300_000,
    socket_outbox_bytes_max=100_000_000,
    socket_outbox_frames_max=300_000,
)
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def verdicts(loop: Callable[[], asyncio.AbstractEventLoop], groups: Sequence[str], folder: Path) -> dict[str, str]:
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(judge(groups, folder))


async def judge(groups: Sequence[str], folder: Path) -> dict[str, str]:
    server = EchoServer(LIMITS)
    port = await server.start()
    chosen = [argument for group in groups for argument in ("-i", f"{group}.*")]
    tester = await asyncio.create_subprocess_exec(
        str(KOSOKU), "-p", "8", *chosen, "-o", str(folder), f"127.0.0.1:{port}", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await tester.communicate()
    await server.stop()
    assert tester.returncode is not None, output
    return read_report(folder)


def read_report(folder: Path) -> dict[str, str]:
    cases: dict[str, str] = {}
    for agent in json.loads((folder / "index.json").read_text()).values():
        cases |= {case: f"{one['behavior']}, close {one['behaviorClose']}" for case, one in agent.items()}
    return cases


def broken(cases: dict[str, str]) -> dict[str, str]:
    good = ("OK", "INFORMATIONAL")
    return {case: said for case, said in cases.items() if any(part not in good for part in said.split(", close "))}


@pytest.mark.parametrize("loop", LOOPS)
def test_every_case_of_framing_pings_utf8_and_closing_passes(loop: str, tmp_path: Path) -> None:
    cases = verdicts(LOOPS[loop], ["1", "2", "3", "4", "5", "6", "7", "10"], tmp_path)
    assert len(cases) == 247
    assert broken(cases) == {}


@pytest.mark.full
@pytest.mark.parametrize("loop", LOOPS)
def test_every_case_of_large_messages_passes(loop: str, tmp_path: Path) -> None:
    cases = verdicts(LOOPS[loop], ["9"], tmp_path)
    assert len(cases) == 54
    assert broken(cases) == {}
