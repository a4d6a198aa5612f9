"""One JSON document a line (NDJSON, JSON lines), read as it comes in; a wrong line is told, the others go on."""

from collections.abc import Mapping

from app.adapters.errors import BadDocument
from app.adapters.formats import charsets, json
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.records import Meter, Reading, Spoilt, of_line, record_too_large, too_large
from app.adapters.formats.tree import Tree

_SHOWN_BYTES = 1_024  # of a line that is too long, kept for whoever looks at it


def decode(raw: bytes, options: Options = AS_IT_COMES) -> Tree:
    """All lines as a list; raises `BadDocument` for the first that is wrong."""
    if len(raw) > options.limits.adapter_document_bytes_max:
        raise too_large(options.limits.adapter_document_bytes_max)
    json.demand_few(raw, options.limits.adapter_document_values_max, b",{[\n")
    reader = NdjsonRecords(options)
    found: list[Tree] = []
    for one in reader.feed(raw) + reader.close():
        if isinstance(one, Spoilt):
            raise one.problem
        found.append(one)
    return found


def encode(tree: Tree, options: Options = AS_IT_COMES) -> bytes:
    """A line for each member of a list, or the one line."""
    lines = [json.encode(one, options) for one in (tree if isinstance(tree, list) else [tree])]
    return b"".join(line + b"\n" for line in lines)


class NdjsonRecords:
    """A record a line; empty lines are none. What is wrong with one names its line, from 1."""

    def __init__(self, options: Options = AS_IT_COMES) -> None:
        self._options = options
        self._line_bytes_max = options.limits.adapter_record_bytes_max
        self._meter = Meter(options.limits.adapter_stream_bytes_max)
        self._transcoder = charsets.Transcoder(charsets.charset(options.charset or charsets.UTF8).reads)
        self._held = bytearray()  # of the line under way
        self._held_bytes = 0
        self._line = 1
        self.beside: Mapping[tuple[str, ...], Tree] = {}

    def feed(self, chunk: bytes) -> list[Reading]:
        """The lines that end in this piece; raises `BadDocument` beyond the bound of the whole."""
        self._meter.take(len(chunk))
        *ended, rest = self._transcoder.take(chunk).split(b"\n")
        found = [one for part in ended for one in self._end(part)]
        self._hold(rest)
        return found

    def close(self) -> list[Reading]:
        """The last line, which needs no end."""
        return self._end(self._transcoder.take(b"", last=True))

    def _hold(self, part: bytes) -> None:
        """A line that is too long is let go but for its beginning."""
        self._held_bytes += len(part)
        if self._held_bytes <= self._line_bytes_max:
            self._held += part
        elif len(self._held) < _SHOWN_BYTES:
            self._held += part[: _SHOWN_BYTES - len(self._held)]
        else:
            del self._held[_SHOWN_BYTES:]

    def _end(self, part: bytes) -> list[Reading]:
        self._hold(part)
        raw, too_long = bytes(self._held), self._held_bytes > self._line_bytes_max
        number = self._line
        self._held, self._held_bytes, self._line = bytearray(), 0, number + 1
        if not raw.strip():
            return []
        if too_long:
            return [Spoilt(raw, of_line(number, record_too_large("", self._line_bytes_max)))]
        try:
            return [json.decode(raw)]
        except BadDocument as problem:
            return [Spoilt(raw, of_line(number, problem))]
