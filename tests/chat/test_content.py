"""Cards and quick replies: who may send which, and what is kept of them."""

import msgspec
import pytest

from app.chat.content import CONTENT_CHARACTERS_MAX
from app.model.conversations import Card, CardButton, Content, Message
from app.model.errors import Conflict, Forbidden, Invalid, Problem, TooLarge
from app.model.frames import Delete, Edit, Send
from app.model.principals import Agent, Visitor
from tests.api.desk import PNG
from tests.domain import SYSTEM, Domain, stream

LINK = "https://shop.example/orders/4711?zh=1#top"
CONTENT = Content(
    (
        Card(
            "山岚手冲壶 600 ml",
            ("¥268.00 · 昨天签收",),
            None,
            (CardButton("看订单", LINK), CardButton("退款", None, "全额退款")),
        ),
    ),
    ("申请补发", "Refund, please"),
)


async def talk(domain: Domain) -> tuple[Visitor, Agent, str]:
    visitor, agent = await domain.visitor(await domain.inbox()), await domain.agent("Ann")
    return visitor, agent, (await domain.say(visitor, "It broke")).conv


def offer(domain: Domain, conv: str, content: Content, text: str = "这一单吗？", files: tuple[str, ...] = ()) -> Send:
    return Send(domain.cid(), conv, text, files, content=content)


async def last(domain: Domain, conv: str) -> Message:
    return (await domain.entries(conv))[-1]


async def test_cards_and_replies_reach_the_visitor_as_they_were_sent(domain: Domain) -> None:
    visitor, agent, conv = await talk(domain)
    picture = await domain.files.receive(agent, "pot.png", stream(PNG))
    shown = Content((msgspec.structs.replace(CONTENT.cards[0], picture=picture.id),), CONTENT.replies)
    await domain.messages.accept(agent, offer(domain, conv, shown, files=(picture.id,)))
    assert (await last(domain, conv)).content == shown
    told = (await domain.history.thread(visitor, conv, None, 10)).messages[-1]
    assert (told.content, told.files) == (shown, (picture,))
    plain = (await domain.history.thread(visitor, conv, None, 10)).messages[0]
    assert plain.content is None


async def test_a_machine_sends_cards_without_a_word(domain: Domain) -> None:
    _, _, conv = await talk(domain)
    await domain.messages.accept(SYSTEM, offer(domain, conv, CONTENT, text=""))
    assert (await domain.head(conv)).last_text == CONTENT.cards[0].title


async def test_nothing_in_it_is_nothing(domain: Domain) -> None:
    _, agent, conv = await talk(domain)
    await domain.messages.accept(agent, offer(domain, conv, Content()))
    assert (await last(domain, conv)).content is None


async def test_a_visitor_sends_none(domain: Domain) -> None:
    visitor, _, conv = await talk(domain)
    with pytest.raises(Forbidden):
        await domain.messages.accept(visitor, offer(domain, conv, CONTENT))


async def test_a_note_holds_none(domain: Domain) -> None:
    _, agent, conv = await talk(domain)
    with pytest.raises(Invalid) as refused:
        await domain.messages.accept(agent, Send(domain.cid(), conv, "look", note=True, content=CONTENT))
    assert refused.value.code == "content_in_note"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " https://shop.example", "https://shop.example\\@evil.example",
        "https://shop.example@evil.example", "data:text/html,x", "//shop.example", "/orders", "https://", "ftp://x.example",
        "https://shop.example/\nx", "https://[::1", "https://аpple.example", "",
    ],
)  # fmt: skip
async def test_a_link_leads_to_the_web_and_says_where(domain: Domain, link: str) -> None:
    _, agent, conv = await talk(domain)
    content = Content((Card("A pot", buttons=(CardButton("Look", link),)),))
    with pytest.raises(Invalid) as refused:
        await domain.messages.accept(agent, offer(domain, conv, content))
    assert refused.value.code == "link_unsafe"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (Content((), ("yes", " \t ")), "content_blank"),
        (Content((Card("two\nlines"),)), "content_broken"),
        (Content((Card("half \ud800 a pair"),)), "content_broken"),
        (Content((Card("A pot", buttons=(CardButton("Look"),)),)), "button_unclear"),
        (Content((Card("A pot", buttons=(CardButton("Look", LINK, "look"),)),)), "button_unclear"),
        (Content((Card("A pot", picture="0" * 26),)), "picture_unknown"),
    ],
)
async def test_what_makes_no_sense_is_refused(domain: Domain, content: Content, code: str) -> None:
    _, agent, conv = await talk(domain)
    with pytest.raises(Invalid) as refused:
        await domain.messages.accept(agent, offer(domain, conv, content))
    assert refused.value.code == code
    assert refused.value.final


