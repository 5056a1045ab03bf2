"""One suite for every rail: what the shop relies on holds on the fake and on Stripe as the sandbox speaks it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from store.gateways.port import (
    BadSignature,
    CheckoutItem,
    CheckoutRequest,
    Declined,
    GatewayBug,
    OpenedCheckout,
    RefundOutcome,
    RefundRequest,
    SnapshotStatus,
    Unavailable,
)
from store.kit import clock
from store.kit.money import Money
from tests.gateways.benches import Bench, FakeBench, open_sandbox_bench

KINDS = ["direct", "destination", "separate"]


@pytest.fixture(params=["fake", "stripe on the sandbox"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "fake":
        yield FakeBench()
        return
    async with open_sandbox_bench(tmp_path) as built:
        yield built


def make_request(bench: Bench, kind: str = "destination", **changes: Any) -> CheckoutRequest:
    """A checkout of 30.00 with a fee of 3.00."""
    values: dict[str, Any] = {
        "payment_id": str(uuid4()),
        "order_id": str(uuid4()),
        "order_number": "OP-7K3M9",
        "charge_type": kind,
        "account_ref": {"direct": bench.direct, "destination": bench.destination}.get(kind, ""),
        "currency": "USD",
        "total": 3000,
        "fee": 300,
        "items": [CheckoutItem("Mug", 1200, 2), CheckoutItem("Delivery", 600, 1)],
        "email": "ada@example.com",
        "success_url": "http://localhost:8000/back?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://localhost:8000/orders/x",
        "descriptor_suffix": "OP-7K3M9",
        "expires_at": clock.now() + timedelta(minutes=45),
    }
    return CheckoutRequest(**{**values, **changes})


def lives_on(request: CheckoutRequest) -> str:
    """The account whose world the payment belongs to."""
    return request.account_ref if request.charge_type == "direct" else ""


async def open_it(bench: Bench, request: CheckoutRequest) -> OpenedCheckout:
    """Open a checkout under its payment's id."""
    frozen = bench.gateway.freeze_checkout(request)
    opened: OpenedCheckout = await bench.gateway.open_checkout(frozen, lives_on(request), request.payment_id)
    return opened


async def pay_for(bench: Bench, request: CheckoutRequest) -> tuple[str, str]:
    """Open and pay; returns (session, charge)."""
    opened = await open_it(bench, request)
    await bench.pay(opened.ref, opened.redirect_url)
    snapshot = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    return opened.ref, snapshot.capture_ref


def refund_of(request: CheckoutRequest, charge: str, **changes: Any) -> RefundRequest:
    """All of it, with everything that was passed on."""
    values: dict[str, Any] = {
        "refund_id": str(uuid4()),
        "order_id": request.order_id,
        "capture_ref": charge,
        "account_ref": lives_on(request),
        "charge_type": request.charge_type,
        "amount": request.total,
        "fee_taken": True,
        "give_back_all": True,
    }
    return RefundRequest(**{**values, **changes})


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


def discounted(bench: Bench, kind: str, **changes: Any) -> CheckoutRequest:
    """The same checkout with 5.00 off."""
    return make_request(bench, kind, **{"total": 2500, "discount": 500, "discount_name": "TENOFF", **changes})


async def make_discount(bench: Bench, request: CheckoutRequest) -> None:
    """Make our discount known under its own key."""
    frozen = bench.gateway.freeze_discount(request)
    await bench.gateway.make_discount(frozen, lives_on(request), f"{request.payment_id}:coupon")


@pytest.mark.parametrize("kind", KINDS)
async def test_total_is_less_our_discount_when_it_was_made_on_the_sessions_account(bench: Bench, kind: str) -> None:
    request = discounted(bench, kind)
    await make_discount(bench, request)

    opened = await open_it(bench, request)
    await bench.pay(opened.ref, opened.redirect_url)

    seen = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    assert (seen.status, seen.amount, seen.subtotal, seen.discount) == (SnapshotStatus.SUCCEEDED, 2500, 3000, 500)
    assert (seen.shipping, seen.tax, seen.code) == (0, 0, "")


async def test_discount_is_made_once_when_it_is_asked_for_again(bench: Bench) -> None:
    request = discounted(bench, "destination")
    frozen = bench.gateway.freeze_discount(request)
    await bench.lose("make_discount", "after")
    with pytest.raises(Unavailable):
        await bench.gateway.make_discount(frozen, "", "one key")

    await bench.gateway.make_discount(frozen, "", "one key")
    await bench.gateway.make_discount(frozen, "", "another key")

    assert (await open_it(bench, request)).redirect_url


async def test_session_is_refused_when_its_discount_was_never_made(bench: Bench) -> None:
    with pytest.raises(GatewayBug):
        await open_it(bench, discounted(bench, "destination"))


async def test_no_discount_is_asked_for_when_there_is_none(bench: Bench) -> None:
    assert bench.gateway.freeze_discount(make_request(bench)) == ""


async def test_provider_keeps_its_codes_to_itself_when_a_discount_of_ours_travels(bench: Bench) -> None:
    both = discounted(bench, "destination", allow_codes=True)
    await make_discount(bench, both)

    assert (await open_it(bench, both)).redirect_url
    assert "allow_promotion_codes" not in bench.gateway.freeze_checkout(both)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("off", "due"), [(500, 2500), (3000, 0)])
