"""Lists: home, category, seller and search. One template; htmx picks `#results` out of the same page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel import Locale
from litestar import Request, Response, get
from litestar.params import FromPath
from msgspec import Struct

from store.catalogue.controllers.address import Address, make_path, read_address
from store.catalogue.queries.cards import Card
from store.catalogue.queries.shelf import MAX_QUERY, Aisle, Directory, Seller, find_products, read_directory
from store.catalogue.states import SEARCH_SORTS, SORTS
from store.kit.errors import NotFound
from store.kit.money import LOCALE, Money
from store.kit.web.templates import page
from store.vendors.states import explain_not_selling

TEMPLATE = "catalogue/shelf.html"
SHOP = "Overprint"


class Link(Struct, frozen=True):
    """A link of a list. `swap`: it stays on the same page, so htmx may swap the results alone."""

    words: str
    href: str
    current: bool = False
    swap: bool = True


class SellerHead(Struct, frozen=True):
    """What a seller's page says of the seller; `refusal` why nothing can be bought now, "" when it can."""

    name: str
    about: str
    ink: str
    facts: str
    returns_text: str
    refusal: str


class ShelfPage(Struct, frozen=True):
    """One list. `count` is its heading; a chip removes its filter; `note` explains a sort or a cut query."""

    title: str
    heading: str
    lead: str
    query: str
    aisles: tuple[Link, ...]
    seller: SellerHead | None
    cards: tuple[Card, ...]
    count: str
    page: int
    pages: int
    page_base: str
    categories: tuple[Link, ...]
    sellers: tuple[Link, ...]
    sorts: tuple[Link, ...]
    chips: tuple[Link, ...]
    clear: str
    ignored: tuple[str, ...]
    note: str
    nothing: str
    suggestions: tuple[Card, ...]


class Head(Struct, frozen=True):
    """The part of a list's page that is not the list."""

    title: str
    heading: str
    lead: str = ""
    seller: SellerHead | None = None
    aisles: tuple[Link, ...] = ()


