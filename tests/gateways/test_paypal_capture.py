"""Capturing: once per key, what a refusal means for the buyer, and never a guess where the answer is not known."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from store.gateways.paypal.client import RETRIES
from store.gateways.paypal.orders import capture_payment
from store.gateways.port import (
    ApprovalNeeded,
    ConsentUnseen,
    Declined,
    FundingDeclined,
    GatewayBug,
    GatewayError,
    PaymentSnapshot,
    SnapshotStatus,
    Unavailable,
)
from tests.gateways.paypal_wire import ORDER, Script, Waits, body_of, fault, link, make_calls, make_capture, make_order

PATH = f"{ORDER}/capture"
REF = "5O190127TN364715T"
KEY = f"cap:{REF}:1"


def refuse(issue: str, status: int = 422, **more: Any) -> httpx.Response:
    """A refusal to capture."""
    name = "RESOURCE_NOT_FOUND" if status == 404 else "UNPROCESSABLE_ENTITY"
    return fault(status, name, issue, **more)


async def capture(script: Script, waits: Waits | None = None) -> PaymentSnapshot:
    """Through this transport."""
    return await capture_payment(make_calls(script, waits), REF, KEY, livemode=False)


async def test_money_is_taken_once_when_the_buyer_has_approved() -> None:
    script = Script({PATH: httpx.Response(201, json=make_order("COMPLETED", make_capture()))})

    seen = await capture(script)

    assert (seen.status, seen.amount, seen.ref) == (SnapshotStatus.SUCCEEDED, 3000, REF)
    (asked,) = script.of(PATH)
    assert body_of(asked) == {}
    assert (asked.headers["paypal-request-id"], asked.headers["prefer"]) == (KEY, "return=representation")
    assert script.of(ORDER) == []


@pytest.mark.parametrize(
    ("status", "meaning"),
    [("PENDING", SnapshotStatus.PROCESSING), ("DECLINED", SnapshotStatus.FAILED), (None, SnapshotStatus.UNCLEAR)],
)
async def test_capture_is_not_paid_when_only_the_order_is_completed(
    status: str | None, meaning: SnapshotStatus
) -> None:
    seen = await capture(Script({PATH: make_order("COMPLETED", make_capture(status))}))

    assert (seen.status, seen.capture_ref) == (meaning, "3C679366HH908993F")


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (refuse("INSTRUMENT_DECLINED"), FundingDeclined),
        (refuse("REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"), FundingDeclined),
        (refuse("PAYER_ACTION_REQUIRED"), ApprovalNeeded),
        (refuse("PAYMENT_DENIED"), Declined),
        (refuse("TRANSACTION_REFUSED"), Declined),
        (refuse("PAYEE_BLOCKED_TRANSACTION"), Declined),
        (refuse("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED"), Declined),
        (refuse("DECLINED_DUE_TO_RELATED_TXN"), Declined),
        (refuse("DUPLICATE_INVOICE_ID"), Declined),
        (refuse("INVALID_RESOURCE_ID", 404), Declined),
        (refuse("PAYEE_ACCOUNT_RESTRICTED"), GatewayBug),
        (refuse("PERMISSION_DENIED", 403), GatewayBug),
        (refuse("SOMETHING_NEW"), GatewayBug),
    ],
    ids=lambda given: given.json()["details"][0]["issue"] if isinstance(given, httpx.Response) else "",
)
async def test_refusal_says_what_can_be_done_when_nothing_was_taken(
    answer: httpx.Response, meaning: type[GatewayError]
) -> None:
    with pytest.raises(meaning) as caught:
        await capture(Script({PATH: answer, ORDER: make_order("APPROVED")}))

    assert type(caught.value) is meaning


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ([link("self", ORDER), link("payer-action", "/checkoutnow?token=X")], "/checkoutnow?token=X"),
        ([{"rel": "redirect", "href": "/checkoutnow?token=Y"}], "/checkoutnow?token=Y"),
        ([], ""),
    ],
)
async def test_buyer_is_sent_back_when_paypal_needs_something_more(links: list[dict[str, str]], url: str) -> None:
    with pytest.raises(ApprovalNeeded) as caught:
        await capture(Script({PATH: refuse("PAYER_ACTION_REQUIRED", links=links)}))

    assert caught.value.redirect_url.endswith(url)
    assert bool(caught.value.redirect_url) == bool(url)


async def test_capture_is_found_when_somebody_else_was_faster() -> None:
    script = Script({PATH: refuse("ORDER_ALREADY_CAPTURED"), ORDER: make_order("COMPLETED", make_capture())})

    assert (await capture(script)).status == SnapshotStatus.SUCCEEDED


@pytest.mark.parametrize(
    "answer",
    [
        refuse("DUPLICATE_INVOICE_ID"),
        refuse("TRANSACTION_REFUSED"),
        refuse("PERMISSION_DENIED", 403),
        refuse("INVALID_RESOURCE_ID", 404),
    ],
)
async def test_money_counts_when_a_try_whose_answer_was_lost_took_it_and_the_next_was_refused(
    answer: httpx.Response,
) -> None:
    script = Script({PATH: [httpx.ReadTimeout("no answer"), answer], ORDER: make_order("COMPLETED", make_capture())})

    assert (await capture(script)).status == SnapshotStatus.SUCCEEDED


@pytest.mark.parametrize("order", [httpx.Response(500), refuse("PERMISSION_DENIED", 403)], ids=range(2))
async def test_refusal_is_unknown_when_the_order_cannot_be_seen(order: httpx.Response) -> None:
    with pytest.raises(Unavailable):
        await capture(Script({PATH: refuse("PERMISSION_DENIED", 403), ORDER: order}))


@pytest.mark.parametrize("answer", [httpx.Response(500), {}, refuse("ORDER_ALREADY_CAPTURED")], ids=range(3))
@pytest.mark.parametrize("order", [make_order("APPROVED"), make_order("COMPLETED"), refuse("X", 404), refuse("X", 403)])
async def test_outcome_is_unknown_and_never_a_no_when_money_may_have_moved_and_is_not_seen(
    answer: Any, order: Any
) -> None:
    with pytest.raises(Unavailable):
        await capture(Script({PATH: answer, ORDER: order}))


@pytest.mark.parametrize("bare", [{"id": REF, "status": "COMPLETED"}, {}, make_order("COMPLETED")], ids=range(3))
async def test_capture_is_looked_up_when_the_answer_does_not_hold_it(bare: dict[str, Any]) -> None:
    script = Script({PATH: bare, ORDER: make_order("COMPLETED", make_capture())})

    seen = await capture(script)

    assert (seen.status, seen.capture_ref) == (SnapshotStatus.SUCCEEDED, "3C679366HH908993F")


async def test_capture_is_looked_up_when_its_answer_was_lost_every_time() -> None:
    script = Script({PATH: httpx.ReadTimeout("no answer"), ORDER: make_order("COMPLETED", make_capture())})

    assert (await capture(script)).status == SnapshotStatus.SUCCEEDED

    assert {one.headers["paypal-request-id"] for one in script.of(PATH)} == {KEY}
    assert len(script.of(PATH)) == RETRIES + 1


@pytest.mark.parametrize("order", [make_order("APPROVED"), httpx.ReadTimeout("no answer"), refuse("X", 404)])
async def test_outcome_is_unknown_when_neither_the_capture_nor_the_order_tells(order: Any) -> None:
    with pytest.raises(Unavailable):
        await capture(Script({PATH: httpx.Response(500), ORDER: order}))


@pytest.mark.parametrize("status", ["CREATED", "PAYER_ACTION_REQUIRED"])
async def test_buyer_is_led_to_the_approval_when_nobody_has_approved(status: str) -> None:
    waits, script = Waits(), Script({PATH: refuse("ORDER_NOT_APPROVED"), ORDER: make_order(status)})

    with pytest.raises(ApprovalNeeded) as caught:
        await capture(script, waits)

    assert caught.value.redirect_url.endswith("/checkoutnow?token=5O190127TN364715T")
    assert (len(script.of(PATH)), waits.slept) == (1, [])


async def test_capture_is_tried_once_more_when_the_approval_is_only_late() -> None:
    waits = Waits()
    paid = make_order("COMPLETED", make_capture())
    script = Script({PATH: [refuse("ORDER_NOT_APPROVED"), paid], ORDER: make_order("APPROVED")})

    assert (await capture(script, waits)).status == SnapshotStatus.SUCCEEDED

    assert len(waits.slept) == 1
    assert [one.headers["paypal-request-id"] for one in script.of(PATH)] == [KEY, f"{KEY}:again"]


async def test_sweep_has_to_look_again_when_the_approval_stays_unseen() -> None:
    script = Script({PATH: refuse("ORDER_NOT_APPROVED"), ORDER: make_order("APPROVED")})

    with pytest.raises(ConsentUnseen):
        await capture(script)

    assert len(script.of(PATH)) == 2


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (make_order("COMPLETED", make_capture()), SnapshotStatus.SUCCEEDED),
        (refuse("INVALID_RESOURCE_ID", 404), SnapshotStatus.EXPIRED),
    ],
    ids=range(2),
)
async def test_order_is_told_as_it_is_when_it_cannot_be_approved_any_more(order: Any, status: SnapshotStatus) -> None:
    seen = await capture(Script({PATH: refuse("ORDER_NOT_APPROVED"), ORDER: order}))

    assert seen.status == status


async def test_nothing_is_sent_when_the_breaker_is_open() -> None:
    script = Script({PATH: make_order("COMPLETED", make_capture())})
    calls = make_calls(script)
    for _ in range(5):
        calls.breaker.failed()

    with pytest.raises(Unavailable):
        await capture_payment(calls, REF, KEY, livemode=False)

    assert script.asked == []
