"""What mail servers refuse, in words for who set them up. Their own words follow, one line, cut."""

from app.model.errors import Unavailable


class Undelivered(Unavailable):
    """A mail server did not do it. `permanent`: the same letter would be refused again."""

    def __init__(self, code: str, en: str, zh: str, *, permanent: bool = False, said: str = "") -> None:
        super().__init__(code, en, zh)
        self.permanent = permanent
        self.said = said  # the server's own words


def unreachable(host: str, port: int, why: str) -> Undelivered:
    return Undelivered(
        "mail_unreachable",
        f"{host}:{port} does not answer ({why}). Check host and port, and whether a firewall is between.",
        f"{host}:{port} 无响应（{why}）。请检查主机与端口，以及中间是否有防火墙。",
    )


def too_slow(host: str, port: int) -> Undelivered:
    return Undelivered(
        "mail_too_slow",
        f"{host}:{port} takes too long. Check port and encryption: STARTTLS on a port for TLS waits for ever.",
        f"{host}:{port} 响应超时。请检查端口与加密方式：在 TLS 端口上使用 STARTTLS 会一直等待。",
    )


def untrusted(host: str, why: str) -> Undelivered:
    return Undelivered(
        "mail_untrusted",
        f"The certificate of {host} is not trusted ({why}). Use the name that it bears, or put its authority into "
        "keys/mail-ca.pem of the data folder.",
        f"{host} 的证书不受信任（{why}）。请使用证书中的名称，或将其颁发机构放入数据目录的 keys/mail-ca.pem。",
    )


def no_encryption(host: str) -> Undelivered:
    return Undelivered(
        "mail_no_encryption",
        f"{host} offers no STARTTLS. Choose TLS and its port, or ask who runs it.",
        f"{host} 不支持 STARTTLS。请改用 TLS 及其端口，或联系邮件服务商。",
    )


def sign_in_refused(host: str, why: str) -> Undelivered:
    return Undelivered(
        "mail_sign_in",
        f"{host} refuses user name or password: {why}. Many providers want an app password or authorisation code.",
        f"{host} 拒绝了用户名或密码：{why}。许多服务商要求使用应用专用密码或授权码。",
    )


def sender_refused(sender: str, why: str) -> Undelivered:
    return Undelivered(
        "mail_sender_refused",
        f"The relay does not take letters from {sender}: {why}. Use an address that belongs to this user.",
        f"邮件服务器不接受发件人 {sender}：{why}。请使用属于该用户的地址。",
    )


def recipient_refused(why: str, *, permanent: bool) -> Undelivered:
    return Undelivered(
        "mail_recipient_refused",
        f"The relay does not take letters to this address: {why}. Check the address.",
        f"邮件服务器不接受该收件地址：{why}。请检查地址。",
        permanent=permanent,
        said=why,
    )


def refused(why: str, *, permanent: bool) -> Undelivered:
    return Undelivered(
        "mail_refused",
        f"The mail server refuses: {why}. Ask who runs it.",
        f"邮件服务器拒绝：{why}。请联系邮件服务商。",
        permanent=permanent,
        said=why,
    )
