"""What a hostile or broken HTTP client sends, each with the answer it must get. Every public function is a case."""

import asyncio
import gzip
import re
import zlib
from functools import cache

from tests.abuse.ground import Ground
from tests.abuse.line import PATIENCE_SECONDS, Answer, Line, head

_JSON = {"Content-Type": "application/json"}
_CHUNKED = {**_JSON, "Transfer-Encoding": "chunked"}
_SIGN_IN = "/api/v1/session"
_PIECE = b"x" * 65_536
_MUCH_BYTES = 200 * 2**20
_AHEAD = 5_000
_BEHIND = b"GET /healthz HTTP/1.1\r\nHost: desk.lan\r\n\r\n"  # what would be answered if it were taken for a request


async def _refused(ground: Ground, request: bytes, status: int, code: str) -> None:
    """The answer is this refusal, once, and the connection ends."""
    async with ground.line() as one:
        await one.write(request)
        answer = await one.answer()
        assert (answer.status, answer.code) == (status, code), answer
        assert await one.ended() == b""


# --- framing ----------------------------------------------------------------------------------------------------


async def length_and_chunks_together(ground: Ground) -> None:
    smuggled = head("POST", _SIGN_IN, {**_CHUNKED, "Content-Length": "4"}) + b"0\r\n\r\n" + _BEHIND
    await _refused(ground, smuggled, 400, "malformed_request")


async def two_lengths(ground: Ground) -> None:
    for second in (b"5", b"4"):
        request = head("POST", _SIGN_IN, {**_JSON, "Content-Length": "4"})[:-2] + b"Content-Length: %s\r\n\r\n" % second
        await _refused(ground, request + b"{}  " + _BEHIND, 400, "malformed_request")


async def a_length_that_is_none(ground: Ground) -> None:
    for length in ("-1", "+4", "0x4", "4, 4", "4;", "", "٤", "9" * 40):
        request = f"POST {_SIGN_IN} HTTP/1.1\r\nHost: d\r\nContent-Length: {length}\r\n\r\n".encode()
        await _refused(ground, request + _BEHIND, 400, "malformed_request")


async def codings_that_hide_the_end(ground: Ground) -> None:
    for coding in ("gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;a=b", ""):
        request = head("POST", _SIGN_IN, {**_JSON, "Transfer-Encoding": coding})
        await _refused(ground, request + b"0\r\n\r\n" + _BEHIND, 400, "malformed_request")


