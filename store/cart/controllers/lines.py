"""The lines of a cart over HTTP: plain forms, answered with 303, or with 422 and the same page saying what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from store.cart.controllers.page import EPOCH, PRIVATE, TICK, Quantity, RestoreForm, answer, go, read_cart_token
from store.cart.service import (
    Accepted,
    CartRefused,
    accept_changes,
    add_line,
    change_line,
    remove_line,
    restore_line,
)
from store.catalogue.controllers.product import TEMPLATE as PRODUCT_TEMPLATE
from store.catalogue.controllers.product import make_view, read_seen
from store.catalogue.queries.product import find_product_slug, read_product
from store.kit.errors import NotFound, ShopError
from store.kit.web.forms import BadForm, InvalidForm, read_form
from store.kit.web.templates import page
from store.settings import Settings

ACCEPTED = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9]{1,12}):([0-9]{1,2})", re.ASCII)


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


class AcceptForm(Struct, frozen=True):
    """The changes that are accepted, as they were `seen`: "variant:price:quantity …"."""

    seen: Annotated[str, Meta(max_length=4000)]


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
    return go(f"/p/{slug}?added={form.variant}#added", token, settings)


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
    return go("/cart", token, settings)


@post("/cart/remove", status_code=303)
async def remove_from_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Take a line out; the cart then offers Undo."""
    form = await read_form(request, RemoveForm)
    token = read_cart_token(request, settings)
    removed = await remove_line(token, form.variant)
    if removed is None:
        return go("/cart", token, settings)
    at = (removed.added_at - EPOCH) // TICK if removed.added_at else 0
    values = {"removed": removed.variant_id, "quantity": removed.quantity, "seen": removed.seen_price, "at": at}
    return go(f"/cart?{urlencode(values)}", token, settings)


@post("/cart/restore", status_code=303)
async def restore_to_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Undo a removal."""
    form = await read_form(request, RestoreForm)
    token = read_cart_token(request, settings)
    try:
        token = await restore_line(token, form.as_removed())
    except CartRefused as error:
        return await answer(token, message=error.message, status=422)
    return go(f"/cart?restored={form.variant}", token, settings)


@post("/cart/accept", status_code=303)
async def accept_in_cart(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Accept the changes of one group, exactly those that were shown."""
    form = await read_form(request, AcceptForm)
    token = read_cart_token(request, settings)
    await accept_changes(token, [_read_accepted(part) for part in form.seen.split()])
    return go("/cart", token, settings)


async def _refuse_line(token: str | None, values: Mapping[str, str], words: str) -> Response[bytes]:
    variant = values.get("variant", "")
    return await answer(token, errors={variant: words}, typed={variant: values.get("quantity", "")}, status=422)


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


def _read_accepted(part: str) -> Accepted:
    match = ACCEPTED.fullmatch(part)
    if match is None:
        raise BadForm("The form is damaged. Please open your cart and try again.")
    return Accepted(UUID(match[1]), int(match[2]), int(match[3]))
