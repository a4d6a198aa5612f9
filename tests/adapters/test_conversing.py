"""A customer who writes in WeCom talks with the desk: in, once, on the same thread, and back to him."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from app.chat.blocking import NewBlock
from app.contacts.contacts import ContactChange
from app.contacts.merging import ContactMerging
from app.mail.posting import Posting
from app.model.conversations import Conversation, Kind, Message, Status
from app.model.errors import Conflict
from app.model.frames import Send
from app.model.people import Contact
from app.settings import Limits
from app.storage import channels, contacts, conversations, dead_letters, inboxes, messages, visitor_events
from tests.adapters.far import Far, answer
from tests.adapters.test_crypto import WECOM_ECHO
from tests.adapters.test_engine import joined, put, until
from tests.adapters.test_receiving import WECOM_KNOWN, delivery, wecom_delivery
from tests.api.conftest import desk, desk_settings, furnished, world  # noqa: F401 - fixtures
from tests.api.desk import HOST, PNG, SYSTEM, Desk, World, upload
from tests.domain import Domain

WECOM = """\
source: wecom
title: {en: WeCom, zh: 企业微信}
secrets: {token: vault:token, aes: vault:aes, corp: vault:corp}
receive:
  proof:
    signed:
      style: among
      parts: sorted-values
      of: [timestamp, nonce, Encrypt|echostr]
      with: token
      digest: sha1
      into: msg_signature
  decrypt: {wechat: {key: aes, id: $corp}}
  check: {query: echostr}
map:
  id: xml.MsgId
  sender: xml.FromUserName
  text: xml.Content
  back: {map: {agent: xml.AgentID}}
deliver: {to: messages.accept}
---
source: wecom-answers
secrets: {corp: vault:corp}
allow: ["127.0.0.1:%(port)d"]
events: [message.created]
where: $event.channel.source == "wecom" and $event.message.kind == "message" and $event.actor.kind == "agent"
map:
  to: $event.channel.sender
  text: {from: $event.message.text, default: ""}
  picture: {from: "$event.message.attachments[0].link", default: ""}
  agent: $event.channel.facts.agent
deliver:
  post: http://127.0.0.1:%(port)d/cgi-bin/message/send
  json:
    touser: $mapped.to
    msgtype: text
    agentid: $mapped.agent
    text: {content: {from: $mapped.text, default: null}}
    picurl: {from: $mapped.picture, default: null}
  order: conversation.id
  fails_when: {code: errcode, ok: [0], text: errmsg}
"""
# One whose customers bring everything that a message may have.
SHOP = """\
source: mall
title: Mall chat
secrets: {key: vault:key}
allow: ["127.0.0.1:%(port)d"]
receive:
  proof: {signed: {of: body, with: key, digest: hmac-sha256, encode: base64, header: X-Signature}}
records: {at: said}
map:
  id: id
  sender: from
  kind: {from: kind, default: text}
  text: {from: text, default: ""}
  title: {from: title, default: ""}
  url: {from: url, default: ""}
  event: {from: event, default: ""}
  name: {from: name, default: ""}
  phone: {from: phone, default: ""}
  back: {map: {shop: shop}}
