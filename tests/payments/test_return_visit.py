"""The way back from the provider: a GET that looks once and believes nothing it was told."""

from __future__ import annotations

import pytest

from tests.facts import NEVER, ONCE, count_effects, path_of, posted, the_order, the_payment, timeline
from tests.payments.buying import LAMP, break_calls, mend, pay_unheard, place
from tests.payments.paypal_buying import approved
from tests.world import World

SESSIONS = "/v1/checkout/sessions"


@pytest.mark.parametrize("sku", ["KILN-MUG-BLUE", LAMP], ids=["destination", "direct"])
async def test_buyer_sees_paid_at_once_when_the_return_is_first(world: World, sku: str) -> None:
    ada, url = await place(world, sku)

    back = await ada.get(await pay_unheard(world, url))

    assert (back.status_code, back.headers["location"]) == (303, await path_of())
    assert await ada.status(await path_of()) == "Paid"
    (asked,) = await posted(world, f"{SESSIONS}/{(await the_payment())['provider_ref']}", "GET")
    assert asked["account"] == ((await the_payment())["account_ref"] or None)


async def test_order_stays_unpaid_when_the_return_address_is_opened_without_paying(world: World) -> None:
    ada, _ = await place(world)
    payment = await the_payment()

    back = await ada.get(f"/payments/{payment['token']}/return?session_id={payment['provider_ref']}")

    assert back.headers["location"] == await path_of()
    assert await ada.status(await path_of()) == "Waiting for payment"
    assert await count_effects() == NEVER


async def test_visitor_gets_the_page_when_the_provider_does_not_answer(world: World) -> None:
    ada, url = await place(world)
    back = await pay_unheard(world, url)
    await break_calls(world, f"{SESSIONS}/*", method="GET")

    answer = await ada.get(back)

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert await ada.status(await path_of()) == "Waiting for payment"
    assert (await ada.get(await path_of())).status_code == 200


async def test_order_waits_and_nothing_is_claimed_when_paypal_does_not_answer(world: World) -> None:
    ada, made = await approved(world)
    await break_calls(world, "/v2/checkout/orders/*", method="GET", action="reset")

    back = f"{made['capture_url'].removesuffix('/capture')}/return?token={made['id']}&PayerID=X"
    answer = await ada.get(back)

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    page = (await ada.get(await path_of())).text
    assert await ada.status(await path_of()) == "Waiting for payment"
    assert "not had your consent" not in page
    assert "not charged" not in page
    await mend(world)
    await ada.get(back)
    assert await ada.status(await path_of()) == "Paid"


async def test_unknown_session_is_found_when_the_buyer_comes_back_before_our_own_answer(world: World) -> None:
    """The answer to our request was lost, the buyer paid all the same: the first door that knows is the return."""
    ada = world.browser()
    await ada.add("KILN-MUG-BLUE")
    await break_calls(world, SESSIONS, when="after", count=1)
    await ada.post("/checkout", **(await ada.checkout_form()))
    assert (await the_payment())["status"] == "created"
    answer = await world.console.get(SESSIONS, headers={"Authorization": "Bearer sk_test_overprint"})
    (session,) = answer.json()["data"]

    await ada.get(await pay_unheard(world, session["url"]))

    assert await ada.status(await path_of()) == "Paid"
    assert await count_effects() == ONCE


async def test_another_persons_session_opens_nothing_when_it_is_given(world: World) -> None:
    ada, url = await place(world)
    ours = await the_payment()
    _, other_url = await place(world, LAMP)
    theirs = await the_payment()
    await pay_unheard(world, other_url)
    assert url

    swapped = await ada.get(f"/payments/{ours['token']}/return?session_id={theirs['provider_ref']}")

    assert swapped.status_code == 404
    assert "Ada" not in swapped.text
    assert await count_effects() == NEVER


@pytest.mark.parametrize(
    ("query", "status"), [("?session_id=cs_test_forged", 404), ("", 400), ("?session_id=", 400)], ids=str
)
async def test_nothing_opens_when_the_session_id_is_forged_or_missing(world: World, query: str, status: int) -> None:
    ada, _ = await place(world)
    before = len(await world.truth("requests"))

    answer = await ada.get(f"/payments/{(await the_payment())['token']}/return{query}")

    assert answer.status_code == status
    assert len(await world.truth("requests")) == before


async def test_nothing_opens_when_the_token_is_unknown(world: World) -> None:
    answer = await world.browser().get("/payments/AAAAAAAAAAAAAAAAAAAAAA/return?session_id=cs_test_1")

    assert answer.status_code == 404


async def test_nothing_changes_when_the_return_is_opened_again_by_somebody_else(world: World) -> None:
    ada, url = await place(world)
    back = await pay_unheard(world, url)
    await ada.get(back)
    before = await the_order()

    again = await world.browser().get(back)

    assert again.status_code == 303
    assert await count_effects() == ONCE
    visited = {"checked_at": None, "returned_at": None, "version": 0}
    assert await the_order() | visited == before | visited
    assert [door for door, _ in await timeline()].count("return") == 1


async def test_declined_buyer_reads_why_when_coming_back_by_the_cancel_link(world: World) -> None:
    ada, url = await place(world)
    await world.tell("webhooks", action="hold")
    await world.pay(url, number="4000 0000 0000 0002")
    payment = await the_payment()

    await ada.get(f"/payments/{payment['token']}/return?session_id={payment['provider_ref']}")

    assert "The bank declined the card" in (await ada.get(await path_of())).text
