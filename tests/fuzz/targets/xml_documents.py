"""XML as any system may send it: a tree or a refusal with its place, the same whole and in pieces, and back again."""

from app.adapters.errors import BadDocument
from app.adapters.formats import xml
from app.adapters.formats.options import Options, XmlOptions
from app.adapters.formats.tree import Tree
from app.adapters.formats.xml_records import XmlRecords
from tests.adapters.formats.trees import fed
from tests.fuzz.line import pieces
from tests.fuzz.watch import Fault, demand_discretion

_LISTS = (("b",), ("a", "c"))
_WAYS = (Options(), Options(xml=XmlOptions(lists=_LISTS)), Options(xml=XmlOptions(prefixes={"p": "u", "": "v"})))


class XmlDocuments:
    seeds = (
        b"\x00<a x='1'> <b>2</b><b/>text<c><![CDATA[ <d> ]]></c></a>",
        b"\x01\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n<p:a xmlns:p='u' xmlns='v' p:x='1'><b/></p:a>",
        b"\x03<?xml version='1.0' encoding='GBK'?><a>\xd6\xd0\xce\xc4<!-- x --></a>",
        "\x02<?xml version='1.0' encoding='utf-16'?><a>中</a>".encode("utf-16-le"),
        b"\x00<!DOCTYPE a [<!ENTITY x 'xxxx'><!ENTITY y '&x;&x;'>]><a>&y;</a>",
        b"\x07" + b"<a>" * 70,
        b"\x00<a xsi:nil='true' b='&#10;&lt;'>&amp;&#x4e2d;\r\n</a><?pi?>",
    )
    words = (
        b"<?xml version='1.0' encoding='", b"gb18030", b"big5", b"utf-16le", b"<![CDATA[", b"]]>", b"<!--", b"-->",
        b"&#x", b"&amp;", b"<!DOCTYPE", b"<!ENTITY", b"xmlns:p='u'", b"xmlns", b"p:", b"</a>", b"<b/>", b"\xff\xfe",
        b"\xfe\xff",
    )  # fmt: skip

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        """The first byte chooses how it is read, and how large the pieces are."""
        options = _WAYS[data[0] % len(_WAYS)] if data else _WAYS[0]
        tree = _whole(data[1:], options)
        if _in_pieces(data, options) != tree:
            raise Fault(f"whole {tree!r}, in pieces {_in_pieces(data, options)!r}")
        if tree is not None and not options.xml.lists:  # which an empty element is, and an empty list is nothing
            _back(tree, options)
        try:
            fed(XmlRecords(("a", "b"), (("a", "@x"), ("a", "c", "b")), options), pieces(data))
        except BadDocument as problem:
            demand_discretion(problem.en)


def _whole(raw: bytes, options: Options) -> Tree:
    try:
        return xml.decode(raw, options)
    except BadDocument as problem:
        demand_discretion(problem.en)
        return None


def _in_pieces(data: bytes, options: Options) -> Tree:
    try:
        tree: Tree
        (tree,) = fed(XmlRecords((), (), options), pieces(data))
    except BadDocument as problem:
        demand_discretion(problem.en)
        return None
    return tree


def _back(tree: Tree, options: Options) -> None:
    try:
        raw = xml.encode(tree, options)
    except BadDocument as problem:
        if "as a name" not in problem.en and "prefix" not in problem.en:  # what follows a colon may be no name
            raise
        return
    again = xml.decode(raw, options)
    if again != _as_written(tree):
        raise Fault(f"read {tree!r}, written {raw!r}, read again {again!r}")


def _as_written(tree: Tree) -> Tree:
    """An empty text, which CDATA can hold, is written as the empty element that others read it as, and that is null."""
    if isinstance(tree, dict):
        return {name: value if name[:1] == "@" else _as_written(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_as_written(value) for value in tree]
    return None if tree == "" else tree


TARGET = XmlDocuments()