deliver: {to: messages.accept, inbox: Mall}
"""
BACK = """\
source: answers
system: mall
allow: ["127.0.0.1:%(port)d"]
events: [message.created]
where: $event.actor.kind == "agent" and $event.message.kind == "message"
map: {to: $event.channel.sender, text: $event.message.text}
deliver: {post: "http://127.0.0.1:%(port)d/", fails_when: {code: errcode, ok: [0], text: errmsg}}
"""


@pytest.fixture
def limits() -> Limits:
    return Limits(adapter_look_seconds=0.05, outbox_gather_ms=1, outbox_delay_ms_min=20, source_send_delay_ms_max=100)


def vault(folder: Path, known: dict[str, str]) -> None:
    place = folder / "keys" / "adapters"
    place.mkdir(parents=True, exist_ok=True)
    for name, value in known.items():
        (place / name).write_text(value, encoding="utf-8")
        (place / name).chmod(0o600)


async def heads(where: Domain | Desk) -> list[Conversation]:
    rows = await where.database.read("SELECT conversation_id FROM channel_conversations ORDER BY conversation_id")
    return [await head_of(where, str(row[0])) for row in rows]


async def head_of(where: Domain | Desk, conversation_id: str) -> Conversation:
    found = await conversations.find(where.database, conversation_id)
    assert found is not None
    return found


async def said_in(where: Domain | Desk, conversation_id: str) -> list[Message]:
    page = await messages.before(where.database, conversation_id, visitor=False, before=2**31, limit=200)
    return [one for one in page[::-1] if one.kind is Kind.MESSAGE]


async def contact_of(where: Domain | Desk, head: Conversation) -> Contact:
    found = await contacts.find(where.database, head.contact_id)
    assert found is not None
    return found


async def lines_in(where: Domain | Desk, conversation_id: str) -> list[Message]:
    """What colleagues alone see of its course."""
    page = await messages.before(where.database, conversation_id, visitor=False, before=2**31, limit=200)
    return [one for one in page[::-1] if one.kind is Kind.SYSTEM]


class Chat:
    """A door that takes what customers say in the mall."""

    def __init__(self, domain: Domain, systems: Any) -> None:
        self.domain = domain
        self._systems = systems

    async def say(self, *said: dict[str, Any]) -> None:
        sent = delivery({"said": list(said)}, self.domain.ids.new(), key="k")
        await self._systems._engine.doors["mall"].answer(sent)


@asynccontextmanager
async def mall(domain: Domain, folder: Path, port: int = 1) -> AsyncIterator[Chat]:
    vault(folder, {"key": "k"})
    async with joined(domain, folder) as systems:
        put(folder, SHOP % {"port": port}, "mall.yaml")
        await until(lambda: "mall" in systems.states and systems.states["mall"].state == "waiting")
        yield Chat(domain, systems)


def line(number: int, text: str = "", who: str = "ann", **more: Any) -> dict[str, Any]:
    return {"id": f"m{number}", "from": who, "text": text, "shop": "north", **more}


# --- there and back


async def test_an_encrypted_message_is_answered_by_an_agent_and_the_answer_goes_back(
    desk: Desk,  # noqa: F811
    world: World,  # noqa: F811
    limits: Limits,
) -> None:
    wecom = Far(answer(b'{"errcode":0,"errmsg":"ok"}'))
    vault(desk.folder, WECOM_KNOWN)
    (desk.folder / "adapters").mkdir(exist_ok=True)
    async with wecom.serving() as far:
        (desk.folder / "adapters" / "wecom.yaml").write_text(WECOM % {"port": far.port}, encoding="utf-8")
        tasks = [asyncio.create_task(desk.joined.run()), asyncio.create_task(desk.outbox.run())]
        states = desk.joined
        await until(lambda: len(states.states) == 2 and all(one.state == "waiting" for one in states.states.values()))
        trial = {
            "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "timestamp": "1409659589",
            "nonce": "263014780", "echostr": WECOM_ECHO,
        }  # fmt: skip
        checked = await desk.call("GET", f"/in/wecom?{urlencode(trial)}", own=False)
        assert (checked.status_code, checked.text) == (200, "1616140317555161061")
        trial["nonce"] = "1"
        assert (await desk.call("GET", f"/in/wecom?{urlencode(trial)}", own=False)).status_code == 401
        sent = wecom_delivery()
        query = "&".join(f"{name}={value}" for name, value in sent.query)
        for _ in range(3):  # they may not have heard our answer
            told = await desk.call(
                "POST", f"/in/wecom?{query}", content=sent.body, headers={"content-type": "text/xml"}
            )
            assert (told.status_code, told.content) == (200, b"")
        (head,) = await heads(desk)
        (message,) = await said_in(desk, head.id)
        assert (message.text, message.sender.kind, head.status) == ("hello", "visitor", Status.QUEUED)
        assert message.data == {"channel": "wecom"}
        assert desk.inboxes.find(head.inbox_id).name == "WeCom"
        agent = await desk.sessions.principal(world.owner)
        assert agent is not None
        await desk.messages.accept(agent, Send("f" * 32, head.id, "Good morning."))
        await until(lambda: len(far.heard) == 1)
        assert json.loads(far.heard[0].body) == {
            "touser": "mycreate", "msgtype": "text", "agentid": "218", "picurl": None,
            "text": {"content": "Good morning."},
        }  # fmt: skip
        await desk.messages.accept(agent, Send("e" * 32, head.id, "between us", note=True))
        await desk.messages.accept(agent, Send("d" * 32, head.id, "How are you?"))
        await until(lambda: len(far.heard) == 2)
        assert json.loads(far.heard[1].body)["text"] == {"content": "How are you?"}, "a note stays here"
        picture = await upload(desk, agent)
        await desk.messages.accept(agent, Send("c" * 32, head.id, "", (picture,)))
        await until(lambda: len(far.heard) == 3)
        link = json.loads(far.heard[2].body)["picurl"]
        assert link.startswith(f"https://{HOST}/in/files/{picture}?")
        path = link.removeprefix(f"https://{HOST}")
        got = await desk.call("GET", path, own=False)
        assert (got.status_code, got.content, got.headers["content-type"]) == (200, PNG, "image/png")
        assert got.headers["x-content-type-options"] == "nosniff"
        for wrong in (path[:-1] + ("0" if path[-1] != "0" else "1"), path.replace(picture, message.id), "/in/files/x"):
            assert (await desk.call("GET", wrong, own=False)).status_code == 404
        desk.clock.jump((limits.file_link_hours + 2) * 3_600)
        assert (await desk.call("GET", path, own=False)).status_code == 404
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# --- whose it is, and where it goes on


async def test_a_customer_has_one_thread_until_it_is_over_and_then_one_that_follows(
    domain: Domain, tmp_path: Path
) -> None:
    agent = await domain.agent("Zhou")
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one", name="Ann 安", phone="138****0000"), line(2, "two"), line(3, "hi", who="ben"))
        (first, _) = sorted(await heads(domain), key=lambda head: head.seq, reverse=True)
        assert [one.text for one in await said_in(domain, first.id)] == ["one", "two"]
        ann = await contact_of(domain, first)
        assert (ann.name, ann.phone, ann.claimed) == ("Ann 安", "", ("name",)), "a masked number is no number"
        await domain.say(agent, "here", first.id)
        await domain.conversations.resolve(agent, first.id)
        assert await domain.database.read("SELECT count(*) FROM rating_requests") == [(0,)], "he sees no stars there"
        await chat.say(line(4, "three"))
        assert (await head_of(domain, first.id)).status is not Status.RESOLVED, "within its time it comes back"
        await domain.conversations.resolve(agent, first.id)
        domain.clock.jump(Limits().reopen_hours * 3_600 + 1)
        await chat.say(line(5, "four"), line(6, "five"))
        (second,) = [one for one in await heads(domain) if one.follows == first.id]
        assert [one.text for one in await said_in(domain, second.id)] == ["four", "five"]
        assert second.contact_id == ann.id


async def test_a_customer_who_was_merged_goes_on_as_who_he_is_now(domain: Domain, tmp_path: Path) -> None:
    known = await domain.visitor(await domain.inbox())
    boss = await domain.agent("Boss", "owner")
    merging = ContactMerging(domain.database, domain.ids, domain.clock, Limits())
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"))
        (head,) = await heads(domain)
        await merging.merge(boss, head.contact_id, known.contact_id)
        await chat.say(line(2, "two"), line(1, "one"))
        (after,) = await heads(domain)
        assert (after.id, after.contact_id) == (head.id, known.contact_id)
        assert [one.text for one in await said_in(domain, head.id)] == ["one", "two"]
        await merging.unmerge(boss, head.contact_id)
        await chat.say(line(3, "three"))
        assert (await head_of(domain, head.id)).contact_id == head.contact_id
        assert len(await said_in(domain, head.id)) == 3


async def test_what_began_while_he_was_somebody_else_stays_there(domain: Domain, tmp_path: Path) -> None:
    known = await domain.visitor(await domain.inbox())
    boss = await domain.agent("Boss", "owner")
    merging = ContactMerging(domain.database, domain.ids, domain.clock, Limits())
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, kind="event", event="subscribe"))
        (ann,) = await domain.database.read("SELECT thing_id FROM source_links WHERE noun = 'contact'")
        await merging.merge(boss, str(ann[0]), known.contact_id)
        await chat.say(line(2, "two"))
        await merging.unmerge(boss, str(ann[0]))
        await chat.say(line(3, "three"))
        assert sorted((one.contact_id, one.seq) for one in await heads(domain)) == sorted(
            [(known.contact_id, 1), (str(ann[0]), 1)]
        )


async def test_after_another_inbox_is_named_what_is_over_goes_on_there(domain: Domain, tmp_path: Path) -> None:
    agent = await domain.agent("Zhou")
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"))
    (head,) = await heads(domain)
    vault(tmp_path, {"key": "k"})
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, SHOP.replace("inbox: Mall", "inbox: Other") % {"port": 1}, "mall.yaml")
        await until(lambda: "mall" in systems.states and systems.states["mall"].state == "waiting")
        chat = Chat(domain, systems)
        await chat.say(line(2, "two"))
        assert len(await heads(domain)) == 1, "what goes on goes on where it is"
        await domain.conversations.resolve(agent, head.id)
        domain.clock.jump(Limits().reopen_hours * 3_600 + 1)
        await chat.say(line(3, "three"))
    names = [domain.inboxes.find(one.inbox_id).name for one in await heads(domain)]
    assert sorted(names) == ["Mall", "Other"]


async def test_the_inbox_is_made_once_and_found_whatever_it_is_called_later(domain: Domain, tmp_path: Path) -> None:
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"))
    (head,) = await heads(domain)
    inbox = domain.inboxes.find(head.inbox_id)
    assert (inbox.name, inbox.kind) == ("Mall", "channel")
    await domain.inboxes.rename(SYSTEM, inbox.id, "商城", None)
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(2, "two", who="ben"))
    assert {one.inbox_id for one in await heads(domain)} == {inbox.id}
    assert len(await inboxes.all_of_them(domain.database)) == 1


async def test_a_widgets_inbox_takes_them_too_and_an_address_does_not(domain: Domain, tmp_path: Path) -> None:
    website = await domain.inbox()
    name = domain.inboxes.find(website).name
    vault(tmp_path, {"key": "k"})
    async with joined(domain, tmp_path) as systems:
        put(tmp_path, SHOP.replace("inbox: Mall", f"inbox: {name}") % {"port": 1}, "mall.yaml")
        await until(lambda: "mall" in systems.states and systems.states["mall"].state == "waiting")
        await Chat(domain, systems).say(line(1, "one"))
        assert [one.inbox_id for one in await heads(domain)] == [website]
        address = await domain.inboxes.named(SYSTEM, "Post", "email")
        put(tmp_path, SHOP.replace("inbox: Mall", f"inbox: {address.name}") % {"port": 1}, "mall.yaml")
        await until(lambda: "mall" in systems.states and systems.states["mall"].code == "inbox_unusable")


async def test_a_blocked_customer_is_not_heard_and_his_system_is_answered(domain: Domain, tmp_path: Path) -> None:
    boss = await domain.agent("Boss", "owner")
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"))
        (head,) = await heads(domain)
        await domain.blocking.create(boss, NewBlock(head.contact_id, reason="spam"))
        await chat.say(line(2, "two"))
        assert [one.text for one in await said_in(domain, head.id)] == ["one"]
        assert len(await heads(domain)) == 1


# --- what a message may be


async def test_pictures_are_fetched_links_are_told_and_events_stand_beside(domain: Domain, tmp_path: Path) -> None:
    pictures = Far(answer(PNG, "200 OK", "Content-Type: image/png"))
    async with pictures.serving() as far, mall(domain, tmp_path, far.port) as chat:
        here = f"http://127.0.0.1:{far.port}"
        await chat.say(
            line(1, kind="image", url=f"{here}/media/8812"),
            line(2, "as seen on TV", kind="link", title="A kettle", url="https://mall.example/kettle"),
            line(3, kind="event", event="subscribe"),
            line(4, "it leaks", kind="image", url="http://127.0.0.1:1/private.png"),
        )
        (head,) = await heads(domain)
        first, second, third = await said_in(domain, head.id)
        (picture,) = first.attachments
        assert (picture.name, picture.type, picture.size) == ("8812.png", "image/png", len(PNG))
        assert second.text == "A kettle\nas seen on TV\nhttps://mall.example/kettle"
        assert (third.text, third.attachments) == ("it leaks\nhttp://127.0.0.1:1/private.png", ())
        (event,) = await visitor_events.newest(domain.database, head.contact_id, 9)
        assert (event.name, event.inbox_id) == ("subscribe", head.inbox_id)
        asked = len(far.heard)
        await chat.say(line(1, kind="image", url=f"{here}/media/8812"))
        assert len(far.heard) == asked, "what is here is not fetched again"
        assert len(await said_in(domain, head.id)) == 3


async def test_what_is_no_message_is_kept_aside_and_holds_none_back(domain: Domain, tmp_path: Path) -> None:
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"), line(2), line(3, "x", kind="dance"), line(4, "two"), line(5, "z", who="w" * 201))
        (head,) = await heads(domain)
        assert [one.text for one in await said_in(domain, head.id)] == ["one", "two"]
    letters = await dead_letters.page(domain.database, "mall", "", 9)
    assert sorted(one.code for one in letters) == ["message_empty", "message_malformed", "message_malformed"]


async def test_a_message_that_is_refused_when_it_is_written_leaves_nothing_half(
    domain: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"))
        (head,) = await heads(domain)
        real = channels.keep

        def fails(tx: Any, conversation_id: str, channel: Any, at: int) -> None:
            real(tx, conversation_id, channel, at)
            if channel.sender == "ben":
                raise Conflict("closed", "closed", "已关闭")

        monkeypatch.setattr("app.chat.channels.channels.keep", fails)
        await chat.say(line(2, "two", who="ben"), line(3, "three"))
        monkeypatch.undo()
        assert [one.id for one in await heads(domain)] == [head.id]
        assert [one.text for one in await said_in(domain, head.id)] == ["one", "three"]
        (counted,) = await domain.database.read("SELECT count(*) FROM conversations")
        assert counted == (1,), "nothing of what failed is left"
        (letter,) = await dead_letters.page(domain.database, "mall", "", 9)
        assert (letter.stage, letter.code) == ("write", "closed")


async def test_the_way_back_says_whose_word_it_is(domain: Domain, tmp_path: Path) -> None:
    echo = """\
