"""The same conversation where something goes wrong on the way."""

import asyncio

import pytest
from playwright.async_api import Browser

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.proxy import FaultProxy, Frame
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full


async def test_the_server_is_killed_in_mid_typing(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("Before")
    await agent.open("Before")
    await agent.say("I am looking")
    await visitor.sees("Before", "I am looking")
    await visitor.begin_typing("While it is do")
    await agent.begin_typing("Here it")

    watch.expect_outage()
    appliance.kill()
    await visitor.begin_typing("wn")
    await visitor.field.press("Enter")
    await agent.begin_typing(" is")
    await agent.field.press("Enter")
    await visitor.sees("Before", "I am looking", "While it is down")
    await asyncio.to_thread(appliance.start)

    await visitor.sees_confirmed()
    await agent.sees_confirmed()
    said = await visitor.log.locator(".bub").all_inner_texts()
    assert sorted(said[2:]) == ["Here it is", "While it is down"]
    await agent.sees(*said)
    await visitor.say("After")
    await agent.sees(*said, "After")
    await visitor.page.reload()
    await visitor.sees(*said, "After")


async def test_the_first_ack_is_lost(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    lost: list[Frame] = []

    def first_ack(frame: Frame) -> bool:
        if frame["t"] != "ack" or lost:
            return False
        lost.append(frame)
        return True

    async with FaultProxy(appliance.port, drop=first_ack) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, proxy.url)
        agent = await Agent.signed_in(browser, watch, appliance)
        await visitor.say("Only once, please")
        await agent.open("Only once, please")
        await visitor.sees_confirmed()

        await visitor.sees("Only once, please")
        await agent.sees("Only once, please")
        sends = [frame["cid"] for frame in proxy.sent if frame["t"] == "send"]
        acks = [frame for frame in proxy.received if frame["t"] == "ack"]
        assert len(proxy.dropped) == 1
        assert sends == [lost[0]["cid"]] * len(sends)
        assert len(sends) > 1
        assert {ack["id"] for ack in acks} == {lost[0]["id"]}

        await visitor.page.reload()
        await visitor.sees("Only once, please")
        await agent.say("Once it is")
        await visitor.sees("Only once, please", "Once it is")


async def test_a_proxy_that_blocks_websocket(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    watch.expect_outage()
    async with FaultProxy(appliance.port, upgrades=False) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, proxy.url, "zh")
        agent = await Agent.signed_in(browser, watch, appliance, "zh", proxy.url)
        await visitor.say("请问能退款吗")
        await agent.open("请问能退款吗")
        await agent.say("可以，请发订单号")
        await visitor.sees("请问能退款吗", "可以，请发订单号")
        await visitor.begin_typing("4711")
        await agent.sees_unsent("4711")
        await visitor.field.press("Enter")
        await agent.sees("请问能退款吗", "可以，请发订单号", "4711")
        await visitor.page.reload()
        await visitor.sees("请问能退款吗", "可以，请发订单号", "4711")

        assert proxy.refused > 0
        assert proxy.sent == []
