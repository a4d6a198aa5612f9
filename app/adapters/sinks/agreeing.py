"""Two sides that change the same thing: what of theirs is taken, what of ours stays, and what they must be told. Pure.

`Base` is what they said last, and what they have heard of us since. A fact that is as it should be there by that says
nothing: ours, which may be on its way to them, stays. What both have changed is decided by the rule, and the outcome
told to them, once: what is on its way may have overtaken it. What they say to that is what is here, so it ends there.
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from app.adapters.formats.tree import Tree

Fact: TypeAlias = str | int | None


TICKET = "ticket"  # the noun of links whose base is kept


class Rule(Struct, frozen=True):
    """`owner` by fact, `fields` for all of a desk's own; without one `conflict` decides where both changed it."""

    owner: Mapping[str, Literal["us", "them"]] = {}
    conflict: Literal["newer", "ours", "theirs"] = "newer"

    def owner_of(self, fact: str) -> Literal["us", "them"] | None:
        """Whose it is; None where it is both sides'."""
        return self.owner.get(fact) or self.owner.get(fact.partition(".")[0])


class Agreed(Struct, frozen=True):
    """`taken`: facts that become theirs; `told`: facts that they must hear as they are here from now on."""

    taken: dict[str, Fact]
    told: tuple[str, ...] = ()


class Base(Struct, frozen=True):
    """By fact: what they said when they were asked last, and what reached them afterwards."""

    said: dict[str, Fact] = {}
    heard: dict[str, Fact] = {}

    def expected(self, fact: str) -> Fact:
        """What it is there if they did not change it."""
        return self.heard.get(fact, self.said.get(fact))

    def encoded(self) -> str:
        """As it is kept."""
        return msgspec.json.encode(self).decode()


_base = msgspec.json.Decoder(Base)


def read_base(kept: str) -> Base:
    """As it was kept; empty for nothing."""
    return _base.decode(kept) if kept else Base()


def after_hearing(base: Base, changes: Mapping[str, Tree]) -> Base:
    """The base when they have heard of these changes of ours, `{fact: {before, after}}` as an event tells them."""
    heard = dict(base.heard)
    for fact, change in changes.items():
        if fact in base.said and isinstance(change, dict) and isinstance(after := change.get("after"), str):
            heard[fact] = (int(after) if after else None) if isinstance(base.said[fact], int) else after
    return Base(base.said, heard)


def agree(
    rule: Rule,
    theirs: Mapping[str, Fact],
    ours: Mapping[str, Fact],
    base: Base,
    their_time: int,
    our_time: Callable[[str], int],
) -> Agreed:
    """`their_time`: when they changed it, in ms UTC, 0 where they do not say; `our_time` of a fact: when we did."""
    taken: dict[str, Fact] = {}
    told: list[str] = []
    for fact, said in theirs.items():
        here, known, expected = ours.get(fact), fact in base.said, base.expected(fact)
        as_expected = known and said == expected
        # what is here was theirs already, and something older of ours has reached them behind it
        overtaken = as_expected and fact in base.heard and here == base.said[fact]
        if said == here or (as_expected and not overtaken and rule.owner_of(fact) != "them"):
            continue
        untouched = known and (here == expected or overtaken)
        if _is_theirs(rule, fact, untouched, their_time, our_time):
            taken[fact] = said
            if known and not untouched and rule.owner_of(fact) is None:
                told.append(fact)
        else:
            told.append(fact)
    return Agreed(taken, tuple(told))


def _is_theirs(rule: Rule, fact: str, untouched: bool, their_time: int, our_time: Callable[[str], int]) -> bool:
    """Whose word counts for a fact that they changed; `untouched`: we did not."""
    owner = rule.owner_of(fact)
    if owner is not None:
        return owner == "them"
    if untouched or rule.conflict == "theirs":
        return True
    return rule.conflict == "newer" and (not their_time or their_time >= our_time(fact))
