"""Joined systems: whether each brings what it is to bring, and whether every spec can be followed."""

from app.health.check import Check, Told, fine, no_server, not_asked, warning
from app.health.subject import Subject
from app.model.health import Words


def _sources(subject: Subject) -> Told:
    live = subject.live
    if live is None:
        return no_server()
    if live.sources_en:
        command = f"adapter run {live.source_failing}" if live.source_failing else "adapter check"
        return warning(live.sources_en, live.sources_zh, subject.command(command))
    if not live.sources:
        return not_asked("no system is joined", "未接入任何系统")
    names = ", ".join(live.sources)
    return fine(f"{names}: nothing fails", f"{names}：没有失败")


CHECKS = (
    Check(
        id="sources",
        title=Words("Joined systems", "已接入系统"),
        meaning=Words(
            "A system does not answer, refuses, or its spec is wrong: its orders and tickets grow old here, and what "
            "is to reach it waits.",
            "某个系统没有应答、拒绝访问，或其配置有误：其订单和工单不再更新，发往它的内容也在等待。",
        ),
        advice=Words(
            "Settings, Data sources has what it said and since when. A source is tried again by itself; "
            "`monodesk adapter run NAME` tries it now, `monodesk adapter check` says what is wrong with a spec. What "
            "could not be taken is kept as a dead letter: mend the map, then `monodesk adapter replay NAME`.",
            "“设置 → 数据源”中可查看对方的答复和开始时间。数据源会自动重试；`monodesk adapter run 名称` 立即重试，"
            "`monodesk adapter check` 指出配置错误。未能接收的数据会保留："
            "修改映射后执行 `monodesk adapter replay 名称`。",
        ),
        look=_sources,
    ),
)
