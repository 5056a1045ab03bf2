"""The cart over HTTP: plain forms, answered with 303, or with 422 and the same page saying what is wrong.

Nothing here needs a session or JavaScript: the cart has its own cookie, and what Undo needs travels in the
address and the form. Reading the cart never changes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from store.cart.queries import WAITING_PREFIX, CartView, CheckoutGroup, count_items, name_variant, read_cart
from store.cart.service import (
    MAX_QUANTITY,
    Accepted,
    CartRefused,
    Removed,
    accept_changes,
    add_line,
    change_line,
    remove_line,
    restore_line,
)
from store.catalogue.controllers.product import CART_CHANGED, make_view, read_seen
from store.catalogue.controllers.product import TEMPLATE as PRODUCT_TEMPLATE
from store.catalogue.queries.product import find_product_slug, read_product
from store.kit.errors import NotFound, ShopError
from store.kit.web.cookies import read_cookie, set_cookie
from store.kit.web.forms import BadForm, InvalidForm, read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import Pages, page
from store.settings import Settings

COOKIE = "cart"
COOKIE_SECONDS = 90 * 24 * 3600
TEMPLATE = "cart/cart.html"
PRIVATE = {"Cache-Control": "no-store"}
EPOCH, TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

ACCEPTED = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9]{1,12}):([0-9]{1,2})", re.ASCII)
QUANTITY_WORDS = f"Enter a whole number from 1 to {MAX_QUANTITY}."
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY, extra={"label": "Quantity", "wrong": QUANTITY_WORDS})]


class AddForm(Struct, frozen=True):
    """Add to cart; `seen` is which prices the page showed."""

    variant: UUID
    quantity: Quantity = 1
    seen: Annotated[str, Meta(max_length=4000)] = ""


class ChangeForm(Struct, frozen=True):
    """A line's new quantity."""

    variant: UUID
    quantity: Quantity


class RemoveForm(Struct, frozen=True):
    """A line to take out."""

    variant: UUID


class RestoreForm(Struct, frozen=True):
    """What Undo puts back; `seen` in minor units, `at` in microseconds since 1970 (0: now)."""

    variant: UUID
    quantity: Quantity
    seen: Annotated[int, Meta(ge=0, le=10**12)]
    at: Annotated[int, Meta(ge=0, le=10**16)] = 0

    def as_removed(self) -> Removed:
        """The line as it was."""
        return Removed(self.variant, self.quantity, self.seen, EPOCH + self.at * TICK if self.at else None)


class AcceptForm(Struct, frozen=True):
    """The changes that are accepted, as they were `seen`: "variant:price:quantity …"."""

    seen: Annotated[str, Meta(max_length=4000)]


class GroupView(Struct, frozen=True):
    """One checkout group on the page; `id` names its heading."""

    id: str
    heading: str
    group: CheckoutGroup


class RemovedNote(Struct, frozen=True):
    """What was just taken out, and what Undo sends."""

    name: str
    form: RestoreForm


class CartPage(Struct, frozen=True):
    """The cart; `errors` and `typed` by variant id, `message` above all; `restored` is what Undo brought back."""

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
    most: int = MAX_QUANTITY


@get("/cart")
async def show_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[bytes]:
    """The cart as it stands now; `?removed=` with what Undo needs shows the way back, `?restored=` says it worked."""
    query = request.query_params
    token = read_cart_token(request, settings)
    return await _answer(token, removed=_read_removed(query), restored=query.get("restored", ""))


