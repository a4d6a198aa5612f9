"""Who the client is where proxies stand in between: what they tell is believed from trusted ones alone.

One rule for whatever the front answers itself and for the API: a stream to the HTTP server carries many clients'
requests where one proxy keeps its connection, so the API resolves each request anew. Sources: RFC 7239 (Forwarded),
and X-Forwarded-For, -Proto, -Host and -Port as nginx, Caddy, Apache, HAProxy and Traefik send them.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from msgspec import Struct

from app.gateway.http1 import HOST
from app.settings import Settings
from app.telemetry.log import logger

_PAIR = re.compile(r"""[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";,]+))[ \t]*""")
_NODE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|[0-9.]+))(?::[0-9]{1,5})?")
_HIDDEN = re.compile(r"unknown|_[0-9A-Za-z._-]+", re.IGNORECASE)  # RFC 7239 §6.2, §6.3
_SCHEMES = {"https": True, "wss": True, "http": False, "ws": False}
_PORT = re.compile(r"[0-9]{1,5}")
_NODE_CHARACTERS_MAX = 60  # an IPv6 address in brackets with its port
_TOLD_MAX = 64
_REQUESTS_MIN = 20
_log = logger("gateway")

Get = Callable[[str], str]  # a field's value by its name in lower case, several joined with commas


class Client(Struct, frozen=True, gc=False):
    """Who asks: his address, whether he speaks https, and the host as he called us, with a port where he named one.

    `doubt` says what a trusted proxy told and was not believed; empty where all is well.
    """

    address: str
    secure: bool
    host: str
    doubt: str = ""


class Trusted:
    """The networks whose word is taken, and how many of their hops are followed."""

    def __init__(self, networks: tuple[str, ...], hops_max: int) -> None:
        self._networks = tuple(ip_network(network) for network in networks)
        self.hops_max = hops_max

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            parsed = ip_address(plain(address))
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


class Heard:
    """Who has told of others since the start, counted by request: what shows that a proxy is not trusted, or not there.

    `strangers` are peers whose word is not taken and which told of somebody in at least half of all requests.
    """

    def __init__(self, settings: Settings) -> None:
        self._trusted = {network: Trusted((network,), 1) for network in settings.trusted_proxies}
        self._unseen = set(self._trusted)
        self._strangers: dict[str, int] = {}
        self.requests = 0

    @property
    def strangers(self) -> list[str]:
        """As above; nothing before there were a few requests, of which one may well be most."""
        if self.requests < _REQUESTS_MIN:
            return []
        return sorted(peer for peer, count in self._strangers.items() if 2 * count >= self.requests)

    @property
    def unseen(self) -> list[str]:
        """Trusted networks from which nobody came yet."""
        return sorted(self._unseen)

    def request(self, peer: str, get: Get) -> None:
        """Note one request of a connection from `peer`."""
        self.requests += 1
        if self._unseen:
            self._unseen -= {network for network in self._unseen if peer in self._trusted[network]}
        if not (get("x-forwarded-for") or get("forwarded")) or any(peer in one for one in self._trusted.values()):
            return
        if peer in self._strangers or len(self._strangers) < _TOLD_MAX:
            self._strangers[peer] = self._strangers.get(peer, 0) + 1


class Proxies:
    """The rule with this appliance's settings. What is wrong with a proxy is logged once for each proxy and reason."""

    def __init__(self, settings: Settings) -> None:
        self.trusted = Trusted(settings.trusted_proxies, settings.limits.proxy_hops_max)
        self._told: set[tuple[str, str]] = set()

    def client(self, peer: str, secure: bool, get: Get) -> Client:
        """As `resolve`."""
        client = resolve(peer, secure, get, self.trusted)
        if client.doubt:
            self.tell(peer, client.doubt)
        return client

    def tell(self, peer: str, reason: str) -> None:
        """Log once what an administrator has to mend at this proxy."""
        if (peer, reason) not in self._told and len(self._told) < _TOLD_MAX:
            self._told.add((peer, reason))
            _log.warning("a trusted proxy is not understood", extra={"proxy": peer, "reason": reason})


def resolve(peer: str, secure: bool, get: Get, trusted: Trusted) -> Client:
    """The client behind the connection of `peer`; never raises.

    Hops are followed from the right, each told by the one before it, until one is not trusted: that is the client.
    What stands to the left of him is his own word and counts for nothing.
    """
    direct = Client(plain(peer), secure, get("host"))
    if not trusted or peer not in trusted:
        return direct
    forwarded, hops = get("forwarded"), get("x-forwarded-for")
    if forwarded and not hops:
        return _by_forwarded(direct, forwarded, trusted)
    client = _by_x_forwarded(direct, hops, get, trusted)
    if forwarded and not client.doubt:
        return _but(client, "it passes Forwarded on beside its own X-Forwarded-For: have it remove Forwarded")
    return client


