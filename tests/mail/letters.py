"""Views of mails as slices hand them in, and the outbox written by hand."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from store.kit.db import transaction
from store.mail.service import send_once
from store.sandbox.mailbox import Mailbox

PART = {
    "vendor": "Kiln & Co",
    "subtotal": 4800,
    "delivery": 600,
    "total": 5400,
    "lines": [{"title": "Enamel mug", "variant": "Blue", "quantity": 2, "unit_price": 2400, "total": 4800}],
}
ORDER: dict[str, Any] = {
    "number": "OP-7K3M9",
    "path": "/orders/tok",
    "name": "Ada Buyer",
    "address": ["Ada Buyer", "1 Analytical Row", "N1 9GU London", "United Kingdom"],
    "currency": "USD",
    "subtotal": 4800,
    "delivery": 600,
    "total": 5400,
    "descriptor": "OP-7K3M9",
    "method": "Visa ending in 4242",
    "parts": [PART],
}
MORE: dict[str, dict[str, Any]] = {
    "order_confirmed": {},
    "payment_failed": {"reason": "The card has expired"},
    "refunded": {"amount": 1250, "reason": "The payment arrived after the order had ended."},
    "refund_failed": {"amount": 1250, "reason": "the card was reported lost or stolen"},
    "shipped": {"vendor": "Kiln & Co", "carrier": "Royal Mail", "tracking": "RM 123 456"},
    "invited": {"shop": "Kiln & Co", "by": "vera@example.com", "role": "staff", "path": "/sell/join/tok"},
    "verify_email": {"path": "/account/verify/tok"},
    "reset_password": {"path": "/account/reset/tok"},
    "password_changed": {"path": "/account/reset"},
    "email_changed": {"email": "ada.new@example.com"},
    "sold": {"share": 4860, "path": "/sell/orders/part"},
    "asked": {
        "text": "One handle is off.\nWhat now?",
        "reason": "It arrived damaged",
        "refund": True,
        "reply_to": "ada@example.com",
        "path": "/sell/orders/part",
    },
    "approved": {"shop": "Kiln & Co", "path": "/sell/home"},
    "restricted": {
        "shop": "Kiln & Co",
        "state": "restricted",
        "wants": "Stripe still needs: a bank account for your payouts, by 4 March 2026.",
        "why": "Something Stripe asked for is overdue.",
        "path": "/sell/onboarding",
    },
}


async def write(kind: str, cause: str = "order-1", to: str = "ada@example.com", **changes: Any) -> None:
    """Put one mail into the outbox."""
    async with transaction():
        await send_once(kind, cause, to, {**ORDER, **MORE[kind], **changes})


def read_sources(mailbox: Mailbox) -> list[EmailMessage]:
    """Every mail as it came over the wire, newest first."""
    rows = mailbox._records.execute("SELECT source FROM mails ORDER BY id DESC")
    messages = [message_from_bytes(row["source"], policy=policy.default) for row in rows]
    return [message for message in messages if isinstance(message, EmailMessage)]
