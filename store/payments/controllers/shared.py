"""What the pages of a payment share: the order behind a token, the way on, and the words for what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from litestar import Response

from store.gateways.port import NAMES, PAYPAL, STRIPE, Declined, Disconnected, GatewayBug, GatewayError, Gateways
from store.kit.errors import NotFound, ShopError
from store.kit.web.redirects import away, origin_of, see_other
from store.payments import service
from store.payments.queries import find_order
from store.payments.service import Started
from store.payments.states import Door, PaymentStatus

NO_STORE = {"Cache-Control": "no-store"}
# (tries, seconds) for one address: card testers come through here.
CHECKOUTS = (20, 60)
ORDER_ACTIONS = (60, 60)

# How often a visitor's page looks whether the money that another door asks for has come.
LOOK_SECONDS = 0.1

log = structlog.get_logger(__name__)


async def read_order(token: str) -> dict[str, Any]:
    """The order behind its token. Raises NotFound."""
    order = await find_order(token)
    if order is None:
        raise NotFound("This link opens no order. Please use the link in your confirmation mail.")
    structlog.contextvars.bind_contextvars(order=str(order["id"]), number=order["number"])
    return order


async def sync_quietly(gateways: Gateways, payment_id: Any, door: Door) -> bool:
    """The visitor gets the page whatever the provider does: "unknown" (False) is left to the sweep.

    Where another door has just asked for the money, its answer is waited for: a moment later the page says "Paid".
    """
    try:
        async with asyncio.timeout(gateways.visit_seconds):
            status = await service.sync_payment(gateways, payment_id, door)
            while status == PaymentStatus.CAPTURING:
                await asyncio.sleep(LOOK_SECONDS)
                status = await service.read_status(payment_id)
    except (GatewayError, TimeoutError) as problem:
        log.warning("sync_unknown", door=door, payment_id=str(payment_id), reason=str(problem))
        return False
    return True


def lead(started: Started, origins: Collection[str]) -> Response[Any]:
    """Where the buyer goes on: the provider's page at one of `origins`, PayPal's buttons, or the order's own page."""
    if started.to_buttons:
        return see_other(f"/pay/{started.order_token}")
    if not started.redirect_url:
        return see_other(f"/orders/{started.order_token}")
    try:
        return away(started.redirect_url, origins)
    except ValueError:
        # A Checkout page on a domain of its own: nobody is sent to an address that the settings do not name.
        log.error("checkout_origin_unknown", origin=origin_of(started.redirect_url), known=sorted(origins))
        return see_other(f"/orders/{started.order_token}")


def say_open(payment: Mapping[str, Any]) -> str:
    """Why a buyer who came back from PayPal has not paid, and what to do."""
    reason = payment["failure_reason"] or "PayPal has not had your consent yet"
    return f"{reason}. You were not charged: try again, or choose another way to pay."


def say(problem: Exception, provider: str = STRIPE) -> str:
    """What went wrong and what to do, in words for the buyer."""
    if isinstance(problem, ShopError):
        return problem.message
    if isinstance(problem, Disconnected):
        return "This seller cannot take payments any more. You were not charged."
    if isinstance(problem, Declined):
        text = str(problem)
        return f"{text if text.endswith(('.', '!', '?')) else text + '.'} You were not charged."
    asked = getattr(problem, "provider", "") or provider
    name = NAMES[asked]
    if asked != provider:
        # The page that is open at the other one must be seen closed first; whether it was paid is not known.
        return (
            f"{name} does not answer just now, so we do not know yet whether you have paid there. Nothing was opened "
            f"at {NAMES[provider]}, so that nobody pays twice: look at your order's page, or try again in a moment."
        )
    if isinstance(problem, GatewayBug) and provider == PAYPAL:
        return "PayPal cannot take this payment. You were not charged: please choose another way to pay."
    return f"{name} does not answer just now. You were not charged and nothing was lost: please try again in a moment."
