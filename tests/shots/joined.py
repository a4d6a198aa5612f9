"""Systems as a desk of years has joined them: what its server would say, for screens drawn without a vendor's."""

import time
from typing import Any

_NOW = round(time.time() * 1_000)
_MINUTE = 60_000
_YAML = """source: mall
title: {en: Our mall, zh: 自营商城}
secrets: {key: vault:mall.key}
call:
  get: https://mall.example/api/orders
  query: {changed_after: $window.start.iso, page: $page, page_size: $size}
  headers: {X-Api-Key: $key}
records: {at: orders, id: number, changed: changed_at}
follow: {by: changed, every: 1m, window: 1h, pages: first-to-last, total: total}
map:
  id: number
  status: {from: state, enum: {new: to_ship, sent: shipped, closed: done}, else: unknown}
  total: {from: amount, as: money}
  customer: {map: {phone: buyer.phone, name: buyer.name}}
  items: {each: lines, map: {title: goods, quantity: count, price: {from: price, as: money}}}
deliver: {to: orders, key: id, newer: changed}
"""
_INPUT = """{"number": "241123-4071180", "state": "sent", "amount": "39.80", "changed_at": "2026-11-23T17:31:08+08:00",
 "buyer": {"name": "蒋**", "phone": "13800000000"},
 "lines": [{"goods": "滤纸 V60 100 片", "count": "2", "price": "19.90"}],
 "ticket": 9007199254740993, "promise_v2": "48h"}"""
_OUTPUT = """{"id": "241123-4071180", "status": "shipped", "total": "39.80",
 "customer": {"phone": "13800000000", "name": "蒋**"},
 "items": [{"title": "滤纸 V60 100 片", "quantity": "2", "price": "19.90"}]}"""


def _source(name: str, title_en: str, title_zh: str, **change: object) -> dict[str, Any]:
    return {
        "name": name, "title": {"en": title_en, "zh": title_zh}, "preset": "", "system": name, "enabled": True,
        "origin": "call", "to": "orders", "editable": True, "file": f"{name}.yaml", "state": "waiting",
        "code": "", "en": "", "zh": "",
        "held_at": _NOW - 12_000, "read_until": _NOW - 12_000, "lag_seconds": 12.0, "rate_per_minute": 0.0,
        "counts": {"fetched": 120, "stored": 114, "skipped": 6, "failed": 0}, "letters": 0, **change,
    }  # fmt: skip


