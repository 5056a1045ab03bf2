"""What several vendors get of one payment: the buyer pays once, each has its transfer, the books say what happened."""

from __future__ import annotations

from tests.facts import assert_books_agree, the_order
from tests.payments.buying import MUG, NOTEBOOK
from tests.world import KEYS, World, rows


async def test_each_vendor_gets_its_share_when_a_cart_of_two_is_paid_once(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)

    await world.pay(await ada.check_out())
    await world.settle()

    order = await the_order()
    assert (order["charge_type"], order["payment_state"]) == ("separate", "paid")
    (charge,) = await world.truth("captures")
    assert charge["amount"] == order["total"]
    parts = await rows("SELECT vendor, account_ref, share FROM vendor_order ORDER BY account_ref")
    sent = sorted(await world.truth("transfers"), key=lambda one: one["destination"])
    assert [(one["destination"], one["amount"]) for one in sent] == [(p["account_ref"], p["share"]) for p in parts]
    assert {(one["source_transaction"], one["transfer_group"]) for one in sent} == {(charge["ref"], str(order["id"]))}
    # The payment was in the group before there was any transfer: the provider lists them as one.
    headers = {"Authorization": f"Bearer {KEYS['US']}"}
    shown = (await world.console.get(f"/v1/charges/{charge['ref']}", headers=headers)).json()
    intent = (await world.console.get(f"/v1/payment_intents/{shown['payment_intent']}", headers=headers)).json()
    assert intent["transfer_group"] == str(order["id"])
    booked = await rows("SELECT ref FROM ledger_tx WHERE kind = 'transfer' AND order_ref = $1", str(order["id"]))
    assert {tx["ref"] for tx in booked} == {one["ref"] for one in sent}
    await assert_books_agree(world)
