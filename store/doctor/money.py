"""Money came in once, is kept for a reason, is shared out whole, and no more of it is passed on or goes back."""

from __future__ import annotations

from store.doctor.invariant import Invariant
from store.doctor.paid_out import DEBTS, SHARES

# What is being given back is not kept; what a person was asked to look at is not forgotten.
BEING_GIVEN_BACK = """
  (EXISTS (SELECT FROM refund WHERE refund.capture = capture.id AND refund.status IN ('requested', 'pending'))
   OR EXISTS (SELECT FROM operation WHERE operation.kind = 'refund' AND operation.key = capture.id::text
     AND operation.state IN ('waiting', 'parked'))
   OR orders.review_reason <> '')
"""

INVARIANTS = (
    Invariant(
        "I2",
        "no order keeps money twice",
        f"""
        SELECT orders.number, 'settled by ' || count(*) || ' captures' FROM capture
        JOIN orders ON orders.id = capture."order" WHERE capture.kind = 'settling'
        GROUP BY orders.number HAVING count(*) > 1
        UNION ALL SELECT orders.number, capture.capture_ref || ' is a second payment and keeps '
          || (capture.amount - capture.refunded) || ' ' || capture.currency
        FROM capture JOIN orders ON orders.id = capture."order"
        WHERE capture.kind = 'surplus' AND capture.amount > capture.refunded AND NOT {BEING_GIVEN_BACK}
        """,  # noqa: S608
        "give the second payment back at the provider; the shop books it by itself",
    ),
    Invariant(
        "I3",
        "what was paid is what the attempt asked for, less what the provider's page took off",
        """
        SELECT capture.capture_ref, capture.amount || ' ' || capture.currency || ' for '
          || (payment.amount - payment.discount) || ' ' || payment.currency
        FROM capture JOIN payment ON payment.id = capture.payment
        WHERE (capture.amount, capture.currency) <> (payment.amount - payment.discount, payment.currency)
        UNION ALL SELECT capture.capture_ref,
          'the page took off ' || payment.discount || ', the order knows of ' || known
        FROM capture JOIN payment ON payment.id = capture.payment JOIN LATERAL (
          SELECT coalesce(sum(given.amount), 0)::bigint AS known FROM order_discount AS given
          WHERE given."order" = capture."order") AS recorded ON true
        WHERE capture.kind = 'settling' AND known <> payment.discount
        """,
        "compare the attempt with the provider's dashboard; do not ship the order before that",
    ),
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
        "I12",
        "the sellers' parts are the whole order",
        """
        SELECT number, 'total, fee, delivery and discount are ' || (total, fee, delivery, discount)::text
          || ', its parts make ' || (parts, fees, deliveries, discounts)::text
        FROM orders JOIN LATERAL (SELECT coalesce(sum(part.total), 0)::bigint AS parts,
          coalesce(sum(part.fee), 0)::bigint AS fees, coalesce(sum(part.delivery), 0)::bigint AS deliveries,
          coalesce(sum(part.discount), 0)::bigint AS discounts
          FROM vendor_order AS part WHERE part."order" = orders.id) AS made ON true
        WHERE (total, fee, delivery, discount) <> (parts, fees, deliveries, discounts)
        UNION ALL SELECT orders.number, part.vendor_name || ' earns ' || part.share || ' and we keep ' || part.fee
          || ' of ' || part.total || ' and ' || part.owed || ' of ours'
        FROM vendor_order AS part JOIN orders ON orders.id = part."order"
        WHERE part.share + part.fee <> part.total + part.owed
        UNION ALL SELECT number, 'its lines make ' || coalesce(sum(line.total), 0) || ' of ' || subtotal
        FROM orders LEFT JOIN order_line AS line ON line."order" = orders.id
        GROUP BY orders.id HAVING coalesce(sum(line.total), 0) <> subtotal
        """,
        "somebody wrote past the triggers: restore them from the migrations, then compare the order with its mail",
    ),
    Invariant(
        "I13",
        "no vendor gets more of a payment than its share, and each transfer once",
        f"""
        SELECT orders.number, part.vendor_name || ' is passed on ' || made.passed || ' of its share of ' || part.share
        FROM vendor_order AS part JOIN orders ON orders.id = part."order" JOIN LATERAL (
          SELECT coalesce(sum(amount - reversed), 0)::bigint AS passed FROM transfer
          WHERE transfer.vendor_order = part.id AND state <> 'canceled'
            AND (orders.charge_type <> 'destination' OR reason = 'promotion')) AS made ON true
        WHERE made.passed > part.share
        UNION ALL SELECT orders.number, part.vendor_name || ' is sent again ' || sum(transfer.amount) || ' for '
          || transfer.cause || ', a refund that ' || coalesce(min(refund.status), 'nobody knows')
        FROM transfer JOIN orders ON orders.id = transfer."order"
        JOIN vendor_order AS part ON part.id = transfer.vendor_order
        LEFT JOIN refund ON (refund.provider, refund.refund_ref) = (transfer.provider, transfer.cause)
        WHERE orders.charge_type = 'destination' AND transfer.reason = 'share' AND transfer.state <> 'canceled'
        GROUP BY orders.number, part.vendor_name, transfer.cause
        HAVING min(refund.status) IS NULL OR min(refund.status) NOT IN ('failed', 'canceled')
          OR sum(transfer.amount) > min(refund.amount)
        UNION ALL SELECT orders.number, count(*) || ' transfers of one ' || reason || ' to one vendor for ' || cause
        FROM transfer JOIN orders ON orders.id = transfer."order"
        GROUP BY orders.number, transfer.vendor, reason, cause HAVING count(*) > 1
        UNION ALL SELECT orders.number, 'a transfer to ' || part.vendor_name || ', who is charged directly'
        FROM transfer JOIN orders ON orders.id = transfer."order"
        JOIN vendor_order AS part ON part.id = transfer.vendor_order WHERE orders.charge_type = 'direct'
        UNION ALL {SHARES}
        """,  # noqa: S608 - a constant
        "reverse at the provider what was passed on too much, then find out who wrote past the triggers",
    ),
    Invariant(
        "I14",
        "no more goes back than came in, and what went back is counted once",
        f"""
        SELECT capture_ref, 'of ' || capture.amount || ' goes back ' || sum(refund.amount)
        FROM refund JOIN capture ON capture.id = refund.capture
        WHERE refund.status IN ('requested', 'pending', 'succeeded')
        GROUP BY capture.id HAVING sum(refund.amount) > capture.amount
        UNION ALL SELECT capture_ref, 'counts ' || refunded || ' as gone back, its refunds say ' || gone
        FROM capture JOIN LATERAL (SELECT coalesce(sum(refund.amount), 0) AS gone FROM refund
          WHERE refund.capture = capture.id AND refund.status = 'succeeded') AS made ON true
        WHERE refunded <> gone
        UNION ALL SELECT transfer.id::text, 'of ' || transfer.amount || ' is taken back ' || sum(reversal.amount)
        FROM transfer_reversal AS reversal JOIN transfer ON transfer.id = reversal.transfer
        WHERE reversal.state <> 'canceled' GROUP BY transfer.id HAVING sum(reversal.amount) > transfer.amount
        UNION ALL SELECT transfer.id::text, 'counts ' || reversed || ' as taken back, its reversals say ' || taken
        FROM transfer JOIN LATERAL (SELECT coalesce(sum(reversal.amount), 0) AS taken FROM transfer_reversal AS reversal
          WHERE reversal.transfer = transfer.id AND reversal.state = 'done') AS made ON true
        WHERE reversed <> taken
        UNION ALL {DEBTS}
        """,  # noqa: S608 - a constant
        "stop refunds of this payment and compare it with the provider's dashboard",
    ),
    Invariant(
        "I19",
        "an order that ended unpaid keeps no money",
        f"""
        SELECT orders.number, orders.payment_state || ', and keeps ' || (capture.amount - capture.refunded) || ' '
          || capture.currency || ' of ' || capture.capture_ref
        FROM capture JOIN orders ON orders.id = capture."order"
        WHERE orders.payment_state IN ('expired', 'canceled') AND capture.amount > capture.refunded
          AND NOT {BEING_GIVEN_BACK}
        """,  # noqa: S608
        "give it back at the provider; the shop books it by itself",
    ),
    Invariant(
        "I23",
        "no code is used more often than it may be, and no discount is more than there was to pay",
        """
        SELECT promotion.code, 'counts ' || uses || ' uses, its orders have ' || made.uses_made || ' of '
          || coalesce(max_uses::text, 'any number')
        FROM promotion JOIN LATERAL (SELECT count(*) AS uses_made FROM promotion_use
          WHERE promotion_use.promotion = promotion.id AND state <> 'released') AS made ON true
        WHERE uses <> uses_made OR uses_made > max_uses
        UNION ALL SELECT promotion.code, 'one address has used it ' || count(*) || ' times'
        FROM promotion_use JOIN promotion ON promotion.id = promotion_use.promotion WHERE state <> 'released'
        GROUP BY promotion.id, email_hash HAVING count(*) > promotion.per_email
        UNION ALL SELECT number, 'discount ' || discount || ' of ' || (subtotal + delivery) FROM orders
        WHERE discount > subtotal + delivery OR total < 0
        UNION ALL SELECT orders.number, 'took ' || orders.discount || ' off with ' || orders.promo_code
          || ', whose use says ' || coalesce(made.amount::text || ' ' || made.state, 'nothing')
        FROM orders LEFT JOIN promotion_use AS made ON made.order_ref = orders.id
        WHERE orders.discount > 0 AND (made.amount IS DISTINCT FROM orders.discount
          OR (orders.payment_state = 'paid') <> (made.state = 'used')
          OR (orders.payment_state IN ('expired', 'canceled')) <> (made.state = 'released'))
        UNION ALL SELECT number, 'nothing was to be paid, and yet a provider was asked' FROM orders
        WHERE total = 0 AND EXISTS (SELECT FROM payment WHERE payment."order" = orders.id)
        """,
        "switch the code off (active = false), then read the orders that used it",
    ),
)
