"""Servers tell of new mail when it suits them: in the answer to another command, before their yes to IDLE, after it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.mail.imap import Imap, opened
from app.model.mail import Security, Server

_SAYS = {"CAPABILITY": ["* CAPABILITY IMAP4rev1 IDLE"], "SELECT": ["* 1 EXISTS", "* OK [UIDVALIDITY 7] valid"]}


class Teller:
    """An IMAP server that says what `says` has for a command, then OK; `asked` is what it was asked."""

    def __init__(self, says: dict[str, list[str]], at_idle: list[str]) -> None:
        self.asked: list[str] = []
        self._says = _SAYS | says
        self._at_idle = at_idle
        self.gone = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n")
        while line := await reader.readline():
            tag, name = line.decode().split()[:2]
            if name == "UID":
                name = line.decode().split()[2]
            self.asked.append(name)
            if name == "LOGIN":
                writer.write(b"+ go on\r\n")
                await reader.readline()
            if name == "IDLE":
                writer.write("".join(f"{one}\r\n" for one in self._at_idle).encode())
                assert await reader.readline() == b"DONE\r\n"
            writer.write("".join(f"{one}\r\n" for one in [*self._says.get(name, []), f"{tag} OK done"]).encode())
        writer.close()
        await writer.wait_closed()
        self.gone.set()


@asynccontextmanager
async def line_to(teller: Teller) -> AsyncIterator[Imap]:
    server = await asyncio.start_server(teller.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with opened(
            Server("127.0.0.1", port, Security.NONE, "support"), "secret", ssl.create_default_context(), 30
        ) as line:
            await line.select("INBOX")
            yield line
        await teller.gone.wait()
    finally:
        server.close()


@pytest.mark.parametrize(
    ("says", "at_idle"),
    [
        ({"STORE": ["* 2 EXISTS"]}, ["+ idling"]),
        ({"STORE": ["* 1 FETCH (FLAGS (\\Seen))", "* 2 EXISTS"]}, ["+ idling"]),
        ({}, ["* 2 EXISTS", "+ idling"]),
        ({}, ["* OK still here", "+ idling", "* OK still here", "* 2 exists"]),
    ],
)
async def test_what_is_told_is_not_waited_for(says: dict[str, list[str]], at_idle: list[str]) -> None:
    async with line_to(Teller(says, at_idle)) as line:
        await line.mark_seen(1)
        async with asyncio.timeout(30):
            await line.wait(3_600)
        await line.select("INBOX")


async def test_one_that_comes_where_another_went_is_new() -> None:
    async with line_to(Teller({"STORE": ["* 1 EXPUNGE", "* 1 EXISTS"]}, ["+ idling"])) as line:
        await line.mark_seen(1)
        async with asyncio.timeout(30):
            await line.wait(3_600)


@pytest.mark.parametrize("says", [{}, {"STORE": ["* 1 EXISTS"]}, {"STORE": ["* 1 EXPUNGE"]}])
async def test_what_was_there_when_it_was_opened_is_no_news(says: dict[str, list[str]]) -> None:
    teller = Teller(says, ["+ idling"])
    async with line_to(teller) as line:
        await line.mark_seen(1)
        await line.wait(0.2)
        assert teller.asked.count("IDLE") == 1
        await line.wait(0.2)
        assert teller.asked.count("IDLE") == 2
