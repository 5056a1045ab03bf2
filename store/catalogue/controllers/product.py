"""One product's page. The cart shows it again, with words, when it has to refuse what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath
from msgspec import Struct

from store.catalogue.queries.product import Product, read_product
from store.kit.errors import NotFound
from store.kit.web.templates import page

TEMPLATE = "catalogue/product.html"
MAX_QUANTITY = 99
# To htmx: the badge in the header should look again.
CART_CHANGED = {"HX-Trigger": '{"cart-changed": {"target": "body"}}'}


class ProductPage(Struct, frozen=True):
    """A product and its form.

    `chosen` is the id of the variant that is ticked; `seen` tells the cart which prices this page showed;
    `added` is what was just put into the cart, in words; `unavailable` says that the variant asked for has
    sold out.
    """

    title: str
    product: Product
    chosen: str
    quantity: str
    most: int
    seen: str
    errors: Mapping[str, str]
    added: str
    unavailable: str

    @property
    def can_buy(self) -> bool:
        """Whether the button is there."""
        return bool(self.product.available) and not self.product.refusal


@get("/p/{slug:str}")
async def show_product(slug: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """A product; `?variant=` ticks one, `?added=` says what went into the cart. 404 when unpublished."""
    product = await read_product(slug)
    if product is None:
        raise NotFound("This product does not exist, or is no longer for sale.")
    asked = request.query_params.get("variant", "")
    added = request.query_params.get("added", "")
    view = make_view(product, chosen=asked or added, added=added)
    return page(TEMPLATE, view, headers=CART_CHANGED if view.added else {})


def make_view(
    product: Product,
    *,
    chosen: str = "",
    quantity: str = "1",
    added: str = "",
    errors: Mapping[str, str] | None = None,
) -> ProductPage:
    """The page of `product`; `chosen` and `added` are ids of variants, unknown ones count as none."""
    choices = {str(choice.id): choice for choice in product.choices}
    asked = choices.get(chosen)
    first_free = next((choice for choice in product.choices if choice.available), product.choices[0])
    ticked = asked if asked and asked.available else first_free
    unavailable = ""
    if asked and not asked.available and product.available:
        unavailable = f"{asked.label} has sold out. Perhaps another one will do?"
    put = choices.get(added)
    title = f"{product.title} – {product.seller} – Overprint"
    return ProductPage(
        title=f"Error: {title}" if errors else title,
        product=product,
        chosen=str(ticked.id),
        quantity=quantity,
        most=min(MAX_QUANTITY, max(choice.available for choice in product.choices)),
        seen=" ".join(f"{choice.id}:{choice.price}" for choice in product.choices),
        errors=errors or {},
        added=_name(product, put.label) if put else "",
        unavailable=unavailable,
    )


def read_seen(seen: str, variant_id: UUID) -> int | None:
    """The price (minor units) that a page showed for a variant, from the page's `seen`; None without one."""
    prices = dict(part.partition(":")[::2] for part in seen.split())
    price = prices.get(str(variant_id), "")
    return int(price) if price.isascii() and price.isdigit() and len(price) < 15 else None


def _name(product: Product, label: str) -> str:
    return f"{product.title}, {label}" if label else product.title
