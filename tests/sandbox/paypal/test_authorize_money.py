"""Authorizations: held, honoured, authorized anew, captured in parts, let go, and over by the clock."""

from __future__ import annotations

from typing import Any

import pytest

from store.sandbox.paypal.authorizations import HONOR_SECONDS, VALID_SECONDS, finish_authorization
from store.sandbox.paypal.balance import read_balance
from store.sandbox.paypal.payments import payments_of
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import authorize, issue_of, later, told, usd

PATH = "/v2/payments/authorizations"


async def _capture(paypal: PayPal, id: str, **body: Any) -> Any:
    return await paypal.create("POST", f"{PATH}/{id}/capture", body)


async def _status(paypal: PayPal, id: str) -> str:
    return str((await paypal.create("GET", f"{PATH}/{id}"))["status"])


async def test_money_is_held_and_not_taken_when_it_is_authorized(paypal: PayPal) -> None:
    made = authorize(paypal, custom_id="payment-7")

    shown = await paypal.create("GET", f"{PATH}/{made['id']}")

    assert (shown["status"], shown["amount"], shown["custom_id"]) == ("CREATED", usd("24.00"), "payment-7")
    assert [one["rel"] for one in shown["links"]] == ["self", "capture", "void", "reauthorize", "up"]
    assert read_balance(paypal.app, "USD") == 0
    assert told(paypal) == ["PAYMENT.AUTHORIZATION.CREATED"]


async def test_authorization_is_used_up_when_the_last_part_is_captured(paypal: PayPal) -> None:
    made = authorize(paypal, invoice_id="shop-1")

    first = await _capture(paypal, made["id"], amount=usd("4.00"), invoice_id="shop-1-a")
    between = await _status(paypal, made["id"])
    second = await _capture(paypal, made["id"])

    assert (first["amount"], first["final_capture"], first["invoice_id"]) == (usd("4.00"), False, "shop-1-a")
    assert first["links"][2]["href"].endswith(f"{PATH}/{made['id']}")
    assert between == "PARTIALLY_CAPTURED"
    assert (second["amount"], second["invoice_id"]) == (usd("20.00"), "shop-1")
    assert await _status(paypal, made["id"]) == "CAPTURED"
    payments = payments_of(paypal.app, made["_order"])
    assert [one["amount"]["value"] for one in payments["captures"]] == ["4.00", "20.00"]
    assert [one["status"] for one in payments["authorizations"]] == ["CAPTURED"]


async def test_rest_is_let_go_when_a_capture_is_the_final_one(paypal: PayPal) -> None:
    made = authorize(paypal)

    await _capture(paypal, made["id"], amount=usd("4.00"), final_capture=True)

    assert await _status(paypal, made["id"]) == "CAPTURED"


@pytest.mark.parametrize(
    ("value", "most", "over"),
    [("24.00", "27.60", "27.61"), ("1000.00", "1075.00", "1075.01")],
)
async def test_cap_is_115_percent_and_75_dollars_when_more_is_captured(
    paypal: PayPal, value: str, most: str, over: str
) -> None:
    made = authorize(paypal, value)

    answer = await paypal.call("POST", f"{PATH}/{made['id']}/capture", {"amount": usd(over)})
    taken = await _capture(paypal, made["id"], amount=usd(most))

    assert issue_of(answer) == "MAX_CAPTURE_AMOUNT_EXCEEDED"
    assert taken["amount"] == usd(most)


async def test_amount_is_the_cap_when_the_account_is_not_in_the_us(paypal: PayPal) -> None:
    made = authorize(paypal)
    paypal.app.world.home = "DE"

    answer = await paypal.call("POST", f"{PATH}/{made['id']}/capture", {"amount": usd("24.01")})

    assert issue_of(answer) == "MAX_CAPTURE_AMOUNT_EXCEEDED"


async def test_authorization_is_made_anew_when_its_honour_period_is_over(paypal: PayPal) -> None:
    made = authorize(paypal)
    later(paypal, HONOR_SECONDS - 1)
    early = await paypal.call("POST", f"{PATH}/{made['id']}/reauthorize", {})
    later(paypal, 1)

    again = await paypal.create("POST", f"{PATH}/{made['id']}/reauthorize", {"amount": usd("27.60")})
    at_once = await paypal.call("POST", f"{PATH}/{made['id']}/reauthorize", {})
    taken = await _capture(paypal, again["id"])

    assert issue_of(early) == "REAUTHORIZATION_TOO_SOON"
    assert (again["status"], again["amount"]) == ("CREATED", usd("27.60"))
    assert again["id"] != made["id"]
    assert again["expiration_time"] == (await paypal.create("GET", f"{PATH}/{made['id']}"))["expiration_time"]
    assert issue_of(at_once) == "REAUTHORIZATION_TOO_SOON"
    assert taken["supplementary_data"]["related_ids"]["authorization_id"] == again["id"]
    # Both are the same money.
    assert [await _status(paypal, id) for id in (made["id"], again["id"])] == ["CAPTURED", "CAPTURED"]


