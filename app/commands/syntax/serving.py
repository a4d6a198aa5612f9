"""The commands by which a server is run, entered and looked at."""

from app.commands.syntax.commands import Commands, at_least_one

LEVELS = ("debug", "info", "warning", "error")


def serve(commands: Commands) -> None:
    command = commands.add(
        "serve", "serve:run", "start the server", "启动服务", ["monodesk serve --data data --listen 0.0.0.0:8080"]
    )
    command.data(kept=False)  # it runs as the owner himself
    command.addresses()
    command.config()
    command.option("--workers", "gateway processes; 0: one process", "网关进程数，0 为单进程", metavar="N", type=int)
    command.option("--demo", "serve the demo shop", "启动演示商店", action="store_true", default=None)


def setup(commands: Commands) -> None:
    command = commands.add(
        "setup",
        "setup:run",
        "create the owner, or get back in",
        "创建所有者，或找回访问权限",
        ["monodesk setup --email you@example.com < password.txt"],
    )
    command.data()
    with command.one_of():
        command.option(
            "--email",
            "create the owner; password on standard input",
            "创建所有者，密码从标准输入读取",
            metavar="E-MAIL",
        )
        command.option("--link", "print a one-time set-up link", "打印一次性设置链接")
    command.option("--name", "the owner's name", "所有者姓名", metavar="NAME", default="")
    command.option("--reset", "also where an owner exists", "已有所有者时也允许")


def status(commands: Commands) -> None:
    command = commands.add(
        "status", "status:run", "how the running server is", "查看运行状态", ["monodesk status --json"]
    )
    command.data()
    command.json()


def logs(commands: Commands) -> None:
    command = commands.add(
        "logs",
        "logs:run",
        "what the server has written down",
        "查看服务日志",
        ["monodesk logs --since 1h --level warning", "monodesk logs --follow"],
    )
    command.option("--follow", "go on with what comes", "持续显示新日志", short="-f")
    command.option(
        "--since",
        "from then on: 90m, 2d, 14:00, 2026-11-26T14:00",
        "起始时间：90m、2d、14:00、2026-11-26T14:00",
        metavar="TIME",
    )
    command.option("--level", "this one and above", "最低级别", choices=LEVELS, default="debug")
    command.option("--lines", "at most the last N", "最多显示最后 N 行", short="-n", metavar="N", type=at_least_one)
    command.data()
    command.json()


def support_bundle(commands: Commands) -> None:
    command = commands.add(
        "support-bundle",
        "support_bundle:run",
        "gather for who helps how the server is, without secrets",
        "打包诊断信息供技术支持使用（不含隐私）",
        ["monodesk support-bundle desk-support.zip"],
    )
    command.file("the archive to write; in this folder by default", "要写入的文件，默认写入当前目录", nargs="?")
    command.data()
    command.config()
    command.json()


def search(commands: Commands) -> None:
    command = commands.add(
        "search", "search:run", "the index by which messages are found", "消息搜索索引", ["monodesk search rebuild"]
    )
    command.takes("what", "build it anew, beside the traffic", "重建索引，不影响使用", choices=("rebuild",))
    command.data()
    command.json()
