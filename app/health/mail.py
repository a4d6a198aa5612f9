"""E-mail: the relay that letters leave by, and the mailboxes that they come in by."""

from app.health.check import Check, Told, fine, no_server, not_asked, warning
from app.health.subject import Subject
from app.model.health import Words


def _mail(subject: Subject) -> Told:
    live = subject.live
    if live is None:
        return no_server()
    if not live.mail_servers:
        return not_asked("no mail server is set", "未设置邮件服务器")
    if live.mail_en:
        return warning(live.mail_en, live.mail_zh)
    names = ", ".join(live.mail_servers)
    return fine(f"{names}: nothing failed since", f"{names}：目前没有失败")


CHECKS = (
    Check(
        id="mail",
        title=Words("E-mail", "邮件"),
        meaning=Words(
            "Letters wait, or mail of customers is not fetched: invitations, new passwords and answers do not arrive.",
            "邮件在等待发送，或未能收取客户来信：邀请、重设密码和回复都无法送达。",
        ),
        advice=Words(
            "Settings, E-mail has what the mail server said, a button that sends a real letter, and one that "
            "looks into a mailbox now. What waits is tried again by itself; what was given up for good is tried with "
            "`monodesk outbox replay`.",
            "“设置 → 邮箱”中可查看邮件服务器的答复，并可发送测试邮件或立即检查收信。等待中的邮件会自动重试；"
            "已放弃的可用 `monodesk outbox replay` 重新发送。",
        ),
        look=_mail,
    ),
)
