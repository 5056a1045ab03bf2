"""Ada's steps between cart and payment, as far as more than one test file needs them."""

from __future__ import annotations

from dataclasses import replace

from store.catalogue.service import adjust_stock
from store.kit.db import transaction
from store.payments.service import Payer
from tests.facts import one, the_order, the_payment
from tests.world import SHOP, Browser, World

SESSIONS = "/v1/checkout/sessions"
MUG = "KILN-MUG-BLUE"
LAMP = "LUMEN-NIGHT"
THROW = "SALT-THROW"
STOOL = "TURNED-STOOL"
NOTEBOOK = "NORTH-FIELD-LINED"
SOMEBODY = Payer.at("198.51.100.9", 1.0)
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
    """Let the provider fail on this path until `mend`; by default it answers 401, which nobody sends again."""
    chosen = {"when": "before", "action": "status", **({"status": 401} if "action" not in fault else {}), **fault}
    await world.tell("faults", **{"method": method, "path": path, "count": 0, **chosen})


async def mend(world: World) -> None:
    """Let the provider answer again."""
    assert (await world.console.delete("/_sandbox/faults")).status_code == 200


async def end_too_early(world: World, skus: tuple[str, ...]) -> tuple[Browser, str]:
    """An order that is over here while its session is open there; returns Ada's browser and the page's address.

    The answer to our request is lost, and when it is sent again the provider refuses to speak of it at all.
    """
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    form = await ada.checkout_form()
    await break_calls(world, SESSIONS, when="after", count=1)
    await ada.post("/checkout", **form)
    await break_calls(world, SESSIONS, method="*", status=403)
    await ada.post("/checkout", **form)
    await mend(world)
    payment = await the_payment()
    assert (payment["status"], (await the_order())["payment_state"]) == ("failed", "canceled")
    headers = {"Authorization": "Bearer sk_test_overprint"}
    if payment["account_ref"]:
        headers["Stripe-Account"] = payment["account_ref"]
    sessions = (await world.console.get(SESSIONS, headers=headers)).json()["data"]
    return ada, next(s["url"] for s in sessions if s["client_reference_id"] == str(payment["id"]))


async def sell_out(skus: tuple[str, ...]) -> None:
    """Somebody else takes what is left."""
    for sku in skus:
        row = await one("SELECT id, on_hand FROM variant WHERE sku = $1", sku)
        async with transaction():
            await adjust_stock(row["id"], -row["on_hand"], "elsewhere")


class PaysBeforeExpiry:
    """A gateway during whose call to expire the buyer pays."""

    def __init__(self, world: World, url: str) -> None:
        self._world, self._url, self._inner = world, url, world.gateways.stripe
        self.gateways = replace(world.gateways, stripe=self)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    async def expire(self, ref: str, account_ref: str) -> bool:
        await pay_unheard(self._world, self._url)
        return await self._inner.expire(ref, account_ref)
