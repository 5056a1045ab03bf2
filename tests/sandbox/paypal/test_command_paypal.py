"""What happens at PayPal's side happens on command: buyers, banks, refunds, payouts, disputes, tokens, certificates."""

from __future__ import annotations

from typing import Any

import pytest

from store.sandbox.paypal.certificates import open_authority
from store.sandbox.paypal_commands import list_choices
from tests.sandbox.paypal.conftest import PayPal


async def command(paypal: PayPal, action: str, **fields: Any) -> Any:
    answer = await paypal.sandbox.tell("paypal", action=action, **fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refuse(paypal: PayPal, action: str, **fields: Any) -> str:
    answer = await paypal.sandbox.tell("paypal", action=action, **fields)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["message"])


async def capture(paypal: PayPal, outcome: str = "balance") -> str:
    """Order, approve by command, capture; the capture's id."""
    order = await paypal.open_order()
    await command(paypal, "approve", id=order["id"], outcome=outcome)
    taken = await paypal.create("POST", f"/v2/checkout/orders/{order['id']}/capture", {})
    return str(taken["purchase_units"][0]["payments"]["captures"][0]["id"])


async def status(paypal: PayPal, capture: str) -> str:
    return str((await paypal.create("GET", f"/v2/payments/captures/{capture}"))["status"])


def told(paypal: PayPal) -> list[str]:
    """The types of the events, oldest first."""
    events = paypal.app.world.find(paypal.app.merchant_id, "paypal_event")
    return [event["event_type"] for event in reversed(events)]


async def test_an_order_can_be_captured_when_its_buyer_approved_by_command(paypal: PayPal) -> None:
    id = await capture(paypal)

    assert await status(paypal, id) == "COMPLETED"
    assert "CHECKOUT.ORDER.APPROVED" in told(paypal)


async def test_an_order_is_declined_and_then_paid_when_the_buyer_takes_another_card(paypal: PayPal) -> None:
    order = await paypal.open_order()
    path = f"/v2/checkout/orders/{order['id']}/capture"
    await command(paypal, "approve", id=order["id"], outcome="declined")
    declined = await paypal.call("POST", path, {})
    await command(paypal, "approve", id=order["id"])
    paid = await paypal.call("POST", path, {})

    assert (declined.status_code, declined.json()["details"][0]["issue"]) == (422, "INSTRUMENT_DECLINED")
    assert (paid.status_code, paid.json()["status"]) == (201, "COMPLETED")


async def test_an_order_stays_as_it_was_when_its_buyer_went_back(paypal: PayPal) -> None:
    order = await paypal.open_order()

    seen = await command(paypal, "cancel", id=order["id"])

    assert seen["object"]["status"] == order["status"] == "CREATED"
    assert not [name for name in seen["object"] if name.startswith("_")]


@pytest.mark.parametrize(
    ("end", "fields", "event"),
    [
        ("COMPLETED", {}, "PAYMENT.CAPTURE.COMPLETED"),
        ("DECLINED", {}, "PAYMENT.CAPTURE.DENIED"),
        ("DECLINED", {"event": "PAYMENT.CAPTURE.DECLINED"}, "PAYMENT.CAPTURE.DECLINED"),
    ],
)
async def test_a_pending_capture_ends_as_told(paypal: PayPal, end: str, fields: dict[str, str], event: str) -> None:
    id = await capture(paypal, "echeck")
    assert await status(paypal, id) == "PENDING"

    await command(paypal, "finish", id=id, status=end, **fields)

    assert await status(paypal, id) == end
    assert told(paypal)[-1] == event


async def test_money_goes_back_when_it_is_refunded_or_reversed_at_paypals_side(paypal: PayPal) -> None:
    id = await capture(paypal)

    await command(paypal, "refund", id=id, amount=400)
    assert await status(paypal, id) == "PARTIALLY_REFUNDED"
    reversal = await command(paypal, "reverse", id=id)

    assert reversal["object"]["amount"] == {"currency_code": "USD", "value": "20.00"}
    assert await status(paypal, id) == "REFUNDED"
    assert told(paypal)[-2:] == ["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"]


async def test_a_refund_fails_when_its_bank_says_so(paypal: PayPal) -> None:
    await command(paypal, "set", settings={"refunds": "pending"})
    id = await capture(paypal)
    refund = (await command(paypal, "refund", id=id))["object"]

    await command(paypal, "finish", id=refund["id"], status="FAILED")

    assert (await paypal.create("GET", f"/v2/payments/refunds/{refund['id']}"))["status"] == "FAILED"
    assert told(paypal)[-1] == "PAYMENT.REFUND.FAILED"