_LIMITED = {
    "code": "limited", "en": "The platform asks for fewer calls; it is read more slowly, and goes on by itself.",
    "zh": "平台限流，已自动放慢，稍后自动恢复。",
}  # fmt: skip
_AWAY = {
    "code": "network", "en": "wms.example:8443 does not answer (connection refused). The next attempt is in 60 s.",
    "zh": "wms.example:8443 没有响应（连接被拒绝），60 秒后重试。",
}  # fmt: skip
_MALL = _source("mall", "Our mall", "自营商城", letters=2, rate_per_minute=20.3)
_CALLED = _source(
    "crm-complaints", "CRM complaints", "CRM 投诉", origin="receive", to="tickets.open", lag_seconds=None,
    editable=False,
)  # fmt: skip
_SOURCES = [
    _source("pinduoduo", "Pinduoduo", "拼多多订单", state="failing", lag_seconds=244.0, rate_per_minute=8.0,
            **_LIMITED),
    _source("wms-hangzhou", "WMS Hangzhou, the warehouse with the long name", "杭州仓库管理系统（名称很长的那个）",
            state="down", to="shipments", lag_seconds=8_100.0, **_AWAY),
    _MALL,
    _source("taobao", "Taobao", "淘宝交易", rate_per_minute=24.6),
    _CALLED,
    _source("erp-tickets", "Tickets to the ERP", "工单同步到 ERP", origin="events", to="send", lag_seconds=0.2),
    _source("old-stock", "Old stock", "旧库存系统", state="off", enabled=False, origin="folder", held_at=0,
            lag_seconds=None),
]  # fmt: skip
_WRONG = [
    {"file": "douyin.yaml", "line": 14, "column": 7, "en": "There is no word “enumm” here. Did you mean “enum”?",
     "zh": "此处没有“enumm”这个字段。是否应为“enum”？"},
]  # fmt: skip
DETAIL = {
    **_MALL, "yaml": _YAML, "address": "", "settings": {}, "allow": [],
    "secrets": [{"name": "key", "reference": "vault:mall.key", "held": True}],
    "drift": [
        {"path": "promise_v2", "kind": "field", "count": 1_204, "example": "48h", "first": _NOW - 86_400_000,
         "last": _NOW - _MINUTE},
        {"path": "state", "kind": "value", "count": 3, "example": "frozen", "first": _NOW - 3_600_000,
         "last": _NOW - 2 * _MINUTE},
        {"path": "lines[].price", "kind": "type", "count": 1, "example": "null", "first": _NOW - _MINUTE,
         "last": _NOW - _MINUTE},
    ],
}  # fmt: skip
_STEPS = [
    ("id", "from", '"241123-4071180"', "number"), ("id", "result", '"241123-4071180"', ""),
    ("status", "from", '"sent"', "state"), ("status", "enum", '"shipped"', ""), ("status", "result", '"shipped"', ""),
    ("total", "from", '"39.80"', "amount"), ("total", "as", '"39.80"', ""), ("total", "result", '"39.80"', ""),
    ("customer", "result", "{}", ""), ("customer.phone", "from", '"13800000000"', "buyer.phone"),
    ("customer.name", "from", '"蒋**"', "buyer.name"), ("items", "from", "[]", "lines"),
    ("items[0].title", "from", '"滤纸 V60 100 片"', "lines[0].goods"),
    ("items[0].quantity", "from", '"2"', "lines[0].count"),
    ("items[0].price", "from", '"19.90"', "lines[0].price"), ("items[0].price", "as", '"19.90"', ""),
]  # fmt: skip
_RECORD = {
    "input": _INPUT, "output": _OUTPUT, "failure": None, "skipped": False, "untaken": ["promise_v2", "ticket"],
    "steps": [{"path": path, "rule": rule, "value": value, "at": at, "en": "", "zh": ""}
              for path, rule, value, at in _STEPS],
}  # fmt: skip
_SAMPLES = [
    {"id": "s1", "at": _NOW - 12_000, "kind": "received", "of": "record", "format": "json", "text": _INPUT, "en": "",
     "zh": ""},
]  # fmt: skip
_CHECKED = {
    "errors": [],
    "cases": [{"name": name, "passed": True, "path": "", "expected": "", "got": "", "en": "", "zh": ""}
              for name in ("a paid order", "已付款待发货")],
}  # fmt: skip
MISTAKE = {
    "errors": [{"line": 5, "column": 3, "en": "“call” has no word “gett”. Did you mean “get”?",
                "zh": "“call”中没有“gett”这个字段。是否应为“get”？"}],
    "cases": [],
}  # fmt: skip
RUNS = [
    {"id": f"r{number}", "began_at": _NOW - number * _MINUTE,
     "ended_at": _NOW - number * _MINUTE + 840 if number else None,
     "pages": 3, "bytes": 48_211, "waited_ms": 610,
     "counts": {"fetched": 120, "stored": 114, "skipped": 6, "failed": 2 if number == 2 else 0},
     **(_LIMITED if number == 3 else {"code": "", "en": "", "zh": ""})}
    for number in range(5)
]  # fmt: skip
_LETTERS = [
    {"id": "01jd0000000000000000000001", "at": _NOW - 2 * _MINUTE, "stage": "map", "code": "bad_value",
     "path": "lines[0].price", "en": "“free” is no amount of money; “19.90” is.",
     "zh": "“free”不是金额；金额如“19.90”。", "format": "json", "external_id": "241123-4071199", "attempts": 3,
     "bytes": 214, "spec": "v1"},
    {"id": "01jd0000000000000000000002", "at": _NOW - 9 * _MINUTE, "stage": "read", "code": "bad_document", "path": "",
     "en": "An HTML page came where JSON should be.", "zh": "返回的是 HTML 页面，而不是 JSON。", "format": "raw",
     "external_id": "", "attempts": 1, "bytes": 1_820, "spec": "v1"},
]  # fmt: skip
_RAW = "eyJudW1iZXIiOiAiMjQxMTIzLTQwNzExOTkiLCAic3RhdGUiOiAibmV3IiwKICJsaW5lcyI6IFt7InByaWNlIjogImZyZWUifV19Cg=="


