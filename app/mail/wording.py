"""What our letters say, in the reader's language."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.model.conversations import Card, Content

_MINUTE_MS = 60_000
_HOUR_MINUTES = 60


class Said(Struct, frozen=True):
    """Subject and text of a letter."""

    subject: str
    text: str


def invitation(language: str, desk: str, name: str, link: str, hours: int) -> Said:
    """To a new colleague."""
    if _chinese(language):
        return Said(
            f"{desk} 邀请你加入客服台",
            f"{name}，你好：\n\n你已被添加到 {desk} 的客服台。请打开以下链接设置密码：\n\n{link}\n\n"
            f"链接 {hours} 小时内有效，仅可使用一次。若与你无关，请忽略本邮件。\n",
        )
    return Said(
        f"{desk} invites you to the desk",
        f"Hello {name},\n\nyou have been added to the desk of {desk}. Open this link to set your password:\n\n"
        f"{link}\n\n"
        f"It is good for {hours} hours, once. If you expected nothing, ignore this mail.\n",
    )


def new_password(language: str, desk: str, name: str, link: str, minutes: int) -> Said:
    """To who has forgotten his password."""
    if _chinese(language):
        return Said(
            f"重设 {desk} 的登录密码",
            f"{name}，你好：\n\n请打开以下链接，为 {desk} 的客服台设置新密码：\n\n{link}\n\n"
            f"链接 {minutes} 分钟内有效，仅可使用一次。若不是你本人申请，请忽略本邮件，密码不会改变。\n",
        )
    return Said(
        f"A new password for {desk}",
        f"Hello {name},\n\nopen this link to set a new password for the desk of {desk}:\n\n{link}\n\n"
        f"It is good for {minutes} minutes, once. If you did not ask for it, ignore this mail: nothing changes.\n",
    )


def trial(language: str, desk: str) -> Said:
    """What the settings' button sends."""
    if _chinese(language):
        return Said(f"{desk}：测试邮件", "邮件发送设置正常。此邮件由“设置 → 邮箱”中的测试按钮发出。\n")
    return Said(
        f"{desk}: a trial mail", "Letters leave as they should. This one was sent by the button in Settings → E-mail.\n"
    )


class Line(Struct, frozen=True):
    """Something that was said: by whom (`own`: the reader himself), when (milliseconds UTC), with which files."""

    name: str
    at: int
    text: str
    files: tuple[str, ...]
    own: bool


def as_text(text: str, content: Content | None) -> str:
    """What a message says where no card can be shown: its words, then each card line by line, links written out."""
    cards = content.cards if content is not None else ()
    return "\n\n".join(part for part in (text, *("\n".join(_lines_of(card)) for card in cards)) if part)


def _lines_of(card: Card) -> tuple[str, ...]:
    links = (f"{button.label}: {button.link}" for button in card.buttons if button.link is not None)
    return (card.title, *card.lines, *links)


def answer(language: str, text: str, left_out: tuple[str, ...]) -> str:
    """An agent's words, and which of his files were too large to go along."""
    if not left_out:
        return text or " "
    names = ", ".join(left_out)
    said = (
        f"（以下文件过大，未能随信附上：{names}。如有需要请回信告知。）"
        if _chinese(language)
        else f"(Too large for a mail and left out: {names}. Write to us if you need it.)"
    )
    return f"{text}\n\n{said}" if text else said


def follow_up_subject(language: str, desk: str) -> str:
    return f"{desk} 回复了你" if _chinese(language) else f"{desk} has answered you"


def follow_up(language: str, desk: str, lines: list[Line], *, answered: bool) -> str:
    """To who left a chat before he was answered."""
    if _chinese(language):
        lead = f"你好：\n\n你在 {desk} 的会话有新的回复：\n\n"
    else:
        lead = f"Hello,\n\nthere is an answer in your conversation with {desk}:\n\n"
    return lead + _said(language, lines) + _how(language, answered=answered)


def transcript_subject(language: str, desk: str) -> str:
    return f"与 {desk} 的会话记录" if _chinese(language) else f"Your conversation with {desk}"


def transcript(language: str, desk: str, lines: list[Line], *, answered: bool) -> str:
    """All that was said, for who asked for it."""
    if _chinese(language):
        lead = f"你好：\n\n以下是你与 {desk} 的会话记录：\n\n"
    else:
        lead = f"Hello,\n\nthis is your conversation with {desk}:\n\n"
    return lead + _said(language, lines) + _how(language, answered=answered)


class Words(Struct, frozen=True):
    """One message as it is read: who, when, which words."""

    who: str
    when: str
    words: str


def said(language: str, line: Line, zone: str = "") -> Words:
    """A message in words; `zone` (IANA) is the reader's, UTC where there is none like it."""
    me = "我" if _chinese(language) else "You"
    at = datetime.fromtimestamp(line.at / 1_000, _zone(zone))
    moment = at.strftime("%Y-%m-%d %H:%M") + (" UTC" if at.tzinfo is UTC else "")
    words = "\n".join(part for part in (line.text, *(f"[{name}]" for name in line.files)) if part)
    return Words(me if line.own else line.name or "Monodesk", moment, words)


def transcript_name(language: str) -> str:
    """Of the file, without its ending."""
    return "会话记录" if _chinese(language) else "conversation"


def transcript_cut(language: str, most: int) -> str:
    return f"仅包含最近 {most} 条消息。" if _chinese(language) else f"The last {most} messages."


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


def _said(language: str, lines: list[Line]) -> str:
    told = (said(language, line) for line in lines)
    return "\n".join(f"{one.who} ({one.when})\n{one.words}\n" for one in told)


def _how(language: str, *, answered: bool) -> str:
    if _chinese(language):
        return "\n直接回复本邮件即可继续会话。\n" if answered else "\n请回到网站的聊天窗口继续会话。\n"
    if answered:
        return "\nReply to this mail to go on.\n"
    return "\nTo go on, open the chat on the website again.\n"


def _chinese(language: str) -> bool:
    return language.lower().startswith("zh")
