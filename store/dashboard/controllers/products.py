"""A vendor's products: the list, and what is done to one product from it or from its page.

Each write goes to `catalogue.service` with the vendor's id, and comes back with a way to undo it where there is one.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.catalogue.service.products import archive_product, hide_product, restore_product
from store.dashboard.controllers.shared import Choice, make_choices, read_choice, read_id, read_page, read_query
from store.dashboard.queries.products import SHOWN, Item, list_products, name_product
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat

LIST = "/sell/products"


class ProductsPage(Struct, frozen=True):
    """The list. `archived` is (id, title) of what was just put away, for Undo."""

    seat: Seat
    items: tuple[Item, ...]
    filters: tuple[Choice, ...]
    shown: str
    query: str
    count: str
    page: int
    pages: int
    page_base: str
    archived: tuple[str, str]
    empty: bool


@get(LIST)
async def show_products(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """What this vendor sells; `?show=`, `?q=` and `?page=` narrow it, `?archived=` offers Undo."""
    seat = await require_seat(person, request)
    shown = read_choice(request, "show", SHOWN)
    query = read_query(request)
    found = await list_products(seat.vendor_id, shown, query, read_page(request))
    gone = read_id(request, "archived")
    title = await name_product(seat.vendor_id, gone) if gone else ""
    base = urlencode([(name, value) for name, value in (("show", shown), ("q", query)) if value])
    view = ProductsPage(
        seat=seat,
        items=found.items,
        filters=make_choices(LIST, "show", SHOWN, shown, found.counts, q=query),
        shown=shown,
        query=query,
        count=f"{found.total} {'product' if found.total == 1 else 'products'}",
        page=found.page,
        pages=found.pages,
        page_base=f"{LIST}?{base}{'&' if base else ''}page=",
        archived=(str(gone), title) if title else ("", ""),
        empty=not (query or shown or found.counts[""] or found.counts["archived"]),
    )
    return page("dashboard/products.html", view)


@post("/sell/products/{product_id:uuid}/hide")
async def hide(
    product_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Off the shelf; the product's page says so and has Publish again."""
    seat = await require_seat(person, request)
    await hide_product(seat.vendor_id, product_id)
    flash(request, "Taken off the shelf. Nobody can buy it now; Publish brings it back.")
    return see_other(f"{LIST}/{product_id}")


@post("/sell/products/{product_id:uuid}/archive")
async def archive(
    product_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Put away; the list offers Undo."""
    seat = await require_seat(person, request)
    await archive_product(seat.vendor_id, product_id)
    return see_other(f"{LIST}?archived={product_id}")


@post("/sell/products/{product_id:uuid}/restore")
async def restore(
    product_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Out of the archive, as a draft."""
    seat = await require_seat(person, request)
    await restore_product(seat.vendor_id, product_id)
    flash(request, "Back among your products, as a draft.")
    return see_other(f"{LIST}/{product_id}")
