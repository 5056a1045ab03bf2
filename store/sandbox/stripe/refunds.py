"""Refunds: in full or in parts, with or without taking back the transfer and returning the application fee.

Both `reverse_transfer` and `refund_application_fee` are false unless asked for; a direct charge is refunded
in its own account's world (docs.stripe.com/refunds, /connect/destination-charges). The provider's fee is not
returned, so an account may go below zero by it; money that is with a vendor and not reversed must come out of
the balance, and while that is too little the refund is `pending`; how else a refund may end is told in
`refund_endings.py`. Invariant: refunds never exceed the charge.
"""

from typing import Any

from store.sandbox.kernel.errors import Unsupported, refuse
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe import rules
from store.sandbox.stripe.entries import book, fee_detail
from store.sandbox.stripe.money import check_step, format_amount, share
from store.sandbox.stripe.objects import blank
from store.sandbox.stripe.refund_endings import delay_refund, undo_refund
from store.sandbox.stripe.reversals import balance_of, part_of, refund_fee, reverse_transfer
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.sending import sent_from
from store.sandbox.stripe.settlement import settle_charge

RETRY_SECONDS = 3600


def create_refund(call: Call) -> Document:
    """Refund a charge, all of what is left unless `amount` says how much."""
    world, account, params = call.world, call.account, call.params
    charge = _find_charge(call)
    amount = _check_amount(charge, params.get("amount"))
    # Money that has not landed cannot be given back: a charge that waits for its settlement is settled first.
    charge = settle_charge(world, account, charge["id"], later=True)
    _check_flags(charge, params)
    refund = blank(
        world,
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        destination_details=_describe_destination(charge["payment_method_details"]["type"]),
        instructions_email=params.get("instructions_email"),
        metadata=merge_metadata({}, params.get("metadata") or {}),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=params.get("reason"),
        status="pending",
    )
    fee_back = _give_back_split(world, account, charge, refund, params)
    _pay_refund(world, account, charge, refund, fee_back)
    refunded = charge["amount_refunded"] + amount
    charge |= {"amount_refunded": refunded, "refunded": refunded == charge["amount_captured"]}
    if refund["status"] == "succeeded":
        delay_refund(world, account, charge, refund)
    world.put(account, "charge", charge)
    world.put(account, "refund", refund)
    world.emit(account, "refund.created", refund)
    world.emit(account, "charge.refunded", charge)
    return refund


def retrieve_refund(call: Call) -> Document:
    """Return one refund of this account."""
    return call.world.get(call.account, "refund", call.ids["refund"])


def list_refunds(call: Call) -> Document:
    """Return refunds newest first, of one charge or intent if asked."""
    return call.page("refund", "charge", "payment_intent")


def update_refund(call: Call) -> Document:
    """Merge metadata into a refund."""
    refund = retrieve_refund(call)
    if "metadata" in call.params:
        before = refund["metadata"]
        refund["metadata"] = merge_metadata(before, call.params["metadata"])
        call.world.put(call.account, "refund", refund)
        call.world.emit(call.account, "refund.updated", refund, {"metadata": before})
    return refund


def cancel_refund(call: Call) -> Document:
    """Cancel a refund that waits for the buyer (`requires_action`); card refunds never do."""
    refund = retrieve_refund(call)
    _require_waiting(refund, "canceled")
    return undo_refund(call.world, call.account, refund, "canceled")


def expire_refund(call: Call) -> Document:
    """Let a refund that waits for the buyer fail, as if the buyer never answered."""
    refund = retrieve_refund(call)
    _require_waiting(refund, "expired")
    return undo_refund(call.world, call.account, refund, "failed")


def _require_waiting(refund: Document, verb: str) -> None:
    if refund["status"] != "requires_action":
        raise refuse(
            f"Refund {refund['id']} cannot be {verb}: its status is {refund['status']}, not requires_action.",
            param="refund",
        )


def _describe_destination(type: str) -> Document:
    if type == "card":
        card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
        return {"type": "card", "card": card}
    name = "us_bank_transfer" if type == "us_bank_account" else "eu_bank_transfer"
    return {"type": name, name: {"reference": None, "reference_status": "pending"}}


