"""The URLs under which people reach this server: the configured one, else every address of the machine."""

import ipaddress
import socket

import psutil

from app.settings import Settings, host_and_port


def urls(settings: Settings, port: int) -> list[str]:
    """Base URLs without a final slash, the likeliest first. `port` is the one listened on."""
    if settings.public_url:
        return [settings.public_url.rstrip("/")]
    host, _ = host_and_port(settings.listen)
    hosts = _machine() if host in ("0.0.0.0", "::") else [host]  # noqa: S104 - compared, not bound
    return [f"http://{_bracketed(one)}:{port}" for one in hosts]


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
