"""What joined systems hold of a customer, one shape whatever system it comes from.

Money is decimal text in the order's currency (`"39.99"`), times are RFC 3339 in UTC, quantities decimal text. What a
system has beyond these words stands in `extra`, by the name that its map gives it.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Money = Annotated[str, Meta(pattern=r"^-?[0-9]{1,18}(\.[0-9]{1,8})?(?!\n)$")]
Time = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z(?!\n)$")]
Name = Annotated[str, Meta(max_length=300)]
Words = Annotated[str, Meta(max_length=10_000)]
Key = Annotated[str, Meta(min_length=1, max_length=200)]
Address = Annotated[str, Meta(max_length=2_000)]

OrderStatus = Literal["unpaid", "to_ship", "part_shipped", "shipped", "signed", "done", "cancelled", "unknown"]
RefundStatus = Literal["none", "open", "refunded", "refused", "unknown"]
TicketStatus = Literal["open", "waiting", "done", "unknown"]


class RecordKind(StrEnum):
    """What a record is of."""

    ORDER = "order"
    SHIPMENT = "shipment"
    CUSTOMER = "customer"
    TICKET = "ticket"
    NOTE = "note"


class Buyer(Struct, frozen=True, omit_defaults=True):
    """Who a record belongs to, as its system knows him: each of these is looked for among our contacts."""

    external_id: Name | None = None
    name: Name | None = None
    phone: Name | None = None
    email: Name | None = None


class OrderItem(Struct, frozen=True, omit_defaults=True):
    """One line of an order; `options` are the chosen colour, size and the like."""

    title: Name | None = None
    sku: Name | None = None
    quantity: Money | int | None = None
    price: Money | None = None
    options: list[Name] | Name | None = None
    image: Address | None = None
    url: Address | None = None


class Parcel(Struct, frozen=True, omit_defaults=True):
    """One parcel of an order or a shipment."""

    carrier: Name | None = None
    number: Name | None = None


class Order(Struct, frozen=True, omit_defaults=True, tag="order", tag_field="kind"):
    """What somebody bought."""

    id: Key
    shop: Name | None = None
    status: OrderStatus = "unknown"
    refund: RefundStatus = "none"
    currency: Name | None = None
    total: Money | None = None
    paid: Money | None = None
    discount: Money | None = None
    postage: Money | None = None
    created_at: Time | None = None
    paid_at: Time | None = None
    shipped_at: Time | None = None
    done_at: Time | None = None
    customer: Buyer | None = None
    receiver: Buyer | None = None
    address: Words | None = None
    items: list[OrderItem] = []
    parcels: list[Parcel] = []
    note: Words | None = None  # the buyer's
    remark: Words | None = None  # the shop's
    url: Address | None = None
    extra: dict[str, Any] = {}


class Shipment(Struct, frozen=True, omit_defaults=True, tag="shipment", tag_field="kind"):
    """A parcel on its way; `order` is the order's id in the same system."""

    id: Key
    order: Name | None = None
    carrier: Name | None = None
    number: Name | None = None
    status: Name | None = None
    created_at: Time | None = None
    done_at: Time | None = None
    customer: Buyer | None = None
    url: Address | None = None
    extra: dict[str, Any] = {}


class Customer(Struct, frozen=True, omit_defaults=True, tag="customer", tag_field="kind"):
    """A person or a firm, as the CRM or the shop knows him."""

    id: Key
    name: Name | None = None
    phone: Name | None = None
    email: Name | None = None
    level: Name | None = None
    company: Name | None = None
    tags: list[Name] = []
    created_at: Time | None = None
    note: Words | None = None
    url: Address | None = None
    extra: dict[str, Any] = {}


class ForeignTicket(Struct, frozen=True, omit_defaults=True, tag="ticket", tag_field="kind"):
    """A case that another system keeps."""

    id: Key
    number: Name | None = None
    title: Name | None = None
    status: TicketStatus = "unknown"
    text: Words | None = None
    created_at: Time | None = None
    done_at: Time | None = None
    customer: Buyer | None = None
    url: Address | None = None
    extra: dict[str, Any] = {}


class RecordNote(Struct, frozen=True, omit_defaults=True, tag="note", tag_field="kind"):
    """What a colleague wrote down of a customer in another system."""

    id: Key
    title: Name | None = None
    text: Words | None = None
    author: Name | None = None
    created_at: Time | None = None
    customer: Buyer | None = None
    url: Address | None = None
    extra: dict[str, Any] = {}


Body = Order | Shipment | Customer | ForeignTicket | RecordNote


class Record(Struct, frozen=True):
    """What is kept of one thing of another system.

    `at` is when it came to be and `changed_at` when it last changed there (0: it does not say), `updated_at` when we
    wrote it, all in ms UTC; `digest` is of the body, `spec` the version of the spec that made it.
    """

    id: str
    source: str
    external_id: str
    body: Body
    at: int
    changed_at: int
    updated_at: int
    digest: str = ""
    spec: str = ""

    @property
    def kind(self) -> RecordKind:
        """Of its body."""
        return _KINDS[type(self.body)]


class FoundRecord(Struct, frozen=True):
    """A record beside a contact: by which of his facts it is his, and whether that fact is proven."""

    record: Record
    by: str  # external_id, phone or email
    proven: bool


_KINDS: dict[type[Body], RecordKind] = {
    Order: RecordKind.ORDER,
    Shipment: RecordKind.SHIPMENT,
    Customer: RecordKind.CUSTOMER,
    ForeignTicket: RecordKind.TICKET,
    RecordNote: RecordKind.NOTE,
}
SHAPES: dict[RecordKind, type[Body]] = {kind: shape for shape, kind in _KINDS.items()}
