"""Where a server's certificate comes from: two files, our own authority, or a public one. Each renews its own."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from app.certificates.acme import Acme, Show
from app.certificates.authority import Authority, unsigned
from app.certificates.pair import Facts, key_pem, load_certificate, load_key, new_key, read, write
from app.certificates.places import Places, served
from app.certificates.web import Web
from app.model.clock import Clock
from app.model.errors import Invalid, Problem
from app.settings import Settings, is_host
from app.telemetry.log import logger

_DAY_SECONDS = 86_400
_STAND_IN_SECONDS = 90 * _DAY_SECONDS
_LOCAL = ("localhost", "127.0.0.1", "::1")
_log = logger("certificates")

Names = Callable[[], Sequence[str]]


class Source(Protocol):
    """Keeps the pair at `places.served` good."""

    def prepare(self) -> None:
        """Before the port opens: there is a pair afterwards, or a `Problem` that a person is to read."""
        ...

    async def renew(self) -> None:
        """Renew it where that is due; raises the `Problem` that stood in the way, with the old pair in its place."""
        ...


class Files:
    """Somebody else's business; we only look."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def prepare(self) -> None:
        pair = served(self._settings)
        assert pair is not None
        read(pair)

    async def renew(self) -> None:
        """Whoever made the files renews them."""


class Own:
    """Our own authority, for what is configured and all that the machine is called; `machine` gives the latter."""

    def __init__(self, settings: Settings, places: Places, clock: Clock, machine: Names) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._places = places
        self._clock = clock
        self._machine = machine
        self._refused: tuple[str, ...] = ()

    def prepare(self) -> None:
        now = self._clock.now_ms() / 1_000
        authority = Authority.load_or_make(self._places.authority, self._names(), self._limits, now)
        names = self._permitted(authority)
        if self._due(authority, names, now):
            authority.issue(self._places.own, names, now)
            _log.info("the certificate was issued", extra={"names": names})

    async def renew(self) -> None:
        self.prepare()
        if self._refused:
            raise _not_permitted(self._refused)

    def _names(self) -> list[str]:
        machine = [name.lower() for name in self._machine() if is_host(name.lower())]
        return list(dict.fromkeys((*self._wanted(), *machine, *_LOCAL)))[: self._limits.certificate_names_max]

    def _wanted(self) -> list[str]:
        """What an administrator named, in `tls.names` or in `public_url`."""
        public = urlsplit(self._settings.public_url).hostname
        return [*(name.lower() for name in self._settings.tls.names), *([public] if public else [])]

    def _permitted(self, authority: Authority) -> list[str]:
        names = self._names()
        permitted = [name for name in names if authority.permits(name)]
        self._refused = tuple(name for name in self._wanted() if not authority.permits(name))
        return permitted

    def _due(self, authority: Authority, names: Sequence[str], now: float) -> bool:
        try:
            facts = read(self._places.own)
        except Invalid:
            return True
        ours = authority.vouches(load_certificate(self._places.own.certificate))
        return not (ours and facts.covers(names) and facts.ends - now > (facts.ends - facts.begins) / 3)


class _State(Struct, frozen=True):
    """What outlives a restart: who issued the certificate, and how long to leave them alone after failures."""

    directory: str = ""
    failures: int = 0
    next_try_ms: int = 0


class Public:
    """A public authority, asked again when a third of the certificate's life is left, the sooner the luck of `random`.

    Failures are retried ever more seldom, also over restarts: authorities count them.
    """

    def __init__(self, settings: Settings, places: Places, clock: Clock, random: Random, show: Show) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._tls = settings.tls
        self._places = places
        self._clock = clock
        self._random = random
        self._show = show
        self._hurry = random.random()  # so that many servers do not all come in the same hour
        self._problem: Problem | None = None

    def prepare(self) -> None:
        try:
            read(self._places.acme)
        except Invalid:
            pair = unsigned(self._tls.names, self._clock.now_ms() / 1_000, _STAND_IN_SECONDS)
            write(self._places.acme.certificate, pair)
            self._keep(_State())
        if not self._places.acme_account.exists():
            write(self._places.acme_account, key_pem(new_key()))

    async def renew(self) -> None:
        state = self._kept()
        if not self._due(state, read(self._places.acme)):
            self._problem = None
            return
        if self._clock.now_ms() >= state.next_try_ms:
            await self._try(state)
        if self._problem is not None:
            raise self._problem

    async def _try(self, state: _State) -> None:
        key = new_key()
        account = load_key(self._places.acme_account)
        web = Web(self._tls.acme_ca_file, self._limits)
        acme = Acme(self._tls.acme_directory, self._tls.acme_contact, account, web.call, self._show, self._limits)
        wait_ms = self._delay_ms(state.failures)
        self._keep_failure(state, wait_ms)  # before it is asked: where nothing can be written, its answer is lost
        try:
            chain = await acme.obtain(self._tls.names, key)
            write(self._places.acme.certificate, chain + key_pem(key))
        except Problem as problem:
            self._problem = problem
            self._keep_failure(state, max(wait_ms, problem.retry_after_ms or 0))
            return
        self._keep(_State(self._tls.acme_directory))
        self._problem = None
        self._hurry = self._random.random()
        _log.info("the certificate was issued", extra={"names": self._tls.names})

    def _keep_failure(self, state: _State, wait_ms: int) -> None:
        self._keep(_State(state.directory, state.failures + 1, self._clock.now_ms() + wait_ms))

    def _due(self, state: _State, facts: Facts) -> bool:
        life = facts.ends - facts.begins
        left = facts.ends - self._clock.now_ms() / 1_000
        current = state.directory == self._tls.acme_directory and facts.covers(self._tls.names)
        return not current or left <= life / 3 + self._hurry * life / 30

    def _delay_ms(self, failures: int) -> int:
        seconds = min(
            self._limits.acme_retry_seconds_min * 2.0 ** min(failures, 30), self._limits.acme_retry_seconds_max
        )
        return round(seconds * (1 + self._random.random() / 4) * 1_000)

    def _kept(self) -> _State:
        try:
            return msgspec.json.decode(self._places.acme_state.read_bytes(), type=_State)
        except (OSError, msgspec.MsgspecError):
            return _State()

    def _keep(self, state: _State) -> None:
        write(self._places.acme_state, msgspec.json.encode(state))


def _not_permitted(names: Sequence[str]) -> Invalid:
    listed = ", ".join(names)
    return Invalid(
        "names_not_permitted",
        f"The server's own authority was made before {listed} was named in tls.names and may not vouch for it. Remove "
        "keys/authority.crt and keys/authority.key and restart; people must then install the new root.",
        f"自有证书机构创建时 tls.names 中尚无 {listed}，因此无权为其签发证书。请删除 keys/authority.crt 和 "
        "keys/authority.key 后重启；用户需重新安装新的根证书。",
    )
