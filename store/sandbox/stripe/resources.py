"""Every operation of `/v1` that the sandbox has; what is not listed here is refused by name."""

from store.sandbox.stripe import (
    accounts,
    balance,
    catalogue,
    charges,
    coupons,
    customers,
    events,
    payment_intents,
    payment_methods,
    payouts,
    promotion_codes,
    refunds,
    search,
    sessions,
    transfers,
    webhook_endpoints,
)

ROUTES = (
    *search.ROUTES,
    *accounts.ROUTES,
    *balance.ROUTES,
    *catalogue.ROUTES,
    *charges.ROUTES,
    *coupons.ROUTES,
    *customers.ROUTES,
    *events.ROUTES,
    *payment_intents.ROUTES,
    *payment_methods.ROUTES,
    *payouts.ROUTES,
    *promotion_codes.ROUTES,
    *refunds.ROUTES,
    *sessions.ROUTES,
    *transfers.ROUTES,
    *webhook_endpoints.ROUTES,
)
