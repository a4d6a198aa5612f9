"""Pinduoduo joined by hand: what its document in `app/adapters/examples/shops.yaml` says, as a program of its own.

It does what that does and no more: windows, pages from the last to the first, signed requests at a pace, retries,
orders in one shape, each kept once and only replaced by a newer one, the cursor in the transaction of its page, what
cannot be mapped put aside. No form, no preview, no health, no webhook, no second shop: the next is another such file.
"""

import hashlib
import json
import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

BEIJING = timezone(timedelta(hours=8))
WINDOW, OVERLAP, BEHIND, SINCE = 1_800, 120, 180, 6 * 3_600
PAGE_SIZE, PER_SECOND, TRIES = 100, 20, 5
STATUS = {1: "to_ship", 2: "shipped", 3: "signed"}
REFUND = {1: "none", 2: "open", 3: "open", 4: "refunded"}
LIMITED = {52101, 52102, 52103, 70031}
READ_AGAIN_MAX = 3


class Refused(Exception):
    """The platform says no, and would again."""


class Trouble(Exception):
    """It cannot answer now."""


class Unmappable(Exception):
    """Of one order; the field is said."""


class Pinduoduo:
    def __init__(self, gateway: str, client: str, secret: str, token: str, database: str) -> None:
        self._gateway = gateway
        self._client = client
        self._secret = secret
        self._token = token
        self._next_at = 0.0
        self._database = sqlite3.connect(database, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = WAL;"
            "CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, changed TEXT NOT NULL, body TEXT NOT NULL);"
            "CREATE TABLE IF NOT EXISTS put_aside (id TEXT PRIMARY KEY, reason TEXT NOT NULL, raw TEXT NOT NULL);"
            "CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL);"
        )

    # ---- asking

    def sign(self, form: dict[str, str]) -> str:
        joined = "".join(name + form[name] for name in sorted(form))
        return hashlib.md5((self._secret + joined + self._secret).encode()).hexdigest().upper()

    def _ask(self, start: int, end: int, page: int) -> dict[str, Any]:
        """A page, tried again where that may help."""
        wait = 1.0
        for attempt in range(TRIES + 1):
            try:
                return self._once(start, end, page)
            except Trouble:
                if attempt == TRIES:
                    raise
                time.sleep(wait)
                wait = min(2 * wait, 60.0)
        raise AssertionError

    def _once(self, start: int, end: int, page: int) -> dict[str, Any]:
        self._keep_pace()
        form = {
            "type": "pdd.order.number.list.increment.get", "client_id": self._client, "access_token": self._token,
            "data_type": "JSON", "timestamp": str(int(time.time())), "order_status": "5", "refund_status": "5",
            "is_lucky_flag": "0", "start_updated_at": str(start), "end_updated_at": str(end), "page": str(page),
            "page_size": str(PAGE_SIZE),
        }  # fmt: skip
        form["sign"] = self.sign(form)
        try:
            with urllib.request.urlopen(self._gateway, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
                raw = answer.read(8_388_609)
        except urllib.error.HTTPError as error:
            if error.code == 429 or error.code >= 500:
                raise Trouble(str(error.code)) from error
            raise Refused(str(error.code)) from error
        except OSError as error:
            raise Trouble(str(error)) from error
        return self._judged(raw)

    def _judged(self, raw: bytes) -> dict[str, Any]:
        if len(raw) > 8_388_608:
            raise Refused("the answer is too large")
        try:
            told = json.loads(raw, parse_float=Decimal)
        except ValueError as error:
            raise Trouble("no JSON") from error
        failed = told.get("error_response")
        if failed:
            kind = Trouble if failed.get("error_code") in LIMITED else Refused
            raise kind(f"{failed.get('error_code')}: {failed.get('error_msg')}")
        found = told.get("order_sn_increment_get_response")
        if not isinstance(found, dict):
            raise Trouble("neither orders nor an error")
        return found

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if self._next_at > now:
            time.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / PER_SECOND

    # ---- reading

    def round(self) -> int:
        """Read on until nothing more is there for now; how many orders came."""
        count = 0
        while True:
            state = self._state()
            end = int(time.time()) - BEHIND
            if state["page"] is None:
                start = state["until"] - OVERLAP if state["until"] else end - SINCE
                state |= {"start": start, "end": min(end, start + WINDOW), "again": 0}
                if state["until"] and state["end"] <= state["until"]:
                    return count
            count += self._window(state)

    def _window(self, state: dict[str, Any]) -> int:
        """One window, from where it was cut off."""
        count = 0
        while True:
            page = state["page"] or 1
            told = self._ask(state["start"], state["end"], page)
            orders = told.get("order_sn_list") or []
            total = int(told.get("total_count") or 0)
            last = orders[-1].get("order_sn") if orders else None
            if page > 1 and len(orders) > 1 and last == state.get("last"):
                raise Trouble(f"page {page} is the one before it")
            state["last"] = last
            done = self._move(state, page, len(orders), total)
            self._store(orders, state)
            count += len(orders)
            if done:
                return count

    def _move(self, state: dict[str, Any], page: int, came: int, total: int) -> bool:
        """The page that is next; whether the window is read."""
        pages = max(1, -(-total // PAGE_SIZE))
        if state["pages"] is None:
            if came == 0 and total > 0 and state["again"] < READ_AGAIN_MAX:
                state |= {"page": 1, "again": state["again"] + 1}
                return False
            if pages > 1 or came >= PAGE_SIZE:
                state |= {"pages": pages, "page": pages}
                return False
        elif page <= 1 and pages > state["pages"] and state["again"] < READ_AGAIN_MAX:
            state |= {"page": 1, "pages": None, "again": state["again"] + 1}
            return False
        elif page > 1:
            state["page"] = min(page - 1, pages) if came == 0 else page - 1
            return False
        state |= {"page": None, "pages": None, "until": state["end"]}
        return True

    # ---- keeping

    def _state(self) -> dict[str, Any]:
        row = self._database.execute("SELECT state FROM cursor").fetchone()
        return json.loads(row[0]) if row else {"until": 0, "page": None, "pages": None, "again": 0}

    def _store(self, orders: list[dict[str, Any]], state: dict[str, Any]) -> None:
        """Orders and the cursor behind them, all or nothing."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for order in orders:
                self._keep(order)
            self._database.execute("INSERT OR REPLACE INTO cursor VALUES (1, ?)", (json.dumps(state),))
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    def _keep(self, order: dict[str, Any]) -> None:
        number = str(order.get("order_sn") or "")
        try:
            made = mapped(order)
        except Unmappable as problem:
            raw = json.dumps(order, ensure_ascii=False, default=str)
            self._database.execute("INSERT OR REPLACE INTO put_aside VALUES (?, ?, ?)", (number, str(problem), raw))
            return
        self._database.execute(
            "INSERT INTO orders VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET changed = excluded.changed, "
            "body = excluded.body WHERE excluded.changed > changed OR "
            "(excluded.changed = changed AND excluded.body <> body)",
            (made["id"], made.pop("changed"), json.dumps(made, ensure_ascii=False)),
        )


def mapped(order: dict[str, Any]) -> dict[str, Any]:
    """An order in our words. Raises `Unmappable`."""
    if not order.get("order_sn"):
        raise Unmappable("order_sn")
    if not order.get("updated_at"):
        raise Unmappable("updated_at")
    made = {
        "id": str(order["order_sn"]),
        "shop": "pinduoduo",
        "changed": moment(order, "updated_at"),
        "status": STATUS.get(number(order, "order_status") or 0, "unknown"),
        "refund": REFUND.get(number(order, "refund_status") or 0, "unknown"),
        "total": money(order, "pay_amount"),
        "created_at": moment(order, "created_time"),
        "paid_at": moment(order, "pay_time"),
        "customer": {
            "name": order.get("receiver_name_mask") or order.get("receiver_name"),
            "phone": order.get("receiver_phone"),
        },
        "address": " ".join(
            str(order[name]) for name in ("province", "city", "town", "receiver_address") if order.get(name)
        ),
        "items": [item(one) for one in order.get("item_list") or []],
    }
    return {name: value for name, value in made.items() if value is not None}


def item(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": line.get("goods_name"),
        "sku": str(line.get("outer_id") or line.get("sku_id") or ""),
        "quantity": number(line, "goods_count"),
        "price": money(line, "goods_price"),
        "options": [one.strip() for one in str(line.get("goods_spec") or "").split(",") if one.strip()],
    }


def money(of: dict[str, Any], name: str) -> str | None:
    if of.get(name) in (None, ""):
        return None
    try:
        return str(Decimal(str(of[name])).quantize(Decimal("0.01")))
    except InvalidOperation as error:
        raise Unmappable(name) from error


def number(of: dict[str, Any], name: str) -> int | None:
    if of.get(name) in (None, ""):
        return None
    try:
        return int(of[name])
    except (TypeError, ValueError) as error:
        raise Unmappable(name) from error


def moment(of: dict[str, Any], name: str) -> str | None:
    if of.get(name) in (None, ""):
        return None
    try:
        at = datetime.strptime(str(of[name]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError as error:
        raise Unmappable(name) from error
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def orders(database: str) -> Iterator[dict[str, Any]]:
    """What it has kept."""
    with sqlite3.connect(database) as connection:
        for (body,) in connection.execute("SELECT body FROM orders ORDER BY id"):
            yield json.loads(body)
