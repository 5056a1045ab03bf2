"""POST /checkout: one order and one session, however often and from wherever the same thing is asked for."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from store.app import create_app
from store.kit.db import fetch
from store.kit.ids import READABLE
from tests.facts import path_of, posted, stock_of, the_order, the_payment, timeline, value
from tests.payments.buying import LAMP, MUG, NOTEBOOK, STOOL, break_calls, mend, place
from tests.world import ADA, SANDBOX, World, rows

SESSIONS = "/v1/checkout/sessions"


async def count_orders() -> tuple[int, int]:
    """(orders, attempts)"""
    return await value("SELECT count(*) FROM orders"), await value("SELECT count(*) FROM payment")


async def test_order_is_frozen_and_stock_held_when_it_is_placed(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG, 2)
    await ada.add(NOTEBOOK)

    url = await ada.check_out(address_line2="Flat 2")

    order, payment = await the_order(), await the_payment()
    assert url == payment["redirect_url"]
    assert url.startswith(f"{SANDBOX}/c/pay/cs_test_")
    assert {name: order[name] for name in ADA} == ADA
    assert (order["address_line2"], order["payment_state"]) == ("Flat 2", "awaiting_payment")
    assert (order["subtotal"], order["delivery"], order["total"], order["currency"]) == (6450, 600, 7050, "USD")
    parts = await rows("SELECT vendor_name, total, fee, share FROM vendor_order ORDER BY vendor_name")
    assert [tuple(part.values()) for part in parts] == [
        ("Kiln & Co", 5400, 480, 4920),
        ("North Bindery", 1650, 165, 1485),
    ]
    assert order["fee"] == 645
    lines = await rows("SELECT title, variant_label, unit_price, quantity, total FROM order_line ORDER BY title")
    assert [tuple(line.values()) for line in lines] == [
        ("Enamel mug", "Blue with sun rim", 2400, 2, 4800),
        ("Field notebook", "Lined", 1650, 1, 1650),
    ]
    assert await stock_of(MUG) == (40, 2, 0)
    assert payment["status"] == "pending"
    assert (payment["amount"], payment["currency"], payment["fee"]) == (7050, "USD", 645)
    assert [text for _, text in await timeline()] == [
        "Order placed; the items are held for you.",
        "Payment page opened at Stripe.",
    ]


async def test_numbers_are_readable_and_do_not_count_when_orders_are_placed(world: World) -> None:
    for _ in range(3):
        await place(world)

    numbers = [row["number"] for row in await rows("SELECT number FROM orders ORDER BY placed_at")]

    assert len(set(numbers)) == 3
    for number in numbers:
        assert re.fullmatch(f"OP-[{READABLE[7:]}][{READABLE}]{{4}}", number)
        # docs.stripe.com/get-started/account/statement-descriptors: prefix, "* " and suffix share 22 characters.
        assert len(number) <= 12


async def test_same_order_and_session_when_the_same_form_comes_twice(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    first = await ada.post("/checkout", **form)
    second = await ada.post("/checkout", **form)

    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert await count_orders() == (1, 1)
    assert len(await posted(world, SESSIONS)) == 1


async def test_same_order_and_session_when_the_same_form_comes_ten_times_at_once(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    answers = await asyncio.gather(*(ada.post("/checkout", **form) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await count_orders() == (1, 1)
    assert await stock_of(MUG) == (40, 1, 0)
    assert len({request["idempotency_key"] for request in await posted(world, SESSIONS)}) == 1
    assert await value("SELECT count(*) FROM order_event WHERE key = 'opened:1'") == 1


async def test_same_order_and_session_when_another_form_asks_for_the_same(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    one_tab, other_tab = await ada.checkout_form(), await ada.checkout_form()
    assert one_tab["form_id"] != other_tab["form_id"]

    first = await ada.post("/checkout", **one_tab)
    second = await ada.post("/checkout", **other_tab)

    assert first.headers["location"] == second.headers["location"]
    assert await count_orders() == (1, 1)


@pytest.mark.parametrize("change", ["cart", "address"])
async def test_older_order_is_cancelled_first_when_what_is_ordered_has_changed(world: World, change: str) -> None:
    ada, old_url = await place(world)
    old, old_payment = await the_order(), await the_payment()
    if change == "cart":
        await ada.add(NOTEBOOK)

    new_url = await ada.check_out(city="Paris" if change == "address" else "London")

    assert new_url != old_url
    assert await value("SELECT payment_state FROM orders WHERE id = $1", old["id"]) == "canceled"
    assert await value("SELECT status FROM payment WHERE id = $1", old_payment["id"]) == "expired"
    ref = old_payment["provider_ref"]
    sent = [(r["method"], r["path"].removeprefix(SESSIONS)) for r in reversed(await world.truth("requests"))]
    start = sent.index(("POST", f"/{ref}/expire"))
    assert sent[start:] == [("POST", f"/{ref}/expire"), ("GET", f"/{ref}"), ("POST", "")]
    new = await the_order()
    assert new["id"] != old["id"]
    assert await stock_of(MUG) == (40, 1, 0)


async def test_one_unpaid_order_is_left_when_two_tabs_ask_for_different_things_at_once(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    answers = await asyncio.gather(*(ada.post("/checkout", **{**form, "city": city}) for city in ("Rome", "Oslo")))

    assert {answer.status_code for answer in answers} == {303}
    open_orders = await rows("SELECT city FROM orders WHERE payment_state = 'awaiting_payment'")
    assert len(open_orders) == 1
    assert await stock_of(MUG) == (40, 1, 0)


async def test_nothing_is_ordered_when_the_cart_changed_since_the_page_was_shown(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await ada.add(MUG)

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 409
    assert "1 × $24.00" in answer.text
    assert "2 × $24.00" in answer.text
    assert await count_orders() == (0, 0)


async def test_nothing_is_paid_that_the_page_did_not_show_when_another_tab_has_ordered_more(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    old_page = await ada.checkout_form()
    await ada.add(MUG)
    await ada.check_out()
    order = await the_order()

    answer = await ada.post("/checkout", **old_page)

    assert answer.status_code == 409
    assert await count_orders() == (1, 1)
    assert await the_order() == order


async def test_nobody_is_sent_to_an_address_that_the_settings_do_not_name(world: World) -> None:
    elsewhere = replace(world.settings, stripe_api_base="http://127.0.0.1:8999")
    ada = replace(world, shop=create_app(elsewhere, world.gateways)).browser()
    await ada.add(MUG)

    answer = await ada.post("/checkout", **(await ada.checkout_form()))

    assert (answer.status_code, answer.headers["location"]) == (303, await path_of())
    assert (await the_payment())["status"] == "pending"


@pytest.mark.parametrize("group", ["platform-USD", "direct-nobody", ""])
async def test_visitor_is_led_to_the_cart_when_there_is_nothing_to_check_out(world: World, group: str) -> None:
    newcomer, ada = world.browser(), world.browser()
    await ada.add(STOOL)

    for visitor in (newcomer, ada):
        answer = await visitor.get(f"/checkout?group={group}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/cart")


async def test_price_is_the_snapshot_when_it_changes_while_paying(world: World) -> None:
    ada, url = await place(world)
    await fetch("UPDATE variant SET price = 9900 WHERE sku = $1", MUG)

    await world.pay(url)
    await world.deliver()

    assert await ada.status(await path_of()) == "Paid"
    assert await value("SELECT amount FROM capture") == 3000


async def test_loser_is_told_before_paying_when_the_last_one_is_held(world: World) -> None:
    ada, bob = world.browser(), world.browser()
    for buyer in (ada, bob):
        await buyer.add("KILN-VASE", 2)
    forms = [await buyer.checkout_form() for buyer in (ada, bob)]
    await ada.post("/checkout", **forms[0])

    answer = await bob.post("/checkout", **forms[1])

    assert answer.status_code == 409
    assert "This has sold out." in answer.text
    assert await count_orders() == (1, 1)
    assert await stock_of("KILN-VASE") == (2, 2, 0)


async def test_buyer_comes_to_the_paid_order_when_the_form_is_sent_again_after_paying(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await world.pay((await ada.post("/checkout", **form)).headers["location"])
    await world.deliver()

    again = await ada.post("/checkout", **form)

    assert again.headers["location"] == await path_of()
    assert await count_orders() == (1, 1)


@pytest.mark.parametrize("field", ["email", "full_name", "address_line1", "city", "postcode", "country"])
async def test_form_is_shown_again_with_the_reason_when_a_field_is_empty(world: World, field: str) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    answer = await ada.post("/checkout", **{**form, field: " "})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert await count_orders() == (0, 0)


async def test_nothing_is_ordered_when_a_form_brings_its_own_amount(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()

    answer = await ada.post("/checkout", **form, total="1")

    assert answer.status_code == 400
    assert await count_orders() == (0, 0)


async def test_buyer_is_told_to_try_again_when_the_provider_does_not_answer(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    form = await ada.checkout_form()
    await break_calls(world, SESSIONS)

    answer = await ada.post("/checkout", **form)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert (await the_order())["number"] in answer.text
    assert "you were not charged" in answer.text
    assert ADA["address_line1"] in answer.text
    assert (await the_payment())["status"] == "created"
    assert await stock_of(MUG) == (40, 1, 0)
    await mend(world)
    again = await ada.post("/checkout", **form)
    assert again.headers["location"].startswith(SANDBOX)
    assert await count_orders() == (1, 1)


async def test_no_other_attempt_opens_when_the_older_order_cannot_be_seen_expired(world: World) -> None:
    ada, _ = await place(world)
    old, payment = await the_order(), await the_payment()
    form = await ada.checkout_form(city="Paris")
    await break_calls(world, f"{SESSIONS}/{payment['provider_ref']}", method="*")

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 503
    assert await count_orders() == (1, 1)
    assert (await the_order())["payment_state"] == "awaiting_payment"
    assert await stock_of(MUG) == (40, 1, 0)
    await mend(world)
    assert (await ada.post("/checkout", **form)).headers["location"].startswith(SANDBOX)
    assert await value("SELECT payment_state FROM orders WHERE id = $1", old["id"]) == "canceled"


async def test_paid_order_counts_when_it_was_paid_before_the_changed_cart_came(world: World) -> None:
    ada, url = await place(world)
    form = await ada.checkout_form(city="Paris")
    await world.tell("webhooks", action="hold")
    await world.pay(url)

    answer = await ada.post("/checkout", **form)

    assert answer.status_code == 409
    assert (await the_order())["payment_state"] == "paid"
    assert await count_orders() == (1, 1)


async def test_order_ends_and_the_cart_stays_when_the_provider_refuses_the_session(world: World) -> None:
    ada = world.browser()
    await ada.add(NOTEBOOK)
    await break_calls(world, SESSIONS, status=400, action="status")

    answer = await ada.post("/checkout", **(await ada.checkout_form()))

    await mend(world)
    assert answer.status_code == 503
    assert "You were not charged" in answer.text
    assert (await the_order())["payment_state"] == "canceled"
    assert (await the_payment())["status"] == "failed"
    assert await stock_of(NOTEBOOK) == (60, 0, 0)
    assert await ada.groups()


async def test_new_order_is_placed_when_the_open_session_has_run_out(world: World) -> None:
    ada, old_url = await place(world)
    await world.advance(46 * 60)

    new_url = await ada.check_out()

    assert new_url != old_url
    states = await rows("SELECT payment_state FROM orders ORDER BY placed_at")
    assert [row["payment_state"] for row in states] == ["expired", "awaiting_payment"]


async def test_order_page_says_what_the_bank_statement_shows_when_it_is_paid(world: World) -> None:
    ada, url = await place(world, LAMP)
    await world.pay(url)
    await world.deliver()

    page = await ada.get(await path_of())

    words = page.text.partition("On your bank statement")[2]
    assert (await the_order())["number"] in words


async def test_two_groups_are_two_orders_and_the_rest_stays_when_one_is_checked_out(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(STOOL)
    platform, direct = sorted(await ada.groups(), reverse=True)

    await world.pay(await ada.check_out(platform))
    await world.deliver()

    assert await ada.groups() == [direct]
    await world.pay(await ada.check_out(direct))
    await world.deliver()
    assert await ada.groups() == []
    states = await rows("SELECT currency, payment_state FROM orders ORDER BY placed_at")
    assert [tuple(row.values()) for row in states] == [("USD", "paid"), ("JPY", "paid")]
