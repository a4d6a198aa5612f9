"""Other systems bring orders by themselves: proven, each delivery once, the unreadable kept."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from app.adapters.calls.pace import Strangers
from app.adapters.formats import xml
from app.adapters.formats.options import Message
from app.adapters.formats.protobuf import Schema
from app.adapters.maps.recipes import Recipe
from app.adapters.origins.documents import message_of
from app.adapters.origins.receiving import Receiving
from app.adapters.proving.crypto import decrypt
from app.adapters.proving.proofs import Arrived, Unproven
from app.adapters.proving.secrets import Known, Masker
from app.adapters.sinks.changes import Changed
from app.adapters.sinks.recording import RecordSink
from app.adapters.specs.model import Decrypt, Pace, Receive, Upsert
from app.adapters.specs.reading import read
from app.model.errors import TooMany
from app.records.records import Records
from app.settings import Limits
from app.storage import dead_letters, records, source_drift
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


def receiving(
    domain: Domain, text: str = SPEC, known: Mapping[str, str] = {"key": SECRET}, message: Message | None = None
) -> Receiving:
    limits = Limits()
    (source,) = read(text.encode(), "mall.yaml", limits)
    kept = Records(domain.database, domain.ids, domain.clock, limits)
    assert isinstance(source.deliver, Upsert)
    sink = RecordSink(kept, source.name, source.version, source.deliver, Changed("", ""))
    secrets = Known(known)
    return Receiving(
        source, Recipe(source, limits), sink, secrets, Masker(secrets.values()), domain.database, domain.ids,
        domain.clock, limits, message=message,
    )  # fmt: skip


REPLY = """\
  reply:
    xml:
      xml:
        ToUserName: $item.xml.FromUserName
        FromUserName: $item.xml.ToUserName
        CreateTime: $now.unix
        MsgType: text
        Content: "${headers.x-shop} has it: ${id}"
"""


def delivery(body: Any, number: str, key: str = SECRET, at: int = 0) -> Arrived:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = f"{number}.{at}.".encode() if at else b""
    made = base64.b64encode(hmac.new(key.encode(), signed + raw, "sha256").digest()).decode()
    headers = {"content-type": "application/json", "x-signature": made, "x-delivery": number, "x-time": str(at)}
    return Arrived(headers=headers, body=raw, address="93.184.216.34")


def wecom_delivery() -> Arrived:
    """WeCom's own sample."""
    sent = (
        ("msg_signature", "477715d11cdb4164915debcba66cb864d751f3e6"), ("timestamp", "1409659813"),
        ("nonce", "1372623149"),
    )  # fmt: skip
    body = f"<xml><ToUserName>wx5823bf96d3bd56c7</ToUserName><Encrypt><![CDATA[{WECOM_MESSAGE}]]></Encrypt></xml>"
    return Arrived(query=sent, headers={"content-type": "text/xml"}, body=body.encode())


def inside(document: bytes) -> dict[str, Any]:
    """What stands below the root."""
    tree: Any = xml.decode(document)
    found: dict[str, Any] = tree["xml"]
    return found


async def test_a_delivery_is_stored_before_it_is_answered_and_again_changes_nothing(domain: Domain) -> None:
    door = receiving(domain)
    orders = {"orders": [{"sn": "1", "pay": "1.5"}, {"sn": "2", "pay": "2"}]}
    assert (await door.answer(delivery(orders, "a"))).body == b"success"
    assert await records.counts(domain.database, "mall") == {"order": 2}
    changed = {"orders": [{"sn": "3", "pay": "1.5"}]}
    assert (await door.answer(delivery(changed, "a"))).body == b"success", "they may not have heard our answer"
    assert await records.counts(domain.database, "mall") == {"order": 2}


async def test_what_its_map_does_not_know_is_counted(domain: Domain) -> None:
    status = "status: {from: state, enum: {n: done}, else: unknown}"
    door = receiving(domain, SPEC.replace("map: {id: sn,", f"map: {{id: sn, {status},"))
    for number in ("a", "b", "b"):  # the last one is a retry
        await door.answer(delivery({"orders": [{"sn": number, "state": "odd", "colour": "red"}]}, number))
    counted = {(one.what, one.path, one.value): one.count for one in await source_drift.of(domain.database, "mall")}
    assert counted == {("value", "state", "odd"): 2, ("field", "colour", ""): 2}


