"""What is wrong with a line that was written, in the reader's language: argparse itself speaks English alone."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from app.commands.voice import Voice

# argparse's own words (its source, of Python 3.11 and 3.14), and the same in Chinese.
_CHINESE = (
    (r"the following arguments are required: (.+)", r"缺少参数：\1"),
    (r"unrecognized arguments: (.+)", r"无法识别的参数：\1"),
    (r"argument (.+): expected (?:one|at least one) argument", r"\1 后面缺少值"),
    (r"argument (.+): invalid choice: (.+) \(choose from (.+)\)", r"\1 不能是 \2，可选：\3"),
    (r"argument (.+): invalid int value: (.+)", r"\1 必须是整数，而不是 \2"),
    (r"argument (.+): not allowed with argument (.+)", r"\1 不能与 \2 同时使用"),
    (r"argument (.+): ignored explicit argument (.+)", r"\1 不带值，多出 \2"),
)


def line(message: str, prog: str, voice: Voice) -> str:
    """argparse's message, and where help is."""
    said = next((re.sub(en, zh, message) for en, zh in _CHINESE if re.fullmatch(en, message)), message)
    shown = message if not voice.chinese else said
    return f"{prog}: {shown}\n{voice.pick(f'See: {prog} --help', f'参见：{prog} --help')}\n"


def no_command(name: str, known: Iterable[str], voice: Voice) -> str:
    """That there is none of this name, and which may have been meant."""
    near = " ".join(get_close_matches(name, list(known)))
    meant_en, meant_zh = (f" Did you mean: {near}?", f"您是否想输入：{near}？") if near else ("", "")
    return voice.pick(
        f"monodesk: there is no command {name!r}.{meant_en}\nSee: monodesk --help\n",
        f"monodesk：没有命令 {name!r}。{meant_zh}\n参见：monodesk --help\n",
    )