async def chunks_of_http_1_0(ground: Ground) -> None:
    request = head("POST", _SIGN_IN, _CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0")
    await _refused(ground, request + b"0\r\n\r\n", 400, "malformed_request")


async def bare_line_feeds(ground: Ground) -> None:
    for request in (
        b"GET /healthz HTTP/1.1\nHost: d\n\n\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: d\nX: y\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: d\r\nX: a\rb\r\n\r\n",
    ):
        await _refused(ground, request, 400, "malformed_request")


async def folded_and_broken_fields(ground: Ground) -> None:
    for field in (b"X: a\r\n b", b"X : a", b": a", b"X\x00: a", b"X: a\x00b", b"X: a\x7fb", b"(x): a", b"no colon"):
        await _refused(ground, b"GET /healthz HTTP/1.1\r\nHost: d\r\n%s\r\n\r\n" % field, 400, "malformed_request")


async def hosts_that_are_none_or_two(ground: Ground) -> None:
    for hosts in (b"", b"Host: a\r\nHost: b\r\n", b"Host: a/b\r\n", b"Host: a@b\r\n", b"Host: a b\r\n", b"Host: \r\n"):
        await _refused(ground, b"GET /healthz HTTP/1.1\r\n%s\r\n" % hosts, 400, "malformed_request")


async def request_lines_that_are_none(ground: Ground) -> None:
    for first in (
        b"GET",
        b"GET /healthz",
        b"GET  /healthz HTTP/1.1",
        b"GET /healthz HTTP/1.2",
        b"GET /healthz HTTP/2.0",
        b"GET http://evil.example/ HTTP/1.1",
        b"CONNECT evil.example:443 HTTP/1.1",
        b"GET /a\x00b HTTP/1.1",
        b"GET /\xff\xfe HTTP/1.1",
        b"G\x00T / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ):
        await _refused(ground, first + b"\r\nHost: d\r\n\r\n", 400, "malformed_request")


# --- size -------------------------------------------------------------------------------------------------------


async def a_head_too_large_in_one_read(ground: Ground) -> None:
    await _refused(ground, head("GET", "/healthz", {"X": "y" * 33_000}), 431, "head_too_large")
    await _refused(ground, b"GET /" + b"y" * 40_000, 431, "head_too_large")


async def a_head_of_17_kilobytes_is_within_the_bound(ground: Ground) -> None:
    assert (await ground.ask(head("GET", "/healthz", {"X": "y" * 17_000}))).status == 200


async def four_hundred_header_fields(ground: Ground) -> None:
    await _refused(ground, head("GET", "/healthz", {f"X{n}": "y" for n in range(400)}), 431, "head_too_large")


async def a_body_that_says_that_it_is_too_large(ground: Ground) -> None:
    answer = await _pour(ground, {**_JSON, "Content-Length": str(_MUCH_BYTES)}, _SIGN_IN, chunked=False)
    assert (answer.status, answer.code) == (413, "body_too_large")


async def a_body_in_chunks_that_is_too_large(ground: Ground) -> None:
    answer = await _pour(ground, _CHUNKED, _SIGN_IN, chunked=True)
    assert (answer.status, answer.code) == (413, "body_too_large")


async def an_upload_that_is_too_large(ground: Ground) -> None:
    for fields in ({"Content-Length": str(_MUCH_BYTES)}, {"Transfer-Encoding": "chunked"}):
        sent = {**ground.bearer(), "X-File-Name": "a.bin", **fields}
        answer = await _pour(ground, sent, "/api/v1/visitor/files", chunked="Transfer-Encoding" in fields)
        assert answer.status == 413, answer


async def a_body_longer_than_it_says(ground: Ground) -> None:
    async with ground.line() as one:
        await one.write(head("POST", _SIGN_IN, {**_JSON, "Content-Length": "2"}) + b"{}" + b"x" * 3_000 + b"\r\n\r\n")
        assert (await one.answer()).status == 400  # {} is no sign-in
        answer = await one.answer()
        assert (answer.status, answer.code) == (400, "malformed_request")
        assert await one.ended() == b""


async def a_flood_of_chunk_extensions(ground: Ground) -> None:
    flood = b"".join(b"1;%s\r\nx\r\n" % (b"e" * 400) for _ in range(100))
    await _refused(ground, head("POST", _SIGN_IN, _CHUNKED) + flood, 400, "malformed_request")
    await _refused(ground, head("POST", _SIGN_IN, _CHUNKED) + b"1;" + b"e" * 10_000, 400, "malformed_request")


async def a_flood_of_trailers(ground: Ground) -> None:
    trailers = b"0\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(5_000))
    await _refused(ground, head("POST", _SIGN_IN, _CHUNKED) + b"2\r\n{}\r\n" + trailers, 400, "malformed_request")


async def chunks_that_are_none(ground: Ground) -> None:
    for chunk in (b"-1\r\n", b"0x1\r\n", b"\r\n", b"g\r\n", b"1\nx\r\n", b"f" * 16 + b"\r\n", b" 1\r\n"):
        await _refused(ground, head("POST", _SIGN_IN, _CHUNKED) + chunk + b"x\r\n0\r\n\r\n", 400, "malformed_request")


# --- content ----------------------------------------------------------------------------------------------------


async def a_packed_bomb(ground: Ground) -> None:
    for coding, body in (("gzip", _bomb()), ("deflate", zlib.compress(b" " * 1_000_000)), ("br", b"?"), ("x", b"?")):
        answer = await ground.post(_SIGN_IN, body, {"Content-Encoding": coding})
        assert (answer.status, answer.code) == (415, "body_encoded")


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * 50_000_000)


async def forms_of_all_kinds(ground: Ground) -> None:
    part = b'--B\r\nContent-Disposition: form-data; name="a%d"\r\n\r\nx\r\n'
    many = b"".join(part % number for number in range(1_500)) + b"--B--\r\n"
    for kind, body in (
        ("multipart/form-data; boundary=B", many),
        ("multipart/form-data; boundary=B", (part % 1).replace(b"\r\nx", b"\r\n" + b"x" * 200_000) + b"--B--\r\n"),
        ("multipart/form-data; boundary=B", b"--B\r\nContent-Disposition: form-data; filename=../../x\r\n\r\n"),
        ("multipart/form-data; boundary=", many),
        ("multipart/form-data", many),
        ("multipart/form-data; boundary=-", b"-" * 100_000),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 200_000),
        ("text/plain", b"{}"),
        ("application/json-patch", b"{}"),
    ):
        answer = await ground.post(_SIGN_IN, body, {"Content-Type": kind})
        assert (answer.status, answer.code) == (415, "not_json"), (kind, answer)


