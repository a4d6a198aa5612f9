"""The certificate of the encrypted port: given, of our own authority, or of a public one."""

from app.certificates.places import served
from app.health.check import Check, Told, fine, not_asked, warning, wrong
from app.health.subject import Subject
from app.model.errors import Invalid
from app.model.health import Words

_DAY_SECONDS = 86_400


def _certificate(subject: Subject) -> Told:
    pair = served(subject.settings)
    if pair is None:
        return not_asked("https is off (tls.mode)", "未启用 https（tls.mode）")
    from app.certificates.pair import read  # `cryptography` takes time and memory

    mend = _mend(subject)
    live = subject.live
    try:
        facts = read(pair)
    except Invalid as problem:
        if not pair.certificate.exists() and subject.settings.tls.mode != "files":
            return not_asked("the first start makes it", "首次启动时生成")
        return wrong(problem.en, problem.zh, mend)
    now = subject.clock.now_ms() / 1_000
    days, names = facts.days_left(now), ", ".join(facts.names)
    if now < facts.begins:
        return wrong(f"{names}: it is not valid yet", f"{names}：尚未生效", mend)
    if now >= facts.ends:
        return wrong(f"{names}: ended {-days} days ago", f"{names}：已过期 {-days} 天", mend)
    if live is not None and live.certificate_en:
        return warning(live.certificate_en, live.certificate_zh, mend)
    en, zh = f"{names}: {days} more days", f"{names}：剩余 {days} 天"
    least = float(subject.settings.limits.certificate_warning_days * _DAY_SECONDS)
    if subject.settings.tls.mode != "files":
        least = min(least, (facts.ends - facts.begins) / 6)
    return warning(en, zh, mend) if facts.ends - now < least else fine(en, zh)


def _mend(subject: Subject) -> str:
    """A running server looks at once when it is told; ours and public ones are renewed by it."""
    return f"kill -HUP {subject.holder}" if subject.holder > 0 else subject.restart()


CHECKS = (
    Check(
        id="certificate",
        title=Words("Certificate", "证书"),
        meaning=Words(
            "Browsers refuse a server whose certificate has ended or cannot be read; visitors see no chat.",
            "证书过期或无法读取时浏览器会拒绝访问，访客看不到聊天窗口。",
        ),
        advice=Words(
            "Given one: put the new pair into its place (tls.certificate, tls.key). Our own and public ones are "
            "renewed by the running server; where that fails the log says why. It looks at once when it gets HUP.",
            "自备证书：请更换 tls.certificate 与 tls.key。自有或公共机构的证书由运行中的服务续期，失败原因见日志。"
            "向服务发送 HUP 可立即重新检查。",
        ),
        look=_certificate,
    ),
)
