"""Customers: create, retrieve, list, update, delete.

Invariant: a deleted customer stays a tombstone: retrieving it says `deleted: true`, listing it does not show
it.
"""

from typing import Any

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.routing import LISTS, Call, Route

FIELDS = "address description email metadata name phone shipping preferred_locales individual_name business_name"


def create_customer(call: Call) -> Document:
    """Create a customer of this account."""
    return make_customer(call.world, call.account, call.params)


def retrieve_customer(call: Call) -> Document:
    """Return one customer, or its tombstone."""
    customer = call.world.get(call.account, "customer", call.ids["customer"], param="id", deleted=True)
    return _tombstone(customer) if customer.get("_deleted") else customer


def list_customers(call: Call) -> Document:
    """Return customers newest first, by e-mail if asked."""
    return call.page("customer", "email", "test_clock", where=[("_deleted", "IS", None)])


def update_customer(call: Call) -> Document:
    """Change the given fields; `metadata` is merged."""
    customer = call.world.get(call.account, "customer", call.ids["customer"], param="id")
    before = dict(customer)
    _apply(customer, call.params)
    call.world.put(call.account, "customer", customer)
    changed = {k: v for k, v in before.items() if customer[k] != v}
    call.world.emit(call.account, "customer.updated", customer, changed)
    return customer


def delete_customer(call: Call) -> Document:
    """Delete a customer; its payments stay."""
    customer = call.world.get(call.account, "customer", call.ids["customer"], param="id")
    call.world.put(call.account, "customer", customer | {"_deleted": True})
    call.world.emit(call.account, "customer.deleted", customer)
    return _tombstone(customer)


def make_customer(world: World, account: str, fields: dict[str, Any]) -> Document:
    """Store a new customer with the given fields."""
    customer = blank(
        world,
        "customer",
        balance=0,
        delinquent=False,
        invoice_prefix=new_id("", 8).upper(),
        invoice_settings=dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options")),
        next_invoice_sequence=1,
        preferred_locales=[],
        tax_exempt="none",
    )
    _apply(customer, fields)
    world.put(account, "customer", customer)
    world.emit(account, "customer.created", customer)
    return customer


def _apply(customer: Document, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name == "metadata":
            customer["metadata"] = merge_metadata(customer["metadata"], value)
        elif name != "expand":
            customer[name] = value


def _tombstone(customer: Document) -> Document:
    return {"id": customer["id"], "object": "customer", "deleted": True}


ROUTES = (
    Route("POST /v1/customers", create_customer, FIELDS),
    Route("GET /v1/customers/{customer}", retrieve_customer),
    Route("GET /v1/customers", list_customers, f"{LISTS} created email test_clock"),
    Route("POST /v1/customers/{customer}", update_customer, FIELDS),
    Route("DELETE /v1/customers/{customer}", delete_customer),
)
