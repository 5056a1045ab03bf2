"""What a buyer does with an order at PayPal: approves it, in a way that decides what becomes of the money, or leaves.

Used by the approval page and by tests. Invariant: no money moves here; the outcome is kept with the order, and capture
or authorization obey it. Whoever was declined may approve the same order again, with another outcome.
"""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document
from store.sandbox.paypal.app import App
from store.sandbox.paypal.buyers import describe_payer, describe_shipping, describe_wallet
from store.sandbox.paypal.errors import issue, missing
from store.sandbox.paypal.events import emit
from store.sandbox.paypal.objects import fetch
from store.sandbox.paypal.order_documents import KIND, WAITING, is_over, save_order, show_order
from store.sandbox.paypal.settings import read_settings

# `action`: approved, but PayPal wants the buyer once more when the money is to be taken.
OUTCOMES = ("balance", "declined", "echeck", "review", "action")


def approve(app: App, order_id: str, outcome: str, payer: dict[str, Any] | None = None) -> Document:
    """Approve an order and return it; the merchant is told by CHECKOUT.ORDER.APPROVED.

    `outcome`: balance | declined | echeck | review | action; `payer` changes fields of the buyer's account. PayPalError
    404 for no order or one whose time is up, 422 for one that is processed; ValueError for an outcome that is none.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome!r} is no outcome of an approval. Outcomes: {', '.join(OUTCOMES)}.")
    with app.world.tx():
        order = _find_waiting(app, order_id)
        buyer = describe_payer(payer)
        if order["_context"].get("shipping_preference", "GET_FROM_FILE") == "GET_FROM_FILE":
            for unit in order["purchase_units"]:
                unit["shipping"] = describe_shipping(buyer) | (unit.get("shipping") or {})
        order = save_order(
            app,
            order,
            status="APPROVED",
            payer=buyer,
            payment_source={"paypal": describe_wallet(buyer)},
            _outcome=outcome,
            _expires=app.now + read_settings(app).order_seconds,
        )
        emit(app, "CHECKOUT.ORDER.APPROVED", show_order(app, order), "checkout-order")
    return order


def cancel(app: App, order_id: str) -> Document:
    """Leave an order as it is and return it, as a buyer does who goes back without approving; PayPalError as above."""
    return _find_waiting(app, order_id)


def _find_waiting(app: App, order_id: str) -> Document:
    order = fetch(app, KIND, order_id, "id")
    if is_over(app, order):
        raise missing("id", order_id)
    if order["status"] not in WAITING:
        raise issue("orders.confirm", "ORDER_CANNOT_BE_CONFIRMED")
    return order
