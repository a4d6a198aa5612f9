"""Names that people give: one line, fit to be shown."""

from app.model.errors import Invalid

_NAME_MAX = 80


def named(name: str) -> str:
    """A name fit to be shown: one line, not empty, at most 80 characters."""
    tidy = " ".join("".join(character if character.isprintable() else " " for character in name).split())
    if not 1 <= len(tidy) <= _NAME_MAX:
        raise Invalid(
            "name_length",
            f"A name has 1 to {_NAME_MAX} characters. Change it.",
            f"名称长度须为 1 至 {_NAME_MAX} 个字符。请修改。",
            field="name",
        )
    return tidy
