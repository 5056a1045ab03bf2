"""Checkout, the return from the provider, and what the order page can do to a payment.

Every form post is a plain one that answers 303. The return visit is a GET, so it only triggers a read of the
provider's truth and never believes its own query string.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct, structs

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.cart.controllers import read_cart_token
from store.cart.queries import read_cart, read_group
from store.cart.service import remove_code
from store.catalogue.service import SoldOut
from store.gateways.port import Declined, Disconnected, GatewayBug, GatewayError, Gateways, Unavailable
from store.kit import clock
from store.kit.errors import NotFound, ShopError, TooMany, TryLater
from store.kit.ids import new_token
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import away, origin_of, see_other
from store.kit.web.templates import page
from store.orders import service as orders
from store.orders.service import Contact
from store.payments import service
from store.payments.queries import (
    COUNTRY_CODES,
    changed_page,
    checkout_page,
    find_by_token,
    find_order,
    read_last_contact,
)
from store.payments.service import CartChanged, Payer, SellerStopped, Started, StillConfirming
from store.payments.states import Door
from store.promotions.service import CodeRefused
from store.settings import Settings

CHECK_SECONDS = 5
NO_STORE = {"Cache-Control": "no-store"}
# (tries, seconds) for one address: card testers come through here.
CHECKOUTS = (20, 60)
ORDER_ACTIONS = (60, 60)

log = structlog.get_logger(__name__)


def _text(label: str, wrong: str, longest: int) -> Any:
    return Meta(min_length=1, max_length=longest, extra={"label": label, "wrong": wrong})


class CheckoutForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the checkout page posts; amounts are never among it."""

    group: Annotated[str, Meta(max_length=120)]
    goods_hash: Annotated[str, Meta(max_length=64)]
    form_id: Annotated[str, Meta(min_length=8, max_length=64)]
    seen: Annotated[str, Meta(max_length=20_000)]
    email: Annotated[
        str,
        Meta(
            max_length=254,
            pattern=r"^[^@\s,;:<>()\[\]\\\"]+@[^@\s.,;:<>()\[\]\\\"]+(\.[^@\s.,;:<>()\[\]\\\"]+)+$",
            extra={"label": "Email", "wrong": "Enter an email address like name@example.com."},
        ),
    ]
    full_name: Annotated[str, _text("Full name", "Enter your full name.", 120)]
    address_line1: Annotated[str, _text("Address line 1", "Enter street and house number.", 200)]
    city: Annotated[str, _text("City", "Enter the town or city.", 120)]
    postcode: Annotated[str, _text("Postcode", "Enter the postcode.", 20)]
    country: Annotated[
        str,
        Meta(pattern=f"^({'|'.join(COUNTRY_CODES)})$", extra={"label": "Country", "wrong": "Choose a country."}),
    ]
    address_line2: Annotated[str, Meta(max_length=200, extra={"label": "Address line 2"})] = ""
    region: Annotated[str, Meta(max_length=120, extra={"label": "State or region"})] = ""
    without_code: Annotated[str, Meta(max_length=40)] = ""


@get("/checkout")
async def show_checkout(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    person: NamedDependency[Person | None],
    group: FromQuery[str] = "",
) -> Response[Any]:
    """The page before payment, for one checkout group of this cart."""
    cart = await read_cart(read_cart_token(request, settings))
    found = next((one for one in cart.groups if one.key == group), None)
    if cart.id is None:
        return see_other("/cart")
    if found is None or found.blocked:
        flash(request, found.blocked if found else "There is nothing to check out here: look at your cart.")
        return see_other("/cart")
    blank = {field.name: "" for field in structs.fields(CheckoutForm)}
    known = {"email": person.email if person else "", **await read_last_contact(cart.id)}
    view = checkout_page(found, {**blank, **known, "form_id": new_token()}, {})
    return page("payments/checkout.html", view, headers=NO_STORE)


