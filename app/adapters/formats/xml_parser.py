"""Expat, held so that no document harms: no DOCTYPE (so no entities), bounded tokens, names and depth.

What it refuses says line and column, both from 1, the column in bytes of UTF-8.
"""

import pyexpat
from collections.abc import Callable

from app.adapters.errors import BadDocument
from app.adapters.formats import charsets
from app.adapters.formats.options import Options
from app.adapters.formats.paths import written
from app.adapters.formats.records import record_too_large
from app.adapters.formats.xml_elements import BETWEEN, Elements, Refused

_SPACE = b" \t\r\n"
_TAG_BYTES = 4_096  # of an ordinary one
# Why expat reads no further, by its codes, in our words.
_REASONS = {
    2: ("this is no XML", "这不是 XML"),
    3: ("the document ends before its root does", "文档在根元素结束之前就结束了"),
    4: ("a character or a mark stands where none may be", "此处出现了不允许的字符或标记"),
    5: ("a tag, comment or section does not end", "标签、注释或节没有结束"),
    6: ("a character is cut off", "字符不完整"),
    7: ("this tag closes another element than the one that is open", "结束标签与当前元素不匹配"),
    8: ("an attribute is given twice", "属性重复"),
    9: ("something follows after the root", "根元素之后还有内容"),
    11: ("an entity is named that XML does not have", "使用了 XML 未定义的实体"),
    14: ("a character is named by a number that none has", "字符编号无效"),
    17: ("the declaration does not stand at the beginning", "XML 声明不在开头"),
    20: ("a CDATA section does not end", "CDATA 节没有结束"),
    27: ("a prefix is used that is not declared", "使用了未声明的前缀"),
}
_OTHERWISE = ("this is not well-formed", "格式不正确")


class XmlParser:
    """Reads UTF-8 into `elements`, whatever the document declares."""

    def __init__(self, elements: Elements, options: Options) -> None:
        self._names_max = options.limits.adapter_xml_names_max
        self._token_bytes_max = options.limits.adapter_record_bytes_max
        self._names: dict[str, str] = {}
        self.begun = False  # something has come
        self._elements = elements
        self.bytes_read = 0
        self._held = b""
        self._patience = 0  # bytes that are waited for before expat gets them
        expat = pyexpat.ParserCreate(charsets.UTF8, BETWEEN if options.xml.prefixes else None, self._names)
        expat.buffer_text = True
        expat.ordered_attributes = True
        expat.StartDoctypeDeclHandler = _refuse_doctype
        self._expat = expat
        self.take_elements()

    def take_elements(self) -> Callable[[str, list[str]], None]:
        """From now on the elements are told of all; gives whom to tell of a tag that has just been told of."""
        handlers = self._elements.handlers()
        self._listen(handlers.start, handlers.end, self._elements.text.append)
        self._expat.StartCdataSectionHandler = handlers.cdata
        return handlers.start

    def tell(self, start: Callable[[str, list[str]], None], end: Callable[[str], None]) -> None:
        """From now on somebody else is told, of tags alone."""
        self._listen(start, end, None)

    def _listen(
        self,
        start: Callable[[str, list[str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None] | None,
    ) -> None:
        self._expat.StartElementHandler = start
        self._expat.EndElementHandler = end
        self._expat.CharacterDataHandler = text

    def whole(self, text: bytes) -> None:
        """All of a document."""
        self._parse(text.lstrip(_SPACE), last=True)

    def feed(self, piece: bytes) -> None:
        """The next piece of one; white space before its first mark is passed over."""
        if not self.begun:
            piece = piece.lstrip(_SPACE)
            self.begun = bool(piece)
        self._held += piece
        if len(self._held) >= self._patience:
            self._parse_held()

    def _parse_held(self) -> None:
        held, self._held = self._held, b""
        self._parse(held, last=False)
        self.bytes_read += len(held)
        if len(self._names) > self._names_max:
            raise self._placed(_too_many_names(self._names_max))
        unfinished = self.bytes_read - max(self._expat.CurrentByteIndex, 0)
        if unfinished > self._token_bytes_max:
            raise record_too_large(self.path, self._token_bytes_max)
        # Expat 2.5 begins an unfinished tag or comment anew with each piece (CVE-2023-52425): larger ones, then.
        self._patience = unfinished // 2 if unfinished > _TAG_BYTES else 0

    def close(self) -> None:
        """The end of one."""
        self._parse(self._held, last=True)

    @property
    def at(self) -> int:
        """Where the mark begins that is told of now, in bytes."""
        return self._expat.CurrentByteIndex

    @property
    def path(self) -> str:
        """The elements that are open."""
        return written(self._elements.names)

    def _parse(self, text: bytes, *, last: bool) -> None:
        try:
            self._expat.Parse(text, last)
        except pyexpat.ExpatError as error:
            raise self._malformed(error) from error
        except Refused as refused:
            raise self._placed(refused) from refused

    def _malformed(self, error: pyexpat.ExpatError) -> BadDocument:
        en, zh = _REASONS.get(error.code, _OTHERWISE)
        why = Refused("xml_malformed", f"{en}. Ask the sender for valid XML.", f"{zh}。请让发送方提供有效的 XML。")
        return why.placed(self.path, error.lineno, error.offset)

    def _placed(self, refused: Refused) -> BadDocument:
        """Expat stands behind the mark that was refused."""
        return refused.placed(self.path, self._expat.CurrentLineNumber, self._expat.CurrentColumnNumber - 1)


def _refuse_doctype(*_declared: object) -> None:
    raise Refused(
        "xml_doctype",
        "a DOCTYPE is not read here, since it can name files and grow without bound. Ask the sender to leave it out.",
        "不接受 DOCTYPE，因为它可能引用文件或无限膨胀。请让发送方去掉它。",
    )


def _too_many_names(names_max: int) -> Refused:
    return Refused(
        "xml_names",
        f"more than {names_max} different names of elements and attributes. Names are for kinds, not for values.",
        f"元素和属性的不同名称超过 {names_max} 个。名称应表示种类，而不是数值。",
    )
