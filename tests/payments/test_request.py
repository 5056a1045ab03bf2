"""What the provider is asked for: the shape of each charge type, and everything that confirmation needs later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.facts import posted, the_order, the_payment, value
from tests.payments.buying import MUG, NOTEBOOK, RAILS, place
from tests.world import ADA, SHOP, World

SESSIONS = "/v1/checkout/sessions"


@pytest.mark.parametrize("rail", RAILS)
async def test_session_is_the_providers_for_the_charge_type_when_it_is_opened(world: World, rail: str) -> None:
    await place(world, RAILS[rail])

    order, payment = await the_order(), await the_payment()
    (request,) = await posted(world, SESSIONS)
    sent = request["params"]
    vendors_account = await value("SELECT account_ref FROM vendor_order")
    assert request["idempotency_key"] == str(payment["id"])
    assert sent["payment_intent_data[application_fee_amount]"] == str(order["fee"])
    if rail == "destination":
        assert request["account"] is None
        assert sent["payment_intent_data[transfer_data][destination]"] == vendors_account
        assert (payment["account_ref"], payment["destination_ref"]) == ("", vendors_account)
    else:
        assert request["account"] == vendors_account
        assert not any("transfer" in name for name in sent)
        assert (payment["account_ref"], payment["destination_ref"]) == (vendors_account, "")


async def test_session_is_a_plain_platform_charge_when_several_vendors_are_in_the_group(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)

    await ada.check_out()

    (request,) = await posted(world, SESSIONS)
    assert request["account"] is None
    assert not any("application_fee" in name or "transfer_data" in name for name in request["params"])
    assert request["params"]["payment_intent_data[transfer_group]"] == str((await the_order())["id"])


async def test_session_carries_what_confirmation_needs_when_it_is_opened(world: World) -> None:
    await place(world)

    order, payment = await the_order(), await the_payment()
    (request,) = await posted(world, SESSIONS)
    sent: dict[str, Any] = request["params"]
    ids = {"payment_id": str(payment["id"]), "order_id": str(order["id"]), "order": order["number"]}
    for name, number in ids.items():
        assert sent[f"metadata[{name}]"] == sent[f"payment_intent_data[metadata][{name}]"] == number
    assert sent["client_reference_id"] == str(payment["id"])
    assert sent["mode"] == "payment"
    assert sent["allowed_payment_method_types[0]"] == "card"
    assert not any(name.startswith("payment_method_types") for name in sent)
    assert sent["payment_intent_data[statement_descriptor_suffix]"] == order["number"]
    assert sent["customer_email"] == ADA["email"]
    assert sent["success_url"] == f"{SHOP}/payments/{payment['token']}/return?session_id={{CHECKOUT_SESSION_ID}}"
    assert sent["cancel_url"] == f"{SHOP}/orders/{order['token']}"
    assert int(sent["expires_at"]) == int(payment["expires_at"].timestamp())
    assert round((payment["expires_at"] - payment["created_at"]).total_seconds()) == 45 * 60
    assert json.loads(payment["request"])["expires_at"] == int(sent["expires_at"])
    assert sent["line_items[1][price_data][product_data][name]"] == "Delivery from Kiln & Co"
    total = sum(
        int(sent[f"line_items[{n}][price_data][unit_amount]"]) * int(sent[f"line_items[{n}][quantity]"])
        for n in range(2)
    )
    assert total == order["total"]
