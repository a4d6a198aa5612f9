"""XML in and out by the rules of the tree, in the character sets of old systems; what attacks is refused at once."""

import time
from decimal import Decimal

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import xml
from app.adapters.formats.options import AS_IT_COMES, Options, XmlOptions
from app.adapters.formats.tree import DEPTH_MAX, Tree
from app.settings import Limits
from tests.adapters.formats.attacks import DOCTYPES, nested
from tests.adapters.formats.trees import same

NAMES = st.sampled_from(["a", "b", "Order", "_id", "sub-total", "v1.0", "Überschrift", "订单"])
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r"), min_size=1).filter(
    lambda text: not {"\ufffe", "\uffff"} & set(text)
)


def documents(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Tree]]:
    """All that XML holds: no types, no list of one or none, no empty object, no empty text, no text without a name."""
    attributes = st.dictionaries(names.map(lambda name: f"@{name}"), st.one_of(TEXTS, st.just("")), max_size=2)
    texts = st.one_of(st.just(dict[str, Tree]()), TEXTS.map(lambda text: {"#text": text}))

    def elements(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        children = st.dictionaries(names, st.one_of(inner, st.lists(inner, min_size=2, max_size=3)), max_size=3)
        nodes = st.builds(lambda told, said, within: {**told, **said, **within}, attributes, texts, children)
        return nodes.filter(lambda node: any(key[0] != "#" for key in node))

    values = st.recursive(st.one_of(st.none(), TEXTS), elements, max_leaves=12)
    return st.builds(lambda name, value: {name: value}, names, values)


DOCUMENTS = documents(NAMES)
DOCUMENTS_IN_ASCII = documents(
    NAMES.filter(str.isascii)
)  # a text may name its characters by number, an element may not


def options(**told: object) -> Options:
    return Options(xml=XmlOptions(**told))  # type: ignore[arg-type]


def refused(raw: bytes, how: Options = AS_IT_COMES) -> BadDocument:
    with pytest.raises(BadDocument) as caught:
        xml.decode(raw, how)
    return caught.value


@given(DOCUMENTS)
def test_a_tree_of_texts_comes_back_as_it_went(tree: Tree) -> None:
    assert same(xml.decode(xml.encode(tree)), tree)


@given(DOCUMENTS_IN_ASCII, st.sampled_from(["GBK", "gb18030", "Big5", "utf-16", "ISO-8859-1", "us-ascii"]))
def test_in_other_character_sets_too(tree: Tree, charset: str) -> None:
    assert same(xml.decode(xml.encode(tree, Options(charset=charset))), tree)


@given(DOCUMENTS)
def test_xmltodict_reads_what_we_write(tree: dict[str, Tree]) -> None:
    def normal(value: object) -> object:
        if isinstance(value, dict):
            return {key: normal(one) for key, one in value.items()}
        if isinstance(value, list):
            return [normal(one) for one in value]
        return (value.replace("\r\n", "\n") if isinstance(value, str) else value) or None

    def without_text(value: object) -> object:
        if isinstance(value, dict):
            return {key: without_text(one) for key, one in value.items() if key != "#text"}
        return [without_text(one) for one in value] if isinstance(value, list) else value

    read = xmltodict.parse(xml.encode(tree), strip_whitespace=False)
    assert without_text(normal(read)) == without_text(normal(tree))


@pytest.mark.parametrize(
    ("raw", "tree"),
    [
        ("<a/>", {"a": None}),
        ("<a></a>", {"a": None}),
        ("<a><![CDATA[]]></a>", {"a": ""}),
        ("<a> x\n</a>", {"a": "x"}),
        ("<a>\n  <b>1</b>\n  <b>2</b>\n  <c/>\n</a>", {"a": {"b": ["1", "2"], "c": None}}),
        ('<a x="1"/>', {"a": {"@x": "1"}}),
        ('<a x=" 1 "> y </a>', {"a": {"@x": " 1 ", "#text": "y"}}),
        ("<a><![CDATA[ <b>&amp; ]]></a>", {"a": " <b>&amp; "}),
        ("<a>x<!-- no -->y<?no?>z<![CDATA[ ]]></a>", {"a": "xyz "}),
        ("<a>Hello <b>big</b>, <b>blue</b> world </a>", {"a": {"#text": "Hello , world", "b": ["big", "blue"]}}),
        ("<a>&lt;&amp;&#x4e2d;&#20013;&quot;&apos;</a>", {"a": "<&中中\"'"}),
        ("<a>1\r\n2\r3</a>", {"a": "1\n2\n3"}),
        ('<s:a xmlns:s="u" xmlns="v"><s:b s:x="1"/><b>3</b></s:a>', {"a": {"b": [{"@x": "1"}, "3"]}}),
        ('<a s:x="1" x="2" s:y="3"/>', {"a": {"@x": "2", "@y": "3"}}),
        ('<a x="2" s:x="1"/>', {"a": {"@x": "2"}}),
        ('<a xmlns:xsi="u"><b xsi:nil="true"/><c xsi:type="d">1</c></a>', {"a": {"b": None, "c": "1"}}),
        ('<a xml:lang="zh"/>', {"a": {"@lang": "zh"}}),
        ("\n <?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<a>1</a>\n<!-- the end -->", {"a": "1"}),
    ],
)  # fmt: skip
def test_what_becomes_of_an_element(raw: str, tree: Tree) -> None:
    assert xml.decode(raw.encode()) == tree


class TestLists:
    raw = b"<r><trades><trade><id>1</id></trade></trades><old><trade/></old></r>"

    def test_what_is_not_marked_is_a_list_only_when_repeated(self) -> None:
        assert xml.decode(self.raw) == {"r": {"trades": {"trade": {"id": "1"}}, "old": {"trade": None}}}

    @pytest.mark.parametrize("mark", [("trades", "trade"), ("r", "trades", "trade")])
    def test_a_mark_is_a_path_or_the_end_of_one(self, mark: tuple[str, ...]) -> None:
        tree = xml.decode(self.raw, options(lists=(mark,)))
        assert tree == {"r": {"trades": {"trade": [{"id": "1"}]}, "old": {"trade": None}}}

    def test_an_empty_element_is_an_empty_list(self) -> None:
        tree = xml.decode(self.raw, options(lists=(("trade",),)))
        assert tree == {"r": {"trades": {"trade": [{"id": "1"}]}, "old": {"trade": []}}}

    def test_a_mark_that_begins_too_high_marks_nothing(self) -> None:
        assert xml.decode(b"<a><b>1</b></a>", options(lists=(("x", "a", "b"), ("a", "c")))) == {"a": {"b": "1"}}

    def test_more_of_what_is_marked_stand_in_their_order(self) -> None:
        tree = xml.decode(b"<a><b>1</b><c/><b>2</b><b>3</b></a>", options(lists=(("b",),)))
        assert tree == {"a": {"b": ["1", "2", "3"], "c": None}}


class TestNamespaces:
    how = options(prefixes={"s": "urn:soap", "x": "urn:x"})

    def test_declared_ones_keep_our_prefix_whatever_theirs(self) -> None:
        raw = b'<e:Body xmlns:e="urn:soap" xmlns="urn:x" xmlns:o="urn:o"><b o:y="1" e:z="2"/><o:c/></e:Body>'
        assert xml.decode(raw, self.how) == {"s:Body": {"x:b": {"@y": "1", "@s:z": "2"}, "c": None}}

    def test_they_go_out_declared_at_the_root(self) -> None:
        tree: Tree = {"s:Body": {"x:b": {"@s:z": "2"}, "c": "3"}}
        raw = xml.encode(tree, self.how)
        assert b'<s:Body xmlns:s="urn:soap" xmlns:x="urn:x">' in raw
        assert xml.decode(raw, self.how) == tree

    def test_the_default_one_too(self) -> None:
        how = options(prefixes={"": 'urn:"&'})
        assert b'<a xmlns="urn:&quot;&amp;"/>' in xml.encode({"a": None}, how)
        assert xml.decode(xml.encode({"a": {"b": "1"}}, how), how) == {"a": {"b": "1"}}

    def test_a_prefix_that_nobody_declared_is_refused(self) -> None:
        assert refused(b"<q:a/>", self.how).code == "xml_malformed"


@pytest.mark.parametrize("charset", ["GBK", "gb2312", "GB18030", "Big5", "UTF-16", "utf-16le", "utf-16be", "UTF-8"])
def test_old_systems_character_sets_are_read_as_declared(charset: str) -> None:
    raw = f'<?xml version="1.0" encoding="{charset}"?><a b="訂">中文</a>'.replace("訂", "中")
    codec = charset if charset.lower() != "gb2312" else "gbk"
    assert xml.decode(raw.encode(codec)) == {"a": {"@b": "中", "#text": "中文"}}


def test_what_says_gb2312_and_is_gbk_is_read() -> None:
    assert xml.decode('<?xml version="1.0" encoding="gb2312"?><a>喆镕</a>'.encode("gbk")) == {"a": "喆镕"}


def test_what_a_content_type_tells_goes_before_what_the_document_declares() -> None:
    raw = '<?xml version="1.0" encoding="utf-8"?><a>中</a>'
    assert xml.decode(raw.encode("gbk"), Options(charset="gbk")) == {"a": "中"}
    assert xml.decode(b"\xef\xbb\xbf" + raw.encode(), Options(charset="gbk")) == {"a": "中"}
    assert xml.decode('<?xml version="1.0" encoding="utf-16"?><a>中</a>'.encode()) == {"a": "中"}


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b"", "document_empty", ""),
        (b" \n", "document_empty", ""),
        (b"<a>\n  <b></c>\n</a>", "xml_malformed", "a.b: Line 2, column 8: this tag closes another"),
        (b"<a><b>", "xml_malformed", "a.b: Line 1, column 7: the document ends"),
        (b"<a/><b/>", "xml_malformed", "Line 1, column 5: something follows"),
        (b"<a>&nbsp;</a>", "xml_malformed", "an entity is named"),
        (b"<a>\xff</a>", "xml_malformed", "Line 1, column 4"),
        (b"<a>\x00</a>", "xml_malformed", "Line 1, column 4"),
        (b'<a b="1" b="2"/>', "xml_malformed", "given twice"),
        (b"<a>&#0;</a>", "xml_malformed", "number"),
        (b"text", "xml_malformed", "no XML"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "charset_unknown", "'utf-7'"),
        (b'<?xml version="1.0" encoding="gbk"?><a>\xff\xff</a>', "charset_wrong", "At byte 39"),
        (b"<a" + b' x="1"' * 2 + b"/>", "xml_malformed", "twice"),
        (b"<a " + b" ".join(b'x%d="1"' % i for i in range(300)) + b"/>", "xml_attributes", "a: Line 1, column 2594:"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(raw: bytes, code: str, said: str) -> None:
    problem = refused(raw)
    assert problem.code == code
    assert said in problem.en
    assert problem.zh


@pytest.mark.parametrize("raw", DOCTYPES.values(), ids=DOCTYPES)
def test_a_document_type_is_refused_before_it_does_anything(raw: bytes) -> None:
    began = time.process_time()
    assert refused(raw).code == "xml_doctype"
    assert time.process_time() - began < 0.5


def test_the_word_within_a_text_is_none() -> None:
    assert xml.decode(b"<a><![CDATA[<!DOCTYPE html>]]></a>") == {"a": "<!DOCTYPE html>"}


@pytest.mark.parametrize("depth", [DEPTH_MAX + 1, 200_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    problem = refused(nested(depth))
    assert problem.code == "document_depth"
    assert f"Line 1, column {(DEPTH_MAX + 1) * 3}:" in problem.en


def test_the_deepest_that_is_read_is_written_too() -> None:
    tree = xml.decode(nested(DEPTH_MAX))
    assert xml.decode(xml.encode(tree)) == tree


def test_too_much_is_refused() -> None:
    limits = replace(Limits(), adapter_document_bytes_max=200, adapter_document_values_max=20)
    assert refused(b"<a>" + b" " * 200 + b"</a>", Options(limits=limits)).code == "document_bytes"
    assert refused(b"<a>" + b"<b/>" * 19 + b"</a>", Options(limits=limits)).code == "document_values"
    assert xml.decode(b"<a>" + b"<b/>" * 18 + b"</a>", Options(limits=limits))


def test_a_text_in_many_pieces_is_read_in_time_that_grows_with_it() -> None:
    raw = b"<a>" + b"<![CDATA[x]]>" * 100_000 + b"</a>"
    began = time.process_time()
    assert xml.decode(raw) == {"a": "x" * 100_000}
    assert time.process_time() - began < 2


class TestWriting:
    def test_values_are_written_as_texts(self) -> None:
        tree: Tree = {
            "a": {"b": [None, True, 2**64, Decimal("1E-7"), Decimal("1E+3"), b"\x00\xff", ""], "c": [], "d": {}}
        }
        assert xml.encode(tree).partition(b"\n")[2] == (
            b"<a><b/><b>true</b><b>18446744073709551616</b><b>0.0000001</b><b>1000</b><b>AP8=</b><b></b><d/></a>"
        )

    def test_marks_say_what_is_attribute_text_and_cdata(self) -> None:
        tree: Tree = {"a": {"b": {"#cdata": "<x>]]>"}, "@c": 1, "@d": None, "#text": "t", "e": {"@f": '"\n<'}}}
        assert xml.encode(tree).partition(b"\n")[2] == (
            b'<a c="1"><b><![CDATA[<x>]]]]><![CDATA[>]]></b>t<e f="&quot;&#10;&lt;"/></a>'
        )

    def test_it_says_its_character_set_and_names_by_number_what_that_lacks(self) -> None:
        raw = xml.encode({"名": "中😀"}, Options(charset="GBK"))
        assert raw == '<?xml version="1.0" encoding="GBK"?>\n<名>中&#128512;</名>'.encode("gbk")

    @pytest.mark.parametrize("text", [" a\rb", "\r", "]]> ", "\t&\r\n", " ]]>\r]]> "])
    def test_white_space_comes_back_as_it_went(self, text: str) -> None:
        assert xml.decode(xml.encode({"a": text})) == {"a": text}
        assert xml.decode(xml.encode({"a": {"#cdata": text}})) == {"a": text}
        assert xml.decode(xml.encode({"a": {"@b": text}})) == {"a": {"@b": text}}

    def test_a_name_that_the_character_set_lacks_is_refused(self) -> None:
        with pytest.raises(BadDocument) as caught:
            xml.encode({"a": {"é": 1}}, Options(charset="us-ascii"))
        assert caught.value.code == "xml_unfit"

    @pytest.mark.parametrize(
        ("tree", "root", "written"),
        [
            ({"a": 1, "b": 2}, "r", b"<r><a>1</a><b>2</b></r>"), ({"r": {"a": 1}}, "r", b"<r><a>1</a></r>"),
            ([1, {"a": 2}], "r", b"<r><item>1</item><item><a>2</a></item></r>"), ("x", "r", b"<r>x</r>"),
            ({"a": [1, 2]}, "r", b"<r><a>1</a><a>2</a></r>"), ({}, "r", b"<r/>"), (None, "r", b"<r/>"),
        ],
    )  # fmt: skip
    def test_what_has_no_root_gets_the_one_that_is_told(self, tree: Tree, root: str, written: bytes) -> None:
        assert xml.encode(tree, options(root=root)).partition(b"\n")[2] == written

    @pytest.mark.parametrize(
        ("tree", "path", "said"),
        [
            ({"a": {"b": ["1", "x\x00"]}}, "a.b[1]", "U+0000"),
            ({"a": {"b": "\ufffe"}}, "a.b", "U+FFFE"),
            ({"a": {"b": "\ud800"}}, "a.b", "U+D800"),
            ({"a": {"@b": "\x1f"}}, "a.@b", "U+001F"),
            ({"a": {"b": {"#cdata": "\x0b"}}}, "a.b.#cdata", "U+000B"),
            ({"a": [1, 2]}, "", "without one root"),
            ({"a": 1, "b": 2}, "", "without one root"),
            ([], "", "without one root"),
            ({"a": {"1b": 1}}, 'a."1b"', "as a name"),
            ({"a": {"b c": 1}}, 'a."b c"', "as a name"),
            ({"a": {"": 1}}, 'a.""', "as a name"),
            ({"a": {"b><c": "x"}}, 'a."b><c"', "as a name"),
            ({"a": {'@b="1" c': "x"}}, 'a."@b=\\"1\\" c"', "as a name"),
            ({"a": {"#other": "x"}}, "a.#other", "as a name"),
            ({"a": {"s:b": 1}}, 'a."s:b"', "prefix"),
            ({"a": {"@xmlns": "u"}}, "a.@xmlns", "prefix"),
            ({"a": {"b": [[1]]}}, "a.b[0]", "list within a list"),
            ({"a": {"@b": [1]}}, "a.@b", "value"),
            ({"a": {"#text": {"b": 1}}}, "a.#text", "value"),
            ({"a": Decimal("NaN")}, "a", "value"),
            ({"a": Decimal("1E+999999")}, "a", "value"),
            ({"a": {"b": 10**5_000}}, "a.b", "value"),
        ],
    )
    def test_what_xml_cannot_bear_is_refused_with_its_path(self, tree: Tree, path: str, said: str) -> None:
        with pytest.raises(BadDocument) as caught:
            xml.encode(tree)
        assert caught.value.code == "xml_unfit"
        assert caught.value.path == path
        assert said in caught.value.en

    def test_a_tree_that_is_too_deep_is_refused(self) -> None:
        tree: Tree = "x"
        for _ in range(DEPTH_MAX + 2):
            tree = {"a": tree}
        with pytest.raises(BadDocument):
            xml.encode(tree)
