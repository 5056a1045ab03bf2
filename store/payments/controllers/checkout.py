"""The checkout page and its form: the order is placed, and the buyer led to where it is paid.

A plain form post that answers 303; no amount is among what it sends.
"""

from __future__ import annotations

from typing import Annotated, Any

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Meta, Struct, structs

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.cart.controllers import read_cart_token
from store.cart.queries import read_cart, read_group
from store.cart.service import remove_code
from store.catalogue.service import SoldOut
from store.gateways.port import PAYPAL, STRIPE, Declined, GatewayBug, Gateways, Unavailable
from store.kit.errors import TooMany, TryLater
from store.kit.ids import new_token
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.orders.service import Contact
from store.payments import service
from store.payments.controllers.shared import CHECKOUTS, NO_STORE, lead, say
from store.payments.queries import COUNTRY_CODES, changed_page, checkout_page, list_ways, read_last_contact
from store.payments.service import CartChanged, Payer, SellerStopped, StillConfirming
from store.promotions.service import CodeRefused
from store.settings import Settings

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
    provider: Annotated[
        str, Meta(pattern=f"^({STRIPE}|{PAYPAL})$", extra={"label": "Pay with", "wrong": "Choose how to pay."})
    ] = STRIPE


@get("/checkout")
async def show_checkout(
    request: Request[Any, Any, Any],
    settings: NamedDependency[Settings],
    gateways: NamedDependency[Gateways],
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
    blank = {**{field.name: "" for field in structs.fields(CheckoutForm)}, "provider": STRIPE}
    known = {"email": person.email if person else "", **await read_last_contact(cart.id)}
    view = checkout_page(
        found, {**blank, **known, "form_id": new_token()}, {}, ways=list_ways(gateways, found.currency)
    )
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
        view = checkout_page(group, typed, wrong.errors, ways=list_ways(gateways, group.currency))
        return page("payments/checkout.html", view, status=422, headers=NO_STORE)
    contact = Contact(**{name: getattr(form, name) for name in Contact.__struct_fields__})
    if form.without_code:
        await remove_code(cart_token)
        return await _show_again(gateways, cart_token, form, status=200)
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
            provider=form.provider if gateways.paypal else STRIPE,
        )
    except CartChanged as changed:
        differences = changed_page(form.seen, changed.group)
        return page("payments/changed.html", differences, status=409, headers=NO_STORE)
    except SoldOut as gone:
        flash(request, gone.message)
        return see_other("/cart")
    except CodeRefused as refused:
        return await _show_again(gateways, cart_token, form, status=409, code_problem=refused.message)
    except TooMany as tired:
        answer = await _show_again(gateways, cart_token, form, status=429, provider_problem=tired.message)
        answer.headers["Retry-After"] = str(tired.retry_after)
        return answer
    except StillConfirming as waiting:
        return see_other(f"/orders/{waiting.order_token}")
    except SellerStopped as stopped:
        flash(request, stopped.message)
        return see_other("/cart")
    except (TryLater, Unavailable, Declined, GatewayBug) as problem:
        return await _say_problem(gateways, cart_token, form, problem)
    return lead(started, [settings.checkout_origin])


async def _say_problem(gateways: Gateways, cart_token: str, form: CheckoutForm, problem: Exception) -> Response[Any]:
    """The checkout page again, nothing typed is lost: the same form goes on with the same order."""
    log.warning("checkout_problem", error=type(problem).__name__, reason=str(problem))
    answer = await _show_again(gateways, cart_token, form, status=503, provider_problem=say(problem, form.provider))
    answer.headers["Retry-After"] = "10"
    return answer


async def _show_again(
    gateways: Gateways, cart_token: str, form: CheckoutForm, *, status: int, **problem: str
) -> Response[Any]:
    """The checkout page with what was typed, as the cart stands now; the cart's own page when it cannot be paid."""
    group = await read_group(cart_token, form.group)
    if group is None or group.blocked:
        return see_other("/cart")
    view = checkout_page(group, structs.asdict(form), {}, ways=list_ways(gateways, group.currency), **problem)
    return page("payments/checkout.html", view, status=status, headers=NO_STORE)


route_handlers = [show_checkout, check_out]
