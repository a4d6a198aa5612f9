"""Signatures as data: what vendors publish, RFC cases through the same joiner, and what is signed is what is sent."""

import hmac
from base64 import b64encode
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.errors import BadSpec
from app.adapters.proving.signing import Signable, Unsigned, canonical, holds, seal, sign, text_of, uses_secret
from app.adapters.specs.model import Join, Sign

TAOBAO = Sign(style="wrap", of="all-sorted", secret="app", digest="md5", case="upper", into="sign")
AMONG = Sign(
    style="among", of=("timestamp", "nonce"), secret="token", digest="sha1", parts="sorted-values", into="signature"
)
SELLER = {
    "app_key": "12345678", "fields": "num_iid,title,nick,price,num", "format": "json",
    "method": "taobao.item.seller.get", "num_iid": "11223344", "session": "test", "sign_method": "md5",
    "timestamp": "2016-01-01 12:00:00", "v": "2.0",
}  # fmt: skip
NICK = {
    "app_key": "test", "fields": "nick", "format": "xml", "method": "taobao.user.seller.get", "session": "test",
    "sign_method": "md5", "timestamp": "2013-05-06 13:52:03", "v": "2.0",
}  # fmt: skip
PDD = {
    "access_token": "asd78172s8ds9a921j9qqwda12312w1w21211", "client_id": "1", "data_type": "XML",
    "order_status": "1", "page": "1", "page_size": "10", "timestamp": "1480411125", "type": "pdd.order.number.list.get",
}  # fmt: skip
JD = {
    "360buy_param_json": '{"end_date":null,"optional_fields":null,"order_state":"WAIT_SELLER_STOCK_OUT","page":"1",'
    '"page_size":"200","start_date":null}',
    "access_token": "yourtoken", "app_key": "yourappkey", "method": "jingdong.pop.order.search",
    "timestamp": "2021-05-07 09:20:39.683+0800", "v": "2.0", "format": "json", "sign_method": "md5",
}  # fmt: skip


@pytest.mark.parametrize(
    ("secret", "params", "skip", "made"),
    [
        ("helloworld", SELLER, (), "66987CB115214E59E6EC978214934FB8"),
        ("test", NICK, (), "72CB4D809B375A54502C09360D879C64"),
        ("testSecret", PDD, (), "E4DE3ED21002510DED352819E7AE6775"),
        ("yourappSecret", JD, ("format", "sign_method"), "D70825340F4084360B9362B60DFD7930"),
    ],
    ids=["Taobao, item", "Taobao, user", "Pinduoduo", "JD"],
)
def test_what_shops_publish_comes_out(secret: str, params: dict[str, str], skip: tuple[str, ...], made: str) -> None:
    how = msgspec.structs.replace(TAOBAO, skip=skip)
    sent = seal(how, secret, Unsigned(form=params))
    assert sent.form == {**params, "sign": made}
    assert holds(how, secret, made, Signable({**params, "sign": made}))


