"""Held money: captured in full or in part, given back by cancelling, or given back by itself after seven days.

Invariant: a hold ends once; what is captured is at most what was held, and fee and transfer at most what is captured
(docs.stripe.com/payments/place-a-hold-on-a-payment-method). A captured part leaves nothing to capture afterwards.
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.params import Params, merge_metadata
from store.sandbox.kernel.world import Document, World, due_job
from store.sandbox.stripe.money import format_amount
from store.sandbox.stripe.payments import cancel_intent, cap_transfer, mark_session_paid, settle_soon

WORDS = ("statement_descriptor", "statement_descriptor_suffix")


def capture_intent(world: World, account: str, intent: Document, params: Params) -> Document:
    """Capture what an intent holds, all of it unless `amount_to_capture` says how much; refuse (400) what cannot be."""
    if intent["status"] != "requires_capture":
        raise refuse(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture.",
            param="intent",
            code="payment_intent_unexpected_state",
        )
    amount = _read_amount(intent, params.get("amount_to_capture"))
    fee = _read_fee(intent, params.get("application_fee_amount"), amount)
    transfer = _read_transfer(intent, params.get("transfer_data"), amount)
    charge = world.get(account, "charge", intent["latest_charge"])
    change: Document = {"application_fee_amount": fee, "transfer_data": transfer}
    change |= {name: params[name] for name in WORDS if name in params}
    intent |= change | {"amount_capturable": 0, "amount_received": amount, "status": "succeeded"}
    if "metadata" in params:
        intent["metadata"] = merge_metadata(intent["metadata"], params["metadata"])
    charge |= change | {"amount_captured": amount, "captured": True}
    if transfer:
        charge["transfer_data"] = {"amount": transfer.get("amount"), "destination": transfer["destination"]}
    charge["payment_method_details"]["card"]["capture_before"] = None
    world.unschedule("payment_intent.release", intent["id"])
    world.put(account, "charge", charge)
    world.put(account, "payment_intent", intent)
    charge = settle_soon(world, account, intent, charge)
    mark_session_paid(world, account, intent)
    world.emit(account, "charge.captured", charge)
    world.emit(account, "payment_intent.succeeded", intent)
    return intent


def release_hold(
    world: World, account: str, intent: Document, reason: str | None, *, expired: bool = False
) -> Document:
    """Give held money back and cancel the intent; `expired` is for a hold that nobody captured in time."""
    charge = world.get(account, "charge", intent["latest_charge"])
    charge |= {"amount_refunded": charge["amount"], "refunded": True}
    intent["amount_capturable"] = 0
    world.unschedule("payment_intent.release", intent["id"])
    world.put(account, "charge", charge)
    world.emit(account, "charge.expired" if expired else "charge.refunded", charge)
    return cancel_intent(world, account, intent, reason)


def _read_amount(intent: Document, amount: int | None) -> int:
    held: int = intent["amount_capturable"]
    if amount is None:
        return held
    if amount < 1:
        raise refuse("Invalid positive integer", param="amount_to_capture", code="parameter_invalid_integer")
    if amount > held:
        raise refuse(
            f"The amount to capture ({format_amount(amount, intent['currency'])}) is greater than the amount that "
            f"can be captured ({format_amount(held, intent['currency'])}).",
            param="amount_to_capture",
            code="amount_too_large",
        )
    return amount


def _read_fee(intent: Document, fee: int | None, amount: int) -> int | None:
    if fee is None:
        fee = intent["application_fee_amount"]
        return None if fee is None else min(fee, amount)
    if intent["application_fee_amount"] is None:
        raise refuse(
            "An application fee can be changed at capture, not added: the PaymentIntent has none.",
            param="application_fee_amount",
        )
    if not 0 <= fee <= amount:
        raise refuse("The application fee cannot be greater than the amount captured.", param="application_fee_amount")
    return fee


def _read_transfer(intent: Document, given: Params | None, amount: int) -> Document | None:
    transfer: Document | None = intent["transfer_data"]
    if not given or given.get("amount") is None:
        return cap_transfer(transfer, amount)
    if not transfer:
        raise refuse("The PaymentIntent has no destination to transfer to.", param="transfer_data")
    if not 0 < given["amount"] <= amount:
        raise refuse("The transfer cannot be greater than the amount captured.", param="transfer_data[amount]")
    return transfer | {"amount": given["amount"]}


@due_job("payment_intent.release")
def _release_when_due(world: World, account: str, id: str) -> None:
    intent = world.get(account, "payment_intent", id)
    if intent["status"] == "requires_capture":
        release_hold(world, account, intent, "automatic", expired=True)
