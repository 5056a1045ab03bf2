"""The variants of one product, all on one page: name, price, stock, whether on sale; two empty rows for more.

Rows travel as lists side by side. A name that is removed from a new row removes the row; what was ordered once can
only be taken off sale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.catalogue.prices import read_price
from store.catalogue.service.products import Goods, Stale, save_variants
from store.dashboard.controllers.product import MOST_STOCK, NO_PRODUCT
from store.dashboard.queries.products import Editing, Variant, read_editing
from store.kit.amounts import NotAnAmount, write_amount, write_example
from store.kit.errors import NotFound, ShopError
from store.kit.web.forms import BadForm, read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat

TEMPLATE = "dashboard/variants.html"
EMPTY_ROWS = 2
MOST_VARIANTS = 30
LONGEST_NAME = 60


class VariantsForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Each list has one entry a row, in the page's order."""

    version: int
    variant: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    stock: tuple[str, ...] = ()
    stock_seen: tuple[str, ...] = ()
    on_sale: tuple[str, ...] = ()


class Row(Struct, frozen=True):
    """One row as it is shown; `note` says what holds its stock, `now` how it stands when somebody saved meanwhile."""

    variant: str = ""
    name: str = ""
    price: str = ""
    stock: str = ""
    stock_seen: str = "0"
    on_sale: str = "yes"
    note: str = ""
    now: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed into an empty row."""
        return not (self.variant or self.name or self.price or self.stock)


class VariantsPage(Struct, frozen=True):
    """The table. `errors` by field and row (`price-2`); `stale` when it was saved meanwhile."""

    seat: Seat
    title: str
    product: Editing
    version: int
    rows: tuple[Row, ...]
    errors: Mapping[str, str]
    hint: str
    stale: bool = False


@get("/sell/products/{product_id:uuid}/variants")
async def show_variants(
    product_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Every variant of a product."""
    seat = await require_seat(person, request)
    product = await _find(seat, product_id)
    return page(TEMPLATE, _make_page(seat, product, _rows_of(product)))


@post("/sell/products/{product_id:uuid}/variants")
async def save_all(
    product_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Save all rows, or none: 422 with what to correct, 409 with what stands when it was saved meanwhile."""
    seat = await require_seat(person, request)
    product = await _find(seat, product_id)
    form = await read_form(request, VariantsForm)
    rows = _read_rows(form)
    goods, errors = _judge(rows, product)
    if errors:
        return page(TEMPLATE, _make_page(seat, product, rows, errors, version=form.version), status=422)
    try:
        await save_variants(seat.vendor_id, product_id, form.version, goods)
    except Stale:
        return page(TEMPLATE, _compare(seat, await _find(seat, product_id), rows), status=409)
    except NotFound:
        raise
    except ShopError as problem:  # more was taken away than is free
        found = _make_page(seat, await _find(seat, product_id), rows, {"": problem.message}, version=form.version)
        return page(TEMPLATE, found, status=422)
    flash(request, "The variants are saved.")
    return see_other(f"/sell/products/{product_id}")


def _read_rows(form: VariantsForm) -> list[Row]:
    lists = (form.variant, form.name, form.price, form.stock, form.stock_seen, form.on_sale)
    if len({len(one) for one in lists}) != 1 or len(form.variant) > MOST_VARIANTS + EMPTY_ROWS:
        raise BadForm("The form is damaged. Please go back, reload the page and try again.")
    rows = [Row(*values) for values in zip(*lists, strict=True)]
    return [row for row in rows if not row.is_blank]


def _judge(rows: list[Row], product: Editing) -> tuple[list[Goods], dict[str, str]]:
    goods, errors = [], dict[str, str]()
    names = [row.name.casefold() for row in rows]
    for number, row in enumerate(rows, start=1):
        which = f"Variant {number}"
        if len(rows) > 1 and not row.name:
            errors[f"name-{number}"] = f"{which}: enter a name, like Small."
        elif len(row.name) > LONGEST_NAME:
            errors[f"name-{number}"] = f"{which}: the name must be {LONGEST_NAME} characters or fewer."
        elif names.index(row.name.casefold()) < number - 1:
            errors[f"name-{number}"] = f"{which}: another one is called {row.name} already."
        price = change = 0
        try:
            price = read_price(row.price, product.currency)
        except NotAnAmount as wrong:
            errors[f"price-{number}"] = f"{which}: {wrong}" if row.price else f"{which}: enter a price."
        if not _is_count(row.stock or "0"):
            errors[f"stock-{number}"] = f"{which}: stock must be a whole number from 0 to {MOST_STOCK:,}."
        else:
            seen = int(row.stock_seen) if _is_count(row.stock_seen) and row.variant else 0
            change = int(row.stock or "0") - seen
        goods.append(Goods(_read_uuid(row.variant), row.name, price, change, row.on_sale != "no"))
    return goods, errors


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= MOST_STOCK


def _read_uuid(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(NO_PRODUCT) from None


async def _find(seat: Seat, product_id: UUID) -> Editing:
    product = await read_editing(seat.vendor_id, product_id)
    if product is None:
        raise NotFound(NO_PRODUCT)
    return product


def _rows_of(product: Editing) -> list[Row]:
    return [_row_of(variant, product.currency) for variant in product.variants]


def _row_of(variant: Variant, currency: str) -> Row:
    held = f"{variant.held} more held for orders that are being paid" if variant.held else ""
    return Row(
        variant=str(variant.id),
        name=variant.label,
        price=write_amount(variant.price, currency),
        stock=str(variant.available),
        stock_seen=str(variant.available),
        on_sale="yes" if variant.published else "no",
        note=held,
    )


def _compare(seat: Seat, product: Editing, typed: list[Row]) -> VariantsPage:
    """What was typed beside what stands; the next save is over what stands."""
    stands = {row.variant: row for row in _rows_of(product)}
    rows = []
    for row in typed:
        other = stands.pop(row.variant, None)
        if other is None:
            rows.append(row)
            continue
        same = (row.name, row.price, row.stock, row.on_sale) == (other.name, other.price, other.stock, other.on_sale)
        now = "" if same else _say(other)
        rows.append(Row(row.variant, row.name, row.price, row.stock, other.stock_seen, row.on_sale, other.note, now))
    # A row that came meanwhile stays as it is.
    return _make_page(seat, product, [*rows, *stands.values()], stale=True)


def _say(row: Row) -> str:
    sale = "" if row.on_sale == "yes" else ", not on sale"
    return f"Saved meanwhile: {row.name or 'no name'}, {row.price}, {row.stock} in stock{sale}."


def _make_page(
    seat: Seat,
    product: Editing,
    rows: list[Row],
    errors: Mapping[str, str] | None = None,
    *,
    version: int | None = None,
    stale: bool = False,
) -> VariantsPage:
    room = min(EMPTY_ROWS, MOST_VARIANTS - len(rows))
    heading = f"Variants of {product.title}"
    return VariantsPage(
        seat=seat,
        title=f"Error: {heading}" if errors else heading,
        product=product,
        version=product.version if version is None else version,
        rows=(*rows, *(Row() for _ in range(room))),
        errors=errors or {},
        hint=f"Prices in {product.currency}, like {write_example(product.currency)}.",
        stale=stale,
    )
