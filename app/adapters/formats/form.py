"""application/x-www-form-urlencoded (WHATWG URL, section 5): one object of texts; a name that is repeated has a list.

All that comes back is text; null goes out as nothing at all, an empty list too.
"""

from urllib.parse import parse_qsl, urlencode

from app.adapters.errors import BadDocument
from app.adapters.formats import charsets
from app.adapters.formats.flat import text, unfit
from app.adapters.formats.options import AS_IT_COMES, Options
from app.adapters.formats.records import too_large
from app.adapters.formats.tree import Tree


def decode(raw: bytes, options: Options = AS_IT_COMES) -> Tree:
    """Raises `BadDocument` (charset_wrong, form_fields, document_bytes); an empty body is an empty object."""
    if len(raw) > options.limits.adapter_document_bytes_max:
        raise too_large(options.limits.adapter_document_bytes_max)
    codec = charsets.charset(options.charset or charsets.UTF8).reads
    found: dict[str, Tree] = {}
    for name, value in _pairs(raw.strip(), codec, options.limits.adapter_form_fields_max):
        before = found.get(name)
        if name not in found:
            found[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            found[name] = [before, value]
    return found


def encode(tree: Tree, options: Options = AS_IT_COMES) -> bytes:
    """Names in their order, blanks as `+`; raises `BadDocument` (flat, charset_unfit) with the path."""
    if not isinstance(tree, dict):
        raise unfit(())
    pairs = []
    for name, value in tree.items():
        if isinstance(value, list):
            pairs += [(name, text(one, (name, index))) for index, one in enumerate(value)]
        elif value is not None:
            pairs.append((name, text(value, (name,))))
    told = [
        (charsets.encoded(name, options.charset), charsets.encoded(value, options.charset)) for name, value in pairs
    ]
    return urlencode(told).encode()


def _pairs(raw: bytes, codec: str, fields_max: int) -> list[tuple[str, str]]:
    try:
        query = raw.decode(codec)
        return parse_qsl(
            query, keep_blank_values=True, encoding=codec, errors="strict", max_num_fields=fields_max, separator="&"
        )
    except UnicodeDecodeError as error:
        raise charsets.wrong(codec, error.start) from error
    except ValueError as error:
        raise BadDocument(
            "form_fields", "",
            f"The form has more than {fields_max} fields. Ask the sender for JSON.",
            f"表单超过 {fields_max} 个字段。请让发送方改用 JSON。",
        ) from error  # fmt: skip
