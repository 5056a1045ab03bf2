"""What only PayPal's rail does, on PayPal as the sandbox speaks it: approve and capture, track, verified deliveries."""

from __future__ import annotations

import pytest

from store.gateways.port import (
    ApprovalNeeded,
    Declined,
    FundingDeclined,
    GatewayBug,
    RefundOutcome,
    SnapshotStatus,
    Unavailable,
)
from store.kit.money import Money
from store.sandbox.paypal.captures import finish_capture
from store.sandbox.paypal.refunds import finish_refund, refund_by_merchant, reverse_capture
from store.sandbox.paypal.settings import change_settings
from store.sandbox.paypal.tokens import revoke_tokens
from tests.gateways.checkouts import refund_of
from tests.gateways.paypal_bench import PayPalBench
from tests.gateways.test_contract_every_rail import make_request, open_it, pay_for

S = SnapshotStatus
Bench = PayPalBench


async def open_order(bench: Bench, outcome: str = "") -> str:
    """An order, approved in this way if in any."""
    ref = (await open_it(bench, make_request(bench))).ref
    if outcome:
        bench.approve(ref, outcome)
    return ref


async def captures_of(bench: Bench, ref: str) -> list[str]:
    """Every capture that PayPal has of an order."""
    rows = bench.app.world.find(bench.app.merchant_id, "paypal_capture")
    return [row["id"] for row in rows if row["_order"] == ref]


