"""A product's pictures from its vendor's page: upload, make it the first, remove with Undo.

An upload is decoded in a thread before anything is written; the words beside a refused file are kept.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.catalogue.imaging import Unusable, prepare_picture
from store.catalogue.service.pictures import (
    TooManyPictures,
    add_picture,
    move_picture_first,
    remove_picture,
    restore_picture,
)
from store.dashboard.controllers.product import NO_PRODUCT, TEMPLATE, make_page
from store.dashboard.queries.products import read_editing
from store.kit.errors import NotFound
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.kit.web.uploads import read_upload
from store.vendors.controllers import require_seat

UPLOADS = "/sell/uploads/"
# Beyond what a picture may have, so that one a little too large is refused beside its field, in words.
UPLOAD_BYTES = 8 * 1024 * 1024
LONGEST_ALT = 200
# (tries, seconds) for one vendor: each is decoded and encoded.
PICTURES_PER_MINUTE = (30, 60)


@post("/sell/uploads/{product_id:uuid}")
async def upload(
    product_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
    limits: NamedDependency[RateLimits],
) -> Response[Any]:
    """Add a picture; 422 with the product's page when it cannot be used or nobody said what it shows."""
    seat = await require_seat(person, request)
    product = await read_editing(seat.vendor_id, product_id)
    if product is None:
        raise NotFound(NO_PRODUCT)
    await limits.take(f"pictures:{seat.vendor_id}", *PICTURES_PER_MINUTE)
    sent = await read_upload(request, "picture", ("alt",))
    alt = " ".join(sent.fields["alt"].split())
    errors = {}
    if not sent.body:
        errors["picture"] = "Choose a picture."
    if not alt:
        errors["alt"] = "Say what the picture shows, for people who cannot see it."
    elif len(alt) > LONGEST_ALT:
        errors["alt"] = f"Say it in {LONGEST_ALT} characters or fewer."
    if sent.body:
        try:
            prepared = await prepare_picture(sent.body)
            if not errors:
                await add_picture(seat.vendor_id, product_id, prepared, alt)
        except (Unusable, TooManyPictures) as refused:
            errors["picture"] = refused.message
    if errors:
        view = await make_page(seat, product, picture={"alt": sent.fields["alt"]}, picture_errors=errors)
        return page(TEMPLATE, view, status=422)
    flash(request, "The picture is there.")
    return see_other(f"/sell/products/{product_id}")


@post("/sell/products/{product_id:uuid}/pictures/{picture_id:uuid}/first")
async def make_first(
    product_id: FromPath[UUID],
    picture_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Lists show this one from now on."""
    seat = await require_seat(person, request)
    await move_picture_first(seat.vendor_id, picture_id)
    return see_other(f"/sell/products/{product_id}")


@post("/sell/products/{product_id:uuid}/pictures/{picture_id:uuid}/remove")
async def remove(
    product_id: FromPath[UUID],
    picture_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Show it no more; the page offers Undo."""
    seat = await require_seat(person, request)
    await remove_picture(seat.vendor_id, picture_id)
    return see_other(f"/sell/products/{product_id}?removed={picture_id}")


@post("/sell/products/{product_id:uuid}/pictures/{picture_id:uuid}/restore")
async def bring_back(
    product_id: FromPath[UUID],
    picture_id: FromPath[UUID],
    request: Request[Any, Any, Any],
    person: NamedDependency[Person | None],
) -> Response[Any]:
    """Undo a removal."""
    seat = await require_seat(person, request)
    await restore_picture(seat.vendor_id, picture_id)
    flash(request, "The picture is back.")
    return see_other(f"/sell/products/{product_id}")
