"""What the parts of a spec ask of each other: a spec that passes here can run, whatever its systems then answer."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from re import compile as pattern
from typing import NoReturn, TypeAlias
from zoneinfo import ZoneInfo

from app.adapters.errors import BadSpec, Mark
from app.adapters.maps.paths import suggestion
from app.adapters.specs.model import (
    AllOf,
    AnyOf,
    AskCase,
    Call,
    Events,
    Folder,
    Follow,
    Plain,
    Proof,
    Receive,
    Request,
    Send,
    SignCase,
    Signed,
    Source,
    Subscribe,
    Times,
)
from app.adapters.specs.trust import demand_proof, demand_sign

Places: TypeAlias = Mapping[tuple[Mark, str], Mark]
_HOST_AND_PORT = pattern(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]{1,253}):([0-9]{1,5})")
_PROXY = pattern(r"(https?)://[^/?#@]+/?")
_STEP = r"(?!\.\.?(?:/|\Z))[^/\\\x00-\x1f]+"
_INSIDE = pattern(rf"{_STEP}(?:/{_STEP})*/?")
_CLOCK = pattern(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization")
_BODIES = ("form", "json", "xml", "proto", "text")
_PORT_MAX = 65_535
_NEEDED = {
    "messages.accept": ("id", "sender"),
    "contacts.upsert": ("id",),
    "conversations.act": ("actions",),
}  # what the map must make, by what is done with it


def demand_sound(source: Source, places: Places) -> None:
    """Raises `BadSpec`. `places`: where each word of a part stands, by the part's own place."""
    _Soundness(source, places).demand()


