"""Bodies in chunks, and answers as they pass: however they are cut into pieces, they end at the same byte."""

from collections.abc import Iterable

from app.gateway.http1 import ChunkedBody, PassingResponse
from app.model.errors import Invalid
from tests.fuzz.line import pieces
from tests.fuzz.watch import Fault


class Chunks:
    seeds = (
        b"\x005\r\nhello\r\n0\r\n\r\n",
        b"\x03A;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET / HTTP/1.1\r\n",
        b"\x01" + b"1;a\r\nx\r\n" * 20 + b"0\r\n\r\n",
        b"\x00HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"\x02HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
    )
    words = (b"\r\n", b"\n", b"0\r\n", b"0\r\n\r\n", b"FFFFFFFFFFFFFFF", b";", b"HTTP/1.1 ", b"content-length: ")

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        whole = _end([data[1:]])
        if whole != _end(pieces(data)):
            raise Fault(f"whole {whole}, in pieces {_end(pieces(data))}")
        answer = PassingResponse("GET")
        try:
            for piece in pieces(data):
                answer.take(piece)
        except Invalid:
            return


def _end(given: Iterable[bytes]) -> tuple[bool, int]:
    """Whether the body came to its end, and after how many bytes; -1 for one that is refused."""
    body, end = ChunkedBody(), 0
    try:
        for piece in given:
            end += body.take(piece, 0)
            if body.done:
                break
    except Invalid:
        return False, -1
    return body.done, end


TARGET = Chunks()
