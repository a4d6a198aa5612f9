"""Hours that inboxes and teams share: who follows them, and what becomes of a change."""

from datetime import date

import pytest
from msgspec.structs import replace

from app.accounts.inboxes import InboxChange, NewInbox
from app.accounts.schedules import HoursOfTeam, NewSchedule, ScheduleChange
from app.model.errors import Conflict, Forbidden, Invalid, NotFound
from app.model.widget import Holiday, Hours, Period, Texts, Widget
from app.storage import schedules
from tests.domain import SYSTEM, Domain

# The tests' clock stands on a Monday, 21 September 2026, at 14:13:20 UTC.
MONDAYS = Hours("UTC", (Period(1, 0, 1_440),))
FRIDAYS = Hours("UTC", (Period(5, 0, 1_440),))
ABSENT = "0" * 26


async def test_an_inbox_follows_a_schedule_or_its_own_hours(domain: Domain) -> None:
    schedule = await domain.schedules.create(SYSTEM, NewSchedule("Shops", MONDAYS))
    inbox = await domain.inboxes.create(SYSTEM, NewInbox("Website", widget=Widget(hours=FRIDAYS)))
    assert domain.schedules.of_inbox(inbox) == FRIDAYS
    assert not (await domain.receptionist.reception(inbox.id)).open
    inbox = await domain.inboxes.change(SYSTEM, inbox.id, InboxChange(schedule_id=schedule.id))
    domain.receptionist.forget()
    assert domain.schedules.of_inbox(inbox) == MONDAYS
    assert (await domain.receptionist.reception(inbox.id)).open
    holiday = Holiday(date(2026, 9, 21), Texts("Stock-taking", "盘点"))
    await domain.schedules.change(SYSTEM, schedule.id, ScheduleChange(hours=replace(MONDAYS, holidays=(holiday,))))
    domain.receptionist.forget()
    told = await domain.receptionist.reception(inbox.id)
    assert (told.open, told.holiday) == (False, Texts("Stock-taking", "盘点"))
    inbox = await domain.inboxes.change(SYSTEM, inbox.id, InboxChange(schedule_id=None))
    assert domain.schedules.of_inbox(inbox) == FRIDAYS


async def test_a_team_is_there_as_its_schedule_or_its_own_hours_say(domain: Domain) -> None:
    team, now = await domain.team("North"), domain.clock.now_ms()
    assert domain.schedules.is_open(team.id, now)  # nobody has said anything
    assert domain.schedules.is_open(None, now)
    await domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam(hours=FRIDAYS))
    assert not domain.schedules.is_open(team.id, now)
    schedule = await domain.schedules.create(SYSTEM, NewSchedule("Shops", MONDAYS))
    await domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam(schedule.id))
    assert domain.schedules.is_open(team.id, now)
    assert not domain.schedules.is_open(team.id, now + 86_400_000)


async def test_who_is_off_duty_is_not_there_for_visitors(domain: Domain) -> None:
    team = await domain.team("North")
    inbox, agent = await domain.inbox(team), await domain.agent("Ann", teams=[team])
    domain.presence.connected(agent)
    assert (await domain.receptionist.reception(inbox)).online == 1
    await domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam(hours=FRIDAYS))
    domain.receptionist.forget()
    told = await domain.receptionist.reception(inbox)
    assert (told.open, told.online, told.faces) == (True, 0, ())


async def test_all_of_it_is_there_after_a_start(domain: Domain) -> None:
    team = await domain.team("North")
    schedule = await domain.schedules.create(SYSTEM, NewSchedule("Shops", MONDAYS))
    told = await domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam(schedule.id, FRIDAYS))
    inbox = await domain.inboxes.create(SYSTEM, NewInbox("Website", schedule_id=schedule.id))
    await domain.schedules.load()
    await domain.inboxes.load()
    assert domain.schedules.listing(SYSTEM) == [schedule]
    assert domain.schedules.of_teams(SYSTEM) == [told]
    assert domain.inboxes.find(inbox.id) == inbox


async def test_one_that_is_followed_is_not_removed(domain: Domain) -> None:
    schedule = await domain.schedules.create(SYSTEM, NewSchedule("Shops", MONDAYS))
    team = await domain.team("North")
    inbox = await domain.inboxes.create(SYSTEM, NewInbox("Website", schedule_id=schedule.id))
    await domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam(schedule.id))
    with pytest.raises(Conflict) as refused:
        await domain.schedules.delete(SYSTEM, schedule.id)
    assert refused.value.code == "schedule_used"
    assert "North, Website" in refused.value.en
    await domain.inboxes.change(SYSTEM, inbox.id, InboxChange(schedule_id=None))
    await domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam())
    await domain.schedules.delete(SYSTEM, schedule.id)
    assert domain.schedules.listing(SYSTEM) == []
    with pytest.raises(NotFound):
        await domain.schedules.delete(SYSTEM, schedule.id)


