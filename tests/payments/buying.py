"""Ada's steps between cart and payment, as far as more than one test file needs them."""

from __future__ import annotations

from tests.world import SHOP, Browser, World

MUG = "KILN-MUG-BLUE"
LAMP = "LUMEN-NIGHT"
THROW = "SALT-THROW"
STOOL = "TURNED-STOOL"
NOTEBOOK = "NORTH-FIELD-LINED"
RAILS = {"destination": MUG, "direct": LAMP, "direct in EUR": THROW, "direct in JPY": STOOL}


async def place(world: World, sku: str = MUG, quantity: int = 1) -> tuple[Browser, str]:
    """Ada at the hosted page: her browser and the page's address."""
    ada = world.browser()
    await ada.add(sku, quantity)
    return ada, await ada.check_out()


async def pay_unheard(world: World, url: str) -> str:
    """Pay while every webhook is held; returns where the buyer would be sent back to."""
    await world.tell("webhooks", action="hold")
    paid = await world.pay(url)
    assert paid.status_code == 303, paid.text
    return paid.headers["location"].removeprefix(SHOP)


async def break_calls(world: World, path: str, method: str = "POST", **fault: object) -> None:
    """Let the provider fail on this path until `mend`; by default it answers 429, which nobody retries."""
    chosen = {"when": "before", "action": "status", **({"status": 429} if "action" not in fault else {}), **fault}
    await world.tell("faults", **{"method": method, "path": path, "count": 0, **chosen})


async def mend(world: World) -> None:
    """Let the provider answer again."""
    assert (await world.console.delete("/_sandbox/faults")).status_code == 200
