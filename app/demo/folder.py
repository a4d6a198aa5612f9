"""The mark of a demo's data folder, so that invented customers and real ones never meet.

A marked folder is served under `--demo` alone, and `--demo` serves no other.
"""

from pathlib import Path

from app.model.errors import Conflict, Unavailable
from app.storage.manifest import DEMO_MARK

_DATABASE = "monodesk.db"
_TEXT = """\
This data folder belongs to the Monodesk demo. Its customers are invented. It is served with --demo alone.
这是 Monodesk 演示的数据目录，其中的客户均为虚构。只能使用 --demo 启动。
"""


def marked(root: Path) -> bool:
    """Whether this data folder is a demo's."""
    return (root / DEMO_MARK).exists()


def admit(root: Path, *, demo: bool) -> None:
    """Refuse a folder of the other kind; under `--demo` an empty one becomes the demo's.

    Raises `Conflict` (demo_folder, not_a_demo_folder), `Unavailable` when the mark cannot be written.
    """
    if marked(root):
        if not demo:
            raise _demo_folder(root)
        return
    if demo:
        if (root / _DATABASE).exists():
            raise _not_a_demo_folder(root)
        _mark(root)


def _mark(root: Path) -> None:
    try:
        (root / DEMO_MARK).write_text(_TEXT, encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            "data_folder_unusable",
            f"The data folder {root} cannot be written: {error.strerror}. Name another one with --data.",
            f"数据目录 {root} 无法写入：{error.strerror}。请用 --data 指定其他目录。",
        ) from error


def _demo_folder(root: Path) -> Conflict:
    return Conflict(
        "demo_folder",
        f"{root} holds the demo with invented customers. Add --demo, or name another folder with --data.",
        f"{root} 是演示数据，其中的客户均为虚构。请加上 --demo，或用 --data 指定其他目录。",
    )


def _not_a_demo_folder(root: Path) -> Conflict:
    return Conflict(
        "not_a_demo_folder",
        f"{root} holds real data, and --demo would mix invented customers in. Start without --demo, or name an empty "
        "folder with --data.",
        f"{root} 中是真实数据，--demo 会混入虚构客户。请去掉 --demo，或用 --data 指定空目录。",
    )
