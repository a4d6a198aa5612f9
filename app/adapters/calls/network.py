"""Where sources may connect to: the world, and of private networks what the source names. Pure but for the resolving.

A name is resolved once, every address it has is checked, and the connection goes to one that was checked: a name that
answers differently the second time (DNS rebinding) reaches nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

from app.adapters.errors import Unreached

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class Network:
    """What one source may reach: `allow` are `host:port` entries for private addresses, a host a name or an address."""

    def __init__(self, allow: Sequence[str], resolve: Resolve | None = None) -> None:
        self._allow = frozenset(_entry(one) for one in allow)
        self._resolve = resolve or _resolved

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, all of them checked; raises `Unreached` (address_private, name_unknown)."""
        allowed = (_tidy(host), port) in self._allow
        found = [str(literal)] if (literal := _literal(host)) else list(await self._named(host, port))
        if not allowed:
            for address in found:
                if not _is_global(address) and (address, port) not in self._allow:
                    raise _private(host, port)
        return found

    async def _named(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self._resolve(host, port)
        except OSError:
            found = ()
        if not found:
            raise Unreached(
                "name_unknown",
                f"The name {host} is not known here. Look for a typing mistake, or at this machine's name server.",
                f"找不到主机名 {host}。请检查拼写，或本机的域名服务器设置。",
            )
        return found


async def _resolved(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _is_global(address: str) -> bool:
    """Of a public network; what stands for another address (IPv4 in IPv6, 6to4, Teredo, NAT64) is that one."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is None and parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return parsed.is_global and not parsed.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _entry(said: str) -> tuple[str, int]:
    host, _, port = said.rpartition(":")
    return _tidy(host), int(port)


def _tidy(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _private(host: str, port: int) -> Unreached:
    return Unreached(
        "address_private",
        f'{host} is in a private network. If this source may go there, add "{host}:{port}" under `allow`.',
        f'{host} 位于内网。如果允许该数据源访问，请在 allow 中加入 "{host}:{port}"。',
    )
