"""The buyer who approves orders here: Ada, with a verified PayPal account and an address on file."""

from __future__ import annotations

from typing import Any

from store.sandbox.kernel.world import Document

PAYER_ID = "ADAB2345678JN"
BUYER: Document = {
    "name": {"given_name": "Ada", "surname": "Buyer"},
    "email_address": "ada-buyer@personal.example.com",
    "payer_id": PAYER_ID,
    "address": {"country_code": "US"},
}
# Her address on file, for orders whose merchant leaves the choice to her.
ADDRESS: Document = {
    "address_line_1": "1 Main St",
    "admin_area_2": "San Jose",
    "admin_area_1": "CA",
    "postal_code": "95131",
    "country_code": "US",
}


def describe_payer(payer: dict[str, Any] | None = None) -> Document:
    """Return `payer` of an approved order: Ada, with whatever of her the caller says otherwise."""
    return {**BUYER, **(payer or {})}


def describe_wallet(payer: Document) -> Document:
    """Return `payment_source.paypal` of an order that this payer approved."""
    return {
        "email_address": payer["email_address"],
        "account_id": payer["payer_id"],
        "account_status": "VERIFIED",
        "name": payer["name"],
        "address": payer["address"],
    }


def describe_shipping(payer: Document) -> Document:
    """Return the `shipping` that a buyer's account has on file."""
    full_name = f"{payer['name']['given_name']} {payer['name']['surname']}"
    return {"name": {"full_name": full_name}, "address": dict(ADDRESS)}
