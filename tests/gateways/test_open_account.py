"""Connected accounts by charge type, as Stripe's protocol has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from store import seed
from store.gateways.port import AccountRequest, AccountSnapshot, GatewayBug, Unavailable
from store.kit import clock
from store.kit.db import fetch
from tests.facts import posted
from tests.gateways.benches import SandboxBench, open_sandbox_bench
from tests.world import World, rows


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


@pytest.mark.parametrize("hours", [1, 25])
async def test_account_is_found_by_its_vendor_when_its_answer_was_lost_and_its_key_forgotten(
    bench: SandboxBench, hours: int
) -> None:
    before = clock.now() - timedelta(minutes=1)
    made = await bench.gateway.open_account(make_request("direct"))
    await bench.gateway.open_account(make_request("direct", vendor_id="otto"))
    await bench._advance(hours * 3600)

    assert await bench.gateway.find_account("vera") == made
    assert await bench.gateway.find_account("vera", before) == made
    assert await bench.gateway.find_account("vera", clock.now()) is None
    assert await bench.gateway.find_account("nobody") is None


async def test_no_second_account_is_opened_when_the_first_was_never_written_down(world: World) -> None:
    """The process died after the call, and the shop is filled again when the provider has forgotten the key."""
    opened = await rows("SELECT slug, account_ref FROM vendor ORDER BY slug")
    asked = len(await posted(world, "/v1/accounts"))
    await fetch("UPDATE vendor SET account_ref = NULL")
    await world.advance(25 * 3600)

    await seed.fill(world.gateways)

    assert await rows("SELECT slug, account_ref FROM vendor ORDER BY slug") == opened
    assert len(await posted(world, "/v1/accounts")) == asked


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
