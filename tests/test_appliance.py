"""The appliance as a whole: what keeps it running."""

import asyncio
import os
from pathlib import Path

import grpc
import pytest

from app import adapters
from app.accounts.agents import NewAgent
from app.accounts.tokens import NewToken
from app.adapters.formats.protobuf import Schema
from app.appliance import _built, _keep_house, _opened
from app.folder import Folder
from app.model.errors import Unavailable
from app.model.principals import System
from app.model.server import Ground
from app.settings import Limits, Settings
from tests.gateway.client import until

PROTO = Path(adapters.__file__).with_name("monodesk.proto")


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


async def test_programs_call_by_grpc_on_the_port_of_everybody(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, listen="127.0.0.1:0", grpc_reflection=True)
    folder, stop = Folder(tmp_path), asyncio.Event()
    schema = Schema.of_texts({"monodesk.proto": PROTO.read_text(encoding="utf-8")}, Limits())
    method = schema.method("monodesk.v1.Tickets/Create")
    with folder.held():
        async with _built(settings, folder, Ground()) as house, _opened(house, stop, lambda: settings) as doors:
            rooms = house.rooms
            owner = await rooms.agents.create(
                System(), NewAgent("Ann", "ann@desk.example", "owner", "four unrelated words")
            )
            session = await rooms.sessions.principal((await rooms.sessions.begin(owner.id, "", "")).secret)
            assert session is not None
            token = await rooms.tokens.create(session, NewToken("ERP", ("tickets.read", "tickets.write")))
            async with grpc.aio.insecure_channel(f"127.0.0.1:{doors.ports.internal}") as channel:
                ask = channel.unary_unary(method.path, method.input.encode, method.output.decode)
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await ask({"key": "0" * 32, "title": "From the ERP"})
                assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
                metadata = (("authorization", f"Bearer {token.secret}"),)
                made = await ask({"key": "0" * 32, "title": "From the ERP"}, metadata=metadata)
                watch = schema.method("monodesk.v1.Tickets/Watch")
                watching = channel.unary_stream(watch.path, watch.input.encode, watch.output.decode)(
                    {}, metadata=metadata
                )
                await watching.read()
                stop.set()
                await house.programs.close()
                with pytest.raises(grpc.aio.AioRpcError) as ended:
                    await watching.read()
                assert ended.value.code() == grpc.StatusCode.UNAVAILABLE
            assert (await rooms.ticket_queries.detail(session, made["id"])).ticket.title == "From the ERP"
