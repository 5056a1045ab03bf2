"""Stock verbs: hold, release, sell, adjust.

Each is one row per variant in `stock_move`; the database applies it to the counters
(`guards/30_catalogue.sql`), so I5 holds whoever writes. Every verb first locks its variants in id order: two
buyers queue, they never deadlock, and nobody is promised an item that another one holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from store.kit import clock
from store.kit.db import fetch, transaction
from store.kit.errors import Conflict, ShopError

ADJUST, HOLD, RELEASE, SELL = "adjust", "hold", "release", "sell"


class SoldOut(Conflict):
    """There is not enough of `variant_ids`; nothing was held and the transaction is still usable."""

    title = "Sold out"

    def __init__(self, variant_ids: Sequence[UUID]) -> None:
        super().__init__("Somebody was faster: there is not enough in stock. Look at your cart to see what is left.")
        self.variant_ids = tuple(variant_ids)


class HoldReleased(Conflict):
    """The hold was released before it could be sold; hold again under a new ref, or give the money back."""


async def hold_stock(lines: Sequence[tuple[UUID, int]], ref: str, holder: UUID | None = None) -> None:
    """Hold `lines` (variant id, quantity) under `ref`, all of them or none, in the caller's transaction.

    `ref` is used once for ever: a second hold under it raises ValueError. `holder` is the cart it is for,
    which still counts it as available. Raises SoldOut with every variant that is short, ValueError for a
    quantity below 1.
    """
    wanted = _sum_lines(lines)
    async with transaction():
        available = await _lock(wanted)
        if await fetch("SELECT 1 FROM stock_move WHERE ref = $1 AND kind = 'hold' LIMIT 1", ref):
            raise ValueError(f"stock is held under {ref!r} already")
        short = [v for v, quantity in wanted.items() if available.get(v, 0) < quantity]
        if short:
            raise SoldOut(short)
        await fetch(
            "INSERT INTO stock_move (variant, kind, quantity, ref, holder, at)"
            " SELECT id, 'hold', quantity, $3, $4, $5"
            " FROM unnest($1::uuid[], $2::int[]) AS wanted (id, quantity)",
            list(wanted),
            list(wanted.values()),
            ref,
            holder,
            clock.now(),
        )


async def release_stock(ref: str) -> None:
    """Give back what is held under `ref`; released or sold already, it changes nothing."""
    await _end_hold(ref, RELEASE)


async def sell_stock(ref: str) -> None:
    """Turn the hold `ref` into a sale; sold already, it changes nothing.

    Raises HoldReleased if it was released before, LookupError when nothing was ever held under `ref`.
    """
    async with transaction():
        await _end_hold(ref, SELL)
        moves = Counter(
            row["kind"] for row in await fetch("SELECT kind FROM stock_move WHERE ref = $1 AND kind <> 'adjust'", ref)
        )
        if not moves[HOLD]:
            raise LookupError(f"nothing is held under {ref!r}")
        if moves[SELL] != moves[HOLD]:
            raise HoldReleased("These items were given back to the shelf before the payment arrived.")


async def adjust_stock(variant_id: UUID, quantity: int, ref: str) -> None:
    """Add `quantity` (negative takes away) to what lies on the shelf; the same `ref` again changes nothing.

    Raises ShopError if fewer would lie there than are held or sold, LookupError for an unknown variant.
    """
    async with transaction():
        available = await _lock([variant_id])
        if variant_id not in available:
            raise LookupError(f"no variant {variant_id}")
        if await fetch("SELECT 1 FROM stock_move WHERE variant = $1 AND kind = 'adjust' AND ref = $2", variant_id, ref):
            return
        if available[variant_id] + quantity < 0:
            raise ShopError(f"Only {available[variant_id]} are free to take away; the others are held or sold.")
        await fetch(
            "INSERT INTO stock_move (variant, kind, quantity, ref, at) VALUES ($1, 'adjust', $2, $3, $4)",
            variant_id,
            quantity,
            ref,
            clock.now(),
        )


async def _end_hold(ref: str, kind: str) -> None:
    async with transaction():
        held = await fetch("SELECT variant FROM stock_move WHERE ref = $1 AND kind = 'hold'", ref)
        await _lock(row["variant"] for row in held)
        # A new statement sees what was committed while we waited for the locks.
        await fetch(
            "INSERT INTO stock_move (variant, kind, quantity, ref, holder, at)"
            " SELECT variant, $2, quantity, ref, holder, $3 FROM stock_move AS hold"
            " WHERE ref = $1 AND kind = 'hold'"
            " AND NOT EXISTS (SELECT FROM stock_move AS ended WHERE ended.ref = $1"
            "  AND ended.variant = hold.variant AND ended.kind IN ('release', 'sell')) ORDER BY variant",
            ref,
            kind,
            clock.now(),
        )


async def _lock(variant_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Lock the variants in id order and read how many of each are free."""
    rows = await fetch(
        "SELECT id, on_hand - reserved - sold AS available FROM variant WHERE id = ANY($1::uuid[])"
        " ORDER BY id FOR NO KEY UPDATE",
        sorted(set(variant_ids)),
    )
    return {row["id"]: row["available"] for row in rows}


def _sum_lines(lines: Sequence[tuple[UUID, int]]) -> dict[UUID, int]:
    wanted: dict[UUID, int] = {}
    for variant_id, quantity in sorted(lines):
        if quantity < 1:
            raise ValueError(f"a quantity is 1 or more, not {quantity}")
        wanted[variant_id] = wanted.get(variant_id, 0) + quantity
    return wanted
