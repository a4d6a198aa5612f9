"""What the manual says of specs and functions, made from what there is: `python -m app.adapters.specs.manual`."""

from collections.abc import Iterator
from pathlib import Path

from app.adapters.maps.functions import FUNCTIONS
from app.adapters.specs.wording import KINDS
from app.adapters.specs.words import DescribedPart, DescribedWord, parts

LANGUAGES = ("en", "zh")
NAME = "22-expressions.md"
SPECS = "20-specs.md"
_DOCS = Path(__file__).parent.parent.parent / "docs"
_HEADS = {
    "en": ("Functions", "function", "gives"),
    "zh": ("函数", "函数", "结果"),
}
_ABOUT = {
    "en": "Given null, most give null. `?` marks what may be left out, `…` that there may be more.\n",
    "zh": "传入空值时，多数函数结果为空值。`?` 表示可省略，`…` 表示可有多个。\n",
}
_MARK = "{#functions}"
_COLUMNS = {"en": ("word", "takes", "meaning"), "zh": ("名称", "取值", "含义")}
_ALSO = {
    "en": "Beside these stand all words of [{0}](#{0}).\n",
    "zh": "同时可用 [{0}](#{0}) 的全部项。\n",
}


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


def with_words(page: str, language: str) -> str:
    """The page of specs with a table of each part's words, in place of those that it has."""
    begin = page.partition(f"\n## {_first(language)}")[0].rstrip("\n")
    return "\n".join([begin, *(line for part in parts() for line in _part(part, language))])


def write() -> None:
    """Write what is made, in every language."""
    for language in LANGUAGES:
        for name, made in ((NAME, with_section), (SPECS, with_words)):
            path = _DOCS / language / name
            path.write_text(made(path.read_text(encoding="utf-8"), language), encoding="utf-8")


def _first(language: str) -> str:
    return _title(parts()[0], language)


def _title(part: DescribedPart, language: str) -> str:
    return f"{part.title.en if language == 'en' else part.title.zh} {{#{part.name}}}"


def _part(part: DescribedPart, language: str) -> Iterator[str]:
    yield f"\n## {_title(part, language)}\n"
    if part.also:
        yield _ALSO[language].format(part.also)
    yield "| {} | {} | {} |\n|---|---|---|".format(*_COLUMNS[language])
    yield from (f"| `{word.name}` | {_takes(word, language)} | {_means(word, language)} |" for word in part.words)


def _takes(word: DescribedWord, language: str) -> str:
    """Its kind, its choices, what it is by itself."""
    pick = 0 if language == "en" else 1
    kind = KINDS[word.kind][pick]
    if word.part:
        kind = f"[{kind}](#{word.part})"
    if word.kind == "choice":
        kind += (": ", "：")[pick] + " ".join(f"`{one}`" for one in word.choices)
    if word.many:
        kind += (", or a list", "，可为列表")[pick]
    if word.required:
        kind = ("**needed**: ", "**必填**：")[pick] + kind
    return kind + (f" (`{word.default}`)" if word.default else "")


def _means(word: DescribedWord, language: str) -> str:
    text = word.means.en if language == "en" else word.means.zh
    if word.kind == "events":
        text += " " + " ".join(f"`{one}`" for one in word.choices)
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write()
