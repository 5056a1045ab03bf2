"""One product as its vendor edits it: a new one, saved, published; a difference when somebody saved meanwhile.

The form carries the version that it showed. Saved meanwhile, the answer is 409 with both values side by side and the
form as it was typed: saving again is then a decision, not an accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta, Struct, structs

from store.accounts.controllers import flash
from store.accounts.queries import Person
from store.catalogue.prices import read_price
from store.catalogue.service.products import (
    Goods,
    NotReady,
    Stale,
    Words,
    create_product,
    publish_product,
    save_product,
)
from store.dashboard.controllers.shared import read_id
from store.dashboard.queries.products import (
    Editing,
    find_category,
    list_categories,
    name_removed_picture,
    read_editing,
)
from store.kit.amounts import NotAnAmount, write_amount, write_example
from store.kit.errors import NotFound, ShopError
from store.kit.ids import new_id
from store.kit.money import Money
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.vendors.controllers import require_seat
from store.vendors.queries import Seat, read_standing

TEMPLATE = "dashboard/product.html"
NO_PRODUCT = "There is no such product in your shop."
MOST_STOCK = 999_999
ORDER = ("title", "summary", "description", "category", "price", "stock", "variants", "shop")


def _text(label: str, longest: int, wrong: str = "", least: int = 0) -> Any:
    return Meta(min_length=least, max_length=longest, extra={"label": label, **({"wrong": wrong} if wrong else {})})


class ProductForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page posts. `stock_seen` is what it showed: the difference is what Vera changed, whatever was sold."""

    title: Annotated[str, _text("Title", 120, "Enter a title.", 1)]
    category: Annotated[str, _text("Category", 60, "Choose a category.", 1)]
    summary: Annotated[str, _text("In one sentence", 160)] = ""
    description: Annotated[str, _text("Description", 5000)] = ""
    price: Annotated[str, _text("Price", 20)] = ""
    stock: Annotated[str, _text("Stock", 9)] = ""
    stock_seen: int = 0
    variant: str = ""
    version: int = 0
    id: str = ""
    action: Annotated[str, Meta(pattern="^(save|publish)$")] = "save"


class Difference(Struct, frozen=True):
    """One field of two versions, in words."""

    field: str
    yours: str
    now: str


class ProductPage(Struct, frozen=True):
    """The form around what was typed, or around the product as it stands. `product` is None for a new one.

    `removed` is (id, words) of a picture that can be brought back; `picture` what was typed beside a refused file.
    """

    seat: Seat
    title: str
    product: Editing | None
    currency: str
    form: Mapping[str, str]
    errors: Mapping[str, str]
    categories: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]
    price_hint: str
    removed: tuple[str, str] = ("", "")
    picture: Mapping[str, str] = {}
    picture_errors: Mapping[str, str] = {}


