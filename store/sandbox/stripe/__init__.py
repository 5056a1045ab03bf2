"""Stripe's v1 API at version 2026-10-28.endive, first floor: one-off payments, Connect charges, refunds."""
