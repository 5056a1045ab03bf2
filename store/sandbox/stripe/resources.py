"""Every operation of `/v1` that the sandbox has; what is not listed here is refused by name."""

from store.sandbox.stripe import (
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
from store.sandbox.stripe.connect import accounts, capabilities, external_accounts, links, persons

ROUTES = (
    *search.ROUTES,
    *accounts.ROUTES,
    *capabilities.ROUTES,
    *external_accounts.ROUTES,
    *links.ROUTES,
    *persons.ROUTES,
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
