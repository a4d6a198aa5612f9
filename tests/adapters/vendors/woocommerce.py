"""A WordPress shop with WooCommerce: `GET /wp-json/wc/v3/orders`, and its webhooks.

By the public REST documentation: Basic by key and secret, parameters as listed (`modified_after` and `modified_before`
leave their own moment out), at most 100 on a page, X-WP-Total and X-WP-TotalPages; errors as {code, message, data}.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from tests.adapters.far import Heard
from tests.adapters.vendors.vendor import Refusal, Said, Sale, Vendor, json_said, path_of, query_of, yuan

KEY, SECRET, HOOK = "ck_0123456789abcdef", "cs_fedcba9876543210", "a hook's own secret"
_PARAMETERS = (
    "context", "page", "per_page", "search", "after", "before", "modified_after", "modified_before", "dates_are_gmt",
    "exclude", "include", "offset", "order", "orderby", "parent", "parent_exclude", "status", "customer", "product",
    "dp", "created_via",
)  # fmt: skip
_ORDERS = ("date", "id", "include", "title", "slug", "modified")
STATUSES = (("processing", "to_ship"), ("on-hold", "unpaid"), ("completed", "done"))


class WooCommerce(Vendor):
    behind = 10
    calls_per_second = 18

    def answer(self, heard: Heard) -> Said:
        self.demand(path_of(heard) == "/wp-json/wc/v3/orders", 404, "rest_no_route")
        given = base64.b64decode(heard.headers.get("authorization", "").removeprefix("Basic ")).decode()
        self.demand(given == f"{KEY}:{SECRET}", 401, "woocommerce_rest_cannot_view")
        query = query_of(heard)
        self.demand_names(query, ("modified_after", "modified_before"), _PARAMETERS, 400)
        self.demand(query.get("dates_are_gmt") == "true", 400, "times would be the shop's own")
        self.demand(query.get("orderby") in _ORDERS and query.get("order") in ("asc", "desc"), 400, "orderby, order")
        start, end = _of_gmt(query["modified_after"]), _of_gmt(query["modified_before"])
        page, size = int(query.get("page", "1")), int(query.get("per_page", "10"))
        self.demand(page >= 1 and 1 <= size <= 100, 400, "rest_invalid_param")
        found = self.within(start + 1, end - 1)
        if query["order"] == "asc":
            found.reverse()
        here = [self.order(sale) for sale in self.page_of(found, page, size)]
        self.turned((start, end), page)
        pages = -(-len(found) // size)
        return json_said(here, **{"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)})

    def refused(self, refusal: Refusal) -> Said:
        told = {"code": refusal.why, "message": refusal.why, "data": {"status": refusal.code}}
        return json_said(told, f"{refusal.code} Refused")

    def slower(self) -> Said:
        return json_said({"code": "too_many", "message": "slower"}, "429 Too Many Requests", Retry_After="1")

    def number(self, sale: Sale) -> str:
        return str(1_000 + sale.number)

    def status(self, sale: Sale) -> tuple[str, str]:
        """In the vendor's words, and in ours."""
        return STATUSES[min(sale.stage + sale.number % 2, 2)]

    def order(self, sale: Sale) -> dict[str, Any]:
        """By the properties of an order; times GMT without an offset."""
        person = {"first_name": "Ann", "last_name": "Lee", "company": "", "phone": f"+49 170 {sale.number:07}"}
        address = {"address_1": "Hauptstr. 1", "address_2": "", "city": "Berlin", "state": "", "postcode": "10115"}
        return {
            "id": int(self.number(sale)), "parent_id": 0, "number": self.number(sale), "order_key": "wc_order_1",
            "created_via": "checkout", "version": "9.9.0", "status": self.status(sale)[0], "currency": "EUR",
            "date_created": _gmt(sale.created + 7_200), "date_created_gmt": _gmt(sale.created),
            "date_modified": _gmt(sale.updated + 7_200), "date_modified_gmt": _gmt(sale.updated),
            "discount_total": "0.00", "shipping_total": "0.00", "total": yuan(sale.cents), "total_tax": "0.00",
            "prices_include_tax": False, "customer_id": sale.number, "customer_note": "",
            "billing": {**person, **address, "country": "DE", "email": f"ann{sale.number}@example.com"},
            "shipping": {**person, **address, "country": "DE"}, "payment_method": "bacs", "transaction_id": "",
            "date_paid": None, "date_paid_gmt": _gmt(sale.created + 5), "date_completed": None,
            "date_completed_gmt": None, "cart_hash": "", "meta_data": [], "tax_lines": [], "shipping_lines": [],
            "line_items": [
                {
                    "id": 1, "name": "Cup - White", "product_id": 9, "variation_id": 0, "quantity": 1, "sku": "CUP",
                    "subtotal": yuan(sale.cents), "total": yuan(sale.cents), "price": sale.cents / 100, "meta_data": [],
                    "image": {"id": 3, "src": "https://shop.example/1.jpg"},
                }
            ],
            "refunds": [], "fee_lines": [], "coupon_lines": [], "_links": {},
        }  # fmt: skip

    def hook(self, sale: Sale, delivery: str, topic: str = "order.updated") -> tuple[bytes, dict[str, str]]:
        """A webhook's body and headers."""
        body = json.dumps(self.order(sale)).encode()
        made = base64.b64encode(hmac.new(HOOK.encode(), body, hashlib.sha256).digest()).decode()
        return body, {
            "content-type": "application/json", "x-wc-webhook-topic": topic, "x-wc-webhook-signature": made,
            "x-wc-webhook-delivery-id": delivery,
        }  # fmt: skip


def _gmt(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _of_gmt(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC).timestamp())
