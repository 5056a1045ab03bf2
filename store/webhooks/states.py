"""The provider's side door in words: which events we ask for, at which addresses of ours they arrive."""

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
# Where the provider delivers: its own account's events, and those of connected accounts.
PATHS = {"account": "/webhooks/stripe", "connect": "/webhooks/stripe/connect"}
