"""When nobody needs an order's address any more, as SQL over `orders`: several rooms ask, and must not differ."""

# Paid, and either everything was sent or all that was paid went back.
SETTLED = """
orders.refund_pending = 0 AND orders.payment_state = 'paid' AND (
  NOT EXISTS (SELECT FROM vendor_order AS part WHERE part."order" = orders.id AND part.fulfilment = 'to_ship')
  OR orders.total > 0 AND orders.refunded >= orders.total - (SELECT coalesce(sum(given.amount), 0)
    FROM order_discount AS given WHERE given."order" = orders.id))
"""
# Over without a payment; one that is still on its way may come yet.
OVER = "orders.refund_pending = 0 AND orders.payment_state IN ('expired', 'canceled')"
