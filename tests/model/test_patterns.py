"""What a pattern takes and refuses at the wall, to the last character."""

from typing import Any

import msgspec
import pytest

from app.accounts.inboxes import Color
from app.chat.canned import Shortcut
from app.model.frames import Cid
from app.model.widget import Link


@pytest.mark.parametrize(
    ("kind", "taken"), [(Cid, "0" * 32), (Link, "https://shop.example/terms"), (Shortcut, "hello"), (Color, "#2a6f7a")]
)
def test_a_line_feed_at_the_end_is_refused(kind: Any, taken: str) -> None:
    assert msgspec.convert(taken, kind) == taken
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(f"{taken}\n", kind)
