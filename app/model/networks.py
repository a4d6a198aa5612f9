"""Who counts as one: what a subscriber of the internet has for himself."""

from ipaddress import IPv6Address
from socket import AF_INET, inet_pton

_NETWORK_BITS = 64  # what an IPv6 subscriber is given: within it addresses are free


def network_of(address: str) -> int | str:
    """An IPv4 address, or the first half of an IPv6 one, as a small key; what is no address stays as it is.

    An IPv4 address that a listener for both families shows as `::ffff:192.0.2.1` is that IPv4 address.
    """
    try:
        if ":" not in address:
            return int.from_bytes(inet_pton(AF_INET, address), "big")
        parsed = IPv6Address(address)
    except (OSError, ValueError):
        return address
    mapped = parsed.ipv4_mapped
    return int(mapped) if mapped is not None else -(int(parsed) >> _NETWORK_BITS) - 1
