"""The findings F1 to F17 that the design rests on, each with what keeps it from coming back.

Most were measured on Hypercorn and Starlette alone, before anything stood around them. A finding whose test stands in
another room is only named here; the others are done here, to the running server.
"""

import ast
import asyncio
import re
import signal
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.abuse import bad_http
from tests.abuse.ground import Ground, still_well, text
from tests.abuse.line import FIN, RSV1, Line, ask, frame, head, line
from tests.journeys.appliance import ROOT

# Finding, what it was, and the tests or cases (of test_corpus) that hold it.
FINDINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "F1": (
        "SQLite loses acknowledged rows at a power cut unless synchronous=FULL",
        (
            "tests/storage/test_power_cut.py::test_a_power_cut_loses_nothing_acknowledged",
            "tests/storage/test_power_cut.py::test_the_control_at_normal_loses_some",
        ),
    ),
    "F2": (
        "kill -9 loses nothing acknowledged, and what is not must be sent again by the same id",
        ("tests/journeys/test_kill.py::test_kill_nine_loses_nothing_and_repeats_nothing",),
    ),
    "F3": (
        "permessage-deflate was always agreed on: 61 KB became 60 MB",
        (
            "tests/abuse/test_findings.py::test_f3_packed_frames_cost_no_memory",
            "tests/abuse/bad_sockets.py::a_packed_bomb_that_was_never_agreed_on",
        ),
    ),
    "F4": (
        "no limit for bodies: a POST of 200 MB took 770 MB and more",
        (
            "tests/abuse/test_findings.py::test_f4_bodies_of_200_megabytes_cost_no_memory",
            "tests/gateway/test_unread.py::test_a_refused_upload_leaves_no_task_behind",
        ),
    ),
    "F5": (
        "slow bodies were never cut",
        (
            "tests/abuse/bad_http.py::a_slow_head",
            "tests/abuse/bad_http.py::a_slow_body",
            "tests/abuse/bad_http.py::a_slow_upload",
            "tests/api/test_server.py::test_who_keeps_the_least_rate_is_waited_for",
            "tests/abuse/test_slowloris.py::test_an_upload_that_keeps_the_least_rate_takes_as_long_as_it_needs",
            "tests/abuse/test_slowloris.py::test_a_thousand_slow_heads_and_bodies_are_cut_while_others_are_served",
        ),
    ),
    "F6": (
        "who writes to a peer that is gone is not told: the writer never ended",
        (
            "tests/abuse/test_findings.py::test_f6_nothing_is_left_of_peers_that_vanish",
            "tests/gateway/test_websocket.py::test_reader_and_writer_end_together",
            "tests/gateway/test_ws_churn.py::test_ten_thousand_who_are_cut_off_leave_nothing_behind",
            "tests/gateway/test_leavers.py::test_while_the_application_works_for_him",
        ),
    ),
    "F7": (
        "pings were sent and their answers not awaited",
        (
            "tests/abuse/bad_sockets.py::who_says_nothing_any_more",
            "tests/gateway/test_hub.py::test_who_is_silent_for_a_minute_is_closed_and_who_is_not_stays",
        ),
    ),
    "F8": (
        "one slow reader holds up whoever writes to it",
        (
            "tests/abuse/bad_sockets.py::who_does_not_read",
            "tests/abuse/bad_http.py::an_answer_that_nobody_reads",
            "tests/gateway/test_slow_readers.py::test_who_asks_for_much_and_reads_nothing_is_cut",
        ),
    ),
    "F9": (
        "any number of connections was taken, and an idle socket cost 27 KB",
        ("tests/abuse/test_findings.py::test_f9_connections_have_a_bound_and_an_idle_socket_is_cheap",),
    ),
    "F10": (
        "TERM closed sockets with 1011 and took long",
        ("tests/abuse/test_findings.py::test_f10_at_term_everybody_gets_1012_and_the_server_ends",),
    ),
    "F11": (
        "streams of HTTP/2 opened and reset without end",
        ("tests/abuse/bad_http2.py::rapid_reset", "tests/abuse/bad_http2.py::the_server_made_to_reset"),
    ),
    "F12": (
        "the bound on heads did not hold for a head in one read",
        (
            "tests/abuse/bad_http.py::a_head_too_large_in_one_read",
            "tests/abuse/bad_http.py::four_hundred_header_fields",
        ),
    ),
    "F13": (
        "Content-Length beside Transfer-Encoding, folded fields and bare line feeds were taken",
        (
            "tests/abuse/bad_http.py::length_and_chunks_together",
            "tests/abuse/bad_http.py::folded_and_broken_fields",
            "tests/abuse/bad_http.py::bare_line_feeds",
            "tests/abuse/bad_http.py::two_lengths",
        ),
    ),
    "F14": ("one socket could fill a core", ("tests/abuse/bad_sockets.py::floods",)),
    "F15": (
        "a backup in steps is restarted by every write: 71 s",
        (
            "tests/storage/test_archive.py::test_a_backup_of_a_writing_server_comes_back_whole",
            "tests/commands/test_commands.py::test_a_backup_of_the_running_server_comes_back_under_a_new_epoch",
        ),
    ),
    "F16": (
        "argon2's own choice takes 64 MiB and 265 ms a sign-in",
        ("tests/abuse/test_findings.py::test_f16_a_password_costs_19_mebibytes_and_one_lane",),
    ),
    "F17": (
        "JSON 5,000 deep raises RecursionError, which is no decoding error",
        (
            "tests/abuse/bad_http.py::json_of_all_kinds",
            "tests/abuse/bad_http.py::forms_of_all_kinds",
            "tests/abuse/bad_sockets.py::frames_of_another_language",
        ),
    ),
}
_MIB = 2**20


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    ground = Ground(tmp_path_factory.mktemp("findings"))
    yield ground
    ground.appliance.kill()