async def test_a_signature_that_is_good_once_is_good_once(domain: Domain) -> None:
    once = SPEC.replace(
        "header: X-Signature}", "header: X-Signature, once: X-Delivery, time: {name: X-Time, within: 5m}}"
    )
    once = once.replace("  id: $headers.x-delivery\n", "")
    door = receiving(domain, once.replace("of: body", 'of: "${X-Delivery}.${X-Time}.${body}"'))
    now = domain.clock.now_ms() // 1_000
    await door.answer(delivery({"orders": [{"sn": "1"}]}, "a", at=now))
    await domain.database.write(lambda tx: tx.execute("DELETE FROM records"))
    again = await door.answer(delivery({"orders": [{"sn": "1"}]}, "a", at=now))
    assert again.body == b"success", "they may not have heard our answer"
    assert await records.counts(domain.database, "mall") == {}, "and it is not taken anew"
    with pytest.raises(Unproven):
        await door.answer(delivery({"orders": [{"sn": "2"}]}, "a", at=now))
    with pytest.raises(Unproven):
        await door.answer(delivery({"orders": [{"sn": "2"}]}, "b", at=now - 301))
    await door.answer(delivery({"orders": [{"sn": "3"}]}, "b", at=now - 299))
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
    assert found.raw == b"{not json"
    assert await records.counts(domain.database, "mall") == {"order": 1}


async def test_a_message_that_is_encrypted_is_read_and_their_trial_of_the_address_answered(domain: Domain) -> None:
    door = receiving(domain, WECOM, WECOM_KNOWN)
    await door.answer(wecom_delivery())
    (kept,) = await domain.database.read("SELECT external_id FROM records")
    assert kept == ("m4561255354251345929",)
    trial = (
        ("msg_signature", "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"), ("timestamp", "1409659589"),
        ("nonce", "263014780"), ("echostr", WECOM_ECHO),
    )  # fmt: skip
    assert (await door.answer(Arrived(method="GET", query=trial))).body == b"1616140317555161061"
    for_another = receiving(domain, WECOM, {**WECOM_KNOWN, "corp": "wx0"})
    await for_another.answer(wecom_delivery())
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


async def test_who_proves_nothing_uses_up_nothing_of_those_who_do(domain: Domain) -> None:
    door = receiving(domain, SPEC.replace("burst: 20", "burst: 1"))
    limits = Limits()
    forged = replace(delivery({"orders": []}, "a", key="another"), address="198.51.100.7")
    for _ in range(limits.source_unproven_burst):
        with pytest.raises(Unproven):
            await door.answer(forged)
    with pytest.raises(TooMany):
        await door.answer(forged)
    with pytest.raises(TooMany):  # what is refused by its address is not looked at, however good it is
        await door.answer(replace(delivery({"orders": []}, "a"), address="::ffff:198.51.100.7"))
    await door.answer(delivery({"orders": []}, "a"))
    domain.clock.advance(120)
    await door.answer(replace(delivery({"orders": []}, "b"), address="198.51.100.7"))


async def test_what_was_overheard_uses_up_nothing_either(domain: Domain) -> None:
    once = SPEC.replace(
        "header: X-Signature}", "header: X-Signature, once: X-Delivery, time: {name: X-Time, within: 5m}}"
    ).replace("burst: 20", "burst: 2")
    door = receiving(domain, once.replace("of: body", 'of: "${X-Delivery}.${X-Time}.${body}"'))
    now = domain.clock.now_ms() // 1_000
    overheard = delivery({"orders": []}, "a", at=now)
    for _ in range(30):
        assert (await door.answer(overheard)).body == b"success"
    await door.answer(delivery({"orders": []}, "b", at=now))
    with pytest.raises(TooMany):
        await door.answer(delivery({"orders": []}, "c", at=now))


async def test_addresses_are_forgotten_the_longest_ago_first(domain: Domain) -> None:
    strangers = Strangers(Pace(per_second=1, burst=1), 2)
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3"):
        strangers.failed(address, 0)
    assert [strangers.wait(f"192.0.2.{last}", 0) for last in (1, 2, 3)] == [2, 0, 1]


async def test_they_are_answered_by_what_they_said(domain: Domain) -> None:
    spec = SPEC.replace("  reply: {text: success}\n", REPLY)
    door = receiving(domain, spec)
    body = b"<xml><ToUserName>desk</ToUserName><FromUserName>ann &amp; co</FromUserName></xml>"
    sent = delivery(body, "7")
    sent = replace(sent, headers={**sent.headers, "content-type": "text/xml", "x-shop": "mall"})
    told = await door.answer(sent)
    assert told.content_type.startswith("application/xml")
    now = domain.clock.now_ms() // 1_000
    answer = {"ToUserName": "ann & co", "FromUserName": "desk", "CreateTime": str(now), "MsgType": "text"}
    assert xml.decode(told.body) == {"xml": {**answer, "Content": "mall has it: 7"}}
    as_json = receiving(domain, spec.replace("    xml:\n      xml:", "    json:\n      said:"))
    assert json.loads((await as_json.answer(sent)).body)["said"]["ToUserName"] == "ann & co"
    nothing = delivery(b"<xml>", "8")
    assert (await door.answer(nothing)).body == b"", "it is kept aside; of what they said nothing can be told"


