"""Joined systems as those see them who manage them: what a source is told as, what is asked of it.

A *system* is one document, a file `data/adapters/{system}.yaml`; a preset of several parts makes several sources of it,
`{system}-{part}`. Names are those of sources; what changes a document takes the system's. (A spec's own word `system`
joins several documents for records and echoes; it is not told here.) Times in ms UTC, 0: never.
"""

from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from msgspec import Meta, Raw, Struct

from app.model.health import Words
from app.model.principals import Principal

if TYPE_CHECKING:
    from app.model.automations import AutomationList, AutomationSaved, NewAutomation

Origin = Literal["call", "receive", "subscribe", "folder", "events", "times"]
Condition = Literal["off", "starting", "reading", "waiting", "failing", "down"]
Text = Annotated[str, Meta(max_length=262_144)]
Short = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,80}(?!\n)$")]
SecretValue = Annotated[str, Meta(max_length=65_536)]
Setting = str | int | float | bool
PAGE = 50


# ---- what is told


class SourceCounts(Struct, frozen=True):
    """Records of the last round that brought something; `skipped`: as before, older, or left out by `where`."""

    fetched: int = 0
    stored: int = 0
    skipped: int = 0
    failed: int = 0


class SourceFacts(Struct, frozen=True, kw_only=True):
    """How a source is: `code`, `en`, `zh` are its last trouble, empty since that is over.

    `to` is a shelf of records (`orders`), a verb (`tickets.open`) or `send`. `editable`: the console may change it, for
    nothing in its file is anybody else's; `file` is that file, below `adapters/` of the data folder. `lag_seconds`: how
    far what is here is behind, None where that has no meaning. `letters` are dead ones.
    """

    name: str
    title: Words
    preset: str
    system: str
    enabled: bool
    origin: Origin
    to: str
    editable: bool
    file: str
    state: Condition
    code: str
    en: str
    zh: str
    held_at: int
    read_until: int
    lag_seconds: float | None
    rate_per_minute: float
    counts: SourceCounts
    letters: int


class WrongFile(Struct, frozen=True):
    """What is wrong with a file; what ran by it before goes on."""

    file: str
    line: int
    column: int
    en: str
    zh: str


class SourceList(Struct, frozen=True):
    """Every source by name, and what is wrong with files."""

    sources: tuple[SourceFacts, ...] = ()
    wrong: tuple[WrongFile, ...] = ()


class DriftSeen(Struct, frozen=True):
    """What documents have that a spec does not know; `kind`: `field`, `value` (then `example` is it), `type`."""

    path: str
    kind: str
    count: int
    example: str
    first: int
    last: int


class SecretHeld(Struct, frozen=True):
    """A secret by its name in the spec and where it is (`vault:mall.key`); `held`: it is there."""

    name: str
    reference: str
    held: bool


class SourceDetail(SourceFacts, frozen=True, kw_only=True):
    """`yaml` is the text of its file, empty where it was written on the server and who asks is not the owner; `address`
    is the path of one that is called.

    `settings` and `secrets` are of all parts of its document, defaults included; `allow` are hosts of the own network
    that it may speak to.
    """

    yaml: str
    address: str
    settings: dict[str, Raw]
    allow: tuple[str, ...]
    secrets: tuple[SecretHeld, ...]
    drift: tuple[DriftSeen, ...]


class Mistake(Struct, frozen=True):
    """What is wrong with a text, where in it (from 1), and what is allowed."""

    line: int
    column: int
    en: str
    zh: str


class CaseTold(Struct, frozen=True):
    """One of a spec's own examples: where it does not hold, `path` is where, `expected` and `got` are what."""

    name: str
    passed: bool
    path: str
    expected: str
    got: str
    en: str
    zh: str


class SpecChecked(Struct, frozen=True):
    """It may run where there is no error and every case has passed."""

    errors: tuple[Mistake, ...]
    cases: tuple[CaseTold, ...]


class SpecSaved(Struct, frozen=True):
    """`saved` false: nothing was changed, and this is why; else its sources, which run by it from now on."""

    saved: bool
    errors: tuple[Mistake, ...] = ()
    cases: tuple[CaseTold, ...] = ()
    sources: tuple[SourceFacts, ...] = ()


