"""Do the counters equal the sum of their moves (I5)? For `store doctor` and the tests."""

from __future__ import annotations

from store.kit.db import fetch

MISCOUNTED = """
SELECT variant.sku FROM variant LEFT JOIN (
    SELECT variant,
        sum(quantity) FILTER (WHERE kind = 'adjust') AS adjusted,
        sum(quantity) FILTER (WHERE kind = 'hold') AS held,
        sum(quantity) FILTER (WHERE kind = 'release') AS released,
        sum(quantity) FILTER (WHERE kind = 'sell') AS sold
    FROM stock_move GROUP BY variant
) AS moves ON moves.variant = variant.id
WHERE variant.on_hand <> coalesce(adjusted, 0) OR variant.sold <> coalesce(moves.sold, 0)
    OR variant.reserved <> coalesce(held, 0) - coalesce(released, 0) - coalesce(moves.sold, 0)
    OR variant.reserved < 0 OR variant.sold < 0 OR variant.on_hand - variant.reserved - variant.sold < 0
ORDER BY variant.sku
"""


async def find_miscounted() -> list[str]:
    """The SKUs whose counters do not follow from their moves; empty when all is well."""
    return [row["sku"] for row in await fetch(MISCOUNTED)]
