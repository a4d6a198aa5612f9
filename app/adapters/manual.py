"""The manual's table of functions, made from what expressions may call: `python -m app.adapters.manual`."""

from pathlib import Path

from app.adapters.functions import FUNCTIONS

LANGUAGES = ("en", "zh")
NAME = "22-expressions.md"
_DOCS = Path(__file__).parent.parent / "docs"
_HEADS = {
    "en": ("Functions", "function", "gives"),
    "zh": ("函数", "函数", "结果"),
}
_ABOUT = {
    "en": "Given null, most give null. `?` marks what may be left out, `…` that there may be more.\n",
    "zh": "传入空值时，多数函数结果为空值。`?` 表示可省略，`…` 表示可有多个。\n",
}
_MARK = "{#functions}"


def section(language: str) -> str:
    """The section of the page, as Markdown."""
    title, function, gives = _HEADS[language]
    rows = [f"| `{one.usage}` | {one.en if language == 'en' else one.zh} |" for one in FUNCTIONS.values()]
    now = {"en": "| `now()` | The moment, as `$now`. |", "zh": "| `now()` | 当前时刻，同 `$now`。 |"}[language]
    return "\n".join(
        [f"## {title} {_MARK}", "", _ABOUT[language], f"| {function} | {gives} |", "|---|---|", *rows, now, ""]
    )


def with_section(page: str, language: str) -> str:
    """A page with the section at its end, in place of the one that it has."""
    begin = page.rpartition("\n## ")[0] + "\n" if _MARK in page else page
    return begin + section(language)


def write() -> None:
    """Write the section in every language."""
    for language in LANGUAGES:
        path = _DOCS / language / NAME
        path.write_text(with_section(path.read_text(encoding="utf-8"), language), encoding="utf-8")


if __name__ == "__main__":
    write()
