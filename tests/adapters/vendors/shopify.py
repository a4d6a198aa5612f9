"""Shopify's Admin API: `orders` by GraphQL, the client credentials grant, and webhooks.

By shopify.dev: fields of Order and its parts, at most 250 a page, a cursor that stands for a place in the order of
UPDATED_AT, search by updated_at, THROTTLED with status 200, tokens for 24 hours, 401 for one that has ended.
"""

import base64
import hashlib
import hmac
import json
import re
from typing import Any

from tests.adapters.far import Heard
from tests.adapters.vendors.graphql import Unfit, read, told
from tests.adapters.vendors.vendor import Refusal, Said, Sale, Vendor, form_of, json_said, path_of, rfc3339, yuan

CLIENT, SECRET = "c0ffee", "shpss_0123456789abcdef"
_SEARCH = re.compile(r"updated_at:>='([0-9TZ:.-]+)' updated_at:<='([0-9TZ:.-]+)'")
_MONEY = "MoneyBag"
TYPES: dict[str, dict[str, str]] = {
    "QueryRoot": {"orders": "OrderConnection"},
    "OrderConnection": {"pageInfo": "PageInfo", "nodes": "Order", "edges": "OrderEdge"},
    "PageInfo": {"hasNextPage": "", "hasPreviousPage": "", "startCursor": "", "endCursor": ""},
    "Order": {
        "id": "", "legacyResourceId": "", "name": "", "email": "", "phone": "", "createdAt": "", "updatedAt": "",
        "processedAt": "", "cancelledAt": "", "closedAt": "", "displayFinancialStatus": "",
        "displayFulfillmentStatus": "", "currencyCode": "", "note": "", "currentTotalPriceSet": _MONEY,
        "totalDiscountsSet": _MONEY, "totalShippingPriceSet": _MONEY, "totalReceivedSet": _MONEY,
        "totalPriceSet": _MONEY, "customer": "Customer", "shippingAddress": "MailingAddress",
        "billingAddress": "MailingAddress", "lineItems": "LineItemConnection", "fulfillments": "Fulfillment",
        "tags": "",
    },
    _MONEY: {"shopMoney": "MoneyV2", "presentmentMoney": "MoneyV2"},
    "MoneyV2": {"amount": "", "currencyCode": ""},
    "Customer": {"id": "", "legacyResourceId": "", "displayName": "", "firstName": "", "lastName": ""},
    "MailingAddress": {
        "name": "", "phone": "", "address1": "", "address2": "", "city": "", "province": "", "zip": "", "country": "",
    },
    "LineItemConnection": {"nodes": "LineItem", "pageInfo": "PageInfo"},
    "LineItem": {
        "id": "", "title": "", "variantTitle": "", "sku": "", "quantity": "", "image": "Image",
        "originalUnitPriceSet": _MONEY,
    },
    "Image": {"url": "", "altText": ""},
    "Fulfillment": {"id": "", "createdAt": "", "trackingInfo": "FulfillmentTrackingInfo"},
    "FulfillmentTrackingInfo": {"company": "", "number": "", "url": ""},
}  # fmt: skip
STATUSES = (("UNFULFILLED", "to_ship"), ("PARTIALLY_FULFILLED", "part_shipped"), ("FULFILLED", "shipped"))


