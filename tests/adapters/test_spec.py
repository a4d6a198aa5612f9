"""A spec's text: what is right becomes Sources; what is wrong is told with its place and what is allowed there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.errors import BadSpec, Mark
from app.adapters.maps.recipes import Recipe
from app.adapters.proving.signing import Signable, sign
from app.adapters.specs import model
from app.adapters.specs.cases import run_cases
from app.adapters.specs.model import (
    Act,
    Addresses,
    AllOf,
    AnyOf,
    AskCase,
    BasicProof,
    Bearer,
    Call,
    Events,
    Folder,
    MapCase,
    Receive,
    Send,
    SignCase,
    Signed,
    Source,
    Span,
    Subscribe,
    Times,
    Upsert,
)
from app.adapters.specs.reading import read, signing_of
from app.model.records import RecordKind
from app.settings import Limits

LIMITS = Limits()
SPECS = Path(__file__).parent / "specs"
PINDUODUO = SPECS / "pinduoduo.yaml"
# What each test changes one thing of.
POLLED = """\
source: mall
secrets: {key: env:MALL_KEY, kept: vault:mall}
settings: {shop: main, pause: 5m, on: false}
call:
  get: https://mall.example/orders
  query: {since: $window.start.unix, page: $page, shop: $settings.shop}
  headers: {X-Key: $key}
records: {at: orders, id: id, changed: updated_at}
follow: {by: changed, pages: first-to-last}
map:
  id: id
  shop: {value: mall}
deliver: {to: orders, key: [shop, id], newer: changed}
"""
RECEIVED = """\
source: hook
secrets: {hook: vault:hook, other: vault:other}
receive:
  proof: {bearer: hook}
