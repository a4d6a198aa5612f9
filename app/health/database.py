"""The database: sound, its library, its schema, its log, whether it takes writes; and the outbox in it."""

from app.health.check import Check, Told, fine, no_database, no_server, not_asked, warning, wrong
from app.health.subject import Subject, quoted
from app.model.health import Words
from app.storage import inspection

_MIB = 1 << 20
_LAG_SECONDS_MAX = 600
_ERROR_CHARACTERS_MAX = 120


def _sound(subject: Subject) -> Told:
    database = subject.folder.database
    if not database.exists():
        return no_database()
    told = inspection.damage(database, whole=subject.deep)
    dangling = inspection.dangling(database) if subject.deep and not told else []
    if dangling:
        told = ", ".join(dangling)
    if told:
        return wrong(f"SQLite says: {told}", f"SQLite 报告：{told}", restore_command(subject))
    if subject.deep:
        return fine("whole, indexes and references too", "完整，索引与引用均正常")
    return fine("whole; indexes and references with --deep", "完整；索引与引用请用 --deep 检查")


def restore_command(subject: Subject) -> str:
    """The line that brings the newest backup back."""
    folder = subject.settings.backups.folder or subject.folder.backups
    newest = max(folder.glob("monodesk-*.zip"), default=None) if folder.is_dir() else None
    restore = subject.command(f"restore {quoted(newest) if newest else 'FILE'} --replace")
    return " && ".join(line for line in (subject.stop(), restore) if line)


def _library(_: Subject) -> Told:
    found, oldest = inspection.library()
    text = "SQLite " + ".".join(map(str, found))
    if found < oldest:
        needed = ".".join(map(str, oldest))
        return wrong(f"{text}; {needed} is needed", f"{text}；需要 {needed}", "pip install --upgrade pysqlite3")
    return fine(text, text)


def _schema(subject: Subject) -> Told:
    database = subject.folder.database
    if not database.exists():
        return no_database()
    schema = inspection.schema(database)
    if schema.present > schema.known:
        return wrong(
            f"{schema.present}; this version knows {schema.known}",
            f"{schema.present}；当前版本仅支持到 {schema.known}",
            f"{subject.program()} upgrade FILE",
        )
    if schema.present < schema.known:
        return warning(
            f"{schema.present}; the next start brings it to {schema.known}",
            f"{schema.present}；下次启动将升级到 {schema.known}",
            subject.restart(),
        )
    return fine(str(schema.present), str(schema.present))