async def json_of_all_kinds(ground: Ground) -> None:
    for body in (
        b"[" * 5_000 + b"]" * 5_000,
        b'{"email":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"email":"a","password":1e400}',
        b'{"email":"a","password":' + b"9" * 10_000 + b"}",
        b'{"email":"\\ud800","password":"x"}',
        b'{"email":"\xff","password":"x"}',
        b'{"email":null,"password":null}',
        b'{"email":"a","password":"b","admin":true}',
        b'{"email":{"$gt":""},"password":"b"}',
        b"\xef\xbb\xbf{}",
        b'{"email":"a",}',
        b"NaN",
        b"\x00",
    ):
        answer = await ground.post(_SIGN_IN, body)
        assert answer.status == 400, (body[:50], answer)
        assert answer.code in ("malformed", "too_deep"), answer


async def file_names_that_lead_elsewhere(ground: Ground) -> None:
    for name in (
        "../../etc/passwd",
        "a%00b.txt",
        "%E2%80%AEgpj.exe",
        "%2e%2e%2f%2e%2e%2fx",
        "C:%5Cx",
        "%0d%0aX:y",
        "%FF%FE",
    ):
        fields = {**ground.bearer(), "X-File-Name": name, "Content-Length": "6"}
        answer = await ground.ask(head("POST", "/api/v1/visitor/files", fields) + b"hello\n")
        assert answer.status == 200, answer
        stored = str(answer.json()["name"])
        assert stored.isprintable(), stored
        assert not set("/\\") & set(stored), stored
    long = {**ground.bearer(), "X-File-Name": "n" * 300 + ".txt", "Content-Length": "6"}
    answer = await ground.ask(head("POST", "/api/v1/visitor/files", long) + b"hello\n")
    assert (answer.status, len(answer.json()["name"]) <= 255) == (200, True), answer
    longer = {**long, "X-File-Name": "n" * 2_000}
    assert (await ground.ask(head("POST", "/api/v1/visitor/files", longer) + b"hello\n")).status == 400


async def queries_and_ids_of_all_kinds(ground: Ground) -> None:
    own = {"Cookie": ground.cookie}
    for path in (
        "/api/v1/conversations?limit=99999999999999999999",
        "/api/v1/conversations?limit=-1",
        "/api/v1/conversations?view=all&view=mine",
        "/api/v1/conversations?view=" + "x" * 20_000,
        "/api/v1/conversations?before=%00",
        "/api/v1/conversations?before='%20OR%201=1--.x",
        "/api/v1/conversations?unknown=1",
    ):
        answer = await ground.ask(head("GET", path, own))
        assert (answer.status, answer.code != "") == (400, True), (path[:60], answer)
    for path in ("/api/v1/conversations/..%2f..%2f", "/api/v1/files/" + "٤" * 26, "/api/v1/contacts/" + "'" * 26):
        answer = await ground.ask(head("GET", path.replace("٤", "%D9%A4"), own))
        assert answer.status == 404, (path, answer)
    for word in ("(a%2B)%2B%24", "%22", "a*", "NEAR(a%20b)", "%00", "%2D", "AND", "%F0%9F%91%A8" * 300):
        answer = await ground.ask(head("GET", f"/api/v1/search?q={word}", own))
        assert answer.status in (200, 400), (word, answer)


