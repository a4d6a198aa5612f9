"""The commands about the file itself, and those that it gives to itself."""

from pathlib import Path

from app.commands.syntax.commands import Commands


def licenses(commands: Commands) -> None:
    command = commands.add(
        "licenses",
        "parts:licenses",
        "what the file is made of, and its licences",
        "查看组成部分及其许可证",
        ["monodesk licenses starlette"],
    )
    command.takes("names", "print their texts", "打印这些部分的许可证全文", metavar="NAME", nargs="*")
    command.option("--all", "print every text", "打印全部许可证全文")
    command.json()


def sbom(commands: Commands) -> None:
    commands.add(
        "sbom",
        "parts:sbom",
        "print the bill of materials (CycloneDX)",
        "打印物料清单（CycloneDX）",
        ["monodesk sbom > monodesk.cdx.json"],
    )


def completions(commands: Commands) -> None:
    command = commands.add(
        "completions",
        "completions:run",
        "print what completes these commands in a shell",
        "打印 shell 的命令补全脚本",
        ["source <(monodesk completions bash)"],
    )
    command.takes("shell", "the shell to print it for", "目标 shell", choices=("bash", "zsh", "fish"))


def version(commands: Commands) -> None:
    command = commands.add("version", "version:run", "print the version", "打印版本", ["monodesk version --json"])
    command.json()


def unpack(commands: Commands) -> None:
    """Called by an upgrade: a file writes its own tree."""
    command = commands.add_inner("unpack", "upgrade:unpack")
    command.takes("folder", "a folder that does not exist", "尚不存在的目录", metavar="DIR", type=Path)


def renew(commands: Commands) -> None:
    """Called by an upgrade: what was written beside the programs, as this version writes it."""
    command = commands.add_inner("renew", "install:renew")
    command.prefix()
    command.dry_run()


def heal(commands: Commands) -> None:
    """Called by whoever starts the server: is there an upgrade that was broken off?"""
    command = commands.add_inner("heal", "upgrade:heal")
    command.prefix()
    command.option("--ready", "the server says that it is ready", "服务已就绪")


def rehearse(commands: Commands) -> None:
    """Called by an upgrade: does this version come up over that copy of the data?"""
    command = commands.add_inner("rehearse", "rehearse:run")
    command.data(kept=False)
    command.json()


def gateway(commands: Commands) -> None:
    """Started by the core."""
    command = commands.add_inner("gateway", "gateway:run")
    command.option("--settings", "as JSON", "JSON 格式", metavar="JSON", required=True)
    command.option("--number", "which of them", "编号", metavar="N", type=int, default=0)
