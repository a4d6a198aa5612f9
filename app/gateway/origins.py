"""Whose page a browser speaks for: the Origin header (RFC 6454) against the names under which we are known."""

import re

_ORIGIN = re.compile(r"https?://([^/@\s]+)")


def is_own(origin: str, host: str, public_host: str) -> bool:
    """Whether the page at `origin` was served by us, under the name `host` or under `public_host`."""
    found = _ORIGIN.fullmatch(origin)
    own = {_without_default_port(name) for name in (host, public_host) if name}
    return found is not None and _without_default_port(found[1]) in own


def is_same(host: str, public_host: str) -> bool:
    """Whether a client that called us `host` came by the public address."""
    return bool(public_host) and _without_default_port(host) == _without_default_port(public_host)


def _without_default_port(host: str) -> str:
    return host.lower().removesuffix(":80").removesuffix(":443")
