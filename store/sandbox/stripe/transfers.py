"""Transfers and their reversals, application fees and their refunds: the platform's side.

A transfer is made by a destination charge, or by hand: from a charge (`source_transaction`), as soon as it is paid, or
from the available balance. Invariant: these objects live on the platform, whatever account they concern, and a
charge's transfers never exceed it (docs.stripe.com/connect/charges, /connect/separate-charges-and-transfers).
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, Unsupported, refuse
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe import rules
from store.sandbox.stripe.connect.abilities import check_destination
from store.sandbox.stripe.entries import book
from store.sandbox.stripe.money import check_currency, check_step, format_amount, share
from store.sandbox.stripe.regions import check_transfer_region
from store.sandbox.stripe.reversals import refund_fee, reverse_transfer
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.sending import send, sent_from
from store.sandbox.stripe.settlement import settle_charge
from store.sandbox.stripe.sums import check_funds


def create_transfer(call: Call) -> Document:
    """Send money to a connected account, of the charge that `source_transaction` names or of the balance."""
    world, params = call.world, call.params
    if call.account != world.platform:
        raise Unsupported("transfers that a connected account makes")
    amount, currency = params["amount"], check_currency(params["currency"], "currency")
    check_step(amount, currency, "amount")
    group, charge, pending = params.get("transfer_group"), None, False
    if "source_transaction" in params:
        charge, pending = _find_source(call, amount, currency)
    check_transfer_region(world, check_destination(world, params["destination"], "destination"), "destination")
    if not pending:
        check_funds(world, world.platform, amount, currency)
    if charge:
        group = _share_group(call, charge, group)
    metadata = merge_metadata({}, params.get("metadata") or {})
    description = params.get("description")
    return send(
        world,
        params["destination"],
        amount,
        currency,
        charge=charge,
        group=group,
        description=description,
        metadata=metadata,
    )[0]


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


def update_reversal(call: Call) -> Document:
    """Merge metadata into a reversal; no event tells of it."""
    reversal = retrieve_reversal(call)
    _merge(call, reversal, call.world.get(call.account, "transfer", reversal["transfer"]), "reversals")
    return reversal


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
    currency, available_on = landed["currency"], landed["available_on"]
    book(call.world, fee["account"], "adjustment", None, back, currency, available_on=available_on)
    return refund


def retrieve_fee_refund(call: Call) -> Document:
    """Return one refund of an application fee."""
    return _of(call, "fee_refund", "fee", call.ids["fee"])


def update_fee_refund(call: Call) -> Document:
    """Merge metadata into a refund of an application fee."""
    refund = retrieve_fee_refund(call)
    before = {"metadata": refund["metadata"]}
    if _merge(call, refund, call.world.get(call.account, "application_fee", refund["fee"]), "refunds"):
        call.world.emit(call.account, "application_fee.refund.updated", refund, before)
    return refund


def list_fee_refunds(call: Call) -> Document:
    """Return an application fee's refunds, newest first."""
    return call.page("fee_refund", where=[("fee", "IS", retrieve_fee(call)["id"])])


def _of(call: Call, kind: str, owner: str, owner_id: str) -> Document:
    found = call.world.get(call.account, kind, call.ids["id"])
    if found[owner] != owner_id:
        raise Missing(kind, call.ids["id"])
    return found


def _merge(call: Call, part: Document, owner: Document, listed: str) -> bool:
    """Merge metadata into a part of another object, and into the copy that its owner lists; tell whether any was."""
    if "metadata" not in call.params:
        return False
    part["metadata"] = merge_metadata(part["metadata"], call.params["metadata"])
    owner[listed]["data"] = [part if one["id"] == part["id"] else one for one in owner[listed]["data"]]
    for obj in (part, owner):
        call.world.put(call.account, obj["object"], obj)
    return True


def _find_source(call: Call, amount: int, currency: str) -> tuple[Document, bool]:
    """Return the settled charge that pays for a transfer, and whether its money is still on the way."""
    world = call.world
    charge = world.get(call.account, "charge", call.params["source_transaction"], param="source_transaction")
    if charge["status"] == "pending":
        raise Unsupported("a transfer of a payment that is still processing", param="source_transaction")
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise refuse(f"Charge {charge['id']} has no money that could be sent.", param="source_transaction")
    charge = settle_charge(world, call.account, charge["id"], later=True)
    landed = world.get(call.account, "balance_transaction", charge["balance_transaction"])
    if currency != landed["currency"]:
        raise refuse(
            f"The currency of source_transaction's balance transaction ({landed['currency']}) must be the same as the "
            f"transfer currency ({currency}).",
            param="currency",
        )
    sent = sent_from(world, charge["id"], currency)
    if amount > landed["amount"] - sent:
        raise refuse(
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{format_amount(landed['amount'], currency)}. (Other transfers using this source amount to "
            f"{format_amount(sent, currency)}.)",
            param="amount",
        )
    return charge, landed["status"] == "pending"


def _share_group(call: Call, charge: Document, wanted: str | None) -> str:
    """Return the group of a charge and its transfers; a charge that has none gets one."""
    group: str = charge["transfer_group"] or wanted or f"group_{charge['payment_intent']}"
    if not charge["transfer_group"]:
        charge["transfer_group"] = group
        call.world.put(call.account, "charge", charge)
        call.world.emit(call.account, "charge.updated", charge, {"transfer_group": None})
    return group


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
    Route(
        "POST /v1/transfers",
        create_transfer,
        "amount currency destination description metadata source_transaction source_type transfer_group",
        (rules.TRANSFER_CREATE,),
    ),
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
    Route("POST /v1/transfers/{transfer}/reversals/{id}", update_reversal, "metadata"),
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
    Route("POST /v1/application_fees/{fee}/refunds/{id}", update_fee_refund, "metadata"),
    Route("GET /v1/application_fees/{id}/refunds", list_fee_refunds, LISTS),
)
