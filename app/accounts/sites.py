"""How an administrator names the sites that may hold an inbox's chat, and as what a browser understands them.

An entry is a host-source of CSP (https://www.w3.org/TR/CSP3/#framework-directive-source-list) and an origin at once:
scheme, host, port where it is not the usual one; `*.` before the host stands for every name below it. Browsers take no
IPv6 address there.
"""

import re

from app.model.errors import Invalid

_USUAL_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[0-9a-z]([0-9a-z-]{0,61}[0-9a-z])?")
_ANY_BELOW = "*."
_HOST_CHARACTERS_MAX = 253
_PORT_MAX = 65_535


def origins_of(given: tuple[str, ...]) -> tuple[str, ...]:
    """Origins as a browser spells them, each once, in the order given; raises `Invalid`."""
    return tuple(dict.fromkeys(_origin(one) for one in given))


def _origin(given: str) -> str:
    scheme, separator, rest = given.strip().lower().removesuffix("/").partition("://")
    host, colon, port = rest.partition(":")
    if scheme not in _USUAL_PORTS or not separator or (colon and not _is_port(port)):
        raise _malformed(given)
    below = _ANY_BELOW if host.startswith(_ANY_BELOW) else ""
    name = _ascii(host.removeprefix(below), given)
    if host == "*" or (below and "." not in name):
        raise _too_wide(given)
    if not _is_host(name):
        raise _malformed(given)
    return f"{scheme}://{below}{name}" + (f":{int(port)}" if colon and int(port) != _USUAL_PORTS[scheme] else "")


def _ascii(host: str, given: str) -> str:
    """The name as it goes over the wire. Letters that the two standards of 2003 and 2008 read differently are refused:
    they would be another site's name in some browsers.
    """
    if host.isascii():
        return host
    try:
        name = host.encode("idna").decode()
        if name.encode().decode("idna") == host:
            return name
    except UnicodeError:
        pass
    raise _malformed(given)


def _is_host(name: str) -> bool:
    return len(name) <= _HOST_CHARACTERS_MAX and all(_LABEL.fullmatch(label) for label in name.split("."))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= _PORT_MAX


def _malformed(given: str) -> Invalid:
    return Invalid(
        "origin_malformed",
        f"“{given}” is not a website's address. Write it like https://shop.example.com, without a path.",
        f"“{given}”不是有效的网站地址。请按 https://shop.example.com 的格式填写，不含路径。",
        field="origins",
    )


def _too_wide(given: str) -> Invalid:
    return Invalid(
        "origin_too_wide",
        f"“{given}” would allow everybody's websites. Name at least your own domain: https://*.shop.example.",
        f"“{given}”会放行所有人的网站。请至少写明自己的域名，例如 https://*.shop.example。",
        field="origins",
    )
