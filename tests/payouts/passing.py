"""Steps around transfers: a cart of two sellers, accounts that change under us, and what became of each transfer."""

from __future__ import annotations

from typing import Any

from tests.facts import one
from tests.payments.buying import MUG, NOTEBOOK
from tests.world import Browser, World, rows

TRANSFERS = "/v1/transfers"
REVERSALS = "/v1/transfers/*/reversals"


async def place_two(world: World) -> tuple[Browser, str]:
    """Ada at the payment page with goods of two destination vendors."""
    ada = world.browser()
    for sku in (MUG, NOTEBOOK):
        await ada.add(sku)
    return ada, await ada.check_out()


async def buy_two(world: World, **card: str) -> dict[str, Any]:
    """Ada has paid two vendors at once and everything is passed on; returns the row of the money."""
    _, url = await place_two(world)
    assert (await world.pay(url, **card)).status_code == 303
    await world.settle()
    return (await rows("SELECT * FROM capture ORDER BY created_at DESC LIMIT 1"))[0]


async def account_of(sku: str) -> str:
    """The connected account of who sells this."""
    row = await one(
        "SELECT vendor.account_ref FROM variant JOIN product ON product.id = variant.product"
        " JOIN vendor ON vendor.id = product.vendor WHERE sku = $1",
        sku,
    )
    return str(row["account_ref"])


async def change_account(world: World, account: str, outcome: str) -> None:
    """Something becomes of an account at the provider."""
    await world.tell("accounts", outcome=outcome, account=account)


async def transfers() -> dict[str, dict[str, Any]]:
    """Every transfer by the account it goes to; a test that has several to one asks the table."""
    return {row["account_ref"]: row for row in await rows("SELECT * FROM transfer ORDER BY created_at, id")}
