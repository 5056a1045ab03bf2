"""The ledger: it balances, nobody can rewrite it, and each movement stands in it once, under whom it concerns."""

from __future__ import annotations

from store.doctor.invariant import Invariant
from store.doctor.paid_out import JOURNALS

# Journals that nothing but our own rows asks for.
LOST = """
SELECT capture_ref, 'no journal says what the provider kept of it' FROM capture WHERE kept_ref <> '' AND NOT EXISTS
  (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'provider_fee', kept_ref))
UNION ALL SELECT number, 'no journal says what a discount of ours owes its sellers' FROM orders
WHERE payment_state = 'paid' AND (EXISTS (SELECT FROM vendor_order AS part WHERE part."order" = orders.id AND owed > 0)
    OR EXISTS (SELECT FROM order_discount AS cut WHERE cut."order" = orders.id AND owed > 0))
  AND NOT EXISTS (SELECT FROM ledger_tx AS tx
    WHERE (tx.source, tx.kind, tx.ref) = ('overprint', 'promotion', orders.id::text))
"""
# What is owed to one vendor, or by it, is booked for that one: by the parts of the order, by what was decided of each
# refund, by whose transfer came back. What only moves between the two accounts of a vendor leaves their sum as it was.
SWAPPED = """
SELECT number, vendor_name || ' earned ' || earned || ' by ' || kind || ', booked are ' || booked FROM (
  SELECT orders.number, part.vendor_name, tx.kind,
    CASE tx.kind WHEN 'promotion' THEN part.owed + cut.owed ELSE part.total - part.fee - cut.share END AS earned,
    (SELECT -coalesce(sum(entry.amount), 0) FROM ledger_entry AS entry
      WHERE entry.tx = tx.id AND entry.account = 'payable:' || part.vendor) AS booked
  FROM ledger_tx AS tx JOIN orders ON orders.id::text = tx.order_ref
  JOIN vendor_order AS part ON part."order" = orders.id
  LEFT JOIN capture ON (tx.source, tx.kind, tx.ref) = (capture.provider, 'capture', capture.capture_ref)
  LEFT JOIN payment ON payment.id = capture.payment
  JOIN LATERAL (SELECT coalesce(sum(owed), 0) AS owed, coalesce(sum(off_share + owed), 0) AS share
    FROM order_discount WHERE vendor_order = part.id AND capture.kind IS DISTINCT FROM 'surplus') AS cut ON true
  WHERE tx.kind = 'promotion' OR capture.kind = 'settling' OR payment.discount = 0) AS compared
WHERE earned <> booked
UNION ALL SELECT ref, vendor || ' gives ' || share || ' of it, booked are ' || booked FROM (
  SELECT tx.ref, part.vendor, part.share::bigint AS share,
    (SELECT coalesce(sum(entry.amount), 0) * CASE tx.kind WHEN 'refund' THEN 1 ELSE -1 END
      FROM ledger_entry AS entry
      WHERE entry.tx = tx.id AND entry.account IN ('payable:' || part.vendor, 'receivable:' || part.vendor)) AS booked
  FROM refund JOIN ledger_tx AS tx
    ON tx.kind IN ('refund', 'refund_failed') AND (tx.source, tx.ref) = (refund.provider, refund.refund_ref)
  CROSS JOIN LATERAL jsonb_each_text(refund.shared_out::jsonb -> 'shares') AS part(vendor, share)
  WHERE refund.shared_out <> '') AS compared
WHERE share <> booked
UNION ALL SELECT tx.kind || ' ' || tx.ref, entry.account || ' has no part in it'
FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx
WHERE entry.account ~ '^(payable|receivable):' AND tx.order_ref IS NOT NULL AND NOT EXISTS
  (SELECT FROM vendor_order AS part WHERE part."order"::text = tx.order_ref
    AND part.vendor::text = split_part(entry.account, ':', 2))
UNION ALL SELECT 'transfer_reversal ' || reversal.reversal_ref, entry.account || ' gave nothing of it'
FROM transfer_reversal AS reversal JOIN transfer ON transfer.id = reversal.transfer
JOIN ledger_tx AS tx ON (tx.source, tx.kind, tx.ref) = (transfer.provider, 'transfer_reversal', reversal.reversal_ref)
JOIN ledger_entry AS entry ON entry.tx = tx.id AND entry.account ~ '^(payable|receivable):'
WHERE split_part(entry.account, ':', 2) <> transfer.vendor::text
UNION ALL SELECT tx.kind || ' ' || tx.ref,
  split_part(entry.account, ':', 2) || ' has ' || sum(entry.amount) || ' by it, where only debts are paid'
FROM ledger_entry AS entry JOIN ledger_tx AS tx ON tx.id = entry.tx
WHERE tx.kind IN ('transfer', 'transfer_reversal', 'transfer_not_sent') AND entry.account ~ '^(payable|receivable):'
GROUP BY tx.id, split_part(entry.account, ':', 2) HAVING sum(entry.amount) <> 0
"""

