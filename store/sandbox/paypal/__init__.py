"""PayPal's REST APIs: Orders v2, Payments v2, Payouts, webhooks and disputes, and what its browser side needs."""
