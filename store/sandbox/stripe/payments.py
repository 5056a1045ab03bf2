"""Payment intents and their attempts: from a card to a charge, for Checkout and for the API alike.

One intent is tried until it succeeds or is cancelled; each attempt that reaches the network leaves a charge.
Invariant: an intent succeeds at most once, and `succeeded` is never left. Capturing later (`manual`) is
refused where an intent is made, so every successful charge is captured.
"""

from dataclasses import dataclass
from typing import Any

from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.cards import UNAUTHENTICATED, Decline, TestCard
from store.sandbox.stripe.objects import APPLICATION, blank
from store.sandbox.stripe.settlement import SETTLE_SECONDS, settle_charge

# On the hosted page the provider's own script handles the next step.
USE_SDK = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
CARD_FIELDS = (
    "brand",
    "checks",
    "country",
    "exp_month",
    "exp_year",
    "fingerprint",
    "funding",
    "last4",
    "regulated_status",
    "wallet",
)
OPEN_STATES = ("requires_payment_method", "requires_confirmation", "requires_action")


@dataclass(frozen=True)
class Attempt:
    """What became of a card: `succeeded`, `declined` (with why) or `challenge` (3D Secure is to come)."""

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


def try_card(
    world: World,
    account: str,
    intent: Document,
    card: TestCard,
    method: Document,
    *,
    challenged: bool = False,
) -> Attempt:
    """Try a card on an intent; writes the intent, the charge if one came to be, and their events.

    `challenged` says that the buyer has passed 3D Secure.
    """
    intent["payment_method"] = method["id"]
    intent["last_payment_error"] = None
    intent["next_action"] = None
    if card.challenge and not challenged:
        intent |= {"status": "requires_action", "_challenge": new_id("3ds_", 20), "next_action": USE_SDK}
        world.put(account, "payment_intent", intent)
        world.emit(account, "payment_intent.requires_action", intent)
        return Attempt("challenge")
    decline = card.then if challenged else card.decline
    charge = _build_charge(world, account, intent, method, challenged)
    charge["_available_at_once"] = card.available_at_once
    intent["latest_charge"] = charge["id"]
    if decline:
        return _decline(world, account, intent, method, decline, charge)
    return _succeed(world, account, intent, charge)


def fail_challenge(world: World, account: str, intent: Document) -> Attempt:
    """Record that 3D Secure was not passed: the intent waits for another card, there is no charge."""
    method = world.get(account, "payment_method", intent["payment_method"])
    return _decline(world, account, intent, method, UNAUTHENTICATED, None)


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


def make_method(
    world: World,
    account: str,
    card: TestCard,
    *,
    billing: Document | None = None,
    expiry: tuple[int, int] | None = None,
) -> Document:
    """Store a card payment method; `expiry` is (month, four-digit year)."""
    month, year = expiry or (12, 2040)
    method = blank(
        world,
        "payment_method",
        type="card",
        allow_redisplay="unspecified",
        billing_details=billing_details() | (billing or {}),
        card={
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": f"sandbox{card.number[-9:]}",
            "funding": "credit",
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": card.brand != "amex"},
            "wallet": None,
        },
        _number=card.number,
    )
    world.put(account, "payment_method", method)
    return method


def billing_details() -> Document:
    """Return billing details of which nothing is known."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}


def _succeed(world: World, account: str, intent: Document, charge: Document) -> Attempt:
    charge |= {
        "status": "succeeded",
        "paid": True,
        "captured": True,
        "amount_captured": charge["amount"],
        "outcome": _outcome("approved_by_network", "authorized", None, "Payment complete."),
        "receipt_url": None,
    }
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    world.put(account, "charge", charge)
    world.put(account, "payment_intent", intent)
    if intent["capture_method"] == "automatic":
        charge = settle_charge(world, account, charge["id"], later=False)
    else:
        world.schedule(world.clock.now() + SETTLE_SECONDS, "charge.settle", account, charge["id"])
    world.emit(account, "charge.succeeded", charge)
    world.emit(account, "payment_intent.succeeded", intent)
    return Attempt("succeeded")


def _decline(
    world: World, account: str, intent: Document, method: Document, decline: Decline, charge: Document | None
) -> Attempt:
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
            "outcome": _outcome("not_sent_to_network", "blocked", "highest_risk_level", "Stripe blocked this payment.")
            if decline.blocked
            else _outcome(
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
        "last_payment_error": error,
    }
    world.put(account, "payment_intent", intent)
    world.emit(account, "payment_intent.payment_failed", intent)
    return Attempt("declined", decline)


def _build_charge(world: World, account: str, intent: Document, method: Document, challenged: bool) -> Document:
    """Return a charge of the intent that is neither succeeded nor failed yet."""
    destination = intent["transfer_data"]
    card = {name: method["card"][name] for name in CARD_FIELDS}
    merchant = world.get(world.platform, "account", account)
    prefix = merchant["settings"]["payments"]["statement_descriptor"]
    suffix = intent["statement_descriptor_suffix"]
    return blank(
        world,
        "charge",
        amount=intent["amount"],
        amount_captured=0,
        amount_refunded=0,
        application=intent["application"],
        application_fee_amount=intent["application_fee_amount"],
        billing_details=method["billing_details"],
        calculated_statement_descriptor=f"{prefix}* {suffix}"[:22] if suffix else prefix,
        captured=False,
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        disputed=False,
        fraud_details={},
        metadata=dict(intent["metadata"]),
        paid=False,
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details={
            "type": "card",
            "card": {
                **card,
                "amount_authorized": intent["amount"],
                "authorization_code": None,
                "extended_authorization": {"status": "disabled"},
                "incremental_authorization": {"status": "unavailable"},
                "installments": None,
                "mandate": None,
                "multicapture": {"status": "unavailable"},
                "network": card["brand"],
                "network_token": {"used": False},
                "network_transaction_id": None,
                "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
                "three_d_secure": _three_d_secure() if challenged else None,
            },
        },
        radar_options={},
        receipt_email=intent["receipt_email"],
        refunded=False,
        shipping=intent["shipping"],
        statement_descriptor=intent["statement_descriptor"],
        statement_descriptor_suffix=suffix,
        transfer_data={"amount": destination.get("amount"), "destination": destination["destination"]}
        if destination
        else None,
        transfer_group=intent["transfer_group"] or (f"group_{intent['id']}" if destination else None),
    )


def _three_d_secure() -> Document:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("sandbox_3ds_", 12),
        "version": "2.2.0",
    }


def _outcome(network: str, type: str, reason: str | None, message: str) -> Document:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "highest" if type == "blocked" else "normal",
        "rule": None,
        "seller_message": message,
        "type": type,
    }
