"""What the shop relies on whoever takes the money: on the fake, on Stripe and on PayPal as the sandbox speaks them.

Here the platform is paid. What only some rails do (accounts, transfers, discounts, capturing) has files of its own.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from store.gateways.payments import ShipTo
from store.gateways.port import (
    CheckoutItem,
    CheckoutRequest,
    GatewayBug,
    OpenedCheckout,
    RefundOutcome,
    SnapshotStatus,
    Unavailable,
)
from store.kit import clock
from store.kit.money import Money
from tests.gateways import checkouts
from tests.gateways.checkouts import refund_of

ADDRESS = ShipTo("Ada Buyer", "1 Analytical Row", "", "London", "", "N1 9GU", "GB")
MADE = ["checkout.session.completed", "checkout.session.expired", "PAYMENT.CAPTURE.COMPLETED"]


def make_request(bench: Any, **changes: Any) -> CheckoutRequest:
    """A checkout of 30.00 that the platform is paid for."""
    items = [CheckoutItem("Mug", 1200, 2), CheckoutItem("Delivery", 600, 1, delivery=True)]
    more: dict[str, Any] = {"fee": 0, "items": items, "ship_to": ADDRESS, "success_url": "http://localhost:8000/back"}
    return checkouts.make_request(bench, "separate", **{**more, **changes})


async def open_it(bench: Any, request: CheckoutRequest) -> OpenedCheckout:
    """Open a checkout under its payment's id."""
    frozen = bench.gateway.freeze_checkout(request)
    opened: OpenedCheckout = await bench.gateway.open_checkout(frozen, "", request.payment_id)
    return opened


async def pay_for(bench: Any, request: CheckoutRequest) -> tuple[str, str]:
    """Open and pay; returns what PayPal calls order and capture, and Stripe session and charge."""
    opened = await open_it(bench, request)
    await bench.pay(opened.ref, opened.redirect_url)
    await bench.settle(opened.ref)
    return opened.ref, (await bench.gateway.fetch_payment(opened.ref, "")).capture_ref


async def test_checkout_is_open_and_ours_when_it_was_opened(any_bench: Any) -> None:
    request = make_request(any_bench)

    opened = await open_it(any_bench, request)

    seen = await any_bench.gateway.fetch_payment(opened.ref, "")
    assert (seen.ref, seen.status, seen.redirect_url) == (opened.ref, SnapshotStatus.OPEN, opened.redirect_url)
    assert seen.redirect_url
    assert (seen.amount, seen.currency, seen.subtotal) == (3000, "USD", 3000)
    assert (seen.payment_id, seen.order_id) == (request.payment_id, request.order_id)
    assert (seen.account_ref, seen.livemode, seen.failure) == ("", False, None)


async def test_same_checkout_is_the_answer_when_the_same_text_goes_out_under_the_same_key(any_bench: Any) -> None:
    request = make_request(any_bench)

    first, second = await open_it(any_bench, request), await open_it(any_bench, request)

    assert first == second


@pytest.mark.parametrize("discount", [0, 500])
async def test_payment_is_told_whole_when_it_is_paid(any_bench: Any, discount: int) -> None:
    request = make_request(any_bench, total=3000 - discount, discount=discount, discount_name="TENOFF" * bool(discount))
    if discount and hasattr(any_bench.gateway, "make_discount"):
        await any_bench.gateway.make_discount(any_bench.gateway.freeze_discount(request), "", "coupon")

    ref, capture_ref = await pay_for(any_bench, request)

    seen = await any_bench.gateway.fetch_payment(ref, "")
    assert (seen.status, seen.amount, seen.currency) == (SnapshotStatus.SUCCEEDED, 3000 - discount, "USD")
    assert (seen.subtotal, seen.shipping, seen.tax, seen.discount) == (3000, 0, 0, discount)
    assert (seen.payment_id, seen.order_id) == (request.payment_id, request.order_id)
    assert (seen.destination, seen.fee, seen.redirect_url, seen.remark) == ("", 0, "", "")
    assert capture_ref not in ("", ref)
    assert seen.method


@pytest.mark.parametrize(("currency", "total"), [("JPY", 3000), ("HUF", 300_000), ("EUR", 3001)])
async def test_amount_comes_back_as_it_went_when_it_is_of_another_currency(
    any_bench: Any, currency: str, total: int
) -> None:
    request = make_request(any_bench, currency=currency, total=total, items=[CheckoutItem("Mug", total, 1)])

    ref, _ = await pay_for(any_bench, request)

    seen = await any_bench.gateway.fetch_payment(ref, "")
    assert (seen.status, seen.amount, seen.subtotal) == (SnapshotStatus.SUCCEEDED, total, total)
    assert seen.currency == currency


async def test_checkout_stays_payable_when_a_try_was_declined(any_bench: Any) -> None:
    opened = await open_it(any_bench, make_request(any_bench))

    await any_bench.decline(opened.ref, opened.redirect_url)

    seen = await any_bench.gateway.fetch_payment(opened.ref, "")
    assert seen.status in (SnapshotStatus.OPEN, SnapshotStatus.APPROVED)
    await any_bench.pay(opened.ref, opened.redirect_url)
    assert (await any_bench.gateway.fetch_payment(opened.ref, "")).status == SnapshotStatus.SUCCEEDED


async def test_checkout_is_over_when_its_time_is_up(any_bench: Any) -> None:
    opened = await open_it(any_bench, make_request(any_bench))

    await any_bench.run_out(opened.ref)

    assert (await any_bench.gateway.fetch_payment(opened.ref, "")).status == SnapshotStatus.EXPIRED


