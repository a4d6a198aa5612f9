"""The contract over the core in this process, and over the local socket to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.gateway.core import Core
from app.gateway.link import LinkServer, RemoteCore
from app.settings import Settings
from tests.clock import ManualClock
from tests.domain import Domain
from tests.gateway.contract import CoreContract


@pytest.fixture
async def domain(database_path: Path, settings: Settings, clock: ManualClock) -> AsyncIterator[Domain]:
    async with Domain(database_path, settings, clock) as domain:
        yield domain


class TestLocalCore(CoreContract):
    @pytest.fixture
    def core(self, domain: Domain) -> Core:
        return domain.core


class TestRemoteCore(CoreContract):
    @pytest.fixture
    async def core(self, domain: Domain, tmp_path: Path) -> AsyncIterator[Core]:
        server = LinkServer(domain.core, domain.settings.limits, domain.ids)
        await server.start(tmp_path / "core.sock")
        core = RemoteCore(tmp_path / "core.sock", domain.settings.limits)
        link = asyncio.create_task(core.run(lambda: None))
        await core.connected.wait()
        yield core
        link.cancel()
        await asyncio.wait((link,))
        await server.stop()
