"""WebSocket frames as bytes, into the protocol class: however they are cut, the same is heard and answered."""

from app.gateway.framing import frame_of, unmask
from app.gateway.websocket import Shared, WebSocket
from app.settings import Limits
from tests.fuzz.line import Line, pieces
from tests.fuzz.watch import Fault, demand_discretion

_SHARED = Shared(Limits())
_MASK = b"\x37\xfa\x21\x3d"


def masked(first: int, payload: bytes) -> bytes:
    """A client's frame that begins with this byte."""
    frame = frame_of(first & 0x0F, payload)
    head = bytes((first, frame[1] | 0x80)) + frame[2 : len(frame) - len(payload)]
    return head + _MASK + unmask(_MASK, payload)


class Echo:
    """Answers what it hears, and keeps it."""

    def __init__(self) -> None:
        self.heard: list[str | bytes] = []
        self.closes = 0

    def opened(self, socket: WebSocket) -> None:
        self.socket = socket

    def text(self, text: str) -> None:
        self.heard.append(text)
        self.socket.send(frame_of(1, text.encode()))

    def binary(self, data: bytes) -> None:
        self.heard.append(data)
        self.socket.send(frame_of(2, data))

    def control(self) -> None:
        self.heard.append("control")

    def drained(self) -> None:
        pass

    def closing(self) -> None:
        pass

    def closed(self) -> None:
        self.closes += 1


class Sockets:
    seeds = (
        b"\x00" + masked(0x81, "hello 你好".encode()) + masked(0x88, b"\x03\xe8bye"),
        b"\x01" + masked(0x01, b"a") + masked(0x89, b"ping") + masked(0x00, b"b") + masked(0x80, b"c"),
        b"\x05" + masked(0x82, bytes(200)) + masked(0x8A, b"") + masked(0x81, "é".encode() * 70),
        b"\x07" + masked(0x01, b"\xe4\xbd") + masked(0x80, b"\xa0"),
        b"\x00" + masked(0x88, b""),
    )
    words = (b"\x81\x80", b"\x81\xfe", b"\x81\xff", b"\x88\x82", b"\x00\x80", b"\x80\x80", b"\x89\x80", _MASK)

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        whole, cut = self._hear([data[1:]]), self._hear(list(pieces(data)))
        if whole != cut:
            raise Fault(f"whole {whole}, in pieces {cut}")

    def _hear(self, given: list[bytes]) -> tuple[list[str | bytes], bytes]:
        echo = Echo()
        socket = WebSocket(_SHARED, echo)
        line = Line(socket)
        socket.connection_made(line)
        for piece in given:
            line.say(piece)
        line.lose()
        if echo.closes != 1:
            raise Fault(f"closed {echo.closes} times")
        demand_discretion(_reason(bytes(line.written)))
        return echo.heard, bytes(line.written)


def _reason(written: bytes) -> str:
    """The words of the close frame, if one ends what was written."""
    at = written.rfind(b"\x88")
    return written[at + 4 :].decode(errors="replace") if at >= 0 and len(written) - at < 130 else ""


TARGET = Sockets()
