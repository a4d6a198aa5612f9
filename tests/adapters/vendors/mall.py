"""A mall that offers what the manual asks of one: orders by the time they changed, and webhooks of them."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from tests.adapters.far import Heard
from tests.adapters.vendors.vendor import Refusal, Said, Sale, Vendor, json_said, path_of, query_of, rfc3339, yuan

KEY = "a key of the mall"
STATUSES = ("to_ship", "shipped", "done")


class Mall(Vendor):
    behind = 10
    calls_per_second = 60

    def answer(self, heard: Heard) -> Said:
        self.demand(path_of(heard) == "/api/orders", 404, "no such address")
        self.demand(heard.headers.get("authorization") == f"Bearer {KEY}", 401, "key")
        query = query_of(heard)
        self.demand_names(query, ("changed_after", "changed_before", "page", "page_size"), (), 400)
        start, end = (datetime.fromisoformat(query[name]).timestamp() for name in ("changed_after", "changed_before"))
        page, size = int(query["page"]), int(query["page_size"])
        self.demand(start < end and page >= 1 and 1 <= size <= 100, 400, "window, page or page_size")
        found = self.within(start, end)[::-1]
        here = [self.order(sale) for sale in self.page_of(found, page, size)]
        self.turned((start, end), page)
        return json_said({"total": len(found), "orders": here})

    def refused(self, refusal: Refusal) -> Said:
        return json_said({"code": refusal.code, "message": refusal.why}, f"{refusal.code} Refused")

    def slower(self) -> Said:
        return json_said({"message": "slower"}, "429 Too Many Requests", Retry_After="1")

    def number(self, sale: Sale) -> str:
        return f"A-{sale.number}"

    def status(self, sale: Sale) -> str:
        return STATUSES[min(sale.stage + sale.number % 2, 2)]

    def order(self, sale: Sale) -> dict[str, Any]:
        return {
            "id": self.number(sale), "changed": rfc3339(sale.updated), "status": self.status(sale),
            "total": yuan(sale.cents), "created_at": rfc3339(sale.created),
            "customer": {"id": sale.number, "name": "Ann Lee", "phone": f"1380000{sale.number:04}"},
            "items": [{"title": "Cup", "sku": "CUP", "quantity": 1, "price": yuan(sale.cents), "options": ["white"]}],
        }  # fmt: skip

    def hook(self, sales: list[Sale]) -> tuple[bytes, dict[str, str]]:
        """A webhook's body and headers, signed at this moment."""
        body = json.dumps({"orders": [self.order(sale) for sale in sales]}).encode()
        at = str(self.clock.now)
        made = hmac.new(KEY.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        return body, {"content-type": "application/json", "x-timestamp": at, "x-signature": f"sha256={made}"}
