"""What is known of a machine: frozen values, each with the signal that it was read from.

Made by `probe`, read by `tune`, `advice`, `plan` and whoever explains. JSON of it is the same Structs.
"""

import math
from typing import Generic, TypeVar

from msgspec import Struct

Value = TypeVar("Value")


class Words(Struct, frozen=True):
    """The same in both languages that people read."""

    en: str
    zh: str


class Fact(Struct, Generic[Value], frozen=True):
    """One thing that was asked of the machine. `value` None: there is none, or, with `trouble`, it could not be read.

    `signal` is the file, call or variable that said so; `trouble` is why a signal was unreadable.
    """

    value: Value | None
    signal: str
    trouble: str = ""


class Resources(Struct, frozen=True, kw_only=True):
    """What the server may use here, and what its data folder lies on."""

    memory_total_bytes: Fact[int]
    memory_limit_bytes: Fact[int]  # the tightest of the control groups around this process
    processors: Fact[int]  # that this process may run on
    processor_quota: Fact[float]  # processors' worth of time, by the control groups
    descriptors_soft: Fact[int]
    descriptors_hard: Fact[int]
    disk_kind: Fact[str]  # solid, rotational, virtual (it does not say), memory, network, overlay, unknown
    file_system: Fact[str]
    disk_total_bytes: Fact[int]
    disk_free_bytes: Fact[int]

    @property
    def memory_bytes(self) -> int | None:
        """The least of the machine's memory and its limit; None where neither could be read."""
        known = [fact.value for fact in (self.memory_total_bytes, self.memory_limit_bytes) if fact.value is not None]
        return min(known, default=None)

    @property
    def limited(self) -> bool:
        """Whether a control group gives this process less than the machine has: memory that is its own."""
        limit, total = self.memory_limit_bytes.value, self.memory_total_bytes.value
        return limit is not None and (total is None or limit < total)

    @property
    def cores(self) -> int:
        """Processors that can be kept busy: of affinity and quota the least, rounded up, at least 1."""
        quota = self.processor_quota.value
        known = [self.processors.value or 1, math.ceil(quota) if quota is not None else math.inf]
        return max(1, int(min(known)))


class Port(Struct, frozen=True, kw_only=True):
    """A port that a server likes to have. `allowed`: whether this user may listen there."""

    number: int
    free: Fact[bool]
    allowed: Fact[bool]


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the process runs in."""

    docker: Fact[bool]
    podman: Fact[bool]
    lxc: Fact[bool]
    nspawn: Fact[bool]
    kubernetes: Fact[bool]
    wsl: Fact[bool]
    systemd_version: Fact[int]
    systemd_is_init: Fact[bool]
    selinux: Fact[str]  # enforcing, permissive, off
    firewalld: Fact[bool]  # runs
    clock_synchronised: Fact[bool]
    ports: tuple[Port, ...]


class Neighbour(Struct, frozen=True, kw_only=True):
    """Another server on this machine that is worth knowing of.

    `kind` is one of `advice.NEIGHBOURS`; `details` what its own configuration says, never a secret.
    """

    kind: str
    signal: str
    details: dict[str, str] = {}


class Facts(Struct, frozen=True, kw_only=True):
    """Everything that `monodesk probe` tells."""

    resources: Resources
    surroundings: Surroundings
    neighbours: tuple[Neighbour, ...]
    neighbours_trouble: str = ""