@pytest.mark.parametrize("when", ["before", "after"])
async def test_outcome_is_unknown_and_found_out_when_an_answer_is_lost(any_bench: Any, when: str) -> None:
    request = make_request(any_bench)
    await any_bench.lose("open_checkout", when)
    with pytest.raises(Unavailable):
        await open_it(any_bench, request)
    opened = await open_it(any_bench, request)
    await any_bench.pay(opened.ref, opened.redirect_url)
    await any_bench.settle(opened.ref)
    capture_ref = (await any_bench.gateway.fetch_payment(opened.ref, "")).capture_ref
    wanted = refund_of(request, capture_ref)
    await any_bench.lose("refund", when)
    with pytest.raises(Unavailable):
        await any_bench.gateway.refund(wanted)

    made = await any_bench.gateway.refund(wanted)

    assert [one.ref for one in await any_bench.gateway.find_refunds(capture_ref, "")] == [made.ref]


@pytest.mark.parametrize("call", ["fetch_payment", "find_refunds"])
async def test_outcome_is_unknown_when_a_question_is_not_answered(any_bench: Any, call: str) -> None:
    ref, capture_ref = await pay_for(any_bench, make_request(any_bench))
    asked = {"fetch_payment": ref, "find_refunds": capture_ref}[call]
    await any_bench.lose(call, "before")

    with pytest.raises(Unavailable):
        await getattr(any_bench.gateway, call)(asked, "")

    await getattr(any_bench.gateway, call)(asked, "")


async def test_request_was_wrong_when_the_provider_knows_no_such_capture(any_bench: Any) -> None:
    request = make_request(any_bench)

    with pytest.raises(GatewayBug):
        await any_bench.gateway.fetch_capture("3C679366HH908993F", "")
    with pytest.raises(GatewayBug):
        await any_bench.gateway.refund(refund_of(request, "3C679366HH908993F"))


async def test_what_the_provider_keeps_is_known_when_the_money_has_settled(any_bench: Any) -> None:
    _, capture_ref = await pay_for(any_bench, make_request(any_bench))

    seen = await any_bench.gateway.fetch_capture(capture_ref, "")

    assert (seen.ref, seen.settled, seen.refunds) == (capture_ref, True, ())
    assert (seen.transfer, seen.application_fee) == (None, None)
    assert seen.provider_fee is not None
    assert 0 < seen.provider_fee.amount.amount < 300
    assert seen.provider_fee.landed.currency == "USD"


async def test_everything_goes_back_once_when_it_is_asked_for_twice(any_bench: Any) -> None:
    request = make_request(any_bench)
    ref, capture_ref = await pay_for(any_bench, request)
    wanted = refund_of(request, capture_ref)

    first, second = await any_bench.gateway.refund(wanted), await any_bench.gateway.refund(wanted)

    assert first.ref == second.ref
    assert (first.refund_id, first.capture_ref, first.outcome) == (
        wanted.refund_id,
        capture_ref,
        RefundOutcome.SUCCEEDED,
    )
    assert (first.amount, first.taken, first.came_back) == (Money(3000, "USD"), True, False)
    assert [one.refund_id for one in await any_bench.gateway.find_refunds(capture_ref, "")] == [wanted.refund_id]
    assert [one.ref for one in (await any_bench.gateway.fetch_capture(capture_ref, "")).refunds] == [first.ref]
    assert (await any_bench.gateway.fetch_payment(ref, "")).status == SnapshotStatus.SUCCEEDED


async def test_refund_is_refused_when_it_is_more_than_is_left(any_bench: Any) -> None:
    request = make_request(any_bench)
    _, capture_ref = await pay_for(any_bench, request)
    await any_bench.gateway.refund(refund_of(request, capture_ref, amount=1000))

    with pytest.raises(GatewayBug):
        await any_bench.gateway.refund(refund_of(request, capture_ref, amount=2001))

    (only,) = await any_bench.gateway.find_refunds(capture_ref, "")
    assert only.amount == Money(1000, "USD")


async def test_events_are_listed_by_type_and_time_when_something_happened(any_bench: Any) -> None:
    before = clock.now() - timedelta(minutes=1)
    ref, _ = await pay_for(any_bench, make_request(any_bench))

    async def listed(since: Any, types: list[str]) -> list[Any]:
        return [one async for page in any_bench.gateway.list_events("", since, types) for one in page]

    (told,) = await listed(before, MADE)
    assert (told.notice.payment_ref, told.notice.account, told.notice.livemode) == (ref, "", False)
    assert any_bench.gateway.read_event(told.body) == told.notice
    assert await listed(before, ["nothing.of.this.name"]) == []
    assert await listed(clock.now() + timedelta(minutes=1), MADE) == []


async def test_outcome_is_unknown_when_the_list_of_events_is_lost(any_bench: Any) -> None:
    await any_bench.lose("list_events", "before")

    with pytest.raises(Unavailable):
        [one async for one in any_bench.gateway.list_events("", clock.now(), MADE)]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff", b'{"id": "evt_1"}'])
async def test_signed_nonsense_has_a_name_of_its_own_when_it_is_read(any_bench: Any, body: bytes) -> None:
    first, again, other = (any_bench.gateway.read_event(read) for read in (body, body, body + b" {"))

    assert first.type == again.type == "unreadable"
    assert first.event_id == again.event_id != other.event_id


async def test_provider_is_there_when_nothing_is_wrong(any_bench: Any) -> None:
    if hasattr(any_bench.gateway, "ping"):
        await any_bench.gateway.ping()

    assert not any_bench.gateway.is_away()


async def test_frozen_text_is_the_same_when_the_request_is(any_bench: Any) -> None:
    request = make_request(any_bench)

    frozen, again = (any_bench.gateway.freeze_checkout(request) for _ in range(2))

    assert frozen == again
    assert any_bench.gateway.freeze_checkout(dataclasses.replace(request, payment_id="another")) != frozen
