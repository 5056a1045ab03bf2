"""On every rail: accounts, the links to their forms and dashboards, and what is left when one has let us go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from store.gateways.accounts import AccountRequest, AccountSnapshot
from store.gateways.port import Disconnected, GatewayBug
from store.kit import clock
from tests.gateways.benches import Bench

BACK = "http://localhost:8000/sell/connect/return?account=x"
AGAIN = "http://localhost:8000/sell/connect/refresh?account=x"


async def open_one(bench: Bench, key: str = "one", **changes: Any) -> AccountSnapshot:
    """Vera's account under this key."""
    facts = {"vendor_id": "vera", "name": "Kiln & Co", "email": "vera@kiln.example", "country": "US"}
    more = {"currency": "USD", "charge_type": "destination", "prefill": False, "account_id": key}
    frozen = bench.gateway.freeze_account(AccountRequest(**{**facts, **more, **changes}))
    made: AccountSnapshot = await bench.gateway.open_account(frozen, key)
    return made


async def test_nothing_is_allowed_when_an_account_is_new(bench: Bench) -> None:
    made = await open_one(bench)

    assert (made.charges_enabled, made.payouts_enabled, made.details_submitted) == (False, False, False)
    assert (made.card_payments, made.transfers, made.due) == ("inactive", "inactive", True)
    assert (made.country, made.currency) == ("US", "USD")
    assert await bench.gateway.fetch_account(made.ref) == made


async def test_everything_is_allowed_when_it_is_prefilled(bench: Bench) -> None:
    made = await open_one(bench, prefill=True)

    assert (made.charges_enabled, made.payouts_enabled, made.details_submitted) == (True, True, True)
    assert (made.card_payments, made.transfers, made.due, made.disabled_reason) == ("active", "active", False, "")


async def test_same_account_is_the_answer_when_the_key_is_the_same(bench: Bench) -> None:
    first, second, other = await open_one(bench), await open_one(bench), await open_one(bench, "two")

    assert first == second
    assert other.ref != first.ref


async def test_account_is_found_by_our_id_when_nobody_wrote_it_down(bench: Bench) -> None:
    before = clock.now() - timedelta(minutes=1)
    made = await open_one(bench)

    assert await bench.gateway.find_account("one", before) == made
    assert await bench.gateway.find_account("nobody", before) is None
    assert await bench.gateway.find_account("one", clock.now() + timedelta(hours=1)) is None


async def test_another_link_is_made_when_one_is_asked_for_again(bench: Bench) -> None:
    made = await open_one(bench)

    first, second = [await bench.gateway.onboarding_link(made.ref, AGAIN, BACK) for _ in range(2)]

    assert first.startswith("http")
    assert first != second


async def test_dashboard_is_linked_when_it_is_an_express_one_alone(bench: Bench) -> None:
    express = await open_one(bench, prefill=True)
    full = await open_one(bench, "two", charge_type="direct", prefill=True)

    assert (await bench.gateway.login_link(express.ref)).startswith("http")
    with pytest.raises(GatewayBug):
        await bench.gateway.login_link(full.ref)


async def test_nothing_can_be_asked_for_when_the_account_has_let_us_go(bench: Bench) -> None:
    made = await open_one(bench, charge_type="direct", prefill=True)
    await bench.leave(made.ref)

    with pytest.raises(Disconnected):
        await bench.gateway.fetch_account(made.ref)
    with pytest.raises(Disconnected):
        await bench.gateway.onboarding_link(made.ref, AGAIN, BACK)


async def test_account_is_not_ours_when_nobody_knows_it(bench: Bench) -> None:
    with pytest.raises(GatewayBug):
        await bench.gateway.fetch_account("acct_unknown")
