"""A vendor is restricted or disconnected after the buyer paid: the money waits with the platform until it may go."""

from __future__ import annotations

import pytest

from store.vendors.service import open_account
from tests.facts import assert_books_agree, ledger_balances, path_of, the_order, value
from tests.payments.buying import MUG, NOTEBOOK, pay_unheard, place
from tests.payouts.passing import TRANSFERS, account_of, change_account, place_two, transfers
from tests.world import World, rows


@pytest.mark.parametrize("outcome", ["rejected", "deauthorized"])
async def test_share_waits_with_the_platform_and_goes_out_by_itself_when_the_account_is_back(
    world: World, outcome: str
) -> None:
    ada, url = await place_two(world)
    await pay_unheard(world, url)
    mug, notebook = await account_of(MUG), await account_of(NOTEBOOK)
    await change_account(world, mug, outcome)
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await world.settle()

    made = await transfers()
    assert {account: row["state"] for account, row in made.items()} == {mug: "waiting", notebook: "done"}
    assert made[mug]["why"].startswith("The seller's account cannot receive money at the moment.")
    assert (await the_order())["payment_state"] == "paid"
    vendor = made[mug]["vendor"]
    held = f"SELECT -sum(amount)::bigint FROM ledger_entry WHERE account = 'payable:{vendor}'"
    assert await value(held) == made[mug]["amount"]
    assert (mug, "USD") not in await ledger_balances()
    version, page = (await the_order())["version"], await ada.get(await path_of())

    await change_account(world, mug, "active")
    await world.settle()

    assert {row["state"] for row in (await transfers()).values()} == {"done"}
    assert (await ledger_balances())[mug, "USD"] == made[mug]["amount"]
    assert len(await world.truth("transfers")) == 2
    assert (await the_order())["version"] == version
    assert (await ada.get(await path_of())).text == page.text
    await assert_books_agree(world)


async def test_share_goes_to_the_new_account_by_itself_when_the_vendor_disconnected_and_began_anew(
    world: World,
) -> None:
    _, url = await place_two(world)
    await pay_unheard(world, url)
    old = await account_of(MUG)
    await change_account(world, old, "deauthorized")
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await world.settle()
    waiting = (await transfers())[old]
    assert waiting["state"] == "waiting"

    new = await open_account(world.gateways, waiting["vendor"])
    await change_account(world, new, "active")
    await world.settle()

    sent = (await transfers())[new]
    assert (new != old, sent["id"], sent["state"]) == (True, waiting["id"], "done")
    assert (await ledger_balances())[new, "USD"] == waiting["amount"]
    assert old not in {made["destination"] for made in await world.truth("transfers")}
    await assert_books_agree(world)


async def test_page_and_order_say_nothing_of_it_when_a_share_waits(world: World) -> None:
    ada, url = await place_two(world)
    await world.tell("faults", method="POST", path=TRANSFERS, when="before", action="status", status=400, count=0)
    await world.pay(url)
    await world.settle()

    assert {row["state"] for row in (await transfers()).values()} == {"waiting"}
    assert await ada.status(await path_of()) == "Paid"
    assert not [line for line in await rows("SELECT text FROM order_event") if "transfer" in line["text"].lower()]
    order = await the_order()
    assert (order["payment_state"], order["review_reason"], order["refund_pending"]) == ("paid", "", 0)


@pytest.mark.parametrize("outcome", ["rejected", "deauthorized"])
async def test_provider_has_passed_it_on_itself_when_the_only_vendor_is_restricted_after_paying(
    world: World, outcome: str
) -> None:
    """Destination: the transfer is a part of the charge, so the money waits on the vendor's account at the provider."""
    _, url = await place(world, MUG)
    await pay_unheard(world, url)
    await change_account(world, await account_of(MUG), outcome)
    await world.tell("webhooks", action="clear")
    await world.tell("webhooks", action="release")
    await world.settle()

    assert (await the_order())["payment_state"] == "paid"
    (sent,) = await world.truth("transfers")
    assert (sent["destination"], sent["amount"]) == (await account_of(MUG), (await the_order())["total"])
    assert await rows("SELECT 1 FROM transfer") == []
    await assert_books_agree(world)