INVARIANTS = (
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
        "I9",
        "the ledger cannot be rewritten: each of its triggers stands",
        """
        SELECT wanted.trigger, 'does not guard ' || wanted.guarded || ' any more' FROM (VALUES
          ('ledger_entry_append_only', 'ledger_entry'), ('ledger_entry_into_open_tx', 'ledger_entry'),
          ('ledger_tx_append_only', 'ledger_tx'), ('ledger_tx_unsealed_first', 'ledger_tx'),
          ('ledger_tx_seal', 'ledger_tx'), ('ledger_tx_sealed_at_commit', 'ledger_tx')) AS wanted(trigger, guarded)
        WHERE NOT EXISTS (SELECT FROM pg_trigger
          WHERE tgname = wanted.trigger AND tgrelid = wanted.guarded::regclass AND tgenabled IN ('O', 'A'))
        """,
        "run store/piccolo_migrations/guards/20_ledger.sql in this database, then find out who dropped it",
    ),
    Invariant(
        "I10",
        "each movement of money has one journal, and each journal its movement",
        f"""
        SELECT capture_ref, 'no journal says that it came in' FROM capture WHERE amount > 0 AND NOT EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'capture', capture_ref))
        UNION ALL SELECT capture_ref, 'no journal says that it was passed on' FROM capture
        WHERE transfer_ref <> '' AND NOT EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'transfer', transfer_ref))
        UNION ALL SELECT capture_ref, 'no journal says that our fee was taken' FROM capture
        WHERE fee_ref <> '' AND NOT EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'application_fee', fee_ref))
        UNION ALL SELECT coalesce(refund_ref, id::text), 'no journal says that it went back' FROM refund
        WHERE status = 'succeeded' AND NOT EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'refund', refund_ref))
        UNION ALL SELECT refund_ref, status || ', but its journal stands' FROM refund
        WHERE status IN ('failed', 'canceled') AND EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'refund', refund_ref))
          AND NOT EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'refund_failed', refund_ref))
        UNION ALL SELECT transfer_ref, 'no journal says that it was passed on' FROM transfer
        WHERE state = 'done' AND NOT EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'transfer', transfer_ref))
        UNION ALL SELECT reversal_ref, 'no journal says that it was taken back' FROM transfer_reversal AS reversal
        JOIN transfer ON transfer.id = reversal.transfer WHERE reversal.state = 'done' AND NOT EXISTS
          (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref)
            = (provider, 'transfer_reversal', reversal_ref))
        UNION ALL SELECT tx.source || ' ' || tx.kind || ' ' || tx.ref, 'a journal of a transfer that nobody made'
        FROM ledger_tx AS tx WHERE tx.kind = 'transfer' AND NOT EXISTS
          (SELECT FROM transfer WHERE (provider, transfer_ref) = (tx.source, tx.ref)) AND NOT EXISTS
          (SELECT FROM capture WHERE (provider, transfer_ref) = (tx.source, tx.ref))
        UNION ALL SELECT tx.source || ' ' || tx.kind || ' ' || tx.ref, 'a journal of money that nobody paid'
        FROM ledger_tx AS tx WHERE tx.kind = 'capture' AND NOT EXISTS
          (SELECT FROM capture WHERE (provider, capture_ref) = (tx.source, tx.ref))
        UNION ALL SELECT tx.source || ' ' || tx.kind || ' ' || tx.ref, 'a journal of a refund that nobody made'
        FROM ledger_tx AS tx WHERE tx.kind IN ('refund', 'refund_failed') AND NOT EXISTS
          (SELECT FROM refund WHERE (provider, refund_ref) = (tx.source, tx.ref))
        UNION ALL SELECT capture_ref, 'came in as ' || amount || ', booked as ' || booked FROM (
          SELECT capture_ref, capture.amount, (SELECT coalesce(sum(entry.amount), 0) FROM ledger_entry AS entry
            WHERE entry.tx = tx.id AND starts_with(entry.account, 'provider:')) AS booked
          FROM capture JOIN ledger_tx AS tx
            ON (tx.source, tx.kind, tx.ref) = (provider, 'capture', capture_ref)) AS compared
        WHERE amount <> booked
        UNION ALL {LOST} UNION ALL {SWAPPED} UNION ALL {JOURNALS}
        """,  # noqa: S608 - constants
        "read the order's timeline and the provider's dashboard, then post what is missing",
    ),
)