async def test_a_payout_ends_as_told_when_its_item_is_finished(paypal: PayPal) -> None:
    await command(paypal, "fund", amount=10_000)
    batch = await paypal.create(
        "POST",
        "/v1/payments/payouts",
        {
            "sender_batch_header": {"sender_batch_id": "row-1"},
            "items": [
                {
                    "recipient_type": "EMAIL",
                    "receiver": "unclaimed@example.com",
                    "amount": {"currency": "USD", "value": "10.00"},
                }
            ],
        },
    )
    paypal.advance(60)
    path = f"/v1/payments/payouts/{batch['batch_header']['payout_batch_id']}"
    [item] = (await paypal.create("GET", path))["items"]
    assert item["transaction_status"] == "UNCLAIMED"

    await command(paypal, "finish", id=item["payout_item_id"], status="RETURNED")

    [after] = (await paypal.create("GET", path))["items"]
    assert after["transaction_status"] == "RETURNED"
    assert told(paypal)[-1] == "PAYMENT.PAYOUTS-ITEM.RETURNED"


async def test_a_dispute_is_opened_and_resolved_when_told(paypal: PayPal) -> None:
    id = await capture(paypal)

    dispute = (await command(paypal, "dispute", id=id, reason="UNAUTHORISED"))["object"]
    await command(paypal, "update", id=dispute["dispute_id"], status="UNDER_REVIEW")
    await command(paypal, "resolve", id=dispute["dispute_id"])

    assert [one for one in told(paypal) if "DISPUTE" in one] == [
        "CUSTOMER.DISPUTE.CREATED",
        "CUSTOMER.DISPUTE.UPDATED",
        "CUSTOMER.DISPUTE.RESOLVED",
    ]
    assert await status(paypal, id) == "REFUNDED"


async def test_a_call_is_refused_when_its_token_was_revoked(paypal: PayPal) -> None:
    assert (await command(paypal, "revoke_tokens")) == {"action": "revoke_tokens", "revoked": 1}

    answer = await paypal.call("GET", "/v1/notifications/webhooks")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_tokens_of_another_app_stay_when_one_apps_are_revoked(paypal: PayPal) -> None:
    await command(paypal, "revoke_tokens", app="other")

    assert (await paypal.call("GET", "/v1/notifications/webhooks")).status_code == 200


async def test_another_certificate_signs_when_it_was_rotated(paypal: PayPal) -> None:
    authority = open_authority(paypal.app.world.folder)
    before = authority.ensure()

    answer = await command(paypal, "rotate_certificate")

    assert answer["certificate"] == authority.ensure() != before
    assert (await paypal.client.get(f"/v1/notifications/certs/{before}")).status_code == 200


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("approve", {}, "needs `id`"),
        ("finish", {"id": "X"}, "needs `status`"),
        ("approve", {"id": "X", "amount": 1}, "`amount` does not go with `approve`"),
        ("approve", {"id": "2GG279541U471931P"}, "knows no '2GG279541U471931P'"),
        ("fund", {"amount": 1, "currency": "XXX"}, "no currency of PayPal's"),
        ("set", {"settings": {"colour": "blue"}}, "is no setting"),
        ("set", {"settings": {"order_seconds": -1}}, "is no setting"),
        ("set", {"settings": {"issues": {"orders.capture": "NOBODYS_ISSUE"}}}, "is no setting"),
        ("set", {"settings": {"issues": {"orders.nothing": "INSTRUMENT_DECLINED"}}}, "is no setting"),
        ("revoke_tokens", {"app": "no app!"}, "no client id"),
        ("rotate_certificate", {"id": "X"}, "does not go with"),
    ],
)
async def test_a_command_is_refused_in_words_when_it_cannot_be(
    paypal: PayPal, action: str, fields: dict[str, Any], said: str
) -> None:
    assert said in await refuse(paypal, action, **fields)


async def test_a_command_is_refused_when_the_object_cannot_become_that(paypal: PayPal) -> None:
    id = await capture(paypal)
    order = await paypal.open_order()

    assert "COMPLETED already" in await refuse(paypal, "finish", id=id, status="DECLINED")
    assert "nothing waits to be finished" in await refuse(paypal, "finish", id=order["id"], status="COMPLETED")
    assert "no outcome of an approval" in await refuse(paypal, "approve", id=order["id"], outcome="magic")
    assert await status(paypal, id) == "COMPLETED"


async def test_every_choice_of_a_page_can_be_made_when_its_object_is_in_that_state(paypal: PayPal) -> None:
    async def choices(id: str) -> list[tuple[str, dict[str, str]]]:
        _, kind, document = paypal.app.world.lookup(id) or ("", "", {})
        return list_choices(kind, document)

    order = await paypal.open_order()
    for _, fields in await choices(order["id"]):
        await command(paypal, **fields)
    for number in range(2):
        pending = await capture(paypal, "echeck")
        _, fields = (await choices(pending))[number]
        await command(paypal, **fields)
    for number in range(3):
        paid = await capture(paypal)
        _, fields = (await choices(paid))[number]
        made = await command(paypal, **fields)
    for words, fields in (await choices(made["object"]["id"]))[:1]:
        assert words == "Resolve it for the buyer"
        await command(paypal, **fields)
    assert await choices(made["object"]["id"]) == []
