"""A checkout whose answer is lost, and what then left the shop and is at the provider."""

from __future__ import annotations

from typing import Any

from tests.facts import the_payment
from tests.payments.buying import MUG, SESSIONS, break_calls
from tests.world import Browser, World


async def sessions_of(world: World, account: str = "") -> list[dict[str, Any]]:
    """Every session the provider has, on the platform or on one account."""
    headers = {"Authorization": "Bearer sk_test_overprint", **({"Stripe-Account": account} if account else {})}
    answer = await world.console.get(f"{SESSIONS}?limit=100", headers=headers)
    return list(answer.json()["data"])


def created_on_the_wire(world: World) -> list[tuple[str, bytes]]:
    """(idempotency key, body) of every request for a session, as it left the shop."""
    return [
        (request.headers["idempotency-key"], request.content)
        for request in world.wire.sent
        if request.method == "POST" and request.url.path == SESSIONS
    ]


async def leave_unknown(world: World, when: str, sku: str = MUG, **fault: Any) -> Browser:
    """Ada's checkout while the provider's answer is lost; returns her browser."""
    ada = world.browser()
    await ada.add(sku)
    form = await ada.checkout_form()
    await break_calls(world, SESSIONS, when=when, **{"count": 1, **fault})
    assert (await ada.post("/checkout", **form)).status_code == 503
    assert (await the_payment())["status"] == "created"
    return ada
