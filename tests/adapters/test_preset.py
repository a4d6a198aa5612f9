"""Presets: what they ask for is described, answers are checked by their types, and the rest is a spec as any other."""

import re
from typing import Any

import pytest

from app.adapters.errors import BadSpec, Mark
from app.adapters.specs.model import Call, Source, Upsert
from app.adapters.specs.preset import by_name
from app.adapters.specs.reading import read, read_presets
from app.settings import Limits

LIMITS = Limits()
PRESET = """\
preset: mall
title: {en: Mall, zh: 商城}
help: {en: By REST., zh: REST 接口。}
settings:
  address: {title: Address, type: address}
  shop: {title: {en: Shop, zh: 店铺}, default: main, help: Its name.}
  every: {title: Often, type: time, default: 5m}
  size: {title: Size, type: number, default: 50}
  state: {title: State, type: choice, choices: {new: New, all: {en: All, zh: 全部}}}
  live: {title: Live, type: switch, default: true}
secrets:
  key: {title: {en: Key, zh: 密钥}, help: On the page “API”.}
call:
  get: ${settings.address}/orders
  query: {state: $settings.state}
  headers: {X-Key: $key}
records: {at: orders, id: id}
follow: {every: $settings.every, size: $settings.size}
map: {id: id, shop: $settings.shop}
deliver: {to: orders, key: [shop, id]}
"""
OURS = """\
source: ours
preset: mall
settings: {address: "https://mall.example", state: all}
secrets: {key: vault:mall}
"""


def _read(text: str, preset: str = PRESET, **more: Any) -> tuple[Source, ...]:
    presets = by_name(read_presets(preset.encode(), "mall.yaml", LIMITS))
    return read(text.encode(), "a.yaml", LIMITS, presets, **more)


def _refusal(text: str, preset: str = PRESET) -> BadSpec:
    with pytest.raises(BadSpec) as raised:
        _read(text, preset)
    assert re.search("[一-鿿]", raised.value.zh)
    return raised.value


def test_a_preset_tells_what_it_asks_for() -> None:
    (preset,) = read_presets(PRESET.encode(), "mall.yaml", LIMITS)
    assert (preset.name, preset.part, preset.title.zh) == ("mall", "", "商城")
    assert preset.help is not None and preset.help.en == "By REST."
    assert {name: (one.type, one.default) for name, one in preset.settings.items()} == {
        "address": ("address", None), "shop": ("text", "main"), "every": ("time", "5m"), "size": ("number", 50),
        "state": ("choice", None), "live": ("switch", True),
    }  # fmt: skip
    assert {name: one.zh for name, one in preset.settings["state"].choices.items()} == {"new": "New", "all": "全部"}
    assert preset.secrets["key"].title.zh == "密钥"


def test_answers_make_a_source_of_it() -> None:
    (ours,) = _read(OURS)
    assert (ours.name, ours.preset, ours.title.zh, ours.mark) == ("ours", "mall", "商城", Mark("a.yaml", 1, 1))
    call = ours.origin
    assert isinstance(call, Call) and call.url == "https://mall.example/orders"
    assert call.mark.file == "mall.yaml" and isinstance(ours.deliver, Upsert)
    assert ours.follow is not None and (ours.follow.every, ours.follow.size) == (300, 50)
    assert ours.settings == {
        "address": "https://mall.example", "state": "all", "shop": "main", "every": "5m", "size": 50, "live": True,
    }  # fmt: skip
    assert str(ours.secrets["key"]) == "vault:mall"


def test_an_instance_says_itself_whether_it_runs_and_how_it_gets_out() -> None:
    (ours,) = _read(
        OURS + "title: Ours\nenabled: $settings.live\nallow: 10.0.0.5:80\nproxy: http://proxy:3128\nca: a.pem\n"
    )
    assert (ours.title.en, ours.enabled, ours.allow, ours.proxy, ours.ca) == (
        "Ours", True, ("10.0.0.5:80",), "http://proxy:3128", "a.pem",
    )  # fmt: skip
    assert _read(OURS + "enabled: false\n")[0].enabled is False
    assert "no host and port" in _refusal(OURS + "allow: nowhere\n").en


def test_the_version_follows_preset_and_answers() -> None:
    versions = {
        _read(OURS)[0].version,
        _read(OURS.replace("state: all", "state: new"))[0].version,
        _read(OURS, PRESET.replace("at: orders", "at: order"))[0].version,
    }
    assert len(versions) == 3
    assert _read(OURS, PRESET.replace("\nmap:", "\n# a comment\nmap:"))[0].version in versions


def test_parts_of_a_preset_become_sources_of_their_own_with_what_each_asks_for() -> None:
    sending = """\
preset: mall
part: status
title: Back
secrets: {token: {title: Token}}
events: ticket.updated
deliver: {post: "https://mall.example/tickets", json: $event, headers: {X-Token: $token}}
"""
    with_token = OURS.replace("key: vault:mall", "key: vault:mall, token: vault:token")
    first, second = _read(with_token, f"{PRESET}---\n{sending}")
    assert (first.name, second.name) == ("ours", "ours-status")
    assert set(first.secrets) == {"key"} and set(second.secrets) == {"token"}
    assert first.version != second.version and second.settings == {}
    assert "“secrets.token” is missing" in _refusal(OURS, f"{PRESET}---\n{sending}").en


