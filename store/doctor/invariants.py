"""What must never be true, as SQL: each query returns one row per violation, naming it.

The numbers are those of the list in `docs/payments.md`; most of them the database refuses by itself, and this is how
one sees that it did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from store.kit.db import fetch

OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True)
class Invariant:
    """`sql` selects (row, words) of each violation; `next_step` says what to do about one."""

    name: str
    text: str
    sql: str
    next_step: str


INVARIANTS = (
    Invariant(
        "I4",
        "no order is paid without money",
        """
        SELECT orders.number, 'paid ' || orders.total || ' ' || orders.currency || ' without a capture' FROM orders
        WHERE payment_state = 'paid' AND total > 0
          AND NOT EXISTS (SELECT FROM capture WHERE capture."order" = orders.id AND capture.kind = 'settling')
        """,
        "compare the order with the provider's dashboard; do not ship it before that",
    ),
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
            AND payment.status IN ('created', 'pending', 'processing'))
        """,
        "see that a worker runs (`python -m store work`): its sweep ends such orders",
    ),
    Invariant(
        "I8",
        "every journal balances in each currency and is sealed",
        """
        SELECT tx.source || ' ' || tx.kind || ' ' || tx.ref, entry.currency || ' is off by ' || sum(entry.amount)
        FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx
        GROUP BY tx.id, entry.currency HAVING sum(entry.amount) <> 0
        UNION ALL SELECT source || ' ' || kind || ' ' || ref, 'not sealed' FROM ledger_tx WHERE NOT sealed
        """,
        "somebody wrote past the triggers: restore them from the migrations, then post the correction",
    ),
    Invariant(
        "I16",
        "nothing was applied twice",
        """
        SELECT provider || ' ' || event_id, 'stored ' || count(*) || ' times' FROM inbox_event
        GROUP BY provider, event_id HAVING count(*) > 1
        UNION ALL SELECT source || ' ' || kind || ' ' || ref, 'posted ' || count(*) || ' times' FROM ledger_tx
        GROUP BY source, kind, ref HAVING count(*) > 1
        UNION ALL SELECT kind || ' ' || cause, 'mailed ' || count(*) || ' times' FROM mail_message
        GROUP BY kind, cause HAVING count(*) > 1
        UNION ALL SELECT orders.number, 'settled by ' || count(*) || ' captures' FROM capture
        JOIN orders ON orders.id = capture."order" WHERE capture.kind = 'settling'
        GROUP BY orders.number HAVING count(*) > 1
        """,
        "a unique constraint is missing: restore it from the migrations, then undo the second effect",
    ),
    Invariant(
        "I18",
        "states never went where no move leads",
        """
        SELECT made.machine || ' ' || made.row_id, made.from_state || ' to ' || made.to_state FROM transition AS made
        LEFT JOIN allowed_move AS allowed ON (allowed.machine, allowed.from_state, allowed.to_state)
          = (made.machine, made.from_state, made.to_state)
        WHERE allowed.id IS NULL
        UNION ALL
        SELECT later.machine || ' ' || later.row_id, earlier.to_state || ' then from ' || later.from_state
        FROM transition AS later JOIN transition AS earlier ON (earlier.machine, earlier.row_id, earlier.seq)
          = (later.machine, later.row_id, later.seq - 1)
        WHERE earlier.to_state <> later.from_state
        UNION ALL
        SELECT now.machine || ' ' || now.id,
          now.state || ', but the last move led to ' || coalesce(last.to_state, now.start)
        FROM (SELECT 'order' AS machine, id, payment_state AS state, 'awaiting_payment' AS start FROM orders
          UNION ALL SELECT 'payment', id, status, 'created' FROM payment
          UNION ALL SELECT 'refund', id, status, 'requested' FROM refund) AS now
        LEFT JOIN LATERAL (SELECT to_state FROM transition AS made
          WHERE (made.machine, made.row_id) = (now.machine, now.id::text) ORDER BY seq DESC LIMIT 1) AS last ON true
        WHERE now.state <> coalesce(last.to_state, now.start)
        """,
        "somebody wrote a state past the triggers: read the timeline and the provider before touching the row",
    ),
)


async def find_violations(invariant: Invariant, now: datetime) -> list[tuple[str, str]]:
    """The rows that break one invariant, as (row, words); empty when it holds. `now` is business time, UTC."""
    arguments = (now - OVERDUE,) if "$1" in invariant.sql else ()
    return [(row[0], row[1]) for row in await fetch(invariant.sql, *arguments)]
