"""Random and mutated bytes at the running server, over real connections, while somebody else is served as always."""

import random
import re
from pathlib import Path
from typing import Any, cast

import pytest
from hpack import Encoder

from app.gateway import http2_frames as frames
from app.gateway.framing import frame_of
from tests.fuzz.live.http2 import Http2
from tests.fuzz.live.sockets import Sockets
from tests.fuzz.test_fuzz import demand, fuzz
from tests.fuzz.watch import Fault
from tests.gateway.http2_client import frame as h2_frame

DOORS = ("sockets", "http2")
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
NOBODY = cast("Any", None)  # what is looked at stands in the answer alone
_FEW, _MANY = 2_000, 500_000


def answered(status: int) -> bytes:
    return h2_frame(frames.HEADERS, 4, 1, Encoder().encode([(":status", str(status))]))


@pytest.mark.full
@pytest.mark.parametrize("door", DOORS)
def test_no_bytes_harm_the_running_server(door: str) -> None:
    demand(f"tests.fuzz.live.{door}", _FEW, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("door", DOORS)
def test_no_new_bytes_harm_the_running_server(door: str) -> None:
    demand(f"tests.fuzz.live.{door}", _MANY, seed=random.SystemRandom().randrange(1, 2**31))


@pytest.mark.full
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("live_logs", "something broke within"),
        ("live_dies", "Refused|did not end well|bystander got no answer"),  # whoever notices first
    ],
)
def test_what_befalls_the_running_server_is_noticed(fault: str, said: str, tmp_path: Path) -> None:
    done = fuzz(f"tests.fuzz.planted.{fault}", 96, 1, tmp_path)

    assert done.returncode != 0
    assert re.search(said, done.stdout + done.stderr)


@pytest.mark.parametrize(
    "told",
    [
        b"HTTP/1.1 500 Oh\r\n\r\n",
        b"HTTP/1.1 400 No\r\n\r\nValueError: x",
        UPGRADED + frame_of(1, b'{"t":"error","code":"internal"}'),
        UPGRADED + frame_of(1, b'{"t":"error","code":"x","en":"at app/api/body.py"}'),
        UPGRADED + frame_of(8, b"\3\xf3KeyError: 1"),
    ],
)
def test_what_the_socket_must_not_answer_is_a_fault(told: bytes) -> None:
    with pytest.raises(Fault):
        Sockets.look(NOBODY, told)


@pytest.mark.parametrize(
    "told",
    [
        b"HTTP/1.1 400 No\r\n\r\nValueError: x",
        answered(500),
        answered(400) + h2_frame(frames.DATA, 1, 1, b"sqlite: locked"),
        h2_frame(frames.GOAWAY, 0, 0, bytes(8) + b"KeyError: 1"),
        h2_frame(frames.HEADERS, 4, 1, b"\xff\xff\xff\xff"),
    ],
)
def test_what_must_not_be_answered_over_http2_is_a_fault(told: bytes) -> None:
    with pytest.raises(Fault):
        Http2.look(NOBODY, told)


def test_ordinary_answers_are_none() -> None:
    refused = frame_of(1, b'{"t":"error","code":"not_found","en":"Not here."}')
    Sockets.look(NOBODY, UPGRADED + refused + frame_of(8, b"\3\xe9"))
    Http2.look(NOBODY, answered(404) + h2_frame(frames.DATA, 1, 1, b'{"code":"not_found"}'))
    Http2.look(NOBODY, answered(200) + h2_frame(frames.DATA, 1, 1, b"what a page says of ValueError"))
