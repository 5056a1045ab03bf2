"""Payment intents as the API sees them: create, retrieve, list, update, confirm, capture, cancel.

An intent that a Checkout Session made is confirmed by the buyer on its page only, and cancelled by expiring the
session (docs.stripe.com/payments/paymentintents/lifecycle). A card that asks for 3D Secure sends the buyer to the
sandbox's page when a `return_url` was given. Invariant: an intent in `succeeded` or `canceled` is never changed again.
"""

from typing import Any

from store.sandbox.kernel.errors import ApiError, Unsupported, refuse
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.params import merge_metadata
from store.sandbox.kernel.world import Document
from store.sandbox.stripe import rules
from store.sandbox.stripe.browser import show
from store.sandbox.stripe.captures import capture_intent, release_hold
from store.sandbox.stripe.cards import find_card
from store.sandbox.stripe.checks import bad_address, table
from store.sandbox.stripe.connect.abilities import check_charging
from store.sandbox.stripe.money import check_amount, check_currency
from store.sandbox.stripe.payment_methods import card_error, find_method
from store.sandbox.stripe.payments import OPEN_STATES, cancel_intent, open_intent, try_card
from store.sandbox.stripe.routing import LISTS, Call, Route
from store.sandbox.stripe.splits import check_split

AUTHENTICATE_PATH = "/c/authenticate/"
WORDS = (
    "description receipt_email shipping statement_descriptor statement_descriptor_suffix transfer_group "
    "application_fee_amount"
)


def create_intent(call: Call) -> Document:
    """Create an intent, and confirm it at once if asked."""
    params = call.params
    check_charging(call.world, call.account)
    currency = check_currency(params["currency"], "currency")
    check_amount(params["amount"], currency, "amount")
    check_split(call, params, params["amount"], currency)
    if params.get("customer"):
        call.world.get(call.account, "customer", params["customer"], param="customer")
    kept = {
        *WORDS.split(),
        "capture_method",
        "transfer_data",
        "on_behalf_of",
        "customer",
        "allowed_payment_method_types",
    }
    data: dict[str, Any] = {name: value for name, value in params.items() if name in kept}
    data["metadata"] = merge_metadata({}, params.get("metadata") or {})
    data["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True} | (
        params.get("automatic_payment_methods") or {}
    )
    intent = open_intent(call.world, call.account, params["amount"], currency, data)
    if "payment_method" in params:
        method = find_method(call.world, call.account, params["payment_method"], "payment_method")
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
        call.world.put(call.account, "payment_intent", intent)
    if params.get("confirm"):
        return _confirm(call, intent)
    for name in ("return_url", "off_session", "error_on_requires_action"):
        if name in params:
            raise refuse(f"`{name}` goes with confirm=true only.", param=name)
    return intent


def retrieve_intent(call: Call) -> Document:
    """Return one intent of this account; a publishable key needs its client secret."""
    intent = call.world.get(call.account, "payment_intent", call.ids["intent"], param="intent")
    secret = call.client_secret if call.publishable else call.params.get("client_secret")
    if (call.publishable or secret is not None) and secret != intent["client_secret"]:
        raise refuse(
            "The client_secret provided does not match the client_secret associated with this PaymentIntent.",
            param="client_secret",
            code="payment_intent_invalid_parameter",
        )
    return intent


def list_intents(call: Call) -> Document:
    """Return intents newest first, of one customer if asked."""
    return call.page("payment_intent", "customer", "customer_account")


def update_intent(call: Call) -> Document:
    """Change an intent's words and metadata, and its amount while nothing was paid."""
    intent, params = retrieve_intent(call), call.params
    if intent["status"] not in OPEN_STATES and set(params) - {"metadata", "description", "expand"}:
        raise _unexpected(intent, "updated")
    if "amount" in params:
        _refuse_session(intent, "updated")
        check_amount(params["amount"], intent["currency"], "amount")
    amount: int = params["amount"] if "amount" in params else intent["amount"]
    check_split(call, intent | params, amount, intent["currency"])
    for name in (*WORDS.split(), "amount"):
        if name in params:
            intent[name] = params[name]
    if "metadata" in params:
        intent["metadata"] = merge_metadata(intent["metadata"], params["metadata"])
    if "payment_method" in params:
        _refuse_session(intent, "updated")
        method = find_method(call.world, call.account, params["payment_method"], "payment_method")
        intent |= {
            "payment_method": method["id"],
            "status": "requires_confirmation",
            "last_payment_error": None,
        }
    call.world.put(call.account, "payment_intent", intent)
    return intent


