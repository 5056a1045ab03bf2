"""Connected accounts by `controller` properties. docs.stripe.com/connect/migrate-to-controller-properties

direct: losses and fees at Stripe, full dashboard. destination: losses and fees at the platform, Express dashboard; an
account that carries its own losses takes direct charges only. An `acct_` id alone means nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from store.gateways.port import AccountRequest, AccountSnapshot
from store.gateways.stripe.client import StripeCalls, options

CONTROLLERS: dict[str, dict[str, Any]] = {
    "direct": {
        "fees": {"payer": "account"},
        "losses": {"payments": "stripe"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "full"},
    },
    "destination": {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "express"},
    },
}
# docs.stripe.com/connect/testing: values that verify at once.
TEST_PERSON: dict[str, Any] = {
    "first_name": "Vera",
    "last_name": "Test",
    "phone": "0000000000",
    "dob": {"day": 1, "month": 1, "year": 1901},
    "address": {"line1": "address_full_match"},
    "ssn_last_4": "0000",
}


async def open_account(calls: StripeCalls, request: AccountRequest) -> AccountSnapshot:
    """Create the vendor's account under the vendor's id as key."""
    body: dict[str, Any] = {
        "country": request.country,
        "email": request.email,
        "controller": CONTROLLERS[request.charge_type],
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "business_profile": {"name": request.name},
        "metadata": {"vendor_id": request.vendor_id},
    }
    if request.prefill:
        body |= {"business_type": "individual", "individual": {**TEST_PERSON, "email": request.email}}
    made = await calls.call(
        "accounts.create",
        lambda: calls.client.v1.accounts.create_async(
            body,  # type: ignore[arg-type]
            options(key=f"account-{request.vendor_id}"),
        ),
    )
    return account_snapshot(made.to_dict())


async def find_account(calls: StripeCalls, vendor_id: str, since: datetime | None) -> AccountSnapshot | None:
    """The account whose metadata names this vendor, the oldest if there are several.

    Accounts have no search, so the list is read; `since` keeps it short. docs.stripe.com/api/accounts/list
    """
    question: Any = {"limit": 100, **({"created": {"gte": int(since.timestamp())}} if since else {})}

    async def read() -> list[AccountSnapshot]:
        page = await calls.client.v1.accounts.list_async(question)
        made = [account.to_dict() async for account in page.auto_paging_iter()]
        return [account_snapshot(one) for one in made if (one.get("metadata") or {}).get("vendor_id") == vendor_id]

    found = await calls.call("accounts.list", read)
    return found[-1] if found else None


async def fetch_account(calls: StripeCalls, ref: str) -> AccountSnapshot:
    """The account as it is now."""
    found = await calls.call("accounts.retrieve", lambda: calls.client.v1.accounts.retrieve_async(ref))
    return account_snapshot(found.to_dict())


async def fetch_country(calls: StripeCalls) -> str:
    """The country of the account that our key belongs to. docs.stripe.com/api/accounts/retrieve"""
    own = await calls.call("accounts.retrieve_current", lambda: calls.client.v1.accounts.retrieve_current_async())
    return own.country or ""


async def ping(calls: StripeCalls) -> None:
    """Ask for the platform's balance: small, and it proves address and key."""
    await calls.call("balance.retrieve", lambda: calls.client.v1.balance.retrieve_async())


def account_snapshot(account: dict[str, Any]) -> AccountSnapshot:
    """What the shop needs of an account."""
    capabilities = account.get("capabilities") or {}
    return AccountSnapshot(
        ref=account["id"],
        currency=(account.get("default_currency") or "").upper(),
        charges_enabled=bool(account.get("charges_enabled")),
        transfers_active=capabilities.get("transfers") == "active",
    )
