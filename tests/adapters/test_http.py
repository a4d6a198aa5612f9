"""HTTP out against servers that behave and servers that do not: bounded in bytes, seconds and addresses."""

import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.adapters.calls.network import Network
from app.adapters.errors import BadDocument, Unreached
from app.adapters.protocols.exchange import Bounds, Request
from app.adapters.protocols.http import HttpClient
from app.model.clock import SystemClock
from app.settings import Limits
from tests.adapters.far import Far, Say, answer, silent, stalled, without_end
from tests.mail.server import certified


def client(*allow: str, trust: ssl.SSLContext | None = None, proxy: str | None = None) -> HttpClient:
    return HttpClient(Network(allow), SystemClock(), Limits(), trust or ssl.create_default_context(), proxy)


async def test_what_is_asked_arrives_and_the_answer_comes_back() -> None:
    async with Far(answer(b'{"a":1}', "200 OK", "X-One: 1", "x-one: 2")).serving() as far:
        http = client(f"127.0.0.1:{far.port}")
        asked = Request("POST", f"http://127.0.0.1:{far.port}/a?b=%E4%B8%AD&sign=A%2BB", (("X-Sign", "s"),), b"c=d")
        answers = [await http.ask(asked) for _ in range(3)]
        await http.close()
    assert [(one.status, one.body, one.headers["x-one"]) for one in answers] == [(200, b'{"a":1}', "1, 2")] * 3
    assert (far.heard[0].line, far.heard[0].body) == ("POST /a?b=%E4%B8%AD&sign=A%2BB HTTP/1.1", b"c=d")
    assert (far.heard[0].headers["x-sign"], far.connections) == ("s", 1)
    assert "cookie" not in far.heard[2].headers


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_packed_answers_are_unpacked(encoding: str) -> None:
    body = b"order " * 50_000
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    async with Far(answer(packed, "200 OK", f"Content-Encoding: {encoding}")).serving() as far:
        http = client(f"127.0.0.1:{far.port}")
        assert (await http.ask(Request("GET", f"http://127.0.0.1:{far.port}/"))).body == body
        await http.close()


@pytest.mark.parametrize(
    ("say", "code"),
    [
        (without_end, "answer_too_large"),
        (answer(b"x" * 2_000_000), "answer_too_large"),
        (answer(gzip.compress(b"\0" * 200_000_000, 9), "200 OK", "Content-Encoding: gzip"), "answer_too_large"),
        (answer(b"not packed", "200 OK", "Content-Encoding: gzip"), "answer_unpacked"),
        (answer(b"x", "200 OK", "Content-Encoding: br"), "answer_encoding"),
    ],
)  # fmt: skip
async def test_an_answer_that_is_too_large_or_wrongly_packed_is_refused_in_bounded_memory(say: Say, code: str) -> None:
    async with Far(say).serving() as far:
        http = client(f"127.0.0.1:{far.port}")
        tracemalloc.start()
        with pytest.raises(BadDocument) as refused:
            await http.ask(Request("GET", f"http://127.0.0.1:{far.port}/"), Bounds(30, 1_000_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        await http.close()
    assert (refused.value.code, peak < 16_000_000) == (code, True)


@pytest.mark.parametrize("say", [stalled, silent])
async def test_an_answer_that_does_not_come_whole_is_cut_off(say: Say) -> None:
    async with Far(say).serving() as far:
        http = client(f"127.0.0.1:{far.port}")
        with pytest.raises(Unreached) as refused:
            await http.ask(Request("GET", f"http://127.0.0.1:{far.port}/"), Bounds(0.3, 1_000))
        await http.close()
    assert refused.value.code == "answer_too_slow"


async def test_no_redirect_is_followed() -> None:
    async with Far(answer(b"", "302 Found", "Location: http://169.254.169.254/latest")).serving() as far:
        http = client(f"127.0.0.1:{far.port}")
        with pytest.raises(Unreached) as refused:
            await http.ask(Request("GET", f"http://127.0.0.1:{far.port}/"))
        await http.close()
    assert (refused.value.code, "169.254.169.254" in refused.value.en) == ("redirected", True)


async def test_a_private_address_is_not_spoken_to_by_number_or_by_name() -> None:
    async with Far(answer(b"secret")).serving() as far:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
            http = client()
            with pytest.raises(Unreached) as refused:
                await http.ask(Request("GET", f"http://{host}:{far.port}/"))
            await http.close()
            assert refused.value.code == "address_private"
    assert far.connections == 0


async def test_a_name_that_answers_otherwise_the_second_time_reaches_nothing() -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])

    async def resolve(host: str, port: int) -> Sequence[str]:
        return next(answers)

    async with Far(answer(b"secret")).serving() as far:
        http = HttpClient(Network((), resolve), SystemClock(), Limits(), ssl.create_default_context())
        with pytest.raises(Unreached) as refused:
            await http.ask(Request("GET", f"http://rebound.example:{far.port}/"))
        await http.close()
    assert (refused.value.code, far.connections) == ("address_private", 0)


async def test_a_private_authority_is_believed_where_the_source_names_it_alone(tmp_path: Path) -> None:
    served = certified(tmp_path)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "mail-ca.pem"))
    async with Far(answer(b"yes")).serving(served) as far:
        asked = Request("GET", f"https://localhost:{far.port}/")
        for trust, body in ((trusting, b"yes"), (None, b"")):
            http = client(f"localhost:{far.port}", trust=trust)
            if body:
                assert (await http.ask(asked)).body == body
            else:
                with pytest.raises(Unreached) as refused:
                    await http.ask(asked)
                assert "certificate" in refused.value.en
            await http.close()


async def test_a_proxy_is_gone_through_and_the_address_looked_up_there() -> None:
    async with Far(answer(b"by proxy")).serving() as far:
        http = client(f"127.0.0.1:{far.port}", proxy=f"http://127.0.0.1:{far.port}")
        answered = await http.ask(Request("GET", "http://erp.invalid:8080/orders"))
        await http.close()
    assert (answered.body, far.heard[0].line) == (b"by proxy", "GET http://erp.invalid:8080/orders HTTP/1.1")


async def test_nobody_there_says_who_was_looked_for() -> None:
    async with Far(silent).serving() as far:
        port = far.port
    http = client(f"127.0.0.1:{port}")
    with pytest.raises(Unreached) as refused:
        await http.ask(Request("GET", f"http://127.0.0.1:{port}/"))
    await http.close()
    assert (refused.value.code, f"127.0.0.1:{port}" in refused.value.zh) == ("not_reached", True)
