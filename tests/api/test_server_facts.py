"""How the server stands, for its administrators: who may read it, who may act, and what the line tells by itself."""

import pytest

from app.accounts.agents import AgentChange
from app.model.errors import Problem
from tests.api.desk import SYSTEM, Desk, World

PATH = "/api/v1/server"


async def admin(desk: Desk, world: World) -> str:
    """The cookie of the ordinary agent, made an administrator."""
    principal = await desk.sessions.principal(world.north)
    assert principal is not None
    await desk.agents.change(SYSTEM, principal.agent_id, AgentChange(role="admin"))
    return (await desk.sessions.begin(principal.agent_id, "", "")).secret


async def test_owner_and_administrator_see_how_it_stands(desk: Desk, world: World) -> None:
    for cookie in (world.owner, await admin(desk, world)):
        told = (await desk.call("GET", PATH, cookie=cookie)).json()
        assert (told["installed_as"], told["connections"]) == ("source", 3)
        assert (told["memory_bytes"], told["memory_bytes_max"]) == (2**28, 2**31)
        assert told["machine"]["processors"] == 2
        assert 0 < told["machine"]["disk_free_bytes"] <= told["machine"]["disk_total_bytes"]
        assert told["data"] == str(desk.folder)
        assert told["backups"]["archives"] == []
        assert told["backups"]["next_at"] > desk.clock.now_ms()


async def test_a_backup_is_the_owners_word_alone_and_is_written_into_the_log(
    desk: Desk, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    refused = await desk.call("POST", f"{PATH}/backups", cookie=await admin(desk, world), json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert desk.backups.run_of_now() is None

    begun = await desk.call("POST", f"{PATH}/backups", cookie=world.owner, json={})
    assert (begun.status_code, begun.json()["run"]["state"]) == (202, "running")
    again = await desk.call("POST", f"{PATH}/backups", cookie=world.owner, json={})
    assert (again.status_code, again.json()["code"]) == (409, "backup_running")
    await desk.backups.look()
    told = (await desk.call("GET", PATH, cookie=world.owner)).json()["backups"]
    (made,) = told["archives"]
    assert (made["state"], told["run"]["state"]) == ("sound", "done")
    assert made["bytes"] > 1_000
    records = [record for record in caplog.records if record.message == "a backup was asked for"]
    assert [vars(record)["agent_id"] for record in records] == [world.owner_id]


async def test_an_archive_that_cannot_be_read_is_called_damaged(desk: Desk, world: World) -> None:
    folder = desk.folder / "backups"
    folder.mkdir()
    (folder / "monodesk-20260101-000000.zip").write_bytes(b"not a zip")
    await desk.call("POST", f"{PATH}/backups", cookie=world.owner, json={})
    await desk.backups.look()
    told = (await desk.call("GET", PATH, cookie=world.owner)).json()["backups"]["archives"]
    assert [archive["state"] for archive in told] == ["sound", "damaged"]


async def test_the_line_tells_administrators_and_nobody_else(desk: Desk, world: World) -> None:
    desk.problems.append(Problem("backup_old", "The newest backup is old.", "备份太旧。"))
    desk.news.look()
    for cookie, hears in ((world.owner, True), (world.north, False), (world.observer, False)):
        epoch = (await desk.call("GET", "/api/v1/me", cookie=cookie)).json()["epoch"]
        polled = await desk.call("POST", "/api/v1/poll", cookie=cookie, json={"resume": {"epoch": epoch}})
        news = [frame for frame in polled.json()["frames"] if frame["t"] == "server"]
        assert bool(news) == hears
        if hears:
            assert [alert["code"] for alert in news[0]["alerts"]] == ["backup_old"]


async def test_what_the_machine_gives_is_shown_to_who_holds_the_set_up_link(empty: Desk) -> None:
    token = await empty.setup.link()
    told = await empty.call("POST", "/api/v1/setup/machine", json={"token": token})
    assert (told.json()["memory_bytes"], told.json()["processors"]) == (2**31, 2)
    again = await empty.call("POST", "/api/v1/setup/machine", json={"token": token})
    assert again.status_code == 200  # it is not used up
    wrong = await empty.call("POST", "/api/v1/setup/machine", json={"token": "0" * len(token)})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "setup_link_over")
