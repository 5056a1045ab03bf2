"""Charges: retrieve, list, update. They come from payment intents and transfers, never from a request.

Invariant: what the API may change of a charge is words (description, metadata, receipt e-mail), never money.
"""

from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.routing import LISTS, Call, Route


def retrieve_charge(call: Call) -> Document:
    """Return one charge of this account."""
    return call.world.get(call.account, "charge", call.ids["charge"])


def list_charges(call: Call) -> Document:
    """Return charges newest first, by customer, intent and transfer group."""
    return call.page("charge", "customer", "payment_intent", "transfer_group")


def update_charge(call: Call) -> Document:
    """Change description, metadata and receipt e-mail."""
    charge = retrieve_charge(call)
    before = dict(charge)
    for name in ("description", "receipt_email"):
        if name in call.params:
            charge[name] = call.params[name]
    if "metadata" in call.params:
        charge["metadata"] = merge_metadata(charge["metadata"], call.params["metadata"])
    call.world.put(call.account, "charge", charge)
    changed = {k: v for k, v in before.items() if charge[k] != v}
    call.world.emit(call.account, "charge.updated", charge, changed)
    return charge


ROUTES = (
    Route("GET /v1/charges/{charge}", retrieve_charge),
    Route("GET /v1/charges", list_charges, f"{LISTS} created customer payment_intent transfer_group"),
    Route("POST /v1/charges/{charge}", update_charge, "description metadata receipt_email"),
)
