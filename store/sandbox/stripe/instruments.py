"""Payment methods as objects: cards from the table of test cards, bank accounts from the table of test accounts.

Invariant: what was typed is not kept, only what the provider shows of it (the last four digits), and the test
number itself, because it decides what happens next.
"""

from store.sandbox.kernel.world import Document, World
from store.sandbox.stripe.bank_accounts import BankAccount
from store.sandbox.stripe.cards import TestCard
from store.sandbox.stripe.objects import blank


def make_method(
    world: World,
    account: str,
    card: TestCard,
    *,
    billing: Document | None = None,
    expiry: tuple[int, int] | None = None,
) -> Document:
    """Store a card payment method; `expiry` is (month, four-digit year)."""
    month, year = expiry or (12, 2040)
    method = blank(
        world,
        "payment_method",
        type="card",
        allow_redisplay="unspecified",
        billing_details=billing_details() | (billing or {}),
        card={
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": f"sandbox{card.number[-9:]}",
            "funding": "credit",
            "generated_from": None,
            "last4": card.number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": card.brand != "amex"},
            "wallet": None,
        },
        _number=card.number,
    )
    world.put(account, "payment_method", method)
    return method


def billing_details() -> Document:
    """Return billing details of which nothing is known."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}


def make_bank_method(world: World, account: str, bank: BankAccount, billing: Document) -> Document:
    """Store a bank account as a payment method of its own type."""
    details: Document = {"fingerprint": f"sandbox{bank.number[-9:]}", "last4": bank.number[-4:]}
    if bank.type == "us_bank_account":
        details |= {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": {},
        }
    else:
        details |= {
            "bank_code": bank.number[4:9],
            "branch_code": "",
            "country": bank.number[:2],
            "generated_from": {"charge": None, "setup_attempt": None},
        }
    method = blank(
        world,
        "payment_method",
        type=bank.type,
        allow_redisplay="unspecified",
        billing_details=billing_details() | billing,
        _number=bank.number,
    )
    method[bank.type] = details
    world.put(account, "payment_method", method)
    return method
