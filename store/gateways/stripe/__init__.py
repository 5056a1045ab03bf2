"""Stripe, and the only folder that may import its SDK."""
