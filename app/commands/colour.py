"""Colour on a terminal, and nowhere else: not in a pipe, not with NO_COLOR (no-color.org), not on a dumb one."""

from collections.abc import Mapping
from typing import Literal, TextIO

Shade = Literal["red", "yellow", "green", "dim", "bold"]
_CODES: dict[Shade, int] = {"red": 31, "yellow": 33, "green": 32, "dim": 2, "bold": 1}


class Colour:
    """Paints what goes to one stream."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self.on = stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

    def paint(self, text: str, shade: Shade | None) -> str:
        """The text in a shade."""
        return f"\x1b[{_CODES[shade]}m{text}\x1b[0m" if self.on and shade and text else text


def harmless(text: str) -> str:
    """A text of foreign origin as a terminal may show it: what would steer it is written out."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
