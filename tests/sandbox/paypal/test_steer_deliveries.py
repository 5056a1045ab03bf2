"""A tester spoils, holds and loses deliveries of PayPal's; the true one comes after a flawed one."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.telling import deliver, is_good, log_of, register, tell

FLAWS = ("forge", "wrong_secret", "foreign_cert", "other_webhook", "signed_crc", "reserialize", "old_timestamp")


@pytest.mark.parametrize("flaw", FLAWS)
async def test_a_flawed_delivery_comes_first_and_the_true_one_follows(paypal: PayPal, flaw: str) -> None:
    webhook = await register(paypal)
    await paypal.sandbox.tell("webhooks", action=flaw)
    event = tell(paypal)

    [flawed] = await deliver(paypal)
    [waiting] = log_of(paypal, event)
    paypal.sandbox.app.state.records.execute("UPDATE deliveries SET due = 0")
    [true] = await deliver(paypal)

    assert is_good(paypal, flawed, webhook) == (flaw == "old_timestamp")
    assert (waiting["state"], waiting["log"][0]["accepted"]) == ("waiting", True)
    assert is_good(paypal, true, webhook)
    assert json.loads(true.content)["id"] == event
    assert [one["state"] for one in log_of(paypal, event)] == ["delivered"]


@pytest.mark.parametrize("flaw", ["foreign_cert", "signed_crc"])
async def test_a_stripe_delivery_is_left_alone_when_the_flaw_is_paypals(paypal: PayPal, flaw: str) -> None:
    await paypal.sandbox.add_endpoint()
    await paypal.sandbox.tell("webhooks", action=flaw)
    await paypal.sandbox.create("/v1/customers", {"email": "ada@example.com"})

    [request] = await deliver(paypal)

    assert "Stripe-Signature" in request.headers
    assert [rule.action for rule in paypal.sandbox.app.state.faults.deliveries] == [flaw]


@pytest.mark.parametrize("action", ["duplicate", "delay", "reorder", "hold", "drop"])
async def test_rules_for_deliveries_act_on_paypals_when_they_are_set(paypal: PayPal, action: str) -> None:
    await register(paypal)
    seconds = {"seconds": 60} if action == "delay" else {}
    await paypal.sandbox.tell("webhooks", action=action, type="PAYMENT.*", **seconds)
    first, second = tell(paypal), tell(paypal, "PAYMENT.CAPTURE.PENDING")

    got = [json.loads(one.content)["id"] for one in await deliver(paypal)]
    while more := await deliver(paypal):
        got += [json.loads(one.content)["id"] for one in more]

    expected = {
        "duplicate": [first, first, second],
        "delay": [second],
        "reorder": [second, first],
        "hold": [],
        "drop": [second],
    }
    assert got == expected[action]


async def test_what_was_told_before_a_crash_is_planned_when_the_sandbox_starts_again(paypal: PayPal) -> None:
    await register(paypal)
    event = tell(paypal)
    for table in ("deliveries", "planned"):
        paypal.sandbox.app.state.records.execute(f"DELETE FROM {table}")

    assert paypal.sandbox.app.state.deliveries.plan_missed() == 1

    [request] = await deliver(paypal)
    assert json.loads(request.content)["id"] == event


async def test_a_webhook_hears_nothing_while_it_is_switched_off(paypal: PayPal) -> None:
    webhook = await register(paypal)
    await paypal.sandbox.tell("webhooks", action="disable", endpoint=webhook)
    event = tell(paypal)

    assert await deliver(paypal) == []
    assert log_of(paypal, event) == []
    shown = (await paypal.sandbox.client.get("/_sandbox/webhooks")).json()["endpoints"]
    assert [(one["provider"], one["id"], one["status"]) for one in shown] == [("paypal", webhook, "disabled")]
