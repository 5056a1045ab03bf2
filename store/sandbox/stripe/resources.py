"""Every operation of `/v1` that the sandbox has; what is not listed here is refused by name."""

from store.sandbox.stripe import accounts, catalogue, customers, events, sessions, webhook_endpoints

ROUTES = (
    *accounts.ROUTES,
    *catalogue.ROUTES,
    *customers.ROUTES,
    *events.ROUTES,
    *sessions.ROUTES,
    *webhook_endpoints.ROUTES,
)
