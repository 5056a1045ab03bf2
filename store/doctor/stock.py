"""What is on the shelf, what is promised and what is sold: three counters that follow from rows."""

from __future__ import annotations

from store.doctor.invariant import Invariant

INVARIANTS = (
    Invariant(
        "I5",
        "stock counters equal the moves behind them and nothing is promised twice",
        """
        SELECT variant.sku, 'on hand, reserved, sold are ' || (on_hand, reserved, sold)::text || ', the moves say '
            || (adjusted, held, gone)::text
        FROM variant JOIN LATERAL (
          SELECT coalesce(sum(quantity) FILTER (WHERE kind = 'adjust'), 0) AS adjusted,
            coalesce(sum(quantity) FILTER (WHERE kind = 'hold'), 0)
              - coalesce(sum(quantity) FILTER (WHERE kind IN ('release', 'sell')), 0) AS held,
            coalesce(sum(quantity) FILTER (WHERE kind = 'sell'), 0) AS gone
          FROM stock_move WHERE stock_move.variant = variant.id) AS moves ON true
        WHERE (on_hand, reserved, sold) <> (adjusted, held, gone)
          OR least(reserved, sold, on_hand - reserved - sold) < 0
        """,
        "count the shelf, then write the difference as an adjust move",
    ),
    Invariant(
        "I6",
        "reserved and sold equal the orders behind them",
        """
        SELECT variant.sku, 'reserved, sold are ' || (reserved, sold)::text || ', the orders say '
            || (waiting, bought)::text
        FROM variant JOIN LATERAL (
          SELECT coalesce(sum(line.quantity) FILTER (WHERE orders.holds_stock), 0) AS waiting,
            coalesce(sum(line.quantity) FILTER (WHERE orders.payment_state = 'paid'), 0) AS bought
          FROM order_line AS line JOIN orders ON orders.id = line."order" WHERE line.variant = variant.id) AS real
          ON true
        WHERE (reserved, sold) <> (waiting, bought)
        """,
        "find the order whose hold is missing in stock_move",
    ),
    Invariant(
        "I7",
        "no stock is held past its deadline while nobody can pay",
        """
        SELECT orders.number, 'held until ' || hold_until FROM orders
        WHERE holds_stock AND payment_state IN ('awaiting_payment', 'failed') AND hold_until < $1
          AND NOT EXISTS (SELECT FROM payment WHERE payment."order" = orders.id
            AND payment.status IN ('created', 'pending', 'capturing', 'processing'))
        """,
        "see that a worker runs (`python -m store work`): its sweep ends such orders",
    ),
)
