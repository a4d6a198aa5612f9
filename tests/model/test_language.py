"""The reader's language."""

import pytest

from app.model.language import reader_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("en;q=0.3, zh-TW;q=0.7", "zh"),
        ("fr-FR, de;q=0.9", "en"),
        ("fr, zh;q=0.2", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense, en", "en"),
        ("ZH-hans", "zh"),
        (",".join(["xx"] * 10_000), "en"),
    ],
)
def test_the_preferred_of_our_two_languages_is_spoken(header: str, language: str) -> None:
    assert reader_language(header) == language
