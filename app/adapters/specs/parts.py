"""The parts of a document that are more than their fields say: origins, requests, proofs, sinks, cases."""

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, NoReturn, TypeVar, get_args

from msgspec import Meta

from app.adapters.errors import BadSpec, Mark
from app.adapters.maps.paths import suggestion
from app.adapters.specs.model import (
    EVENT_NAMES,
    Act,
    Addresses,
    AllOf,
    AnyOf,
    AskCase,
    BasicProof,
    Bearer,
    Call,
    Case,
    Certificate,
    Decrypt,
    Events,
    Folder,
    MapCase,
    Origin,
    Proof,
    Receive,
    Request,
    Send,
    Shelf,
    Sign,
    SignCase,
    Signed,
    Sink,
    Subscribe,
    Times,
    Upsert,
    Verb,
)
from app.adapters.specs.nodes import Listing, Node, Scalar, Table
from app.adapters.specs.shapes import Reader, missing, plain, said, words_of

Asked = TypeVar("Asked", bound=Request)
ORIGINS: Mapping[str, Any] = {
    "call": Call, "receive": Receive, "subscribe": Subscribe, "folder": Folder, "events": Events, "times": Times,
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete", "grpc")
METHODS_OF: Mapping[type[Request], tuple[str, ...]] = {
    Call: METHODS,
    Send: (*METHODS, "ws"),
    Subscribe: ("ws", "grpc"),
}
PROOFS: Mapping[str, Any] = {
    "bearer": Bearer, "basic": BasicProof, "signed": Signed, "certificate": Certificate, "addresses": Addresses,
    "any": AnyOf,
}  # fmt: skip
_SCHEMES = {"grpc": ("https", "http"), "ws": ("wss", "ws")}
_ADDRESS = re.compile(r"([a-z]+)://([^/?#]*)(.*)", re.DOTALL)
_GRPC_PATH = re.compile(r"/[A-Za-z_][A-Za-z0-9_.]*/[A-Za-z_][A-Za-z0-9_]*")
_CASE_WORDS = ("name", "given", "sign", "request", "expect")
_BARE = Meta()


class Parts:
    """The parts of a document that are more than their fields say."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        for shape in (Call, Send, Subscribe):
            reader.special(shape, partial(self._request, shape))
        reader.special(Proof, self._proof)
        reader.special(Decrypt, self._decrypt)
        reader.special(Sink, self._sink)
        reader.special(Case, self._case)

    def origin(self, table: Table) -> Origin:
        found = [key for key, _ in table.pairs if key.text in ORIGINS]
        if len(found) != 1:
            listed = ", ".join(ORIGINS)
            both = " and ".join(key.text for key in found)
            self._refuse(
                found[1].mark if found else table.mark,
                f"a source comes from one of {listed}; here " + (f"are {both}." if found else "is none."),
                f"数据来源只能有一个：{listed}；此处" + (f"有 {both}。" if found else "没有填写。"),
            )
        word = found[0].text
        node = table.get(word)
        assert node is not None
        if word == "events":
            return Events(names=self._event_names(node), mark=node.mark)
        if word == "receive":
            self._demand_proof(node)
        made: Origin = self.reader.value(ORIGINS[word], _BARE, node, found[0])
        return made

    def _event_names(self, node: Node) -> tuple[str, ...]:
        items = node.items if isinstance(node, Listing) else (node,)
        for item in items:
            name = item.text if isinstance(item, Scalar) else ""
            if name not in EVENT_NAMES:
                en, zh = suggestion(name, EVENT_NAMES)
                self._refuse(item.mark, f"there is no event {said(item)}. {en}", f"没有事件{said(item, zh=True)}。{zh}")
        return tuple(item.text for item in items if isinstance(item, Scalar))

    def _demand_proof(self, node: Node) -> None:
        if isinstance(node, Table) and node.get("proof") is None:
            self._refuse(
                node.mark,
                "whoever calls must prove who he is, or anybody could. Add proof: {bearer: a secret}, or one of "
                f"{', '.join(PROOFS)}.",
                "必须验证调用方身份，否则任何人都可以调用。请添加 proof: {bearer: 密钥名}，可用："
                f"{'、'.join(PROOFS)}。",
            )

    # ---- requests

    def _request(self, shape: type[Asked], node: Node) -> Asked:
        """Its method and address are one word."""
        methods = METHODS_OF[shape]
        table = self.reader.table(node, {**dict.fromkeys(methods), **words_of(shape)})
        found = [(key, value) for key, value in table.pairs if key.text in methods]
        if len(found) != 1:
            listed = ", ".join(methods)
            self._refuse(
                found[1][0].mark if found else table.mark,
                f"one of {listed} says what is asked of whom: post: https://…",
                f"必须且只能写一个请求方式（{listed}），例如 post: https://…",
            )
        (key, value) = found[0]
        self.reader.places[table.mark, key.text] = value.mark
        rest = _only(table, words_of(shape).keys())
        return self.reader.part(shape, rest, method=key.text, url=self._url(key, value))

    def _url(self, key: Scalar, node: Node) -> str:
        settled = self.reader.settled(node)
        url = self.reader.template(settled, key, encoded=True)
        if url.startswith("$"):
            return url  # all of it is a secret; its scheme is looked at when it is known
        schemes = _SCHEMES.get(key.text, ("https", "http"))
        found = _ADDRESS.fullmatch(url)
        if found is None or found[1] not in schemes or not found[2]:
            self._refuse(
                node.mark,
                f"“{key.text}” takes an address that begins with {schemes[0]}://; here stands {said(settled)}.",
                f"“{key.text}”应为以 {schemes[0]}:// 开头的地址；此处为{said(settled, zh=True)}。",
            )
        self._demand_no_password(found[2], node.mark)
        if key.text == "grpc" and not _GRPC_PATH.fullmatch(found[3]):
            self._refuse(
                node.mark,
                "a gRPC address ends with the service and the method: https://host:port/package.Service/Method.",
                "gRPC 地址以服务和方法结尾：https://主机:端口/包.服务/方法。",
            )
        return url

    def _demand_no_password(self, authority: str, mark: Mark) -> None:
        if "@" in authority:
            self._refuse(
                mark,
                "no user and password stand in an address. Use basic: {user: …, password: a secret}.",
                "地址中不能包含用户名和密码。请使用 basic: {user: …, password: 密钥名}。",
            )

    # ---- proofs

    def _proof(self, node: Node) -> Proof:
        """Several in one object must all hold."""
        table = self.reader.table(node, PROOFS)
        found = tuple(self._one_proof(key, value) for key, value in table.pairs)
        if not found:
            missing(table.mark, "bearer", PROOFS)
        return found[0] if len(found) == 1 else AllOf(proofs=found, mark=table.mark)

    def _one_proof(self, key: Scalar, node: Node) -> Proof:
        match key.text:
            case "bearer" if isinstance(node, Scalar):
                return Bearer(secret=self.reader.secret(node), mark=node.mark)
            case "any":
                items = node.items if isinstance(node, Listing) else (node,)
                return AnyOf(proofs=tuple(self._proof(item) for item in items), mark=node.mark)
            case "addresses":
                items = node.items if isinstance(node, Listing) else (node,)
                return Addresses(networks=tuple(self.reader.text(item, key) for item in items), mark=node.mark)
            case "signed":
                return self._signed(node)
            case word:
                made: Proof = self.reader.part(PROOFS[word], node)
                return made

    def _signed(self, node: Node) -> Signed:
        """A signature's words and those of its window in one object."""
        own = words_of(Signed).keys() - {"sign"}
        table = self.reader.table(node, dict.fromkeys((*words_of(Sign), *own)))
        made = self.reader.part(Sign, _only(table, words_of(Sign).keys()))
        return self.reader.part(Signed, _only(table, own), sign=made)

    def _decrypt(self, node: Node) -> Decrypt:
        table = self.reader.table(node, dict.fromkeys(("wechat", "feishu")))
        if len(table.pairs) != 1:
            missing(table.mark, "wechat", ("wechat", "feishu"))
        key, value = table.pairs[0]
        return self.reader.part(Decrypt, value, scheme=key.text)

    # ---- sinks and cases

    def _sink(self, node: Node) -> Sink:
        if isinstance(node, Table) and (to := node.get("to")) is not None:
            return self._delivered(to, node)
        if isinstance(node, Table) and {key.text for key, _ in node.pairs} & {*METHODS_OF[Send]}:
            sent: Send = self._request(Send, node)
            return sent
        known = ("to", *METHODS_OF[Send])
        return missing(
            (node if isinstance(node, Table) else self.reader.table(node, dict.fromkeys(known))).mark, "to", known
        )

    def _delivered(self, to: Node, node: Table) -> Upsert | Act:
        shelves, verbs = get_args(Shelf), get_args(Verb)
        name = to.text if isinstance(to, Scalar) else ""
        if name not in (*shelves, *verbs):
            en, zh = suggestion(name, [*shelves, *verbs])
            self._refuse(
                to.mark, f"nothing can be delivered to {said(to)}. {en}", f"不能投递到{said(to, zh=True)}。{zh}"
            )
        return self.reader.part(Upsert, node) if name in shelves else self.reader.part(Act, node)

    def _case(self, node: Node) -> Case:
        if isinstance(node, Table) and node.get("given") is not None:
            return self.reader.part(MapCase, node)
        table = self.reader.table(node, dict.fromkeys(_CASE_WORDS))
        named, signed, asked, expected = (table.get(word) for word in ("name", "sign", "request", "expect"))
        if not isinstance(named, Scalar):
            missing(table.mark, "name", _CASE_WORDS)
        if signed is not None:
            return self.reader.part(SignCase, signed, name=named.text)
        if asked is None or expected is None:
            missing(table.mark, "given" if asked is None else "expect", _CASE_WORDS)
        return self.reader.part(AskCase, asked, name=named.text, expect=plain(expected))

    def _refuse(self, mark: Mark, en: str, zh: str) -> NoReturn:
        raise BadSpec(mark, en, zh)


def _only(table: Table, words: Collection[str]) -> Table:
    """An object's pairs of these words."""
    return Table(tuple(pair for pair in table.pairs if pair[0].text in words), table.mark, table.parts, table.height)
