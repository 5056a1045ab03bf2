"""Payment intents and their attempts: from a card to a charge, for Checkout and for the API alike.

One intent is tried until it succeeds or is cancelled; each attempt that reaches the network leaves a charge.
With `capture_method` manual a good card only holds the money (`captures.py`); a bank debit is asked and answers
later (`debits.py`). Invariant: an intent succeeds at most once, and `succeeded` is never left.
"""

from dataclasses import dataclass
from typing import Any

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.cards import UNAUTHENTICATED, VERIFY, Decline, TestCard
from store.sandbox.stripe.charging import build_charge, outcome
from store.sandbox.stripe.objects import APPLICATION, blank
from store.sandbox.stripe.settlement import SETTLE_SECONDS, settle_charge

HOLD_SECONDS = 7 * 86400
# On the hosted page the provider's own script handles the next step.
USE_SDK = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
OPEN_STATES = ("requires_payment_method", "requires_confirmation", "requires_action")


@dataclass(frozen=True)
class Attempt:
    """What became of a payment method.

    `succeeded`, `held` (to be captured), `processing` (the bank answers later), `declined` (with why) or `challenge`
    (3D Secure is to come).
    """

    kind: str
    decline: Decline | None = None


def open_intent(world: World, account: str, amount: int, currency: str, data: dict[str, Any]) -> Document:
    """Make a payment intent that waits for a payment method; `data` has the API's own field names."""
    intent = blank(
        world,
        "payment_intent",
        amount=amount,
        amount_capturable=0,
        amount_received=0,
        amount_details={"tip": {}},
        capture_method="automatic_async",
        confirmation_method="automatic",
        currency=currency,
        payment_method_options={
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        payment_method_types=["card"],
        status="requires_payment_method",
    )
    intent |= data
    if intent["application_fee_amount"] is not None and account != world.platform:
        intent["application"] = APPLICATION
    intent["client_secret"] = f"{intent['id']}_secret_{new_id('', 25)}"
    world.put(account, "payment_intent", intent)
    world.emit(account, "payment_intent.created", intent)
    return intent


def change_amount(world: World, account: str, intent: Document, amount: int, fee: int | None) -> Document:
    """Give an unpaid intent another amount and fee; what was under way (an error, a challenge) is over."""
    intent |= {"amount": amount, "application_fee_amount": fee, "last_payment_error": None, "next_action": None}
    intent["transfer_data"] = cap_transfer(intent["transfer_data"], amount)
    if intent["status"] == "requires_action":
        intent |= {"status": "requires_payment_method", "payment_method": None}
    world.put(account, "payment_intent", intent)
    return intent


def cap_transfer(transfer: Document | None, amount: int) -> Document | None:
    """Return `transfer_data` with its amount, if it has one, at most the amount paid."""
    return transfer | {"amount": min(transfer["amount"], amount)} if transfer and transfer.get("amount") else transfer


def try_card(
    world: World,
    account: str,
    intent: Document,
    card: TestCard,
    method: Document,
    *,
    challenged: bool = False,
    challenge: str | None = None,
    next_action: Document | None = None,
    off_session: bool = False,
) -> Attempt:
    """Try a card on an intent; writes the intent, the charge if one came to be, and their events.

    `challenged` says that the buyer has passed 3D Secure, `off_session` that nobody is there to pass it;
    `challenge` is the id of a challenge to come and `next_action` where the buyer goes for it (the provider's own
    script unless given).
    """
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    asked = card.challenge and not challenged and not (off_session and card.set_up)
    if asked and not off_session:
        intent |= {"status": "requires_action", "_challenge": challenge or new_id("3ds_", 20)}
        intent["next_action"] = next_action or USE_SDK
        world.put(account, "payment_intent", intent)
        world.emit(account, "payment_intent.requires_action", intent)
        return Attempt("challenge")
    decline = VERIFY if asked else card.then if challenged else card.decline
    charge = build_charge(world, account, intent, method, challenged=challenged)
    charge["_available_at_once"] = card.available_at_once
    charge["_refunds"] = card.refunds
    intent["latest_charge"] = charge["id"]
    if decline:
        return fail_payment(world, account, intent, method, decline, charge)
    if intent["capture_method"] == "manual":
        return _hold(world, account, intent, charge)
    return succeed(world, account, intent, charge)


def fail_challenge(world: World, account: str, intent: Document) -> Attempt:
    """Record that 3D Secure was not passed: the intent waits for another card, there is no charge."""
    method = world.get(account, "payment_method", intent["payment_method"])
    return fail_payment(world, account, intent, method, UNAUTHENTICATED, None)


def cancel_intent(world: World, account: str, intent: Document, reason: str | None) -> Document:
    """Cancel an intent that has not succeeded; the caller checks that it may."""
    intent |= {
        "status": "canceled",
        "canceled_at": world.clock.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    world.put(account, "payment_intent", intent)
    world.emit(account, "payment_intent.canceled", intent)
    return intent


def succeed(world: World, account: str, intent: Document, charge: Document) -> Attempt:
    """Turn a new or pending charge into one that is paid and captured, and its intent into a succeeded one."""
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "amount_captured": charge["amount"],
        "outcome": outcome("approved_by_network", "authorized", None, "Payment complete."),
        "receipt_url": None,
    }
    intent |= {"status": "succeeded", "amount_received": charge["amount"], "processing": None}
    world.put(account, "charge", charge)
    world.put(account, "payment_intent", intent)
    charge = settle_soon(world, account, intent, charge)
    world.emit(account, "charge.succeeded", charge)
    world.emit(account, "payment_intent.succeeded", intent)
    return Attempt("succeeded")


def settle_soon(world: World, account: str, intent: Document, charge: Document) -> Document:
    """Settle a captured charge at once (`automatic`) or in some seconds, and return it."""
    if intent["capture_method"] == "automatic":
        return settle_charge(world, account, charge["id"], later=False)
    world.schedule(world.clock.now() + SETTLE_SECONDS, "charge.settle", account, charge["id"])
    return charge


def mark_session_paid(world: World, account: str, intent: Document) -> Document | None:
    """Note on the Checkout Session of an intent, if it has one, that the money is there; return the session."""
    if "_session" not in intent:
        return None
    session = world.get(account, "checkout.session", intent["_session"]) | {"payment_status": "paid"}
    world.put(account, "checkout.session", session)
    return session


def _hold(world: World, account: str, intent: Document, charge: Document) -> Attempt:
    until = world.clock.now() + HOLD_SECONDS
    charge |= {
        "status": "succeeded",
        "paid": True,
        "outcome": outcome("approved_by_network", "authorized", None, "Payment complete."),
    }
    charge["payment_method_details"]["card"]["capture_before"] = until
    intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
    world.put(account, "charge", charge)
    world.put(account, "payment_intent", intent)
    world.schedule(until, "payment_intent.release", account, intent["id"])
    world.emit(account, "charge.succeeded", charge)
    world.emit(account, "payment_intent.amount_capturable_updated", intent)
    return Attempt("held")


def fail_payment(
    world: World, account: str, intent: Document, method: Document, decline: Decline, charge: Document | None
) -> Attempt:
    """Turn the charge, if there is one, into a failed one; the intent waits for another payment method."""
    error = {
        "code": decline.code,
        "doc_url": f"https://docs.stripe.com/error-codes/{decline.code.replace('_', '-')}",
        "message": decline.message,
        "payment_method": method,
        "type": "card_error" if charge else "invalid_request_error",
    }
    if decline.decline_code:
        error |= {"decline_code": decline.decline_code}
    if charge:
        error["charge"] = charge["id"]
        charge |= {
            "status": "failed",
            "failure_code": decline.code,
            "failure_message": decline.message,
            "outcome": outcome("not_sent_to_network", "blocked", "highest_risk_level", "Stripe blocked this payment.")
            if decline.blocked
            else outcome(
                "declined_by_network",
                "issuer_declined",
                decline.decline_code or decline.code,
                decline.message,
            ),
        }
        world.put(account, "charge", charge)
        world.emit(account, "charge.failed", charge)
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "processing": None,
        "last_payment_error": error,
    }
    world.put(account, "payment_intent", intent)
    world.emit(account, "payment_intent.payment_failed", intent)
    return Attempt("declined", decline)
