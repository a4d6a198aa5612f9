"""WeChat's and WeCom's platforms, as far as a desk meets them; signed and encrypted by rules of our own.

By the guides: a signature is the SHA-1 of token, time, nonce (and cipher text) in the order of their values. Cipher
text is AES-256-CBC of 16 random bytes, the length, the message and the receiver's id, padded to 32. Answers come by
interfaces that take an access token, which ends; what they do not list they refuse.
"""

import asyncio
import base64
import hashlib
import json
import os
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.adapters.far import Far

TOKEN = "a-token-of-ours"
AES = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def encrypted(message: str, receiver: str) -> str:
    """As WXBizMsgCrypt packs it."""
    key = base64.b64decode(AES + "=")
    raw = message.encode()
    inner = os.urandom(16) + len(raw).to_bytes(4, "big") + raw + receiver.encode()
    fill = 32 - len(inner) % 32
    engine = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(engine.update(inner + bytes([fill]) * fill) + engine.finalize()).decode()


def xml_of(**fields: str) -> str:
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</xml>"


class Tencent:
    """`said` is what was sent to customers; `refused` why not. A token serves `calls_a_token` calls."""

    def __init__(self, receiver: str, now: int) -> None:
        self.receiver = receiver
        self.now = now
        self.said: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.tokens = 0
        self.calls_a_token = 2
        self._left = 0
        self._nonces = 0
        self.far = Far(self._say)

    def plain(self, message: str) -> tuple[str, bytes]:
        """Query and body of a delivery in plain mode."""
        return self._query(), message.encode()

    def packed(self, message: str) -> tuple[str, bytes]:
        """The same in safe mode."""
        cipher = encrypted(message, self.receiver)
        body = xml_of(ToUserName="gh_1", Encrypt=cipher)
        return f"{self._query(cipher)}&encrypt_type=aes", body.encode()

    def trial(self, echo: str, *, hidden: bool) -> str:
        """Query of a trial of the address."""
        cipher = encrypted(echo, self.receiver) if hidden else ""
        return f"{self._query(cipher)}&{urlencode({'echostr': cipher or echo})}"

    def _query(self, cipher: str = "") -> str:
        self._nonces += 1
        stamp, nonce = str(self.now), f"n{self._nonces}"
        pairs = {"signature": signature(TOKEN, stamp, nonce), "timestamp": stamp, "nonce": nonce}
        if cipher:
            pairs["msg_signature"] = signature(TOKEN, stamp, nonce, cipher)
        return urlencode(pairs)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        heard = self.far.heard[-1]
        parts = urlsplit(heard.line.split()[1])
        told = self._answer(
            heard.line.split()[0], parts.path, dict(parse_qsl(parts.query)),
            json.loads(heard.body) if heard.body else {},
        )  # fmt: skip
        if told.get("errcode", 0):
            self.refused.append(f"{told['errcode']} {told['errmsg']}")
        body = json.dumps(told).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)

    def _answer(self, method: str, path: str, asked: dict[str, str], said: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def _lent(self) -> dict[str, Any]:
        self.tokens, self._left = self.tokens + 1, self.calls_a_token
        return {"access_token": f"token-{self.tokens}", "expires_in": 7200}

    def _held(self, asked: dict[str, str]) -> bool:
        """Whether the token is good for one more call."""
        if asked != {"access_token": f"token-{self.tokens}"} or self._left <= 0:
            return False
        self._left -= 1
        return True


class WeChat(Tencent):
    """`api.weixin.qq.com`: stable_token, message/custom/send."""

    def _answer(self, method: str, path: str, asked: dict[str, str], said: dict[str, Any]) -> dict[str, Any]:
        if (method, path) == ("POST", "/cgi-bin/stable_token"):
            good = {"grant_type": "client_credential", "appid": self.receiver, "secret": "app secret"}
            return self._lent() if said == good else {"errcode": 40125, "errmsg": "invalid appsecret"}
        if (method, path) != ("POST", "/cgi-bin/message/custom/send"):
            return {"errcode": 40066, "errmsg": "invalid url"}
        if not self._held(asked):
            return {"errcode": 42001, "errmsg": "access_token expired"}
        if set(said) != {"touser", "msgtype", "text"} or said["msgtype"] != "text" or set(said["text"]) != {"content"}:
            return {"errcode": 40008, "errmsg": "invalid message type"}
        self.said.append(said)
        return {"errcode": 0, "errmsg": "ok"}


class WeCom(Tencent):
    """`qyapi.weixin.qq.com`: gettoken, message/send."""

    def _answer(self, method: str, path: str, asked: dict[str, str], said: dict[str, Any]) -> dict[str, Any]:
        if (method, path) == ("GET", "/cgi-bin/gettoken"):
            good = {"corpid": self.receiver, "corpsecret": "app secret"}
            lent = {"errcode": 0, "errmsg": "ok", **self._lent()} if asked == good else {}
            return lent or {"errcode": 40001, "errmsg": "invalid credential"}
        if (method, path) != ("POST", "/cgi-bin/message/send"):
            return {"errcode": 40066, "errmsg": "invalid url"}
        if not self._held(asked):
            return {"errcode": 42001, "errmsg": "access_token expired"}
        known = {"touser", "msgtype", "agentid", "text"}
        if set(said) != known or said["agentid"] != 1000002 or set(said["text"]) != {"content"}:
            return {"errcode": 40058, "errmsg": "invalid parameter"}
        self.said.append(said)
        return {"errcode": 0, "errmsg": "ok", "msgid": "m"}
