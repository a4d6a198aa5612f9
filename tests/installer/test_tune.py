"""The numbers for thirty machines, and what holds for every machine: the sum fits, more never gives less."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.settings import Source, named, settle
from installer.facts import Fact
from installer.tune import GATEWAY, HASH, LINK, PROCESS, Given, Tuning, rows, tune
from tests.installer.sizing import (
    EXPECTED,
    GIB,
    MACHINES,
    MIB,
    Size,
    expected_rows,
    manual_rows,
    numbers,
    resources,
    tuned,
)
from tests.journeys.appliance import ROOT

# Of each process: with the first gateways, which share the port, each gets its part.
OF_EACH_DOOR = ("limits.http2_connections_max", "limits.downloads_max", "limits.descriptors")
GROW_WITH_CORES = ("workers", "limits.readers", "limits.password_pool", "limits.connections_max")
sizes = st.builds(
    Size,
    memory=st.integers(256 * MIB, 64 * GIB),
    cores=st.integers(1, 64),
    limited=st.booleans(),
    encrypted=st.booleans(),
    descriptors=st.integers(1_024, 1_048_576),
)


def test_thirty_machines() -> None:
    assert len(MACHINES) == len({size.name for size in MACHINES}) == 30
    assert list(expected_rows()) == EXPECTED.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_manuals_table_is_this_one(language: str) -> None:
    page = (ROOT / "app" / "docs" / language / "11-limits.md").read_text(encoding="utf-8")
    assert "\n".join(manual_rows(language)) in page.split("{#sizes}")[1]


@given(sizes)
def test_the_sum_of_all_worst_cases_fits(size: Size) -> None:
    tuning = tuned(size)
    assert tuning.spent_bytes == sum(part.bytes for part in tuning.budget)
    assert tuning.fits, list(rows(tuning))
    assert tuning.memory_bytes < size.memory


@given(sizes, st.integers(1, 8 * GIB))
def test_more_memory_never_gives_less(size: Size, more: int) -> None:
    less, richer = numbers(tuned(size)), numbers(tuned(replace(size, memory=size.memory + more)))
    doors = (max(1, less["workers"]), max(1, richer["workers"]))
    for key, value in less.items():
        if key in OF_EACH_DOOR:
            assert richer[key] * doors[1] >= 0.9 * value * doors[0], key  # a tenth is lost in rounding
        else:
            assert richer.get(key, value) >= value, key


@given(sizes, st.integers(1, 16))
def test_more_cores_never_give_less(size: Size, more: int) -> None:
    less, richer = numbers(tuned(size)), numbers(tuned(replace(size, cores=size.cores + more)))
    for key in GROW_WITH_CORES:
        assert richer[key] >= less[key], key


@given(sizes)
def test_every_number_is_a_setting_that_is_accepted_and_has_its_reason(size: Size) -> None:
    tuning = tuned(size)
    settled = dict(named(settle([Source("tuned", tuning.values())])))
    assert {key: settled[key] for key in numbers(tuning)} == numbers(tuning)
    for number in tuning.numbers:
        assert number.reason.en and any("一" <= sign <= "鿿" for sign in number.reason.zh), number


@given(sizes)
def test_descriptors_and_connections_of_a_process_go_together(size: Size) -> None:
    values = numbers(tuned(size))
    doors = max(1, values["workers"])
    of_one = values["limits.connections_max"] / doors
    of_one *= 1.2 if values["workers"] else 1.0
    assert of_one + 300 <= max(size.descriptors, 1_024)
    assert values["limits.descriptors"] >= of_one + 400
    assert values["limits.connections_per_address_max"] <= values["limits.connections_max"]


@given(sizes, st.integers(100, 100_000), st.integers(0, 16))
def test_what_a_person_has_set_stays_and_is_reckoned_with(size: Size, connections: int, workers: int) -> None:
    fixed = {"limits.connections_max": connections, "workers": workers}
    tuning = tune(resources(size), Given(encrypted=size.encrypted, numbers=fixed))
    each = (40 if size.encrypted else 16) * 1_024 * (1.2 if workers else 1.0)
    assert part(tuning, "connections") == int(connections * each)
    link = numbers(tuning).get("limits.link_bytes_max", 0)
    assert part(tuning, "gateway processes") == workers * (GATEWAY + LINK * link)


def test_the_bound_of_all_memory_is_the_groups_limit_or_our_part_of_the_machine() -> None:
    found = {
        size: next(one for one in tuned(size).numbers if one.key == "limits.memory_bytes_max")
        for size in (Size(512 * MIB, 1), Size(512 * MIB, 1, limited=False), Size(64 * GIB, 32, limited=False))
    }
    assert [one.value for one in found.values()] == [512 * MIB, 384 * MIB, 48 * GIB]
    assert [one.reason.en.split()[0] for one in found.values()] == ["the", "nothing", "nothing"]
    assert "128 MiB are left" in list(found.values())[1].reason.en
    assert numbers(tuned(Size(96 * MIB, 1, limited=False)))["limits.memory_bytes_max"] >= PROCESS


def test_a_bound_that_a_person_has_set_is_all_that_is_dealt_out() -> None:
    size = Size(8 * GIB, 2, limited=False)
    bounded = tune(resources(size), Given(numbers={"limits.memory_bytes_max": 512 * MIB}))
    assert bounded.memory_bytes == 512 * MIB and bounded.fits
    assert numbers(bounded)["limits.connections_max"] < numbers(tuned(size))["limits.connections_max"] / 2
    assert tune(resources(size), Given(numbers={"limits.memory_bytes_max": 16 * GIB})).memory_bytes == 6 * GIB


def test_what_does_not_fit_is_said() -> None:
    size = Size(256 * MIB, 1)
    assert not tune(resources(size), Given(numbers={"limits.connections_max": 60_000})).fits
    assert not tuned(Size(96 * MIB, 1)).fits
    sum_of_all, memory = list(rows(tuned(size)))[-2:]
    assert (sum_of_all[0].en, memory[1]) == ("all worst cases together", "243 MiB")


def test_what_could_not_be_read_is_taken_as_little() -> None:
    silent: Fact[int] = Fact(None, "", "PermissionError")
    blind = replace(
        resources(Size(8 * GIB, 8)),
        memory_total_bytes=silent,
        memory_limit_bytes=silent,
        processors=silent,
        descriptors_hard=silent,
        disk_total_bytes=silent,
    )
    tuning = tune(blind)
    values = numbers(tuning)
    assert tuning.fits and tuning.memory_bytes == 512 * MIB
    assert (values["workers"], values["limits.password_pool"]) == (0, 1)
    assert values["limits.connections_max"] < 4_096


def test_a_process_without_a_limit_of_descriptors_has_as_many_as_memory_allows() -> None:
    endless = replace(resources(Size(1 * GIB, 2)), descriptors_hard=Fact(None, "getrlimit"))
    assert numbers(tune(endless)) == numbers(tuned(Size(1 * GIB, 2)))


def test_a_quota_counts_as_its_processors() -> None:
    quick = resources(Size(2 * GIB, 8))
    half = replace(quick, processor_quota=Fact(0.5, ""))
    assert (half.cores, replace(quick, processor_quota=Fact(4.2, "")).cores) == (1, 5)
    assert numbers(tune(half))["workers"] == 0


@given(st.integers(256 * MIB, 4 * GIB))
def test_hashes_beside_each_other_fit_into_their_share(memory: int) -> None:
    values = numbers(tuned(Size(memory, 64)))
    assume(values["limits.password_pool"] > 1)
    assert (values["limits.password_pool"] - 1) * HASH <= 0.07 * memory


def part(tuning: Tuning, name: str) -> int:
    return sum(one.bytes for one in tuning.budget if one.what.en == name)
