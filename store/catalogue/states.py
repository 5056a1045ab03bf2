"""What a shelf says about stock, and the orders in which a list can be read; pure words and rules."""

from __future__ import annotations

LOW_STOCK = 3
# Address value → words on the page.
SORTS = {
    "newest": "Newest",
    "price": "Price, low to high",
    "price-down": "Price, high to low",
    "name": "Name, A to Z",
}
NEWEST, BEST_MATCH = "newest", "match"
SEARCH_SORTS = {BEST_MATCH: "Best match", **SORTS}


def describe_stock(available: int) -> tuple[str, str]:
    """Words and tone for how many can be had: in stock, "Only 2 left", or sold out."""
    if available <= 0:
        return "Sold out", "bad"
    if available <= LOW_STOCK:
        return f"Only {available} left", "warn"
    return "In stock", "ok"