@get("/cart/badge")
async def show_badge(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[bytes]:
    """The cart's link with its count, a fragment."""
    pages: Pages = request.app.state.pages
    count = await count_items(read_cart_token(request, settings))
    text = pages.render("_badge.html", None, badge=count)
    return Response(text.encode(), media_type="text/html", headers=PRIVATE)


@post("/cart/add", status_code=303)
async def add_to_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Put a variant into the cart and go back to its page, which says so."""
    try:
        form = await read_form(request, AddForm)
    except InvalidForm as error:
        return await _answer_product(error.values.get("variant", ""), error.values.get("quantity", ""), error)
    slug = await find_product_slug(form.variant)
    if slug is None:
        raise NotFound("This product does not exist, or is no longer for sale.")
    try:
        token = await add_line(
            read_cart_token(request, settings),
            form.variant,
            form.quantity,
            read_seen(form.seen, form.variant),
        )
    except CartRefused as error:
        return await _answer_product(str(form.variant), str(form.quantity), error)
    return _go(f"/p/{slug}?added={form.variant}#added", token, settings)


@post("/cart/change", status_code=303)
async def change_quantity(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Set the quantity of a line."""
    token = read_cart_token(request, settings)
    try:
        form = await read_form(request, ChangeForm)
    except InvalidForm as error:
        return await _refuse_line(token, error.values, error.errors.get("quantity", error.message))
    try:
        await change_line(token, form.variant, form.quantity)
    except CartRefused as error:
        values = {"variant": str(form.variant), "quantity": str(form.quantity)}
        return await _refuse_line(token, values, error.message)
    return _go("/cart", token, settings)


@post("/cart/remove", status_code=303)
async def remove_from_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Take a line out; the cart then offers Undo."""
    form = await read_form(request, RemoveForm)
    token = read_cart_token(request, settings)
    removed = await remove_line(token, form.variant)
    if removed is None:
        return _go("/cart", token, settings)
    at = (removed.added_at - EPOCH) // TICK if removed.added_at else 0
    values = {"removed": removed.variant_id, "quantity": removed.quantity, "seen": removed.seen_price, "at": at}
    return _go(f"/cart?{urlencode(values)}", token, settings)


@post("/cart/restore", status_code=303)
async def restore_to_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Undo a removal."""
    form = await read_form(request, RestoreForm)
    token = read_cart_token(request, settings)
    try:
        token = await restore_line(token, form.as_removed())
    except CartRefused as error:
        return await _answer(token, message=error.message, status=422)
    return _go(f"/cart?restored={form.variant}", token, settings)


@post("/cart/accept", status_code=303)
async def accept_in_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Accept the changes of one group, exactly those that were shown."""
    form = await read_form(request, AcceptForm)
    token = read_cart_token(request, settings)
    await accept_changes(token, [_read_accepted(part) for part in form.seen.split()])
    return _go("/cart", token, settings)


def read_cart_token(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """The token of the visitor's cart from its cookie, or None."""
    return read_cookie(request, COOKIE, settings.https)


route_handlers = [
    show_cart,
    show_badge,
    add_to_cart,
    change_quantity,
    remove_from_cart,
    restore_to_cart,
    accept_in_cart,
]


def _go(path: str, token: str | None, settings: Settings) -> Response[Any]:
    response = see_other(path)
    if token:
        set_cookie(response, COOKIE, token, secure=settings.https, max_age=COOKIE_SECONDS)
    return response


async def _answer(
    token: str | None,
    *,
    removed: RestoreForm | None = None,
    restored: str = "",
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    message: str = "",
    status: int = 200,
) -> Response[bytes]:
    cart = await read_cart(token)
    title = "Your cart – Overprint"
    view = CartPage(
        title=f"Error: {title}" if errors else title,
        count=cart.count,
        groups=_head_groups(cart.groups),
        changed=cart.changed,
        several=sum(map(_is_payment, cart.groups)) > 1,
        removed=await _name_removed(removed, cart) if removed else None,
        restored=_name_line(restored, cart),
        errors=errors or {},
        typed=typed or {},
        message=message,
    )
    return page(TEMPLATE, view, status=status, headers={**PRIVATE, **CART_CHANGED})


async def _refuse_line(token: str | None, values: Mapping[str, str], words: str) -> Response[bytes]:
    variant = values.get("variant", "")
    return await _answer(token, errors={variant: words}, typed={variant: values.get("quantity", "")}, status=422)


async def _answer_product(variant: str, quantity: str, error: ShopError) -> Response[bytes]:
    """The product's page again, with what was typed and what is wrong with it."""
    try:
        slug = await find_product_slug(UUID(variant))
    except ValueError:
        slug = None
    product = await read_product(slug) if slug else None
    if product is None:
        raise NotFound("This product does not exist, or is no longer for sale.")
    errors = error.errors if isinstance(error, InvalidForm) else {"quantity": error.message}
    view = make_view(product, chosen=variant, quantity=quantity, errors=errors)
    return page(PRODUCT_TEMPLATE, view, status=422, headers=PRIVATE)


def _head_groups(groups: tuple[CheckoutGroup, ...]) -> tuple[GroupView, ...]:
    payments = [group.key for group in groups if _is_payment(group)]
    return tuple(
        GroupView(id=f"group-{number}", heading=_head(group, payments), group=group)
        for number, group in enumerate(groups, start=1)
    )


def _is_payment(group: CheckoutGroup) -> bool:
    return not group.gone and not group.key.startswith(WAITING_PREFIX)


def _head(group: CheckoutGroup, payments: list[str]) -> str:
    if group.gone:
        return "No longer available"
    if group.key not in payments:
        return "Not for sale at the moment"
    if len(payments) == 1:
        return "Your items"
    return f"Payment {payments.index(group.key) + 1} of {len(payments)}"


async def _name_removed(removed: RestoreForm, cart: CartView) -> RemovedNote | None:
    if _name_line(str(removed.variant), cart):
        return None
    name = await name_variant(removed.variant)
    return RemovedNote(name, removed) if name else None


def _name_line(variant_id: str, cart: CartView) -> str:
    lines = (line for group in cart.groups for vendor in group.vendors for line in vendor.lines)
    return next((line.name for line in lines if str(line.variant_id) == variant_id), "")


def _read_accepted(part: str) -> Accepted:
    match = ACCEPTED.fullmatch(part)
    if match is None:
        raise BadForm("The form is damaged. Please open your cart and try again.")
    return Accepted(UUID(match[1]), int(match[2]), int(match[3]))


def _read_removed(params: Any) -> RestoreForm | None:
    """What Undo needs, from the address; None unless all of it is there and makes sense."""
    wanted = {name: params.get(name, "") for name in ("removed", "quantity", "seen")}
    try:
        values = {**wanted, "variant": wanted.pop("removed"), "at": params.get("at", "0")}
        return msgspec.convert(values, RestoreForm, strict=False)
    except msgspec.ValidationError:
        return None
