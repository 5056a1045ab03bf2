"""PayPal's pitfalls that show where somebody pays: one payee, one script, and nothing that swaps the button away.

Those of the calls are with the gateway; `tests/tooling/test_describe_pitfalls.py` sees that none is forgotten.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from tests.facts import the_order, the_payment
from tests.payments.paypal_buying import approve, capture, create_order, place_with_paypal, states
from tests.world import World

SOMEBODY = "23456789ABCDE"


async def test_paypal_pitfall_13_script_stands_once_and_nothing_swaps_the_button_away(world: World) -> None:
    ada, token = await place_with_paypal(world)

    page = (await ada.get(f"/pay/{token}")).text

    addresses = re.findall(r'<script[^>]* src="([^"]+)"', page)
    assert len([address for address in addresses if "client-id=" in address]) == 1
    # htmx works beside it, on other elements: here nothing may be taken out of the page and put in anew.
    (main,) = re.findall(r"<main.*?</main>", page, re.DOTALL)
    assert 'id="paypal-buttons"' in main
    assert not re.search(r"\shx-(get|post|swap|target|boost|trigger)", main)


async def test_paypal_pitfall_14_script_asks_for_what_the_order_is_in(world: World) -> None:
    ada, token = await place_with_paypal(world)

    page = (await ada.get(f"/pay/{token}")).text
    made = await create_order(ada, token)

    (address,) = re.findall(r'<script id="paypal-script" src="([^"]+)"', page)
    asked = parse_qs(urlsplit(address.replace("&amp;", "&")).query)
    found = world.sandbox.state.world.find_owned(None, "paypal_order", id=made["id"])
    ((_, there),) = found
    (unit,) = there["purchase_units"]
    assert asked["currency"] == [unit["amount"]["currency_code"]]
    assert asked["intent"] == [there["intent"].lower()]
    # Nor does the script name a payee that the order might not have.
    assert "merchant-id" not in asked


async def test_paypal_pitfall_15_money_of_another_payee_is_asked_about_and_not_counted(world: World) -> None:
    ada, token = await place_with_paypal(world)
    made = await create_order(ada, token)
    await world.tell("webhooks", action="hold")
    (owner, there), *_ = world.sandbox.state.world.find_owned(None, "paypal_order", id=made["id"])
    there["purchase_units"][0]["payee"] = {"merchant_id": SOMEBODY}
    world.sandbox.state.world.put(owner, "paypal_order", there)
    await approve(world, made["id"])

    await capture(ada, made)

    assert await states() == ("needs_review", "needs_review")
    ours = (await the_payment())["payee_ref"]
    assert (await the_order())["review_reason"] == f"payee: the provider has {SOMEBODY}, the order {ours}"
