"""Groups of Feishu and DingTalk with a robot in them, which refuse as the vendors' guides say."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.adapters.far import Far

_HOUR = 3_600
_FEISHU_BYTES, _DING_BYTES = 20_480, 20_000


class Group:
    """What was posted is in `messages`; `lies` are answered first, in order."""

    def __init__(self, token: str, secret: str) -> None:
        self.token = token
        self.secret = secret
        self.messages: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.lies: list[bytes] = []
        self.far = Far(self._say)

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        said = self.lies.pop(0) if self.lies else json.dumps(self._judged()).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
        writer.write(head.encode() + said)

    def _judged(self) -> dict[str, Any]:
        heard = self.far.heard[-1]
        method, target, _ = heard.line.split()
        parts = urlsplit(target)
        code, reason = self._refusal(method, parts.path, parse_qsl(parts.query), heard.body)
        if code:
            self.refused.append(reason)
        else:
            self.messages.append(json.loads(heard.body))
        return self._told(code, reason)

    def _refusal(self, method: str, path: str, query: list[tuple[str, str]], body: bytes) -> tuple[int, str]:
        raise NotImplementedError

    def _told(self, code: int, reason: str) -> dict[str, Any]:
        raise NotImplementedError


class Feishu(Group):
    """A card has a header and elements; `timestamp` and `sign` stand in the body."""

    def _refusal(self, method: str, path: str, query: list[tuple[str, str]], body: bytes) -> tuple[int, str]:
        if method != "POST" or unquote(path) != f"/open-apis/bot/v2/hook/{self.token}" or query:
            return 19001, "param invalid: incoming webhook access token invalid"
        told = json.loads(body)
        if len(body) > _FEISHU_BYTES or set(told) != {"timestamp", "sign", "msg_type", "card"}:
            return 9499, "Bad Request"
        stamp = told["timestamp"]
        key = f"{stamp}\n{self.secret}".encode()
        made = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        if not isinstance(stamp, str) or abs(time.time() - int(stamp)) > _HOUR or told["sign"] != made:
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if told["msg_type"] != "interactive" or set(told["card"]) != {"header", "elements"}:
            return 11246, "card content is invalid"
        return 0, "success"

    def _told(self, code: int, reason: str) -> dict[str, Any]:
        return {"code": code, "msg": reason, "data": {}}


class DingTalk(Group):
    """An action card with one button; `timestamp` and `sign` stand in the address."""

    def _refusal(self, method: str, path: str, query: list[tuple[str, str]], body: bytes) -> tuple[int, str]:
        asked = dict(query)
        if method != "POST" or path != "/robot/send" or set(asked) != {"access_token", "timestamp", "sign"}:
            return 40035, "parameters are not valid"
        if asked["access_token"] != self.token:
            return 300001, "token is not exist"
        text = f"{asked['timestamp']}\n{self.secret}".encode()
        made = base64.b64encode(hmac.new(self.secret.encode(), text, hashlib.sha256).digest()).decode()
        if abs(time.time() * 1_000 - int(asked["timestamp"])) > _HOUR * 1_000 or asked["sign"] != made:
            return 310000, "sign not match"
        told = json.loads(body)
        card = told.get("actionCard", {})
        if len(body) > _DING_BYTES or told.get("msgtype") != "actionCard" or set(told) != {"msgtype", "actionCard"}:
            return 400101, "msgtype is not valid"
        if set(card) != {"title", "text", "singleTitle", "singleURL"} or not all(card.values()):
            return 400102, "card is not valid"
        return 0, "ok"

    def _told(self, code: int, reason: str) -> dict[str, Any]:
        return {"errcode": code, "errmsg": reason}
