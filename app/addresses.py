"""The URLs under which people reach this server: the configured one, else every address of the machine."""

import ipaddress
import socket

import psutil
from msgspec import Struct

from app.settings import Settings, host_and_port


class Ports(Struct, frozen=True):
    """The ports listened on; `public` 0 where there is no listener for visitors alone."""

    internal: int
    public: int = 0


def urls(settings: Settings, ports: Ports) -> list[str]:
    """Where everything is: base URLs without a final slash, the likeliest first.

    With a listener for visitors alone `public_url` is its own: staff comes by the other.
    """
    if settings.public_url and not settings.public_listen:
        return [settings.public_url.rstrip("/")]
    host, _ = host_and_port(settings.listen)
    hosts = _machine() if host in ("0.0.0.0", "::") else [host]  # noqa: S104  # nosec B104 - compared, not bound
    tls = settings.tls
    if tls.mode != "off" and tls.names:  # our own authority vouches for addresses too, others for names alone
        hosts = [*tls.names, *hosts] if tls.mode == "own" else list(tls.names)
    return [_url(scheme(settings), one, ports.internal) for one in hosts]


def public_urls(settings: Settings) -> list[str]:
    """Where visitors come in and nobody else; empty where there is no such listener."""
    return [settings.public_url.rstrip("/")] if settings.public_listen else []


def listeners(settings: Settings, ports: Ports) -> list[str]:
    """What is listened on, HOST:PORT each: staff's, visitors', and the one for plain HTTP beside an encrypted port."""
    found = [(settings.listen, ports.internal), (settings.public_listen, ports.public)]
    told = [f"{listen.rpartition(':')[0]}:{port}" for listen, port in found if listen and port]
    plain = settings.tls.http_listen if settings.tls.mode != "off" else ""
    return [*told, *([plain] if plain else [])]


def scheme(settings: Settings) -> str:
    """How our own port is spoken to."""
    return "http" if settings.tls.mode == "off" else "https"


def machine_names() -> list[str]:
    """All that this machine is called in its network, addresses included."""
    name = socket.gethostname().partition(".")[0]
    return [socket.gethostname(), f"{name}.local", *_machine()]


def _url(scheme: str, host: str, port: int) -> str:
    usual = (scheme, port) in (("http", 80), ("https", 443))
    return f"{scheme}://{_bracketed(host)}{'' if usual else f':{port}'}"


def _machine() -> list[str]:
    """Addresses of the machine's interfaces: IPv4 before IPv6, loopback last; link-local ones cannot be typed."""
    found = [
        ipaddress.ip_address(address.address)
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family in (socket.AF_INET, socket.AF_INET6) and "%" not in address.address
    ]
    usable = [address for address in found if not address.is_link_local]
    return [str(address) for address in sorted(usable, key=lambda one: (one.is_loopback, one.version, int(one)))]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