def _preset(name: str, en: str, zh: str, group: str, help_en: str, help_zh: str, **change: object) -> dict[str, Any]:
    return {
        "name": name, "title": {"en": en, "zh": zh}, "help": {"en": help_en, "zh": help_zh}, "group": group,
        "parts": [], "settings": [], "secrets": [], **change,
    }  # fmt: skip


def _asked(name: str, en: str, zh: str, kind: str = "text", **change: object) -> dict[str, Any]:
    return {"name": name, "title": {"en": en, "zh": zh}, "type": kind, "default": None, "choices": [], "help": None,
            **change}  # fmt: skip


_MALL_PRESET = _preset(
    "mall", "Mall with REST", "REST 商城", "shop", "Orders by REST in pages, with an API key.",
    "按页读取订单，使用 API 密钥。",
    settings=[
        _asked("address", "Address", "地址", "address"), _asked("every", "How often", "间隔", "time", default="1m"),
        _asked("region", "Region", "区域", "choice", default="cn",
               choices=[{"value": "cn", "title": {"en": "China", "zh": "中国"}}]),
        _asked("refunds", "Refunds, too", "同时读取退款", "switch", default=True),
    ],
    secrets=[{"name": "key", "title": {"en": "API key", "zh": "API 密钥"}, "help": None}],
)  # fmt: skip
PRESETS = [
    _preset("taobao", "Taobao", "淘宝", "shop", "Orders and refunds of a shop.", "店铺的订单和退款。"),
    _preset("pinduoduo", "Pinduoduo", "拼多多", "shop", "Orders of a shop.", "店铺的订单。"),
    _MALL_PRESET,
    _preset("crm-rest", "CRM over REST", "CRM（REST）", "crm", "Customers, notes and cases.", "客户、备注和工单。"),
    _preset("feishu-robot", "Feishu group bot", "飞书群机器人", "tell",
            "New tickets and long waits as cards in a group.", "新工单和等待过久的会话以卡片形式发到群里。"),
]  # fmt: skip
_ORDER: dict[str, Any] = {
    "kind": "order", "id": "241123-4071180", "shop": "旗舰店", "status": "shipped", "currency": "CNY", "total": "39.80",
    "created_at": "2026-11-23T08:20:41Z", "customer": {"name": "蒋**", "phone": "13800000000"},
    "items": [{"title": "滤纸 V60 100 片", "quantity": "2", "price": "19.90", "options": ["白色", "02 号"]}],
    "parcels": [{"carrier": "顺丰", "number": "SF1399000000001"}], "url": "https://mall.example/o/4071180",
}  # fmt: skip
_BODIES: list[dict[str, Any]] = [
    _ORDER,
    {**_ORDER, "id": "1180-A", "status": "to_ship", "refund": "open", "total": "268.00",
     "items": [{"title": "Gooseneck kettle 900 ml"}, {"title": "Filter"}]},
    {"kind": "ticket", "id": "C-77", "title": "投诉：包裹破损 The parcel was broken", "status": "open"},
    {"kind": "note", "id": "n1", "title": "Calls only after six", "text": "Prefers the phone.", "author": "Mei"},
]  # fmt: skip
_SYSTEMS = ("mall", "taobao", "crm-complaints", "crm-complaints")
_RECORDS = [
    {"record": {"id": f"r{at}", "source": source, "external_id": body["id"], "body": body, "at": _NOW - at * 86_400_000,
                "changed_at": 0, "updated_at": _NOW - 12_000}, "by": "phone", "proven": at != 1}
    for at, (source, body) in enumerate(zip(_SYSTEMS, _BODIES, strict=True))
]  # fmt: skip


