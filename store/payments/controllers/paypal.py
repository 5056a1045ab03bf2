"""PayPal's buttons: the one page with a provider's script, the order they open, and its capture.

Amounts, items and address come from the order's rows alone; the browser names an order and nothing else. Whatever the
buttons do, the same ways exist without JavaScript: a form that leads to PayPal's page, and the return from there.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct

from store.accounts.controllers import flash
from store.gateways.port import PAYPAL, GatewayError, Gateways
from store.kit.errors import Conflict, NotFound, ShopError, TooMany, TryLater
from store.kit.web.forms import read_form
from store.kit.web.headers import payment_page_policy
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.orders import service as orders
from store.orders.states import PAYABLE
from store.payments import service
from store.payments.controllers.shared import (
    CHECKOUTS,
    NO_STORE,
    ORDER_ACTIONS,
    lead,
    read_order,
    say,
    say_open,
    sync_quietly,
)
from store.payments.queries import find_by_token, read_pay_page
from store.payments.service import Payer, SellerStopped, StillConfirming
from store.payments.states import Door, PaymentStatus
from store.settings import Settings

log = structlog.get_logger(__name__)


class OrderForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the buttons and the form beside them send: the order's token."""

    order: Annotated[str, Meta(min_length=1, max_length=64)]


@get("/pay/{token:str}")
async def show_buttons(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
) -> Response[Any]:
    """The page with PayPal's buttons; an order that cannot be paid (any more) shows its own page."""
    order = await read_order(token)
    paypal = settings.paypal
    if paypal is None or gateways.paypal is None:
        raise NotFound("This shop takes no PayPal. Your order can be paid by card from its own page.")
    if order["payment_state"] not in PAYABLE or await service.is_confirming(order["id"]):
        return see_other(f"/orders/{token}")
    nonce = secrets.token_urlsafe(16)
    # PayPal's Cancel leads back here with its order's id.
    left = "token" in request.query_params
    view = await read_pay_page(order["id"], paypal.script_url, nonce, away=gateways.paypal.is_away(), left=left)
    headers = payment_page_policy(settings.form_origins, paypal.csp_origins, nonce)
    return page("payments/pay.html", view, headers={**NO_STORE, **headers})


@post("/payments/paypal")
async def open_order(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Open the order at PayPal (createOrder): `{id, capture_url}` for the buttons, 303 to PayPal for the form."""
    await limits.take(f"checkout:{limits.client(request)}", *CHECKOUTS)
    form = await read_form(request, OrderForm)
    order = await read_order(form.order)
    buttons = request.accept.best_match(["text/html", "application/json"]) == "application/json"
    try:
        payer = Payer.at(limits.client(request), limits.scale)
        started = await service.pay_again(gateways, order["id"], settings.base_url, payer, PAYPAL)
    except (TooMany, TryLater, SellerStopped, StillConfirming, GatewayError) as problem:
        log.warning("paypal_order_problem", error=type(problem).__name__, reason=str(problem))
        if buttons:
            raise problem if isinstance(problem, ShopError) else TryLater(say(problem, PAYPAL)) from problem
        flash(request, say(problem, PAYPAL))
        return see_other(f"/pay/{form.order}")
    if not buttons:
        return lead(started, settings.paypal_origins)
    if not started.payment_ref:
        raise Conflict("This order is being confirmed, or cannot be paid any more. Its page says how it stands.")
    answer = {"id": started.payment_ref, "capture_url": f"/payments/{started.payment_token}/capture"}
    return Response(answer, status_code=200, headers=NO_STORE)


@post("/payments/{token:str}/capture")
async def capture(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Take what the buyer has agreed to (onApprove): `{redirect}`, or `{restart: true, reason}` for another try.

    An unknown outcome leads to the order's page, which says that it is being confirmed.
    """
    await limits.take(f"actions:{limits.client(request)}", *ORDER_ACTIONS)
    payment = await find_by_token(token)
    if payment is None or payment["provider"] != PAYPAL:
        raise NotFound("This link belongs to no PayPal payment of this shop.")
    structlog.contextvars.bind_contextvars(order=str(payment["order"]), number=payment["number"])
    await orders.note_visit(payment["order"])
    known = await sync_quietly(gateways, payment["id"], Door.RETURN)
    payment = await find_by_token(token) or payment
    if known and payment["status"] == PaymentStatus.PENDING:
        # The buttons open the same order once more.
        await service.ask_consent(payment["id"])
        return Response({"restart": True, "reason": say_open(payment)}, status_code=200, headers=NO_STORE)
    return Response({"redirect": f"/orders/{payment['order_token']}"}, status_code=200, headers=NO_STORE)


route_handlers = [show_buttons, open_order, capture]
