"""Texts that break programs: what is text arrives as it was written, what is none is refused. Functions are cases."""

import json
import secrets

from tests.abuse.ground import Ground, text
from tests.abuse.line import head

_FAMILY = "👩‍👩‍👧‍👦"  # four people and three joiners: one character to its reader
TEXTS = {
    "joined emoji": f"{_FAMILY}🏳️‍🌈👍🏽 {_FAMILY * 200}",
    "a flag in halves": "🇩🇪🇨🇳🇺",
    "turned direction": "\u202egpj.exe\u202c \u2066a\u2067b\u2069 \u200f\u061c",
    "nothing to be seen": "\u200b\u200c\u200d\ufeff\u2060\u00ad",
    "a stack of accents": "e" + "\u0301\u0323\u0489" * 3_000,
    "a zero character": "a\x00b",
    "every control": "".join(map(chr, range(0x20))) + "\x7f\x85\u2028\u2029",
    "not characters": "\ufffe\uffff\U0010ffff\U0001fffe",
    "private characters": "\ue000\U000f0000",
    "one long line": "x" * 16_000,
    "one long word": "订" * 16_000,
    "made for backtracking": "a" * 15_000 + "!",
    "looks like SQL": "'; DROP TABLE messages; -- \" ` \\",
    "looks like a format": "%s %n {0.__class__} ${jndi:ldap://x} {{7*7}} =cmd|' /C calc'!A0",
    "composed and not": "\u00e9 e\u0301 \u212b \ufb01",
    "Chinese of three kinds": "退款 退款單 ㌧ 𠮷 〇",
}


async def what_is_text_arrives_as_it_was_written(ground: Ground) -> None:
    async with ground.agent() as agent, ground.visitor() as visitor:
        for name, words in TEXTS.items():
            cid = secrets.token_hex(16)
            await visitor.write(text({"t": "send", "cid": cid, "text": words}))
            ack = await visitor.told("ack")
            heard = await agent.told("msg")
            while heard.get("cid") != cid:
                heard = await agent.told("msg")
            kept = words.replace("\0", "")  # U+0000 alone is taken out: C programs end a text there
            assert heard["text"] == kept, name
            path = f"/api/v1/conversations/{ack['conv']}/messages?limit=1"
            page = await ground.ask(head("GET", path, {"Cookie": ground.cookie}))
            assert page.json()["messages"][-1]["text"] == kept, name


async def another_encoding_is_refused(ground: Ground) -> None:
    key = {**ground.bearer(2), "Idempotency-Key": secrets.token_hex(16)}
    for encoding in ("gb18030", "big5", "utf-16", "utf-7", "shift_jis"):
        body = json.dumps({"text": "退款 訂單"}, ensure_ascii=False).encode(encoding, "replace")
        kind = {"Content-Type": f"application/json; charset={encoding}"}
        answer = await ground.post("/api/v1/visitor/messages", body, {**key, **kind})
        if encoding == "utf-7":  # that is ASCII, so it is JSON: it means what it says
            assert answer.status == 200
        else:
            assert (answer.status, answer.code) == (400, "malformed"), encoding


async def a_line_of_64_kilobytes_is_refused(ground: Ground) -> None:
    assert (await ground.say("x" * 65_536, 2)).status == 400


async def searching_for_patterns(ground: Ground) -> None:
    """Search words are words: no pattern of a visitor or agent is compiled, so none can take for ever."""
    for word in ("(a%2B)%2B%24", "a" * 150, "%22" * 50, "*" * 100, "%E9%80%80" * 90):
        answer = await ground.ask(head("GET", f"/api/v1/search?q={word}", {"Cookie": ground.cookie}))
        assert answer.status in (200, 400), answer
