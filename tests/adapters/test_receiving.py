"""Other systems bring orders by themselves: proven, each delivery once, the unreadable kept."""

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.adapters.pace import Bucket
from app.adapters.proofs import Arrived, Unproven
from app.adapters.receiving import Receiving
from app.adapters.recipes import Recipe
from app.adapters.secrets import Known, Masker
from app.adapters.sinks import RecordSink
from app.adapters.spec import read
from app.model.errors import TooMany
from app.records.records import Records
from app.settings import Limits
from app.storage import dead_letters, records
from tests.adapters.test_crypto import WECOM as WECOM_MESSAGE
from tests.adapters.test_crypto import WECOM_ECHO
from tests.domain import Domain

SECRET = "a word of the house"
SPEC = """\
source: mall
title: Mall
secrets: {key: vault:mall}
receive:
  proof:
    signed: {style: plain, of: body, with: key, digest: hmac-sha256, encode: base64, header: X-Signature}
  id: $headers.x-delivery
  reply: {text: success}
  pace: {per_second: 1, burst: 20}
records: {at: orders}
map: {id: sn, total: {from: pay, as: money}}
deliver: {to: orders}
"""

# WeCom's own samples, developer.work.weixin.qq.com, "Encryption and decryption".
WECOM = """\
source: mall
secrets: {token: vault:token, aes: vault:aes, corp: vault:corp}
settings: {prefix: m}
receive:
  proof:
    signed:
      style: among
      parts: sorted-values
      of: [timestamp, nonce, Encrypt|echostr]
      with: token
      digest: sha1
      into: msg_signature
  decrypt: {wechat: {key: aes, id: $corp}}
  check: {query: echostr}
  pace: {per_second: 1, burst: 20}
map: {id: {join: {of: [$settings.prefix, xml.MsgId]}}, note: xml.Content}
deliver: {to: orders}
"""
WECOM_KNOWN = {"token": "QDG6eK", "aes": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "corp": "wx5823bf96d3bd56c7"}


def receiving(domain: Domain, text: str = SPEC, known: Mapping[str, str] = {"key": SECRET}) -> Receiving:
    limits = Limits()
    (source,) = read(text.encode(), "mall.yaml", limits)
    kept = Records(domain.database, domain.ids, domain.clock, limits)
    sink = RecordSink(kept, source.name, source.version, source.deliver)  # type: ignore[arg-type]
    secrets = Known(known)
    bucket = Bucket(source.origin.pace, domain.clock.monotonic())  # type: ignore[union-attr,arg-type]
    return Receiving(
        source, Recipe(source, limits), sink, secrets, Masker(secrets.values()), bucket, domain.database, domain.ids,
        domain.clock, limits,
    )  # fmt: skip


def delivery(body: Any, number: str, key: str = SECRET, at: int = 0) -> Arrived:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = f"{number}.{at}.".encode() if at else b""
    made = base64.b64encode(hmac.new(key.encode(), signed + raw, "sha256").digest()).decode()
    headers = {"content-type": "application/json", "x-signature": made, "x-delivery": number, "x-time": str(at)}
    return Arrived(headers=headers, body=raw, address="93.184.216.34")


async def test_a_delivery_is_stored_before_it_is_answered_and_again_changes_nothing(domain: Domain) -> None:
    door = receiving(domain)
    orders = {"orders": [{"sn": "1", "pay": "1.5"}, {"sn": "2", "pay": "2"}]}
    assert (await door.answer(delivery(orders, "a"))).body == b"success"
    assert await records.counts(domain.database, "mall") == {"order": 2}
    changed = {"orders": [{"sn": "3", "pay": "1.5"}]}
    assert (await door.answer(delivery(changed, "a"))).body == b"success", "they may not have heard our answer"
    assert await records.counts(domain.database, "mall") == {"order": 2}


