"""What administrators are told of the server itself: what needs them now, what it stands on, how a backup goes."""

from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """How much an alert matters: good to know, to be mended soon, broken now."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class Alert(Struct, frozen=True):
    """Something that an administrator should do something about, what it means and what to do, in both languages."""

    code: str
    level: Level
    en: str
    zh: str


class BackupRun(Struct, frozen=True):
    """A backup that this server makes, or the last one it made.

    `state` is running, done or failed; `share` of 1 that is done, roughly; `en` and `zh` say why it failed.
    """

    state: str
    began_at: int
    share: float = 0.0
    en: str = ""
    zh: str = ""


class Setting(Struct, frozen=True):
    """A setting that holds: its value as JSON, where it comes from (tuned, file, environment, flag) and why."""

    key: str
    value: str
    origin: str
    en: str = ""
    zh: str = ""


class Ground(Struct, frozen=True, kw_only=True):
    """What a server stands on, as it was found at its start.

    `installed_as` is systemd, portable, container, file (not installed) or source; `development`: nobody signed it.
    `memory_bytes` is what the machine has or a control group allows (`memory_limited`); None: it could not be read.
    `settings` are those that are not defaults.
    """

    installed_as: str = "source"
    development: bool = False
    memory_bytes: int | None = None
    memory_limited: bool = False
    processors: int = 1
    disk_kind: str = "unknown"
    settings: tuple[Setting, ...] = ()
