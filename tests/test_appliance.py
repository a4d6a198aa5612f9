"""The appliance as a whole: what keeps it running."""

import asyncio
import os
from pathlib import Path

import pytest

from app.appliance import _built, _keep_house
from app.folder import Folder
from app.model.errors import Unavailable
from app.model.server import Ground
from app.settings import Limits, Settings
from tests.gateway.client import until


async def test_a_full_disk_puts_the_chores_off_and_does_not_end_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(data=tmp_path, limits=Limits(housekeeping_seconds=0.01))
    folder = Folder(tmp_path)
    with folder.held():
        async with _built(settings, folder, Ground()) as house:
            writer = house.database._writer
            stray = folder.files / "ab" / "abcdef"
            stray.parent.mkdir(parents=True)
            stray.write_bytes(b"left behind by a crash")
            writer._refusal = Unavailable("disk_full", "Full.", "已满。", retry_after_ms=1)
            keeping = asyncio.create_task(_keep_house(house))
            await until(lambda: caplog.text.count("a chore was put off") >= 4)
            assert not keeping.done()
            os.utime(stray, (0, 0))
            writer._refusal = None
            await until(lambda: not stray.exists())
            assert not keeping.done()
            keeping.cancel()