@get("/sell/products/new")
async def show_new(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """An empty form."""
    seat = await require_seat(person, request)
    return page(TEMPLATE, await make_page(seat, None))


@post("/sell/products")
async def create(request: Request[Any, Any, Any], person: NamedDependency[Person | None]) -> Response[Any]:
    """A new draft; with Publish it goes on the shelf at once when nothing is missing."""
    seat = await require_seat(person, request)
    try:
        form = await read_form(request, ProductForm)
        product_id = _read_uuid(form.id) or new_id()
        words, goods = await _read_words(form), await _read_goods(seat, form, None)
    except InvalidForm as wrong:
        return page(TEMPLATE, await make_page(seat, None, wrong.values, wrong.errors), status=422)
    await create_product(seat.vendor_id, product_id, words, goods)
    return await _go_on(request, seat, product_id, form.action, "Saved as a draft. Nobody but you sees it yet.")


@get("/sell/products/{product_id:uuid}")
async def show_product(
    product_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """One product; `?removed=` offers to bring a picture back."""
    seat = await require_seat(person, request)
    product = await _find(seat, product_id)
    gone = read_id(request, "removed")
    words = await name_removed_picture(seat.vendor_id, gone) if gone else ""
    return page(TEMPLATE, await make_page(seat, product, removed=(str(gone), words) if words else ("", "")))


@post("/sell/products/{product_id:uuid}")
async def save(
    product_id: FromPath[UUID], request: Request[Any, Any, Any], person: NamedDependency[Person | None]
) -> Response[Any]:
    """Save what was typed, and publish it when asked to. 409 with the difference when it was saved meanwhile."""
    seat = await require_seat(person, request)
    product = await _find(seat, product_id)
    try:
        form = await read_form(request, ProductForm)
        words, goods = await _read_words(form), await _read_goods(seat, form, product)
        try:
            await save_product(seat.vendor_id, product_id, form.version, words, goods)
        except Stale:
            typed = {name: str(value) for name, value in structs.asdict(form).items()}
            return await _show_difference(seat, await _find(seat, product_id), typed)
        except NotFound:
            raise
        except ShopError as problem:  # more was taken away than is free
            raise _invalid(form, stock=problem.message) from problem
    except InvalidForm as wrong:
        return page(TEMPLATE, await make_page(seat, product, wrong.values, wrong.errors), status=422)
    return await _go_on(request, seat, product_id, form.action, "Saved.")


async def make_page(
    seat: Seat,
    product: Editing | None,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    differences: tuple[Difference, ...] = (),
    **more: Any,
) -> ProductPage:
    """The page of `product` with what was typed, or with what it is."""
    currency = product.currency if product else (await read_standing(seat.vendor_id)).currency
    categories = await list_categories()
    heading = product.title if product else "New product"
    form = _form_of(product) if product else {"id": str(new_id()), "category": categories[0][0] if categories else ""}
    blank = {field.name: "" for field in structs.fields(ProductForm)}
    return ProductPage(
        seat=seat,
        title=f"Error: {heading}" if errors or more.get("picture_errors") else heading,
        product=product,
        currency=currency,
        form={**blank, **form, **(typed or {})},
        errors=errors or {},
        categories=categories,
        differences=differences,
        price_hint=f"In {currency}, tax included, like {write_example(currency)}.",
        **more,
    )


def _form_of(product: Editing) -> dict[str, str]:
    only = product.only
    return {
        "title": product.title,
        "summary": product.summary,
        "description": product.description,
        "category": product.category,
        "price": write_amount(only.price, product.currency) if only else "",
        "stock": str(only.available) if only else "0",
        "stock_seen": str(only.available) if only else "0",
        "variant": str(only.id) if only else "",
        "version": str(product.version),
    }


async def _find(seat: Seat, product_id: UUID) -> Editing:
    product = await read_editing(seat.vendor_id, product_id)
    if product is None:
        raise NotFound(NO_PRODUCT)
    return product


async def _read_words(form: ProductForm) -> Words:
    category = await find_category(form.category)
    if category is None:
        raise _invalid(form, category="Choose a category.")
    return Words(title=form.title, summary=form.summary, description=form.description, category=category)


async def _read_goods(seat: Seat, form: ProductForm, product: Editing | None) -> Goods | None:
    """The only variant as it was typed; None without a price, and where variants have a page of their own."""
    if product is not None and product.variants and product.only is None:
        return None
    errors = {}
    price = 0
    currency = product.currency if product else (await read_standing(seat.vendor_id)).currency
    wanted = bool(form.price) or (product is not None and product.only is not None)
    if wanted:
        try:
            price = read_price(form.price, currency)
        except NotAnAmount as wrong:
            errors["price"] = f"Price: {wrong}" if form.price else "Enter a price."
    stock = form.stock or "0"
    if not (stock.isascii() and stock.isdigit() and int(stock) <= MOST_STOCK):
        errors["stock"] = f"Stock must be a whole number from 0 to {MOST_STOCK:,}."
    elif int(stock) and not wanted:
        errors["price"] = "Enter a price: without one there is nothing to put in stock."
    if errors:
        raise _invalid(form, **errors)
    if not wanted:
        return None
    known = product.only.id if product and product.only else None
    return Goods(id=known, label="", price=price, stock_change=int(stock) - (form.stock_seen if known else 0))


def _invalid(form: ProductForm, **errors: str) -> InvalidForm:
    return InvalidForm(errors, {name: str(value) for name, value in structs.asdict(form).items()})


async def _go_on(
    request: Request[Any, Any, Any], seat: Seat, product_id: UUID, action: str, words: str
) -> Response[Any]:
    """303 to the product; what cannot be published yet is shown again, saved, with what is missing."""
    if action == "publish":
        try:
            await publish_product(seat.vendor_id, product_id)
        except NotReady as missing:
            view = await make_page(seat, await _find(seat, product_id), None, missing.missing)
            return page(TEMPLATE, view, status=422)
        words = "Published: it is on the shelf now."
    flash(request, words)
    return see_other(f"/sell/products/{product_id}")


async def _show_difference(seat: Seat, now: Editing, typed: Mapping[str, str]) -> Response[Any]:
    """Both values of each field that differs; the form keeps what was typed and saves over `now`."""
    stands = _form_of(now)
    names = dict(await list_categories())
    labels = {
        "title": "Title", "summary": "In one sentence", "description": "Description", "category": "Category",
        "price": "Price", "stock": "Stock",
    }  # fmt: skip

    def show(name: str, value: str) -> str:
        return names.get(value, value) if name == "category" else value

    differences = tuple(
        Difference(label, show(name, typed[name]) or "(empty)", show(name, stands[name]) or "(empty)")
        for name, label in labels.items()
        if _same(name, typed[name], now) != _same(name, stands[name], now)
    )
    kept = {**typed, "version": stands["version"], "stock_seen": stands["stock_seen"], "variant": stands["variant"]}
    return page(TEMPLATE, await make_page(seat, now, kept, None, differences), status=409)


def _same(name: str, value: str, product: Editing) -> str:
    """A value as it counts: 24 and 24.00 are one price."""
    if name == "price" and value:
        try:
            return str(Money(read_price(value, product.currency), product.currency))
        except NotAnAmount:
            return value
    return value


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
