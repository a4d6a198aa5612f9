"""What a spec says, read: one frozen Struct for each of its parts; where a YAML word differs, it stands in `name=`.

    Source                 one document: name, ONE origin, records, map, ONE sink, cases
    ├── origin             Call (polled) | Receive (they call us) | Subscribe (pushed to us) | Folder | Events | Times
    ├── records, follow, then, where, map
    ├── sink               Upsert (records) | Act (our own verbs) | Send (a call outwards)
    └── cases              MapCase | SignCase | AskCase

Words. Wherever a word *is* a secret (`with`, `bearer`, `password`, `key`) it holds the secret's bare name; elsewhere a
secret is referred to as `$name`. In a text, `$name.part` alone is a reference and keeps its type; inside a longer text
it is written `${name.part}`; `$$` is a dollar sign. Where a word takes no references (a duration, a switch),
`$settings.x` and `${settings.x}` are gone when a Source is made: the reader has put the values in.
Roots of references: those of `paths.IN_MAPS` and `paths.IN_REQUESTS`; every secret's name too, but never in a map.

What another room reads (a map, the fields of a request, an example) is kept as `Plain`: data of the value model with
the mark of each part. Seconds, bytes and counts are numbers; the reader has checked them.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, field

from app.adapters.errors import Mark
from app.adapters.formats.tree import Tree
from app.model.health import Words
from app.model.records import RecordKind

Method = Literal["get", "post", "put", "patch", "delete", "grpc", "ws"]
Answer = Literal["auto", "json", "xml", "proto", "form", "csv", "ndjson"]
Digest = Literal["md5", "sha1", "sha256", "hmac-md5", "hmac-sha1", "hmac-sha256"]
Trouble = Literal["network", "5xx", "limited"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Shelf = Literal["orders", "customers", "shipments", "notes", "tickets"]
Verb = Literal["tickets.open", "tickets.update", "messages.accept", "contacts.upsert", "conversations.act"]
Step: TypeAlias = str | int
Seconds = Annotated[float, Meta(description="duration")]
Size = Annotated[int, Meta(description="size")]
Secret = Annotated[str, Meta(description="secret")]  # the bare name of one of `secrets`
Path = Annotated[str, Meta(description="path")]  # as in a map, `order_list[0].pay_time`; "" is all of it
Template = Annotated[str, Meta(description="template")]  # text with `${…}`, or a `$…` alone
Count = Annotated[int, Meta(ge=1, le=10_000)]
Lanes = Annotated[int, Meta(ge=1, le=16)]
EVENT_NAMES = (
    "contact.created", "contact.merged", "contact.updated", "conversation.assigned", "conversation.attributes_changed",
    "conversation.closed", "conversation.created", "conversation.long_wait", "conversation.merged",
    "conversation.not_sent", "conversation.priority_changed", "conversation.queued", "conversation.reopened",
    "conversation.resolved", "conversation.snoozed", "conversation.tags_changed", "conversation.transcript_mailed",
    "conversation.transferred", "conversation.unmerged", "csat.requested", "csat.submitted", "message.created",
    "message.deleted", "message.updated", "offline_message.created", "record.forgotten", "record.upserted",
    "ticket.assigned", "ticket.created", "ticket.status_changed", "ticket.updated",
)  # fmt: skip
NOWHERE = Mark("", 0, 0)


class Plain(Struct, frozen=True):
    """A part that is kept as it was written; `marks` by the way to a part, `("items", 0, "sku")`; `()` is all of it."""

    value: Tree
    marks: Mapping[tuple[Step, ...], Mark] = {}

    def mark(self, *way: Step) -> Mark:
        """Where that part stands, or the nearest around it that is known."""
        for end in range(len(way), -1, -1):
            if (found := self.marks.get(way[:end])) is not None:
                return found
        return NOWHERE


Asked = Annotated[Plain, Meta(description="request")]  # constants, references and rules, secrets among them
Answered = Annotated[Plain, Meta(description="answer")]  # the same without secrets
Rules = Annotated[Plain, Meta(description="map")]


class Expression(Struct, frozen=True):
    """Of the small language, with the place where it begins."""

    text: str
    mark: Mark = NOWHERE


class _Part(Struct, frozen=True, kw_only=True):
    """A part of a spec; `mark` is where it begins."""

    mark: Mark = NOWHERE


# ---- how a request proves itself, and how an answer is judged


class Join(_Part, frozen=True, kw_only=True):
    """What stands between a name and its value, between two of them, and between all of it and the secret."""

    pair: str = ""
    between: str = ""
    secret: str = ""


class Sign(_Part, frozen=True, kw_only=True):
    """A signature as data, made and checked by `signing`.

    `of`: `all-sorted` parameters, `body`, names in this order (`a|b`: the first that is there), or a text with
    `${name}`, where `all-sorted`, `body`, `secret`, `path` and `method` are names too. `style`: what the secret does
    to that text: before and behind it (`wrap`), before it, behind it, one of its values (`among`), nothing (`plain`:
    it is the key of an `hmac-…`, or stands in the text). `place`: where the parameter `into` goes; by itself into the
    form, else into JSON or XML, else into the address.
    """

    style: Literal["wrap", "prefix", "suffix", "among", "plain"] = "plain"
    of: str | tuple[str, ...]
    secret: Secret = field(name="with")
    digest: Digest
    key: str = ""  # of an `hmac-…`: a text with `${secret}`; by itself the secret
    encode: Literal["hex", "base64"] = "hex"
    case: Literal["lower", "upper"] = "lower"  # of hex
    into: str = ""  # the parameter that carries it; never signed itself
    place: Literal["", "query", "form", "json", "xml"] = ""
    header: str = ""  # or the header that does
    prefix: str = ""  # before the signature: "sha256="
    join: Join = Join()
    parts: Literal["pairs", "values", "sorted-values"] = "pairs"
    skip: tuple[str, ...] = ()
    drop_empty: bool = False
    body_as: str = ""  # the body takes part as a parameter of this name
    canonical: bool = False  # JSON is written with keys sorted at every depth, compact, nothing escaped


class Basic(_Part, frozen=True, kw_only=True):
    user: Template
    password: Secret


class Pace(_Part, frozen=True, kw_only=True):
    """One bucket per credential: sources that name the same secret in `with` share it."""

    per_second: Annotated[float, Meta(gt=0, le=100_000)]
    burst: Count = 1
    secret: Secret = field(default="", name="with")


class Span(Struct, frozen=True):
    """`1s..60s`."""

    least: float
    most: float


class Retry(_Part, frozen=True, kw_only=True):
    times: Annotated[int, Meta(ge=0, le=20)] = 5
    wait: Span = Span(1.0, 60.0)  # seconds; doubled from the first to the second
    on: tuple[Trouble, ...] = ("network", "5xx", "limited")


class Breaker(_Part, frozen=True, kw_only=True):
    """After so many failures on end nothing is asked for `pause`."""

    after: Count = 5
    pause: Seconds = 60.0


class Failure(_Part, frozen=True, kw_only=True):
    """An answer that is a refusal though its status says 200: `has` is there, `code` is none of `ok`, `when` holds."""

    has: Path = ""
    when: Expression | None = None  # what has neither an error nor what was asked for would count as nothing new
    code: Path = ""
    ok: tuple[str | int, ...] = ()
    text: Path = ""
    limited: tuple[str | int, ...] = ()  # codes that mean: slower
    expired: tuple[str | int, ...] = ()  # codes that mean: a new token


class Request(_Part, frozen=True, kw_only=True):
    """What is asked of whom. `method` and `url` are one word in YAML: `post: https://…`, `grpc: https://h:p/pkg.S/M`.

    At most one of `form`, `json`, `xml`, `proto`, `text` is there.
    """

    method: Method
    url: Template
    headers: Asked | None = None
    query: Asked | None = None
    form: Asked | None = None
    json: Asked | None = None
    xml: Asked | None = None
    proto: Asked | None = None
    text: Template = ""
    proto_files: tuple[str, ...] = ()
    descriptors: str = ""
    reflection: bool = False
    sends: str = ""  # full name of the message that `proto` makes; not of gRPC, whose methods say it
    message: str = ""  # and of the one that comes
    answer: Answer = "auto"
    basic: Basic | None = None
    sign: Sign | None = None
    token: "Token | None" = None
    bytes: Size = 8_388_608  # of one answer, or of one message


class Call(Request, frozen=True, kw_only=True):
    timeout: Seconds = 30.0
    fails_when: Failure | None = None
    pace: Pace | None = None
    retry: Retry = Retry()
    breaker: Breaker = Breaker()


class Token(_Part, frozen=True, kw_only=True):
    """A token that is fetched and becomes `$token` in the request: new `before` it ends, or when a code says expired.

    It lasts what `seconds` (a path in the answer) says, else `lasts`. `keep`: a secret's name -> the path in the answer
    whose value replaces it (a refresh token that is used up); only a `vault:` secret can be replaced.
    """

    call: Call
    at: Path
    seconds: Path = ""
    lasts: Seconds = 3_600.0
    before: Seconds = 60.0
    keep: Mapping[Secret, Path] = {}


# ---- how an incoming one proves itself


class Bearer(_Part, frozen=True, kw_only=True, tag="bearer"):
    """The secret itself, in `Authorization: Bearer …`, in another header, or in a parameter of the address."""

    secret: Secret = field(name="with")
    header: str = ""
    query: str = ""


class BasicProof(_Part, frozen=True, kw_only=True, tag="basic"):
    user: str
    password: Secret


class Window(_Part, frozen=True, kw_only=True):
    """When they say it was sent, and how far from our clock that may be. `name` is one of what they sign."""

    name: str
    within: Seconds = 300.0
    unit: Literal["seconds", "milliseconds", "iso"] = "seconds"


class Signed(_Part, frozen=True, kw_only=True, tag="signed"):
    """A signature of theirs: `sign.header` or `sign.into` is where it comes.

    `once` is what never comes twice within the window: one of what they sign, or the signature itself.
    """

    sign: Sign
    time: Window | None = None
    once: str = ""


class Certificate(_Part, frozen=True, kw_only=True, tag="certificate"):
    subject: str = ""  # the common name, or one of the alternative names
    fingerprint: str = ""  # SHA-256, hex


class Addresses(_Part, frozen=True, kw_only=True, tag="addresses"):
    networks: tuple[str, ...]  # CIDR


class AllOf(_Part, frozen=True, kw_only=True, tag="all"):
    proofs: tuple["Proof", ...]


class AnyOf(_Part, frozen=True, kw_only=True, tag="any"):
    proofs: tuple["Proof", ...]


Proof: TypeAlias = Bearer | BasicProof | Signed | Certificate | Addresses | AllOf | AnyOf


class Check(_Part, frozen=True, kw_only=True):
    """How their trial of the address is answered, once it is proven: with the parameter `query` of a GET as it came
    (decrypted where `decrypt` is, and it is not `plain`), or with what stands at `at` of a JSON body, under the same
    name.
    """

    query: str = ""
    plain: bool = False
    at: Path = ""


class Decrypt(_Part, frozen=True, kw_only=True):
    """What stands encrypted `at` a name of the body's top, as `proofs.named` finds it.

    `wechat` is WXBizMsgCrypt (WeChat, WeCom, DingTalk): `key` is the secret EncodingAESKey, `id` whom it must be for.
    `feishu`: `key` is the secret Encrypt Key.
    """

    scheme: Literal["wechat", "feishu"] = "wechat"
    key: Secret
    id: Template = ""
    at: str = "Encrypt"


class Reply(_Part, frozen=True, kw_only=True):
    """What they are answered with when it is stored; one of three."""

    text: Annotated[str, Meta(description="answer")] = ""
    json: Answered | None = None
    xml: Answered | None = None


# ---- origins


class Receive(_Part, frozen=True, kw_only=True, tag="receive"):
    """`POST /in/{source}`, or the same as a WebSocket."""

    proof: Proof
    check: Check | None = None
    decrypt: Decrypt | None = None
    id: Path = ""  # what tells one delivery from another; also `$headers.…`
    answer: Answer = field(default="auto", name="format")
    proto_files: tuple[str, ...] = ()
    descriptors: str = ""
    message: str = ""  # the ProtoBuf message's full name
    bytes: Size = 1_048_576
    pace: Pace | None = None
    reply: Reply | None = None


class Subscribe(Request, frozen=True, kw_only=True):
    """`ws: wss://…` or `grpc: https://h:p/pkg.Service/StreamMethod`; `hello` is said when a WebSocket stands.

    `ping` 0: as suits the line. gRPC's servers cut who pings more often than every 5 minutes unless they are told
    otherwise; TCP finds out within two that the other machine is gone.
    """

    hello: tuple[Asked, ...] = ()
    ping: Seconds = 0.0


class Folder(_Part, frozen=True, kw_only=True):
    """Files dropped under `data/adapters/`; each goes to `done` when all of it is in, to `failed` when it cannot be."""

    path: str
    names: str = "*"
    format: Answer = "auto"
    done: str = "done"
    failed: str = "failed"


class Events(_Part, frozen=True, kw_only=True):
    """What was written and announced on our side."""

    names: tuple[str, ...]


class Times(_Part, frozen=True, kw_only=True):
    """`every: 5m`, or `at: "09:00"` in `zone` on `days` (none: every day)."""

    every: Seconds = 0.0
    at: str = ""
    zone: str = "UTC"
    days: tuple[Day, ...] = ()


Origin: TypeAlias = Call | Receive | Subscribe | Folder | Events | Times


# ---- what comes


class Records(_Part, frozen=True, kw_only=True):
    """Where the records stand in a document: `at` a list, or one; `lists` are paths that are always lists (XML)."""

    at: Path = ""
    id: Path = ""
    changed: Path = ""
    lists: tuple[Path, ...] = ()


class Follow(_Part, frozen=True, kw_only=True):
    """How a polled source goes on: by windows of time, by pages, or both.

    The window ends `behind` before now, is at most `window` long, and begins `overlap` before the last one's end; the
    first begins `since` ago. `pages`: `one`; counted, from `first` on, of `size`, until the `total` of records is there
    or `more` is false or a page is not full; by `cursor` at `next`; or by the `link` header, the address at `next`.
    """

    by: Literal["changed", "pages"] = "pages"
    every: Seconds = 60.0
    window: Seconds = 1_800.0
    behind: Seconds = 0.0
    overlap: Seconds = 120.0
    since: Seconds = 2_592_000.0
    pages: Literal["one", "first-to-last", "last-to-first", "cursor", "link"] = "one"
    size: Count = 100
    first: Annotated[int, Meta(ge=0, le=1)] = 1
    next: Path = ""
    total: Path = ""
    more: Path = ""
    lanes: Lanes = 1


class Then(_Part, frozen=True, kw_only=True):
    """One more call for each record, whose answer takes its place: lists of ids first, then what they stand for."""

    call: Call
    each: Path  # what of the record the call needs: `$item`
    records: Records = Records()
    lanes: Lanes = 4


# ---- sinks


class Upsert(_Part, frozen=True, kw_only=True):
    """Into our records: one of a `key` there is once, and only what is `newer` replaces it."""

    to: Shelf
    key: tuple[str, ...] = ("id",)
    newer: str = ""  # the mapped field that tells which is newer; none: the one that comes
    owner: Mapping[str, Literal["us", "them"]] = {}  # whose word counts, by mapped field
    conflict: Literal["newer", "ours", "theirs"] = "newer"

    @property
    def kind(self) -> RecordKind:
        """What they are, in the room of records."""
        return RecordKind(self.to.removesuffix("s"))


class Act(_Part, frozen=True, kw_only=True):
    """By one of our own verbs; the map makes what it takes. `key`: mapped fields by which it is done once.

    `newer`, `owner` and `conflict` are of tickets that both sides change, as of `Upsert`.
    """

    to: Verb
    key: tuple[str, ...] = ()
    newer: str = ""
    owner: Mapping[str, Literal["us", "them"]] = {}
    conflict: Literal["newer", "ours", "theirs"] = "newer"
    inbox: str = ""  # of `messages.accept`: its name, or its id; by itself the source's title


class Send(Call, frozen=True, kw_only=True):
    """A call outwards through the outbox; `$mapped` is what the map made, `$id` stays the same when it is tried again.

    In `order` of what this names (one after another; each for itself where it names nothing), over so many `lanes`;
    given up after `give_up`; `keep`s of the answer what is named.
    """

    idempotency: str = ""  # the header that carries `$id`
    order: str = ""
    keep: Mapping[str, Path] = {}
    lanes: Lanes = 4
    give_up: Seconds = 259_200.0


Sink: TypeAlias = Upsert | Act | Send


# ---- cases


class MapCase(_Part, frozen=True, kw_only=True):
    """`expect` may name fewer fields than come out; `fails` is the path that fails instead; `skipped`: left out."""

    name: str
    given: Plain
    expect: Plain | None = None
    fails: str = ""
    skipped: bool = False


class SignCase(_Part, frozen=True, kw_only=True):
    """A vendor's published signature: made with this secret of these parameters (and body) it is this one."""

    name: str
    secret: str
    params: Mapping[str, str] = {}
    body: str = ""
    expect: str


