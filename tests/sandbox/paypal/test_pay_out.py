"""Payouts: every status of both enums, by an address, by the clock or as decided, and the money that follows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store.sandbox.paypal.balance import add_funds, read_balance
from store.sandbox.paypal.payout_items import (
    DENIED,
    LATER,
    MOVES,
    REFUNDED_SECONDS,
    RULES,
    UNCLAIMED_SECONDS,
    finish_payout_item,
)
from store.sandbox.paypal.payouts import (
    PROCESSING_SECONDS,
    SETTLED_SECONDS,
    finish_payout_batch,
)
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import last_resource, later, told
from tests.sandbox.paypal.payouts import FUNDS, ITEMS, PATH, batch, only_item, send

EVENTS = "PAYMENT.PAYOUTS-ITEM."


async def test_batch_goes_from_pending_to_success_by_the_clock(paypal: PayPal) -> None:
    add_funds(paypal.app, FUNDS, "USD")

    answer = await paypal.call("POST", PATH, batch("vera@example.com"))
    path = f"{PATH}/{answer.json()['batch_header']['payout_batch_id']}"
    pending = await paypal.create("GET", path)
    later(paypal, PROCESSING_SECONDS)
    processing = await paypal.create("GET", path)
    later(paypal, SETTLED_SECONDS - PROCESSING_SECONDS)
    done = await paypal.create("GET", path)

    assert answer.status_code == 201
    assert answer.json()["batch_header"]["batch_status"] == "PENDING"
    assert (pending["batch_header"]["batch_status"], "items" in pending) == ("PENDING", False)
    assert pending["batch_header"]["fees"] == {"currency": "USD", "value": "0.00"}
    assert processing["batch_header"]["batch_status"] == "PROCESSING"
    assert [item["transaction_status"] for item in processing["items"]] == ["PENDING"]
    assert done["batch_header"]["batch_status"] == "SUCCESS"
    assert done["batch_header"]["fees"] == {"currency": "USD", "value": "0.25"}
    (item,) = done["items"]
    assert (item["transaction_status"], item["payout_item_fee"]["value"]) == ("SUCCESS", "0.25")
    assert item["payout_item"]["receiver"] == "vera@example.com"
    assert item["transaction_id"]
    assert read_balance(paypal.app, "USD") == FUNDS - 1000 - 25
    assert told(paypal) == [
        "PAYMENT.PAYOUTSBATCH.PROCESSING",
        "PAYMENT.PAYOUTS-ITEM.SUCCEEDED",
        "PAYMENT.PAYOUTSBATCH.SUCCESS",
    ]


# What an address leads to: status, what is told, and what is left of the account's money.
ADDRESSES = [
    ("unclaimed@example.com", "UNCLAIMED", "UNCLAIMED", FUNDS - 1025),
    ("onhold+vera@example.com", "ONHOLD", "HELD", FUNDS),
    ("blocked.otto@example.com", "BLOCKED", "BLOCKED", FUNDS),
    ("failed@example.com", "FAILED", "FAILED", FUNDS),
    ("returned@example.com", "RETURNED", "RETURNED", FUNDS),
    ("pending@example.com", "PENDING", None, FUNDS),
    ("unclaimedx@example.com", "SUCCESS", "SUCCEEDED", FUNDS - 1025),
]


@pytest.mark.parametrize(("receiver", "status", "event", "left"), ADDRESSES)
async def test_address_decides_when_an_item_is_processed(
    paypal: PayPal, receiver: str, status: str, event: str | None, left: int
) -> None:
    item = await only_item(paypal, await send(paypal, receiver))

    assert item["transaction_status"] == status
    assert item["sender_batch_id"] == "row-1"
    assert item["payout_item"]["sender_item_id"] == "row-1:0"
    assert [type.removeprefix(EVENTS) for type in told(paypal) if type.startswith(EVENTS)] == ([event] if event else [])
    assert read_balance(paypal.app, "USD") == left


@pytest.mark.parametrize("status", ["REFUNDED", "REVERSED"])
async def test_money_comes_back_a_day_later_when_the_address_says_so(paypal: PayPal, status: str) -> None:
    sent = await send(paypal, f"{status.lower()}@example.com")
    paid = await only_item(paypal, sent)
    later(paypal, REFUNDED_SECONDS)

    item = await only_item(paypal, sent)

    assert paid["transaction_status"] == "SUCCESS"
    assert item["transaction_status"] == status
    # Its fee is spent.
    assert item["payout_item_fee"]["value"] == "0.25"
    assert read_balance(paypal.app, "USD") == FUNDS - 25
    # REVERSED is told by nobody.
    assert (told(paypal)[-1] == "PAYMENT.PAYOUTS-ITEM.REFUNDED") == (status == "REFUNDED")


async def test_item_stays_as_it_was_decided_when_its_day_comes(paypal: PayPal) -> None:
    sent = await send(paypal, "refunded@example.com")
    item = await only_item(paypal, sent)
    finish_payout_item(paypal.app, item["payout_item_id"], "REVERSED")

    later(paypal, REFUNDED_SECONDS)

    assert (await only_item(paypal, sent))["transaction_status"] == "REVERSED"
    assert read_balance(paypal.app, "USD") == FUNDS - 25


async def test_claimed_money_stays_when_30_days_are_over(paypal: PayPal) -> None:
    sent = await send(paypal, "unclaimed@example.com")
    item = await only_item(paypal, sent)
    finish_payout_item(paypal.app, item["payout_item_id"], "SUCCESS")

    later(paypal, UNCLAIMED_SECONDS)

    assert (await only_item(paypal, sent))["transaction_status"] == "SUCCESS"
    assert read_balance(paypal.app, "USD") == FUNDS - 1025


async def test_batch_stays_as_it_ended_when_a_test_wants_another_end(paypal: PayPal) -> None:
    sent = await send(paypal, "vera@example.com")

    with pytest.raises(ValueError, match="SUCCESS, which cannot become DENIED"):
        finish_payout_batch(paypal.app, sent, "DENIED")


async def test_nobody_is_paid_when_a_batch_is_denied(paypal: PayPal) -> None:
    sent = await send(paypal, "vera@example.com", "denied@example.com")

    shown = await paypal.create("GET", f"{PATH}/{sent}")

    assert shown["batch_header"]["batch_status"] == "DENIED"
    assert [item["transaction_status"] for item in shown["items"]] == ["FAILED", "FAILED"]
    assert shown["items"][0]["errors"]["name"] == "RECEIVER_ACCOUNT_INVALID"
    assert read_balance(paypal.app, "USD") == FUNDS
    assert told(paypal)[1:] == [f"{EVENTS}DENIED", f"{EVENTS}DENIED", "PAYMENT.PAYOUTSBATCH.DENIED"]


async def test_batch_is_cancelled_when_its_sender_does_so_at_paypals_pages(paypal: PayPal) -> None:
    add_funds(paypal.app, FUNDS, "USD")
    made = await paypal.create("POST", PATH, batch("vera@example.com"))
    id = made["batch_header"]["payout_batch_id"]

    finish_payout_batch(paypal.app, id, "CANCELED")
    later(paypal, SETTLED_SECONDS)

    shown = await paypal.create("GET", f"{PATH}/{id}")
    assert shown["batch_header"]["batch_status"] == "CANCELED"
    assert [item["transaction_status"] for item in shown["items"]] == ["FAILED"]
    assert told(paypal) == [f"{EVENTS}CANCELED"]


async def test_unclaimed_money_returns_with_its_fee_when_30_days_are_over(paypal: PayPal) -> None:
    sent = await send(paypal, "unclaimed@example.com")
    later(paypal, UNCLAIMED_SECONDS - 1)
    before = await only_item(paypal, sent)
    later(paypal, 1)

    item = await only_item(paypal, sent)

    assert (before["transaction_status"], before["errors"]["name"]) == ("UNCLAIMED", "RECEIVER_UNREGISTERED")
    assert (item["transaction_status"], item["payout_item_fee"]["value"]) == ("RETURNED", "0.00")
    assert read_balance(paypal.app, "USD") == FUNDS
    assert told(paypal)[-1] == f"{EVENTS}RETURNED"


async def test_item_is_returned_when_it_is_cancelled_unclaimed(paypal: PayPal) -> None:
    item = await only_item(paypal, await send(paypal, "unclaimed@example.com"))
    path = f"{ITEMS}/{item['payout_item_id']}/cancel"

    answer = await paypal.call("POST", path)
    again = await paypal.call("POST", path)
    later(paypal, UNCLAIMED_SECONDS)

    assert (answer.status_code, answer.json()["transaction_status"]) == (200, "RETURNED")
    assert (again.status_code, again.json()["name"]) == (400, "ITEM_ALREADY_CANCELLED")
    assert read_balance(paypal.app, "USD") == FUNDS
    assert told(paypal)[-1] == f"{EVENTS}CANCELED"


async def test_item_stays_when_it_is_cancelled_and_was_paid(paypal: PayPal) -> None:
    item = await only_item(paypal, await send(paypal, "vera@example.com"))

    answer = await paypal.call("POST", f"{ITEMS}/{item['payout_item_id']}/cancel")

    assert (answer.status_code, answer.json()["name"]) == (400, "ITEM_INCORRECT_STATUS")
    assert (await only_item(paypal, item["payout_batch_id"]))["transaction_status"] == "SUCCESS"


@pytest.mark.parametrize(("now", "then"), [(now, then) for now, all in MOVES.items() for then in all])
async def test_item_becomes_what_a_test_decides(paypal: PayPal, now: str, then: str) -> None:
    word = "vera" if now == "SUCCESS" else now.lower()
    item = await only_item(paypal, await send(paypal, f"{word}@example.com"))

    finish_payout_item(paypal.app, item["payout_item_id"], then)

    assert (await only_item(paypal, item["payout_batch_id"]))["transaction_status"] == then
    left = {"SUCCESS": 1025, "UNCLAIMED": 1025, "REFUNDED": 25, "REVERSED": 25}.get(then, 0)
    assert read_balance(paypal.app, "USD") == FUNDS - left


async def test_item_stays_when_it_cannot_become_that(paypal: PayPal) -> None:
    item = await only_item(paypal, await send(paypal, "failed@example.com"))

    with pytest.raises(ValueError, match="FAILED: it can become nothing else, not SUCCESS"):
        finish_payout_item(paypal.app, item["payout_item_id"], "SUCCESS")


async def test_item_is_the_resource_when_it_is_told(paypal: PayPal) -> None:
    item = await only_item(paypal, await send(paypal, "unclaimed@example.com"))

    (event,) = [
        event
        for event in paypal.app.world.find(paypal.app.merchant_id, "paypal_event")
        if event["event_type"] == f"{EVENTS}UNCLAIMED"
    ]

    assert event["resource"] == item
    assert event["resource_type"] == "payouts_item"
    assert last_resource(paypal)["batch_header"]["batch_status"] == "SUCCESS"


def test_every_address_that_decides_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs" / "testing.md").read_text()

    assert set(re.findall(r"^\| `(\w+)@…` \|", text, re.MULTILINE)) == {*RULES, *LATER, DENIED}
