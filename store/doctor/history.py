"""What was done is done once, by moves that exist, and nothing waits for nobody."""

from __future__ import annotations

from store.doctor.invariant import OUT_OF_REACH, Invariant
from store.doctor.paid_out import UNSEEN

INVARIANTS = (
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
        """,
        "a unique constraint is missing: restore it from the migrations, then undo the second effect",
    ),
    Invariant(
        "I17",
        "another body under a known event id is kept beside the first and never takes its place",
        """
        SELECT other.provider || ' ' || other.event_id,
          CASE WHEN first.id IS NULL THEN 'another body is kept, the first is gone'
            ELSE 'the same body is kept twice' END
        FROM inbox_variant AS other LEFT JOIN inbox_event AS first ON (first.provider, first.event_id)
          = (other.provider, other.event_id)
        WHERE first.id IS NULL OR first.sha256 = other.sha256
        """,
        "ask the provider for this event by its id and compare it with both bodies",
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
          UNION ALL SELECT 'refund', id, status, 'requested' FROM refund
          UNION ALL SELECT 'transfer', id, state, 'intended' FROM transfer
          UNION ALL SELECT 'payout', id, state, 'planned' FROM payout
          UNION ALL SELECT 'transfer_reversal', id, state, 'intended' FROM transfer_reversal) AS now
        LEFT JOIN LATERAL (SELECT to_state FROM transition AS made
          WHERE (made.machine, made.row_id) = (now.machine, now.id::text) ORDER BY seq DESC LIMIT 1) AS last ON true
        WHERE now.state <> coalesce(last.to_state, now.start)
        """,
        "somebody wrote a state past the triggers: read the timeline and the provider before touching the row",
    ),
    Invariant(
        "I21",
        "nothing that is under way waits for nobody, or for longer than anybody tries",
        f"""
        SELECT 'operation ' || kind || ' ' || key, 'waits since ' || created_at FROM operation
        WHERE state = 'waiting' AND created_at < now() - interval '4 days'
        UNION ALL SELECT 'attempt ' || id, status || ', and nobody will look at it' FROM payment
        WHERE status IN ('created', 'pending', 'processing') AND check_at IS NULL
        UNION ALL SELECT 'capture ' || capture_ref, 'not settled, and nobody will look at it' FROM capture
        WHERE NOT settled AND settle_at IS NULL AND NOT ({OUT_OF_REACH})
        UNION ALL SELECT 'refund ' || refund.id, refund.status || ', and nobody will look at it' FROM refund
        JOIN capture ON capture.id = refund.capture
        WHERE refund.status IN ('requested', 'pending') AND capture.refunds_at IS NULL AND NOT ({OUT_OF_REACH})
        UNION ALL SELECT 'transfer ' || id, state || ', and nobody will look at it' FROM transfer
        WHERE state IN ('intended', 'waiting') AND look_at IS NULL
        UNION ALL SELECT 'reversal ' || id, state || ', and nobody will look at it' FROM transfer_reversal
        WHERE state IN ('intended', 'waiting') AND look_at IS NULL
        UNION ALL SELECT 'refund ' || refund.id, 'never sent, and nobody will send it' FROM refund
        WHERE ours AND status = 'requested' AND NOT EXISTS (SELECT FROM operation WHERE kind = 'refund'
          AND key = refund.capture::text AND state IN ('waiting', 'parked'))
        UNION ALL {UNSEEN}
        """,  # noqa: S608 - a constant
        "see that a worker runs (`python -m store work`) and read its log about this row",
    ),
)
