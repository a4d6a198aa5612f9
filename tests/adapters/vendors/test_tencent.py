"""Followers of an official account and customers in WeCom talk with the desk: encrypted, plain, once, and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.model.frames import Send
from app.settings import Limits
from app.storage import dead_letters
from tests.adapters.test_conversing import heads, said_in
from tests.adapters.test_engine import until
from tests.adapters.vendors.tencent import AES, TOKEN, Tencent, WeChat, WeCom, xml_of
from tests.adapters.vendors.vault import keep
from tests.api.conftest import desk, desk_settings, furnished, world  # noqa: F401 - fixtures
from tests.api.desk import Desk, World

APP, CORP = "wx2c2769f8efd9abc2", "wx5823bf96d3bd56c7"
WECHAT = """\
source: chat
preset: %(preset)s
settings: {app_id: wx2c2769f8efd9abc2, address: "http://127.0.0.1:%(port)d"}
secrets: {token: vault:token,%(aes)s app_secret: vault:app}
allow: ["127.0.0.1:%(port)d"]
"""
WECOM = """\
source: chat
preset: wecom
settings: {corp_id: wx5823bf96d3bd56c7, address: "http://127.0.0.1:%(port)d"}
secrets: {token: vault:token, aes: vault:aes, corp_secret: vault:app}
allow: ["127.0.0.1:%(port)d"]
"""
KINDS = {
    "wechat": (WeChat, APP, WECHAT, {"preset": "wechat", "aes": " aes: vault:aes,"}),
    "wechat-plain": (WeChat, APP, WECHAT, {"preset": "wechat-plain", "aes": ""}),
    "wecom": (WeCom, CORP, WECOM, {}),
}


@pytest.fixture
def limits() -> Limits:
    return Limits(adapter_look_seconds=0.05, outbox_gather_ms=1, outbox_delay_ms_min=20, source_send_delay_ms_max=100)


@asynccontextmanager
async def joined(desk: Desk, kind: str) -> AsyncIterator[Tencent]:  # noqa: F811
    make, receiver, instance, more = KINDS[kind]
    platform = make(receiver, desk.clock.now_ms() // 1_000)
    keep(desk.folder, token=TOKEN, aes=AES, app="app secret")
    (desk.folder / "adapters").mkdir(exist_ok=True)
    async with platform.far.serving() as far:
        text = instance % {"port": far.port, **more}
        (desk.folder / "adapters" / "chat.yaml").write_text(text, encoding="utf-8")
        tasks = [asyncio.create_task(desk.joined.run()), asyncio.create_task(desk.outbox.run())]
        await until(
            lambda: len(desk.joined.states) == 2 and all(one.state == "waiting" for one in desk.joined.states.values())
        )
        try:
            yield platform
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def sent(desk: Desk, query: str, body: bytes) -> tuple[int, bytes]:  # noqa: F811
    told = await desk.call("POST", f"/in/chat?{query}", content=body, headers={"content-type": "text/xml"})
    return told.status_code, told.content


def words(number: int, text: str, **more: str) -> str:
    fields = {
        "ToUserName": "gh_1", "FromUserName": "oyORnuP8", "CreateTime": "1409735668", "MsgType": "text",
        "Content": text, "MsgId": f"60551563{number}", "AgentID": "1000002", **more,
    }  # fmt: skip
    return xml_of(**fields)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_written_comes_once_and_the_answer_goes_back_by_a_token_that_ends(
    kind: str,
    desk: Desk,  # noqa: F811
    world: World,  # noqa: F811
) -> None:
    async with joined(desk, kind) as platform:
        send = platform.plain if kind == "wechat-plain" else platform.packed
        reply = b"" if kind == "wecom" else b"success"
        first = send(words(1, "有人吗 & <好>"))
        assert [await sent(desk, *first) for _ in range(2)] == [(200, reply)] * 2, "they did not hear the first answer"
        assert await sent(desk, *send(words(1, "有人吗 & <好>"))) == (200, reply), "the same, sent anew"
        event = xml_of(FromUserName="oyORnuP8", CreateTime="1", MsgType="event", Event="subscribe")
        assert await sent(desk, *send(event)) == (200, reply)
        assert await sent(desk, *send(words(2, "", MsgType="location", Label="文一路", Location_X="30.1"))) == (
            200,
            reply,
        )
        (head,) = await heads(desk)
        said = [one.text for one in await said_in(desk, head.id)]
        assert said[0] == "有人吗 & <好>" and said[1].startswith("[文一路] 30.1") and len(said) == 2
        agent = await desk.sessions.principal(world.owner)
        assert agent is not None
        for number in range(5):
            await desk.messages.accept(agent, Send(f"{number}" * 32, head.id, f"您好 {number}"))
        await until(lambda: len(platform.said) == 5)
    assert [(one["touser"], one["text"]["content"]) for one in platform.said] == [
        ("oyORnuP8", f"您好 {number}") for number in range(5)
    ]
    assert {one.split()[0] for one in platform.refused} == {"42001"} and platform.tokens == 3
    assert await dead_letters.page(desk.database, "chat", "", 9) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_the_trial_of_the_address_is_answered_and_a_forgery_is_not(
    kind: str,
    desk: Desk,  # noqa: F811
    world: World,  # noqa: F811 - furnishes the desk
) -> None:
    async with joined(desk, kind) as platform:
        query = platform.trial("4378923743", hidden=kind == "wecom")
        told = await desk.call("GET", f"/in/chat?{query}")
        assert (told.status_code, told.text) == (200, "4378923743")
        other = query.replace("signature=", "signature=0")
        assert (await desk.call("GET", f"/in/chat?{other}")).status_code == 401
        send = platform.plain if kind == "wechat-plain" else platform.packed
        query, body = send(words(1, "hello"))
        platform.now -= 600
        late, _ = send(words(1, "hello"))
        assert (await sent(desk, late, body))[0] == 401, "ten minutes old"
        assert (await sent(desk, "", body))[0] == 401
        if kind == "wecom":
            assert (await sent(desk, query, send(words(2, "another"))[1]))[0] == 401, "the words are another"
    assert await heads(desk) == []
