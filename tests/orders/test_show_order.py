"""The order page: everything a buyer needs, for whoever has the link, kept nowhere."""

from __future__ import annotations

import pytest

from store.kit.db import fetch
from store.orders.queries import read_order_page
from tests.facts import path_of, the_order
from tests.payments.buying import LAMP, MUG, NOTEBOOK, THROW, place
from tests.shelves import count_statements, read_heading, read_words
from tests.world import World


async def test_page_tells_everything_when_an_order_is_placed(world: World) -> None:
    ada, _ = await place(world, MUG, 2)
    order = await the_order()

    page = await ada.get(await path_of())

    words = read_words(page)
    assert page.status_code == 200
    assert read_heading(page) == f"Order {order['number']}"
    for told in (
        "Waiting for payment",
        "Kiln & Co",
        "2 × $24.00",
        "$48.00",
        "$6.00",
        "$54.00",
        "1 Analytical Row",
        "N1 9GU London",
        "United Kingdom",
        "ada@example.com",
        "vera@kiln.example",
        order["descriptor"],
        "Order placed; the items are held for you.",
        "Payment page opened at Stripe.",
    ):
        assert told in words, told
    assert "To ship" not in words


async def test_page_shows_each_vendors_part_when_several_share_the_order(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.add(NOTEBOOK)
    await world.pay(await ada.check_out())
    await world.settle()

    words = read_words(await ada.get(await path_of()))

    assert "Kiln & Co" in words
    assert "North Bindery" in words
    assert words.count("To ship") == 2
    assert "Kiln & Co and North Bindery are preparing your order" in words
    assert "Visa ending in 4242" in words


@pytest.mark.parametrize(("sku", "total"), [(THROW, "€"), (LAMP, "$")])
async def test_amounts_are_in_the_orders_currency_when_shown(world: World, sku: str, total: str) -> None:
    ada, _ = await place(world, sku)

    assert total in read_words(await ada.get(await path_of()))


async def test_page_is_kept_nowhere_and_hints_at_nothing_when_served(world: World) -> None:
    ada, _ = await place(world)

    page = await ada.get(await path_of())

    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
    assert 'name="robots" content="noindex"' in page.text


async def test_page_opens_for_anybody_with_the_link_when_cookies_are_another_persons(world: World) -> None:
    await place(world)

    page = await world.browser().get(await path_of())

    assert page.status_code == 200


@pytest.mark.parametrize("token", ["AAAAAAAAAAAAAAAAAAAAAA", "x", "OP-7K3M9", "a" * 4000])
async def test_nothing_opens_when_the_token_is_wrong(world: World, token: str) -> None:
    ada, _ = await place(world)

    page = await ada.get(f"/orders/{token}")

    assert page.status_code == 404
    assert "ada@example.com" not in page.text
    assert "link in your confirmation mail" in page.text


async def test_request_is_refused_in_words_when_the_token_is_no_text(world: World) -> None:
    page = await world.browser().get("/orders/%00")

    assert page.status_code == 400
    assert "This request could not be read" in page.text


async def test_number_opens_nothing_when_it_is_used_as_the_link(world: World) -> None:
    ada, _ = await place(world)

    page = await ada.get(f"/orders/{(await the_order())['number']}")

    assert page.status_code == 404


async def test_names_are_text_when_somebody_writes_markup(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    await ada.check_out(full_name="<script>alert(1)</script>", city="Bob's & Co")

    page = await ada.get(await path_of())

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


async def test_reason_stays_with_the_operator_when_an_order_is_being_checked(world: World) -> None:
    ada, _ = await place(world)
    await fetch("UPDATE orders SET payment_state = 'needs_review', review_reason = 'amount: ours 30, theirs 3'")

    page = await ada.get(await path_of())

    assert await ada.status(await path_of()) == "Being checked"
    assert "theirs 3" not in page.text
    assert "please do not pay again" in page.text


async def test_page_takes_two_queries_when_it_is_read(world: World) -> None:
    await place(world)
    token = (await the_order())["token"]

    async with count_statements() as statements:
        assert await read_order_page(token) is not None

    assert len(statements) == 2
