"""Refunds at PayPal: asked for once under our row's id, found through the order, whoever made them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from store.gateways.paypal.refunds import fetch_capture, fetch_refund, find_refunds, refund
from store.gateways.port import Declined, GatewayBug, RefundOutcome, RefundRequest, Unavailable
from store.kit.money import Money
from tests.gateways.paypal_wire import (
    CAPTURE,
    ORDER,
    Script,
    body_of,
    fault,
    link,
    make_calls,
    make_capture,
    make_order,
    money,
)

REF = "3C679366HH908993F"
PATH = f"{CAPTURE}/refund"
REQUEST = RefundRequest(
    "refund-row", "order-row", REF, "", "separate", 3000, "USD", fee_taken=False, give_back_all=True
)


def make_refund(id: str = "1R", **changes: Any) -> dict[str, Any]:
    """A refund of 5.00 as an order shows it."""
    links = [link("self", f"/v2/payments/refunds/{id}"), link("up", CAPTURE)]
    return {"id": id, "status": "COMPLETED", "amount": money("5.00"), "links": links, **changes}


def order_with(*refunds: dict[str, Any]) -> dict[str, Any]:
    """The capture's order with these refunds."""
    order = make_order("COMPLETED", make_capture())
    order["purchase_units"][0]["payments"]["refunds"] = list(refunds)
    return order


@pytest.mark.parametrize(
    "answer", [make_refund(amount=money("30.00"), custom_id="refund:refund-row"), {"id": "1R", "status": "COMPLETED"}]
)
async def test_refund_is_asked_for_under_our_rows_id(answer: dict[str, Any]) -> None:
    script = Script({PATH: httpx.Response(201, json=answer)})

    made = await refund(make_calls(script), REQUEST)

    assert (made.ref, made.refund_id, made.capture_ref) == ("1R", "refund-row", REF)
    assert (made.amount, made.outcome, made.taken) == (Money(3000, "USD"), RefundOutcome.SUCCEEDED, True)
    (asked,) = script.of(PATH)
    assert body_of(asked) == {"amount": money("30.00"), "custom_id": "refund:refund-row"}
    assert asked.headers["paypal-request-id"] == "refund:refund-row"


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (fault(422, "UNPROCESSABLE_ENTITY", "CAPTURE_FULLY_REFUNDED"), GatewayBug),
        (fault(422, "UNPROCESSABLE_ENTITY", "REFUND_FAILED_INSUFFICIENT_FUNDS"), GatewayBug),
        (fault(422, "UNPROCESSABLE_ENTITY", "PENDING_CAPTURE"), GatewayBug),
        (fault(422, "UNPROCESSABLE_ENTITY", "PAYER_ACCOUNT_LOCKED_OR_CLOSED"), GatewayBug),
        (fault(409, "RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS"), Unavailable),
        (httpx.Response(500), Unavailable),
    ],
    ids=range(6),
)
async def test_refund_is_refused_or_unknown_but_never_the_buyers_fault(answer: Any, meaning: type[Exception]) -> None:
    with pytest.raises(meaning) as caught:
        await refund(make_calls(Script({PATH: answer})), REQUEST)

    assert not isinstance(caught.value, Declined)


@pytest.mark.parametrize("related", [{}, {"supplementary_data": {"related_ids": {"order_id": "5O190127TN364715T"}}}])
async def test_refunds_are_found_through_the_order_whoever_made_them(related: dict[str, Any]) -> None:
    links = [] if related else make_capture()["links"]
    ours, theirs = make_refund("1R", custom_id="refund:refund-row"), make_refund("2R", custom_id="payment")
    other = make_refund("3R", links=[link("up", "/v2/payments/captures/ANOTHER")])
    bare = make_refund("4R", links=[])
    script = Script({CAPTURE: make_capture(links=links, **related), ORDER: order_with(ours, theirs, other, bare)})

    found = await find_refunds(make_calls(script), REF)

    assert [(one.ref, one.refund_id) for one in found] == [("1R", "refund-row"), ("2R", ""), ("4R", "")]


async def test_refund_is_not_said_to_be_unknown_when_it_may_not_be_seen() -> None:
    script = Script({"/v2/payments/refunds/1R": fault(403, "NOT_AUTHORIZED", "PERMISSION_DENIED")})

    with pytest.raises(GatewayBug):
        await fetch_refund(make_calls(script), "1R", REF)


async def test_capture_is_told_with_its_fee_and_what_went_back() -> None:
    capture = make_capture("PARTIALLY_REFUNDED", seller_receivable_breakdown={"paypal_fee": money("1.54")})
    script = Script({CAPTURE: capture, ORDER: order_with(make_refund())})

    seen = await fetch_capture(make_calls(script), REF)

    assert (seen.settled, [one.ref for one in seen.refunds]) == (True, ["1R"])
    assert seen.provider_fee is not None
    assert seen.provider_fee.amount == Money(154, "USD")


async def test_nothing_went_back_when_the_order_is_gone_and_the_capture_is_whole() -> None:
    assert await find_refunds(make_calls(Script({CAPTURE: make_capture()})), REF) == []


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {CAPTURE: make_capture(links=[])},
        {CAPTURE: make_capture(links=[link("up", "/v2/payments/authorizations/9A")])},
        {CAPTURE: make_capture("REFUNDED")},
        {CAPTURE: make_capture(), ORDER: fault(403, "NOT_AUTHORIZED", "PERMISSION_DENIED")},
    ],
    ids=range(5),
)
async def test_refunds_are_not_said_to_be_none_when_they_cannot_be_seen(answers: dict[str, Any]) -> None:
    with pytest.raises(GatewayBug):
        await find_refunds(make_calls(Script(answers)), REF)