@post("/checkout")
async def check_out(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Place the order and lead to the provider; the same form again leads to the same order."""
    await limits.take(f"checkout:{limits.client(request)}", *CHECKOUTS)
    cart_token = read_cart_token(request, settings) or ""
    try:
        form = await read_form(request, CheckoutForm)
    except InvalidForm as wrong:
        group = await read_group(cart_token, wrong.values.get("group", ""))
        if group is None or group.blocked:
            return see_other("/cart")
        typed = {field.name: wrong.values.get(field.name, "") for field in structs.fields(CheckoutForm)}
        return page("payments/checkout.html", checkout_page(group, typed, wrong.errors), status=422, headers=NO_STORE)
    contact = Contact(**{name: getattr(form, name) for name in Contact.__struct_fields__})
    if form.without_code:
        await remove_code(cart_token)
        return await _show_again(cart_token, form, status=200)
    try:
        started = await service.start_payment(
            gateways,
            cart_token=cart_token,
            group_key=form.group,
            goods_hash=form.goods_hash,
            form_id=form.form_id,
            contact=contact,
            base_url=settings.base_url,
            payer=Payer.at(limits.client(request), limits.scale),
            person_id=person.id if person else None,
        )
    except CartChanged as changed:
        view = changed_page(form.seen, changed.group)
        return page("payments/changed.html", view, status=409, headers=NO_STORE)
    except SoldOut as gone:
        flash(request, gone.message)
        return see_other("/cart")
    except CodeRefused as refused:
        return await _show_again(cart_token, form, status=409, code_problem=refused.message)
    except TooMany as tired:
        answer = await _show_again(cart_token, form, status=429, provider_problem=tired.message)
        answer.headers["Retry-After"] = str(tired.retry_after)
        return answer
    except StillConfirming as waiting:
        return see_other(f"/orders/{waiting.order_token}")
    except SellerStopped as stopped:
        flash(request, stopped.message)
        return see_other("/cart")
    except (TryLater, Unavailable, Declined, GatewayBug) as problem:
        return await _say_problem(cart_token, form, problem)
    return _lead(started, settings)


@get("/payments/{token:str}/return")
async def return_visit(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
    session_id: FromQuery[str] = "",
) -> Response[Any]:
    """The buyer is back: look at the provider once, then show what we know. A foreign session id opens nothing."""
    await limits.take(f"actions:{limits.client(request)}", *ORDER_ACTIONS)
    payment = await find_by_token(token)
    if payment is None:
        raise NotFound("This link belongs to no payment of this shop.")
    if not session_id:
        raise ShopError("This link is incomplete: the payment page's number is missing. Use the link in your mail.")
    if payment["provider_ref"] not in (None, session_id):
        raise NotFound("This link belongs to no payment of this shop.")
    structlog.contextvars.bind_contextvars(order=str(payment["order"]), number=payment["number"])
    await orders.note_visit(payment["order"])
    await _sync_quietly(gateways, payment["id"], Door.RETURN)
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
    order = await _order(token)
    if not await orders.claim_check(order["id"], CHECK_SECONDS):
        flash(request, "We asked Stripe a moment ago. Please wait a few seconds before the next look.")
        return see_other(f"/orders/{token}")
    payment_id = await service.find_unconfirmed(order["id"])
    if payment_id is not None:
        await _sync_quietly(gateways, payment_id, Door.CHECK)
    if (await _order(token))["payment_state"] == order["payment_state"]:
        flash(request, f"Asked Stripe at {clock.now():%H:%M} UTC: nothing new yet.")
    return see_other(f"/orders/{token}")


@post("/orders/{token:str}/pay")
async def pay_again(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Back to the open payment page, or to a new one after a failed attempt."""
    await limits.take(f"checkout:{limits.client(request)}", *CHECKOUTS)
    order = await _order(token)
    try:
        payer = Payer.at(limits.client(request), limits.scale)
        started = await service.pay_again(gateways, order["id"], settings.base_url, payer)
    except (TooMany, TryLater, SellerStopped, GatewayError) as problem:
        flash(request, _words(problem))
        return see_other(f"/orders/{token}")
    return _lead(started, settings)


@post("/orders/{token:str}/cancel")
async def cancel(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    gateways: NamedDependency[Gateways],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Cancel before payment; a payment that was faster counts."""
    await limits.take(f"actions:{limits.client(request)}", *ORDER_ACTIONS)
    order = await _order(token)
    try:
        await service.cancel_order(gateways, order["id"], Door.CHECK)
    except GatewayError as problem:
        log.warning("cancel_unknown", reason=str(problem))
        flash(request, "Stripe does not answer just now. We go on canceling and will email you if you had paid.")
    return see_other(f"/orders/{token}")


async def _order(token: str) -> dict[str, Any]:
    order = await find_order(token)
    if order is None:
        raise NotFound("This link opens no order. Please use the link in your confirmation mail.")
    structlog.contextvars.bind_contextvars(order=str(order["id"]), number=order["number"])
    return order


async def _sync_quietly(gateways: Gateways, payment_id: Any, door: Door) -> None:
    """The visitor gets the page whatever the provider does: "unknown" is left to the sweep."""
    try:
        async with asyncio.timeout(gateways.visit_seconds):
            await service.sync_payment(gateways, payment_id, door)
    except (GatewayError, TimeoutError) as problem:
        log.warning("sync_unknown", door=door, payment_id=str(payment_id), reason=str(problem))


async def _say_problem(cart_token: str, form: CheckoutForm, problem: Exception) -> Response[Any]:
    """The checkout page again, nothing typed is lost: the same form goes on with the same order."""
    log.warning("checkout_problem", error=type(problem).__name__, reason=str(problem))
    answer = await _show_again(cart_token, form, status=503, provider_problem=_words(problem))
    answer.headers["Retry-After"] = "10"
    return answer


async def _show_again(cart_token: str, form: CheckoutForm, *, status: int, **problem: str) -> Response[Any]:
    """The checkout page with what was typed, as the cart stands now; the cart's own page when it cannot be paid."""
    group = await read_group(cart_token, form.group)
    if group is None or group.blocked:
        return see_other("/cart")
    view = checkout_page(group, structs.asdict(form), {}, **problem)
    return page("payments/checkout.html", view, status=status, headers=NO_STORE)


def _lead(started: Started, settings: Settings) -> Response[Any]:
    if not started.redirect_url:
        return see_other(f"/orders/{started.order_token}")
    try:
        return away(started.redirect_url, {settings.checkout_origin})
    except ValueError:
        # A Checkout page on a domain of its own: nobody is sent to an address that the settings do not name.
        log.error("checkout_origin_unknown", origin=origin_of(started.redirect_url), known=settings.checkout_origin)
        return see_other(f"/orders/{started.order_token}")


def _words(problem: Exception) -> str:
    if isinstance(problem, ShopError):
        return problem.message
    if isinstance(problem, Disconnected):
        return "This seller cannot take payments any more. You were not charged."
    if isinstance(problem, Declined):
        return f"{problem} You were not charged."
    return "Stripe does not answer just now. You were not charged and nothing was lost: please try again in a moment."


route_handlers = [show_checkout, check_out, return_visit, check_now, pay_again, cancel]