async def test_hold_is_over_by_the_clock_when_29_days_have_passed(paypal: PayPal) -> None:
    made = authorize(paypal)
    later(paypal, VALID_SECONDS - 1)
    before = await _status(paypal, made["id"])
    later(paypal, 1)

    answer = await paypal.call("POST", f"{PATH}/{made['id']}/capture", {})

    assert before == "CREATED"
    assert await _status(paypal, made["id"]) == "VOIDED"
    assert issue_of(answer) == "AUTHORIZATION_EXPIRED"
    assert told(paypal)[-1] == "PAYMENT.AUTHORIZATION.VOIDED"


@pytest.mark.parametrize(("prefer", "status"), [("return=minimal", 204), ("return=representation", 200)])
async def test_body_is_sent_only_when_it_is_wanted_of_a_void(paypal: PayPal, prefer: str, status: int) -> None:
    made = authorize(paypal)

    answer = await paypal.call("POST", f"{PATH}/{made['id']}/void", Prefer=prefer)

    assert answer.status_code == status
    assert bool(answer.content) == (status == 200)
    assert await _status(paypal, made["id"]) == "VOIDED"
    (order,) = paypal.app.world.find(paypal.app.merchant_id, "paypal_order")
    assert order["status"] == "VOIDED"
    assert told(paypal)[-1] == "PAYMENT.AUTHORIZATION.VOIDED"


async def test_rest_can_be_let_go_when_a_part_was_captured(paypal: PayPal) -> None:
    made = authorize(paypal)
    await _capture(paypal, made["id"], amount=usd("4.00"))

    await paypal.create("POST", f"{PATH}/{made['id']}/void")

    assert await _status(paypal, made["id"]) == "VOIDED"
    assert read_balance(paypal.app, "USD") == 400 - 63
    # Something of it was paid, so the order is not void.
    (order,) = paypal.app.world.find(paypal.app.merchant_id, "paypal_order")
    assert order["status"] == "COMPLETED"


async def test_no_hold_is_left_when_one_that_was_made_anew_is_let_go(paypal: PayPal) -> None:
    made = authorize(paypal)
    later(paypal, HONOR_SECONDS)
    again = await paypal.create("POST", f"{PATH}/{made['id']}/reauthorize", {})

    await paypal.create("POST", f"{PATH}/{made['id']}/void")
    later(paypal, VALID_SECONDS)

    assert [await _status(paypal, id) for id in (made["id"], again["id"])] == ["VOIDED", "VOIDED"]
    assert issue_of(await paypal.call("POST", f"{PATH}/{again['id']}/capture", {})) == "AUTHORIZATION_VOIDED"
    assert told(paypal).count("PAYMENT.AUTHORIZATION.VOIDED") == 1


async def test_hold_ends_once_when_it_was_made_anew(paypal: PayPal) -> None:
    made = authorize(paypal)
    later(paypal, HONOR_SECONDS)
    again = await paypal.create("POST", f"{PATH}/{made['id']}/reauthorize", {})

    later(paypal, VALID_SECONDS - HONOR_SECONDS)

    assert [await _status(paypal, id) for id in (made["id"], again["id"])] == ["VOIDED", "VOIDED"]
    assert told(paypal).count("PAYMENT.AUTHORIZATION.VOIDED") == 1


async def test_captured_money_stays_when_the_validity_ends(paypal: PayPal) -> None:
    made = authorize(paypal)
    await _capture(paypal, made["id"])

    later(paypal, VALID_SECONDS)

    assert await _status(paypal, made["id"]) == "CAPTURED"
    assert "PAYMENT.AUTHORIZATION.VOIDED" not in told(paypal)


@pytest.mark.parametrize(
    ("status", "name"), [("CREATED", None), ("DENIED", "AUTHORIZATION_DENIED"), ("", "TRANSACTION_REFUSED")]
)
async def test_capture_follows_the_review_when_paypal_looks_at_an_authorization(
    paypal: PayPal, status: str, name: str | None
) -> None:
    made = authorize(paypal, outcome="review")
    before = await paypal.create("GET", f"{PATH}/{made['id']}")
    if status:
        finish_authorization(paypal.app, made["id"], status)

    answer = await paypal.call("POST", f"{PATH}/{made['id']}/capture", {})

    assert (before["status"], before["status_details"]["reason"]) == ("PENDING", "PENDING_REVIEW")
    assert (issue_of(answer) if name else None) == name
    assert answer.is_success == (name is None)


async def test_one_capture_is_made_when_the_request_id_is_the_same(paypal: PayPal) -> None:
    made = authorize(paypal)

    answers = [
        await paypal.call("POST", f"{PATH}/{made['id']}/capture", {"amount": usd("4.00")}, key="cap:1")
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len(paypal.app.world.find(paypal.app.merchant_id, "paypal_capture")) == 1
