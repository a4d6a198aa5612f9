"""The same conversation where something goes wrong on the way."""

import asyncio

import pytest
from playwright.async_api import Browser

from tests.journeys.appliance import Appliance
from tests.journeys.people import Agent, Visitor
from tests.journeys.proxy import FaultProxy, Frame
from tests.journeys.watch import Watch

pytestmark = pytest.mark.full


@pytest.mark.parametrize("sender", ["visitor", "agent"])
async def test_the_server_is_killed_in_mid_typing(
    appliance: Appliance, browser: Browser, watch: Watch, sender: str
) -> None:
    """One presses Enter while the server is gone, the other goes on writing and sends when it is back."""
    visitor = await Visitor.on_chat_page(browser, watch, appliance.url)
    agent = await Agent.signed_in(browser, watch, appliance)
    await visitor.say("Before the fall")
    await agent.open("Before the fall")
    await agent.say("I am looking")
    await visitor.sees("Before the fall", "I am looking")
    early: Visitor | Agent = visitor if sender == "visitor" else agent
    late: Visitor | Agent = agent if sender == "visitor" else visitor
    await early.begin_typing("Sent while it is do")
    await late.begin_typing("Begun while it")

    watch.expect_outage()
    appliance.kill()
    await early.begin_typing("wn")
    await early.field.press("Enter")
    await late.begin_typing(" is down")
    await early.sees("Before the fall", "I am looking", "Sent while it is down")
    await asyncio.to_thread(appliance.start)

    said = ["Before the fall", "I am looking", "Sent while it is down"]
    await late.sees(*said)
    await early.sees_confirmed()
    await late.field.press("Enter")
    said.append("Begun while it is down")
    await early.sees(*said)
    await late.sees_confirmed()
    await visitor.page.reload()
    await agent.page.reload()
    await visitor.sees(*said)
    await agent.sees(*said)


async def test_the_first_ack_is_lost(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    """Nothing of the answer arrives until the visitor's page has sent the very first message again."""

    def lost(frame: Frame) -> bool:
        return frame["t"] in ("ack", "thread", "msg") and len(_cids(proxy)) < 2

    async with FaultProxy(appliance.port, drop=lost) as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, proxy.url)
        await visitor.say("Only once, please")
        await proxy.until(lambda: any(frame["t"] == "ack" for frame in proxy.received))

        first = next(frame for frame in proxy.dropped if frame["t"] == "ack")
        second = next(frame for frame in proxy.received if frame["t"] == "ack")
        assert _cids(proxy) == [first["cid"]] * 2
        assert second == first

        agent = await Agent.signed_in(browser, watch, appliance)
        await agent.open("Only once, please")
        await agent.sees("Only once, please")
        await visitor.sees_confirmed()
        await visitor.sees("Only once, please")
        await visitor.page.reload()
        await visitor.sees("Only once, please")
        await agent.say("Once it is")
        await visitor.sees("Only once, please", "Once it is")


async def test_an_ack_alone_is_lost(appliance: Appliance, browser: Browser, watch: Watch) -> None:
    """The conversation's head arrives, so the page asks for what it lacks and finds its own message confirmed."""
    async with FaultProxy(appliance.port, drop=lambda frame: frame["t"] == "ack") as proxy:
        visitor = await Visitor.on_chat_page(browser, watch, proxy.url)
        await visitor.say("Only once, please")

        await visitor.sees("Only once, please")
        await visitor.sees_confirmed()
        agent = await Agent.signed_in(browser, watch, appliance)
        await agent.open("Only once, please")
        await agent.sees("Only once, please")
        assert proxy.dropped


def _cids(proxy: FaultProxy) -> list[str]:
    return [frame["cid"] for frame in proxy.sent if frame["t"] == "send"]


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