def _automation(
    name: str, title_en: str, title_zh: str, form: dict[str, Any] | None, **change: object
) -> dict[str, Any]:
    title = {"en": title_en, "zh": title_zh}
    return {
        "name": name, "title": title, "enabled": True, "editable": True, "calls": False, "state": "waiting", "code": "",
        "en": "", "zh": "", "held_at": _NOW, "letters": 0,
        "form": form and {"title": title, "match": "all", "conditions": [], "actions": [], "call": None,
                          "enabled": True, **form},
        **change,
    }  # fmt: skip


def _holds(field: str, test: str, value: str) -> dict[str, str]:
    return {"field": field, "test": test, "value": value}


def _offered(path: str, kind: str, en: str, zh: str, *events: str, choices: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"path": path, "kind": kind, "title": {"en": en, "zh": zh}, "events": events, "choices": choices}


AUTOMATIONS: dict[str, Any] = {
    "automations": [
        _automation("refunds", "Refunds first", "退款优先", {
            "when": {"on": "event", "events": ["message.created", "conversation.created"]}, "match": "any",
            "conditions": [_holds("message.text", "contains", "退款"), _holds("message.text", "contains", "refund"),
                           _holds("message.sender.kind", "is", "visitor")],
            "actions": [{"do": "priority", "priority": 4},
                        {"do": "note", "text": "Look at the order before you answer. 先看订单再回复。"}],
        }),
        _automation("to-erp", "Tickets to the ERP", "工单推送到 ERP", {
            "when": {"on": "event", "events": ["ticket.created", "ticket.updated"]},
            "call": {"url": "https://erp.shop.example/hooks/monodesk", "private": False},
        }, calls=True, letters=3),
        _automation("morning", "A call each morning", "每天早上提醒", {
            "when": {"on": "time", "every": "", "at": "09:00", "zone": "Asia/Shanghai", "days": ["mon", "fri"]},
            "call": {"url": "https://robot.shop.example/morning", "private": False},
        }, calls=True, state="off", enabled=False),
        _automation("by-hand", "Long waits by region", "按区域处理久等", None),
    ],
    "events": ["conversation.created", "conversation.long_wait", "csat.submitted", "message.created", "ticket.created",
               "ticket.updated"],
    "fields": [
        _offered("message.text", "text", "Message: text", "消息：内容", "message.", "conversation.created"),
        _offered("message.sender.kind", "choice", "Message: who wrote it", "消息：发送方", "message.",
                 "conversation.created", choices=("visitor", "agent", "bot", "system")),
        _offered("conversation.tags", "tag", "Conversation: tags", "会话：标签", "conversation.", "message."),
    ],
}  # fmt: skip

ANSWERS: dict[str, object] = {
    r"/api/v1/sources$": {"sources": _SOURCES, "wrong": _WRONG},
    r"/api/v1/presets$": {"presets": PRESETS},
    r"/api/v1/automations$": AUTOMATIONS,
    r"/api/v1/sources/crm-complaints$": {**DETAIL, **_CALLED, "address": "/in/crm-complaints", "drift": []},
    r"/api/v1/sources/crm-complaints/samples$": {"samples": []},
    r"/api/v1/sources/refunds$": {**DETAIL, "name": "refunds"},
    r"/api/v1/sources/mall$": DETAIL,
    r"/api/v1/sources/mall/samples$": {"samples": _SAMPLES},
    r"/api/v1/sources/mall/runs": {"runs": RUNS, "next": "r4"},
    r"/api/v1/sources/mall/letters": {"letters": _LETTERS, "next": None},
    r"/api/v1/letters/": {"letter": _LETTERS[0], "raw": _RAW},
    r"/api/v1/sources/check$": _CHECKED,
    r"/api/v1/sources/preview$": {"errors": [], "records": [_RECORD, _RECORD], "total": 120},
    r"/api/v1/contacts/\w+/records": {"records": _RECORDS, "next": None},
}
