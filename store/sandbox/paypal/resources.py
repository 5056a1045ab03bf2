"""Every route of PayPal's APIs that the sandbox answers, collected from the files that have them."""

from __future__ import annotations

from store.sandbox.paypal import authorizations, balances, captures, disputes, orders, payouts, refunds, webhooks
from store.sandbox.paypal.routing import Routes

ROUTES: Routes = (
    *orders.ROUTES,
    *authorizations.ROUTES,
    *captures.ROUTES,
    *refunds.ROUTES,
    *payouts.ROUTES,
    *webhooks.ROUTES,
    *disputes.ROUTES,
    *balances.ROUTES,
)
