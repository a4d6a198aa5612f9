"""A mailbox on a real IMAP server: what is new is taken and marked, once, whatever breaks in between."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.mail.mailboxes import NewMailbox
from app.mail.relay import NewServer
from app.mail.watch import Watch
from app.model.errors import Conflict, Forbidden, NotFound
from app.model.mail import Security
from app.settings import Limits
from app.storage import mailboxes
from tests.api.desk import SYSTEM
from tests.clock import ManualClock
from tests.mail.dovecot import PASSWORD, Dovecot
from tests.mail.server import certified
from tests.mail.world import World, mail, mail_world


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    certified(folder)
    return folder


@pytest.fixture
def dovecot(keys: Path) -> Iterator[Dovecot]:
    """In a folder that its own user may reach: pytest's are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    server = Dovecot(folder / "v", keys / "server.pem")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def world(
    migrated: Path, tmp_path: Path, clock: ManualClock, dovecot: Dovecot, keys: Path
) -> AsyncIterator[World]:
    (tmp_path / "data" / "keys").mkdir(parents=True)
    (tmp_path / "data" / "keys" / "mail-ca.pem").write_bytes((keys / "mail-ca.pem").read_bytes())
    limits = Limits(mail_look_seconds=0.2, mail_retry_seconds_min=0.1, mail_retry_seconds_max=0.2)
    server = dovecot.server(Security.STARTTLS)
    async with mail_world(migrated, tmp_path / "data", clock, server, limits=limits) as world:
        yield world


async def numbers(world: World) -> int:
    return len(await world.conversations())


async def until(count: int, world: World) -> None:
    async with asyncio.timeout(60):
        while await numbers(world) < count:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS, Security.NONE])
async def test_what_is_new_is_taken_and_marked(world: World, dovecot: Dovecot, security: Security) -> None:
    dovecot.deliver(mail("older than us", header_id="<0@example.com>").as_bytes())
    await _moved(world, dovecot.server(security))
    assert await world.desk.mail.watch.look(world.box) == 0

    for number in range(1, 4):
        dovecot.deliver(mail(header_id=f"<{number}@example.com>").as_bytes())
    dovecot.deliver(mail(header_id="<auto@example.com>", Auto_Submitted="auto-replied").as_bytes())
    assert await world.desk.mail.watch.look(world.box) == 4
    assert (await numbers(world), dovecot.seen()) == (3, 3)
    assert await world.desk.mail.watch.look(world.box) == 0
    state = await mailboxes.state(world.desk.database, world.inbox_id)
    assert (state.uid, state.trouble) == (5, None)


async def test_new_mail_is_told_of_and_taken_while_it_is_watched(world: World, dovecot: Dovecot) -> None:
    await world.desk.mail.watch.look(world.box)
    watching = asyncio.create_task(world.desk.mail.watch.run())
    try:
        for number in range(1, 4):
            dovecot.deliver(mail(header_id=f"<{number}@example.com>").as_bytes())
            await until(number, world)
        dovecot.stop()
        dovecot.start()
        await _moved(world, dovecot.server(Security.STARTTLS), same=True)
        dovecot.deliver(mail(header_id="<9@example.com>").as_bytes())
        await until(4, world)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_numbers_that_are_given_anew_bring_nothing_twice(world: World, dovecot: Dovecot) -> None:
    await world.desk.mail.watch.look(world.box)
    dovecot.deliver(mail(header_id="<1@example.com>").as_bytes())
    await world.desk.mail.watch.look(world.box)
    before = await mailboxes.state(world.desk.database, world.inbox_id)
    dovecot.stop()
    dovecot.renumber()
    world.desk.clock.jump(_today_ms() / 1_000 - world.desk.clock.now_ms() / 1_000)
    dovecot.start()
    dovecot.deliver(mail("while we were away", header_id="<2@example.com>").as_bytes())
    await _moved(world, dovecot.server(Security.STARTTLS), same=True)
    await world.desk.database.write(
        lambda tx: mailboxes.reached(tx, world.inbox_id, (before.uid_validity or 0) - 1, 99)
    )
    await world.desk.mail.watch.look(world.box)
    assert await numbers(world) == 2


async def test_a_huge_mail_is_taken_by_its_beginning(
    migrated: Path, tmp_path: Path, clock: ManualClock, dovecot: Dovecot
) -> None:
    limits = Limits(mail_bytes_max=20_000)
    async with mail_world(migrated, tmp_path / "data", clock, dovecot.server(), limits=limits) as world:
        await world.desk.mail.watch.look(world.box)
        made = mail("the words")
        made.add_attachment(b"%PDF-" + b"x" * 200_000, maintype="application", subtype="pdf", filename="big.pdf")
        dovecot.deliver(made.as_bytes())
        await world.desk.mail.watch.look(world.box)
        (head,) = await world.conversations()
        (entry,) = await world.entries(head.id)
        assert entry.text == "the words" and entry.data is not None and entry.data["cut"] == "1"


@pytest.mark.parametrize(
    ("server", "code"),
    [
        (lambda d: d.server(Security.STARTTLS, "wrong"), "mail_sign_in"),
        (lambda d: NewServer("localhost", 1, Security.NONE, "u", PASSWORD), "mail_unreachable"),
        (lambda d: NewServer("127.0.0.1", d.tls_port, Security.TLS, "u", PASSWORD), "mail_untrusted"),
    ],
    ids=["password", "port", "name"],
)
async def test_what_is_wrong_is_said(world: World, dovecot: Dovecot, server: object, code: str) -> None:
    assert callable(server)
    await _moved(world, server(dovecot))
    told = await world.desk.mail.watch.test(SYSTEM, world.inbox_id)
    assert (told.ok, told.code) == (False, code)
    (facts,) = await world.desk.mail.boxes.listing(SYSTEM)
    assert facts.state.trouble is not None and facts.state.trouble.code == code

    await _moved(world, dovecot.server(Security.STARTTLS))
    assert (await world.desk.mail.watch.test(SYSTEM, world.inbox_id)).ok
    (facts,) = await world.desk.mail.boxes.listing(SYSTEM)
    assert facts.state.trouble is None


async def test_who_may_and_which_address(world: World) -> None:
    watch: Watch = world.desk.mail.watch
    with pytest.raises(Forbidden):
        await watch.test(world.agent, world.inbox_id)
    with pytest.raises(NotFound):
        await watch.test(SYSTEM, "0" * 26)
    with pytest.raises(Conflict, match="address_taken"):
        await world.desk.mail.boxes.create(
            SYSTEM, NewMailbox("Again", "Support@Shop.example", NewServer("localhost", 1, Security.NONE, "u"))
        )


async def _moved(world: World, server: NewServer, *, same: bool = False) -> None:
    """The address lies there now; `same`: what was read of it stays read."""
    state = await mailboxes.state(world.desk.database, world.inbox_id)
    await world.desk.mail.boxes.change(
        SYSTEM, world.inbox_id, NewMailbox("Support", world.box.address, server, plus=True)
    )
    if same and state.uid_validity is not None:
        validity = state.uid_validity
        await world.desk.database.write(lambda tx: mailboxes.reached(tx, world.inbox_id, validity, state.uid))


def _today_ms() -> int:
    return round(time.time() * 1_000)