async def test_who_encrypts_is_answered_in_kind(domain: Domain) -> None:
    door = receiving(domain, WECOM.replace("  pace:", f"  id: xml.MsgId\n{REPLY}  pace:"), WECOM_KNOWN)
    sent = wecom_delivery()
    sent = replace(sent, headers={**sent.headers, "x-shop": "mall"})
    envelope = inside((await door.answer(sent)).body)
    signed = sorted([WECOM_KNOWN["token"], *(envelope[name] for name in ("Encrypt", "TimeStamp", "Nonce"))])
    assert envelope["MsgSignature"] == hashlib.sha1("".join(signed).encode()).hexdigest()
    how = Decrypt(key="aes")
    told = inside(decrypt(how, WECOM_KNOWN["aes"], WECOM_KNOWN["corp"], envelope["Encrypt"]))
    assert told["ToUserName"] == "mycreate"
    text = WECOM.replace("  pace:", "  reply: {json: {said: success}}\n  pace:")
    sealed = json.loads((await receiving(domain, text, WECOM_KNOWN).answer(sent)).body)
    assert set(sealed) == {"encrypt", "msg_signature", "timeStamp", "nonce"}
    told_so = decrypt(how, WECOM_KNOWN["aes"], WECOM_KNOWN["corp"], sealed["encrypt"])
    assert told_so == b'{"said":"success"}', "DingTalk's way"
    other = inside((await door.answer(sent)).body)
    assert other["Encrypt"] != envelope["Encrypt"], "nobody learns that two answers are the same"


async def test_what_was_taken_is_forgotten_when_its_retry_cannot_come_any_more(domain: Domain) -> None:
    door = receiving(domain)
    await door.answer(delivery({"orders": []}, "a"))
    domain.clock.advance(3_600)
    await door.answer(delivery({"orders": []}, "b"))

    async def kept() -> list[str]:
        rows = await domain.database.read("SELECT delivery_id FROM source_deliveries ORDER BY delivery_id")
        return [str(row[0]) for row in rows]

    domain.clock.advance(Limits().source_deliveries_hours * 3_600 - 3_599)
    await door.tidy()
    assert await kept() == ["id:b"]
    domain.clock.advance(3_600)
    await door.tidy()
    assert await kept() == []


async def test_one_record_that_fails_is_kept_aside_with_the_version_and_its_name(domain: Domain) -> None:
    text = SPEC.replace("records: {at: orders}", "records: {at: orders, id: sn}")
    door = receiving(domain, text)
    await door.answer(delivery({"orders": [{"sn": "1", "pay": "1"}, {"sn": "2", "pay": "x"}, {"sn": "3"}]}, "a"))
    assert await records.counts(domain.database, "mall") == {"order": 2}
    (letter,) = await dead_letters.page(domain.database, "mall", "", 9)
    (source,) = read(text.encode(), "mall.yaml", Limits())
    assert (letter.external_id, letter.path, letter.stage, letter.spec) == ("2", "pay", "map", source.version)
    kept = await dead_letters.find(domain.database, letter.id)
    assert kept is not None
    assert kept.raw == b'{"sn":"2","pay":"x"}'


@pytest.mark.parametrize(
    ("content_type", "body", "kept"),
    [
        ("text/plain", b'{"orders": [{"sn": "1"}]}', 1),
        ("application/json", b'{"orders": [{"sn": "1"}]}', 1),
        ("", b"<orders><sn>1</sn></orders>", 1),
        ("text/xml", b'{"orders": [{"sn": "1"}]}', 0),
        ("application/x-www-form-urlencoded", b"sn=1", 0),
    ],
)
async def test_what_the_sender_calls_it_counts_before_what_it_looks_like(
    domain: Domain, content_type: str, body: bytes, kept: int
) -> None:
    door = receiving(domain)
    sent = delivery(body, "a")
    await door.answer(replace(sent, headers={**sent.headers, "content-type": content_type}))
    assert (await records.counts(domain.database, "mall")).get("order", 0) == kept
    read_not = [one.stage for one in await dead_letters.page(domain.database, "mall", "", 9)]
    assert read_not == (["read"] if content_type == "text/xml" else [])


PROTO = (
    'syntax = "proto3"; package acme; message Orders { repeated Order orders = 1; } message Order { string sn = 1; }'
)


@pytest.mark.parametrize(("format_", "content_type"), [("auto", "application/x-protobuf"), ("proto", "")])
async def test_protobuf_is_read_by_the_message_that_the_spec_names(
    domain: Domain, tmp_path: Path, format_: str, content_type: str
) -> None:
    (tmp_path / "acme.proto").write_text(PROTO, encoding="utf-8")
    text = SPEC.replace("  id:", f"  proto_files: [acme.proto]\n  message: acme.Orders\n  format: {format_}\n  id:")
    (source,) = read(text.encode(), "mall.yaml", Limits())
    assert isinstance(source.origin, Receive)
    door = receiving(domain, text, message=message_of(source.origin, source.origin.message, tmp_path, Limits()))
    raw = Schema.of_texts({"acme.proto": PROTO}, Limits()).message("acme.Orders").encode({"orders": [{"sn": "1"}]})
    sent = delivery(raw, "a")
    await door.answer(replace(sent, headers={**sent.headers, "content-type": content_type}))
    assert await records.counts(domain.database, "mall") == {"order": 1}