class _Soundness:
    def __init__(self, source: Source, places: Places) -> None:
        self._source = source
        self._places = places

    def demand(self) -> None:
        for request in _requests(self._source):
            self._request(request)
        match self._source.origin:
            case Receive() as receive:
                self._receive(receive)
            case Times() as times:
                self._times(times)
            case Folder(format="proto") as folder:
                self._refuse(
                    folder,
                    "format",
                    "a file says nothing of its ProtoBuf; drop JSON, XML, CSV or NDJSON.",
                    "文件不含 ProtoBuf 的消息定义；请放入 JSON、XML、CSV 或 NDJSON。",
                )
            case Subscribe(method="grpc", hello=hello) as subscribe if hello:
                self._refuse(
                    subscribe,
                    "hello",
                    "a stream of gRPC is asked for by `proto`; `hello` is said on a WebSocket.",
                    "gRPC 流用 `proto` 请求；`hello` 仅用于 WebSocket。",
                )
            case _:
                pass
        self._following()
        self._files()
        self._ways_out()
        self._sink()
        self._cases()

    # ---- requests

    def _request(self, request: Request) -> None:
        bodies = [word for word in _BODIES if getattr(request, word) not in (None, "")]
        if len(bodies) > 1:
            self._refuse(
                request,
                bodies[1],
                f"a request has one body; here are {' and '.join(bodies)}.",
                f"请求只能有一种正文；此处有 {'、'.join(bodies)}。",
            )
        if request.method in ("get", "delete") and bodies and isinstance(request, Call):
            self._refuse(
                request,
                bodies[0],
                f"`{request.method}` sends no body. Use query, or post.",
                f"`{request.method}` 不带正文。请使用 query 或 post。",
            )
        self._descriptions(request)
        self._constant_secrets(request)
        if request.sign is not None:
            demand_sign(request.sign, self._refuse)
        if request.token is not None:
            for name in request.token.keep:
                if self._source.secrets[name].kind != "vault":
                    self._refuse(
                        request.token,
                        "keep",
                        f"“{name}” can only be replaced where it is vault:….",
                        f"“{name}”必须是 vault:… 才能被替换。",
                    )
        if isinstance(request, Call) and request.fails_when is not None:
            failure = request.fails_when
            if not failure.has and not failure.code and failure.when is None:
                self._refuse(
                    failure,
                    "",
                    "say what a refusal looks like: `has`, `code` or `when`.",
                    "请说明失败应答的特征：`has`、`code` 或 `when`。",
                )

    def _descriptions(self, request: Request) -> None:
        """gRPC needs to know its messages; what else is spoken does not, unless ProtoBuf is."""
        given = [word for word in ("proto_files", "descriptors", "reflection") if getattr(request, word)]
        if len(given) > 1:
            self._refuse(
                request,
                given[1],
                f"messages are described once; here by {' and '.join(given)}.",
                f"消息描述只能有一种；此处有 {'、'.join(given)}。",
            )
        is_grpc = request.method == "grpc"
        spoken = {
            "proto": request.proto is not None,
            "answer": request.answer == "proto",
            "sends": bool(request.sends),
            "message": bool(request.message),
            "grpc": is_grpc,
        }
        if any(spoken.values()) and not given:
            self._refuse(
                request,
                next(word for word, is_so in spoken.items() if is_so),
                "say what the messages are: proto_files: [orders.proto], descriptors: x.pb or reflection: true.",
                "请说明消息的定义：proto_files: [orders.proto]、descriptors: x.pb 或 reflection: true。",
            )
        if is_grpc and (request.sends or request.message):
            self._refuse(
                request,
                "sends" if request.sends else "message",
                "a method of gRPC says itself what its messages are.",
                "gRPC 方法自身已说明消息类型。",
            )
        if not is_grpc and spoken["proto"] != spoken["sends"]:
            self._refuse(
                request,
                "proto" if spoken["proto"] else "sends",
                "`proto` and `sends` belong together: its fields, and which message they make.",
                "`proto` 与 `sends` 须同时填写：字段及其所属的消息。",
            )
        if not is_grpc and spoken["answer"] and not spoken["message"]:
            self._refuse(
                request,
                "answer",
                "say which message comes: message: package.Name.",
                "请说明返回的消息：message: 包名.消息名。",
            )
        if not is_grpc and request.reflection:
            self._refuse(request, "reflection", "only servers of gRPC can be asked.", "仅 gRPC 服务器支持反射。")

    def _constant_secrets(self, request: Request) -> None:
        """A password among the headers is one in a file that is shown to many."""
        headers = request.headers.value if request.headers is not None else None
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if name.lower() in _SECRET_HEADERS and isinstance(value, str) and "$" not in value:
                assert request.headers is not None
                raise BadSpec(
                    request.headers.mark(name),
                    f"“{name}” holds a secret in plain text. Name it under `secrets` and write ${{its_name}} here.",
                    f"“{name}”中直接写了密钥。请在 `secrets` 中声明，并在此处写 ${{名称}}。",
                    code="adapter_secret_written",
                )

    # ---- who calls us

    def _receive(self, receive: Receive) -> None:
        demand_proof(receive.proof, self._refuse)
        if receive.message and not (receive.proto_files or receive.descriptors):
            self._refuse(
                receive,
                "message",
                "say what the message is: proto_files: [orders.proto], or descriptors.",
                "请说明消息的定义：proto_files: [orders.proto] 或 descriptors。",
            )
        if receive.check is not None and bool(receive.check.query) == bool(receive.check.at):
            self._refuse(
                receive.check,
                "at",
                "a trial is answered from `query`, or from `at`.",
                "校验请求的应答取自 `query` 或 `at` 之一。",
            )
        reply = receive.reply
        if reply is not None and sum((bool(reply.text), reply.json is not None, reply.xml is not None)) != 1:
            self._refuse(
                reply, "text", "a reply is one of `text`, `json` and `xml`.", "应答只能是 `text`、`json`、`xml` 之一。"
            )

    # ---- when, and how it goes on

    def _times(self, times: Times) -> None:
        if bool(times.every) == bool(times.at):
            self._refuse(
                times, "at", 'say when: `every: 5m`, or `at: "09:00"`.', '请填写时间：`every: 5m` 或 `at: "09:00"`。'
            )
        if times.at and not _CLOCK.fullmatch(times.at):
            self._refuse(
                times, "at", f"“{times.at}” is no time of day such as 09:00.", f"“{times.at}”不是时刻，例如 09:00。"
            )
        if times.every and times.days:
            self._refuse(times, "days", "`days` belong to `at`.", "`days` 只能与 `at` 同用。")
        try:
            ZoneInfo(times.zone)
        except (ValueError, OSError, KeyError):
            self._refuse(
                times,
                "zone",
                f"“{times.zone}” is no time zone such as Asia/Shanghai.",
                f"“{times.zone}”不是时区，例如 Asia/Shanghai。",
            )

    def _following(self) -> None:
        follow, then, polled = self._source.follow, self._source.then, isinstance(self._source.origin, Call)
        if follow is not None and not polled:
            self._refuse(
                follow,
                "",
                "only what is called can be followed: `follow` belongs to `call`.",
                "`follow` 只能与 `call` 同用。",
            )
        if polled and self._source.follow is None and self._mentions("$window", "$page", "$cursor"):
            self._refuse(
                self._source,
                "call",
                "$window, $page and $cursor come from `follow`, which is missing.",
                "$window、$page、$cursor 由 `follow` 提供，但未填写 `follow`。",
            )
        if follow is not None:
            self._pages(follow)
        if then is not None and isinstance(self._source.origin, Events):
            self._refuse(
                then,
                "",
                "what happens here is whole; `then` belongs to what other systems bring. Call out by `deliver`.",
                "本系统的事件已包含完整内容；`then` 只用于外部系统带来的记录。向外请求请用 `deliver`。",
            )
        if then is not None and then.call.method == "ws":
            self._refuse(then, "call", "a detail call is HTTP or gRPC.", "明细请求只能是 HTTP 或 gRPC。")

    def _pages(self, follow: Follow) -> None:
        needed = {"cursor": ("next", "$cursor"), "last-to-first": ("total", "$page"), "first-to-last": ("", "$page")}
        word, reference = needed.get(follow.pages, ("", ""))
        if word and not getattr(follow, word):
            self._refuse(
                follow,
                "pages",
                f"`pages: {follow.pages}` needs `{word}`, a path in the answer.",
                f"`pages: {follow.pages}` 需要 `{word}`（应答中的路径）。",
            )
        if reference and not self._mentions(reference):
            self._refuse(
                follow,
                "pages",
                f"`pages: {follow.pages}` needs {reference} in the call.",
                f"`pages: {follow.pages}` 需要在请求中写 {reference}。",
            )
        if follow.by == "changed" and not self._mentions("$window"):
            self._refuse(
                follow,
                "by",
                "`by: changed` needs $window.start in the call.",
                "`by: changed` 需要在请求中写 $window.start。",
            )
        if follow.every <= 0 or (follow.by == "changed" and follow.window <= 0):
            self._refuse(
                follow, "every", "`every` and `window` are longer than nothing.", "`every` 和 `window` 必须大于 0。"
            )
        if follow.by == "changed" and follow.overlap >= follow.window:
            self._refuse(
                follow,
                "overlap",
                "`overlap` is shorter than `window`; otherwise it goes back, not on.",
                "`overlap` 必须小于 `window`，否则无法前进。",
            )

    def _mentions(self, *references: str) -> bool:
        """Whether the polled call names one of them."""
        call = self._source.origin
        if not isinstance(call, Call):
            return False
        kept = (call.headers, call.query, call.form, call.json, call.xml, call.proto)
        texts = [call.url, call.text, *(text for one in kept if one is not None for text in _texts(one.value))]
        bare = [reference.removeprefix("$") for reference in references]
        return any(f"${name}" in text or f"${{{name}" in text for name in bare for text in texts)

    # ---- files

    def _files(self) -> None:
        """What a spec names lies in the data folder, below its own: no way leads out of it."""
        source = self._source
        named: list[tuple[object, str, str]] = [(source, "ca", source.ca)]
        if isinstance(source.origin, Folder):
            named += [(source.origin, word, getattr(source.origin, word)) for word in ("path", "done", "failed")]
        described: list[Request | Receive] = [*_requests(source)]
        if isinstance(source.origin, Receive):
            described.append(source.origin)
        for one in described:
            named += [(one, "descriptors", one.descriptors), *((one, "proto_files", file) for file in one.proto_files)]
        for part, word, name in named:
            if name and not _INSIDE.fullmatch(name):
                self._refuse(
                    part,
                    word,
                    f"“{word}” names a file below `adapters/` of the data folder, without “..” and no / in front.",
                    f"“{word}”应为数据目录 `adapters/` 下的相对路径，不含“..”，不以 / 开头。",
                )

    # ---- where it goes

    def _ways_out(self) -> None:
        source = self._source
        for one in source.allow:
            found = _HOST_AND_PORT.fullmatch(one)
            if found is None or not 0 < int(found[2]) <= _PORT_MAX:
                self._refuse(
                    source,
                    "allow",
                    f"“{one}” is no host and port such as 10.0.0.5:8080.",
                    f"“{one}”不是主机和端口，例如 10.0.0.5:8080。",
                )
        if source.proxy and "$" not in source.proxy and not _PROXY.fullmatch(source.proxy):
            self._refuse(
                source,
                "proxy",
                "a proxy is http://host:port; its password stands in a secret.",
                "代理应为 http://主机:端口；密码请放在密钥中。",
            )

    def _sink(self) -> None:
        sink, mapped = self._source.deliver, self._mapped()
        if isinstance(sink, Send):
            return
        if mapped is None:
            self._refuse(
                self._source,
                "deliver",
                "what is delivered here is made by a `map`, which is missing.",
                "投递的内容由 `map` 生成，但未填写 `map`。",
            )
        if sink.to == "conversations.act" and isinstance(self._source.origin, Call | Folder) and not sink.key:
            self._refuse(
                sink,
                "to",
                "what is read again would be done again. Name by `key` what makes it one: key: id.",
                "重复读取时会重复执行。请用 `key` 指定识别字段，例如 key: id。",
            )
        named = [("key", name) for name in sink.key]
        named += [("to", name) for name in _NEEDED.get(sink.to, ())]
        named += [("owner", name) for name in sink.owner]
        if sink.newer and not (sink.newer == "changed" and self._source.records.changed):
            named.append(("newer", sink.newer))
        for word, name in named:
            if name not in mapped:
                en, zh = suggestion(name, sorted(mapped))
                self._refuse(sink, word, f"the map makes no “{name}”. {en}", f"`map` 没有生成“{name}”。{zh}")

    def _mapped(self) -> set[str] | None:
        kept: Plain | None = self._source.map
        return set(kept.value) if kept is not None and isinstance(kept.value, dict) else None

    # ---- cases

    def _cases(self) -> None:
        names: set[str] = set()
        for case in self._source.cases:
            if case.name in names:
                self._refuse(case, "name", f"there is a case “{case.name}” already.", f"已有名为“{case.name}”的用例。")
            names.add(case.name)
            match case:
                case SignCase() if not any(_signs(self._source)):
                    self._refuse(
                        case, "", "a `sign` case needs a `sign`, which is missing.", "`sign` 用例需要有 `sign`。"
                    )
                case AskCase():
                    self._asked(case)
                case _:
                    pass

    def _asked(self, case: AskCase) -> None:
        if not any(_requests(self._source)):
            self._refuse(case, "", "a `request` case needs a call, which is missing.", "`request` 用例需要有请求。")
        for moment in (case.now, *case.window):
            try:
                aware = datetime.fromisoformat(moment).tzinfo is not None
            except ValueError:
                aware = False
            if not aware:
                self._refuse(
                    case,
                    "now",
                    f"“{moment}” is no moment such as 2026-01-01T00:00:00Z.",
                    f"“{moment}”不是时间，例如 2026-01-01T00:00:00Z。",
                )
        if len(case.window) not in (0, 2):
            self._refuse(case, "window", "a window has a start and an end.", "window 应包含开始和结束两个时间。")

    def _refuse(self, part: object, word: str, en: str, zh: str) -> NoReturn:
        """At the word where it stands, else at the part."""
        mark: Mark = getattr(part, "mark")  # noqa: B009 - every part has one
        raise BadSpec(self._places.get((mark, word), mark), en, zh)


def _requests(source: Source) -> Iterator[Request]:
    """Every request of a source, and those by which their tokens are had."""
    first = [one for one in (source.origin, source.deliver) if isinstance(one, Request)]
    for request in [*first, *([source.then.call] if source.then is not None else [])]:
        yield request
        if request.token is not None:
            yield request.token.call


def _signs(source: Source) -> Iterator[bool]:
    yield from (request.sign is not None for request in _requests(source))
    if isinstance(source.origin, Receive):
        yield from _signed(source.origin.proof)


def _signed(proof: Proof) -> Iterator[bool]:
    if isinstance(proof, AllOf | AnyOf):
        for one in proof.proofs:
            yield from _signed(one)
    yield isinstance(proof, Signed)


def _texts(value: object) -> Iterator[str]:
    """Every text of a plain value."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)
