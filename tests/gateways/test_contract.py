"""One suite for every rail: what the shop relies on holds on the fake and on Stripe as the sandbox speaks it.

Here: a payment from its session to its end, and what is known when an answer is lost. Discounts, events and refunds
have a file each beside this one.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from store.gateways.port import CheckoutItem, Declined, GatewayBug, SnapshotStatus, Unavailable
from store.kit import clock
from tests.gateways.benches import Bench
from tests.gateways.checkouts import KINDS, lives_on, make_request, open_it, pay_for, refund_of


@pytest.mark.parametrize("kind", KINDS)
async def test_session_is_open_and_ours_when_it_was_opened(bench: Bench, kind: str) -> None:
    request = make_request(bench, kind)

    opened = await open_it(bench, request)

    seen = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    assert (seen.ref, seen.status, seen.redirect_url) == (opened.ref, SnapshotStatus.OPEN, opened.redirect_url)
    assert (seen.amount, seen.currency) == (3000, "USD")
    assert (seen.payment_id, seen.order_id) == (request.payment_id, request.order_id)
    assert (seen.account_ref, seen.livemode, seen.failure) == (lives_on(request), False, None)


async def test_same_session_is_the_answer_when_the_key_is_the_same(bench: Bench) -> None:
    request = make_request(bench)

    first, second = await open_it(bench, request), await open_it(bench, request)

    assert first == second
    assert len(await bench.gateway.find_payments(request.payment_id, "", clock.now() - timedelta(hours=1))) == 1


async def test_one_session_is_made_when_the_same_frozen_text_is_sent_twice(bench: Bench) -> None:
    request = make_request(bench)
    frozen, again = (bench.gateway.freeze_checkout(request) for _ in range(2))
    assert frozen == again

    first, second = [await bench.gateway.open_checkout(frozen, "", request.payment_id) for _ in range(2)]

    assert first == second
    assert len(await bench.gateway.find_payments(request.payment_id, "", clock.now() - timedelta(hours=1))) == 1


async def test_outcome_is_unknown_when_the_key_comes_with_another_body(bench: Bench) -> None:
    """What an earlier request under this key did is not known from the refusal."""
    request = make_request(bench)
    await open_it(bench, request)

    with pytest.raises(Unavailable, match="same parameters"):
        await open_it(bench, dataclasses.replace(request, email="otto@example.com"))


@pytest.mark.parametrize("kind", KINDS)
async def test_money_is_where_it_belongs_when_it_is_paid(bench: Bench, kind: str) -> None:
    request = make_request(bench, kind)
    session, charge = await pay_for(bench, request)

    seen = await bench.gateway.fetch_payment(session, lives_on(request))

    assert (seen.status, seen.amount, seen.currency) == (SnapshotStatus.SUCCEEDED, 3000, "USD")
    assert charge
    assert charge != session
    assert seen.destination == (bench.destination if kind == "destination" else "")
    assert seen.fee == (0 if kind == "separate" else 300)
    assert seen.method == "Visa ending in 4242"


@pytest.mark.parametrize("abroad", [True, False])
async def test_vendor_settles_the_charge_when_the_request_says_on_whose_behalf(bench: Bench, abroad: bool) -> None:
    request = make_request(bench, on_behalf_of=bench.destination if abroad else "")
    session, _ = await pay_for(bench, request)

    seen = await bench.gateway.fetch_payment(session, "")

    assert (seen.destination, seen.on_behalf_of) == (bench.destination, request.on_behalf_of)
    assert await bench.gateway.fetch_country() == "US"


async def test_session_stays_open_and_says_why_when_a_try_was_declined(bench: Bench) -> None:
    opened = await open_it(bench, make_request(bench))

    await bench.decline(opened.ref, opened.redirect_url)

    seen = await bench.gateway.fetch_payment(opened.ref, "")
    assert seen.status == SnapshotStatus.OPEN
    assert seen.failure is not None
    assert seen.failure.message == "The bank declined the card"
    assert seen.failure.ref
    assert seen.redirect_url == opened.redirect_url


async def test_session_is_over_when_its_time_is_up(bench: Bench) -> None:
    opened = await open_it(bench, make_request(bench))

    await bench.run_out(opened.ref)

    assert (await bench.gateway.fetch_payment(opened.ref, "")).status == SnapshotStatus.EXPIRED
    assert not await bench.gateway.expire(opened.ref, "")


@pytest.mark.parametrize("kind", ["direct", "destination"])
async def test_open_session_is_closed_when_we_want_it_closed(bench: Bench, kind: str) -> None:
    request = make_request(bench, kind)
    opened = await open_it(bench, request)

    assert await bench.gateway.expire(opened.ref, lives_on(request))

    seen = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    assert (seen.status, seen.redirect_url) == (SnapshotStatus.EXPIRED, "")


async def test_paid_session_cannot_be_closed_when_we_come_too_late(bench: Bench) -> None:
    session, _ = await pay_for(bench, make_request(bench))

    assert not await bench.gateway.expire(session, "")

    assert (await bench.gateway.fetch_payment(session, "")).status == SnapshotStatus.SUCCEEDED


@pytest.mark.parametrize("kind", ["direct", "destination"])
async def test_payments_are_found_by_our_id_when_the_reference_is_lost(bench: Bench, kind: str) -> None:
    ours, other = make_request(bench, kind), make_request(bench, kind)
    before = clock.now() - timedelta(seconds=2)
    opened = await open_it(bench, ours)
    await open_it(bench, other)

    async def find(payment_id: str, account: str, since: Any, until: Any = None) -> list[str]:
        return [one.ref for one in await bench.gateway.find_payments(payment_id, account, since, until)]

    assert await find(ours.payment_id, lives_on(ours), before) == [opened.ref]
    assert await find(str(uuid4()), lives_on(ours), before) == []
    assert await find(ours.payment_id, lives_on(ours), clock.now() + timedelta(minutes=1)) == []
    assert await find(ours.payment_id, lives_on(ours), before - timedelta(hours=1), before) == []
    assert await find(ours.payment_id, lives_on(ours), before, clock.now() + timedelta(minutes=1)) == [opened.ref]
    assert await find(ours.payment_id, "" if kind == "direct" else bench.direct, before) == []


@pytest.mark.parametrize("when", ["before", "after"])
async def test_outcome_is_unknown_and_found_out_when_an_answer_is_lost(bench: Bench, when: str) -> None:
    request = make_request(bench)
    await bench.lose("open_checkout", when)
    with pytest.raises(Unavailable):
        await open_it(bench, request)

    opened = await open_it(bench, request)

    (found,) = await bench.gateway.find_payments(request.payment_id, "", clock.now() - timedelta(hours=1))
    assert found.ref == opened.ref
    await bench.pay(opened.ref, opened.redirect_url)
    charge = (await bench.gateway.fetch_payment(opened.ref, "")).capture_ref
    await bench.lose("refund", when)
    wanted = refund_of(request, charge)
    with pytest.raises(Unavailable):
        await bench.gateway.refund(wanted)
    made = await bench.gateway.refund(wanted)
    assert [one.ref for one in await bench.gateway.find_refunds(charge, "")] == [made.ref]


@pytest.mark.parametrize("call", ["fetch_payment", "find_payments", "expire", "find_refunds"])
async def test_outcome_is_unknown_when_a_question_is_not_answered(bench: Bench, call: str) -> None:
    request = make_request(bench)
    session, charge = await pay_for(bench, request)
    arguments: dict[str, tuple[Any, ...]] = {
        "fetch_payment": (session, ""),
        "find_payments": (request.payment_id, "", clock.now()),
        "expire": (session, ""),
        "find_refunds": (charge, ""),
    }
    await bench.lose(call, "before")

    with pytest.raises(Unavailable):
        await getattr(bench.gateway, call)(*arguments[call])

    await getattr(bench.gateway, call)(*arguments[call])


async def test_request_was_wrong_when_the_provider_knows_no_such_thing(bench: Bench) -> None:
    opened = await open_it(bench, make_request(bench))

    with pytest.raises(GatewayBug):
        await bench.gateway.fetch_payment("cs_test_unknown", "")
    with pytest.raises(GatewayBug):
        await bench.gateway.fetch_payment(opened.ref, bench.direct)
    with pytest.raises(GatewayBug):
        await bench.gateway.expire("cs_test_unknown", "")
    with pytest.raises(GatewayBug):
        await bench.gateway.fetch_capture("ch_unknown", "")


async def test_buyer_is_told_when_the_amount_is_too_small(bench: Bench) -> None:
    request = make_request(bench, total=10, fee=1, items=[CheckoutItem("Pin", 10, 1)])

    with pytest.raises(Declined):
        await open_it(bench, request)

    assert await bench.gateway.find_payments(request.payment_id, "", clock.now() - timedelta(hours=1)) == []
