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


def adapter(commands: Commands) -> None:
    command = commands.add(
        "adapter",
        "adapter:run",
        "check how systems are joined, read one now, replay what was not taken",
        "检查系统接入配置，立即读取，重放未接收的数据",
        [
            "monodesk adapter check",
            "monodesk adapter check data/adapters/mall.yaml",
            "monodesk adapter run mall",
            "monodesk adapter replay mall",
        ],
    )
    command.takes("what", "what is done", "要执行的操作", choices=("check", "run", "replay"))
    command.takes(
        "names",
        "files to check, by themselves all of the data folder; or the name of the source",
        "要检查的文件，默认为数据目录中的全部；或数据源名称",
        metavar="FILE",
        nargs="*",
    )
    command.data()
    command.json()


def import_(commands: Commands) -> None:
    command = commands.add(
        "import",
        "exchange:bring",
        "bring a table in, all of it or nothing",
        "导入表格（全部导入或完全不导入）",
        [
            "monodesk import contacts customers.csv --check",
            "monodesk import contacts customers.csv --map name,email,,attributes.plan",
        ],
    )
    command.takes("what", "what its rows are", "每行的内容", choices=("contacts", "agents", "canned"))
    command.file("a CSV file; its first row names the columns", "CSV 文件，第一行为列名")
    command.option(
        "--map",
        "for each column the field that it fills, or nothing; without it the columns' names decide",
        "按列顺序指定对应字段，留空则不导入该列；省略时按列名判断",
        metavar="FIELDS",
    )
    command.option("--check", "import nothing, say what would come of it", "仅检查，不导入")
    command.data()
    command.json()


def export(commands: Commands) -> None:
    command = commands.add(
        "export",
        "exchange:give",
        "write a table of all there is",
        "导出全部数据为表格",
        ["monodesk export contacts /srv/contacts.csv"],
    )
    command.takes("what", "what its rows are", "每行的内容", choices=("contacts", "conversations", "tickets"))
    command.file("the CSV file to write", "要写入的 CSV 文件")
    command.data()
    command.json()
