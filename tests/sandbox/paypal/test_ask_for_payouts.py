"""What the payouts API takes, what it refuses, and how it shows many items."""

from __future__ import annotations

from typing import Any

import pytest

from store.sandbox.paypal.balance import add_funds
from store.sandbox.paypal.payouts import DUPLICATE_SECONDS, SETTLED_SECONDS
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import later
from tests.sandbox.paypal.payouts import FUNDS, ITEMS, PATH, batch, send


async def test_second_use_is_refused_with_a_link_when_the_batch_id_is_known(paypal: PayPal) -> None:
    sent = await send(paypal, "vera@example.com")
    later(paypal, DUPLICATE_SECONDS - SETTLED_SECONDS - 1)
    answer = await paypal.call("POST", PATH, batch("vera@example.com"))
    later(paypal, 1)

    after = await paypal.call("POST", PATH, batch("vera@example.com"))

    assert (answer.status_code, answer.json()["name"]) == (400, "USER_BUSINESS_ERROR")
    (detail,) = answer.json()["details"]
    assert (detail["field"], detail["issue"]) == (
        "SENDER_BATCH_ID",
        "Batch with given sender_batch_id already exists",
    )
    assert detail["link"][0]["href"].endswith(f"{PATH}/{sent}")
    assert after.status_code == 201
    assert after.json()["batch_header"]["payout_batch_id"] != sent


async def test_nothing_is_sent_when_the_balance_is_too_small(paypal: PayPal) -> None:
    add_funds(paypal.app, 2049, "USD")

    two = await paypal.call("POST", PATH, batch("vera@example.com", "otto@example.com"))
    one = await paypal.call("POST", PATH, batch("vera@example.com"))
    # What an undecided batch keeps back is not there for another.
    another = await paypal.call("POST", PATH, batch("otto@example.com", name="row-2"))

    assert (two.status_code, two.json()["name"]) == (422, "INSUFFICIENT_FUNDS")
    assert one.status_code == 201
    assert (another.status_code, another.json()["name"]) == (422, "INSUFFICIENT_FUNDS")
    assert len(paypal.app.world.find(paypal.app.merchant_id, "paypal_payout_batch")) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"receiver": "nobody"}, "items[0].receiver"),
        ({"amount": {"currency": "USD", "value": "1.005"}}, "items[0].amount.value"),
        ({"amount": {"currency": "USD", "value": "0.00"}}, "items[0].amount.value"),
        ({"amount": {"currency": "JPY", "value": "10.50"}}, "items[0].amount.value"),
        ({"amount": {"currency": "JPY", "value": "10.00"}}, "items[0].amount.value"),
        ({"amount": {"currency": "XXX", "value": "1"}}, "items[0].amount.currency"),
    ],
)
async def test_whole_batch_is_refused_when_an_item_is_wrong(paypal: PayPal, change: dict[str, Any], field: str) -> None:
    add_funds(paypal.app, FUNDS, "USD")
    body = batch("vera@example.com")
    body["items"][0] |= change

    answer = await paypal.call("POST", PATH, body)

    assert (answer.status_code, answer.json()["name"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["details"][0]["field"] == field


async def test_batch_is_refused_when_its_items_have_two_currencies(paypal: PayPal) -> None:
    body = batch("vera@example.com", "otto@example.com")
    body["items"][1]["amount"]["currency"] = "EUR"

    answer = await paypal.call("POST", PATH, body)

    assert answer.json()["details"][0]["issue"] == "All items of a batch must have the same currency"


async def test_items_come_in_pages_when_there_are_many(paypal: PayPal) -> None:
    sent = await send(paypal, *(f"vera+{n}@example.com" for n in range(5)))
    path = f"{PATH}/{sent}?page_size=2&total_required=true"

    first = await paypal.create("GET", path)
    last = await paypal.create("GET", f"{path}&page=3")
    header = await paypal.create("GET", f"{PATH}/{sent}?fields=batch_header")
    wrong = await paypal.call("GET", f"{PATH}/{sent}?page=none")

    assert [item["payout_item"]["receiver"] for item in first["items"]] == ["vera+0@example.com", "vera+1@example.com"]
    assert (first["total_items"], first["total_pages"]) == (5, 3)
    assert [one["rel"] for one in first["links"]] == ["self", "next"]
    assert [item["payout_item"]["receiver"] for item in last["items"]] == ["vera+4@example.com"]
    assert [one["rel"] for one in last["links"]] == ["self"]
    assert set(header) == {"batch_header"}
    assert wrong.status_code == 400


@pytest.mark.parametrize("path", [f"{PATH}/NONE", f"{ITEMS}/NONE"])
async def test_nothing_is_found_when_the_id_is_nobodys(paypal: PayPal, path: str) -> None:
    answer = await paypal.call("GET", path)

    assert (answer.status_code, answer.json()["name"]) == (404, "INVALID_RESOURCE_ID")
