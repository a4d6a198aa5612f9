"""Incoming proof: what vendors send is believed; forged, late, repeated and doubled requests are not, all alike."""

import base64
import hmac
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.adapters.errors import BadDocument
from app.adapters.proving.proofs import Arrived, Unproven, named, prove
from app.adapters.proving.secrets import Known
from app.adapters.proving.signing import Signable, sign
from app.adapters.specs.model import (
    Addresses,
    AllOf,
    AnyOf,
    BasicProof,
    Bearer,
    Certificate,
    Proof,
    Sign,
    Signed,
    Window,
)
from app.model.arrivals import ClientCertificate

KNOWN = Known({"hook": "It's a Secret to Everybody", "token": "QDG6eK", "spare": "third-of-them"})
NOW = 1_409_659_600.0
HUB = Signed(sign=Sign(of="body", secret="hook", digest="hmac-sha256", prefix="sha256=", header="X-Hub-Signature-256"))
SHOPIFY = Signed(
    sign=Sign(of="body", secret="hook", digest="hmac-sha256", encode="base64", header="X-Shopify-Hmac-Sha256")
)
WOOCOMMERCE = Signed(
    sign=Sign(of="body", secret="hook", digest="hmac-sha256", encode="base64", header="X-WC-Webhook-Signature")
)
WECOM = Signed(
    sign=Sign(
        style="among", of=("timestamp", "nonce", "Encrypt|echostr"), secret="token", digest="sha1",
        parts="sorted-values", into="msg_signature",
    ),
    time=Window(name="timestamp"),
    once="msg_signature",
)  # fmt: skip
SLACK = Signed(
    sign=Sign(
        of="v0:${x-slack-request-timestamp}:${body}", secret="hook", digest="hmac-sha256", prefix="v0=",
        header="X-Slack-Signature",
    ),
    time=Window(name="X-Slack-Request-Timestamp"),
    once="X-Slack-Signature",
)  # fmt: skip
HELLO = Arrived(
    headers={"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
    body=b"Hello, World!",
)
ECHO = Arrived(
    method="GET",
    query=(
        ("msg_signature", "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"), ("timestamp", "1409659589"),
        ("nonce", "263014780"),
        ("echostr", "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="),
    ),
)  # fmt: skip


def _never(key: str) -> bool:
    return False


def _proves(proof: Proof, arrived: Arrived, now: float = NOW, seen: Callable[[str], bool] = _never) -> bool:
    try:
        prove(proof, KNOWN, arrived, now, seen)
    except Unproven:
        return False
    return True


def _reason(proof: Proof, arrived: Arrived, now: float = NOW, seen: Callable[[str], bool] = _never) -> str:
    with pytest.raises(Unproven) as raised:
        prove(proof, KNOWN, arrived, now, seen)
    assert raised.value.code == "adapter_unproven" and raised.value.status == 401
    assert raised.value.en.startswith("This source could not tell")
    assert not any(secret in raised.value.reason for secret in KNOWN.values())
    return raised.value.reason


def _with(arrived: Arrived, name: str, value: str) -> Arrived:
    return replace(arrived, query=tuple((one, value if one == name else old) for one, old in arrived.query))


def _slack(at: float, body: bytes = b"token=x", **changed: Any) -> Arrived:
    stamp = str(int(at))
    made = sign(SLACK.sign, KNOWN["hook"], Signable({"x-slack-request-timestamp": stamp}, body))
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": made, **changed}
    return Arrived(headers=headers, body=body)


def test_what_a_hub_signs_is_believed_and_no_other_body() -> None:
    assert _proves(HUB, HELLO)
    assert "of something else" in _reason(HUB, replace(HELLO, body=b"Hello, World?"))
    assert "no signature in X-Hub-Signature-256" in _reason(HUB, replace(HELLO, headers={}))


@pytest.mark.parametrize(
    ("proof", "header"), [(SHOPIFY, "x-shopify-hmac-sha256"), (WOOCOMMERCE, "x-wc-webhook-signature")]
)
def test_what_a_shop_signs_in_base64_is_believed(proof: Signed, header: str) -> None:
    made = base64.b64encode(hmac.digest(KNOWN["hook"].encode(), b'{"id":1}', "sha256")).decode()
    assert _proves(proof, Arrived(headers={header: made}, body=b'{"id":1}'))
    assert not _proves(proof, Arrived(headers={header: made}, body=b'{"id":2}'))


def test_wecoms_own_sample_is_believed_in_its_time_and_not_with_anything_changed() -> None:
    assert _proves(WECOM, ECHO)
    for name in ("msg_signature", "timestamp", "nonce", "echostr"):
        assert not _proves(WECOM, _with(ECHO, name, "1409659590"))
        assert not _proves(WECOM, _with(ECHO, name, ""))


@pytest.mark.parametrize(("minutes", "proves"), [(0, True), (4.9, True), (-4.9, True), (5.1, False), (-5.1, False)])
def test_a_clock_that_is_further_off_than_the_window_is_not_believed(minutes: float, proves: bool) -> None:
    assert _proves(WECOM, ECHO, 1_409_659_589 + minutes * 60) is proves


@pytest.mark.parametrize(
    ("unit", "said", "proves"),
    [
        ("seconds", "1409659589", True),
        ("milliseconds", "1409659589000", True),
        ("milliseconds", "1409659589", False),
        ("iso", "2014-09-02T12:06:29Z", True),
        ("iso", "2014-09-02T20:06:29+08:00", True),
        ("iso", "2014-09-02T12:06:29", True),
        ("iso", "tomorrow", False),
        ("seconds", "-1409659589", False),
        ("seconds", "١٤٠٩٦٥٩٥٨٩", False),
        ("seconds", "9" * 400, False),
        ("seconds", "nan", False),
    ],
)
def test_times_are_read_as_the_spec_says(unit: Any, said: str, proves: bool) -> None:
    how = Sign(of="${t}", secret="hook", digest="hmac-sha1", into="sign")
    made = sign(how, KNOWN["hook"], Signable({"t": said}))
    proof = Signed(sign=how, time=Window(name="t", unit=unit))
    assert _proves(proof, Arrived(query=(("t", said), ("sign", made)))) is proves


def test_what_came_once_does_not_come_twice_and_is_remembered_no_longer_than_it_would_be_believed() -> None:
    (once,) = prove(WECOM, KNOWN, ECHO, NOW, _never)
    assert once.until == 1_409_659_589 + 300
    assert _reason(WECOM, ECHO, seen=lambda key: key == once.key) == "it came before"
    in_capitals = _with(ECHO, "msg_signature", "5C45FF5E21C57E6AD56BAC8758B79B1D9AC89FD3")
    assert prove(WECOM, KNOWN, in_capitals, NOW, _never) == (once,), "the same signature in other letters"


def test_a_forger_fills_no_memory() -> None:
    asked: list[str] = []

    def seen(key: str) -> bool:
        asked.append(key)
        return False

    assert not _proves(WECOM, _with(ECHO, "nonce", "1"), seen=seen)
    assert not _proves(AllOf(proofs=(WECOM, Bearer(secret="hook"))), ECHO, seen=seen)
    assert asked == []


def test_a_time_in_a_header_is_that_which_was_signed() -> None:
    assert _proves(SLACK, _slack(NOW))
    assert not _proves(SLACK, _slack(NOW - 301))
    old = _slack(NOW - 3_600)
    fresh = replace(old, headers={**old.headers, "x-slack-request-timestamp": str(int(NOW))})
    assert not _proves(SLACK, fresh)
    both = replace(fresh, query=(("x-slack-request-timestamp", old.headers["x-slack-request-timestamp"]),))
    assert "x-slack-request-timestamp comes twice" in _reason(SLACK, both)


def test_what_is_proven_cannot_be_another_than_what_is_used() -> None:
    """An old message's signature beside a new message: which of both would be decrypted?"""
    query = tuple(pair for pair in ECHO.query if pair[0] != "echostr")
    sent = ECHO.query[-1][1]
    proven = Arrived(query=query, parsed=lambda: {"xml": {"Encrypt": sent, "AgentID": "218"}})
    assert _proves(WECOM, proven) and named("Encrypt", proven) == sent
    beside = Arrived(query=(*query, ("Encrypt", sent)), parsed=lambda: {"xml": {"Encrypt": "forged"}})
    assert "Encrypt comes twice" in _reason(WECOM, beside)
    instead = replace(proven, query=(*query, ("echostr", "forged")))
    assert "more than one is there" in _reason(WECOM, instead)
    doubled = replace(ECHO, query=(("echostr", "forged"), *ECHO.query))
    assert "echostr comes twice" in _reason(WECOM, doubled)
    hidden = Arrived(query=query, parsed=lambda: {"Encrypt": sent, "xml": {"Encrypt": "forged"}})
    assert _proves(WECOM, hidden) and named("Encrypt", hidden) == sent


def test_all_parameters_are_those_of_the_address_and_of_the_form() -> None:
    how = Sign(style="wrap", of="all-sorted", secret="hook", digest="md5", case="upper", into="sign")
    proof = Signed(sign=how)
    made = sign(how, KNOWN["hook"], Signable({"a": "1", "b": "2 3", "c": ""}))
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    sent = Arrived(query=(("a", "1"), ("sign", made)), headers=form, body=b"b=2+3&c=")
    assert _proves(proof, sent)
    assert not _proves(proof, replace(sent, body=b"b=2+3&c=&d=4"))
    assert "a comes twice" in _reason(proof, replace(sent, body=b"b=2+3&c=&a=2"))
    assert "b comes twice" in _reason(proof, replace(sent, body=b"b=2+3&b=4&c="))
    assert "cannot be read" in _reason(proof, replace(sent, body=b"&".join(b"%d=1" % n for n in range(1_001))))
    assert "cannot be read" in _reason(proof, replace(sent, body=b"\xff"))


def test_fields_of_a_document_count_where_the_spec_says_so() -> None:
    how = Sign(style="suffix", of="all-sorted", secret="hook", digest="md5", into="sign", place="xml")
    made = sign(how, KNOWN["hook"], Signable({"mch_id": "1", "fee": "20"}))
    sent = Arrived(parsed=lambda: {"xml": {"mch_id": "1", "fee": 20, "sign": made}})
    assert _proves(Signed(sign=how), sent)
    assert not _proves(Signed(sign=how), Arrived(parsed=lambda: {"xml": {"mch_id": "1", "fee": 2, "sign": made}}))


def test_a_body_that_cannot_be_read_proves_nothing() -> None:
    def broken() -> Any:
        raise BadDocument("xml", "", "broken", "")

    assert "the body cannot be read" in _reason(WECOM, Arrived(query=ECHO.query, parsed=broken))
    assert _proves(WECOM, replace(ECHO, parsed=broken)), "a GET has none"


@pytest.mark.parametrize(
    ("proof", "sent", "proves"),
    [
        (Bearer(secret="token"), Arrived(headers={"authorization": "Bearer QDG6eK"}), True),
        (Bearer(secret="token"), Arrived(headers={"authorization": "bearer  QDG6eK"}), True),
        (Bearer(secret="token"), Arrived(headers={"authorization": "Basic QDG6eK"}), False),
        (Bearer(secret="token"), Arrived(headers={"authorization": "Bearer QDG6ek"}), False),
        (Bearer(secret="token"), Arrived(headers={"authorization": "Bearer "}), False),
        (Bearer(secret="token"), Arrived(), False),
        (Bearer(secret="token", header="X-Gitlab-Token"), Arrived(headers={"x-gitlab-token": "QDG6eK"}), True),
        (Bearer(secret="token", header="X-Gitlab-Token"), Arrived(headers={"authorization": "Bearer QDG6eK"}), False),
        (Bearer(secret="token", query="key"), Arrived(query=(("key", "QDG6eK"),)), True),
        (Bearer(secret="token", query="key"), Arrived(query=(("key", "x"), ("key", "QDG6eK"))), False),
        (Bearer(secret="token", query="key"), Arrived(query=(("other", "QDG6eK"),)), False),
        (BasicProof(user="erp", password="token"), Arrived(headers={"authorization": "Basic ZXJwOlFERzZlSw=="}), True),
        (BasicProof(user="erp", password="hook"), Arrived(headers={"authorization": "Basic ZXJwOlFERzZlSw=="}), False),
        (BasicProof(user="crm", password="token"), Arrived(headers={"authorization": "Basic ZXJwOlFERzZlSw=="}), False),
        (BasicProof(user="erp", password="token"), Arrived(headers={"authorization": "Token ZXJwOlFERzZlSw=="}), False),
        (BasicProof(user="erp", password="token"), Arrived(headers={"authorization": "Basic !"}), False),
        (BasicProof(user="erp", password="token"), Arrived(headers={"authorization": "Basic /w=="}), False),
        (Addresses(networks=("10.0.0.0/8", "::1")), Arrived(address="10.1.2.3"), True),
        (Addresses(networks=("10.0.0.0/8",)), Arrived(address="::ffff:10.1.2.3"), True),
        (Addresses(networks=("10.0.0.0/8", "::1")), Arrived(address="11.0.0.1"), False),
        (Addresses(networks=("10.0.0.0/8", "::1")), Arrived(address="::1"), True),
        (Addresses(networks=("10.0.0.0/8",)), Arrived(address=""), False),
        (Certificate(subject="erp.example"), Arrived(peer=ClientCertificate(("ERP.example",), "ab")), True),
        (Certificate(subject="erp.example"), Arrived(peer=ClientCertificate(("crm.example",), "ab")), False),
        (Certificate(fingerprint="AB:CD"), Arrived(peer=ClientCertificate((), "abcd")), True),
        (Certificate(fingerprint="AB:CD", subject="erp"), Arrived(peer=ClientCertificate(("crm",), "abcd")), False),
        (Certificate(fingerprint="AB:CD", subject="erp"), Arrived(peer=ClientCertificate(("erp",), "abce")), False),
        (Certificate(subject="erp"), Arrived(), False),
        (Certificate(), Arrived(peer=ClientCertificate(("erp",), "abcd")), False),
        (AnyOf(proofs=(HUB, Addresses(networks=("::1",)))), replace(HELLO, body=b"", address="::1"), True),
        (AnyOf(proofs=(HUB, Addresses(networks=("::1",)))), HELLO, True),
        (AnyOf(proofs=(HUB, Addresses(networks=("::1",)))), replace(HELLO, body=b""), False),
        (AnyOf(proofs=()), HELLO, False),
        (AllOf(proofs=(HUB, Addresses(networks=("::1",)))), replace(HELLO, address="::1"), True),
        (AllOf(proofs=(HUB, Addresses(networks=("::1",)))), HELLO, False),
    ],
)  # fmt: skip
def test_each_proof_believes_its_own_and_no_other(proof: Proof, sent: Arrived, proves: bool) -> None:
    assert _proves(proof, sent) is proves
    if not proves:
        _reason(proof, sent)


def test_a_secret_that_is_empty_opens_nothing() -> None:
    empty = Known({"token": ""})
    for sent in (Arrived(headers={"authorization": "Bearer "}), Arrived(headers={"authorization": "Basic Og=="})):
        for proof in (Bearer(secret="token"), BasicProof(user="", password="token")):
            with pytest.raises(Unproven):
                prove(proof, empty, sent, NOW, _never)


@given(st.dictionaries(st.text("abc", min_size=1), st.text(max_size=8), max_size=4), st.binary(max_size=40))
def test_only_a_body_that_was_signed_is_believed(headers: dict[str, str], body: bytes) -> None:
    sent = _slack(NOW, body, **headers)
    assert _proves(SLACK, sent)
    assert not _proves(SLACK, replace(sent, body=body + b"\x00"))


def test_a_nonce_in_a_header_is_what_comes_once() -> None:
    how = Sign(of="${x-nonce}${body}", secret="hook", digest="hmac-sha256", header="X-Sign")
    proof = Signed(sign=how, once="X-Nonce")  # the reader wants a window beside it, so that memory ends
    made = sign(how, KNOWN["hook"], Signable({"x-nonce": "n1"}, b"b"))
    sent = Arrived(headers={"x-nonce": "n1", "x-sign": made}, body=b"b")
    other = replace(
        sent, headers={"x-nonce": "n2", "x-sign": sign(how, KNOWN["hook"], Signable({"x-nonce": "n2"}, b"b"))}
    )
    assert prove(proof, KNOWN, sent, NOW, _never) == prove(proof, KNOWN, sent, NOW + 1, _never)
    assert "no X-Nonce" in _reason(Signed(sign=HUB.sign, once="X-Nonce"), HELLO)
    assert prove(proof, KNOWN, other, NOW, _never) != prove(proof, KNOWN, sent, NOW, _never)
