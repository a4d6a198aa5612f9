"""Who may not come in, asked at every door: from memory, for each request and each frame of a visitor asks."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from app.model.clock import Clock
from app.model.errors import Forbidden, Invalid
from app.model.events import BlocksMoved, Event
from app.model.people import Block
from app.storage import blocks
from app.storage.database import Database

_PREFIX_MIN = {4: 16, 6: 32}  # a wider network is half a country


class Blocks:
    """Knows contacts and networks that are blocked; `chat.blocking` changes them. Of several the longest counts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._contacts: dict[str, Block] = {}
        self._networks: dict[tuple[int, int], dict[int, Block]] = {}  # by version and length: as few as lengths in use

    async def load(self) -> None:
        """Read them once, at start."""
        self._contacts, self._networks = {}, {}
        self.took(await blocks.all_of_them(self._database))

    def took(self, more: Iterable[Block]) -> None:
        """From now on these hold, too."""
        for block in more:
            if block.contact_id is not None:
                known = self._contacts.get(block.contact_id)
                self._contacts[block.contact_id] = block if known is None or _outlasts(block, known) else known
            if block.network:
                network = ip_network(block.network)
                of_length = self._networks.setdefault((network.version, network.prefixlen), {})
                of_length[int(network.network_address)] = block

    def heard(self, events: Sequence[Event]) -> None:
        """The bus's listener: who was merged, or taken apart again, is blocked by what is his now."""
        for event in events:
            if isinstance(event, BlocksMoved):
                for contact_id in event.contact_ids:
                    self._contacts.pop(contact_id, None)
                self.took(event.blocks)

    def ended(self, block: Block) -> None:
        """Let one hold no more."""
        if block.contact_id is not None:
            self._contacts.pop(block.contact_id, None)
        if block.network:
            network = ip_network(block.network)
            self._networks.get((network.version, network.prefixlen), {}).pop(int(network.network_address), None)

    def of(self, contact_id: str) -> Block | None:
        """The block of a contact, None where there is none that holds now."""
        return self._holding(self._contacts.get(contact_id))

    def at(self, address: str) -> Block | None:
        """The block of the network that an address lies in, None where there is none that holds now."""
        known = _address(address) if self._networks else None
        if known is None:
            return None
        for (version, length), of_length in self._networks.items():
            if version == known.version:
                rest = known.max_prefixlen - length
                block = self._holding(of_length.get(int(known) >> rest << rest))
                if block is not None:
                    return block
        return None

    def demand(self, contact_id: str) -> None:
        """Raise `Forbidden` (blocked) for a contact that is."""
        if self._contacts and self.of(contact_id) is not None:
            raise _blocked()

    def demand_address(self, address: str) -> None:
        """Raise `Forbidden` (blocked) for an address of a network that is."""
        if self.at(address) is not None:
            raise _blocked()

    def _holding(self, block: Block | None) -> Block | None:
        if block is None or (block.until is not None and block.until <= self._clock.now_ms()):
            return None
        return block


def _outlasts(block: Block, other: Block) -> bool:
    return block.until is None or (other.until is not None and block.until > other.until)


def network_of(text: str) -> str:
    """An address or a range as it is stored, "" for none; raises `Invalid` (network_malformed, network_too_wide)."""
    if not text.strip():
        return ""
    try:
        network: IPv4Network | IPv6Network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise Invalid(
            "network_malformed",
            f"“{text.strip()}” is no address. Write one like 192.0.2.7 or a range like 192.0.2.0/24.",
            f"“{text.strip()}”不是有效的地址。请填写 192.0.2.7 这样的地址或 192.0.2.0/24 这样的地址段。",
            field="network",
        ) from None
    if network.prefixlen < _PREFIX_MIN[network.version] or network.is_loopback:
        raise Invalid(
            "network_too_wide",
            "This range holds too many people, or this machine itself. Choose one of at most a /16 (IPv6: /32).",
            "该地址段范围过大，或包含本机。请选择不超过 /16（IPv6 为 /32）的地址段。",
            field="network",
        )
    return str(network)


def inside(address: str, network: str) -> bool:
    """Whether an address lies in a network."""
    known, wanted = _address(address), ip_network(network)
    return known is not None and known.version == wanted.version and known in wanted


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _blocked() -> Forbidden:
    return Forbidden(
        "blocked",
        "This chat is closed to you. If you think that is a mistake, write to us another way.",
        "你已无法使用该会话。如有误会，请通过其他方式联系我们。",
    )
