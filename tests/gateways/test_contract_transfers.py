"""On every rail: shares are passed on once per key, taken back once per key, found by their group, refused in words."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from store.gateways.port import TransferHeld, Unavailable
from store.gateways.transfers import Hold, ReversalRequest, TransferRequest
from store.kit.money import Money
from tests.gateways.benches import Bench
from tests.gateways.checkouts import make_request, pay_for


async def paid(bench: Bench, **changes: Any) -> TransferRequest:
    """A platform charge of 30.00 that was paid, and the wish to pass 20.00 of it on."""
    request = make_request(bench, "separate")
    session, charge = await pay_for(bench, request)
    await bench.settle(session)
    values: dict[str, Any] = {
        "transfer_id": str(uuid4()),
        "order_id": request.order_id,
        "account_ref": bench.destination,
        "amount": 2000,
        "currency": "USD",
        "source_ref": charge,
        "group": request.order_id,
    }
    return TransferRequest(**{**values, **changes})


async def test_share_is_sent_once_when_it_is_asked_for_twice_under_its_key(bench: Bench) -> None:
    wanted = await paid(bench)

    first, second = [await bench.gateway.transfer(wanted, wanted.transfer_id) for _ in range(2)]

    assert first == second
    assert (first.transfer_id, first.account_ref) == (wanted.transfer_id, bench.destination)
    assert (first.amount, first.landed) == (Money(2000, "USD"), Money(2000, "USD"))
    assert await bench.gateway.balance(bench.destination) == [Money(2000, "USD")]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_list_of_the_group_tells_when_the_answer_was_lost(bench: Bench, when: str) -> None:
    wanted = await paid(bench)
    await bench.lose("transfer", when)

    with pytest.raises(Unavailable):
        await bench.gateway.transfer(wanted, wanted.transfer_id)

    found = await bench.gateway.find_transfers(wanted.group)
    assert [one.transfer_id for one in found] == ([wanted.transfer_id] if when == "after" else [])
    assert await bench.gateway.find_transfers(str(uuid4())) == []


async def test_part_is_taken_back_once_and_listed_when_it_is_asked_for_twice(bench: Bench) -> None:
    wanted = await paid(bench)
    sent = await bench.gateway.transfer(wanted, wanted.transfer_id)
    back = ReversalRequest(str(uuid4()), sent.ref, 500, "USD")

    first, second = [await bench.gateway.reverse_transfer(back, back.reversal_id) for _ in range(2)]

    assert first == second
    assert (first.reversal_id, first.taken, first.landed) == (back.reversal_id, Money(500, "USD"), Money(500, "USD"))
    (found,) = await bench.gateway.find_transfers(wanted.group)
    assert [one.ref for one in found.reversals] == [first.ref]
    assert await bench.gateway.balance(bench.destination) == [Money(1500, "USD")]


async def test_nothing_moves_and_the_reason_is_told_when_the_account_may_not_receive(bench: Bench) -> None:
    wanted = await paid(bench)
    await bench.close_account()

    with pytest.raises(TransferHeld) as held:
        await bench.gateway.transfer(wanted, wanted.transfer_id)

    assert held.value.hold == Hold.ACCOUNT
    assert await bench.gateway.find_transfers(wanted.group) == []


async def test_balance_is_the_reason_when_no_charge_pays_for_it(bench: Bench) -> None:
    wanted = await paid(bench, source_ref="")

    with pytest.raises(TransferHeld) as held:
        await bench.gateway.transfer(wanted, wanted.transfer_id)

    assert held.value.hold == Hold.BALANCE


async def test_more_is_refused_when_the_charge_has_not_as_much(bench: Bench) -> None:
    wanted = await paid(bench)
    await bench.gateway.transfer(wanted, wanted.transfer_id)

    with pytest.raises(TransferHeld) as held:
        await bench.gateway.transfer(wanted, str(uuid4()))

    assert held.value.hold == Hold.OTHER
