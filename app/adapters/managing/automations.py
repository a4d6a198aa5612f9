"""Automations between their form and the document that they are: written as people would write it, read back.

A document is form-editable where its form, written again, is the same document: what a form cannot say was written by
hand and stays as it is. Pure.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import fields as fields_of

from app.adapters.errors import BadSpec
from app.adapters.managing.forms import vault_name, written
from app.adapters.specs.nodes import documents, value_of
from app.model.automations import Automation, CallAddress, Holds, OnEvent, OnTime
from app.model.errors import Invalid
from app.model.health import Words
from app.model.macros import Action
from app.settings import Limits

SIGNED_WITH = "secret"  # its name in the document; nothing of it stands there
_ACT = "conversations.act"
_PORTS = {"http": 80, "https": 443}
_SENT = {
    "X-Monodesk-Event": "$event.type",
    "X-Monodesk-Timestamp": "${now.unix}",
}
_SIGN = {
    "of": "${x-monodesk-timestamp}.${body}",
    "with": SIGNED_WITH,
    "digest": "hmac-sha256",
    "header": "X-Monodesk-Signature",
    "prefix": "sha256=",
}
_DELIVERY = "X-Monodesk-Delivery"
_ORDER = "conversation.id"
_PATH = r"(?P<field>[a-z][A-Za-z0-9_.]*)"
_TEXT = r'"(?P<value>(?:[^"\\]|\\["\\])*)"'
_NUMBER = r"(?P<value>-?[0-9]{1,15}(?:\.[0-9]{1,6})?)"
_SHAPES: tuple[tuple[str, str, str], ...] = (  # how each test is written, and read again
    ("contains_not", "not contains(lower({field}), {text})", rf"not contains\(lower\({_PATH}\), {_TEXT}\)"),
    ("contains", "contains(lower({field}), {text})", rf"contains\(lower\({_PATH}\), {_TEXT}\)"),
    ("has_not", "{text} not in {field}", rf"{_TEXT} not in {_PATH}"),
    ("has", "{text} in {field}", rf"{_TEXT} in {_PATH}"),
    ("known", '{field} not in [null, ""]', rf'{_PATH} not in \[null, ""\]'),
    ("unknown", '{field} in [null, ""]', rf'{_PATH} in \[null, ""\]'),
    ("is", "{field} == {text}", rf"{_PATH} == {_TEXT}"),
    ("is_not", "{field} != {text}", rf"{_PATH} != {_TEXT}"),
    ("above", "{field} > {number}", rf"{_PATH} > {_NUMBER}"),
    ("below", "{field} < {number}", rf"{_PATH} < {_NUMBER}"),
)
_WRITTEN = {test: shape for test, shape, _ in _SHAPES}
_READ = [(test, re.compile(pattern, re.ASCII)) for test, _, pattern in _SHAPES]
_BETWEEN = {"all": " and ", "any": " or "}
_VALUELESS = ("known", "unknown")
_A_NUMBER = re.compile(_NUMBER, re.ASCII)


def document(name: str, form: Automation) -> str:
    """The YAML of an automation. Raises `Invalid` where the form says too much, too little, or nonsense."""
    return written(_parts(name, form))


def form_of(text: str, limits: Limits) -> Automation | None:
    """The form that a document was written by; None where it says more, or something else."""
    try:
        found = [value_of(node) for node in documents(text.encode(), "spec.yaml", limits)]
    except BadSpec:
        return None
    if len(found) != 1 or not isinstance(found[0], dict):
        return None
    parts: dict[str, Any] = {word: value for word, value in found[0].items() if (word, value) != ("enabled", True)}
    try:
        form = _form(parts)
        return form if form is not None and _parts(str(parts["source"]), form) == parts else None
    except (Invalid, KeyError, TypeError, ValueError, msgspec.MsgspecError):
        return None


def _parts(name: str, form: Automation) -> dict[str, Any]:
    """A document as plain data, in the order in which it is written."""
    _demand_whole(form)
    parts: dict[str, Any] = {"source": name, "title": {"en": form.title.en, "zh": form.title.zh}}
    if not form.enabled:
        parts["enabled"] = False
    if form.call is not None:
        parts["secrets"] = {SIGNED_WITH: f"vault:{vault_name(name, SIGNED_WITH)}"}
        if form.call.private:
            parts["allow"] = [_place(form.call.url)]
    parts |= _when(form.when)
    if form.conditions:
        parts["where"] = _BETWEEN[form.match].join(_condition(one) for one in form.conditions)
    if form.call is not None:
        return parts | {"deliver": _call(form.call, form.when)}
    return parts | {
        "map": {"conversation": _ORDER, "actions": {"value": [_action(one) for one in form.actions]}},
        "deliver": {"to": _ACT},
    }


def _demand_whole(form: Automation) -> None:
    if bool(form.actions) == (form.call is not None):
        raise _invalid(
            "actions",
            "An automation either does something with the conversation or calls an address. Choose one of the two.",
            "自动化要么对会话执行操作，要么调用一个地址。请二选一。",
        )
    if form.actions and isinstance(form.when, OnTime):
        raise _invalid(
            "when",
            "By the clock there is no conversation to do something with. Choose an event, or call an address.",
            "定时触发时没有对应的会话。请选择事件，或改为调用地址。",
        )
    if form.actions and isinstance(form.when, OnEvent):
        strange = [name for name in form.when.events if name.startswith(("ticket.", "contact."))]
        if strange:
            raise _invalid(
                "when",
                f"{strange[0]} is about no conversation. Choose another event, or call an address.",
                f"{strange[0]} 与会话无关。请选择其他事件，或改为调用地址。",
            )


def _when(when: OnEvent | OnTime) -> dict[str, Any]:
    if isinstance(when, OnEvent):
        return {"events": list(when.events)}
    if bool(when.every) == bool(when.at):
        raise _invalid("when", "Say how often, or at which time of day.", "请填写间隔或每天的时间。")
    if when.every:
        return {"times": {"every": when.every}}
    beside = {"days": list(when.days)} if when.days else {}
    return {"times": {"at": when.at, "zone": when.zone, **beside}}


def _call(call: CallAddress, when: OnEvent | OnTime) -> dict[str, Any]:
    _place(call.url)
    return {
        "post": call.url.replace("$", "$$"),
        "headers": {**_SENT, **({"X-Monodesk-Event": "time"} if isinstance(when, OnTime) else {})},
        "json": "$event",
        "sign": dict(_SIGN),
        "idempotency": _DELIVERY,
        "order": _ORDER,
    }


def _place(url: str) -> str:
    """Host and port of an address. Raises `Invalid`."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port, parts = 0, urlsplit("")
    if not parts.hostname or not port or parts.username is not None or re.search(r"\s", url):
        raise _invalid(
            "url",
            "The address begins with https:// or http://, and carries no user and no blank.",
            "地址应以 https:// 或 http:// 开头，不含用户名和空格。",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


def _condition(one: Holds) -> str:
    if one.test in ("above", "below") and not _A_NUMBER.fullmatch(one.value):
        raise _invalid("value", f"{one.field} is held against a number.", f"{one.field} 应与数字比较。")
    if one.test in _VALUELESS and one.value:
        raise _invalid("value", f"{one.field}: nothing is held against it here.", f"{one.field}：此处无需填写值。")
    value = one.value.lower() if one.test.startswith("contains") else one.value
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _WRITTEN[one.test].format(field=one.field, text=quoted, number=one.value)


def _action(action: Action) -> dict[str, Any]:
    """Without what nobody has set."""
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(action))
    own = {one.name for one in fields_of(type(action)) if getattr(action, one.name) == one.default}
    return {name: value for name, value in told.items() if name not in own}


