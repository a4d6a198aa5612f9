"""What the adapter engine refuses: a document that cannot be read or mapped, a spec that cannot be followed.

    Invalid
    ├── BadDocument      what a system sent; `path` is where in it, and it becomes a dead letter
    ├── BadSpec          a person's configuration; `mark` is where in which file
    └── Refused          the other system says no, and would say it again
    Unavailable
    └── Unreached        the other system is away, slow or refuses; tried again

Branches of the tree in `app/model/errors.py`.
"""

from msgspec import Struct

from app.model.errors import Invalid, Unavailable


class Mark(Struct, frozen=True):
    """A place in a file, as editors count: from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class BadDocument(Invalid):
    """`path` as a map writes it, `order_list[3].pay_time`; empty for the whole document."""

    def __init__(self, code: str, path: str, en: str, zh: str) -> None:
        at_en, at_zh = (f"{path}: ", f"{path}：") if path else ("", "")
        super().__init__(code, at_en + en, at_zh + zh, field=path)
        self.path = path


class BadSpec(Invalid):
    """The text names the place, what is wrong there and what is allowed."""

    def __init__(self, mark: Mark, en: str, zh: str, code: str = "adapter_spec") -> None:
        super().__init__(code, f"{mark}: {en}", f"{mark}：{zh}")
        self.mark = mark


class Refused(Invalid):
    """`said` is its own code, where it gave one."""

    def __init__(self, code: str, en: str, zh: str, *, said: str = "") -> None:
        super().__init__(code, en, zh)
        self.said = said


class Unreached(Unavailable):
    """`after_ms`: what the other system asked us to wait, where it said so."""

    def __init__(self, code: str, en: str, zh: str, *, after_ms: int | None = None) -> None:
        super().__init__(code, en, zh, retry_after_ms=after_ms)
