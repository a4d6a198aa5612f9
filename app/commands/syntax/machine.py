"""The commands about the machine: what it is, what is made of it, the program on it and off it."""

from app.commands.syntax.commands import Commands


def config(commands: Commands) -> None:
    command = commands.add(
        "config",
        "config:run",
        "the settings, and where they come from",
        "查看各项设置及其来源",
        ["monodesk config explain --config config.toml"],
    )
    command.takes("what", "every value with its reason", "每一项的值与依据", choices=("explain",))
    command.data()
    command.config()
    command.json()


def probe(commands: Commands) -> None:
    command = commands.add(
        "probe", "probe:run", "what this machine is and gives", "查看本机环境", ["monodesk probe --json"]
    )
    command.data()
    command.json()


def doctor(commands: Commands) -> None:
    command = commands.add(
        "doctor",
        "doctor:run",
        "what is wrong, and the command that mends it",
        "检查问题并给出修复命令",
        ["monodesk doctor --deep"],
    )
    command.data(kept=False)  # it changes nothing
    command.config()
    command.option("--deep", "also what takes long: every file, every index", "同时进行耗时检查：全部文件与索引")
    command.json()


def install(commands: Commands) -> None:
    command = commands.add(
        "install",
        "install:run",
        "put it on this machine",
        "安装到本机",
        ["monodesk install --public-url https://desk.example.com --dry-run"],
    )
    command.option(
        "--target",
        "what for; as it fits the machine",
        "安装方式，默认按本机情况选择",
        choices=("systemd", "portable", "docker", "kubernetes"),
    )
    command.prefix()
    command.data(kept=False)  # it names a folder that need not be there
    command.addresses()
    command.dry_run()
    command.json()


def uninstall(commands: Commands) -> None:
    command = commands.add(
        "uninstall", "install:remove", "remove what was installed", "卸载", ["monodesk uninstall --dry-run"]
    )
    command.prefix()
    command.option("--purge", "the data too", "同时删除数据")
    command.dry_run()
    command.json()
