"""The cart's page: what lies in it, in payments, with what is wrong and what can be undone. Reading changes nothing.

Nothing here needs a session or JavaScript: the cart has its own cookie, and what Undo needs travels in the
address and the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from store.cart.queries import CartView, CheckoutGroup, count_items, name_variant, read_cart
from store.cart.service import MAX_QUANTITY, Removed
from store.catalogue.controllers.product import CART_CHANGED
from store.kit.web.cookies import read_cookie, set_cookie
from store.kit.web.redirects import see_other
from store.kit.web.templates import Pages, page
from store.settings import Settings

COOKIE = "cart"
COOKIE_SECONDS = 90 * 24 * 3600
TEMPLATE = "cart/cart.html"
PRIVATE = {"Cache-Control": "no-store"}
EPOCH, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

QUANTITY_WORDS = f"Enter a whole number from 1 to {MAX_QUANTITY}."
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY, extra={"label": "Quantity", "wrong": QUANTITY_WORDS})]


class RestoreForm(Struct, frozen=True):
    """What Undo puts back; `seen` in minor units, `at` in microseconds since 1970 (0: now)."""

    variant: UUID
    quantity: Quantity
    seen: Annotated[int, Meta(ge=0, le=10**12)]
    at: Annotated[int, Meta(ge=0, le=10**16)] = 0

    def as_removed(self) -> Removed:
        """The line as it was."""
        return Removed(self.variant, self.quantity, self.seen, EPOCH + self.at * TICK if self.at else None)


class GroupView(Struct, frozen=True):
    """One checkout group on the page; `id` names its heading, `asks_code` says where the code's field stands."""

    id: str
    heading: str
    group: CheckoutGroup
    asks_code: bool = False


class RemovedNote(Struct, frozen=True):
    """What was just taken out, and what Undo sends."""

    name: str
    form: RestoreForm


class CartPage(Struct, frozen=True):
    """The cart; `errors` and `typed` by variant id, `message` above all; `restored` is what Undo brought back.

    `code_error` is why the code in `typed_code` was refused, `code_said` what just happened to the cart's code.
    """

    title: str
    count: int
    groups: tuple[GroupView, ...]
    changed: bool
    several: bool
    removed: RemovedNote | None
    restored: str
    errors: Mapping[str, str]
    typed: Mapping[str, str]
    message: str
    code_error: str
    typed_code: str
    code_said: str
    most: int = MAX_QUANTITY


@get("/cart")
async def show_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[bytes]:
    """The cart as it stands now; `?removed=` with what Undo needs shows the way back, `?restored=` says it worked."""
    query = request.query_params
    token = read_cart_token(request, settings)
    return await answer(
        token, removed=_read_removed(query), restored=query.get("restored", ""), said=query.get("code", "")
    )


@get("/cart/badge")
async def show_badge(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[bytes]:
    """The cart's link with its count, a fragment."""
    pages: Pages = request.app.state.pages
    count = await count_items(read_cart_token(request, settings))
    text = pages.render("_badge.html", None, badge=count)
    return Response(text.encode(), media_type="text/html", headers=PRIVATE)


def read_cart_token(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The token of the visitor's cart from its cookie, or None."""
    return read_cookie(request, COOKIE, settings.https)


def go(path: str, token: str | None, settings: Settings) -> Response[Any]:
    response = see_other(path)
    if token:
        set_cookie(response, COOKIE, token, secure=settings.https, max_age=COOKIE_SECONDS)
    return response


async def answer(
    token: str | None,
    *,
    removed: RestoreForm | None = None,
    restored: str = "",
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    message: str = "",
    code_error: str = "",
    typed_code: str = "",
    said: str = "",
    status: int = 200,
) -> Response[bytes]:
    cart = await read_cart(token)
    title = "Your cart – Overprint"
    view = CartPage(
        title=f"Error: {title}" if errors or code_error else title,
        count=cart.count,
        groups=_head_groups(cart.groups),
        changed=cart.changed,
        several=sum(map(_is_payment, cart.groups)) > 1,
        removed=await _name_removed(removed, cart) if removed else None,
        restored=_name_line(restored, cart),
        errors=errors or {},
        typed=typed or {},
        message=message,
        code_error=code_error,
        typed_code=typed_code,
        code_said=_say_code(said, cart),
    )
    return page(TEMPLATE, view, status=status, headers={**PRIVATE, **CART_CHANGED})


def _head_groups(groups: tuple[CheckoutGroup, ...]) -> tuple[GroupView, ...]:
    payments = [group.key for group in groups if _is_payment(group)]
    # One code for the whole cart: where it counts, where it is refused, else at the first payment.
    asks = next((group.key for group in groups if group.applied), payments[0] if payments else "")
    return tuple(
        GroupView(id=f"group-{number}", heading=_head(group, payments), group=group, asks_code=group.key == asks)
        for number, group in enumerate(groups, start=1)
    )


def _is_payment(group: CheckoutGroup) -> bool:
    return not group.gone and not group.waiting


def _head(group: CheckoutGroup, payments: list[str]) -> str:
    if group.gone:
        return "No longer available"
    if group.key not in payments:
        return "Not for sale at the moment"
    if len(payments) == 1:
        return "Your items"
    return f"Payment {payments.index(group.key) + 1} of {len(payments)}"


def _say_code(said: str, cart: CartView) -> str:
    applied = cart.applied
    if said == "applied" and applied and not applied.problem:
        return f"{applied.code} is applied."
    return "The promotion code is taken off." if said == "removed" and not cart.code else ""


async def _name_removed(removed: RestoreForm, cart: CartView) -> RemovedNote | None:
    if _name_line(str(removed.variant), cart):
        return None
    name = await name_variant(removed.variant)
    return RemovedNote(name, removed) if name else None


def _name_line(variant_id: str, cart: CartView) -> str:
    lines = (line for group in cart.groups for vendor in group.vendors for line in vendor.lines)
    return next((line.name for line in lines if str(line.variant_id) == variant_id), "")


def _read_removed(params: Any) -> RestoreForm | None:
    """What Undo needs, from the address; None unless all of it is there and makes sense."""
    wanted = {name: params.get(name, "") for name in ("removed", "quantity", "seen")}
    try:
        values = {**wanted, "variant": wanted.pop("removed"), "at": params.get("at", "0")}
        return msgspec.convert(values, RestoreForm, strict=False)
    except msgspec.ValidationError:
        return None