def plain(address: str) -> str:
    """An IPv4 address as such, also where a listener for both families shows it as `::ffff:192.0.2.1`."""
    return address[7:] if address.startswith("::ffff:") and "." in address else address


# --- X-Forwarded-* ----------------------------------------------------------------------------------------------


def _by_x_forwarded(direct: Client, field: str, get: Get, trusted: Trusted) -> Client:
    hops = _members(field, trusted.hops_max)
    address, at, doubt = direct.address, len(hops), ""
    while at:
        found = _address(hops[at - 1])
        if found is None:
            doubt = "" if _HIDDEN.fullmatch(hops[at - 1]) else "X-Forwarded-For is not a list of addresses"
            break
        address, at = found, at - 1
        if address not in trusted:
            break
    proto = _beside(_members(get("x-forwarded-proto"), trusted.hops_max), len(hops), at)
    host = _beside(_members(get("x-forwarded-host"), trusted.hops_max), len(hops), at)
    port = _beside(_members(get("x-forwarded-port"), trusted.hops_max), len(hops), at)
    client = _described(Client(address, direct.secure, direct.host, doubt), proto, host)
    return _at_port(client, port) if port else client


def _beside(told: list[str], hops: int, at: int) -> str:
    """What was told together with the hop at this place, where each hop told something; else by the nearest."""
    if not told:
        return ""
    return told[at] if len(told) == hops and at < hops else told[-1]


def _at_port(client: Client, port: str) -> Client:
    if not _PORT.fullmatch(port):
        return _but(client, "X-Forwarded-Port is not a port")
    named = client.host.rpartition("]")[2] if client.host.startswith("[") else client.host
    if not client.host or ":" in named or port == ("443" if client.secure else "80"):
        return client
    return Client(client.address, client.secure, f"{client.host}:{port}", client.doubt)


# --- Forwarded --------------------------------------------------------------------------------------------------


def _by_forwarded(direct: Client, field: str, trusted: Trusted) -> Client:
    """A comma inside a quoted string would be cut here; no address, scheme or host holds one."""
    address, proto, host, doubt = direct.address, "", "", ""
    for element in reversed(_members(field, trusted.hops_max)):
        pairs = _pairs(element)
        if pairs is None:
            doubt = "Forwarded is not as RFC 7239 has it"
            break
        proto, host = pairs.get("proto", proto), pairs.get("host", host)
        node = pairs.get("for", "unknown")
        found = _address(node)
        if found is None:
            doubt = "" if _HIDDEN.fullmatch(node.partition(":")[0]) else "Forwarded names no address in for="
            break
        address = found
        if address not in trusted:
            break
    return _described(Client(address, direct.secure, direct.host, doubt), proto, host)


def _pairs(element: str) -> dict[str, str] | None:
    """`for=192.0.2.1;proto=https` as a table, None for what is not like that."""
    pairs: dict[str, str] = {}
    at = 0
    while True:
        found = _PAIR.match(element, at)
        if found is None or found[1].lower() in pairs:
            return None
        quoted = found[2]
        pairs[found[1].lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else found[3]
        if found.end() == len(element):
            return pairs
        if element[found.end()] != ";":
            return None
        at = found.end() + 1


# --- both -------------------------------------------------------------------------------------------------------


def _members(field: str, last: int) -> list[str]:
    """The last members of a comma-separated field; those before them are never looked at."""
    if not field:
        return []
    return [member.strip() for member in field.rsplit(",", last)[-last:]]


def _address(node: str) -> str | None:
    """The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`, in its shortest form."""
    found = _NODE.fullmatch(node) if len(node) <= _NODE_CHARACTERS_MAX else None
    if found is None:
        return None
    try:
        parsed = ip_address(found[1] or found[2])
    except ValueError:
        return None
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _described(client: Client, proto: str, host: str) -> Client:
    """The client with the scheme and the host that his proxy saw, as far as these are any."""
    doubt, secure, named = client.doubt, client.secure, client.host
    if proto:
        secure = _SCHEMES.get(proto.lower(), secure)
        doubt = doubt or ("" if proto.lower() in _SCHEMES else "it tells of a scheme that is neither http nor https")
    if host:
        good = HOST.fullmatch(host) is not None
        named = host if good else named
        doubt = doubt or ("" if good else "it tells of a host that cannot be one")
    return Client(client.address, secure, named, doubt)


def _but(client: Client, doubt: str) -> Client:
    return Client(client.address, client.secure, client.host, client.doubt or doubt)