def test_every_finding_has_a_test_that_exists() -> None:
    assert list(FINDINGS) == [f"F{number}" for number in range(1, 18)]
    for finding, (_, tests) in FINDINGS.items():
        assert tests, finding
        for test in tests:
            path, _, name = test.partition("::")
            assert name in _functions(ROOT / path), f"{finding}: {test}"


def _functions(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


async def test_f3_packed_frames_cost_no_memory(ground: Ground) -> None:
    packer = zlib.compressobj(wbits=-15)
    bomb = frame(packer.compress(b" " * 60_000_000) + packer.flush(zlib.Z_SYNC_FLUSH), first=FIN | RSV1)
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    before = ground.forget_peak()
    async with AsyncExitStack() as open_at_once:
        lines = [await open_at_once.enter_async_context(ground.upgraded(offer)) for _ in range(20)]
        for one in lines:
            await one.write(bomb)
        assert {await one.close_code() for one in lines} == {1002}
    assert ground.peak() - before < 16 * _MIB


async def test_f4_bodies_of_200_megabytes_cost_no_memory(ground: Ground) -> None:
    await bad_http.an_upload_that_is_too_large(ground)  # the first one warms what stays
    before = ground.forget_peak()
    for case in (
        bad_http.a_body_that_says_that_it_is_too_large,
        bad_http.a_body_in_chunks_that_is_too_large,
        bad_http.an_upload_that_is_too_large,
    ):
        await asyncio.gather(*(case(ground) for _ in range(4)))
    assert ground.peak() - before < 16 * _MIB
    await still_well(ground)


async def test_f6_nothing_is_left_of_peers_that_vanish(ground: Ground) -> None:
    """Sockets that listen, that are being written to, and that have not even said hello are cut without a word."""
    async with ground.agent() as agent:
        said = (await ground.say("hello", 0)).json()
        descriptors = ground.server.num_fds()
        for _ in range(20):
            async with AsyncExitStack() as open_at_once:
                for number in range(5):
                    await open_at_once.enter_async_context(ground.visitor(ground.tokens[0]))
                    await open_at_once.enter_async_context(ground.upgraded())
                    await open_at_once.enter_async_context(line(ground.port))
                    reply = {
                        "t": "send",
                        "cid": f"{time.monotonic_ns():032x}",
                        "conv": said["conv"],
                        "text": f"{number}",
                    }
                    await agent.write(text(reply))
        await agent.told("ack")
        async with asyncio.timeout(60):
            while ground.server.num_fds() > descriptors:
                await asyncio.sleep(0.02)
    await still_well(ground)


async def test_f9_connections_have_a_bound_and_an_idle_socket_is_cheap(tmp_path: Path) -> None:
    ground = Ground(tmp_path, "connections_max = 520\n")
    try:
        async with AsyncExitStack() as open_at_once:
            before = ground.server.memory_full_info().uss
            for _ in range(500):
                await open_at_once.enter_async_context(ground.visitor(ground.tokens[0]))
            each = (ground.server.memory_full_info().uss - before) / 500
            assert each < 3 * 2_048  # promised: 2 KB, measured at 10,000 by the bench `idle`
            lines = [await open_at_once.enter_async_context(line(ground.port)) for _ in range(40)]
            dropped = [one for one in lines if not await one.write(head("GET", "/healthz")) or await _is_over(one)]
            assert len(dropped) == 20
        await still_well(ground)
    finally:
        ground.appliance.kill()


async def _is_over(one: Line) -> bool:
    try:
        return (await one.answer()).status != 200
    except (ConnectionError, asyncio.IncompleteReadError):
        return True


async def test_f10_at_term_everybody_gets_1012_and_the_server_ends(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    try:
        async with AsyncExitStack() as open_at_once:
            sockets = [await open_at_once.enter_async_context(ground.visitor(ground.tokens[0])) for _ in range(50)]
            sockets.append(await open_at_once.enter_async_context(ground.agent()))
            sockets.append(await open_at_once.enter_async_context(ground.upgraded()))
            slow = await open_at_once.enter_async_context(line(ground.port))
            await slow.write(head("POST", "/api/v1/session", {"Content-Length": "9"}))
            began = time.monotonic()
            ground.server.send_signal(signal.SIGTERM)
            assert [await one.close_code() for one in sockets] == [1012] * 52
            assert await asyncio.to_thread(ground.appliance.stop) == 0
            assert time.monotonic() - began < 3 * 5.0  # promised: 5 s
    finally:
        ground.appliance.kill()


async def test_f16_a_password_costs_19_mebibytes_and_one_lane(ground: Ground) -> None:
    with sqlite3.connect(f"file:{ground.appliance.data}/monodesk.db?mode=ro", uri=True) as database:
        (found,) = database.execute("SELECT password FROM agents").fetchone()
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", found), found
    before = ground.forget_peak()
    tries = [{"email": f"nobody{number}@example.com", "password": "no such person here"} for number in range(30)]
    answers = await asyncio.gather(*(ground.post("/api/v1/session", one) for one in tries))
    assert {answer.status for answer in answers} <= {401, 429, 503}
    assert ground.peak() - before < 3 * 2 * 19 * _MIB  # two at a time
    assert (await ask(ground.port, head("GET", "/healthz"))).status == 200
