"""Connected accounts by `controller` properties. docs.stripe.com/connect/migrate-to-controller-properties

direct: losses and fees at Stripe, full dashboard. destination and separate: losses and fees at the platform, Express
dashboard; an account that carries its own losses takes direct charges only. An `acct_` id alone means nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from store.gateways.accounts import AccountRequest, AccountSnapshot, Requirements
from store.gateways.stripe.client import StripeCalls, options

DIRECT: dict[str, Any] = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}
BY_PLATFORM: dict[str, Any] = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "express"},
}
CONTROLLERS = {"direct": DIRECT, "destination": BY_PLATFORM, "separate": BY_PLATFORM}
# docs.stripe.com/connect/testing: values that verify at once, and a bank account to which payouts arrive.
TEST_PERSON: dict[str, Any] = {
    "first_name": "Vera",
    "last_name": "Test",
    "phone": "0000000000",
    "dob": {"day": 1, "month": 1, "year": 1901},
    "address": {"line1": "address_full_match"},
    "ssn_last_4": "0000",
}
TEST_BANKS: dict[str, dict[str, str]] = {
    "US": {"account_number": "000123456789", "routing_number": "110000000"},
    "DE": {"account_number": "DE89370400440532013000"},
    "JP": {"account_number": "0001234", "routing_number": "1100000"},
}


def freeze_account(request: AccountRequest) -> str:
    """The whole body as JSON; `account_id` stands in its metadata and finds the account again."""
    body: dict[str, Any] = {
        "country": request.country,
        "default_currency": request.currency.lower(),
        "email": request.email,
        "controller": CONTROLLERS[request.charge_type],
        "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
        "business_profile": {"name": request.name},
        "metadata": {"account_id": request.account_id, "vendor_id": request.vendor_id},
    }
    if request.prefill:
        bank = TEST_BANKS.get(request.country, TEST_BANKS["US"])
        body |= {
            "business_type": "individual",
            "individual": {**TEST_PERSON, "email": request.email},
            "external_account": {
                "object": "bank_account",
                "country": request.country,
                "currency": request.currency.lower(),
                **bank,
            },
        }
    return json.dumps(body)


async def open_account(calls: StripeCalls, frozen: str, key: str) -> AccountSnapshot:
    """Create the account whose body was frozen, under `key`."""
    made = await calls.call(
        "accounts.create",
        lambda: calls.client.v1.accounts.create_async(json.loads(frozen), options(key=key)),
    )
    return account_snapshot(made.to_dict())


async def find_account(calls: StripeCalls, account_id: str, since: datetime) -> AccountSnapshot | None:
    """The account whose metadata names our id, the oldest if there are several.

    Accounts have no search, so the list is read; `since` keeps it short. docs.stripe.com/api/accounts/list
    """
    question: Any = {"limit": 100, "created": {"gte": int(since.timestamp())}}

    async def read() -> list[AccountSnapshot]:
        page = await calls.client.v1.accounts.list_async(question)
        made = [account.to_dict() async for account in page.auto_paging_iter()]
        return [account_snapshot(one) for one in made if (one.get("metadata") or {}).get("account_id") == account_id]

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


async def onboarding_link(calls: StripeCalls, ref: str, refresh_url: str, return_url: str) -> str:
    """Ask for everything at once, so that nothing is due soon after. docs.stripe.com/connect/hosted-onboarding"""
    made = await calls.call(
        "account_links.create",
        lambda: calls.client.v1.account_links.create_async(
            {
                "account": ref,
                "type": "account_onboarding",
                "refresh_url": refresh_url,
                "return_url": return_url,
                "collection_options": {"fields": "eventually_due"},
            }
        ),
    )
    return made.url


async def login_link(calls: StripeCalls, ref: str) -> str:
    """The Express dashboard; who has the full one signs in at Stripe. docs.stripe.com/api/accounts/login_link"""
    made = await calls.call("login_links.create", lambda: calls.client.v1.accounts.login_links.create_async(ref))
    return made.url


async def ping(calls: StripeCalls) -> None:
    """Ask for the platform's balance: small, and it proves address and key."""
    await calls.call("balance.retrieve", lambda: calls.client.v1.balance.retrieve_async())


def account_snapshot(account: dict[str, Any]) -> AccountSnapshot:
    """What the shop needs of an account."""
    capabilities = account.get("capabilities") or {}
    return AccountSnapshot(
        ref=account["id"],
        country=account.get("country") or "",
        currency=(account.get("default_currency") or "").upper(),
        charges_enabled=bool(account.get("charges_enabled")),
        payouts_enabled=bool(account.get("payouts_enabled")),
        details_submitted=bool(account.get("details_submitted")),
        card_payments=capabilities.get("card_payments") or "",
        transfers=capabilities.get("transfers") or "",
        requirements=_requirements(account.get("requirements") or {}),
    )


def _requirements(told: dict[str, Any]) -> Requirements:
    deadline = told.get("current_deadline")
    return Requirements(
        currently_due=tuple(told.get("currently_due") or ()),
        past_due=tuple(told.get("past_due") or ()),
        pending_verification=tuple(told.get("pending_verification") or ()),
        current_deadline=datetime.fromtimestamp(deadline, UTC) if deadline else None,
        disabled_reason=told.get("disabled_reason") or "",
        errors=tuple((one.get("requirement") or "", one.get("reason") or "") for one in told.get("errors") or ()),
    )
