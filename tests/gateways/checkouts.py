"""The steps of a checkout that more than one file of the contract suite takes, through the port alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from store.gateways.port import CheckoutItem, CheckoutRequest, OpenedCheckout, RefundRequest
from store.kit import clock
from tests.gateways.benches import Bench

KINDS = ["direct", "destination", "separate"]


def make_request(bench: Bench, kind: str = "destination", **changes: Any) -> CheckoutRequest:
    """A checkout of 30.00 with a fee of 3.00."""
    values: dict[str, Any] = {
        "payment_id": str(uuid4()),
        "order_id": str(uuid4()),
        "order_number": "OP-7K3M9",
        "charge_type": kind,
        "account_ref": {"direct": bench.direct, "destination": bench.destination}.get(kind, ""),
        "currency": "USD",
        "total": 3000,
        "fee": 300,
        "items": [CheckoutItem("Mug", 1200, 2), CheckoutItem("Delivery", 600, 1)],
        "email": "ada@example.com",
        "success_url": "http://localhost:8000/back?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:8000/orders/x",
        "descriptor_suffix": "OP-7K3M9",
        "expires_at": clock.now() + timedelta(minutes=45),
    }
    return CheckoutRequest(**{**values, **changes})


def lives_on(request: CheckoutRequest) -> str:
    """The account whose world the payment belongs to."""
    return request.account_ref if request.charge_type == "direct" else ""


async def open_it(bench: Bench, request: CheckoutRequest) -> OpenedCheckout:
    """Open a checkout under its payment's id."""
    frozen = bench.gateway.freeze_checkout(request)
    opened: OpenedCheckout = await bench.gateway.open_checkout(frozen, lives_on(request), request.payment_id)
    return opened


async def pay_for(bench: Bench, request: CheckoutRequest) -> tuple[str, str]:
    """Open and pay; returns (session, charge)."""
    opened = await open_it(bench, request)
    await bench.pay(opened.ref, opened.redirect_url)
    snapshot = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    return opened.ref, snapshot.capture_ref


def refund_of(request: CheckoutRequest, charge: str, **changes: Any) -> RefundRequest:
    """All of it, with everything that was passed on."""
    values: dict[str, Any] = {
        "refund_id": str(uuid4()),
        "order_id": request.order_id,
        "capture_ref": charge,
        "account_ref": lives_on(request),
        "charge_type": request.charge_type,
        "amount": request.total,
        "currency": request.currency,
        "fee_taken": True,
        "give_back_all": True,
    }
    return RefundRequest(**{**values, **changes})
