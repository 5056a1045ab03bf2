"""The providers' side doors in words: which events we ask for, at which addresses of ours they arrive."""

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
ATTEMPT_EVENTS = frozenset({"payment_intent.payment_failed"})
CAPTURE_EVENTS = frozenset({"charge.updated"})
REFUND_EVENTS = frozenset({"charge.refunded", "refund.created", "refund.updated", "refund.failed"})
# Our own reversals among them; one made at the provider is heard of by this alone.
TRANSFER_EVENTS = frozenset({"transfer.reversed"})
ACCOUNT_EVENTS = frozenset({"account.updated", "capability.updated", "account.application.deauthorized"})
# Those that tell of money: an account that sends none of them while somebody pays there is silent.
MONEY_EVENTS = SESSION_EVENTS | ATTEMPT_EVENTS | CAPTURE_EVENTS | REFUND_EVENTS
HANDLED = MONEY_EVENTS | TRANSFER_EVENTS | ACCOUNT_EVENTS
# PayPal's. A denied capture has two names: production sends one, its simulator the other.
PAYPAL_CONSENT = "CHECKOUT.ORDER.APPROVED"
PAYPAL_ORDER_EVENTS = frozenset({PAYPAL_CONSENT, "CHECKOUT.ORDER.COMPLETED", "CHECKOUT.PAYMENT-APPROVAL.REVERSED"})
PAYPAL_CAPTURE_EVENTS = frozenset(
    {
        "PAYMENT.CAPTURE.COMPLETED",
        "PAYMENT.CAPTURE.PENDING",
        "PAYMENT.CAPTURE.DENIED",
        "PAYMENT.CAPTURE.DECLINED",
    }
)
# Their resource is a refund.
PAYPAL_REFUND_EVENTS = frozenset(
    {"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.FAILED"}
)
PAYPAL_MONEY_EVENTS = PAYPAL_ORDER_EVENTS | PAYPAL_CAPTURE_EVENTS | PAYPAL_REFUND_EVENTS
PAYPAL_PAYOUT_EVENTS = frozenset(
    f"PAYMENT.PAYOUTS-ITEM.{end}"
    for end in ("SUCCEEDED", "FAILED", "UNCLAIMED", "RETURNED", "HELD", "BLOCKED", "REFUNDED", "CANCELED", "DENIED")
) | frozenset(f"PAYMENT.PAYOUTSBATCH.{end}" for end in ("PROCESSING", "SUCCESS", "DENIED"))
PAYPAL_DISPUTE_EVENTS = frozenset(f"CUSTOMER.DISPUTE.{step}" for step in ("CREATED", "UPDATED", "RESOLVED"))
PAYPAL_HANDLED = PAYPAL_MONEY_EVENTS | PAYPAL_PAYOUT_EVENTS | PAYPAL_DISPUTE_EVENTS
# By provider: what its list is asked for, and which of it tells that somebody pays.
LISTED = {"stripe": HANDLED, "paypal": PAYPAL_HANDLED}
TELLS_OF_MONEY = {"stripe": MONEY_EVENTS, "paypal": PAYPAL_MONEY_EVENTS}
# Where the provider delivers: its own account's events, and those of connected accounts.
PATHS = {"account": "/webhooks/stripe", "connect": "/webhooks/stripe/connect"}
PAYPAL_PATH = "/webhooks/paypal"
