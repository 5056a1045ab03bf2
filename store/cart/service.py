"""Cart verbs: add, change, remove, restore (Undo), accept, apply a code; and what an order needs of a cart.

A cart promises nothing: adding holds no stock. Every verb locks its cart first, so two tabs queue up. A cart
is found only by a token we issued; an unknown one gets a new cart, never a cart under a foreign token.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value, transaction
from store.kit.errors import NotFound, ShopError
from store.kit.ids import new_id, new_token
from store.vendors.states import explain_not_selling

MAX_QUANTITY = 99
MAX_LINES = 50


class CartRefused(ShopError):
    """The visitor asked for something the cart cannot take; the message says what it can."""

    status = 422
    title = "There is a problem"


class Removed(Struct, frozen=True):
    """What a removed line was, so that Undo can put it back. Price in minor units, `added_at` is its place (UTC)."""

    variant_id: UUID
    quantity: int
    seen_price: int
    added_at: datetime | None = None


class Accepted(Struct, frozen=True):
    """A line as a page showed it after its changes; `price` in minor units, `quantity` 0 for one that is gone."""

    variant_id: UUID
    price: int
    quantity: int


async def add_line(token: str | None, variant_id: UUID, quantity: int, seen_price: int | None = None) -> str:
    """Put `quantity` of a variant into the cart and return the cart's token (a new one for a new cart).

    `seen_price` is the unit price the visitor's page showed, in minor units; None means the one of now.
    Raises CartRefused (not for sale, too many, not enough in stock).
    """
    _check_quantity(quantity)
    async with transaction():
        variant = await _read_variant(variant_id)
        cart_id, kept_token = await _open_cart(token)
        line = await _read_line(cart_id, variant_id)
        already = line["quantity"] if line else 0
        await _check_stock(cart_id, variant, already + quantity, already)
        if not line:
            await _check_room(cart_id)
        await fetch(
            "INSERT INTO cart_line (id, cart, variant, quantity, seen_price, added_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (cart, variant) DO UPDATE SET quantity = cart_line.quantity + excluded.quantity,"
            " seen_price = excluded.seen_price",
            new_id(),
            cart_id,
            variant_id,
            quantity,
            variant["price"] if seen_price is None else seen_price,
            clock.now(),
        )
    return kept_token


async def change_line(token: str | None, variant_id: UUID, quantity: int) -> None:
    """Set a line's quantity. Raises CartRefused for more than there are, NotFound when the line is gone."""
    _check_quantity(quantity)
    async with transaction():
        cart_id = await lock_cart(token) if token else None
        line = await _read_line(cart_id, variant_id) if cart_id else None
        if cart_id is None or line is None:
            raise NotFound("This item is not in your cart any more.")
        if quantity > line["quantity"]:
            variant = await _read_variant(variant_id)
            await _check_stock(cart_id, variant, quantity)
        await fetch("UPDATE cart_line SET quantity = $2 WHERE id = $1", line["id"], quantity)
        await _touch(cart_id)


async def remove_line(token: str | None, variant_id: UUID) -> Removed | None:
    """Take a line out; returns what Undo needs, None when it was not there."""
    async with transaction():
        cart_id = await lock_cart(token) if token else None
        row = await fetch_row(
            "DELETE FROM cart_line WHERE cart = $1 AND variant = $2 RETURNING quantity, seen_price, added_at",
            cart_id,
            variant_id,
        )
    return Removed(variant_id, row["quantity"], row["seen_price"], row["added_at"]) if row else None


async def restore_line(token: str | None, removed: Removed) -> str:
    """Undo a removal, at its old place, and return the cart's token; a second Undo changes nothing.

    Stock and price are not judged here: the cart page shows what changed meanwhile.
    """
    _check_quantity(removed.quantity)
    async with transaction():
        await _read_variant(removed.variant_id)
        cart_id, kept_token = await _open_cart(token)
        if await _read_line(cart_id, removed.variant_id) is None:
            await _check_room(cart_id)
        await fetch(
            "INSERT INTO cart_line (id, cart, variant, quantity, seen_price, added_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (cart, variant) DO NOTHING",
            new_id(),
            cart_id,
            removed.variant_id,
            removed.quantity,
            removed.seen_price,
            min(removed.added_at or clock.now(), clock.now()),
        )
    return kept_token


async def accept_changes(token: str | None, accepted: Sequence[Accepted]) -> None:
    """Take over what a page showed as changed: new prices, fewer pieces, and lines that are gone (quantity 0).

    What has changed once more since then is not accepted by it: the cart shows it again. Never adds pieces.
    """
    async with transaction():
        cart_id = await lock_cart(token) if token else None
        if cart_id is None:
            raise NotFound("This cart is empty by now.")
        for line in accepted:
            if line.quantity:
                await fetch(
                    "UPDATE cart_line SET quantity = least(quantity, $3), seen_price = $4"
                    " WHERE cart = $1 AND variant = $2",
                    cart_id,
                    line.variant_id,
                    line.quantity,
                    line.price,
                )
            else:
                await fetch("DELETE FROM cart_line WHERE cart = $1 AND variant = $2", cart_id, line.variant_id)
        await _touch(cart_id)


