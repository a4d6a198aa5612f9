"""Forms in and out: texts by name, repeated names as lists, in the character set that is told."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.formats import form
from app.adapters.formats.options import Options
from app.adapters.formats.tree import Tree
from app.settings import Limits
from tests.adapters.formats.trees import TEXTS, same

FORMS: st.SearchStrategy[Tree] = st.dictionaries(
    TEXTS, st.one_of(TEXTS, st.lists(TEXTS, min_size=2, max_size=4)), max_size=5
)  # fmt: skip


@given(FORMS)
def test_a_form_comes_back_as_it_went(tree: Tree) -> None:
    assert same(form.decode(form.encode(tree)), tree)


def test_in_gbk_too() -> None:
    gbk = Options(charset="gbk")
    assert form.encode({"名": "张 三"}, gbk) == b"%C3%FB=%D5%C5+%C8%FD"
    assert form.decode(b"%C3%FB=%D5%C5+%C8%FD", gbk) == {"名": "张 三"}
    assert form.decode("名=张".encode("gbk"), gbk) == {"名": "张"}


def test_values_go_out_as_texts_and_null_as_nothing() -> None:
    tree: Tree = {
        "a": True,
        "b": 2**70,
        "c": Decimal("1E-3"),
        "d": None,
        "e": [1, None],
        "f": [],
        "g": b"\xff",
        "h": "",
    }
    assert form.encode(tree) == b"a=true&b=1180591620717411303424&c=0.001&e=1&e=&g=%2Fw%3D%3D&h="


@pytest.mark.parametrize(
    ("raw", "tree"),
    [
        (b"", {}), (b" a=1\n", {"a": "1"}), (b"a", {"a": ""}), (b"a=&a&&b==", {"a": ["", ""], "b": "="}),
        (b"a=%zz&b=1;c=2", {"a": "%zz", "b": "1;c=2"}), (b"a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
    ],
)  # fmt: skip
def test_what_becomes_of_a_field(raw: bytes, tree: Tree) -> None:
    assert form.decode(raw) == tree


@pytest.mark.parametrize(
    ("raw", "code"), [(b"a=%ff", "charset_wrong"), (b"a=\xff", "charset_wrong"), (b"a&" * 1_001, "form_fields")]
)
def test_what_is_wrong_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(BadDocument) as caught:
        form.decode(raw)
    assert caught.value.code == code


def test_too_much_is_refused() -> None:
    with pytest.raises(BadDocument) as caught:
        form.decode(b"a=1234567890", Options(limits=replace(Limits(), adapter_document_bytes_max=10)))
    assert caught.value.code == "document_bytes"


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"a": {"b": 1}}, "a"), ({"a": [1, [2]]}, "a[1]"), ([1], ""), ("a", ""), ({"a": Decimal("NaN")}, "a"),
        ({"a": "\ud800"}, ""),
    ],
)  # fmt: skip
def test_what_a_form_cannot_hold_is_refused_with_its_path(tree: Tree, path: str) -> None:
    with pytest.raises(BadDocument) as caught:
        form.encode(tree)
    assert caught.value.path == path