def _log(subject: Subject) -> Told:
    log = subject.folder.database.with_name(f"{subject.folder.database.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    most = subject.settings.limits.wal_bytes_max
    en, zh = f"{size / _MIB:.1f} MiB of {most // _MIB}", f"{size / _MIB:.1f} MiB，上限 {most // _MIB} MiB"
    if size > 4 * most:
        return wrong(en, zh, subject.restart())
    return warning(en, zh, subject.restart()) if size > most else fine(en, zh)


def _writes(subject: Subject) -> Told:
    live = subject.live
    if live is None:
        return no_server()
    if live.writes_en:
        return wrong(live.writes_en, live.writes_zh, subject.restart())
    return fine("taken", "正常")


def _outbox(subject: Subject) -> Told:
    database = subject.folder.database
    if not database.exists():
        return no_database()
    backlog = inspection.backlog(database)
    if backlog.dead:
        why = backlog.error[:_ERROR_CHARACTERS_MAX]
        return wrong(
            f"{backlog.dead} tasks were given up, the last for: {why}",
            f"{backlog.dead} 个任务已放弃，最近一次原因：{why}",
            subject.command("outbox replay"),
        )
    lag = (subject.clock.now_ms() - backlog.oldest_at) / 1_000 if backlog.oldest_at else 0.0
    en, zh = f"{backlog.waiting} waiting, the oldest {lag:.0f} s", f"{backlog.waiting} 个等待中，最久 {lag:.0f} 秒"
    if lag > _LAG_SECONDS_MAX:
        return warning(en, zh, subject.restart())
    return fine(en, zh) if backlog.waiting else fine("nothing waits", "没有等待的任务")


def _audit(subject: Subject) -> Told:
    database = subject.folder.database
    if not database.exists():
        return no_database()
    schema = inspection.schema(database)
    if schema.present < schema.known:
        return not_asked("after the next start, which brings the schema up to date", "下次启动升级数据库架构之后再检查")
    found = inspection.audit_log(database)
    if found.broken_at:
        return wrong(
            f"entry {found.broken_at} is not what was written, or one before it is missing",
            f"第 {found.broken_at} 条记录已被改动，或其前面有记录缺失",
            restore_command(subject),
        )
    return fine(f"{found.entries} entries, whole", f"{found.entries} 条记录，完整")


CHECKS = (
    Check(
        id="database",
        title=Words("Database", "数据库"),
        meaning=Words(
            "What is stored there cannot be read as it was written: a disk, memory or a copy made by hand has failed.",
            "其中存储的内容已与写入时不符：可能是磁盘、内存故障，或手动复制所致。",
        ),
        advice=Words(
            "Stop the server, restore the newest backup (the damaged data are moved aside, not deleted), and have the "
            "disk looked at: smartctl -a.",
            "请停止服务，恢复最近的备份（损坏的数据会移到旁边，不会删除），并用 smartctl -a 检查磁盘。",
        ),
        look=_sound,
    ),
    Check(
        id="database_library",
        title=Words("SQLite", "SQLite"),
        meaning=Words(
            "SQLite before 3.51.3 can damage a database that two connections write or checkpoint at once.",
            "3.51.3 之前的 SQLite 在两个连接同时写入或整理日志时可能损坏数据库。",
        ),
        advice=Words(
            "Use the one file, which brings its own, or install pysqlite3 anew.",
            "请使用自带 SQLite 的单文件程序，或重新安装 pysqlite3。",
        ),
        look=_library,
    ),
    Check(
        id="database_schema",
        title=Words("Schema", "数据库架构"),
        meaning=Words(
            "An older one is brought up to date by the next start, after a copy was kept. A newer one was written by a "
            "later version; this one refuses to start on it.",
            "较旧的架构会在下次启动时升级，升级前保留副本。较新的架构由更新的版本写入，当前版本拒绝启动。",
        ),
        advice=Words(
            "Start the version that wrote it, or restore a backup made by this one.",
            "请启动写入它的版本，或恢复当前版本的备份。",
        ),
        look=_schema,
    ),
    Check(
        id="database_log",
        title=Words("Write-ahead log", "预写日志"),
        meaning=Words(
            "Some program reads the database without an end, so that its log cannot be brought into the file: it "
            "grows, and reading gets slower.",
            "有程序长时间读取数据库，日志无法并入主文件，因而不断增长，读取变慢。",
        ),
        advice=Words(
            "End whatever else has the file open (fuser shows it); starting the server anew empties the log.",
            "请结束占用该文件的其他程序（可用 fuser 查看）；重新启动服务会清空日志。",
        ),
        look=_log,
    ),
    Check(
        id="writes",
        title=Words("Writes", "写入"),
        meaning=Words(
            "Nothing new is stored; visitors and agents keep what they write and send it again by themselves.",
            "新内容无法保存；访客和客服端会保留所写内容并自动重发。",
        ),
        advice=Words("Mend what is named, then start the server anew.", "请先解决所述问题，再重新启动服务。"),
        look=_writes,
    ),
    Check(
        id="outbox",
        title=Words("Tasks", "后台任务"),
        meaning=Words(
            "What is to be done after a message was stored (the search index, above all) has failed twelve times or "
            "comes late.",
            "消息保存之后的工作（主要是搜索索引）连续失败十二次，或严重滞后。",
        ),
        advice=Words(
            "The log says why; mend that, then have the tasks tried again.",
            "日志中有原因；解决之后让任务重试。",
        ),
        look=_outbox,
    ),
    Check(
        id="audit",
        title=Words("Audit log", "审计日志"),
        meaning=Words(
            "Each entry holds the hash of the one before. Somebody has changed or taken away entries in the database "
            "file itself; nothing in the product can do that.",
            "每条记录都含有上一条的哈希值。有人直接在数据库文件中改动或删除了记录；产品本身做不到这一点。",
        ),
        advice=Words(
            "Keep this file as evidence, find out who may write to it, and compare with a backup. The server's log "
            "tells the newest hash once a day.",
            "请保留该文件作为证据，查明谁有写入权限，并与备份比对。服务日志每天会记录一次最新的哈希值。",
        ),
        look=_audit,
    ),
)
