"""The one table of checks, in the order in which equals are read."""

from typing import Final

from app.health import (
    backups,
    certificate,
    clock,
    database,
    disk,
    files,
    folder,
    installation,
    mail,
    network,
    process,
    sources,
)
from app.health.check import Check

CHECKS: Final[tuple[Check, ...]] = (
    *process.CHECKS,
    *database.CHECKS,
    *disk.CHECKS,
    *backups.CHECKS,
    *files.CHECKS,
    *folder.CHECKS,
    *clock.CHECKS,
    *certificate.CHECKS,
    *network.CHECKS,
    *mail.CHECKS,
    *sources.CHECKS,
    *installation.CHECKS,
)
