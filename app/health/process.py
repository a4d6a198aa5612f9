"""The server as a process: whether it answers, its descriptors, its memory, and settings that wait for a start."""

from app.health.check import Check, Told, fine, no_server, not_asked, warning, wrong
from app.health.memory import reckoned
from app.health.subject import Subject
from app.model.health import Words
from installer.advice import MEMORY_BYTES_MIN

_MIB = 1 << 20
_DESCRIPTORS_ELSEWHERE = 400  # as `installer.tune` reckons them
_NEARLY_ALL = 0.9


def _configuration(subject: Subject) -> Told:
    if subject.problem is not None:
        return wrong(subject.problem.en, subject.problem.zh, subject.command("config explain"))
    return fine("read and understood", "已读取")


def _server(subject: Subject) -> Told:
    pid = subject.holder
    if subject.live is not None:
        hours = subject.live.seconds / 3_600
        return fine(f"process {pid} answers, for {hours:.1f} h", f"进程 {pid} 正常，已运行 {hours:.1f} 小时")
    if pid:
        return wrong(
            f"process {pid} holds the data folder and does not answer",
            f"进程 {pid} 占用数据目录但没有响应",
            f"kill -CONT {pid}; sleep 1; {subject.command('status')} || kill -KILL {pid}",
        )
    if subject.folder.control.exists():
        return warning("none runs, and the last one was killed", "没有运行，且上次被强制终止", subject.restart())
    return not_asked("none runs", "没有运行")


def _descriptors(subject: Subject) -> Told:
    limits = subject.settings.limits
    processes = max(1, subject.settings.workers)
    needed = limits.connections_max // processes + _DESCRIPTORS_ELSEWHERE
    used = 0
    if subject.live is not None:
        used, most = subject.live.descriptors, subject.live.descriptors_max
    else:
        most = subject.machine.kernel.descriptors()[1]
        most = limits.descriptors if most < 0 else min(most, limits.descriptors)
    en, zh = f"{used} of {most} open", f"已用 {used}，上限 {most}"
    command = _raise_descriptors(subject, needed)
    if used > _NEARLY_ALL * most:
        return wrong(en, zh, command)
    if most < needed:
        return warning(
            f"{en}; {limits.connections_max} connections need {needed}",
            f"{zh}；{limits.connections_max} 个连接需要 {needed}",
            command,
        )
    return fine(en, zh)


def _raise_descriptors(subject: Subject, needed: int) -> str:
    installed = subject.installation()
    if installed is not None and installed[0].unit is not None:
        unit = installed[0].unit.name
        return f"systemctl edit {unit}  # [Service] LimitNOFILE={needed}"
    return f"ulimit -n {needed} && {subject.command('serve')}"


def _memory(subject: Subject) -> Told:
    live = subject.live
    if live is not None and live.left_out:
        words = ", ".join(live.left_out)
        return wrong(
            f"{live.memory_percent} % taken; left out: {words}",
            f"已用 {live.memory_percent}%；已暂停：{words}",
            subject.command("config explain"),
        )
    memory, reserved = (
        (live.memory_bytes, live.reserved_bytes) if live is not None else reckoned(subject.settings, subject.machine)
    )
    en, zh = (
        f"{memory // _MIB} MiB may be used, {reserved // _MIB} at the worst",
        f"可用 {memory // _MIB} MiB，最坏情况需 {reserved // _MIB} MiB",
    )
    if reserved > memory or memory < MEMORY_BYTES_MIN // 2:
        return warning(en, zh, subject.command("config explain"))
    return fine(en, zh)


def _changed(subject: Subject) -> Told:
    live = subject.live
    if live is None:
        return no_server()
    if live.changed:
        names = ", ".join(live.changed)
        return warning(f"a start would change: {names}", f"重新启动会改变：{names}", subject.restart())
    return fine("as a start would settle them", "与重新启动后一致")


CHECKS = (
    Check(
        id="configuration",
        title=Words("Configuration", "配置"),
        meaning=Words(
            "With a wrong key or value the server does not start; the other checks went by the defaults.",
            "配置项或取值有误时服务无法启动；其余检查按默认值进行。",
        ),
        advice=Words("Correct the line that is named.", "请修正所指出的配置。"),
        look=_configuration,
    ),
    Check(
        id="server",
        title=Words("Server", "服务进程"),
        meaning=Words(
            "A process that holds the data folder and does not answer is stopped or overloaded; nobody else can serve "
            "meanwhile. One that was killed lost nothing that was acknowledged.",
            "占用数据目录却不响应的进程可能已暂停或过载，期间其他进程无法服务。被强制终止的服务不会丢失已确认的内容。",
        ),
        advice=Words("Let it go on, or end it; then start the server.", "请让它继续运行或将其结束，然后启动服务。"),
        look=_server,
    ),
    Check(
        id="descriptors",
        title=Words("Descriptors", "文件描述符"),
        meaning=Words(
            "Each connection takes one. When none is left new visitors are refused.",
            "每个连接占用一个，用尽后新访客会被拒绝。",
        ),
        advice=Words(
            "Raise the limit of the process, or lower limits.connections_max.",
            "请调高进程上限，或调低 limits.connections_max。",
        ),
        look=_descriptors,
    ),
    Check(
        id="memory",
        title=Words("Memory", "内存"),
        meaning=Words(
            "Where the settings allow more than there is the system may kill the server under load. Short of memory it "
            "leaves out the least important first; messages never.",
            "设置超出可用内存时，系统可能在高负载下终止服务。内存不足时先暂停最不重要的功能，消息始终保留。",
        ),
        advice=Words(
            "Give the server more memory, or lower what config explain shows as set by hand.",
            "请增加内存，或调低 config explain 中手动设置的项。",
        ),
        look=_memory,
    ),
    Check(
        id="settings_changed",
        title=Words("Settings since the start", "启动后的变化"),
        meaning=Words(
            "The configuration or the machine (memory, processors, limits) is another one than at the start, and the "
            "server still runs with the numbers from then.",
            "启动之后配置或机器（内存、处理器、限制）发生了变化，而服务仍按启动时的数值运行。",
        ),
        advice=Words("Start the server anew when it suits.", "请在合适的时候重新启动服务。"),
        look=_changed,
    ),
)
