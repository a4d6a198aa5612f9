"""No tree is deeper than `DEPTH_MAX` containers within each other: what walks one may then do so by recursion."""

from app.adapters.errors import BadDocument
from app.adapters.formats.paths import Steps, written
from app.adapters.formats.tree import DEPTH_MAX, Tree

_CONTAINERS = frozenset({dict, list})


def demand_shallow(tree: Tree) -> None:
    """Raises `BadDocument` (document_depth) with the path of the first container that is one too deep."""
    level = [tree] if type(tree) in _CONTAINERS else []
    for _ in range(DEPTH_MAX):
        within: list[Tree] = []
        for node in level:
            members = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
            if not _CONTAINERS.isdisjoint(map(type, members)):  # most objects hold none, and that is told fast
                within += [one for one in members if type(one) in _CONTAINERS]
        if not within:
            return
        level = within
    raise too_deep(written(_first_at(tree, DEPTH_MAX)))


def too_deep(path: str) -> BadDocument:
    return BadDocument(
        "document_depth", path,
        f"The document is nested deeper than {DEPTH_MAX} levels. Ask the sender for a flatter one.",
        f"文档嵌套超过 {DEPTH_MAX} 层。请让发送方提供层次更浅的文档。",
    )  # fmt: skip


def _first_at(tree: Tree, depth: int) -> Steps:
    """Where the first container stands that is within `depth` others."""
    waiting: list[tuple[Steps, Tree]] = [((), tree)]
    while waiting:
        steps, node = waiting.pop()
        if len(steps) == depth:
            return steps
        keyed = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        waiting += [((*steps, key), one) for key, one in keyed if type(one) in _CONTAINERS]
    return ()