async def test_a_signature_that_is_good_once_is_good_once(domain: Domain) -> None:
    once = SPEC.replace(
        "header: X-Signature}", "header: X-Signature, once: X-Delivery, time: {name: X-Time, within: 5m}}"
    )
    door = receiving(domain, once.replace("of: body", 'of: "${X-Delivery}.${X-Time}.${body}"'))
    now = domain.clock.now_ms() // 1_000
    await door.answer(delivery({"orders": [{"sn": "1"}]}, "a", at=now))
    with pytest.raises(Unproven):
        await door.answer(delivery({"orders": [{"sn": "2"}]}, "a", at=now))
    with pytest.raises(Unproven):
        await door.answer(delivery({"orders": [{"sn": "2"}]}, "b", at=now - 301))
    await door.answer(delivery({"orders": []}, "b", at=now - 299))
    assert await records.counts(domain.database, "mall") == {"order": 1}


async def test_whoever_does_not_prove_himself_leaves_nothing_behind(domain: Domain) -> None:
    door = receiving(domain)
    changed = delivery({"orders": [{"sn": "1"}]}, "a")
    forged = Arrived(headers=changed.headers, body=b'{"orders": [{"sn": "2"}]}')
    for arrived in (forged, delivery({"orders": []}, "b", key="another"), Arrived(body=b"{}")):
        with pytest.raises(Unproven) as refused:
            await door.answer(arrived)
        assert refused.value.status == 401
    assert await records.counts(domain.database, "mall") == {}
    assert await dead_letters.page(domain.database, "mall", "", 9) == []


async def test_what_cannot_be_read_or_mapped_is_kept_with_its_bytes_and_answered(domain: Domain) -> None:
    door = receiving(domain)
    assert (await door.answer(delivery(b"{not json", "a"))).body == b"success"
    await door.answer(delivery({"orders": [{"sn": "1", "pay": "much"}, {"sn": "2", "pay": "1"}]}, "b"))
    letters = {one.stage: one for one in await dead_letters.page(domain.database, "mall", "", 9)}
    assert (letters["map"].path, letters["read"].form) == ("pay", "raw")
    found = await dead_letters.find(domain.database, letters["read"].id)
    assert found is not None
    assert found[1] == b"{not json"
    assert await records.counts(domain.database, "mall") == {"order": 1}


async def test_a_message_that_is_encrypted_is_read_and_their_trial_of_the_address_answered(domain: Domain) -> None:
    door = receiving(domain, WECOM, WECOM_KNOWN)
    sent = (
        ("msg_signature", "477715d11cdb4164915debcba66cb864d751f3e6"), ("timestamp", "1409659813"),
        ("nonce", "1372623149"),
    )  # fmt: skip
    body = f"<xml><ToUserName>wx5823bf96d3bd56c7</ToUserName><Encrypt><![CDATA[{WECOM_MESSAGE}]]></Encrypt></xml>"
    await door.answer(Arrived(query=sent, headers={"content-type": "text/xml"}, body=body.encode()))
    (kept,) = await domain.database.read("SELECT external_id FROM records")
    assert kept == ("m4561255354251345929",)
    trial = (
        ("msg_signature", "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"), ("timestamp", "1409659589"),
        ("nonce", "263014780"), ("echostr", WECOM_ECHO),
    )  # fmt: skip
    assert (await door.answer(Arrived(method="GET", query=trial))).body == b"1616140317555161061"
    for_another = receiving(domain, WECOM, {**WECOM_KNOWN, "corp": "wx0"})
    await for_another.answer(Arrived(query=sent, headers={"content-type": "text/xml"}, body=body.encode()))
    (letter,) = await dead_letters.page(domain.database, "mall", "", 9)
    assert (letter.stage, letter.path, letter.code) == ("read", "Encrypt", "adapter_decrypt")


async def test_too_many_at_once_are_asked_to_wait(domain: Domain) -> None:
    door = receiving(domain)
    for number in range(20):
        await door.answer(delivery({"orders": []}, str(number)))
    with pytest.raises(TooMany) as refused:
        await door.answer(delivery({"orders": []}, "x"))
    assert (refused.value.retry_after_ms or 0) > 0
    domain.clock.advance(2)
    await door.answer(delivery({"orders": []}, "x"))
