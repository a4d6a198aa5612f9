"""No source reaches a private address that it does not name, whatever a name answers."""

from collections.abc import Sequence

import pytest

from app.adapters.calls.network import Network
from app.adapters.errors import Unreached

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "2002:7f00:1::", "64:ff9b::7f00:1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


def answering(*addresses: str) -> Network:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return Network(("10.0.0.5:8080", "erp.lan:443", "[fc00::7]:80"), resolve)


@pytest.mark.parametrize("address", PRIVATE)
async def test_what_is_private_is_refused_named_or_by_name(address: str) -> None:
    for network, host in ((Network(()), address), (answering(address), "shop.example")):
        with pytest.raises(Unreached) as refused:
            await network.addresses(host, 80)
        assert refused.value.code == "address_private"
        assert f'"{host}:80"' in refused.value.en


async def test_one_private_address_among_public_ones_is_enough() -> None:
    with pytest.raises(Unreached):
        await answering("93.184.216.34", "10.0.0.1").addresses("shop.example", 443)


async def test_what_is_public_is_reached() -> None:
    assert await answering("93.184.216.34").addresses("shop.example", 443) == ["93.184.216.34"]
    assert await Network(()).addresses("[2606:4700::1111]", 443) == ["2606:4700::1111"]


async def test_what_the_source_names_is_reached_at_that_port_alone() -> None:
    network = answering("10.0.0.5")
    assert await network.addresses("10.0.0.5", 8080) == ["10.0.0.5"]
    assert await network.addresses("other.lan", 8080) == ["10.0.0.5"]
    assert await network.addresses("ERP.lan.", 443) == ["10.0.0.5"]
    assert await network.addresses("fc00::7", 80) == ["fc00::7"]
    for host, port in (("10.0.0.5", 8081), ("erp.lan", 80)):
        with pytest.raises(Unreached):
            await network.addresses(host, port)


async def test_a_name_that_is_not_known_says_so() -> None:
    with pytest.raises(Unreached) as refused:
        await answering().addresses("shop.example", 443)
    assert refused.value.code == "name_unknown"