@pytest.mark.parametrize(
    ("old", "new", "en"),
    [
        ("preset: mall", "preset: mal", "there is no preset “mal”. Did you mean “mall”?"),
        ("preset: mall", "preset: [mall]", "there is no preset a list"),
        ("preset: mall", "preset: mall\ncall: {get: x}", "“call” comes from the preset. Beside it stand only: source,"),
        ('address: "https://mall.example", ', "", "“settings.address” is missing here. Words: address, shop"),
        ("state: all", "state: al", "“state” cannot be “al”. Did you mean “all”?"),
        ("state: all", "state: [all]", "“state” cannot be a list"),
        ("state: all", "state: all, shp: x", "the word “shp” says nothing here. Did you mean “shop”?"),
        ("state: all", "state: all, every: often", "“every” takes a duration such as 5m; here stands “often”"),
        ("state: all", "state: all, size: many", "“size” takes a number; here stands “many”"),
        ("state: all", "state: all, size: true", "“size” takes a number"),
        ("state: all", "state: all, size: 20000", "“size” is 20000; allowed is 1 to 10000"),
        ("state: all", "state: all, live: 1", "“live” takes true or false; here stands “1”"),
        ("state: all", "state: all, shop: [a]", "“shop” takes a text; here stands a list"),
        ("state: all", "state: all, shop: ~", "“shop” takes a text"),
        ('"https://mall.example"', "mall.example", "“address” takes an address such as https://shop.example"),
        ('"https://mall.example"', "https://me:pw@mall.example", "“address” takes an address"),
        ('settings: {address: "https://mall.example", state: all}', "settings: x", "an object of these is expected"),
        ("secrets: {key: vault:mall}", "secrets: {}", "“secrets.key” is missing here. Words: key"),
        ("secrets: {key: vault:mall}", "secrets: {key: vault:mall, kye: vault:x}", "Did you mean “key”?"),
        ("secrets: {key: vault:mall}", "secrets: {key: written-out}", "is named by reference, never written"),
    ],
)
def test_answers_that_do_not_fit_are_told(old: str, new: str, en: str) -> None:
    assert OURS.count(old) == 1
    refusal = _refusal(OURS.replace(old, new))
    assert en in refusal.en
    assert "written-out" not in refusal.en


@pytest.mark.parametrize(
    ("old", "new", "en"),
    [
        ("preset: mall", "preset: Mall", "“preset” begins with a small letter"),
        ("title: {en: Mall, zh: 商城}\n", "", "“title” is missing here"),
        ("preset: mall\n", "", "“preset” is missing here"),
        ("deliver: {to: orders, key: [shop, id]}\n", "", "“deliver” is missing here"),
        ("$settings.size", "$settings.sise", "there is no setting “sise”. Did you mean “size”?"),
        ("$settings.state", "$settings.stat", "there is no setting “stat”. Did you mean “state”?"),
        ("X-Key: $key", "X-Key: $kye", "Did you mean “$key”?"),
        ("type: number", "type: nmuber", "“type” cannot be “nmuber”. Did you mean “number”?"),
        ("default: 50", "default: many", "“size” takes a number; here stands many"),
        ("default: 5m", "default: 5", "“every” takes a duration"),
        (", choices: {new: New, all: {en: All, zh: 全部}}", "", "`choices` belong to the type `choice`"),
        ("type: number, default: 50", "choices: {a: A}", "`choices` belong to the type `choice`"),
        ("  key: {title: {en: Key, zh: 密钥}, help: On the page “API”.}", "  key: env:KEY", "an object is expected"),
        (
            "  key: {title: {en: Key, zh: 密钥}, help: On the page “API”.}",
            "  k y: {title: x}",
            "a name begins with a letter",
        ),
        ("  shop: {title: {en: Shop, zh: 店铺}, default: main", "  shop: {default: main", "“title” is missing here"),
        ("  get: ${settings.address}/orders", "  get: ${settings.shop}/orders", "begins with https://"),
        ("at: orders, id: id", "at: orders, ident: id", "the word “ident” says nothing here"),
    ],
)
def test_a_preset_that_cannot_run_is_told_before_anybody_takes_it(old: str, new: str, en: str) -> None:
    assert PRESET.count(old) == 1
    with pytest.raises(BadSpec) as raised:
        read_presets(PRESET.replace(old, new).encode(), "mall.yaml", LIMITS)
    assert en in raised.value.en and raised.value.mark.file == "mall.yaml" and raised.value.mark.line > 0


PUSHED = """\
preset: mall
part: push
title: Pushed
enabled: $settings.push
settings: {push: {title: Pushed, type: switch, default: false}}
secrets: {hook: {title: Hook}}
receive: {proof: {bearer: hook}}
map: {id: id}
deliver: {to: orders}
"""


def test_a_part_is_there_only_where_it_is_asked_for_and_keeps_what_it_brings_with_the_others() -> None:
    both = f"{PRESET}---\n{PUSHED}"
    (alone,) = _read(OURS, both)
    assert (alone.name, alone.keeps_as) == ("ours", "ours")
    wanted = OURS.replace("state: all", "state: all, push: true")
    assert "“secrets.hook” is missing" in _refusal(wanted, both).en
    polled, pushed = _read(wanted.replace("key: vault:mall", "key: vault:mall, hook: vault:hook"), both)
    assert (polled.keeps_as, pushed.name, pushed.keeps_as) == ("ours", "ours-push", "ours")


def test_a_part_that_is_seldom_asked_for_is_tried_too() -> None:
    with pytest.raises(BadSpec, match="no “it”"):
        read_presets((PRESET + "---\n" + PUSHED.replace("deliver: {to", "deliver: {key: it, to")).encode(), "a", LIMITS)
