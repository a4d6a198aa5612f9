"""An XML document that is read record by record as it comes in: only the record under way is held."""

from collections.abc import Mapping

from app.adapters.formats import charsets, xml_declaration
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.paths import written
from app.adapters.formats.records import PIECE_BYTES, Meter, Reading, empty, record_too_large
from app.adapters.formats.tree import Tree
from app.adapters.formats.xml_elements import Elements
from app.adapters.formats.xml_parser import XmlParser

Path = tuple[str, ...]


class XmlRecords:
    """Each element at `path`, from the root on, and what stands at the paths of `beside`.

    The paths are those of the tree that `xml.decode` makes: `("answer", "orders", "order")` for the members of that
    list, a last `@name` for an attribute. What stands elsewhere is read and let go.
    """

    def __init__(self, path: Path, beside: tuple[Path, ...] = (), options: Options = AS_IT_COMES) -> None:
        self._path = path
        self._asked = [one for one in beside if one == path or one != path[: len(one)]]  # not what holds the records
        self._taken_whole = {*self._asked, path}
        self._record_bytes_max = options.limits.adapter_record_bytes_max
        self._meter = Meter(options.limits.adapter_stream_bytes_max)
        self._told = options.charset
        self._transcoder: charsets.Transcoder | None = None
        self._head = b""  # until the character set is known
        self._elements = Elements(options, self._taken)
        self._parser = XmlParser(self._elements, options)
        self._began_at = -1  # where the element that is taken begins, in bytes of UTF-8
        self._beside: dict[Path, Tree] = {}
        self._found: list[Reading] = []
        self._count = 0
        self._parser.tell(self._start, self._end)

    @property
    def beside(self) -> Mapping[Path, Tree]:
        return self._beside

    def feed(self, chunk: bytes) -> list[Reading]:
        """The records that end in this piece; raises `BadDocument` where the document cannot be read on."""
        self._meter.take(len(chunk))
        for at in range(0, len(chunk), PIECE_BYTES):
            self._parse(self._text(chunk[at : at + PIECE_BYTES], last=False))
        return self._given()

    def close(self) -> list[Reading]:
        """The end of the document; raises `BadDocument` where it is none."""
        self._parse(self._text(b"", last=True))
        if not self._parser.begun:
            raise empty()
        self._parser.close()
        return self._given()

    def _given(self) -> list[Reading]:
        found, self._found = self._found, []
        return found

    def _text(self, chunk: bytes, *, last: bool) -> bytes:
        if self._transcoder is None:
            self._head += chunk
            if not last and not xml_declaration.is_whole(self._head):
                return b""
            self._transcoder = charsets.Transcoder(xml_declaration.codec(self._head, self._told))
            chunk, self._head = self._head, b""
        return self._transcoder.take(chunk, last=last)

    def _parse(self, text: bytes) -> None:
        self._parser.feed(text)
        if self._began_at >= 0 and self._parser.bytes_read - self._began_at > self._record_bytes_max:
            raise record_too_large(written((*self._elements.names, self._count)), self._record_bytes_max)

    # Between records: expat tells of elements alone, and nothing is kept but their names.

    def _start(self, told: str, attributes: list[str]) -> None:
        elements = self._elements
        here = (*elements.names, elements.name(told))
        if here in self._taken_whole or not self._path:
            self._began_at = self._parser.at
            self._parser.take_elements()(told, attributes)
            return
        elements.pass_over(here[-1])
        if attributes:
            self._note(here, elements.attributes(attributes))

    def _end(self, _told: str) -> None:
        self._elements.names.pop()

    def _taken(self, name: str, value: Tree) -> None:
        """The end of an element that is taken whole."""
        self._began_at = -1
        self._parser.tell(self._start, self._end)
        here = (*self._elements.names, name)
        if not self._path:
            self._found.append({name: value})
        elif here == self._path and value is not None:
            self._found.append(value)
            self._count += 1
        self._note(here, value)

    def _note(self, path: Path, value: Tree) -> None:
        """What was asked for there or within."""
        for asked in self._asked:
            if asked[: len(path)] == path:
                found = value
                for step in asked[len(path) :]:
                    found = found.get(step) if isinstance(found, dict) else None
                if found is not None:
                    self._beside[asked] = found