def confirm_intent(call: Call) -> Document:
    """Try the intent's card; a decline is a 402 `card_error` and leaves the intent open for another card."""
    intent = retrieve_intent(call)
    _refuse_session(intent, "confirmed")
    if intent["status"] not in OPEN_STATES:
        raise _unexpected(intent, "confirmed")
    if "payment_method" in call.params:
        method = find_method(call.world, call.account, call.params["payment_method"], "payment_method")
        intent["payment_method"] = method["id"]
    if "capture_method" in call.params:
        intent["capture_method"] = call.params["capture_method"]
    return _confirm(call, intent)


def capture(call: Call) -> Document:
    """Capture the money that an intent holds, in full or in part."""
    return capture_intent(call.world, call.account, retrieve_intent(call), call.params)


def cancel(call: Call) -> Document:
    """Cancel an intent that has not succeeded; money that is held goes back."""
    intent, reason = retrieve_intent(call), call.params.get("cancellation_reason")
    if intent["status"] == "requires_capture":
        return release_hold(call.world, call.account, intent, reason)
    _refuse_session(intent, "canceled")
    if intent["status"] not in OPEN_STATES:
        raise _unexpected(intent, "canceled")
    return cancel_intent(call.world, call.account, intent, reason)


def _confirm(call: Call, intent: Document) -> Document:
    if intent["payment_method"] is None:
        raise refuse(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    method = call.world.get(call.account, "payment_method", intent["payment_method"])
    if method["type"] != "card":
        raise Unsupported("confirming by API with a bank account; use Checkout", param="payment_method")
    card = find_card(method["_number"])
    params = call.params
    challenge = new_id("3ds_", 20)
    intent["_return"] = params.get("return_url")
    attempt = try_card(
        call.world,
        call.account,
        intent,
        card,
        method,
        off_session=bool(params.get("off_session") or params.get("error_on_requires_action")),
        challenge=challenge,
        next_action=_redirect(call, intent, challenge) if params.get("return_url") else None,
    )
    if attempt.decline:
        raise card_error(
            attempt.decline, keeps_effect=True, charge=intent["latest_charge"], payment_intent=show(call, intent)
        )
    return intent


def _redirect(call: Call, intent: Document, challenge: str) -> Document:
    """Return the next action of an intent whose buyer is sent to the bank's page and comes back to `return_url`."""
    url = f"{call.origin}{AUTHENTICATE_PATH}{intent['id']}/{challenge}"
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": call.params["return_url"], "url": url}}


def _refuse_session(intent: Document, verb: str) -> None:
    if "_session" in intent:
        raise refuse(
            f"The PaymentIntent {intent['id']} was created by Checkout and cannot be {verb} by API; "
            "expire its Checkout Session instead.",
            code="payment_intent_unexpected_state",
        )


def _unexpected(intent: Document, verb: str) -> ApiError:
    return refuse(
        f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
        param="intent",
    )


bad_return = table(bad_address("return_url", "§3.1 confirmed with return_url"))

CREATE = f"""
    amount currency confirm payment_method customer metadata capture_method transfer_data on_behalf_of
    return_url off_session error_on_requires_action allowed_payment_method_types automatic_payment_methods {WORDS}
"""

ROUTES = (
    Route("POST /v1/payment_intents", create_intent, CREATE, (rules.INTENT_CREATE, bad_return)),
    Route("GET /v1/payment_intents/{intent}", retrieve_intent, "client_secret", publishable=True),
    Route("GET /v1/payment_intents", list_intents, f"{LISTS} created customer customer_account"),
    Route("POST /v1/payment_intents/{intent}", update_intent, f"amount metadata payment_method {WORDS}"),
    Route(
        "POST /v1/payment_intents/{intent}/confirm",
        confirm_intent,
        "payment_method return_url off_session error_on_requires_action capture_method",
        (bad_return,),
        publishable=True,
    ),
    Route(
        "POST /v1/payment_intents/{intent}/capture",
        capture,
        "amount_to_capture application_fee_amount transfer_data.amount metadata statement_descriptor "
        "statement_descriptor_suffix",
    ),
    Route("POST /v1/payment_intents/{intent}/cancel", cancel, "cancellation_reason"),
)