class StepTold(Struct, frozen=True):
    """One step of a map: `path` is the field that is made, `rule` the map's word, `value` what there was after it.

    `rule` is `from` where a value was taken: `at` says where in the input. `result` is what the field became,
    `left_out` that its `when` did not hold, `failed` (then `en`, `zh`) that it is none. `value` is JSON text, so that
    long numbers stay as they are.
    """

    path: str
    rule: str
    value: str
    at: str = ""
    en: str = ""
    zh: str = ""


class FailureTold(Struct, frozen=True):
    """What cannot be mapped, at which path of the input."""

    path: str
    en: str
    zh: str


class RecordTold(Struct, frozen=True):
    """A record and what becomes of it, as JSON texts; `output` is empty where it fails or is left out.

    `skipped`: `where` leaves it out. `untaken` are paths of the input that no field takes.
    """

    input: str
    steps: tuple[StepTold, ...]
    output: str
    failure: FailureTold | None
    skipped: bool
    untaken: tuple[str, ...]


class Preview(Struct, frozen=True):
    """What would become of a sample's first records, of `total`; `errors` where the spec or the sample is wrong."""

    errors: tuple[Mistake, ...] = ()
    records: tuple[RecordTold, ...] = ()
    total: int = 0


class SampleTold(Struct, frozen=True):
    """Something that came, secrets masked: `of` says whether `text` is one record or a whole document.

    `kind` is `received`, or `letter` (then `id` is the dead letter's, and `en`, `zh` why). `format` as in a spec.
    """

    id: str
    at: int
    kind: Literal["received", "letter"]
    of: Literal["record", "document"]
    format: str
    text: str
    en: str = ""
    zh: str = ""


class SampleList(Struct, frozen=True):
    """The newest first."""

    samples: tuple[SampleTold, ...]


class ChoiceTold(Struct, frozen=True):
    """One of what a setting of the type `choice` may be."""

    value: str
    title: Words


class SettingTold(Struct, frozen=True):
    """A field of the form of a preset; `default` null: it must be given."""

    name: str
    title: Words
    type: str
    default: Raw
    choices: tuple[ChoiceTold, ...]
    help: Words | None


class SecretTold(Struct, frozen=True):
    """A secret that a preset asks for; `when` is the switch among its settings that must be on, empty for always."""

    name: str
    title: Words
    help: Words | None
    when: str = ""


class PresetTold(Struct, frozen=True):
    """A system that is known; `parts` are the sources that it becomes, empty names left out."""

    name: str
    title: Words
    help: Words | None
    group: str
    parts: tuple[str, ...]
    settings: tuple[SettingTold, ...]
    secrets: tuple[SecretTold, ...]


class PresetList(Struct, frozen=True):
    """All of them, by title."""

    presets: tuple[PresetTold, ...]


class RunTold(Struct, frozen=True):
    """One reading; `ended_at` null: it goes on, or was cut off. `code`, `en`, `zh` are what ended it early."""

    id: str
    began_at: int
    ended_at: int | None
    pages: int
    bytes: int
    waited_ms: int
    counts: SourceCounts
    code: str
    en: str
    zh: str


class RunPage(Struct, frozen=True):
    """The newest first; `next` leads to the page after it."""

    runs: tuple[RunTold, ...]
    next: str | None


class LetterTold(Struct, frozen=True):
    """A dead letter without its bytes: `stage` is what could not be done (read, map, write, deliver), `path` where."""

    id: str
    at: int
    stage: str
    code: str
    path: str
    en: str
    zh: str
    format: str
    external_id: str
    attempts: int
    bytes: int
    spec: str


class LetterPage(Struct, frozen=True):
    """The newest first; `next` leads to the page after it."""

    letters: tuple[LetterTold, ...]
    next: str | None


class LetterShown(Struct, frozen=True):
    """A dead letter with what came: `raw` are its bytes, Base64, secrets masked; `source` is whose it is."""

    source: str
    letter: LetterTold
    raw: bytes


class LettersReplayed(Struct, frozen=True):
    """How many were `delivered`, `left_out` by today's `where`, `failed` once more; `gone` were not there any more."""

    delivered: int
    left_out: int
    failed: int
    gone: int


class LettersRemoved(Struct, frozen=True):
    """How many were thrown away."""

    removed: int


# ---- what is asked


class NewSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """A document as `yaml`, or the answers to what a `preset` asks.

    `secrets` are values by their names in the spec: they go to the vault, never into the text. `allow` names hosts of
    the own network, `host:port`, beside a preset.
    """

    yaml: Text = ""
    preset: Short = ""
    title: Words | Short = ""
    settings: Annotated[dict[Short, Setting], Meta(max_length=100)] = {}
    secrets: Annotated[dict[Short, SecretValue], Meta(max_length=100)] = {}
    allow: Annotated[tuple[Short, ...], Meta(max_length=50)] = ()
    enabled: bool = True


class SpecText(Struct, frozen=True, forbid_unknown_fields=True):
    """A document that is to be tried; nothing is changed by it."""

    yaml: Text


class Switch(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a source runs."""

    enabled: bool


class Forgetting(Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of the records that a system has brought."""

    records: Literal["keep", "forget"] = "keep"


class Sample(Struct, frozen=True, forbid_unknown_fields=True):
    """A document, or one record of it (`of`), to be mapped by a spec; `source` of several in it, else the first."""

    yaml: Text
    sample: Text
    format: Literal["auto", "json", "xml", "form", "csv", "ndjson"] = "auto"
    of: Literal["document", "record"] = "document"
    source: Short = ""


class PageQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`cursor` is the `next` of the page before."""

    cursor: Annotated[str, Meta(max_length=60)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = PAGE


class Letters(Struct, frozen=True, forbid_unknown_fields=True):
    """These, or with `all` every one that there is."""

    ids: Annotated[tuple[Annotated[str, Meta(max_length=26)], ...], Meta(max_length=200)] = ()
    all: bool = False


class ManagedSources(Protocol):
    """What may be done with joined systems by `principal`, for whom this was opened.

    Each raises `NotFound` for a name that there is not, `Forbidden` for what is only for the owner.
    """

    async def detail(self, name: str) -> SourceDetail:
        """One source."""
        ...

    async def save(self, system: str, new: NewSpec) -> SpecSaved:
        """Check a document, run its cases, let it run from now on. Raises `Conflict` for a file of somebody else."""
        ...

    async def switch(self, name: str, *, enabled: bool) -> SourceDetail:
        """Let a system run, or rest."""
        ...

    async def remove(self, name: str, *, forget: bool) -> None:
        """It is joined no more; `forget`: its records go, too."""
        ...

    async def hurry(self, name: str) -> None:
        """Read it now. Raises `Conflict` where it does not run."""
        ...

    async def check(self, text: str) -> SpecChecked:
        """What is wrong with a document, and what its cases give."""
        ...

    async def preview(self, asked: Sample) -> Preview:
        """What a document's map makes of a sample, step by step."""
        ...

    async def samples(self, name: str) -> SampleList:
        """What has come lately."""
        ...

    async def presets(self) -> PresetList:
        """Systems that are known."""
        ...

    async def runs(self, name: str, cursor: str, limit: int) -> RunPage:
        """Its readings."""
        ...

    async def letters(self, name: str, cursor: str, limit: int) -> LetterPage:
        """Its dead letters."""
        ...

    async def letter(self, letter_id: str) -> LetterShown:
        """A dead letter of any source with its bytes."""
        ...

    async def replay(self, name: str, letters: Letters) -> LettersReplayed:
        """Try dead letters again."""
        ...

    async def discard(self, name: str, letters: Letters) -> LettersRemoved:
        """Throw dead letters away."""
        ...


class ManagedAutomations(Protocol):
    """What may be done with automations by the principal for whom this was opened."""

    async def listing(self) -> "AutomationList":
        """All of them, and what a form offers."""
        ...

    async def save(self, name: str, new: "NewAutomation") -> "AutomationSaved":
        """Let it run from now on. Raises `Conflict` for one that was written by hand, `Invalid`."""
        ...

    async def remove(self, name: str) -> None:
        """It is done no more. Raises `NotFound`."""
        ...


class SourceDoor(Protocol):
    """The way to joined systems for who manages them; nothing is loaded before it is asked for."""

    async def listing(self, principal: Principal) -> SourceList:
        """All of them. Raises `Forbidden`."""
        ...

    async def manage(self, principal: Principal) -> ManagedSources:
        """For him. Raises `Forbidden`."""
        ...

    async def automate(self, principal: Principal) -> ManagedAutomations:
        """The same for automations."""
        ...
