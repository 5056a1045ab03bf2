"""Connected accounts by charge type, as Stripe's protocol has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.gateways.port import AccountRequest, AccountSnapshot, GatewayBug, Unavailable
from tests.gateways.benches import SandboxBench, open_sandbox_bench


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[SandboxBench]:
    async with open_sandbox_bench(tmp_path) as built:
        yield built


def make_request(kind: str, **changes: str | bool) -> AccountRequest:
    """Vera's account."""
    values = {"vendor_id": "vera", "name": "Kiln & Co", "email": "vera@kiln.example", "country": "US", "prefill": True}
    return AccountRequest(**{**values, "charge_type": kind, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["direct", "destination"])
@pytest.mark.parametrize(("country", "currency"), [("US", "USD"), ("DE", "EUR"), ("JP", "JPY")])
async def test_account_can_be_paid_at_once_when_it_is_prefilled(
    bench: SandboxBench, kind: str, country: str, currency: str
) -> None:
    made = await bench.gateway.open_account(make_request(kind, country=country))

    assert made == AccountSnapshot(made.ref, currency, charges_enabled=True, transfers_active=True)
    assert await bench.gateway.fetch_account(made.ref) == made


@pytest.mark.parametrize(("kind", "losses"), [("direct", "stripe"), ("destination", "application")])
async def test_losses_lie_where_the_charge_type_needs_them_when_an_account_is_opened(
    bench: SandboxBench, kind: str, losses: str
) -> None:
    made = await bench.gateway.open_account(make_request(kind))

    headers = {"Authorization": "Bearer sk_test_overprint"}
    account = (await bench.console.get(f"/v1/accounts/{made.ref}", headers=headers)).json()
    assert account["controller"]["losses"]["payments"] == losses
    assert account["metadata"] == {"vendor_id": "vera"}


async def test_account_waits_for_its_owner_when_nothing_is_prefilled(bench: SandboxBench) -> None:
    made = await bench.gateway.open_account(make_request("destination", prefill=False))

    assert (made.charges_enabled, made.transfers_active) == (False, False)


async def test_account_is_opened_once_when_a_vendor_is_seeded_twice(bench: SandboxBench) -> None:
    first = await bench.gateway.open_account(make_request("direct"))

    assert await bench.gateway.open_account(make_request("direct")) == first


async def test_request_was_wrong_when_the_account_is_unknown(bench: SandboxBench) -> None:
    with pytest.raises(GatewayBug):
        await bench.gateway.fetch_account("acct_unknown")


async def test_provider_is_there_when_it_answers_our_key(bench: SandboxBench) -> None:
    await bench.gateway.ping()
    fault = {"method": "GET", "path": "/v1/balance", "when": "before", "action": "status", "status": 401}
    await bench.console.post("/_sandbox/faults", json=fault)

    with pytest.raises(Unavailable):
        await bench.gateway.ping()