async def test_nothing_moves_when_the_buyer_has_only_approved(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")

    seen = await paypal_bench.gateway.fetch_payment(ref, "")

    assert (seen.status, seen.amount, seen.capture_ref) == (S.APPROVED, 3000, "")
    assert seen.payee_ref == paypal_bench.app.merchant_id
    assert await captures_of(paypal_bench, ref) == []


async def test_one_capture_is_made_when_it_is_asked_for_by_any_key(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")

    seen = [await paypal_bench.gateway.capture_payment(ref, key) for key in ("cap:1", "cap:1", "cap:2")]

    assert {one.status for one in seen} == {S.SUCCEEDED}
    assert [seen[0].capture_ref] == await captures_of(paypal_bench, ref)
    assert {one.capture_ref for one in seen} == {seen[0].capture_ref}
    assert seen[0] == await paypal_bench.gateway.fetch_payment(ref, "")


async def test_same_order_is_paid_another_way_when_the_first_was_declined(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "declined")
    with pytest.raises(FundingDeclined, match="could not take the money"):
        await paypal_bench.gateway.capture_payment(ref, "cap:1")

    paypal_bench.approve(ref)

    assert (await paypal_bench.gateway.capture_payment(ref, "cap:2")).status == S.SUCCEEDED


@pytest.mark.parametrize("outcome", ["echeck", "review"])
@pytest.mark.parametrize(("end", "status"), [("COMPLETED", S.SUCCEEDED), ("DECLINED", S.FAILED), ("FAILED", S.FAILED)])
async def test_money_is_on_its_way_until_the_bank_has_decided(
    paypal_bench: Bench, outcome: str, end: str, status: SnapshotStatus
) -> None:
    ref = await open_order(paypal_bench, outcome)
    pending = await paypal_bench.gateway.capture_payment(ref, "cap:1")
    assert (pending.status, pending.remark) == (S.PROCESSING, "echeck" if outcome == "echeck" else "pending review")
    assert not (await paypal_bench.gateway.fetch_capture(pending.capture_ref, "")).settled
    with pytest.raises(GatewayBug):
        await paypal_bench.gateway.refund(refund_of(make_request(paypal_bench), pending.capture_ref))

    finish_capture(paypal_bench.app, pending.capture_ref, end)

    seen = await paypal_bench.gateway.fetch_payment(ref, "")
    assert (seen.status, seen.capture_ref) == (status, pending.capture_ref)
    assert (seen.failure is not None) == (status == S.FAILED)


@pytest.mark.parametrize("outcome", ["", "action"])
async def test_buyer_is_led_to_paypal_when_the_approval_is_missing_or_not_enough(
    paypal_bench: Bench, outcome: str
) -> None:
    ref = await open_order(paypal_bench, outcome)

    with pytest.raises(ApprovalNeeded) as caught:
        await paypal_bench.gateway.capture_payment(ref, "cap:1")

    assert f"token={ref}" in caught.value.redirect_url
    assert await captures_of(paypal_bench, ref) == []


async def test_checkout_is_over_when_its_time_was_up_before_the_capture(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")
    await paypal_bench.run_out(ref)

    with pytest.raises(Declined, match="over and nothing was taken"):
        await paypal_bench.gateway.capture_payment(ref, "cap:1")


async def test_checkout_is_over_when_paypal_denies_it(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")
    change_settings(paypal_bench.app, issues={"orders.capture": "PAYMENT_DENIED"})

    with pytest.raises(Declined, match="PayPal declined this payment"):
        await paypal_bench.gateway.capture_payment(ref, "cap:1")


async def test_money_was_taken_once_when_the_answer_of_the_capture_was_lost(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")
    await paypal_bench.lose("capture_payment", "after")

    seen = await paypal_bench.gateway.capture_payment(ref, "cap:1")

    assert seen.status == S.SUCCEEDED
    assert len(await captures_of(paypal_bench, ref)) == 1


async def test_outcome_is_unknown_when_the_capture_never_arrived(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")
    await paypal_bench.lose("capture_payment", "before")

    with pytest.raises(Unavailable):
        await paypal_bench.gateway.capture_payment(ref, "cap:1")

    assert (await paypal_bench.gateway.capture_payment(ref, "cap:1")).status == S.SUCCEEDED


async def test_calls_go_on_when_the_token_was_revoked_or_is_over(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")
    revoke_tokens(paypal_bench.app)
    assert (await paypal_bench.gateway.fetch_payment(ref, "")).status == S.APPROVED

    await paypal_bench.advance(10 * 3600)

    assert (await paypal_bench.gateway.fetch_payment(ref, "")).status == S.EXPIRED


async def test_tracking_number_is_with_the_order_once_when_it_is_told_twice(paypal_bench: Bench) -> None:
    ref, capture_ref = await pay_for(paypal_bench, make_request(paypal_bench))

    for _ in range(2):
        await paypal_bench.gateway.track(ref, capture_ref, "Royal Post", "1Z 999")
    await paypal_bench.gateway.track(ref, capture_ref, "", "1Z998")

    order = await paypal_bench.read_order(ref)
    trackers = order["purchase_units"][0]["shipping"]["trackers"]
    assert sorted(one["id"] for one in trackers) == [f"{capture_ref}-1Z998", f"{capture_ref}-1Z999"]


async def test_address_and_lines_are_at_paypal_as_they_were_sent(paypal_bench: Bench) -> None:
    ref = await open_order(paypal_bench, "balance")

    order = await paypal_bench.read_order(ref)

    (unit,) = order["purchase_units"]
    assert unit["shipping"]["address"]["country_code"] == "GB"
    assert unit["shipping"]["name"] == {"full_name": "Ada Buyer"}
    assert unit["invoice_id"].startswith("localhost-")
    assert [item["name"] for item in unit["items"]] == ["Mug"]


async def test_digital_goods_are_sold_without_an_address(paypal_bench: Bench) -> None:
    request = make_request(paypal_bench, ship_to=None)

    ref, _ = await pay_for(paypal_bench, request)

    order = await paypal_bench.read_order(ref)
    assert "shipping" not in order["purchase_units"][0]


async def test_refund_made_at_paypal_is_found_and_is_not_ours(paypal_bench: Bench) -> None:
    _, capture_ref = await pay_for(paypal_bench, make_request(paypal_bench))
    refund_by_merchant(paypal_bench.app, capture_ref, 1000)
    reverse_capture(paypal_bench.app, capture_ref, 500)

    found = await paypal_bench.gateway.find_refunds(capture_ref, "")

    assert sorted(one.amount.amount for one in found) == [500, 1000]
    assert {(one.refund_id, one.capture_ref, one.outcome) for one in found} == {
        ("", capture_ref, RefundOutcome.SUCCEEDED)
    }


async def test_refund_is_known_by_its_own_id_and_only_to_its_capture(paypal_bench: Bench) -> None:
    _, capture_ref = await pay_for(paypal_bench, make_request(paypal_bench))
    made = reverse_capture(paypal_bench.app, capture_ref, 500)
    (listed,) = await paypal_bench.gateway.find_refunds(capture_ref, "")

    assert await paypal_bench.gateway.fetch_refund(made["id"], capture_ref) == listed
    assert await paypal_bench.gateway.fetch_refund(made["id"], "3C679366HH908993F") is None
    assert await paypal_bench.gateway.fetch_refund("0000000000000000X", capture_ref) is None


@pytest.mark.parametrize(
    ("end", "outcome", "came_back"),
    [
        ("COMPLETED", RefundOutcome.SUCCEEDED, False),
        ("FAILED", RefundOutcome.FAILED, True),
        ("CANCELLED", RefundOutcome.CANCELED, True),
    ],
)
async def test_refund_waits_for_a_bank_and_ends_as_it_says(
    paypal_bench: Bench, end: str, outcome: RefundOutcome, came_back: bool
) -> None:
    change_settings(paypal_bench.app, refunds="pending")
    request = make_request(paypal_bench)
    _, capture_ref = await pay_for(paypal_bench, request)
    made = await paypal_bench.gateway.refund(refund_of(request, capture_ref))
    assert (made.outcome, made.taken, made.reason) == (RefundOutcome.PENDING, True, "echeck")

    finish_refund(paypal_bench.app, made.ref, end)

    (seen,) = await paypal_bench.gateway.find_refunds(capture_ref, "")
    assert (seen.ref, seen.refund_id, seen.outcome, seen.came_back) == (made.ref, made.refund_id, outcome, came_back)
    assert seen.amount == Money(3000, "USD")
