"""The ledger's accounts, by name. Assets and costs grow by debits, payables and income by credits."""

from __future__ import annotations

PLATFORM = "platform"
INCOME_FEES = "income:fees"
COST_PROVIDER_FEES = "cost:provider_fees"
COST_PROMOTIONS = "cost:promotions"
BANK = "bank"
EXCHANGE = "exchange"


def provider(name: str, holder: str = PLATFORM) -> str:
    """What provider `name` (stripe, paypal) holds for the platform, or for a connected account (`acct_…`)."""
    return f"provider:{_part(name)}:{_part(holder)}"


def payable(vendor: str) -> str:
    """What we owe a vendor; `vendor` is the vendor's id as text."""
    return f"payable:{_part(vendor)}"


def receivable(vendor: str) -> str:
    """What a vendor owes us; `vendor` is the vendor's id as text."""
    return f"receivable:{_part(vendor)}"


def _part(text: str) -> str:
    if not text or ":" in text or text != text.strip():
        raise ValueError(f"not a part of an account's name: {text!r}")
    return text
