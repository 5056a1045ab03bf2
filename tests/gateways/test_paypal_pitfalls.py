"""What went wrong with PayPal in other shops, by the number it has in our list, and the rule that keeps us from it.

Those that are about rows, pages or a browser stand with the payments and the journeys.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from store.gateways.paypal.gateway import PayPalGateway
from store.gateways.paypal.orders import capture_payment, fetch_payment, freeze_checkout
from store.gateways.paypal.refunds import refund
from store.gateways.port import (
    BadSignature,
    CheckoutItem,
    FundingDeclined,
    RefundRequest,
    SnapshotStatus,
    Unavailable,
)
from tests.gateways.paypal_certs import sign_delivery
from tests.gateways.paypal_wire import (
    CAPTURE,
    ORDER,
    TOKEN_PATH,
    Script,
    fault,
    make_calls,
    make_capture,
    make_order,
    make_request,
    money,
)
from tests.gateways.test_paypal_verify import BODY, verify
from tests.world import make_paypal

REF = "5O190127TN364715T"
PATH = f"{ORDER}/capture"
NOT_APPROVED = fault(422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")


@pytest.mark.parametrize(
    ("capture", "status"),
    [
        (make_capture("PENDING", status_details={"reason": "ECHECK"}), SnapshotStatus.PROCESSING),
        (make_capture("PENDING"), SnapshotStatus.PROCESSING),
        (make_capture("DECLINED"), SnapshotStatus.FAILED),
        (make_capture(None), SnapshotStatus.UNCLEAR),
    ],
    ids=["pending", "pending without details", "declined without details", "no status"],
)
async def test_paypal_pitfall_01_completed_order_is_not_paid_when_its_capture_is_not(
    capture: dict, status: str
) -> None:  # type: ignore[type-arg]
    script = Script({PATH: make_order("COMPLETED", capture), ORDER: make_order(None, capture)})

    captured = await capture_payment(make_calls(script), REF, "k", livemode=False)
    looked = await fetch_payment(make_calls(script), REF, livemode=False)

    assert captured.status == looked.status == status


async def test_paypal_pitfall_04_capture_is_replayed_then_looked_up_when_its_answer_is_empty() -> None:
    script = Script({PATH: httpx.Response(201), ORDER: make_order("APPROVED")})

    with pytest.raises(Unavailable):
        await capture_payment(make_calls(script), REF, "cap:1", livemode=False)
    script.answers[ORDER] = [make_order("COMPLETED", make_capture())]
    seen = await capture_payment(make_calls(script), REF, "cap:1", livemode=False)

    assert seen.status == SnapshotStatus.SUCCEEDED
    assert {one.headers["paypal-request-id"] for one in script.of(PATH)} == {"cap:1"}


async def test_paypal_pitfall_07_same_order_can_be_paid_another_way_when_one_was_declined() -> None:
    declined = fault(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED")
    script = Script({PATH: [declined, make_order("COMPLETED", make_capture())]})
    calls = make_calls(script)
    with pytest.raises(FundingDeclined):
        await capture_payment(calls, REF, "cap:1", livemode=False)

    assert (await capture_payment(calls, REF, "cap:2", livemode=False)).status == SnapshotStatus.SUCCEEDED


def test_paypal_pitfall_08_invoice_number_is_never_used_twice_when_shops_and_attempts_differ() -> None:
    numbers = {
        json.loads(freeze_checkout(make_request(payment_id=payment, attempt=attempt), shop))["purchase_units"][0][
            "invoice_id"
        ]
        for shop in ("one.example", "two.example")
        for payment in ("a", "b")
        for attempt in (1, 2)
    }

    assert len(numbers) == 8


@pytest.mark.parametrize("unit_price", [333, 1, 999_999])
@pytest.mark.parametrize("discount", [0, 7])
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_paypal_pitfall_09_lines_add_up_to_the_cent_or_are_not_sent(
    unit_price: int, discount: int, currency: str
) -> None:
    step = 10 if currency == "KWD" else 1
    items = [CheckoutItem("Mug", unit_price * step, 3), CheckoutItem("Delivery", 599 * step, 1, delivery=True)]
    total = (unit_price * 3 + 599 - discount) * step
    request = make_request(items=items, total=total, discount=discount * step, currency=currency)

    (unit,) = json.loads(freeze_checkout(request, "shop"))["purchase_units"]

    def cents(value: str) -> int:
        return int(value.replace(".", ""))

    parts = {name: cents(part["value"]) for name, part in unit["amount"]["breakdown"].items()}
    lines = sum(cents(item["unit_amount"]["value"]) * int(item["quantity"]) for item in unit["items"])
    assert lines == parts["item_total"]
    assert cents(unit["amount"]["value"]) == parts["item_total"] + parts["shipping"] - parts.get("discount", 0)
    assert "tax" not in unit["items"][0]


async def test_paypal_pitfall_10_delivery_is_refused_when_its_body_was_parsed_and_written_again() -> None:
    body = BODY.replace(b'"1.0"', b"1.0")
    headers = sign_delivery(body)
    await verify(headers, body)

    for other in (
        json.dumps(json.loads(body)).encode(),
        json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode(),
        body + b"\n",
        body.replace(b"1.0", b"1"),
    ):
        with pytest.raises(BadSignature):
            await verify(headers, other)


async def test_paypal_pitfall_11_approval_seen_too_early_is_captured_a_moment_later_or_left_to_the_sweep() -> None:
    paid = make_order("COMPLETED", make_capture())
    late = Script({PATH: [NOT_APPROVED, paid], ORDER: make_order("APPROVED")})
    never = Script({PATH: NOT_APPROVED, ORDER: make_order("APPROVED")})

    assert (await capture_payment(make_calls(late), REF, "k", livemode=False)).status == SnapshotStatus.SUCCEEDED
    with pytest.raises(Unavailable):
        await capture_payment(make_calls(never), REF, "k", livemode=False)


@pytest.mark.parametrize("currency", ["USD", "JPY", "EUR"])
def test_paypal_pitfall_14_script_and_order_agree_on_currency_and_intent(currency: str) -> None:
    settings = make_paypal(Path("unused"), "overprint", "unused")
    request = make_request(currency=currency)

    body = json.loads(PayPalGateway(settings, "http://localhost:8000").freeze_checkout(request))

    asked = parse_qs(urlsplit(settings.script_url(request.currency)).query)
    (unit,) = body["purchase_units"]
    assert asked["currency"] == [unit["amount"]["currency_code"]] == [currency]
    assert asked["intent"] == [body["intent"].lower()]
    assert asked["client-id"] == [settings.client_id]


async def test_paypal_pitfall_17_order_has_expired_and_nothing_crashes_when_paypal_answers_404() -> None:
    assert (await fetch_payment(make_calls(Script()), REF, livemode=False)).status == SnapshotStatus.EXPIRED


async def test_paypal_pitfall_18_one_token_serves_many_calls_and_is_not_used_past_its_end() -> None:
    script = Script({ORDER: make_order("APPROVED")}, lives=600)
    calls = make_calls(script)

    await asyncio.gather(*(fetch_payment(calls, REF, livemode=False) for _ in range(10)))
    assert len(script.of(TOKEN_PATH)) == 1
    script.answers[ORDER] = [make_order("APPROVED")] * 10 + [httpx.Response(401), make_order("APPROVED")]
    await fetch_payment(calls, REF, livemode=False)

    assert len(script.of(TOKEN_PATH)) == 2


async def test_paypal_pitfall_19_whole_resource_is_asked_for_and_a_minimal_answer_is_no_loss() -> None:
    minimal = {"id": REF, "status": "COMPLETED", "links": []}
    script = Script({PATH: minimal, ORDER: make_order("COMPLETED", make_capture())})

    seen = await capture_payment(make_calls(script), REF, "k", livemode=False)

    assert seen.status == SnapshotStatus.SUCCEEDED
    assert {one.headers["prefer"] for one in script.of(PATH)} == {"return=representation"}


async def test_paypal_pitfall_20_every_operation_has_a_key_of_its_own() -> None:
    script = Script(
        {PATH: make_order("COMPLETED", make_capture()), f"{CAPTURE}/refund": {"id": "1R", "amount": money("1.00")}}
    )
    calls = make_calls(script)
    await capture_payment(calls, REF, "cap:1", livemode=False)
    for row in ("row-1", "row-2", "row-1"):
        facts = (row, "order", "3C679366HH908993F", "", "separate", 100, "USD")
        await refund(calls, RefundRequest(*facts, fee_taken=False, give_back_all=True))

    keys = [one.headers["paypal-request-id"] for one in script.asked if one.url.path != TOKEN_PATH]
    assert keys == ["cap:1", "refund:row-1", "refund:row-2", "refund:row-1"]


@pytest.mark.parametrize("status", ["DENIED", "DECLINED", "FAILED", "SOMETHING_NEW", "", None])
async def test_paypal_pitfall_21_unknown_and_denied_are_never_success(status: str | None) -> None:
    seen = await fetch_payment(
        make_calls(Script({ORDER: make_order("COMPLETED", make_capture(status))})), REF, livemode=False
    )

    assert seen.status in (SnapshotStatus.FAILED, SnapshotStatus.UNCLEAR)
    assert seen.failure or seen.remark
    assert seen.redirect_url == ""
