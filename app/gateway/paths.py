"""Which address of ours a request is for: below a base path or not, for visitors or for staff alone."""

import re

# What visitors need (design §2), and how to trust who serves it; everything else is for the listener for everybody.
_PUBLIC = re.compile(
    r"/(?:widget\.js|healthz|ws|help|certificate|(?:api/v1/visitor|assets|certificate|chat|help|in)/.*)"
)


def is_public(path: str) -> bool:
    """Whether the listener for visitors answers this path (without query, not decoded)."""
    return _PUBLIC.fullmatch(path) is not None


def below(base: str, target: str) -> str:
    """The target without the base path: a proxy may have kept it or taken it away, both are the same to us.

    `base` is like `/support`, or empty. The base path itself, without a slash at its end, is left as it is.
    """
    return target[len(base) :] if base and target.startswith(f"{base}/") else target


def with_slash(target: str) -> str:
    """Where to send who asked for the base path without the slash that what its pages name is relative to."""
    path, mark, query = target.partition("?")
    return f"{path}/{mark}{query}"
