"""Ada's steps at PayPal, as far as more than one test file needs them: the shop's own routes, and PayPal's word."""

from __future__ import annotations

from typing import Any

import httpx

from tests.facts import the_order, the_payment
from tests.payments.buying import MUG
from tests.world import SHOP, Browser, World

JSON = {"Accept": "application/json"}


async def place_with_paypal(world: World, *skus: str) -> tuple[Browser, str]:
    """Ada before PayPal's buttons: her browser and the order's token."""
    ada = world.browser()
    for sku in skus or (MUG,):
        await ada.add(sku)
    address = await ada.check_out(provider="paypal")
    assert address.startswith("/pay/"), address
    return ada, address.removeprefix("/pay/")


async def create_order(ada: Browser, token: str) -> dict[str, Any]:
    """What PayPal's button asks of the shop (createOrder): `{id, capture_url}`."""
    answer = await ada.client.post("/payments/paypal", data={"order": token}, headers=JSON)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def approve(world: World, ref: str, outcome: str = "balance") -> None:
    """Ada agrees at PayPal's page, paying as `outcome` says."""
    await world.tell("paypal", action="approve", id=ref, outcome=outcome)


async def approved(
    world: World, *skus: str, outcome: str = "balance", heard: bool = False
) -> tuple[Browser, dict[str, Any]]:
    """Ada has agreed and is not back yet: her browser, and what createOrder got. Webhooks are held unless `heard`."""
    ada, token = await place_with_paypal(world, *skus)
    made = await create_order(ada, token)
    if not heard:
        await world.tell("webhooks", action="hold")
    await approve(world, made["id"], outcome)
    return ada, {**made, "token": token}


async def capture(ada: Browser, made: dict[str, Any]) -> httpx.Response:
    """What the button does when she has agreed (onApprove)."""
    return await ada.client.post(made["capture_url"], headers=JSON)


async def states() -> tuple[str, str]:
    """The states of the one order and its one payment."""
    return (await the_order())["payment_state"], (await the_payment())["status"]


async def captures_there(world: World) -> list[dict[str, Any]]:
    """Every capture that PayPal has."""
    return [row for row in await world.truth("captures") if row["provider"] == "paypal"]


def inside(url: str) -> str:
    """The path of an address of the shop."""
    return url.removeprefix(SHOP)
