"""The doctor says whether PayPal knows our app and our webhook, and what to do when it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from store.doctor.paypal import check_paypal, check_paypal_webhook
from store.gateways.build import build_gateways
from tests.payments.buying import break_calls
from tests.world import World

WEBHOOKS = "/v1/notifications/webhooks"


def with_paypal(world: World, **changes: Any) -> Any:
    """The shop's rails with other settings of PayPal's."""
    assert world.settings.paypal is not None
    settings = replace(world.settings, paypal=replace(world.settings.paypal, **changes))
    return build_gateways(settings, world.wire)


async def test_all_is_well_when_app_and_webhook_are_ours(world: World) -> None:
    assert (await check_paypal(world.gateways)).ok
    assert (await check_paypal_webhook(world.settings, world.gateways)).ok


async def test_nothing_is_asked_for_when_paypal_is_not_set_up(world: World) -> None:
    gateways = replace(world.gateways, paypal=None)

    assert (await check_paypal(gateways)).ok
    assert (await check_paypal_webhook(world.settings, gateways)).ok


async def test_credentials_are_named_when_paypal_refuses_them(world: World) -> None:
    found = await check_paypal(with_paypal(world, client_secret="another-secret"))

    assert not found.ok
    assert "next: check PAYPAL_CLIENT_ID" in found.detail


async def test_silence_is_said_when_paypal_does_not_answer(world: World) -> None:
    await break_calls(world, f"{WEBHOOKS}/*", method="GET", action="reset")

    found = await check_paypal_webhook(world.settings, world.gateways)

    assert not found.ok
    assert "next: ask again when PayPal answers" in found.detail


async def test_id_is_named_when_paypal_has_no_such_webhook(world: World) -> None:
    found = await check_paypal_webhook(world.settings, with_paypal(world, webhook_id="0EH40505U7160970P"))

    assert not found.ok
    assert "PAYPAL_WEBHOOK_ID" in found.detail
    assert f"make one for {world.settings.base_url}/webhooks/paypal" in found.detail


async def test_address_is_named_when_the_webhook_leads_elsewhere(world: World) -> None:
    elsewhere = replace(world.settings, base_url="https://another.example")

    found = await check_paypal_webhook(elsewhere, world.gateways)

    assert not found.ok
    assert f"leads to {world.settings.base_url}/webhooks/paypal" in found.detail


async def test_events_are_named_when_the_webhook_does_not_tell_of_them(world: World) -> None:
    made = await subscribe(world, "CHECKOUT.ORDER.APPROVED")

    found = await check_paypal_webhook(
        replace(world.settings, base_url="https://few.example"), with_paypal(world, webhook_id=made)
    )

    assert not found.ok
    assert "PAYMENT.CAPTURE.COMPLETED" in found.detail
    assert "CHECKOUT.ORDER.APPROVED" not in found.detail


async def subscribe(world: World, *types: str) -> str:
    """Another webhook of our app, for these events only; its id."""
    body = {"url": "https://few.example/webhooks/paypal", "event_types": [{"name": name} for name in types]}
    answer = await world.console.post(WEBHOOKS, json=body, auth=("overprint", "overprint-secret"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
