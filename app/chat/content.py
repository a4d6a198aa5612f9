"""Cards and quick replies: what a message of ours may show beside its text. Pure, no I/O."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from app.model.conversations import Attachment, Card, CardButton, Content
from app.model.errors import Invalid, TooLarge

CONTENT_CHARACTERS_MAX = 16_000
_SCHEMES = frozenset({"http", "https"})


def checked(content: Content | None) -> Content | None:
    """Content fit to be stored, None where there is nothing in it.

    Raises `Invalid` (content_blank, content_broken, button_unclear, link_unsafe) or `TooLarge` (content_too_long).
    """
    if content is None or not (content.cards or content.replies):
        return None
    for text in _texts(content):
        _demand_line(text)
    for card in content.cards:
        for button in card.buttons:
            _demand_action(button)
    if characters(content) > CONTENT_CHARACTERS_MAX:
        raise _too_long()
    return content


def demand_pictures(content: Content, attachments: Sequence[Attachment]) -> None:
    """Raise `Invalid` (picture_unknown) where a card's picture is no image among the message's own files."""
    images = {attachment.id for attachment in attachments if attachment.type.startswith("image/")}
    if any(card.picture is not None and card.picture not in images for card in content.cards):
        raise _picture_unknown()


def line(content: Content | None) -> str:
    """What a list says of it: the first card's title."""
    return content.cards[0].title if content is not None and content.cards else ""


def characters(content: Content | None) -> int:
    """How much text it holds, addresses included."""
    if content is None:
        return 0
    links = (button.link or "" for card in content.cards for button in card.buttons)
    return sum(map(len, _texts(content))) + sum(map(len, links))


def written(content: Content | None) -> str:
    """All of it as one text, in which no two contents are the same: part of a command's digest."""
    if content is None:
        return ""
    parts = [f"replies\1{reply}" for reply in content.replies]
    parts += [part for card in content.cards for part in _parts(card)]
    return "".join(f"\0{part}" for part in parts)


def _parts(card: Card) -> Iterator[str]:
    yield f"card\1{card.title}\1{card.picture or ''}"
    yield from (f"line\1{text}" for text in card.lines)
    yield from (f"button\1{button.label}\1{button.link or ''}\1{button.reply or ''}" for button in card.buttons)


def _texts(content: Content) -> Iterator[str]:
    """Everything in it that a person reads."""
    yield from content.replies
    for card in content.cards:
        yield card.title
        yield from card.lines
        for button in card.buttons:
            yield button.label
            if button.reply is not None:
                yield button.reply


def _demand_line(text: str) -> None:
    if not text.strip():
        raise _blank()
    if any(character < " " or "\x7f" <= character < "\xa0" or "\ud800" <= character < "\ue000" for character in text):
        raise _broken()


def _demand_action(button: CardButton) -> None:
    if (button.link is None) == (button.reply is None):
        raise _button_unclear()
    if button.link is not None and not _is_safe(button.link):
        raise _link_unsafe()


def _is_safe(link: str) -> bool:
    """An address of the web that says where it leads: no other scheme, no name before the host, nothing unseen."""
    if not link.isascii() or any(character <= " " or character in "\x7f\\" for character in link):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.hostname) and "@" not in parts.netloc


def _blank() -> Invalid:
    return Invalid(
        "content_blank",
        "A card or button holds an empty text. Fill it in or leave it out.",
        "卡片或按钮中有空白文字。请填写内容，或去掉它。",
    )


def _broken() -> Invalid:
    return Invalid(
        "content_broken",
        "A card or button holds a line break or a broken character. Write each text as one line.",
        "卡片或按钮的文字中含有换行或损坏的字符。请将每段文字写成一行。",
    )


def _button_unclear() -> Invalid:
    return Invalid(
        "button_unclear",
        "A card's button needs either a link or a reply. Give exactly one of them.",
        "卡片按钮需要且只能有一个动作：链接或回复。请二选一。",
    )


def _link_unsafe() -> Invalid:
    return Invalid(
        "link_unsafe",
        "A card's link must be a full http or https address in ASCII, without a user name. Change it, then send.",
        "卡片链接必须是完整的 http 或 https 地址，仅含 ASCII 字符，且不带用户名。请修改后重新发送。",
    )


def _picture_unknown() -> Invalid:
    return Invalid(
        "picture_unknown",
        "A card's picture must be an image among the files of the same message. Upload it and name it in both places.",
        "卡片图片必须是同一条消息所附文件中的图片。请上传后在两处填写同一编号。",
    )


def _too_long() -> TooLarge:
    return TooLarge(
        "content_too_long",
        f"The cards and replies hold more than {CONTENT_CHARACTERS_MAX} characters. Send fewer cards at a time.",
        f"卡片与快捷回复的文字超过 {CONTENT_CHARACTERS_MAX} 个字符。请减少一次发送的卡片。",
    )