# ---- back


def _form(parts: Mapping[str, Any]) -> Automation | None:
    """What may have been the form; whether it was is said by writing it again."""
    deliver = parts["deliver"]
    match, conditions = _conditions(str(parts.get("where", "")))
    calls = "post" in deliver
    return Automation(
        title=msgspec.convert(parts["title"], Words),
        when=_trigger(parts),
        match="any" if match == "any" else "all",
        conditions=tuple(conditions),
        actions=() if calls else msgspec.convert(parts["map"]["actions"]["value"], tuple[Action, ...]),
        call=CallAddress(str(deliver["post"]).replace("$$", "$"), private="allow" in parts) if calls else None,
        enabled=bool(parts.get("enabled", True)),
    )


def _trigger(parts: Mapping[str, Any]) -> OnEvent | OnTime:
    if "events" in parts:
        return OnEvent(tuple(parts["events"]))
    return msgspec.convert(parts["times"], OnTime)


def _conditions(text: str) -> tuple[str, list[Holds]]:
    """Raises `ValueError` for what no form has written."""
    match, at = "", 0
    found: list[Holds] = []
    while at < len(text):
        if found:
            joined = next((one for one, word in _BETWEEN.items() if text.startswith(word, at)), "")
            if not joined or match not in ("", joined):
                raise ValueError(text)
            match, at = joined, at + len(_BETWEEN[joined])
        one, at = _condition_at(text, at)
        found.append(one)
    return match, found


def _condition_at(text: str, at: int) -> tuple[Holds, int]:
    for test, pattern in _READ:
        if read := pattern.match(text, at):
            value = read.groupdict().get("value") or ""
            return Holds(read["field"], test, re.sub(r"\\(.)", r"\1", value)), read.end()  # type: ignore[arg-type] # one of them
    raise ValueError(text)


def _invalid(field: str, en: str, zh: str) -> Invalid:
    return Invalid("automation", en, zh, field=field)
