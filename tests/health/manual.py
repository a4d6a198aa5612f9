"""The manual's page on the doctor, made from the checks.

    python -m tests.health.manual

writes it in both languages; a test holds what stands there against what would be written.
"""

from collections.abc import Iterator
from pathlib import Path

from app.health.checks import CHECKS
from app.model.health import Words

_FOLDER = Path(__file__).parents[2] / "app" / "docs"
_TITLE = Words("When something is wrong", "出现问题时")
_INTRODUCTION = Words(
    """`monodesk doctor` looks at the server, its data and its machine, and says what is wrong, what that means, \
and the command that mends it; the worst stands first. It changes nothing, and works beside a running server as well \
as alone.

```sh
monodesk doctor --data /var/lib/monodesk
```

- `--deep` also reads every backup, every file and every index, which takes long where there is much.
- `--json` is for machines: each finding has an `id` that stays, and a `state`: `wrong`, `warning`, `not_asked`, `fine`.
- The exit code is 1 where something is wrong, and 0 with warnings alone.

Owners and administrators read the same, but for what takes long, from `GET /api/v1/health`.

What a line of it says comes from the machine that it runs on. What each check means and what to do stands below.""",
    """`monodesk doctor` 会检查服务、数据和所在机器，指出问题、含义以及修复命令，最严重的排在最前。\
它不做任何更改，服务运行时或停止时都可以使用。

```sh
monodesk doctor --data /var/lib/monodesk
```

- `--deep` 还会读取全部备份、文件和索引，数据多时耗时较长。
- `--json` 供程序读取：每项结果都有固定的 `id` 和 `state`：`wrong`、`warning`、`not_asked`、`fine`。
- 有错误时退出码为 1，只有警告时为 0。

所有者和管理员可以通过 `GET /api/v1/health` 查看同样的结果（耗时检查除外）。

每行的具体内容取决于所在机器。各项检查的含义和处理方法如下。""",
)
_DEEP = Words("Only with `--deep`.", "仅在使用 `--deep` 时检查。")


def page(language: str) -> str:
    """The whole page in one language."""
    return "\n\n".join(_blocks(language)) + "\n"


def place(language: str) -> Path:
    """Where it lies."""
    return _FOLDER / language / "14-doctor.md"


def _blocks(language: str) -> Iterator[str]:
    def of(words: Words) -> str:
        return words.zh if language == "zh" else words.en

    yield f"# {of(_TITLE)}"
    yield of(_INTRODUCTION)
    for check in CHECKS:
        yield f"## {of(check.title)} {{#{check.id.replace('_', '-')}}}"
        yield f"`{check.id}`" + (f" · {of(_DEEP)}" if check.deep else "")
        yield of(check.meaning)
        yield of(check.advice)


if __name__ == "__main__":
    for spoken in ("en", "zh"):
        place(spoken).write_text(page(spoken), encoding="utf-8")