def _find_charge(call: Call) -> Document:
    world, account, params = call.world, call.account, call.params
    if "charge" in params:
        charge = world.get(account, "charge", params["charge"], param="charge")
    else:
        intent = world.get(account, "payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise refuse(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = world.get(account, "charge", intent["latest_charge"])
    if charge["source_transfer"]:
        raise Unsupported("refunding the payment that a transfer made; reverse the transfer", param="charge")
    if charge["status"] != "succeeded" or not charge["captured"]:
        why = "it failed" if charge["status"] == "failed" else "its money is not captured; cancel its payment intent"
        raise refuse(
            f"Charge {charge['id']} cannot be refunded: {why}.",
            param="charge",
            code="charge_not_refundable",
        )
    return charge


def _check_amount(charge: Document, amount: int | None) -> int:
    left: int = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise refuse(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount is not None and amount > left:
        raise refuse(
            f"Refund amount ({format_amount(amount, charge['currency'])}) is greater than unrefunded amount "
            "on charge "
            f"({format_amount(left, charge['currency'])})",
            param="amount",
        )
    if amount is not None:
        check_step(amount, charge["currency"], "amount")
    return left if amount is None else amount


def _check_flags(charge: Document, params: dict[str, Any]) -> None:
    if params.get("refund_application_fee") and not charge["application_fee"]:
        raise refuse(
            f"Attempting to refund_application_fee on {charge['id']}, but it has no application fee",
            param="refund_application_fee",
        )
    if params.get("reverse_transfer") and not charge["transfer"]:
        raise refuse(
            f"Cannot reverse transfer on {charge['id']}, because it does not have an associated transfer.",
            param="reverse_transfer",
        )
    if params.get("refund_application_fee") and charge["transfer"] and not params.get("reverse_transfer"):
        raise refuse(
            f"Cannot refund the application fee on {charge['id']} without reversing its transfer; set "
            "reverse_transfer.",
            param="refund_application_fee",
        )


def _give_back_split(world: World, account: str, charge: Document, refund: Document, params: dict[str, Any]) -> int:
    """Reverse transfer and return fee as asked; return what a direct charge's account gets of the fee."""
    fee_back = 0
    fee = world.get(world.platform, "application_fee", charge["application_fee"]) if charge["application_fee"] else None
    if fee and params.get("refund_application_fee"):
        fee_back = part_of(fee["amount"], fee["amount_refunded"], refund["amount"], charge, fee["currency"])
    if params.get("reverse_transfer"):
        transfer = world.get(world.platform, "transfer", charge["transfer"])
        whole, given = transfer["amount"], transfer["amount_reversed"]
        part = part_of(whole, given, refund["amount"], charge, transfer["currency"])
        if part:
            reversal = reverse_transfer(world, transfer, part, fee_back=fee_back, refund_id=refund["id"])
            refund["transfer_reversal"] = reversal["id"]
        return 0
    if fee and fee_back:
        before = fee["amount_refunded"]
        refund_fee(world, fee, fee_back)
        taken = _fee_taken(world, account, charge)
        return share(before + fee_back, fee["amount"], taken) - share(before, fee["amount"], taken)
    return 0


def _fee_taken(world: World, account: str, charge: Document) -> int:
    """Return the application fee as the charge's own account paid it, in its settlement currency."""
    entry = world.get(account, "balance_transaction", charge["balance_transaction"])
    return sum(row["amount"] for row in entry["fee_details"] if row["type"] == "application_fee")


def _pay_refund(world: World, account: str, charge: Document, refund: Document, fee_back: int) -> None:
    """Take the money from the account's balance, or leave the refund pending when there is too little."""
    landed = world.get(account, "balance_transaction", charge["balance_transaction"])
    before, after = charge["amount_refunded"], charge["amount_refunded"] + refund["amount"]
    amount = share(after, charge["amount_captured"], landed["amount"]) - share(
        before, charge["amount_captured"], landed["amount"]
    )
    own_fee = sum(row["amount"] for row in landed["fee_details"])
    refund["_take"] = {
        "amount": amount,
        "currency": landed["currency"],
        "fee_back": fee_back,
        "rate": landed["exchange_rate"],
        # What the charge itself cost does not keep its money from going back, now or later.
        "own_fee": own_fee,
    }
    if amount > _still_here(world, account, charge, landed) and (
        balance_of(world, account, landed["currency"]) + own_fee < amount
    ):
        refund |= {"status": "pending", "pending_reason": "insufficient_funds"}
        world.schedule(world.clock.now() + RETRY_SECONDS, "refund.retry", account, refund["id"])
        return
    _take(world, account, refund)


def _still_here(world: World, account: str, charge: Document, landed: Document) -> int:
    """Return what is left of the charge's money before this refund: not refunded, not with a vendor, not paid out."""
    left: int = landed["amount"] - share(charge["amount_refunded"], charge["amount_captured"], landed["amount"])
    entries = world.find(account, "balance_transaction", currency=landed["currency"])
    # What left on behalf of no charge counts against each of them: the balance decides then.
    paid_out: int = -sum(entry["net"] for entry in entries if entry["type"].startswith("payout"))
    sources = (charge["id"], None) if account == world.platform else (charge["id"],)
    sent = sum(sent_from(world, source, landed["currency"]) for source in sources)
    return left - sent - paid_out


def _take(world: World, account: str, refund: Document) -> None:
    take = refund["_take"]
    fees = [fee_detail("application_fee", -take["fee_back"], take["currency"])]
    entry = book(world, account, "refund", refund["id"], -take["amount"], take["currency"], fees=fees)
    if take["rate"] is not None:
        world.put(account, "balance_transaction", entry | {"exchange_rate": take["rate"]})
    refund |= {"status": "succeeded", "pending_reason": None, "balance_transaction": entry["id"]}


@due_job("refund.retry")
def _retry_when_due(world: World, account: str, id: str) -> None:
    refund = world.get(account, "refund", id)
    take = refund["_take"]
    if balance_of(world, account, take["currency"]) + take.get("own_fee", 0) < take["amount"]:
        world.schedule(world.clock.now() + RETRY_SECONDS, "refund.retry", account, id)
        return
    before = {name: refund[name] for name in ("status", "pending_reason", "balance_transaction")}
    _take(world, account, refund)
    world.put(account, "refund", refund)
    world.emit(account, "refund.updated", refund, before)


ROUTES = (
    Route(
        "POST /v1/refunds",
        create_refund,
        "charge payment_intent amount reason reverse_transfer refund_application_fee metadata instructions_email",
        (rules.REFUND_CREATE,),
    ),
    Route("GET /v1/refunds/{refund}", retrieve_refund),
    Route("GET /v1/refunds", list_refunds, f"{LISTS} created charge payment_intent"),
    Route("POST /v1/refunds/{refund}", update_refund, "metadata"),
    Route("POST /v1/refunds/{refund}/cancel", cancel_refund),
    Route("POST /v1/test_helpers/refunds/{refund}/expire", expire_refund),
)
