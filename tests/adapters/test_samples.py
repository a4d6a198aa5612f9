"""The records that a map is tried on: the newest few, without secrets, none that is large."""

import json

from app.adapters.formats.tree import Tree
from app.adapters.origins.samples import Samples
from app.adapters.proving.secrets import Masker
from app.settings import Limits
from tests.clock import ManualClock

_LIMITS = Limits(adapter_samples_kept=3, adapter_sample_bytes_max=200)


def test_the_newest_few_are_kept_with_when_they_came(clock: ManualClock) -> None:
    samples = Samples(clock, _LIMITS)
    samples.keep([{"sn": n} for n in range(10)], Masker())
    clock.advance(60)
    samples.keep([], Masker())
    samples.keep([{"sn": "late"}], Masker())
    assert [json.loads(one.text)["sn"] for one in samples.newest] == ["late", 9, 8]
    assert samples.newest[0].at - samples.newest[1].at == 60_000
    assert len({one.number for one in samples.newest}) == 3


def test_secrets_are_masked(clock: ManualClock) -> None:
    samples = Samples(clock, _LIMITS)
    samples.keep([{"key": "a-long-secret", "of": "mall"}], Masker(["a-long-secret"]))
    assert "a-long-secret" not in samples.newest[0].text
    assert "mall" in samples.newest[0].text


def test_large_ones_are_not_even_written(clock: ManualClock) -> None:
    samples = Samples(clock, _LIMITS)
    deep: Tree = "x"
    for _ in range(5_000):
        deep = [deep]
    large: list[Tree] = ["x" * 201, {"k" * 201: 1}, [1] * 201, deep, {"a": {"b": ["y" * 150, "z" * 60]}}]
    samples.keep(large[:3], Masker())
    samples.keep(large[3:], Masker())
    assert samples.newest == ()
    samples.keep(["“”" * 60], Masker())  # 120 characters, 362 bytes
    assert samples.newest == ()
    samples.keep([{"a": "y" * 150}], Masker())
    assert len(samples.newest) == 1
