"""Transfers of destination charges and their reversals, application fees and their refunds: the platform's
side.

Transfers are made by destination charges only; making one by hand is refused by name. Invariant: these
objects live on the platform, whatever account they concern (docs.stripe.com/connect/charges).
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, refuse
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe import rules
from store.sandbox.stripe.money import share
from store.sandbox.stripe.reversals import refund_fee, reverse_transfer
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.settlement import book


def retrieve_transfer(call: Call) -> Document:
    """Return one transfer."""
    return call.world.get(call.account, "transfer", call.ids["transfer"])


def list_transfers(call: Call) -> Document:
    """Return transfers newest first, by destination and group."""
    return call.page("transfer", "destination", "transfer_group")


def update_transfer(call: Call) -> Document:
    """Change description and metadata of a transfer."""
    transfer = retrieve_transfer(call)
    before = {name: transfer[name] for name in ("description", "metadata")}
    if "metadata" in call.params:
        transfer["metadata"] = merge_metadata(transfer["metadata"], call.params["metadata"])
    if "description" in call.params:
        transfer["description"] = call.params["description"]
    call.world.put(call.account, "transfer", transfer)
    changed = {k: v for k, v in before.items() if transfer[k] != v}
    call.world.emit(call.account, "transfer.updated", transfer, changed)
    return transfer


def create_reversal(call: Call) -> Document:
    """Reverse a transfer, all of what is left unless `amount` says how much; the fee comes back if asked."""
    transfer = call.world.get(call.account, "transfer", call.ids["id"])
    left = transfer["amount"] - transfer["amount_reversed"]
    if left == 0:
        raise refuse(f"Transfer {transfer['id']} is already fully reversed.")
    amount = call.params.get("amount", left)
    fee_back = _fee_share(call, transfer, amount) if call.params.get("refund_application_fee") else 0
    metadata = merge_metadata({}, call.params.get("metadata") or {})
    return reverse_transfer(call.world, transfer, amount, fee_back=fee_back, metadata=metadata)


def retrieve_reversal(call: Call) -> Document:
    """Return one reversal of a transfer."""
    return _of(call, "transfer_reversal", "transfer", call.ids["transfer"])


def list_reversals(call: Call) -> Document:
    """Return a transfer's reversals, newest first."""
    transfer = call.world.get(call.account, "transfer", call.ids["id"])
    return call.page("transfer_reversal", where=[("transfer", "IS", transfer["id"])])


def retrieve_fee(call: Call) -> Document:
    """Return one application fee."""
    return call.world.get(call.account, "application_fee", call.ids["id"])


def list_fees(call: Call) -> Document:
    """Return application fees newest first, of one charge if asked."""
    return call.page("application_fee", "charge")


def create_fee_refund(call: Call) -> Document:
    """Return an application fee, all that is left unless `amount` says, to the account it was taken from."""
    fee = retrieve_fee(call)
    left = fee["amount"] - fee["amount_refunded"]
    if left == 0:
        raise refuse(f"Application fee {fee['id']} has already been refunded.", code="charge_already_refunded")
    before = fee["amount_refunded"]
    metadata = merge_metadata({}, call.params.get("metadata") or {})
    refund = refund_fee(call.world, fee, call.params.get("amount", left), metadata)
    charge = call.world.get(fee["account"], "charge", fee["charge"])
    landed = call.world.get(fee["account"], "balance_transaction", charge["balance_transaction"])
    taken = sum(row["amount"] for row in landed["fee_details"] if row["type"] == "application_fee")
    back = share(fee["amount_refunded"], fee["amount"], taken) - share(before, fee["amount"], taken)
    book(call.world, fee["account"], "adjustment", None, back, landed["currency"], at_once=True)
    return refund


def retrieve_fee_refund(call: Call) -> Document:
    """Return one refund of an application fee."""
    return _of(call, "fee_refund", "fee", call.ids["fee"])


def list_fee_refunds(call: Call) -> Document:
    """Return an application fee's refunds, newest first."""
    return call.page("fee_refund", where=[("fee", "IS", retrieve_fee(call)["id"])])


def _of(call: Call, kind: str, owner: str, owner_id: str) -> Document:
    found = call.world.get(call.account, kind, call.ids["id"])
    if found[owner] != owner_id:
        raise Missing(kind, call.ids["id"])
    return found


def _fee_share(call: Call, transfer: Document, amount: int) -> int:
    payment = call.world.get(transfer["destination"], "charge", transfer["destination_payment"])
    if not payment["application_fee"]:
        raise refuse(
            f"Attempting to refund_application_fee on {payment['id']}, but it has no application fee",
            param="refund_application_fee",
        )
    fee: dict[str, Any] = call.world.get(call.world.platform, "application_fee", payment["application_fee"])
    before = transfer["amount_reversed"]
    step = share(before + amount, transfer["amount"], fee["amount"]) - share(before, transfer["amount"], fee["amount"])
    left: int = fee["amount"] - fee["amount_refunded"]
    return min(step, left)


ROUTES = (
    Route("GET /v1/transfers/{transfer}", retrieve_transfer),
    Route("GET /v1/transfers", list_transfers, f"{LISTS} created destination transfer_group"),
    Route("POST /v1/transfers/{transfer}", update_transfer, "description metadata"),
    Route(
        "POST /v1/transfers/{id}/reversals",
        create_reversal,
        "amount metadata refund_application_fee",
        (rules.POSITIVE_AMOUNT,),
    ),
    Route("GET /v1/transfers/{transfer}/reversals/{id}", retrieve_reversal),
    Route("GET /v1/transfers/{id}/reversals", list_reversals, LISTS),
    Route("GET /v1/application_fees/{id}", retrieve_fee),
    Route("GET /v1/application_fees", list_fees, f"{LISTS} created charge"),
    Route(
        "POST /v1/application_fees/{id}/refunds",
        create_fee_refund,
        "amount metadata",
        (rules.POSITIVE_AMOUNT,),
    ),
    Route("GET /v1/application_fees/{fee}/refunds/{id}", retrieve_fee_refund),
    Route("GET /v1/application_fees/{id}/refunds", list_fee_refunds, LISTS),
)