class Shopify(Vendor):
    """`tokens` are the access tokens that are good."""

    behind = 10
    calls_per_second = 12

    def __init__(self, clock: Any, count: int, hours: float = 2) -> None:
        super().__init__(clock, count, hours)
        self.tokens: set[str] = set()
        self.lent = 0

    def answer(self, heard: Heard) -> Said:
        self.demand(heard.line.startswith("POST "), 405, "post")
        if path_of(heard) == "/admin/oauth/access_token":
            return self._lend(form_of(heard))
        self.demand(path_of(heard) == "/admin/api/2026-10/graphql.json", 404, "no such version")
        self.demand(heard.headers["content-type"].startswith("application/json"), 415, "json")
        if heard.headers.get("x-shopify-access-token") not in self.tokens:
            return json_said({"errors": "[API] Invalid API key or access token"}, "401 Unauthorized")
        asked = json.loads(heard.body)
        self.demand(asked.keys() == {"query", "variables"}, 400, "query and variables")
        try:
            (field,) = read(asked["query"], asked["variables"])
            return self._orders(field.arguments, field)
        except Unfit as unfit:
            raise Refusal("undefinedField", str(unfit)) from unfit

    def refused(self, refusal: Refusal) -> Said:
        if isinstance(refusal.code, int):
            return json_said({"errors": refusal.why}, f"{refusal.code} Refused")
        return _error(str(refusal.code), refusal.why)

    def slower(self) -> Said:
        return _error("THROTTLED", "Throttled")

    def _lend(self, form: dict[str, str]) -> Said:
        good = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        self.demand(form == good, 400, "invalid_client")
        self.lent += 1
        token = f"shpat_{self.lent}"
        self.tokens = {token}
        return json_said({"access_token": token, "scope": "read_orders", "expires_in": 86_399})

    def _orders(self, arguments: dict[str, Any], field: Any) -> Said:
        self.demand(arguments.keys() <= {"first", "after", "query", "sortKey", "reverse"}, "argument", "unknown")
        self.demand(arguments["sortKey"] == "UPDATED_AT", "argument", "sortKey")
        self.demand(1 <= arguments["first"] <= 250, "argument", "first")
        found = _SEARCH.fullmatch(arguments["query"])
        self.demand(found, "argument", "query")
        assert found is not None
        behind = json.loads(base64.b64decode(arguments["after"])) if arguments["after"] else ["", -1]
        sales = sorted(self.sales, key=lambda one: (rfc3339(one.updated), one.number))
        rest = [
            one
            for one in sales
            if found[1] <= rfc3339(one.updated) <= found[2] and [rfc3339(one.updated), one.number] > behind
        ]
        here = rest[: arguments["first"]]
        last = base64.b64encode(json.dumps([rfc3339(here[-1].updated), here[-1].number]).encode()) if here else b""
        info = {"hasNextPage": len(rest) > len(here), "endCursor": last.decode() or None}
        answer = {"orders": {"pageInfo": info, "nodes": [self.order(sale) for sale in here]}}
        data = told(answer, [field], TYPES, "QueryRoot")
        self.turned((found[1], found[2]), len(self.pages))
        cost = {"requestedQueryCost": 420, "throttleStatus": {"maximumAvailable": 2000.0, "restoreRate": 100.0}}
        return json_said({"data": data, "extensions": {"cost": cost}})

    def number(self, sale: Sale) -> str:
        return str(450_789_000 + sale.number)

    def status(self, sale: Sale) -> tuple[str, str]:
        """In the vendor's words, and in ours."""
        return STATUSES[min(sale.stage + sale.number % 2, 2)]

    def order(self, sale: Sale) -> dict[str, Any]:
        """As GraphQL has it; amounts in the shop's money as text."""
        money = {"shopMoney": {"amount": yuan(sale.cents), "currencyCode": "GBP"}}
        nothing = {"shopMoney": {"amount": "0.0", "currencyCode": "GBP"}}
        return {
            "id": f"gid://shopify/Order/{self.number(sale)}", "legacyResourceId": self.number(sale),
            "name": f"#{sale.number}", "email": f"ann{sale.number}@example.com", "phone": None,
            "createdAt": rfc3339(sale.created), "updatedAt": rfc3339(sale.updated),
            "processedAt": rfc3339(sale.created + 5), "cancelledAt": None, "closedAt": None,
            "displayFinancialStatus": "PAID", "displayFulfillmentStatus": self.status(sale)[0], "currencyCode": "GBP",
            "note": None, "currentTotalPriceSet": money, "totalReceivedSet": money, "totalDiscountsSet": nothing,
            "totalShippingPriceSet": nothing, "customer": {"legacyResourceId": str(sale.number), "displayName": "Ann"},
            "shippingAddress": None, "fulfillments": [],
            "lineItems": {
                "nodes": [
                    {
                        "title": "Cup", "variantTitle": "White / Large", "sku": "CUP", "quantity": 1, "image": None,
                        "originalUnitPriceSet": money,
                    }
                ]
            },
        }  # fmt: skip

    def hook(self, sale: Sale, delivery: str) -> tuple[bytes, dict[str, str]]:
        """A webhook's body and headers: the order in the shape of the older API."""
        fulfilled = {"UNFULFILLED": None, "PARTIALLY_FULFILLED": "partial", "FULFILLED": "fulfilled"}
        order = {
            "id": int(self.number(sale)), "name": f"#{sale.number}", "email": f"ann{sale.number}@example.com",
            "financial_status": "paid", "fulfillment_status": fulfilled[self.status(sale)[0]], "currency": "GBP",
            "created_at": rfc3339(sale.created).replace("Z", "+00:00"), "updated_at": rfc3339(sale.updated),
            "processed_at": rfc3339(sale.created + 5), "current_total_price": yuan(sale.cents), "phone": None,
            "total_discounts": "0.00", "customer": {"id": sale.number, "first_name": "Ann", "last_name": ""},
            "shipping_address": None, "fulfillments": [], "note": None,
            "line_items": [{"title": "Cup", "variant_title": "White", "sku": "CUP", "quantity": 1, "price": "1.00"}],
        }  # fmt: skip
        body = json.dumps(order).encode()
        made = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        return body, {
            "content-type": "application/json", "x-shopify-topic": "orders/updated", "x-shopify-hmac-sha256": made,
            "x-shopify-webhook-id": delivery, "x-shopify-shop-domain": "shop.myshopify.com",
        }  # fmt: skip


def _error(code: str, why: str) -> Said:
    return json_said({"errors": [{"message": why, "extensions": {"code": code}}]})