async def test_a_picture_is_an_image_of_the_same_message(domain: Domain) -> None:
    _, agent, conv = await talk(domain)
    text = await domain.files.receive(agent, "notes.txt", stream(b"hello"))
    content = Content((Card("A pot", picture=text.id),))
    with pytest.raises(Invalid) as refused:
        await domain.messages.accept(agent, offer(domain, conv, content, files=(text.id,)))
    assert refused.value.code == "picture_unknown"


async def test_replies_alone_answer_nothing(domain: Domain) -> None:
    _, agent, conv = await talk(domain)
    with pytest.raises(Invalid) as refused:
        await domain.messages.accept(agent, offer(domain, conv, Content((), ("yes",)), text=" "))
    assert refused.value.code == "empty"


async def test_all_of_it_is_bounded(domain: Domain) -> None:
    _, agent, conv = await talk(domain)
    buttons = tuple(CardButton("Look", f"https://shop.example/{'x' * 1_900}") for _ in range(4))
    content = Content(tuple(Card("A pot", (), None, buttons) for _ in range(3)))
    with pytest.raises(TooLarge) as refused:
        await domain.messages.accept(agent, offer(domain, conv, content))
    assert refused.value.code == "content_too_long" and str(CONTENT_CHARACTERS_MAX) in refused.value.zh


@pytest.mark.parametrize(
    "body",
    [
        {"cards": [{"title": ""}]},
        {"cards": [{"title": "x" * 121}]},
        {"cards": [{"title": "x", "lines": ["y"] * 7}]},
        {"cards": [{"title": "x", "buttons": [{"label": "y", "reply": "z"}] * 5}]},
        {"cards": [{"title": "x"}] * 11},
        {"replies": ["y"] * 13},
        {"replies": ["y" * 81]},
        {"cards": [{"title": "x", "html": "<b>"}]},
    ],
)
def test_each_part_is_bounded(body: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, Content)


async def test_a_retry_finds_the_first_result_and_another_card_is_a_conflict(domain: Domain) -> None:
    _, agent, conv = await talk(domain)
    command = offer(domain, conv, CONTENT)
    first = await domain.messages.accept(agent, command)
    assert await domain.messages.accept(agent, command) == first
    other = Content(CONTENT.cards, (*CONTENT.replies, "No"))
    with pytest.raises(Conflict):
        await domain.messages.accept(agent, msgspec.structs.replace(command, content=other))


async def test_an_edit_keeps_it_and_a_delete_takes_it_along(domain: Domain) -> None:
    _, agent, conv = await talk(domain)
    sent = await domain.messages.accept(agent, offer(domain, conv, CONTENT))
    await domain.messages.accept(agent, Edit(domain.cid(), conv, sent.id, "Is it this one?"))
    entry = next(entry for entry in await domain.entries(conv) if entry.id == sent.id)
    assert (entry.text, entry.content) == ("Is it this one?", CONTENT)
    await domain.messages.accept(agent, Delete(domain.cid(), conv, sent.id))
    entry = next(entry for entry in await domain.entries(conv) if entry.id == sent.id)
    assert (entry.deleted, entry.content) == (True, None)


async def test_pages_count_what_cards_say(domain: Domain) -> None:
    """A page of text is no larger for being on cards."""
    visitor, agent, conv = await talk(domain)
    page = domain.settings.limits.page_characters_max
    full = Content(tuple(Card("x" * 120, ("y" * 200,) * 6) for _ in range(10)))
    for _ in range(page // 13_200 + 2):
        await domain.messages.accept(agent, offer(domain, conv, full, text=""))
    told = await domain.history.thread(visitor, conv, None, 200)
    assert told.more
    assert len(told.messages) == page // 13_200


def test_what_a_person_can_mend_by_waiting_is_not_final() -> None:
    assert not Conflict("stale", "", "").final
    assert not Problem("x", "", "").final
