"""Specs as anybody may write them: sources or a refusal with its place, the same the next time."""

from pathlib import Path

from app.adapters.errors import BadSpec
from app.adapters.specs.model import Source
from app.adapters.specs.preset import by_name
from app.adapters.specs.reading import read, read_presets
from app.settings import Limits
from tests.fuzz.watch import Fault

_SHOP = Path(__file__).parents[2] / "adapters" / "specs" / "pinduoduo.yaml"
_PRESET = b"""\
preset: mall
title: Mall
settings: {every: {title: Often, type: time, default: 5m}, shop: {title: Shop}}
secrets: {key: {title: Key}}
call: {get: "https://${settings.shop}.example/", headers: {X-Key: $key}}
follow: {every: $settings.every}
map: {id: id, shop: $settings.shop}
deliver: {to: orders, key: [shop, id]}
"""


class Specs:
    seeds = (
        _SHOP.read_bytes()[:1_000],
        b"source: a\nsecrets: {k: vault:k}\nreceive: {proof: {bearer: k}}\nmap: {t: b}\ndeliver: {to: tickets.open}",
        b"source: a\nevents: [ticket.created]\ndeliver: {post: 'https://x.example', json: $event}",
        b"source: a\npreset: mall\nsettings: {shop: b}\nsecrets: {key: vault:k}\nallow: 'a:1'",
        b"source: a\nsecrets: {k: written}\ntimes: {at: '09:00', zone: UTC}\nmap: {a: b}\ndeliver: {to: orders}",
        b"source: a\ncall: {get: 'https://x.example/${page}'}\nfollow: {pages: cursor, next: n}\nmap: {id: {from: a}}",
        b"a: &a [1, 2]\nb: [*a, *a]\n---\n? x\n: |\n  y\n",
        _PRESET,
    )  # fmt: skip
    words = (
        b"\n  ", b": ", b"- ", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"!", b"|\n", b"source: ", b"call: ",
        b"receive: ",
        b"proof: ", b"signed: ", b"${settings.", b"$window.", b"$settings.shop", b"map: ", b"deliver: ",
        b"vault:k", b"preset: ", b"---\n", b"1s..60s", b"8MB", b"\xef\xbb\xbf", b"\xff",
    )  # fmt: skip

    def __init__(self) -> None:
        self._limits = Limits()
        self._presets = by_name(read_presets(_PRESET, "mall.yaml", self._limits))

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        found = self._read(data)
        if isinstance(found, BadSpec):
            self._demand_told(found)
        if str(self._read(data)) != str(found):
            raise Fault("read otherwise the second time")
        try:
            read_presets(data, "a.yaml", self._limits)
        except BadSpec as refusal:
            self._demand_told(refusal)

    def _read(self, data: bytes) -> tuple[Source, ...] | BadSpec:
        try:
            return read(data, "a.yaml", self._limits, self._presets, vault_only=True)
        except BadSpec as refusal:
            return refusal

    def _demand_told(self, refusal: BadSpec) -> None:
        if refusal.mark.file not in ("a.yaml", "mall.yaml") or refusal.mark.line < 1 or refusal.mark.column < 1:
            raise Fault(f"no place is told: {refusal.mark}")


def make() -> Specs:
    return Specs()
