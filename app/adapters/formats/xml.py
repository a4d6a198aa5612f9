"""XML 1.0: whole documents in and out.

The tree is what `xml_elements` says: one object with the root's name as its key. XML has no types: all that comes back
is text, null, lists and objects; a list of one is a list only where it is marked, an empty list or object is nothing.
"""

from app.adapters.formats import charsets, xml_declaration
from app.adapters.formats.json import demand_few
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.records import empty, too_large
from app.adapters.formats.tree import Tree
from app.adapters.formats.xml_elements import Elements
from app.adapters.formats.xml_parser import XmlParser
from app.adapters.formats.xml_writer import XmlWriter


def decode(raw: bytes, options: Options = AS_IT_COMES) -> Tree:
    """Raises `BadDocument` (xml_malformed, xml_doctype, document_depth, …) with line, column and the open elements."""
    if len(raw) > options.limits.adapter_document_bytes_max:
        raise too_large(options.limits.adapter_document_bytes_max)
    codec = xml_declaration.codec(raw[: xml_declaration.HEAD_BYTES], options.charset)
    text = charsets.utf8(raw, codec)
    if not text or text.isspace():
        raise empty()
    demand_few(text, options.limits.adapter_document_values_max, b"<")
    roots: list[dict[str, Tree]] = []
    elements = Elements(options, lambda name, value: roots.append({name: value}))
    XmlParser(elements, options).whole(text)
    return roots[0]


def encode(tree: Tree, options: Options = AS_IT_COMES) -> bytes:
    """With a declaration, in the character set asked for; raises `BadDocument` for what XML cannot bear, with its path.

    `@name` and `#text` as they come in; `#cdata` is a text that is written as CDATA. Fractions are written out, bytes
    as base64.
    """
    return XmlWriter(options).document(tree)
