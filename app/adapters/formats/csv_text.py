"""The text of a CSV document, its character set found out where nobody tells it: UTF-8 if it can be, else GB18030."""

import codecs

from app.adapters.formats import charsets

_SURE_BYTES = 4_096  # from the first that is no ASCII on: what reads as UTF-8 so far is UTF-8
_MARK_BYTES = 3
_OTHERWISE = "gb18030"  # what spreadsheets in China write
_MARK = "\ufeff"


class CsvText:
    """Takes bytes as they come, gives text; raises `BadDocument` (charset_unknown, charset_wrong)."""

    def __init__(self, told: str) -> None:
        self._held = b""  # until it is known what they are
        self._passed = 0  # bytes of ASCII before them
        self._decoder = charsets.Decoder(charsets.charset(told).reads) if told else None
        self._begun = False

    def take(self, chunk: bytes, *, last: bool = False) -> str:
        """As much of it as is known to be text."""
        text = self._text(chunk, last)
        if self._begun or not text:
            return text
        self._begun = True
        return text.removeprefix(_MARK)

    def _text(self, chunk: bytes, last: bool) -> str:
        if self._decoder is None:
            self._held += chunk
            codec = self._found(last)
            if not codec:
                return self._ascii()
            self._decoder = charsets.Decoder(codec, self._passed)
            chunk, self._held = self._held, b""
        return self._decoder.take(chunk, last=last)

    def _found(self, last: bool) -> str:
        """The codec; nothing where it is not known yet, or does not matter yet."""
        marked = "" if self._passed else charsets.by_bom(self._held[:_MARK_BYTES])
        if marked or self._held.isascii():
            return marked
        if len(self._held) < _SURE_BYTES and not last:
            return ""
        return charsets.UTF8 if _is_utf8(self._held, last) else _OTHERWISE

    def _ascii(self) -> str:
        """What is ASCII in any case; not before it is known that it is no mark."""
        if not self._held.isascii():
            return ""
        held, self._held = self._held, b""
        self._passed += len(held)
        return held.decode()


def _is_utf8(held: bytes, last: bool) -> bool:
    try:
        codecs.getincrementaldecoder(charsets.UTF8)().decode(held, last)
    except UnicodeDecodeError:
        return False
    return True
