"""An account's orders: those it placed and those of its verified address, found when they are asked for."""

from __future__ import annotations

import json

from store.kit.db import fetch, transaction
from tests.facts import the_order
from tests.payments.buying import MUG
from tests.people import link_for, sign_in_as, sign_up
from tests.shelves import count_statements, read_form, read_words
from tests.world import ADA, Browser, World, rows

NEW = "ada.new@example.com"
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'orders'"


async def numbers_of(browser: Browser) -> list[str]:
    """The numbers of the orders on the list, as they stand there."""
    page = await browser.get("/account/orders")
    assert page.status_code == 200, page.text
    found = {row["token"]: row["number"] for row in await rows("SELECT token, number FROM orders")}
    places = sorted((page.text.find(token), number) for token, number in found.items())
    return [number for place, number in places if place >= 0]


async def test_order_is_listed_when_its_buyer_was_signed_in(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.buy(MUG)
    order = await the_order()

    page = await ada.get("/account/orders")

    assert str(order["person"]) == str((await rows("SELECT id FROM person WHERE email = 'ada@example.com'"))[0]["id"])
    assert f"Order {order['number']}" in read_words(page)
    assert "Paid" in read_words(page)
    assert f'href="/orders/{order["token"]}"' in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_order_is_listed_when_it_was_placed_with_another_address(world: World) -> None:
    otto = world.browser()
    await sign_in_as(otto, "otto")
    await otto.add(MUG)
    await otto.check_out(email="somewhere@example.com")

    assert await numbers_of(otto) == [(await the_order())["number"]]


async def test_guest_order_is_listed_when_the_address_is_proved_and_not_before(world: World) -> None:
    guest, ada = world.browser(), world.browser()
    await guest.add(MUG)
    await guest.check_out(email=NEW.upper())
    order = await the_order()
    await sign_up(ada, NEW)

    before = await numbers_of(ada)
    await ada.post(await link_for(world, NEW))

    assert before == []
    assert await numbers_of(ada) == [order["number"]]
    assert (await the_order())["person"] is None


async def test_nobody_elses_orders_are_listed(world: World) -> None:
    ada, otto = world.browser(), world.browser()
    await sign_in_as(ada, "ada")
    await ada.buy(MUG)
    await sign_in_as(otto, "otto")

    assert await numbers_of(otto) == []
    assert "There are none yet." in read_words(await otto.get("/account/orders"))
    assert (await world.browser().get("/account/orders")).status_code == 303


async def test_list_has_pages_when_it_is_long_and_costs_the_same(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.add(MUG)
    await ada.check_out()
    columns = [
        row["column_name"]
        for row in await rows(COLUMNS)
        if row["column_name"] not in ("id", "number", "token", "cart_id", "form_id")
    ]
    names = ", ".join(columns)
    # Without their parts: the guard of the whole looks when a transaction commits.
    async with transaction():
        await fetch("SET LOCAL session_replication_role = replica")
        await fetch(
            f"INSERT INTO orders (id, number, token, cart_id, form_id, {names})"
            f" SELECT gen_random_uuid(), 'OP-' || n, 'token' || n, gen_random_uuid(), 'f' || n, {names}"
            " FROM orders, generate_series(1, 44) AS n"
        )

    async with count_statements() as statements:
        pages = [await ada.get(f"/account/orders?page={number}") for number in ("1", "2", "3", "99", "x")]

    async with transaction():
        await fetch("SET LOCAL session_replication_role = replica")
        await fetch("DELETE FROM orders WHERE token LIKE 'token%'")
    assert [page.text.count('href="/orders/') for page in pages] == [20, 20, 5, 5, 20]
    assert len(statements) <= len(pages) * 5


async def test_checkout_knows_the_address_when_somebody_is_signed_in(world: World) -> None:
    ada = world.browser()
    await sign_in_as(ada, "ada")
    await ada.add(MUG)
    group = (await ada.groups())[0]

    page = await ada.get(f"/checkout?group={group}")

    assert read_form(page, "/checkout")["email"] == "ada@example.com"


async def test_file_holds_everything_when_its_person_asks_for_it(world: World) -> None:
    ada, otto = world.browser(), world.browser()
    await sign_in_as(otto, "otto")
    await otto.buy(MUG)
    await sign_in_as(ada, "ada")
    await ada.buy(MUG)
    order = await the_order()

    answer = await ada.get("/account/export")

    told = json.loads(answer.text)
    assert answer.headers["content-disposition"] == 'attachment; filename="overprint-account.json"'
    assert told["account"]["email"] == "ada@example.com"
    assert len(told["signed_in"]) == 1
    (one,) = [each for each in told["orders"] if each["number"] == order["number"]]
    assert (one["full_name"], one["total"], one["currency"]) == (ADA["full_name"], order["total"], order["currency"])
    assert one["parts"][0]["lines"][0]["quantity"] == 1
    assert "password" not in answer.text
    assert "token" not in answer.text


async def test_file_is_nobodys_when_the_sign_in_is_old_or_there_is_none(world: World) -> None:
    assert (await world.browser().get("/account/export")).status_code == 303
