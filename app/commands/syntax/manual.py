"""The manual's page of commands, made from what may be written: `python -m app.commands.syntax.manual`."""

from collections.abc import Iterator
from pathlib import Path

from app.commands.syntax.commands import Taken, Written
from app.commands.syntax.table import written
from app.commands.voice import Voice

LANGUAGES = ("en", "zh")
NAME = "15-commands.md"
_DOCS = Path(__file__).parents[2] / "docs"
_ABOUT = (
    (
        "`--help` behind a command tells the same. Answers are in the language of your locale (`LC_ALL`, "
        "`LC_MESSAGES`, `LANG`); with `--json`, where there is one, they are for programs. Beside a running server a "
        "command asks the server; alone it opens the data folder itself. An installed program knows its data folder, "
        "elsewhere it is `data` in the folder where you are, or what `--data` or the variable `MONODESK_DATA` names."
    ),
    (
        "在命令后加 `--help` 显示相同内容。输出语言取决于系统区域设置（`LC_ALL`、`LC_MESSAGES`、`LANG`）；"
        "支持 `--json` 的命令可输出供程序读取的结果。服务运行时，命令向服务查询；未运行时直接打开数据目录。"
        "已安装的程序知道自己的数据目录；否则为当前目录下的 `data`，或由 `--data`、环境变量 `MONODESK_DATA` 指定。"
    ),
)
_EXITS = (
    ("0", "done", "成功"),
    (
        "1",
        "failed: standard error says why and what to do; `status` also where no server runs",
        "失败：原因和处理办法见标准错误；没有服务运行时 `status` 也返回 1",
    ),
    ("2", "the line is not one of these", "命令行写法有误"),
    (
        "141",
        "nobody read the output to its end, as with `head -1` behind a pipe",
        "输出未被读完，例如管道后接 `head -1`",
    ),
)


def page(language: str) -> str:
    """The page in one language, as Markdown."""
    return "\n".join(_page(Voice(language)))


def write() -> None:
    """Write the page in every language."""
    for language in LANGUAGES:
        (_DOCS / language / NAME).write_text(page(language), encoding="utf-8")


def _page(voice: Voice) -> Iterator[str]:
    pick = voice.pick
    yield f"# {pick('Commands', '命令')}\n"
    yield f"{pick(*_ABOUT)}\n"
    for command in written(voice):
        yield from _section(command, voice)
    yield f"## {pick('Exit codes', '退出码')} {{#exit-codes}}\n"
    yield f"| {pick('code', '退出码')} | {pick('meaning', '含义')} |\n|---|---|"
    yield from (f"| {code} | {pick(en, zh)} |" for code, en, zh in _EXITS)
    yield ""


def _section(command: Written, voice: Voice) -> Iterator[str]:
    yield f"## {command.name} {{#{command.name}}}\n"
    yield f"{_sentence(command.text, voice)}\n"
    yield "```sh"
    yield from command.examples
    yield "```\n"
    rows = [*command.arguments, *command.options]
    if rows:
        yield f"| {voice.pick('option', '参数')} | {voice.pick('meaning', '含义')} |\n|---|---|"
        yield from (f"| {_shown(row)} | {row.text} |" for row in rows)
        yield ""


def _shown(taken: Taken) -> str:
    """As one writes it; of choices each."""
    values = ", ".join(f"`{choice}`" for choice in taken.choices)
    if not taken.names:
        return values or f"`{taken.metavar}`"
    names = ", ".join(f"`{name} {taken.metavar}`" if taken.metavar else f"`{name}`" for name in taken.names)
    return f"{names} {values}".strip()


def _sentence(text: str, voice: Voice) -> str:
    return f"{text[0].upper()}{text[1:]}{voice.pick('.', '。')}"


if __name__ == "__main__":
    write()
