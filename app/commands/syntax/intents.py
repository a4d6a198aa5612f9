"""The command of the intent engine."""

from typing import Any

from app.commands.syntax.commands import Commands, at_least_one

# each has its own module of `app.commands`: see `intent.DOORS`
WHAT = ("check", "ask", "evaluate", "train", "import", "export", "starter")
_FORMATS = ("csv", "rasa", "dialogflow", "yaml")


def intent(commands: Commands) -> None:
    command = commands.add(
        "intent",
        "intent:run",
        "check intents, ask what a message means, measure, files in and out, the starter pack",
        "意图：检查、试问、评测、导入导出、载入起步包",
        [
            "monodesk intent check",
            "monodesk intent check intents.yaml phrases.tsv",
            "monodesk intent ask where is my order 48213",
            "monodesk intent import nlu.yml --check",
            "monodesk intent import phrases.csv agent.zip",
            "monodesk intent export intents.yaml",
            "monodesk intent starter",
            "monodesk intent train",
            "monodesk intent train phrases.tsv",
            "monodesk intent evaluate --train phrases.tsv --test questions.tsv",
            "monodesk intent evaluate --train shop.tsv --train shop.tsv:hard --valid other.tsv --test new.tsv --json",
        ],
    )
    command.takes("what", "what is done", "要执行的操作", choices=WHAT)
    command.takes(
        "files",
        "check, train, import, export: the files, check and train by themselves take the desk's; ask: the message",
        "check、train、import、export：文件，check 和 train 默认使用本机的意图；ask：消息",
        metavar="FILE",
        nargs="*",
    )
    many: dict[str, Any] = {"metavar": "FILE", "action": "append", "default": []}
    command.option(
        "--train",
        "evaluate: phrases to learn from; FILE:SPLIT takes those rows of its split column. May be given again",
        "evaluate：训练短语文件；FILE:SPLIT 只取该划分的行。可多次给出",
        **many,
    )
    command.option(
        "--valid",
        "evaluate: phrases for the thresholds; without it a part of the others is held out. May be given again",
        "evaluate：用于确定阈值的短语文件，省略时留出一部分训练短语。可多次给出",
        **many,
    )
    command.option(
        "--test",
        "evaluate: messages to be recognised, with their right intents. May be given again",
        "evaluate：带有正确意图的待识别消息文件。可多次给出",
        **many,
    )
    command.option(
        "--seed",
        "of what is left to chance: the same seed, the same figures",
        "随机种子：种子相同则结果相同",
        metavar="N",
        type=int,
        default=1,
    )
    command.option(
        "--limit", "take at most so many rows of each file", "每个文件最多取多少行", metavar="N", type=at_least_one
    )
    command.option(
        "--format",
        "import, export: how the file is written; of one that comes in it is found out",
        "import、export：文件格式；导入时默认自动识别",
        choices=_FORMATS,
    )
    command.option("--check", "import: store nothing, say what would come of it", "import：仅检查，不导入")
    command.option("--inbox", "ask: as if it came by this inbox", "ask：视为来自此收件箱", metavar="ID")
    command.option("--language", "ask: its language", "ask：消息语言", choices=("zh", "en"))
    command.data()
    command.json()
