"""Charges: retrieve, list, update, capture. They come from payment intents and transfers, never from a request.

Invariant: what the API may change of a charge is words (description, metadata, receipt e-mail), and money only by
capturing what is held.
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.captures import capture_intent
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


def capture_charge(call: Call) -> Document:
    """Capture what a charge holds, in full or in part: the old way to capture its intent."""
    charge, params = retrieve_charge(call), dict(call.params)
    if charge["captured"] or charge["status"] != "succeeded" or charge["refunded"]:
        raise refuse(f"Charge {charge['id']} has nothing to capture.", param="charge", code="charge_already_captured")
    if "amount" in params:
        params["amount_to_capture"] = params.pop("amount")
    intent = call.world.get(call.account, "payment_intent", charge["payment_intent"])
    capture_intent(call.world, call.account, intent, params)
    return retrieve_charge(call)


ROUTES = (
    Route("GET /v1/charges/{charge}", retrieve_charge),
    Route("GET /v1/charges", list_charges, f"{LISTS} created customer payment_intent transfer_group"),
    Route(
        "POST /v1/charges/{charge}/capture",
        capture_charge,
        "amount application_fee_amount transfer_data.amount statement_descriptor statement_descriptor_suffix",
    ),
    Route("POST /v1/charges/{charge}", update_charge, "description metadata receipt_email"),
)
