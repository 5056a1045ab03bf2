"""Payouts at PayPal: paid once per row, every status of batch and item told, a duplicate followed by its link."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from store.gateways.payouts import BatchStatus, ItemStatus, PayoutRequest
from store.gateways.paypal.payouts import (
    BALANCES_PATH,
    ITEMS_PATH,
    PAYOUTS_PATH,
    balance,
    cancel_payout_item,
    fetch_payout,
    fetch_payout_item,
    send_payout,
)
from store.gateways.port import GatewayBug, TransferHeld, Unavailable
from store.gateways.transfers import Hold
from store.kit.money import Money
from tests.gateways.paypal_wire import Script, body_of, fault, make_calls, money

BATCH = f"{PAYOUTS_PATH}/5UXD2E8A7EBQJ"
ITEM = f"{ITEMS_PATH}/8AELMXH8UB2P8"
REQUEST = PayoutRequest("payout-row", "vera@kiln.example", 2400, "USD", "Order OP-7K3M9")
AMOUNT = {"currency": "USD", "value": "24.00"}


def make_batch(status: str = "PENDING", *items: dict[str, Any], **header: Any) -> dict[str, Any]:
    """A batch as it is shown."""
    told = {"payout_batch_id": "5UXD2E8A7EBQJ", "batch_status": status, "amount": AMOUNT}
    sender = {"sender_batch_header": {"sender_batch_id": "payout-row"}}
    return {"batch_header": {**told, **sender, **header}, "items": list(items)}


def make_item(status: str | None = "SUCCESS", **changes: Any) -> dict[str, Any]:
    """Its item as it is shown."""
    detail = {"receiver": "vera@kiln.example", "amount": AMOUNT}
    item = {"payout_item_id": "8AELMXH8UB2P8", "payout_batch_id": "5UXD2E8A7EBQJ", "payout_item": detail}
    fee = {"currency": "USD", "value": "0.25"}
    return {**item, "transaction_status": status, "transaction_id": "T1", "payout_item_fee": fee, **changes}


async def test_share_is_paid_under_its_rows_id_when_it_is_sent() -> None:
    script = Script({PAYOUTS_PATH: httpx.Response(201, json=make_batch())})

    sent = await send_payout(make_calls(script), REQUEST, "payout-row")

    assert (sent.batch_ref, sent.payout_id, sent.batch) == ("5UXD2E8A7EBQJ", "payout-row", BatchStatus.PENDING)
    assert (sent.receiver, sent.amount, sent.fee) == ("vera@kiln.example", Money(2400, "USD"), None)
    assert (sent.item, sent.item_ref) == (ItemStatus.ABSENT, "")
    (asked,) = script.of(PAYOUTS_PATH)
    body = body_of(asked)
    assert body["sender_batch_header"]["sender_batch_id"] == "payout-row"
    assert body["items"] == [
        {
            "recipient_type": "EMAIL",
            "amount": AMOUNT,
            "receiver": "vera@kiln.example",
            "note": "Order OP-7K3M9",
            "sender_item_id": "payout-row",
        }
    ]
    assert asked.headers["paypal-request-id"] == "payout-row"


LINK = {"href": f"https://api.sandbox.paypal.com{BATCH}", "rel": "self", "method": "GET"}


@pytest.mark.parametrize(
    "places",
    [{"links": [LINK]}, {"details": [{"issue": "Batch already exists", "link": [LINK]}]}],
)
async def test_first_payout_is_found_by_the_refusals_link_when_it_is_sent_twice(places: dict[str, Any]) -> None:
    refused = fault(400, "USER_BUSINESS_ERROR", **places)
    script = Script({PAYOUTS_PATH: refused, BATCH: make_batch("SUCCESS", make_item())})

    sent = await send_payout(make_calls(script), REQUEST, "payout-row")

    assert (sent.batch, sent.item, sent.item_ref) == (BatchStatus.SUCCESS, ItemStatus.SUCCESS, "8AELMXH8UB2P8")
    assert sent.fee == Money(25, "USD")
    assert {one.url.host for one in script.asked} == {"api-m.sandbox.paypal.com"}


DUPLICATE = {"field": "SENDER_BATCH_ID", "issue": "Batch with given sender_batch_id already exists"}


@pytest.mark.parametrize("detail", [DUPLICATE, {**DUPLICATE, "link": [LINK]}], ids=["no link", "link to nothing"])
async def test_outcome_is_unknown_when_the_id_was_used_and_the_first_payout_is_not_shown(detail: Any) -> None:
    script = Script({PAYOUTS_PATH: fault(400, "USER_BUSINESS_ERROR", details=[detail])})

    with pytest.raises(Unavailable):
        await send_payout(make_calls(script), REQUEST, "payout-row")


@pytest.mark.parametrize(
    ("answer", "hold"),
    [
        (fault(422, "INSUFFICIENT_FUNDS"), Hold.BALANCE),
        (fault(400, "VALIDATION_ERROR", "INSUFFICIENT_BALANCE"), Hold.BALANCE),
        (fault(400, "VALIDATION_ERROR", "Receiver is invalid or does not match with type"), Hold.ACCOUNT),
        (fault(400, "VALIDATION_ERROR", "Currency is invalid"), Hold.CURRENCY),
        (fault(403, "AUTHORIZATION_ERROR"), Hold.OTHER),
    ],
    ids=range(5),
)
async def test_share_waits_with_a_reason_when_paypal_will_not_pay_it_now(answer: httpx.Response, hold: Hold) -> None:
    with pytest.raises(TransferHeld) as caught:
        await send_payout(make_calls(Script({PAYOUTS_PATH: answer})), REQUEST, "payout-row")

    assert caught.value.hold == hold


@pytest.mark.parametrize("answer", [httpx.Response(500), {"links": []}], ids=range(2))
async def test_outcome_is_unknown_when_the_answer_is_lost(answer: Any) -> None:
    with pytest.raises(Unavailable):
        await send_payout(make_calls(Script({PAYOUTS_PATH: answer})), REQUEST, "payout-row")


async def test_nothing_is_sent_when_paypal_has_no_coins_for_the_share() -> None:
    script = Script()

    with pytest.raises(GatewayBug):
        await send_payout(make_calls(script), PayoutRequest("row", "v@k.example", 150, "HUF", ""), "row")

    assert script.asked == []


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "SUCCESS", "DENIED", "CANCELED"])
async def test_every_status_of_a_batch_is_told(status: str) -> None:
    script = Script({BATCH: make_batch(status)})

    assert (await fetch_payout(make_calls(script), "5UXD2E8A7EBQJ")).batch == BatchStatus(status.lower())


@pytest.mark.parametrize(
    ("status", "told"),
    [
        *((one, ItemStatus(one.lower())) for one in ("SUCCESS", "FAILED", "PENDING", "UNCLAIMED", "RETURNED")),
        *((one, ItemStatus(one.lower())) for one in ("BLOCKED", "REFUNDED", "REVERSED")),
        ("ONHOLD", ItemStatus.ON_HOLD),
        ("SOMETHING_NEW", ItemStatus.UNKNOWN),
        (None, ItemStatus.ABSENT),
        ("", ItemStatus.ABSENT),
    ],
)
async def test_every_status_of_an_item_is_told(status: str | None, told: ItemStatus) -> None:
    seen = await fetch_payout(make_calls(Script({BATCH: make_batch("SUCCESS", make_item(status))})), "5UXD2E8A7EBQJ")

    assert (seen.item, seen.transaction_ref) == (told, "T1")
    assert seen.fee == (None if told == ItemStatus.ABSENT else Money(25, "USD"))
    assert seen.reason == ("SOMETHING_NEW" if told == ItemStatus.UNKNOWN else "")


async def test_unknown_batch_is_neither_paid_nor_not_when_paypal_invents_a_status() -> None:
    seen = await fetch_payout(make_calls(Script({BATCH: make_batch("NEW")})), "5UXD2E8A7EBQJ")

    assert (seen.batch, seen.reason) == (BatchStatus.UNKNOWN, "NEW")


@pytest.mark.parametrize(
    ("name", "hold"),
    [("RECEIVER_UNREGISTERED", Hold.ACCOUNT), ("INSUFFICIENT_FUNDS", Hold.BALANCE), ("RISK_DECLINE", Hold.OTHER)],
)
async def test_reason_is_paypals_when_an_item_or_its_batch_failed(name: str, hold: Hold) -> None:
    error = {"name": name, "message": "In words."}
    script = Script(
        {BATCH: [make_batch("SUCCESS", make_item("FAILED", errors=error)), make_batch("DENIED", errors=error)]}
    )

    for _ in range(2):
        seen = await fetch_payout(make_calls(script), "5UXD2E8A7EBQJ")

        assert (seen.hold, seen.reason) == (hold, f"{name}: In words.")


async def test_item_is_told_with_its_batchs_status_when_it_is_looked_at_or_cancelled() -> None:
    answers = {ITEM: make_item("UNCLAIMED"), f"{ITEM}/cancel": make_item("RETURNED"), BATCH: make_batch("SUCCESS")}
    script = Script(answers)
    calls = make_calls(script)

    looked, cancelled = [await verb(calls, "8AELMXH8UB2P8") for verb in (fetch_payout_item, cancel_payout_item)]

    assert (looked.batch, looked.item, looked.payout_id) == (BatchStatus.SUCCESS, ItemStatus.UNCLAIMED, "payout-row")
    assert (cancelled.item, cancelled.amount) == (ItemStatus.RETURNED, Money(2400, "USD"))


async def test_item_is_not_cancelled_when_it_is_unclaimed_no_more() -> None:
    script = Script({f"{ITEM}/cancel": fault(400, "ITEM_INCORRECT_STATUS")})

    with pytest.raises(GatewayBug, match="ITEM_INCORRECT_STATUS"):
        await cancel_payout_item(make_calls(script), "8AELMXH8UB2P8")


async def test_payout_is_a_mistake_when_paypal_knows_no_such_batch() -> None:
    with pytest.raises(GatewayBug):
        await fetch_payout(make_calls(Script()), "5UXD2E8A7EBQJ")


async def test_balance_is_told_by_currency() -> None:
    rows = [{"currency": one, "total_balance": money("10.00", one)} for one in ("USD", "EUR")]

    told = await balance(make_calls(Script({BALANCES_PATH: {"balances": rows}})))

    assert told == [Money(1000, "EUR"), Money(1000, "USD")]
