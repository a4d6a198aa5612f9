"""The demo's tags: several, on some of its conversations, the same at each start."""

from app.demo import tags
from app.model.conversations import Conversation, Status

HEADS = tuple(Conversation(f"c{number}", "i", "p", Status.OPEN, 0, 0) for number in range(40))


def test_tags_are_several_and_the_same_each_time() -> None:
    known, heads = tags.tell(HEADS, 1_000)
    assert len({tag.id for tag in known}) == len({tag.name for tag in known}) == len(known) > 1
    assert (known, heads) == tags.tell(HEADS, 1_000)
    borne = {tag for head in heads for tag in head.tags}
    assert borne == {tag.id for tag in known}
    assert {head.priority for head in heads} == {2, 3, 4}
