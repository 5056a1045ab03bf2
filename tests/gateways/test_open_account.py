"""Connected accounts by charge type, as Stripe's protocol has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store.gateways.accounts import AccountRequest, AccountSnapshot
from store.gateways.port import Unavailable
from store.kit import clock
from tests.gateways.benches import SandboxBench, open_sandbox_bench

HEADERS = {"Authorization": "Bearer sk_test_overprint"}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SandboxBench]:
    async with open_sandbox_bench(tmp_path) as built:
        yield built


async def open_one(bench: SandboxBench, kind: str, account_id: str = "one", **changes: Any) -> AccountSnapshot:
    """Vera's account."""
    facts = {"vendor_id": "vera", "name": "Kiln & Co", "email": "vera@kiln.example", "country": "US"}
    values = {**facts, "currency": "USD", "prefill": True, "charge_type": kind, "account_id": account_id, **changes}
    return await bench.gateway.open_account(bench.gateway.freeze_account(AccountRequest(**values)), account_id)


async def read_account(bench: SandboxBench, ref: str) -> dict[str, Any]:
    """The account as the provider shows it."""
    answer = await bench.console.get(f"/v1/accounts/{ref}", headers=HEADERS)
    return dict(answer.json())


@pytest.mark.parametrize("kind", ["direct", "destination", "separate"])
@pytest.mark.parametrize(("country", "currency"), [("US", "USD"), ("DE", "EUR"), ("JP", "JPY")])
async def test_account_can_be_paid_at_once_when_it_is_prefilled(
    bench: SandboxBench, kind: str, country: str, currency: str
) -> None:
    made = await open_one(bench, kind, country=country, currency=currency)

    assert made == AccountSnapshot(
        ref=made.ref,
        country=country,
        currency=currency,
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
        card_payments="active",
        transfers="active",
    )
    assert await bench.gateway.fetch_account(made.ref) == made


@pytest.mark.parametrize(
    ("kind", "losses", "fees", "dashboard"),
    [
        ("direct", "stripe", "account", "full"),
        ("destination", "application", "application", "express"),
        ("separate", "application", "application", "express"),
    ],
)
async def test_losses_fees_and_dashboard_follow_the_charge_type_when_an_account_is_opened(
    bench: SandboxBench, kind: str, losses: str, fees: str, dashboard: str
) -> None:
    made = await open_one(bench, kind)

    account = await read_account(bench, made.ref)
    assert account["controller"]["losses"]["payments"] == losses
    assert account["controller"]["fees"]["payer"] == fees
    assert account["controller"]["stripe_dashboard"]["type"] == dashboard
    assert set(account["capabilities"]) == {"card_payments", "transfers"}
    assert account["metadata"] == {"account_id": "one", "vendor_id": "vera"}


@pytest.mark.parametrize(("country", "currency"), [("US", "USD"), ("DE", "EUR"), ("JP", "JPY"), ("DE", "USD")])
async def test_country_and_currency_are_the_vendors_when_an_account_is_opened(
    bench: SandboxBench, country: str, currency: str
) -> None:
    made = await open_one(bench, "direct", country=country, currency=currency, prefill=False)

    account = await read_account(bench, made.ref)
    assert (account["country"], account["default_currency"]) == (country, currency.lower())


async def test_owner_finds_name_and_address_filled_in_when_nothing_else_is(bench: SandboxBench) -> None:
    made = await open_one(bench, "direct", prefill=False)

    account = await read_account(bench, made.ref)
    assert (account["business_profile"]["name"], account["email"]) == ("Kiln & Co", "vera@kiln.example")


@pytest.mark.parametrize("hours", [1, 25])
async def test_account_is_found_by_our_id_when_its_answer_was_lost_and_its_key_forgotten(
    bench: SandboxBench, hours: int
) -> None:
    before = clock.now() - timedelta(minutes=1)
    made = await open_one(bench, "direct")
    await open_one(bench, "direct", account_id="two")
    await bench._advance(hours * 3600)

    assert await bench.gateway.find_account("one", before) == made
    assert await bench.gateway.find_account("one", clock.now()) is None
    assert await bench.gateway.find_account("nobody", before) is None


async def test_account_waits_for_its_owner_when_nothing_is_prefilled(bench: SandboxBench) -> None:
    made = await open_one(bench, "destination", prefill=False)

    assert (made.charges_enabled, made.payouts_enabled, made.details_submitted) == (False, False, False)
    assert (made.transfers, made.due) == ("inactive", True)


async def test_account_is_opened_once_when_the_key_is_the_same(bench: SandboxBench) -> None:
    first = await open_one(bench, "direct")

    assert await open_one(bench, "direct") == first


async def test_provider_is_there_when_it_answers_our_key(bench: SandboxBench) -> None:
    await bench.gateway.ping()
    fault = {"method": "GET", "path": "/v1/balance", "when": "before", "action": "status", "status": 401}
    await bench.console.post("/_sandbox/faults", json=fault)

    with pytest.raises(Unavailable):
        await bench.gateway.ping()
