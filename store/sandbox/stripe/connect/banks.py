"""Bank accounts to which an account's money is paid out, as they stand in `external_accounts`.

Invariant: of each currency one bank account is the default (docs.stripe.com/api/external_accounts).
"""

from typing import Any

from store.sandbox.kernel.errors import Missing, Unsupported
from store.sandbox.kernel.ids import new_id
from store.sandbox.kernel.world import Document
from store.sandbox.stripe.money import check_currency


def make_bank_account(account: Document, given: Any) -> Document:
    """Return an external account; what is not given is that of a test account to which payouts arrive."""
    if isinstance(given, str) and not given.startswith("btok_"):
        raise Missing("token", given, "external_account")
    details = given if isinstance(given, dict) else {}
    if details.get("object") == "card":
        raise Unsupported("debit cards as external accounts", param="external_account[object]")
    number = str(details.get("account_number", "000123456789"))
    return {
        "id": new_id("ba_1", 23),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": details.get("account_holder_name"),
        "account_holder_type": details.get("account_holder_type"),
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "SANDBOX TEST BANK",
        "country": details.get("country", account["country"]),
        "currency": check_currency(
            details.get("currency") or account["default_currency"], "external_account[currency]"
        ),
        "default_for_currency": True,
        "fingerprint": f"sandbox{number[-4:]}",
        "last4": number[-4:],
        "metadata": {},
        "routing_number": details.get("routing_number", "110000000"),
        "status": "new",
        # What becomes of a payout to it.
        "_number": number,
    }


def default_bank(account: Document, currency: str) -> Document | None:
    """Return the bank account that is the default of a currency, or None."""
    banks = account["external_accounts"]["data"]
    return next((bank for bank in banks if bank["currency"] == currency and bank["default_for_currency"]), None)


def make_default(account: Document, bank: Document) -> None:
    """Make a bank account the default of its currency, and no other."""
    for one in account["external_accounts"]["data"]:
        if one["currency"] == bank["currency"]:
            one["default_for_currency"] = one["id"] == bank["id"]
