"""A JSON document that is read record by record as it comes in: only the record under way is held.

Brackets are told from texts by one pattern, whole members are then given to msgspec together. (ijson's C backend was
tried: a whole number of 4,301 digits ends the process, and 200 KB of `[` take all memory.)
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto

from app.adapters.errors import BadDocument
from app.adapters.formats import charsets
from app.adapters.formats.depth import too_deep
from app.adapters.formats.json import decode_text
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.paths import written
from app.adapters.formats.records import PIECE_BYTES, Meter, Reading, Spoilt, empty, record_too_large
from app.adapters.formats.tree import DEPTH_MAX, Tree

Path = tuple[str, ...]

_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_TO_COMMA = re.compile(rb'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_MEMBERS_TO_COMMA = re.compile(rb'(?:(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+,)*+', re.DOTALL)  # as many as there are
_SPACE = re.compile(rb"[ \t\r\n]*+")
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_OPENS, _CLOSES = b"[{", b"]}"
_PATIENCE_BYTES = 4_096
_SPOILT_IN_A_ROW_MAX = 100  # then it is not the records that are wrong, but the document


def _past(run: re.Pattern[bytes], held: bytes, at: int) -> int:
    """Where a run ends, which may be of nothing."""
    match = run.match(held, at)
    return match.end() if match else at


class _Met(Enum):
    MORE = auto()  # nothing yet: more bytes are needed
    COMMA = auto()  # between members, at `at`
    CLOSE = auto()  # the bracket that closes what is outside, at `at`
    WHOLE = auto()  # a bracket has closed the outermost one inside, just before `at`


class _Extent:
    """How far a value goes, found piece by piece: brackets counted, those within texts passed over."""

    def __init__(self, at: int, outside: int) -> None:
        self.at = at  # in what is held: all before it has been looked at
        self._outside = outside
        self.inside = 0  # brackets that are open

    def next(self, held: bytes) -> _Met:
        """Raises `BadDocument` (document_depth)."""
        while True:
            run = _TO_BRACKET if self.inside else _TO_COMMA
            self.at = _past(run, held, self.at)
            mark = held[self.at : self.at + 1]
            if not mark or mark == b'"':
                return _Met.MORE
            if mark == b",":
                return _Met.COMMA
            if mark in _CLOSES and not self.inside:
                return _Met.CLOSE
            self.at += 1
            if mark in _OPENS:
                self._open()
            else:
                self.inside -= 1
                if not self.inside:
                    return _Met.WHOLE

    def _open(self) -> None:
        self.inside += 1
        if self._outside + self.inside > DEPTH_MAX:
            raise too_deep("")


def _each(members: bytes) -> Iterator[bytes]:
    """Each of several members, between whose brackets all has been looked at."""
    extent, begin = _Extent(0, 0), 0
    while (met := extent.next(members)) in (_Met.COMMA, _Met.WHOLE):
        if met is _Met.COMMA:
            yield members[begin : extent.at]
            extent.at += 1
            begin = extent.at
    yield members[begin:]


class JsonRecords:
    """The members of the list at `path`, and the values at the paths of `beside`.

    What is no list is one record. What stands elsewhere is passed over, its brackets counted and no more looked at.
    """

    def __init__(self, path: Path, beside: tuple[Path, ...] = (), options: Options = AS_IT_COMES) -> None:
        self._path = path
        self._wanted = frozenset(beside)
        self._on_the_way = {one[:length] for one in (path, *beside) for length in range(len(one))}
        self._limits = options.limits
        self._meter = Meter(options.limits.adapter_stream_bytes_max)
        self._transcoder = charsets.Transcoder(charsets.charset(options.charset or charsets.UTF8).reads)
        self._beside: dict[Path, Tree] = {}
        self._found: list[Reading] = []
        self._count = 0
        self._spoilt_in_a_row = 0
        self._waiting = b""  # that has come and is not looked at yet
        self._held = b""
        self._at = 0  # in `_held`: where the next step begins
        self._passed = 0  # bytes before `_held`
        self._keys: list[str] = []  # on the way to where we are
        self._depth = 0  # containers that are open on the way
        self._step: Callable[[], bool] = self._value
        self._extent = _Extent(0, 0)
        self._one_follows = False  # a comma was the last that was read

    @property
    def beside(self) -> Mapping[Path, Tree]:
        return self._beside

    def feed(self, chunk: bytes) -> list[Reading]:
        """The records that end in this piece; raises `BadDocument` where the document cannot be read on."""
        self._meter.take(len(chunk))
        for at in range(0, len(chunk), PIECE_BYTES):
            self._take(self._transcoder.take(chunk[at : at + PIECE_BYTES]))
        return self._given()

    def close(self) -> list[Reading]:
        """The end of the document; raises `BadDocument` where it is none."""
        self._take(self._transcoder.take(b"", last=True), last=True)
        if self._step == self._value and not self._depth:
            raise empty()
        if self._step == self._whole and not self._depth:  # a number or a word, which nothing ends but the end
            self._keep(self._held[self._at :])
        elif self._step != self._end:
            raise self._malformed()
        return self._given()

    def _given(self) -> list[Reading]:
        found, self._found = self._found, []
        return found

    def _take(self, data: bytes, *, last: bool = False) -> None:
        """Read on; a text under way is looked at anew each time, so a large one waits for a larger piece."""
        self._waiting += data
        unread = len(self._held) - self._at
        if unread > _PATIENCE_BYTES and len(self._waiting) < unread // 2 and not last:
            return
        self._shift()
        self._held += self._waiting
        self._waiting = b""
        while self._step():
            pass
        if len(self._held) - self._at > self._limits.adapter_record_bytes_max:
            raise record_too_large(self._here(), self._limits.adapter_record_bytes_max)

    def _shift(self) -> None:
        """Let go of what has been read."""
        self._held = self._held[self._at :]
        self._passed += self._at
        self._extent.at -= self._at
        self._at = 0

    # Steps: each reads on from `_at` and says whether it came further.

    def _value(self) -> bool:
        first = self._next()
        path = tuple(self._keys)
        if not first:
            return False
        if first == b"[" and path == self._path:
            self._enter(self._members)
            self._one_follows = False
            self._extent = _Extent(self._at, self._depth)
        elif first == b"{" and self._is_way(path):
            self._enter(self._first_key)
        else:
            self._extent = _Extent(self._at, self._depth)
            is_word = not self._depth and first not in (b"[", b"{")  # all of the document
            self._step = self._whole if is_word or path == self._path or path in self._wanted else self._passing
        return True

    def _is_way(self, path: Path) -> bool:
        """Whether an object is gone into, rather than taken or passed over as one."""
        if path not in self._on_the_way or path == self._path:
            return False
        return path not in self._wanted or path == self._path[: len(path)]

    def _first_key(self) -> bool:
        first = self._next()
        if first == b"}":
            self._leave()
        else:
            self._step = self._key
        return bool(first)

    def _key(self) -> bool:
        first = self._next()
        text = _TEXT.match(self._held, self._at)
        if text is None:
            if first not in (b"", b'"'):
                raise self._malformed()
            return False
        colon = _past(_SPACE, self._held, text.end())
        mark = self._held[colon : colon + 1]
        if mark == b":":
            self._keys.append(str(decode_text(text[0])))
            self._at = colon + 1
            self._step = self._value
        elif mark:
            raise self._malformed()
        return bool(mark)

    def _after(self) -> bool:
        mark = self._next()
        if mark == b",":
            self._at += 1
            self._step = self._key
        elif mark == b"}":
            self._leave()
        elif mark:
            raise self._malformed()
        return bool(mark)

    def _end(self) -> bool:
        if self._next():
            raise self._malformed()
        return False

    def _whole(self) -> bool:
        """A value that is wanted."""
        if self._extent.next(self._held) is _Met.MORE:
            return False
        raw = self._held[self._at : self._extent.at]
        self._at = self._extent.at
        self._keep(raw)
        self._done()
        return True

    def _passing(self) -> bool:
        """A value that nobody wants: not held either."""
        met = self._extent.next(self._held)
        self._at = self._extent.at
        if met is not _Met.MORE:
            self._done()
        return met is not _Met.MORE

    def _members(self) -> bool:
        comma = -1  # the last one between members
        met = _Met.WHOLE
        while met is _Met.WHOLE:
            end = _past(_MEMBERS_TO_COMMA, self._held, self._extent.at)
            if end > self._extent.at and not self._extent.inside:
                comma = end - 1
                self._extent.at = end
            met = self._extent.next(self._held)
        if met is _Met.MORE:
            if comma >= 0:
                self._deliver(comma)
                self._at += 1
                self._one_follows = True
            return False
        if self._one_follows or self._held[self._at : self._extent.at].strip():
            self._deliver(self._extent.at)
        if self._next() != b"]":
            raise self._malformed()
        self._leave()
        return True

    # What they do.

    def _next(self) -> bytes:
        """The next byte that is no white space; nothing where more are needed."""
        self._at = _past(_SPACE, self._held, self._at)
        return self._held[self._at : self._at + 1]

    def _enter(self, step: Callable[[], bool]) -> None:
        self._at += 1
        self._depth += 1
        self._step = step

    def _leave(self) -> None:
        self._at += 1
        self._depth -= 1
        self._done()

    def _done(self) -> None:
        """A value is over."""
        if self._keys:
            self._keys.pop()
        self._step = self._after if self._depth else self._end

    def _deliver(self, end: int) -> None:
        """The members that are held up to there, together; one by one where one of them is wrong."""
        raw = self._held[self._at : end]
        self._at = end
        try:
            members = decode_text(b"[%b]" % raw)
        except BadDocument:
            members = None
        if isinstance(members, list) and members:
            self._found += members
            self._count += len(members)
            self._spoilt_in_a_row = 0
        else:
            for one in _each(raw):
                self._deliver_one(one)

    def _deliver_one(self, raw: bytes) -> None:
        try:
            self._found.append(decode_text(raw, self._here()))
            self._spoilt_in_a_row = 0
        except BadDocument as problem:
            self._spoilt_in_a_row += 1
            if not raw.strip() or self._spoilt_in_a_row > _SPOILT_IN_A_ROW_MAX:
                raise self._malformed() from problem
            self._found.append(Spoilt(raw, problem))
        self._count += 1

    def _keep(self, raw: bytes) -> None:
        """A value that is wanted, and what is wanted within it."""
        path = tuple(self._keys)
        tree = decode_text(raw, self._here())
        if path == self._path and tree is not None:
            self._found.append(tree)
        for wanted in self._wanted:
            if wanted[: len(path)] == path:
                self._note(wanted, tree)

    def _note(self, path: Path, tree: Tree) -> None:
        for step in path[len(self._keys) :]:
            if not isinstance(tree, dict) or step not in tree:
                return
            tree = tree[step]
        self._beside[path] = tree

    def _here(self) -> str:
        return written((*self._keys, self._count) if self._step == self._members else self._keys)

    def _malformed(self) -> BadDocument:
        at = self._passed + self._at
        return BadDocument(
            "json_malformed", self._here(),
            f"Near byte {at} this is no JSON. Ask the sender for valid JSON (RFC 8259).",
            f"第 {at} 字节附近不是有效的 JSON。请让发送方提供有效的 JSON（RFC 8259）。",
        )  # fmt: skip