source: listener
allow: ["127.0.0.1:%(port)d"]
events: [message.created, conversation.created]
map: {type: $event.type, origin: $event.origin, to: {from: $event.channel.sender, default: ""}}
deliver: {post: "http://127.0.0.1:%(port)d/", order: conversation.id}
"""
    there = Far(answer(b"{}"))
    agent = await domain.agent("Zhou")
    async with there.serving() as far, mall(domain, tmp_path) as chat:
        put(tmp_path, echo % {"port": far.port}, "listener.yaml")
        await until(lambda: "listener" in chat._systems.states and chat._systems.states["listener"].state == "waiting")
        await chat.say(line(1, "one"))
        (head,) = await heads(domain)
        await domain.say(agent, "two", head.id)
        await until(lambda: len(far.heard) >= 3)
        told = [json.loads(one.body) for one in far.heard]
        assert told[:2] == [
            {"type": "conversation.created", "origin": "mall", "to": "ann"},
            {"type": "message.created", "origin": "mall", "to": "ann"},
        ]
        assert {"type": "message.created", "origin": "", "to": "ann"} in told


async def test_who_writes_by_another_system_gets_no_mail_beside(domain: Domain, tmp_path: Path) -> None:
    posting = Posting(Limits())
    posting.follow(True)
    agent = await domain.agent("Zhou")
    website = await domain.say(await domain.visitor(await domain.inbox()), "hi")
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"))
    (head,) = await heads(domain)
    for contact_id in (head.contact_id, (await head_of(domain, website.conv)).contact_id):
        await domain.contacts.change(SYSTEM, contact_id, ContactChange(email=f"{contact_id}@example.com"))
    domain.messages._posted = posting.note
    await domain.say(agent, "two", head.id)
    await domain.say(agent, "two", website.conv)
    rows = await domain.database.read("SELECT conversation_id FROM mail_turns")
    assert rows == [(website.conv,)]


async def test_an_answer_that_is_refused_there_says_so_in_its_thread(domain: Domain, tmp_path: Path) -> None:
    """What brings his words and what answers them are one `system`."""
    there = Far(answer(b'{"errcode": 45015, "errmsg": "response out of time limit"}'))
    agent = await domain.agent("Zhou")
    vault(tmp_path, {"key": "k"})
    async with there.serving() as far, joined(domain, tmp_path) as systems:
        put(tmp_path, SHOP % {"port": far.port}, "mall.yaml")
        put(tmp_path, BACK % {"port": far.port}, "back.yaml")
        await until(lambda: {one.state for one in systems.states.values()} == {"waiting"} and len(systems.states) == 2)
        await Chat(domain, systems).say(line(1, "one"))
        (head,) = await heads(domain)
        await domain.say(agent, "two", head.id)
        await until(lambda: len(far.heard) == 1)
        async with asyncio.timeout(30):
            while not (lines := await lines_in(domain, head.id)):
                await asyncio.sleep(0.02)
        assert lines[-1].data is not None and lines[-1].data["event"] == "channel_failed"
        assert "response out of time limit" in lines[-1].data["en"]
        assert lines[-1].sender.id == "source:mall"
        assert (await head_of(domain, head.id)).staff_seq == lines[-1].staff_seq, "colleagues are told of a new line"
        stored = await domain.database.read("SELECT count(*) FROM events WHERE body LIKE '%channel_failed%'")
        assert stored == [(1,)]


async def test_what_could_not_be_taken_is_said_when_the_map_is_mended_with_its_picture(
    domain: Domain, tmp_path: Path
) -> None:
    pictures = Far(answer(PNG, "200 OK", "Content-Type: image/png"))
    vault(tmp_path, {"key": "k"})
    async with pictures.serving() as far, joined(domain, tmp_path) as systems:
        spec = SHOP % {"port": far.port}
        put(tmp_path, spec, "mall.yaml")
        await until(lambda: "mall" in systems.states and systems.states["mall"].state == "waiting")
        picture = line(1, kind="photo", url=f"http://127.0.0.1:{far.port}/8812")
        await Chat(domain, systems).say(picture, line(2, "two"))
        (head,) = await heads(domain)
        assert [one.text for one in await said_in(domain, head.id)] == ["two"]
        was = systems.states["mall"].version
        put(
            tmp_path,
            spec.replace("{from: kind, default: text}", "{from: kind, enum: {photo: image}, else: text}"),
            "mall.yaml",
        )
        await until(lambda: "mall" in systems.states and systems.states["mall"].version != was)
        await until(lambda: systems.states["mall"].state == "waiting")
        assert (await systems.replay("mall")).delivered == 1
        assert (await systems.replay("mall")).delivered == 0
        two, first = await said_in(domain, head.id)
        assert (two.text, [file.name for file in first.attachments]) == ("two", ["8812.png"])


async def test_an_agent_writes_to_a_customer_of_another_system_by_himself(domain: Domain, tmp_path: Path) -> None:
    agent = await domain.agent("Zhou")
    async with mall(domain, tmp_path) as chat:
        await chat.say(line(1, "one"))
        (head,) = await heads(domain)
        await domain.conversations.resolve(agent, head.id)
        domain.clock.jump(Limits().reopen_hours * 3_600 + 1)
        ack = await domain.messages.begin(agent, head.contact_id, Send(domain.cid(), None, "Is all well?"))
        begun = await head_of(domain, ack.conv)
        assert (begun.inbox_id, begun.status) == (head.inbox_id, Status.OPEN)
        assert await channels.find(domain.database, ack.conv) == await channels.find(domain.database, head.id)
        await chat.say(line(2, "yes"))
        assert [one.text for one in await said_in(domain, ack.conv)] == ["Is all well?", "yes"]