@get("/")
async def show_home(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Everything in the shop."""
    directory = await read_directory()
    address = read_address("/", request.query_params.multi_items(), directory, SORTS)
    aisles = tuple(Link(aisle.name, f"/c/{aisle.slug}") for aisle in directory.categories)
    lead = "Made in small runs, sold and sent by the people who made them."
    head = Head(f"Home goods from small makers – {SHOP}", "Home goods from small makers", lead, aisles=aisles)
    return await _show(head, address, directory, SORTS)


@get("/c/{slug:str}")
async def show_category(slug: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """One category."""
    directory = await read_directory()
    aisle = next((aisle for aisle in directory.categories if aisle.slug == slug), None)
    if aisle is None:
        raise NotFound("There is no such category. All categories are on the front page.")
    address = read_address(f"/c/{aisle.slug}", request.query_params.multi_items(), directory, SORTS, category=aisle)
    return await _show(Head(f"{aisle.name} – {SHOP}", aisle.name, aisle.intro), address, directory, SORTS)


@get("/s/{slug:str}")
async def show_seller(slug: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """One seller: who it is and what it sells, also while nothing can be bought from it."""
    directory = await read_directory()
    seller = next((seller for seller in directory.sellers if seller.slug == slug), None)
    if seller is None:
        raise NotFound("There is no such seller. All sellers are on the front page.")
    address = read_address(f"/s/{seller.slug}", request.query_params.multi_items(), directory, SORTS, seller=seller)
    head = Head(f"{seller.name} – {SHOP}", seller.name, seller=_describe_seller(seller))
    return await _show(head, address, directory, SORTS)


@get("/search")
async def show_search(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Products that match `q`; without one, everything."""
    directory = await read_directory()
    address = read_address("/search", request.query_params.multi_items(), directory, SEARCH_SORTS, searching=True)
    query = address.wanted.query
    heading = f"Search results for “{query}”" if query else "Search all products"
    sorts = SEARCH_SORTS if query else SORTS
    return await _show(Head(f"{heading} – {SHOP}", heading), address, directory, sorts)


async def _show(head: Head, address: Address, directory: Directory, sorts: Mapping[str, str]) -> Response[bytes]:
    wanted = address.wanted
    found = await find_products(wanted)
    ignored = address.ignored
    if found.page != wanted.page:
        ignored = (*ignored, f"page={wanted.page}")
    chips = _chips(address)
    view = ShelfPage(
        title=head.title,
        heading=head.heading,
        lead=head.lead,
        query=wanted.query,
        aisles=head.aisles,
        seller=head.seller,
        cards=found.cards,
        count=f"{found.total} {'product' if found.total == 1 else 'products'}",
        page=found.page,
        pages=found.pages,
        page_base=address.page_base(),
        categories=_facet("category", address, directory),
        sellers=_facet("seller", address, directory),
        sorts=tuple(
            Link(words, address.link(sort="" if sort == address.default_sort else sort), sort == wanted.sort)
            for sort, words in sorts.items()
        ),
        chips=chips,
        clear=make_path(address.path, {"q": wanted.query}) if len(chips) > 1 else "",
        ignored=ignored,
        note=_explain(address, found.cards),
        nothing="" if found.total else _explain_nothing(address),
        suggestions=found.suggestions,
    )
    return page(TEMPLATE, view)


def _facet(kind: str, address: Address, directory: Directory) -> tuple[Link, ...]:
    """Links for one filter; what the path fixes links to its sisters' own pages instead."""
    wanted = address.wanted
    named: tuple[Aisle | Seller, ...] = directory.categories if kind == "category" else directory.sellers
    chosen: Aisle | Seller | None = wanted.category if kind == "category" else wanted.seller
    every = "All categories" if kind == "category" else "All sellers"
    if address.fixed == kind:
        first = kind[0]
        return (
            Link(every, "/", swap=False),
            *(Link(one.name, f"/{first}/{one.slug}", one is chosen, swap=False) for one in named),
        )
    if address.fixed:
        # Within one seller (or category) only what it has.
        fixed = wanted.seller.slug if wanted.seller and kind == "category" else ""
        fixed = wanted.category.slug if wanted.category and kind == "seller" else fixed
        named = tuple(
            one for one in named if ((one.slug, fixed) if kind == "category" else (fixed, one.slug)) in directory.pairs
        )
    return (
        Link(every, address.link(**{kind: ""}), chosen is None),
        *(Link(one.name, address.link(**{kind: one.slug}), one is chosen) for one in named),
    )


def _chips(address: Address) -> tuple[Link, ...]:
    chosen = {"category": address.wanted.category, "seller": address.wanted.seller}
    return tuple(
        Link(one.name, address.link(**{kind: ""}))
        for kind, one in chosen.items()
        if one is not None and kind != address.fixed
    )


def _explain(address: Address, cards: tuple[Card, ...]) -> str:
    if address.cut:
        return f"Your search was very long: only its first {MAX_QUERY} characters were used."
    if address.wanted.sort.startswith("price") and len({card.currency for card in cards}) > 1:
        return "Prices in different currencies are sorted each for itself, dollars first."
    return ""


def _explain_nothing(address: Address) -> str:
    wanted = address.wanted
    dropped = [f"“{chip.words}”" for chip in _chips(address)]
    where = f"Nothing matches “{wanted.query}”" if wanted.query else "There is nothing here"
    if dropped:
        return f"{where} with these filters. Try without {' or without '.join(dropped)}."
    if wanted.query:
        return f"{where}. Check the spelling, or try a simpler word such as “mug” or “lamp”."
    if wanted.seller:
        return f"{wanted.seller.name} has nothing on the shelf at the moment."
    return "There is nothing on the shelves yet. Please come back soon."


def _describe_seller(seller: Seller) -> SellerHead:
    country = Locale.parse(LOCALE).territories.get(seller.country, seller.country)
    delivery = (
        f"Delivery {Money(seller.delivery_price, seller.currency)} an order"
        if seller.delivery_price
        else "Free delivery"
    )
    return SellerHead(
        name=seller.name,
        about=seller.about,
        ink=seller.ink,
        facts=f"Sends from {country} · Prices in {seller.currency} · {delivery}",
        returns_text=seller.returns_text,
        refusal=explain_not_selling(seller.name, seller.state, seller.paused),
    )
