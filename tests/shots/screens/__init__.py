"""The table: one file a part of the product. Whoever builds a screen adds it here, with the steps that lead to it."""

from tests.shots.screen import Screen
from tests.shots.screens import console, docs, entry, settings, systems, thread, tickets, tools, visitor, visitors

PARTS: dict[str, tuple[Screen, ...]] = {
    "entry": entry.SCREENS,
    "console": console.SCREENS,
    "tools": tools.SCREENS,
    "settings": settings.SCREENS,
    "systems": systems.SCREENS,
    "tickets": tickets.SCREENS,
    "visitors": visitors.SCREENS,
    "visitor": visitor.SCREENS,
    "docs": docs.SCREENS,
    "thread": thread.SCREENS,
}
SCREENS: tuple[Screen, ...] = tuple(screen for part in PARTS.values() for screen in part)