async def test_names_are_given_once(domain: Domain) -> None:
    first = await domain.schedules.create(SYSTEM, NewSchedule("Shops", MONDAYS))
    second = await domain.schedules.create(SYSTEM, NewSchedule("Office", FRIDAYS))
    for refuse in (
        domain.schedules.create(SYSTEM, NewSchedule(" Shops ", FRIDAYS)),
        domain.schedules.change(SYSTEM, second.id, ScheduleChange(name="Shops")),
    ):
        with pytest.raises(Conflict) as refused:
            await refuse
        assert refused.value.code == "schedule_exists"
    assert (await domain.schedules.change(SYSTEM, first.id, ScheduleChange(name="Shops"))) == first


async def test_what_does_not_exist_cannot_be_followed_or_changed(domain: Domain) -> None:
    inbox, team = await domain.inbox(), await domain.team("North")
    for unknown in (
        domain.inboxes.change(SYSTEM, inbox, InboxChange(schedule_id=ABSENT)),
        domain.inboxes.create(SYSTEM, NewInbox("Website", schedule_id=ABSENT)),
        domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam(ABSENT)),
    ):
        with pytest.raises(Invalid) as refused:
            await unknown
        assert (refused.value.code, refused.value.field) == ("schedule_unknown", "schedule_id")
    with pytest.raises(NotFound):
        await domain.schedules.change(SYSTEM, ABSENT, ScheduleChange(name="Shops"))
    with pytest.raises(NotFound):
        await domain.schedules.set_team(SYSTEM, ABSENT, HoursOfTeam())


async def test_hours_that_are_none_are_refused_and_leave_what_was(domain: Domain) -> None:
    schedule = await domain.schedules.create(SYSTEM, NewSchedule("Shops", MONDAYS))
    wrong = Hours("UTC", (Period(1, 60, 120), Period(1, 90, 150)))
    for refuse in (
        domain.schedules.create(SYSTEM, NewSchedule("Office", wrong)),
        domain.schedules.change(SYSTEM, schedule.id, ScheduleChange(hours=wrong)),
    ):
        with pytest.raises(Invalid):
            await refuse
    await domain.schedules.load()
    assert domain.schedules.listing(SYSTEM) == [schedule]


async def test_agents_read_them_and_administrators_change_them(domain: Domain) -> None:
    team, agent, admin = await domain.team("North"), await domain.agent("Ann"), await domain.agent("Ada", "admin")
    schedule = await domain.schedules.create(admin, NewSchedule("Shops", MONDAYS))
    assert domain.schedules.listing(agent) == [schedule]
    for refuse in (
        domain.schedules.create(agent, NewSchedule("Office")),
        domain.schedules.change(agent, schedule.id, ScheduleChange(name="Office")),
        domain.schedules.delete(agent, schedule.id),
        domain.schedules.set_team(agent, team.id, HoursOfTeam()),
    ):
        with pytest.raises(Forbidden):
            await refuse


async def test_what_was_done_is_noted(domain: Domain) -> None:
    team, admin = await domain.team("North"), await domain.agent("Ada", "admin")
    schedule = await domain.schedules.create(admin, NewSchedule("Shops", MONDAYS))
    await domain.schedules.change(admin, schedule.id, ScheduleChange(name="Shops"))  # which changes nothing
    await domain.schedules.change(admin, schedule.id, ScheduleChange(hours=FRIDAYS))
    await domain.schedules.set_team(admin, team.id, HoursOfTeam(schedule.id))
    await domain.schedules.set_team(admin, team.id, HoursOfTeam())
    await domain.schedules.delete(admin, schedule.id)
    noted = await domain.database.read("SELECT action, object_name FROM audit ORDER BY number")
    assert noted == [
        ("schedule.create", "Shops"), ("schedule.change", "Shops"), ("team.change", "North"), ("team.change", "North"),
        ("schedule.delete", "Shops"),
    ]  # fmt: skip


async def test_there_is_a_most(domain: Domain) -> None:
    for number in range(domain.settings.limits.schedules_max):
        await domain.schedules.create(SYSTEM, NewSchedule(f"Shop {number}"))
    with pytest.raises(Conflict) as refused:
        await domain.schedules.create(SYSTEM, NewSchedule("One more"))
    assert refused.value.code == "limit_reached"


async def test_a_zone_that_this_machine_has_lost_keeps_nobody_out(domain: Domain) -> None:
    team = await domain.team("North")
    schedule = await domain.schedules.create(SYSTEM, NewSchedule("Shops", FRIDAYS))
    await domain.schedules.set_team(SYSTEM, team.id, HoursOfTeam(schedule.id))
    lost = replace(schedule, hours=replace(FRIDAYS, zone="Moon/Tycho"))
    await domain.database.write(lambda tx: schedules.save(tx, lost))
    await domain.schedules.load()
    assert domain.schedules.is_open(team.id, domain.clock.now_ms())
