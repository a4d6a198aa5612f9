"""The commands by which the data are kept and the program is brought from one version to another."""

from app.commands.syntax.commands import Commands


def backup(commands: Commands) -> None:
    command = commands.add(
        "backup", "archive:backup", "write an archive while running", "在线备份", ["monodesk backup /srv/desk.zip"]
    )
    command.file("the archive to write", "要写入的备份文件")
    command.data()
    command.option(
        "--keys", "with the keys, sealed; passphrase on standard input", "包含密钥（加密封存），口令从标准输入读取"
    )
    command.json()


def restore(commands: Commands) -> None:
    command = commands.add(
        "restore",
        "archive:restore",
        "bring an archive back",
        "从备份恢复",
        ["monodesk restore /srv/desk.zip --replace"],
    )
    command.file("the archive to bring back", "要恢复的备份文件")
    command.data()
    command.option("--replace", "move the present data aside first", "先将现有数据移到旁边")
    command.option(
        "--keys", "the sealed keys too; passphrase on standard input", "同时恢复封存的密钥，口令从标准输入读取"
    )


def upgrade(commands: Commands) -> None:
    command = commands.add(
        "upgrade",
        "upgrade:upgrade",
        "bring the installation to a newer file",
        "升级到新版本",
        ["monodesk upgrade ./monodesk-new"],
    )
    command.file("the newer file", "新版本的程序文件")
    command.option("--allow-unsigned", "also a file that nobody has signed", "允许没有签名的文件")
    command.dry_run()
    command.prefix()
    command.json()


def rollback(commands: Commands) -> None:
    command = commands.add(
        "rollback", "upgrade:rollback", "go back to the version before", "退回升级前的版本", ["monodesk rollback"]
    )
    command.option("--discard", "also where that loses what came since", "即使会丢失升级后的数据")
    command.prefix()
    command.json()


def outbox(commands: Commands) -> None:
    command = commands.add(
        "outbox", "outbox:run", "tasks that were given up", "已放弃的后台任务", ["monodesk outbox replay"]
    )
    command.takes("what", "have them tried again", "让它们重试", choices=("replay",))
    command.data()
    command.json()
