"""What the process that trains is given, and what it gives back.

Given on standard input: a line with the `Lesson`, the bytes of the model at work, then each `Line`, then an empty
line. Given back on standard output: lines of `Progress`, then one with `Taught` and the bytes of the new model
behind it; or one with `Failed`. Standard input stays open while it works: where it ends, the server is gone, and so
is this process.
"""

from msgspec import Struct

from app.intent.decision import Thresholds
from app.intent.evaluation import Figures
from app.model.intents import Intent
from app.settings import Limits


class Lesson(Struct, frozen=True):
    """`intents` without phrases; `model_bytes` of the version at work, 0 for none."""

    intents: tuple[Intent, ...]
    limits: Limits
    model_bytes: int


class Line(Struct, frozen=True, gc=False):
    """A phrase; no intent: it is none of them.

    `replayed`: an agent gave it, so it is learnt and replayed; `late`: the version at work has not learnt it. What is
    late and no agent gave is not replayed: many wrong phrases at once must not vote for themselves.
    """

    text: str
    intent: str
    language: str = ""
    replayed: bool = False
    late: bool = False
    starter: bool = False


class Progress(Struct, frozen=True, tag="progress"):
    """How far it is, 0 to 1."""

    share: float


class Failed(Struct, frozen=True, tag="failed"):
    """Why it comes to nothing."""

    code: str
    en: str
    zh: str


class Taught(Struct, frozen=True, tag="taught"):
    """What came of it.

    `before` and `after` are shares of `replayed` messages that the version at work and the new one get right (None:
    there is no version yet); `held_out` the figures over phrases that nobody learns from; memory in bytes.
    """

    model_bytes: int
    thresholds: Thresholds
    phrases: int
    intents: int
    seconds: float
    bytes_held: int
    replayed: int
    before: float | None
    after: float | None
    held_out: Figures | None


Told = Progress | Failed | Taught