class AskCase(_Part, frozen=True, kw_only=True):
    """What is asked at this moment (RFC 3339) for this window and page."""

    name: str
    now: str
    window: tuple[str, ...] = ()
    page: Annotated[int, Meta(ge=0)] = 1
    item: Plain | None = None
    expect: Plain


Case: TypeAlias = MapCase | SignCase | AskCase


class Reference(_Part, frozen=True, kw_only=True):
    """Where a secret is: `env:NAME`, `file:/path`, `vault:name`."""

    kind: Literal["env", "file", "vault"]
    at: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.at}"


class Source(_Part, frozen=True, kw_only=True):
    """One document. `version` changes when anything of it does; `instance` is what its preset's parts are called
    together.
    """

    name: str = field(name="source")
    instance: str = ""
    system: str = ""  # whose sources these are: what one of them brings is not told to another
    title: Words
    version: str
    preset: str = ""
    enabled: bool = True
    settings: Mapping[str, Tree] = {}
    secrets: Mapping[str, Reference] = {}
    allow: tuple[str, ...] = ()  # "host:port" that may be private
    proxy: Template = ""
    ca: str = ""
    origin: Origin
    records: Records = Records()
    follow: Follow | None = None
    then: Then | None = None
    where: Expression | None = None
    map: Rules | None = None
    deliver: Sink
    cases: tuple[Case, ...] = ()

    @property
    def keeps_as(self) -> str:
        """The name its records are kept by: what is polled and what is pushed of one shop is one order."""
        return self.system or self.instance or self.name


class Setting(_Part, frozen=True, kw_only=True):
    """What a preset asks: a field of the form that is made from it. `time` is a duration in the answer's own words."""

    title: Words
    type: Literal["text", "address", "number", "choice", "time", "switch"] = "text"
    default: Tree = None  # none: it must be given
    choices: Mapping[str, Words] = {}
    help: Words | None = None


class SecretAsked(_Part, frozen=True, kw_only=True):
    title: Words
    help: Words | None = None
