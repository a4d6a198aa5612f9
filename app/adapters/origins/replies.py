"""What a system that called us is told when it is stored: as the spec writes it, encrypted where it encrypts."""

import hashlib
from collections.abc import Callable, Mapping
from typing import TypeAlias

from msgspec import Struct

from app.adapters.formats import json
from app.adapters.formats.tree import Tree
from app.adapters.maps.compiler import compile_rule
from app.adapters.maps.context import Context
from app.adapters.maps.mapping import read_template, read_text
from app.adapters.maps.paths import IN_MAPS, References
from app.adapters.proving.crypto import NONCE_BYTES, encrypt
from app.adapters.proving.secrets import Known
from app.adapters.proving.signing import text_of
from app.adapters.specs.model import AllOf, AnyOf, Plain, Proof, Receive, Signed
from app.model.clock import Clock
from app.model.ids import RandomBytes

_JSON = "application/json; charset=utf-8"
_XML = "application/xml; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_NONCE_BYTES = 8
_IN_ANSWERS = References(IN_MAPS.names | {"id"})

Run: TypeAlias = Callable[[Tree, Context], Tree]


class Answered(Struct, frozen=True):
    """What they are told."""

    body: bytes = b""
    content_type: str = _TEXT


class Replies:
    """The `reply` of one source, compiled; `receiver` is whose messages these are, where they are encrypted."""

    def __init__(
        self,
        receive: Receive,
        secrets: Known,
        receiver: str,
        encode_xml: Callable[[Tree], bytes],
        clock: Clock,
        random_bytes: RandomBytes,
    ) -> None:
        reply = receive.reply
        self._text = compile_rule(read_text(reply.text, reply.mark, _IN_ANSWERS)).run if reply and reply.text else None
        self._json = _part(reply.json) if reply else None
        self._xml = _part(reply.xml) if reply else None
        self._encode_xml = encode_xml
        self._decrypt = receive.decrypt if receive.decrypt and receive.decrypt.scheme == "wechat" else None
        self._token = _token(receive.proof)
        self._secrets = secrets
        self._receiver = receiver
        self._clock = clock
        self._random_bytes = random_bytes

    def made(self, document: Tree, references: Mapping[str, Tree]) -> Answered:
        """For this delivery. Raises `BadDocument` where the reply names what is not there."""
        context = Context(references)
        if self._json is not None:
            told = json.encode(self._json(document, context))
            return Answered(json.encode(self._sealed(told, DINGTALK)) if self._decrypt else told, _JSON)
        if self._xml is not None:
            told = self._encode_xml(self._xml(document, context))
            return Answered(self._encode_xml({"xml": self._sealed(told, WECHAT)}) if self._decrypt else told, _XML)
        return Answered(text_of(self._text(document, context)).encode() if self._text is not None else b"")

    def _sealed(self, told: bytes, names: "Names") -> dict[str, Tree]:
        """As they encrypt what they send: WXBizMsgCrypt, "Encrypting the passive answer"."""
        assert self._decrypt is not None
        nonce, at = self._random_bytes(_NONCE_BYTES).hex(), str(self._clock.now_ms() // 1_000)
        key = self._secrets[self._decrypt.key]
        made = encrypt(self._decrypt, key, self._receiver, told, self._random_bytes(NONCE_BYTES))
        token = self._secrets[self._token] if self._token else ""
        joined = "".join(sorted((token, at, nonce, made))).encode()
        digest = hashlib.sha1(joined, usedforsecurity=False).hexdigest()  # as their protocol asks
        return {names.encrypted: made, names.signature: digest, names.time: at, names.nonce: nonce}


class Names(Struct, frozen=True):
    """What the parts of an encrypted answer are called."""

    encrypted: str
    signature: str
    time: str
    nonce: str


WECHAT = Names("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
DINGTALK = Names("encrypt", "msg_signature", "timeStamp", "nonce")


def _part(plain: Plain | None) -> Run | None:
    if plain is None:
        return None
    return compile_rule(read_template(plain.value, lambda way: plain.mark(*way), _IN_ANSWERS)).run


def _token(proof: Proof) -> str:
    """The secret of the signature by which they prove themselves: the same signs what they are answered."""
    match proof:
        case Signed():
            return proof.sign.secret
        case AllOf() | AnyOf():
            return next((found for one in proof.proofs if (found := _token(one))), "")
        case _:
            return ""
