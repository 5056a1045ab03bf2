"""Checkout, PayPal's buttons, the return from the provider, and what the order page can do to a payment."""

from store.payments.controllers import checkout, order, paypal

route_handlers = [*checkout.route_handlers, *paypal.route_handlers, *order.route_handlers]