map: {id: body.id, sender: body.from, text: body.text}
deliver: {to: messages.accept}
"""


def _read(text: str, **more: Any) -> Source:
    (source,) = read(text.encode(), "a.yaml", LIMITS, **more)
    return source


def _refusal(text: str, **more: Any) -> BadSpec:
    with pytest.raises(BadSpec) as raised:
        read(text.encode(), "a.yaml", LIMITS, **more)
    assert raised.value.zh.startswith(f"{raised.value.mark}：")
    assert re.search("[一-鿿]", raised.value.zh), "a person who reads Chinese is told too"
    return raised.value


def _place_of(text: str, part: str) -> Mark:
    """Where `part` stands in the text."""
    at = text.index(part)
    return Mark("a.yaml", text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1)


def test_a_spec_of_a_shop_is_read() -> None:
    (source,) = read(PINDUODUO.read_bytes(), "pinduoduo.yaml", LIMITS)
    assert source.name == "pinduoduo" and source.title.zh == "拼多多" and source.enabled
    assert {name: str(one) for name, one in source.secrets.items()} == {
        "client_id": "env:PDD_ID", "client_secret": "env:PDD_SECRET", "access_token": "vault:pdd",
    }  # fmt: skip
    call, follow, sink = source.origin, source.follow, source.deliver
    assert isinstance(call, Call) and follow is not None and isinstance(sink, Upsert)
    assert (call.method, call.url, call.bytes) == ("post", "https://gw-api.pinduoduo.com/api/router", 8_388_608)
    assert call.form is not None and isinstance(call.form.value, dict) and call.form.value["order_status"] == 5
    assert call.form.mark("page_size") == Mark("pinduoduo.yaml", 8, 106)
    assert call.retry.wait == Span(1.0, 60.0) and call.retry.on == ("network", "5xx", "limited")
    assert call.fails_when is not None and call.fails_when.limited == (70031, 70032)
    assert (follow.window, follow.behind, follow.overlap, follow.pages) == (1_800, 180, 120, "last-to-first")
    assert sink.kind is RecordKind.ORDER and sink.key == ("shop", "id")
    assert source.map is not None and source.map.mark("items", "map", "sku") == Mark("pinduoduo.yaml", 22, 39)
    mapped, signed = source.cases
    assert isinstance(mapped, MapCase) and mapped.expect is not None
    assert isinstance(signed, SignCase)


def test_a_vendors_vector_is_a_case_of_its_spec() -> None:
    (source,) = read(PINDUODUO.read_bytes(), "pinduoduo.yaml", LIMITS)
    how, case = signing_of(source), source.cases[1]
    assert how is not None and isinstance(case, SignCase)
    assert sign(how, case.secret, Signable(case.params)) == case.expect


def test_settings_are_filled_in_where_a_word_takes_no_reference_and_stay_where_it_does() -> None:
    text = POLLED.replace("{by: changed,", "{by: changed, every: $settings.pause,").replace(
        "source: mall", "source: mall\nenabled: $settings.on\nca: keys/${settings.shop}.pem"
    )
    source = _read(text.replace("https://mall.example", "https://${settings.shop}.mall.example"))
    call = source.origin
    assert isinstance(call, Call) and call.url == "https://main.mall.example/orders"
    assert source.follow is not None and source.follow.every == 300
    assert source.enabled is False and source.ca == "keys/main.pem"
    assert call.query is not None and isinstance(call.query.value, dict)
    assert call.query.value["shop"] == "$settings.shop" and source.settings["shop"] == "main"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("1s", 1), ("1.5m", 90), ("2h", 7_200), ("1d", 86_400), ('"30s"', 30)],
)
def test_durations_are_what_their_letters_say(text: str, seconds: float) -> None:
    follow = _read(POLLED.replace("{by: changed,", f"{{by: changed, every: {text},")).follow
    assert follow is not None and follow.every == seconds


@pytest.mark.parametrize(("text", "size"), [("512B", 512), ("1KB", 1_024), ("3MB", 3_145_728)])
def test_sizes_are_what_their_letters_say(text: str, size: int) -> None:
    call = _read(POLLED.replace("/orders\n", f"/orders\n  bytes: {text}\n")).origin
    assert isinstance(call, Call) and call.bytes == size


def test_numbers_are_taken_up_to_their_bounds() -> None:
    text = POLLED.replace("{by: changed,", "{by: changed, size: 10000, lanes: 16, first: 0, since: 3650d,")
    follow = _read(text.replace("/orders\n", "/orders\n  bytes: 64MB\n  pace: {per_second: 0.1}\n")).follow
    assert follow is not None and (follow.size, follow.lanes, follow.first, follow.since) == (
        10_000,
        16,
        0,
        315_360_000,
    )


def test_each_origin_becomes_its_own() -> None:
    for origin, kind in (
        ("folder: {path: drop/here, names: '*.csv', format: csv, done: in.., failed: ..x}", Folder),
        ("events: [ticket.created, ticket.updated]", Events),
        ("events: message.created", Events),
        ("times: {every: 5m}", Times),
        ('times: {at: "09:00", zone: Asia/Shanghai, days: [mon, fri]}', Times),
        ("subscribe: {ws: 'wss://x.example/feed', hello: [{op: sub, key: $key}], ping: 20s}", Subscribe),
        ("subscribe: {grpc: 'https://x.example/a.B/Watch', proto: {}, reflection: true}", Subscribe),
    ):
        source = _read(
            f"source: a\nsecrets: {{key: vault:k}}\n{origin}\nmap: {{title: x}}\ndeliver: {{to: tickets.open}}\n"
        )
        assert isinstance(source.origin, kind), origin
        assert isinstance(source.deliver, Act)
    times = _read('source: a\ntimes: {at: "09:00"}\nmap: {a: b}\ndeliver: {to: tickets.open, key: a}').origin
    assert isinstance(times, Times) and times.at == "09:00" and times.zone == "UTC"


def test_each_proof_becomes_its_own_and_several_must_all_hold() -> None:
    def proof(text: str) -> model.Proof:
        origin = _read(RECEIVED.replace("{bearer: hook}", text)).origin
        assert isinstance(origin, Receive)
        return origin.proof

    assert proof("{bearer: hook}") == Bearer(secret="hook", mark=Mark("a.yaml", 4, 19))
    assert proof("{bearer: $hook}") == proof("{bearer: hook}"), "as it is written elsewhere"
    named = proof("{bearer: {with: hook, header: X-Gitlab-Token}}")
    assert isinstance(named, Bearer) and named.header == "X-Gitlab-Token"
    basic = proof("{basic: {user: 12, password: hook}}")
    assert isinstance(basic, BasicProof) and basic.user == "12"
    signed = proof(
        "{signed: {of: '${t}:${body}', with: hook, digest: hmac-sha256, header: X-S, prefix: sha256=, "
        "time: {name: t, within: 2m, unit: milliseconds}, once: X-S}}"
    )
    assert isinstance(signed, Signed) and signed.time is not None and signed.time.within == 120
    assert signed.sign.header == "X-S" and signed.once == "X-S" and signed.sign.secret == "hook"
    both = proof("{bearer: hook, addresses: [10.0.0.0/8, '2001:db8::/32']}")
    assert isinstance(both, AllOf) and isinstance(both.proofs[1], Addresses)
    either = proof("{any: [{bearer: hook}, {bearer: other, addresses: 10.0.0.0/8}]}")
    assert isinstance(either, AnyOf) and [type(one) for one in either.proofs] == [Bearer, AllOf]


def test_a_call_outwards_is_a_sink_with_the_words_of_a_call() -> None:
    text = RECEIVED.replace(
        "{to: messages.accept}",
        "{post: 'https://erp.example/tickets', json: $mapped, idempotency: Idempotency-Key, keep: {id: data.id}, "
        "order: conversation, give_up: 2d, headers: {Authorization: 'Bearer ${other}'}}",
    )
    sink = _read(text).deliver
    assert isinstance(sink, Send) and sink.give_up == 172_800 and sink.keep == {"id": "data.id"}
    assert sink.json is not None and sink.json.value == "$mapped"


def test_a_trial_of_the_request_is_a_case() -> None:
    text = POLLED + (
        "cases:\n  - {name: asks, request: {now: '2026-01-01T00:00:00Z', page: 2, "
        "window: ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00+08:00']}, expect: {query: {page: '2'}}}\n"
    )
    (case,) = _read(text).cases
    assert isinstance(case, AskCase) and case.page == 2 and case.expect.value == {"query": {"page": "2"}}


def test_cases_hold_where_settings_and_secrets_take_part() -> None:
    text = POLLED.replace("shop: {value: mall}", "shop: $settings.shop") + (
        "cases:\n"
        "  - name: asks\n"
        "    request: {now: '2026-01-01T00:00:00Z', window: ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z']}\n"
        "    expect:\n"
        "      url: https://mall.example/orders?since=1767225600&page=1&shop=main\n"
        "      headers: {X-Key: secret}\n"
        "  - {name: maps, given: {id: 7}, expect: {id: 7, shop: main}}\n"
    )
    source = _read(text)
    assert [(one.name, one.held) for one in run_cases(source, Recipe(source, LIMITS), LIMITS)] == [
        ("asks", True), ("maps", True),
    ]  # fmt: skip
    (shop,) = read(PINDUODUO.read_bytes(), "pinduoduo.yaml", LIMITS)
    assert all(one.held for one in run_cases(shop, Recipe(shop, LIMITS), LIMITS))


def test_the_version_is_another_when_anything_that_counts_is() -> None:
    first = _read(POLLED).version
    assert (
        _read(POLLED.replace("\nmap:", "\n# a comment\nmap:").replace("{value: mall}", "{value:  'mall'}")).version
        == first
    )
    assert _read(POLLED.replace("{value: mall}", "{value: mail}")).version != first
    assert _read(POLLED.replace("env:MALL_KEY", "env:MALL_KEY2")).version != first


def test_a_file_of_several_names_each_once() -> None:
    found = read(f"{POLLED}---\n{RECEIVED}".encode(), "a.yaml", LIMITS)
    assert [one.name for one in found] == ["mall", "hook"]
    assert "a source “mall” in this file already" in _refusal(f"{POLLED}---\n{POLLED}").en


def test_a_text_of_the_console_names_secrets_of_the_vault_alone() -> None:
    refusal = _refusal(POLLED, vault_only=True)
    assert refusal.code == "adapter_secret_elsewhere" and refusal.mark == _place_of(POLLED, "env:MALL_KEY")
    assert _read(RECEIVED, vault_only=True).name == "hook"


def test_a_secret_that_is_written_out_is_refused_and_not_repeated() -> None:
    for written in ("hunter2-hunter2", "'env:'", "file:relative", "vault:../x", "vault:A", "[a]", "{a: b}", "12345678"):
        refusal = _refusal(POLLED.replace("env:MALL_KEY", written))
        assert refusal.code == "adapter_secret_written"
        assert written not in refusal.en and "env:NAME, file:/path or vault:name" in refusal.en
    for pasted in (
        "{bearer: s3cr3t-s3cr3t}",
        "{bearer: {with: s3cr3t-s3cr3t}}",
        "{basic: {user: a, password: s3cr3t-s3cr3t}}",
    ):
        refusal = _refusal(RECEIVED.replace("{bearer: hook}", pasted))
        assert "s3cr3t" not in refusal.en + refusal.zh and "one of those under `secrets`: hook, other." in refusal.en


def _wrong() -> Iterator[Any]:
    for line in (SPECS / "wrong.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            base, *change = line.replace("\\n", "\n").split(" | ")
            yield pytest.param({"POLLED": POLLED, "RECEIVED": RECEIVED}[base], *change, id=line[:80])


@pytest.mark.parametrize(("text", "old", "new", "at", "en"), list(_wrong()))
def test_what_is_wrong_is_told_where_it_stands(text: str, old: str, new: str, at: str, en: str) -> None:
    assert text.count(old) == 1, "the test changes one place"
    changed = text.replace(old, new)
    refusal = _refusal(changed)
    assert en in refusal.en
    begin = changed.index(new) if new else 0
    place = _place_of(changed[begin:], at)
    lines = changed.count("\n", 0, begin)
    offset = begin - (changed.rfind("\n", 0, begin) + 1) if place.line == 1 else 0
    assert (refusal.mark.line, refusal.mark.column) == (place.line + lines, place.column + offset)


def test_what_the_tests_change_is_right_itself() -> None:
    assert [_read(POLLED).name, _read(RECEIVED).name] == ["mall", "hook"]
