"""The return from the provider, and what the order page can do to a payment.

The return visit is a GET, so it only triggers a read of the provider's truth and never believes its own query string.
What the buyer has agreed to there is captured on the way.
"""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from store.accounts.controllers import flash
from store.gateways.port import PAYPAL, STRIPE, GatewayError, Gateways
from store.kit import clock
from store.kit.errors import NotFound, ShopError, TooMany, TryLater
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.orders import service as orders
from store.payments import service
from store.payments.controllers.shared import (
    CHECKOUTS,
    ORDER_ACTIONS,
    lead,
    read_order,
    say,
    say_open,
    sync_quietly,
)
from store.payments.queries import find_by_token
from store.payments.service import Payer, SellerStopped, StillConfirming
from store.payments.states import Door, PaymentStatus
from store.settings import Settings

CHECK_SECONDS = 5

log = structlog.get_logger(__name__)


@get("/payments/{token:str}/return")
async def return_visit(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """The buyer is back: look at the provider once, then show what we know. A foreign session id opens nothing.

    What was agreed to at PayPal is captured on the way; after a decline the way leads back to the buttons. While
    nothing is known it leads to the order's page, which waits.
    """
    await limits.take(f"actions:{limits.client(request)}", *ORDER_ACTIONS)
    payment = await find_by_token(token)
    if payment is None:
        raise NotFound("This link belongs to no payment of this shop.")
    session_id = request.query_params.get("session_id" if payment["provider"] == STRIPE else "token", "")
    if not session_id:
        raise ShopError("This link is incomplete: the payment page's number is missing. Use the link in your mail.")
    if payment["provider_ref"] not in (None, session_id):
        raise NotFound("This link belongs to no payment of this shop.")
    structlog.contextvars.bind_contextvars(order=str(payment["order"]), number=payment["number"])
    await orders.note_visit(payment["order"])
    known = await sync_quietly(gateways, payment["id"], Door.RETURN)
    payment = await find_by_token(token) or payment
    if known and payment["provider"] == PAYPAL and payment["status"] == PaymentStatus.PENDING:
        flash(request, say_open(payment))
        return see_other(f"/pay/{payment['order_token']}")
    return see_other(f"/orders/{payment['order_token']}")


@post("/orders/{token:str}/check")
async def check_now(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Ask the provider now, at most once in 5 s for one order; then show what we know."""
    await limits.take(f"actions:{limits.client(request)}", *ORDER_ACTIONS)
    order = await read_order(token)
    if not await orders.claim_check(order["id"], CHECK_SECONDS):
        name = order["provider"]
        flash(request, f"We asked {name} a moment ago. Please wait a few seconds before the next look.")
        return see_other(f"/orders/{token}")
    payment_id = await service.find_unconfirmed(order["id"])
    if payment_id is not None and not await sync_quietly(gateways, payment_id, Door.CHECK):
        flash(request, f"{order['provider']} does not answer just now. We go on asking and will email you.")
    elif (await read_order(token))["payment_state"] == order["payment_state"]:
        flash(request, f"Asked {order['provider']} at {clock.now():%H:%M} UTC: nothing new yet.")
    return see_other(f"/orders/{token}")


@post("/orders/{token:str}/pay")
async def pay_again(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Back to the open payment page, or to a new one after a failed attempt; what is open at PayPal is given up."""
    await limits.take(f"checkout:{limits.client(request)}", *CHECKOUTS)
    order = await read_order(token)
    try:
        payer = Payer.at(limits.client(request), limits.scale)
        started = await service.pay_again(gateways, order["id"], settings.base_url, payer)
    except (TooMany, TryLater, SellerStopped, StillConfirming, GatewayError) as problem:
        flash(request, say(problem))
        return see_other(f"/orders/{token}")
    return lead(started, [settings.checkout_origin])


@post("/orders/{token:str}/cancel")
async def cancel(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Cancel before payment; a payment that was faster counts."""
    await limits.take(f"actions:{limits.client(request)}", *ORDER_ACTIONS)
    order = await read_order(token)
    try:
        await service.cancel_order(gateways, order["id"], Door.CHECK)
    except GatewayError as problem:
        log.warning("cancel_unknown", reason=str(problem))
        name = order["provider"]
        flash(request, f"{name} does not answer just now. We go on canceling and will email you if you had paid.")
    return see_other(f"/orders/{token}")


route_handlers = [return_visit, check_now, pay_again, cancel]
