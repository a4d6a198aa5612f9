"""The port: ours, free, or taken, by whom; and proxies in front: believed, unbelieved, or never seen."""

import shlex
import socket

from app.health.check import Check, Told, fine, no_server, not_asked, warning, wrong
from app.health.subject import Subject, quoted
from app.model.health import Words
from app.settings import host_and_port
from installer.sockets import listener

_CONNECT_SECONDS = 5.0
_REQUESTS_ENOUGH = 200  # before it is said of a proxy that none comes from it


def _port(subject: Subject) -> Told:
    settings = subject.settings
    listens = [settings.listen, *([settings.public_listen] if settings.public_listen else [])]
    if settings.tls.mode != "off" and settings.tls.http_listen:
        listens.append(settings.tls.http_listen)
    if subject.live is not None:
        return _answered(subject)
    if subject.holder:
        return not_asked("the server does not answer", "服务没有响应")
    for listen in listens:
        port = host_and_port(listen)[1]
        who = listener(subject.machine, port) if port else ""
        if who is None:
            continue
        if who:
            return wrong(
                f"{port} is taken by {who}",
                f"端口 {port} 被 {who} 占用",
                subject.command(f"serve --listen {host_and_port(listen)[0]}:{port + 1}"),
            )
    return fine(f"{', '.join(listens)} free", f"{', '.join(listens)} 空闲")


def _answered(subject: Subject) -> Told:
    """A running server's ports: does a connection come about?"""
    assert subject.live is not None
    silent = [listen for listen in subject.live.ports if not _connects(listen)]
    if silent:
        return wrong(f"{', '.join(silent)} takes no connection", f"{', '.join(silent)} 无法连接", subject.restart())
    return fine(f"{', '.join(subject.live.ports)} answers", f"{', '.join(subject.live.ports)} 正常")


def _connects(listen: str) -> bool:
    host, port = host_and_port(listen)
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # nosec B104 - what it listens on
    try:
        with socket.create_connection((local, port), _CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _proxies(subject: Subject) -> Told:
    live = subject.live
    if live is None:
        return no_server()
    strangers = sorted({*live.strangers, *live.crowds})
    if strangers:
        named = ", ".join(strangers)
        return warning(
            f"most traffic comes from {named}, which is not trusted",
            f"大部分流量来自 {named}，而它未被信任",
            _trust(subject, strangers),
        )
    if live.unseen and live.requests >= _REQUESTS_ENOUGH:
        named = ", ".join(live.unseen)
        return warning(
            f"none of {live.requests} requests came from {named}",
            f"{live.requests} 个请求中没有来自 {named} 的",
            subject.command("config explain"),
        )
    trusted = ", ".join(subject.settings.trusted_proxies)
    return fine(f"trusted: {trusted}", f"信任：{trusted}") if trusted else fine("none, none needed", "无，也不需要")


def _trust(subject: Subject, proxies: list[str]) -> str:
    """A first line of config.toml; where there are some already, a person has to say which of them stay."""
    if subject.settings.trusted_proxies:
        return subject.command("config explain")
    config, line = quoted(subject.folder.root / "config.toml"), f"trusted_proxies = {proxies}".replace("'", '"')
    write = f"{{ echo {shlex.quote(line)}; cat {config} 2>/dev/null; }} > {config}.new; cat {config}.new > {config}"
    return f"{write}; rm {config}.new; {subject.restart()}"


CHECKS = (
    Check(
        id="port",
        title=Words("Port", "端口"),
        meaning=Words(
            "Where another program listens the server cannot start; where nothing answers nobody gets in.",
            "端口被其他程序占用时服务无法启动；端口无响应时无人能访问。",
        ),
        advice=Words(
            "Stop that program, or give the server another port (listen).",
            "请停止该程序，或为服务指定其他端口（listen）。",
        ),
        look=_port,
    ),
    Check(
        id="proxies",
        title=Words("Proxies", "代理"),
        meaning=Words(
            "All visitors behind a proxy that is not trusted count as one: they share one limit, and links may say "
            "http. A trusted one from which nobody comes is a right that nobody needs.",
            "未受信任的代理后面的访客会被当作同一个人：共用一份限额，链接也可能是 http。从未出现的受信代理则是多余的。",
        ),
        advice=Words(
            "Name the proxy's address in trusted_proxies, and nobody else's.",
            "请只把代理的地址写入 trusted_proxies。",
        ),
        look=_proxies,
    ),
)
