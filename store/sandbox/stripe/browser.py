"""What a browser sees with a publishable key and an intent's client secret.

The fields are those that the provider's browser library declares (`PaymentIntent` of `@stripe/stripe-js` 10.2).
Invariant: what the merchant keeps to itself (metadata, customer, fee, destination, charge) reaches no browser, neither
in an answer nor in a refusal nor by expansion.
"""

from store.sandbox.kernel.errors import refuse
from store.sandbox.kernel.world import Document, public
from store.sandbox.stripe.routing import Call

DECLARED = """
    id object amount canceled_at cancellation_reason capture_method client_secret confirmation_method created currency
    description last_payment_error livemode next_action payment_method payment_method_types receipt_email
    setup_future_usage shipping status
"""
INTENT_FIELDS = frozenset(DECLARED.split())
EXPANDABLE = "payment_method"


def show(call: Call, document: Document) -> Document:
    """Return what the caller may see of a document: a server all that is public, a browser its share of an intent."""
    shown: Document = public(document)
    if call.publishable and shown["object"] == "payment_intent":
        return {name: value for name, value in shown.items() if name in INTENT_FIELDS}
    return shown


def check_expansion(paths: list[str] | None) -> None:
    """Refuse a browser's expansion of anything but the payment method itself."""
    for path in paths or []:
        if path != EXPANDABLE:
            raise refuse(f"This property cannot be expanded ({path}).", param="expand")