async def test_code_of_the_page_is_told_apart_from_what_was_asked_for_when_the_buyer_typed_one(
    bench: Bench, kind: str, off: int, due: int
) -> None:
    request = make_request(bench, kind, allow_codes=True)
    opened = await open_it(bench, request)

    await bench.redeem(opened.ref, opened.redirect_url, lives_on(request), off)
    await bench.pay(opened.ref, opened.redirect_url)

    seen = await bench.gateway.fetch_payment(opened.ref, lives_on(request))
    assert (seen.status, seen.subtotal, seen.discount, seen.amount) == (SnapshotStatus.SUCCEEDED, 3000, off, due)
    assert seen.code == "SAVE"
    assert (seen.capture_ref == opened.ref) == (due == 0)


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


@pytest.mark.parametrize("kind", KINDS)
async def test_events_are_listed_by_account_type_and_time_when_something_happened(bench: Bench, kind: str) -> None:
    before = clock.now() - timedelta(minutes=1)
    ours, theirs = make_request(bench, kind), lives_on(make_request(bench, kind))
    session, _ = await pay_for(bench, ours)
    other = "" if theirs else bench.direct
    types = ["checkout.session.completed", "checkout.session.expired"]

    (listed,) = await bench.gateway.list_events(theirs, before, types)

    notice = listed.notice
    assert (notice.type, notice.payment_ref, notice.account) == (types[0], session, theirs)
    assert bench.gateway.read_event(listed.body) == notice
    assert await bench.gateway.list_events(theirs, before, types) == [listed]
    assert await bench.gateway.list_events(other, before, types) == []
    assert await bench.gateway.list_events(theirs, before, types[1:]) == []
    assert await bench.gateway.list_events(theirs, clock.now() + timedelta(minutes=1), types) == []


async def test_events_are_listed_oldest_first_when_there_are_several(bench: Bench) -> None:
    before = clock.now() - timedelta(minutes=1)
    paid, _ = await pay_for(bench, make_request(bench))
    opened = await open_it(bench, make_request(bench))
    await bench.run_out(opened.ref)

    listed = await bench.gateway.list_events("", before, ["checkout.session.completed", "checkout.session.expired"])

    assert [one.notice.payment_ref for one in listed] == [paid, opened.ref]


async def test_outcome_is_unknown_when_the_list_of_events_is_lost(bench: Bench) -> None:
    await bench.lose("list_events", "before")

    with pytest.raises(Unavailable):
        await bench.gateway.list_events("", clock.now(), ["checkout.session.completed"])


@pytest.mark.parametrize("kind", KINDS)
async def test_parts_of_a_charge_are_known_when_it_has_settled(bench: Bench, kind: str) -> None:
    request = make_request(bench, kind)
    session, charge = await pay_for(bench, request)
    assert not (await bench.gateway.fetch_capture(charge, lives_on(request))).settled

    await bench.settle(session)

    seen = await bench.gateway.fetch_capture(charge, lives_on(request))
    assert (seen.ref, seen.settled, seen.refunds) == (charge, True, ())
    assert seen.provider_fee is not None
    assert seen.provider_fee.amount == Money(117, "USD")
    assert (seen.transfer.amount if seen.transfer else None) == (Money(3000, "USD") if kind == "destination" else None)
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


async def test_capture_is_found_in_its_own_account_only_when_it_is_direct(bench: Bench) -> None:
    request = make_request(bench, "direct")
    _, charge = await pay_for(bench, request)

    for account in ("", bench.destination):
        with pytest.raises(GatewayBug):
            await bench.gateway.fetch_capture(charge, account)
        with pytest.raises(GatewayBug):
            await bench.gateway.refund(refund_of(request, charge, account_ref=account))

    assert (await bench.gateway.fetch_capture(charge, bench.direct)).refunds == ()


async def test_buyer_is_told_when_the_amount_is_too_small(bench: Bench) -> None:
    request = make_request(bench, total=10, fee=1, items=[CheckoutItem("Pin", 10, 1)])

    with pytest.raises(Declined):
        await open_it(bench, request)

    assert await bench.gateway.find_payments(request.payment_id, "", clock.now() - timedelta(hours=1)) == []


@pytest.mark.parametrize("endpoint", ["account", "connect"])
async def test_event_is_believed_only_when_its_endpoints_secret_signed_these_bytes(bench: Bench, endpoint: str) -> None:
    event_id, headers, body = bench.gateway.sign_probe(endpoint)
    received = {name.lower(): text for name, text in headers.items()}
    other = {"account": "connect", "connect": "account"}[endpoint]

    bench.gateway.verify_event(endpoint, received, body)

    notice = bench.gateway.read_event(body)
    assert (notice.event_id, notice.account, notice.livemode) == (event_id, "", False)
    assert abs(notice.created - clock.wall()) < timedelta(minutes=1)
    for wrong in ((other, received, body), (endpoint, received, body + b" "), (endpoint, {}, body)):
        with pytest.raises(BadSignature):
            bench.gateway.verify_event(*wrong)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"\xff", b'{"id": "evt_1"}'])
async def test_signed_nonsense_has_a_name_of_its_own_when_it_is_read(bench: Bench, body: bytes) -> None:
    first, again, other = (bench.gateway.read_event(read) for read in (body, body, body + b" {"))

    assert first.type == again.type == "unreadable"
    assert first.event_id == again.event_id != other.event_id
    assert (first.resource, first.payment_ref, first.account) == ("", "", "")
