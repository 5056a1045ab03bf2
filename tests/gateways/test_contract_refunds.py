"""On every rail: what a charge is made of, and that its money goes back once and only from where it is."""

from __future__ import annotations

import pytest

from store.gateways.port import GatewayBug, RefundOutcome
from store.kit.money import Money
from tests.gateways.benches import Bench
from tests.gateways.checkouts import KINDS, lives_on, make_request, pay_for, refund_of


@pytest.mark.parametrize("kind", KINDS)
async def test_parts_of_a_charge_are_known_when_it_has_settled(bench: Bench, kind: str) -> None:
    request = make_request(bench, kind)
    session, charge = await pay_for(bench, request)
    assert not (await bench.gateway.fetch_capture(charge, lives_on(request))).settled
    assert await bench.gateway.find_application_fee(charge) is None

    await bench.settle(session)

    seen = await bench.gateway.fetch_capture(charge, lives_on(request))
    assert (seen.ref, seen.settled, seen.refunds) == (charge, True, ())
    assert seen.provider_fee is not None
    assert seen.provider_fee.amount == Money(117, "USD")
    assert (seen.transfer.amount if seen.transfer else None) == (Money(3000, "USD") if kind == "destination" else None)
    if kind == "direct":
        assert await bench.gateway.find_application_fee(charge) == seen.application_fee
    fee = seen.application_fee.amount if seen.application_fee else None
    assert fee == (None if kind == "separate" else Money(300, "USD"))


@pytest.mark.parametrize("kind", KINDS)
async def test_everything_goes_back_once_when_it_is_asked_for_twice(bench: Bench, kind: str) -> None:
    request = make_request(bench, kind)
    session, charge = await pay_for(bench, request)
    await bench.settle(session)
    wanted = refund_of(request, charge)

    first, second = await bench.gateway.refund(wanted), await bench.gateway.refund(wanted)

    assert first.ref == second.ref
    assert (first.refund_id, first.capture_ref) == (wanted.refund_id, charge)
    assert (first.amount, first.outcome) == (Money(3000, "USD"), RefundOutcome.SUCCEEDED)
    assert (first.taken, first.came_back) == (True, False)
    assert [one.ref for one in await bench.gateway.find_refunds(charge, lives_on(request))] == [first.ref]
    seen = await bench.gateway.fetch_capture(charge, lives_on(request))
    assert [one.ref for one in seen.refunds] == [first.ref]
    reversed_ = [moved.amount.amount for moved in seen.transfer_reversals]
    assert reversed_ == ([3000] if kind == "destination" else [])
    assert [moved.amount.amount for moved in seen.fee_refunds] == ([] if kind == "separate" else [300])


async def test_refund_is_refused_when_it_is_more_than_is_left(bench: Bench) -> None:
    request = make_request(bench)
    _, charge = await pay_for(bench, request)
    await bench.gateway.refund(refund_of(request, charge, amount=1000))

    with pytest.raises(GatewayBug):
        await bench.gateway.refund(refund_of(request, charge, amount=2001))

    assert len(await bench.gateway.find_refunds(charge, "")) == 1


async def test_capture_is_found_in_its_own_account_only_when_it_is_direct(bench: Bench) -> None:
    request = make_request(bench, "direct")
    _, charge = await pay_for(bench, request)

    for account in ("", bench.destination):
        with pytest.raises(GatewayBug):
            await bench.gateway.fetch_capture(charge, account)
        with pytest.raises(GatewayBug):
            await bench.gateway.refund(refund_of(request, charge, account_ref=account))

    assert (await bench.gateway.fetch_capture(charge, bench.direct)).refunds == ()
