"""What our letters say, in the reader's language."""

from msgspec import Struct

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


def _chinese(language: str) -> bool:
    return language.lower().startswith("zh")