@pytest.mark.parametrize(
    ("digest", "key", "text", "made"),
    [  # RFC 2202 §2 and §3, RFC 4231 §4: test cases 2, whose key and text are text
        ("hmac-md5", "Jefe", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"),
        ("hmac-sha1", "Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (
            "hmac-sha256", "Jefe", "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        # and test cases 1, whose key is bytes that are text too
        ("hmac-md5", "\x0b" * 16, "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"),
        ("hmac-sha1", "\x0b" * 20, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
        ("hmac-sha256", "\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    ],
)  # fmt: skip
def test_keyed_digests_are_those_of_the_rfcs(digest: Any, key: str, text: str, made: str) -> None:
    parts, at = {"a": text[:3], "b": text[3:]}, Sign(of=("a", "b"), secret="key", digest=digest, parts="values")
    assert sign(at, key, Signable(parts)) == made
    assert sign(Sign(of="body", secret="key", digest=digest), key, Signable(body=text.encode())) == made
    assert sign(Sign(of="${a}${b}", secret="key", digest=digest), key, Signable(parts)) == made


def test_a_message_of_wechat_and_wecom_proves_itself() -> None:
    # vendors' samples: developers.weixin.qq.com and developer.work.weixin.qq.com, "encryption and decryption"
    echo = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
    how = msgspec.structs.replace(AMONG, of=("timestamp", "nonce", "Encrypt|echostr"), into="msg_signature")
    asked = Signable({"timestamp": "1409659589", "nonce": "263014780", "echostr": echo})
    assert sign(how, "QDG6eK", asked) == "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
    plain = Signable({"timestamp": "1409735669", "nonce": "1320562132"})
    assert sign(AMONG, "spamtest", plain) == "16120ec1b8dbb870f510d87ce6bc2463eae6ca1a"


def test_a_keyed_digest_of_the_body_in_base64_or_behind_a_prefix_proves_it() -> None:
    shop = Sign(of="body", secret="app", digest="hmac-sha256", encode="base64", header="X-Shopify-Hmac-Sha256")
    # docs.github.com, "Validating webhook deliveries"
    hub = Sign(of="body", secret="hook", digest="hmac-sha256", prefix="sha256=", header="X-Hub-Signature-256")
    made = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    said = Signable(body=b"Hello, World!")
    assert sign(hub, "It's a Secret to Everybody", said) == made
    assert holds(hub, "It's a Secret to Everybody", made, said)
    assert not holds(hub, "It's a Secret to Everybody", made.removeprefix("sha256="), said)
    assert (
        sign(shop, "It's a Secret to Everybody", said)
        == b64encode(bytes.fromhex(made.removeprefix("sha256="))).decode()
    )


def test_a_robot_of_feishu_signs_nothing_with_a_key_that_holds_the_secret() -> None:
    # open.feishu.cn, "Custom bot": the key is the time and the secret, the text is empty
    how = Sign(of="", secret="bot", digest="hmac-sha256", key="${timestamp}\n${secret}", encode="base64", into="sign")
    sent = seal(how, "demo", Unsigned(fields={"timestamp": "1599360473", "msg_type": "text"}))
    made = b64encode(hmac.digest(b"1599360473\ndemo", b"", "sha256")).decode()
    assert sent.fields == {"timestamp": "1599360473", "msg_type": "text", "sign": made}


def test_a_shop_that_signs_its_body_as_a_parameter_gets_it_canonical() -> None:
    how = Sign(
        style="wrap", of="all-sorted", secret="app", digest="hmac-sha256", into="sign", place="query",
        skip=("sign_method",), body_as="param_json", canonical=True,
    )  # fmt: skip
    body = canonical({"shop": "红<&>", "a": {"z": 1, "b": [1, None, True]}})
    assert body == '{"a":{"b":[1,null,true],"z":1},"shop":"红<&>"}'
    query = {"app_key": "7", "method": "order.searchList", "timestamp": "2024-01-02 10:11:12", "v": "2"}
    sent = seal(how, "s", Unsigned(query={**query, "sign_method": "hmac-sha256"}, body=body.encode(), fields={}))
    text = f"sapp_key7methodorder.searchListparam_json{body}timestamp2024-01-02 10:11:12v2s"
    assert sent.query["sign"] == sign(
        Sign(of="body", secret="app", digest="hmac-sha256"), "s", Signable(body=text.encode())
    )
    assert sent.fields == {}


def test_text_between_parts_and_before_the_secret_is_as_given() -> None:
    # pay.weixin.qq.com, "Signature algorithm" of version 2: pairs by name, then &key=
    how = Sign(
        style="suffix", of="all-sorted", secret="pay", digest="md5", case="upper", into="sign", drop_empty=True,
        join=Join(pair="=", between="&", secret="&key="),
    )  # fmt: skip
    fields = {
        "appid": "wxd930ea5d5a258f4f", "mch_id": "10000100", "device_info": "1000", "body": "test",
        "nonce_str": "ibuaiVcKdpRxkhJA", "attach": "",
    }  # fmt: skip
    sent = seal(how, "192006250b4c09247ec02edce69f6a2d", Unsigned(fields=fields))
    assert sent.fields == {**fields, "sign": "9A0A8659F005D6984697E2CA0A9CF3B7"}


def test_what_is_to_be_signed_and_not_sent_is_told() -> None:
    how = Sign(of=("timestamp", "nonce"), secret="token", digest="hmac-sha1", into="sign")
    with pytest.raises(BadSpec, match="“nonce” is to be signed but is not sent"):
        seal(how, "s", Unsigned(query={"timestamp": "1"}))
    assert not holds(how, "s", "", Signable({"timestamp": "1"}))


def test_a_signature_in_letters_of_the_other_case_holds_but_not_one_in_other_letters() -> None:
    assert holds(TAOBAO, "test", "72cb4d809b375a54502c09360d879c64", Signable(NICK))
    assert not holds(TAOBAO, "test", "72cb4d809b375a54502c09360d879c65", Signable(NICK))
    assert not holds(TAOBAO, "test", "", Signable(NICK))
    assert not holds(TAOBAO, "test", "\ud800", Signable(NICK))


@pytest.mark.parametrize(
    ("style", "text"),
    [("wrap", "s:a1b2:s"), ("prefix", "s:a1b2"), ("suffix", "a1b2:s"), ("plain", "a1b2")],
)
def test_the_secret_stands_where_the_style_says(style: Any, text: str) -> None:
    how = Sign(style=style, of="all-sorted", secret="app", digest="sha1", join=Join(secret=":"), into="sign")
    made = sign(Sign(of="body", secret="app", digest="sha1"), "s", Signable(body=text.encode()))
    assert sign(how, "s", Signable({"b": "2", "a": "1"})) == made


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (12, "12"), (Decimal("1.50"), "1.50"), (Decimal("1E+3"), "1000"),
        ("中", "中"), (b"\x00", "AA=="), ([1, "a"], '[1,"a"]'), ({"b": 1, "a": Decimal("0.1")}, '{"a":0.1,"b":1}'),
    ],
)  # fmt: skip
def test_a_value_is_signed_as_a_parameter_carries_it(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("how", "uses"),
    [
        (TAOBAO, True),
        (AMONG, True),
        (Sign(of="body", secret="a", digest="hmac-md5"), True),
        (Sign(of="body", secret="a", digest="md5"), False),
        (Sign(of="body", secret="a", digest="hmac-md5", key="${nonce}"), False),
        (Sign(of="${nonce}${secret}", secret="a", digest="sha256"), True),
    ],
)
def test_a_signature_that_anybody_can_make_is_known_for_one(how: Sign, uses: bool) -> None:
    assert uses_secret(how) is uses


_names = st.sampled_from(["a", "B", "ab", "a_b", "中", "v2", "app_key"])
_params = st.dictionaries(_names, st.text(max_size=6), max_size=4)
_styles: Any = st.sampled_from(["wrap", "prefix", "suffix", "plain"])
_digests: Any = st.sampled_from(["md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256"])


@given(_params, _params, _params, _styles, _digests, st.sampled_from(["query", "form", "json"]))
def test_what_is_signed_is_what_is_sent_but_for_the_signature(
    query: dict[str, str], form: dict[str, str], fields: dict[str, str], style: Any, digest: Any, place: Any
) -> None:
    """Of a request as it leaves, whoever has the secret finds the same signature; and no parameter can be changed."""
    how = Sign(style=style, of="all-sorted", secret="app", digest=digest, into="sign", place=place, join=Join(
        pair="=", between="&"))  # fmt: skip
    sent = seal(how, "secret", Unsigned(query=query, form=form, fields=fields))
    arrived = {**sent.query, **(sent.form or {}), **({} if place != "json" else sent.fields or {})}
    made = {"query": sent.query, "form": sent.form, "json": sent.fields}[place]
    assert made is not None
    given_ = str(made["sign"])
    assert holds(how, "secret", given_, Signable({name: text_of(value) for name, value in arrived.items()}))
    for name in arrived.keys() - {"sign"}:
        changed = {name_: text_of(value) for name_, value in arrived.items()} | {name: text_of(arrived[name]) + "x"}
        assert not holds(how, "secret", given_, Signable(changed))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=12,
    )
)
def test_canonical_json_is_the_same_however_its_keys_came(value: Any) -> None:
    def turned(one: Any) -> Any:
        if isinstance(one, dict):
            return {name: turned(inner) for name, inner in reversed(one.items())}
        return [turned(inner) for inner in one] if isinstance(one, list) else one

    assert canonical(turned(value)) == canonical(value)
    assert msgspec.json.decode(canonical(value)) == value