async def apply_code(token: str | None, promotion_id: UUID) -> None:
    """Put a promotion's code on the cart, in place of the one before. Raises NotFound when there is no cart."""
    async with transaction():
        cart_id = await lock_cart(token) if token else None
        if cart_id is None:
            raise NotFound("This cart is empty by now.")
        await fetch("UPDATE cart SET promotion = $2 WHERE id = $1", cart_id, promotion_id)
        await _touch(cart_id)


async def remove_code(token: str | None) -> None:
    """Take the code off the cart; without one it changes nothing."""
    async with transaction():
        cart_id = await lock_cart(token) if token else None
        if cart_id is not None:
            await fetch("UPDATE cart SET promotion = NULL WHERE id = $1", cart_id)


async def lock_cart(token: str) -> UUID | None:
    """Lock the cart for the caller's transaction: two tabs queue up. None when there is no such cart."""
    cart_id: UUID | None = await fetch_value("SELECT id FROM cart WHERE token = $1 FOR NO KEY UPDATE", token)
    return cart_id


async def remove_bought(cart_id: UUID, lines: Sequence[tuple[UUID, int]], code: str = "") -> None:
    """Take what was bought (variant id, quantity) out of the cart, and the code; what was added since then stays."""
    async with transaction():
        await fetch("SELECT 1 FROM cart WHERE id = $1 FOR NO KEY UPDATE", cart_id)
        if code:
            await fetch(
                "UPDATE cart SET promotion = NULL FROM promotion"
                " WHERE cart.id = $1 AND promotion.id = cart.promotion AND promotion.code = $2",
                cart_id,
                code,
            )
        for variant_id, quantity in sorted(lines):
            await fetch(
                "DELETE FROM cart_line WHERE cart = $1 AND variant = $2 AND quantity <= $3",
                cart_id,
                variant_id,
                quantity,
            )
            await fetch(
                "UPDATE cart_line SET quantity = quantity - $3 WHERE cart = $1 AND variant = $2",
                cart_id,
                variant_id,
                quantity,
            )


async def _read_variant(variant_id: UUID) -> asyncpg.Record:
    row = await fetch_row(
        "SELECT variant.id, variant.price, product.title, vendor.name, vendor.state, vendor.paused"
        " FROM variant JOIN product ON product.id = variant.product JOIN vendor ON vendor.id = product.vendor"
        " WHERE variant.id = $1 AND variant.published AND product.published",
        variant_id,
    )
    if row is None:
        raise CartRefused("This item is no longer for sale.")
    refusal = explain_not_selling(row["name"], row["state"], row["paused"])
    if refusal:
        raise CartRefused(refusal)
    return row


async def _open_cart(token: str | None) -> tuple[UUID, str]:
    """The locked cart behind `token`, or a new one under a token of our own."""
    cart_id = await lock_cart(token) if token else None
    if token is None or cart_id is None:
        cart_id, token = new_id(), new_token()
        await fetch(
            "INSERT INTO cart (id, token, created_at, updated_at) VALUES ($1, $2, $3, $3)",
            cart_id,
            token,
            clock.now(),
        )
    else:
        await _touch(cart_id)
    return cart_id, token


async def _read_line(cart_id: UUID, variant_id: UUID) -> asyncpg.Record | None:
    return await fetch_row("SELECT id, quantity FROM cart_line WHERE cart = $1 AND variant = $2", cart_id, variant_id)


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise CartRefused(f"Enter a whole number from 1 to {MAX_QUANTITY}.")


async def _check_stock(cart_id: UUID, variant: asyncpg.Record, wanted: int, already: int = 0) -> None:
    available = await fetch_value("SELECT available_to($1, $2)", variant["id"], cart_id)
    if not available:
        raise CartRefused(f"{variant['title']} has sold out.")
    inside = f", and {already} in your cart already" if already else ""
    if wanted > available:
        left = "is only 1" if available == 1 else f"are only {available}"
        raise CartRefused(f"There {left} of these left{inside}. Choose a smaller quantity.")
    if wanted > MAX_QUANTITY:
        raise CartRefused(f"You can buy at most {MAX_QUANTITY} of one thing at a time{inside}.")


async def _check_room(cart_id: UUID) -> None:
    if await fetch_value("SELECT count(*) FROM cart_line WHERE cart = $1", cart_id) >= MAX_LINES:
        raise CartRefused(f"A cart holds at most {MAX_LINES} different items. Check out some of them first.")


async def _touch(cart_id: UUID) -> None:
    await fetch("UPDATE cart SET updated_at = $2 WHERE id = $1", cart_id, clock.now())
