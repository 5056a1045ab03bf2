"""What must hold of payouts to addresses, as parts of the invariants that transfers have; and what of them is stuck."""

from __future__ import annotations

from datetime import timedelta

from store.doctor.check import Check
from store.kit import clock
from store.kit.db import fetch

# PayPal's own look at a payout ends within days; an outcome is known within minutes.
LOOKED_AT = timedelta(days=7)
KNOWN = timedelta(days=1)
# I10: what left our balance, its fee, and what came back have their journals, to the right vendor; debts that were
# withheld too; and no such journal stands for nothing.
JOURNALS = """
SELECT 'payout ' || id, state || ', and not booked as gone' FROM payout
WHERE state IN ('paid', 'unclaimed', 'returned') AND NOT booked
UNION ALL SELECT item_ref, 'no journal says that it was paid out' FROM payout WHERE booked AND NOT EXISTS
  (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'payout', item_ref))
UNION ALL SELECT item_ref, 'no journal says what paying it out has cost' FROM payout WHERE fee > 0 AND NOT EXISTS
  (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'payout_fee', item_ref))
UNION ALL SELECT item_ref, state || ', and no journal says that it came back' FROM payout
WHERE booked AND state IN ('returned', 'failed') AND NOT EXISTS
  (SELECT FROM ledger_tx AS tx WHERE (tx.source, tx.kind, tx.ref) = (provider, 'payout_returned', item_ref))
UNION ALL SELECT tx.source || ' ' || tx.kind || ' ' || tx.ref, 'a journal of a payout that nobody made'
FROM ledger_tx AS tx WHERE tx.kind LIKE 'payout%' AND NOT EXISTS
  (SELECT FROM payout WHERE booked AND (provider, item_ref) = (tx.source, tx.ref))
UNION ALL SELECT tx.source || ' ' || tx.kind || ' ' || tx.ref, 'a journal of a return, but it stands as ' || state
FROM ledger_tx AS tx JOIN payout ON (provider, item_ref) = (tx.source, tx.ref)
WHERE tx.kind = 'payout_returned' AND state NOT IN ('returned', 'failed')
UNION ALL SELECT item_ref, 'paid out as ' || amount || ', booked as ' || booked_as FROM (
  SELECT item_ref, payout.amount, (SELECT coalesce(sum(entry.amount), 0) FROM ledger_entry AS entry
    WHERE entry.tx = tx.id AND entry.account = 'payable:' || payout.vendor) AS booked_as
  FROM payout JOIN ledger_tx AS tx ON (tx.source, tx.kind, tx.ref) = (provider, 'payout', item_ref)) AS compared
WHERE amount <> booked_as
UNION ALL SELECT 'debt ' || id, 'counts ' || paid || ' as withheld, booked are ' || booked_as FROM (
  SELECT debt.id, debt.paid, (SELECT -coalesce(sum(entry.amount), 0) FROM ledger_tx AS tx
      JOIN ledger_entry AS entry ON entry.tx = tx.id AND entry.account = 'receivable:' || debt.vendor
    WHERE tx.source = 'overprint' AND tx.kind = 'debt_netted' AND starts_with(tx.ref, debt.id || ':')) AS booked_as
  FROM payout_debt AS debt) AS compared
WHERE paid <> booked_as
"""
# I13: by payouts, and by debts that were paid instead, less what is owed, no vendor has more than its share; a payout
# that ended is paid anew once.
SHARES = """
SELECT orders.number, part.vendor_name || ' is paid out ' || given - due || ' of its share of ' || part.share
FROM vendor_order AS part JOIN orders ON orders.id = part."order"
JOIN LATERAL (SELECT coalesce(sum(amount + withheld), 0)::bigint AS given FROM payout
  WHERE vendor_order = part.id AND state NOT IN ('returned', 'failed', 'canceled')) AS made ON true
JOIN LATERAL (SELECT coalesce(sum(amount), 0)::bigint AS due FROM payout_debt
  WHERE vendor_order = part.id) AS debts ON true
WHERE given - due > part.share
UNION ALL SELECT orders.number, part.vendor_name || ' has ' || count(*) || ' payouts in the place of one'
FROM payout JOIN vendor_order AS part ON part.id = payout.vendor_order JOIN orders ON orders.id = part."order"
WHERE replaces IS NOT NULL GROUP BY orders.number, part.vendor_name, replaces HAVING count(*) > 1
"""
# I14: nobody owes more of an order than was paid out.
DEBTS = """
SELECT part.vendor_name || ' owes ' || sum(debt.amount), 'of an order by which it was paid out '
  || coalesce(min(made.given), 0)
FROM payout_debt AS debt JOIN vendor_order AS part ON part.id = debt.vendor_order
LEFT JOIN LATERAL (SELECT sum(amount + withheld)::bigint AS given FROM payout
  WHERE vendor_order = part.id AND state NOT IN ('returned', 'failed', 'canceled')) AS made ON true
GROUP BY part.id HAVING sum(debt.amount) > coalesce(min(made.given), 0)
"""
# I21: each goes on, or another one has taken its place.
UNSEEN = """
SELECT 'payout ' || id, state || ', and nobody will look at it' FROM payout
WHERE state IN ('planned', 'intended', 'waiting', 'sent', 'unclaimed') AND look_at IS NULL
UNION ALL SELECT 'payout ' || id, state || ', and nobody pays it anew' FROM payout AS ended
WHERE state IN ('returned', 'failed') AND NOT EXISTS (SELECT FROM payout WHERE payout.replaces = ended.id)
"""


async def check_payouts() -> Check:
    """No share waits for a person who does not know; what waits for our balance goes out by itself."""
    stuck = await fetch(
        "SELECT orders.number, part.vendor_name, payout.state, payout.why, payout.hold,"
        " (payout.state = 'held' OR (payout.state = 'waiting' AND payout.hold NOT IN ('balance', 'account'))"
        "  OR (payout.state = 'intended' AND payout.sent_at < $2)"
        "  OR (payout.state IN ('sent', 'unclaimed') AND payout.sent_at < $1)) AS bad"
        ' FROM payout JOIN orders ON orders.id = payout."order" JOIN vendor_order AS part'
        " ON part.id = payout.vendor_order WHERE payout.state IN ('intended', 'waiting', 'sent', 'unclaimed', 'held')"
        " ORDER BY bad DESC, payout.created_at",
        *(clock.now() - LOOKED_AT, clock.now() - KNOWN),
    )
    bad = [row for row in stuck if row["bad"]]
    if bad:
        first = bad[0]
        words = first["why"] or "what became of it at the provider is not known"
        why = f"{len(bad)} stuck, first {first['number']} for {first['vendor_name']}, {first['state']}: {words}"
        return Check("payouts", False, f"{why}; next: look at it at PayPal, then see with the vendor what it can do")
    waiting = [row for row in stuck if row["state"] == "waiting"]
    return Check("payouts", True, f"{len(waiting)} wait" if waiting else "none is stuck")