# --- time -------------------------------------------------------------------------------------------------------


async def a_slow_head(ground: Ground) -> None:
    async with ground.line() as one:
        dripping = asyncio.create_task(_drip(one, b"GET /healthz HTTP/1.1\r\nHost: d\r\n", b"X: y\r\n"))
        answer = await one.answer()
        assert (answer.status, answer.code) == (408, "head_too_late")
        await _over(dripping)


async def a_slow_body(ground: Ground) -> None:
    request = head("POST", _SIGN_IN, {**_JSON, "Content-Length": "9999"})
    async with ground.line() as one:
        dripping = asyncio.create_task(_drip(one, request, b" "))
        answer = await one.answer()
        assert (answer.status, answer.code) == (408, "body_too_slow")
        await _over(dripping)


async def a_slow_upload(ground: Ground) -> None:
    own = {"Authorization": f"Bearer {await ground.newcomer()}"}
    request = head("POST", "/api/v1/visitor/files", {**own, "Transfer-Encoding": "chunked"})
    async with ground.line() as one:
        dripping = asyncio.create_task(_drip(one, request, b"1\r\nx\r\n"))
        answer = await one.answer()
        assert answer.status in (400, 408), answer
        assert answer.code in ("upload_too_slow", "body_too_slow")
        await _over(dripping)


async def a_body_that_nobody_waits_for(ground: Ground) -> None:
    """Refused before it is read, so it must not hold the connection either."""
    request = head("POST", "/api/v1/visitor/frames", {**_JSON, "Content-Length": "99999"})
    async with ground.line() as one:
        dripping = asyncio.create_task(_drip(one, request, b" "))
        assert (await one.answer()).status == 401
        await one.ended()
        await _over(dripping)


async def an_answer_that_nobody_reads(ground: Ground) -> None:
    """Asks for large files over and over and takes nothing: the server holds little, and not for long."""
    page = (await ground.ask(head("GET", "/"))).body.decode()
    asset = next(path for path in re.findall(r'/assets/[^"]+', page) if path.endswith(".js"))  # tens of kilobytes
    async with ground.line(small_buffer=True) as one:
        one.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one that reads, too
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await one.write(head("GET", asset) * 100):
                pass


async def thousands_of_requests_sent_ahead(ground: Ground) -> None:
    """All are answered, with others in between."""
    async with ground.line() as one, asyncio.TaskGroup() as group:
        group.create_task(one.write(_BEHIND * _AHEAD))
        for _ in range(_AHEAD):
            assert (await one.answer()).status == 200


async def _drip(one: Line, first: bytes, drop: bytes) -> None:
    """A little now and then, until the server has enough of it."""
    await one.write(first)
    while await one.write(drop):
        await asyncio.sleep(0.1)


async def _over(dripping: "asyncio.Task[None]") -> None:
    """The connection is over for who drips, too."""
    await asyncio.wait_for(dripping, PATIENCE_SECONDS)


async def _pour(ground: Ground, fields: dict[str, str], path: str, *, chunked: bool) -> Answer:
    """200 MB, as fast as they are taken; the answer that comes before their end."""
    piece = b"%x\r\n%s\r\n" % (len(_PIECE), _PIECE) if chunked else _PIECE
    async with ground.line() as one:
        pouring = asyncio.create_task(_pieces(one, head("POST", path, fields), piece))
        try:
            return await one.answer()
        finally:
            pouring.cancel()


async def _pieces(one: Line, first: bytes, piece: bytes) -> None:
    await one.write(first)
    for _ in range(_MUCH_BYTES // len(_PIECE)):
        if not await one.write(piece):
            return
