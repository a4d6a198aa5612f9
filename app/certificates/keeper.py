"""Keeps the server's certificate good for as long as the server runs, and tells how it stands."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from random import Random
from types import MappingProxyType

from app.certificates.acme import Show
from app.certificates.pair import Facts, read
from app.certificates.places import places, served
from app.certificates.sources import Files, Names, Own, Public, Source
from app.model.clock import Clock
from app.model.errors import Problem
from app.settings import Settings
from app.telemetry.log import logger

_DAY_SECONDS = 86_400
_log = logger("certificates")


class Keeper:
    """For `tls.mode` other than off. `machine` gives the names and addresses of this machine."""

    def __init__(self, settings: Settings, clock: Clock, random: Random, machine: Names) -> None:
        pair = served(settings)
        assert pair is not None, "only where the port is encrypted"
        self._pair = pair
        self._limits = settings.limits
        self._clock = clock
        self._answers: dict[str, str] = {}
        self._source = _source(settings, clock, random, machine, self._show)
        self._stamp: object = None
        self._facts: Facts | None = None
        self._problem: Problem | None = None
        self._warned_at = -float(_DAY_SECONDS)
        self._hurry = asyncio.Event()

    @property
    def answers(self) -> Mapping[str, str]:
        """What a public authority will ask for over plain HTTP: token to answer."""
        return MappingProxyType(self._answers)

    @property
    def ends(self) -> float:
        """When the certificate that the port shows ends, in seconds since 1970."""
        return self._facts.ends if self._facts else 0.0

    @property
    def facts(self) -> Facts | None:
        """The certificate that the port shows."""
        return self._facts

    @property
    def warnings(self) -> Sequence[Problem]:
        """What an administrator should do something about."""
        found = [self._problem] if self._problem else []
        if self._ends_soon():
            found.append(_ending(self.days_left))
        return found

    @property
    def days_left(self) -> int:
        """Whole days until the certificate ends."""
        return self._facts.days_left(self._clock.now_ms() / 1_000) if self._facts else 0

    def prepare(self) -> None:
        """See to it that there is a pair; raises the `Problem` for which the server cannot start."""
        self._source.prepare()
        self._look()

    async def run(self) -> None:
        """Until cancelled: renew, and look whether the files have changed."""
        while True:
            await self.look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self._limits.certificate_look_seconds)
            self._hurry.clear()

    def look_again(self) -> None:
        """Somebody says that the files have changed: look at once."""
        self._hurry.set()

    async def look(self) -> None:
        """One round of `run`; what fails is told and tried again, with the certificate as it was."""
        before = self._problem
        try:
            await self._source.renew()
            self._look()
            self._problem = None
        except Problem as problem:
            self._problem = problem
            if before is None or before.en != problem.en:
                _log.warning("the certificate stays as it is", extra={"code": problem.code, "reason": problem.en})
        self._warn()

    def _look(self) -> None:
        stamp = self._pair.stamp()
        if stamp != self._stamp:
            self._facts = read(self._pair)
            self._stamp = stamp

    def _warn(self) -> None:
        now = self._clock.monotonic()
        if self._ends_soon() and now - self._warned_at >= _DAY_SECONDS:
            self._warned_at = now
            _log.warning("the certificate ends soon", extra={"days_left": self.days_left})

    def _ends_soon(self) -> bool:
        """Of what renews itself, that a renewal failed for long: some authorities give out a few days at a time."""
        if self._facts is None:
            return False
        seconds = float(self._limits.certificate_warning_days * _DAY_SECONDS)
        if not isinstance(self._source, Files):
            seconds = min(seconds, (self._facts.ends - self._facts.begins) / 6)
        return self._facts.ends - self._clock.now_ms() / 1_000 < seconds

    def _show(self, token: str, answer: str | None) -> None:
        if answer is None:
            self._answers.pop(token, None)
        else:
            self._answers[token] = answer


def _source(settings: Settings, clock: Clock, random: Random, machine: Names, show: Show) -> Source:
    own = places(settings)
    match settings.tls.mode:
        case "own":
            return Own(settings, own, clock, machine)
        case "acme":
            return Public(settings, own, clock, random, show)
        case _:
            return Files(settings)


def _ending(days: int) -> Problem:
    if days < 0:
        return Problem(
            "certificate_ended",
            "The certificate for https has ended; browsers refuse it. Put a new one in its place (tls.certificate, "
            "tls.key), or find in the log why it was not renewed.",
            "https 证书已过期，浏览器会拒绝访问。请替换证书（tls.certificate、tls.key），"
            "或在日志中查看未能续期的原因。",
        )
    return Problem(
        "certificate_ends_soon",
        f"The certificate for https ends in {days} days. Put a new one in its place (tls.certificate, tls.key), or "
        "find in the log why it was not renewed.",
        f"https 证书将在 {days} 天后到期。请替换证书（tls.certificate、tls.key），或在日志中查看未能续期的原因。",
    )
