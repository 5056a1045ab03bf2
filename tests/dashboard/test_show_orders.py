"""A vendor's orders: what is paid and its own, narrowed by state and words; each order's money to the cent."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from store.dashboard.queries.orders import PAGE_SIZE, list_orders, read_part
from store.kit.db import fetch
from tests.dashboard.keeping import enter, follow
from tests.facts import one, value
from tests.look.markup import Outline
from tests.payments.buying import MUG, NOTEBOOK, place
from tests.refunds.refunding import refund_there, wait_for_money
from tests.shelves import read_words
from tests.world import World, rows


async def sell(world: World, sku: str = MUG, *more: str, vendor: str = "Kiln & Co") -> str:
    """Ada buys; returns the vendor's path of its part."""
    ada = world.browser()
    for other in more:
        await ada.add(other)
    await ada.buy(sku)
    part = await one(
        'SELECT part.id FROM vendor_order AS part JOIN orders ON orders.id = part."order"'
        " WHERE vendor_name = $1 ORDER BY placed_at DESC LIMIT 1",
        vendor,
    )
    return f"/sell/orders/{part['id']}"


async def sit_in(slug: str) -> None:
    """Let Vera's seat be in another shop."""
    await fetch("UPDATE membership SET vendor = (SELECT id FROM vendor WHERE slug = $1)", slug)


def read_numbers(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/sell/orders/[0-9a-f-]{36}">(OP-\w+)</a>', page)


async def test_order_is_listed_when_it_is_paid_and_not_before(world: World) -> None:
    vera = await enter(world)
    await place(world)
    assert "No orders yet" in (await vera.get("/sell/orders")).text

    await sell(world)

    page = await vera.get("/sell/orders")
    paid = await value("SELECT number FROM orders WHERE payment_state = 'paid'")
    assert read_numbers(page.text) == [paid]
    assert "Ada Buyer" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert Outline(page.text).find_problems() == []


async def test_vendor_sees_its_own_lines_only_when_the_buyer_bought_from_others(world: World) -> None:
    path = await sell(world, MUG, NOTEBOOK)
    vera = await enter(world)

    page = await vera.get(path)

    assert "Enamel mug" in page.text
    assert "Field notebook" not in page.text
    assert "you see your part" in page.text
    other = await one("SELECT id FROM vendor_order WHERE vendor_name <> 'Kiln & Co'")
    assert (await vera.get(f"/sell/orders/{other['id']}")).status_code == 404


async def test_no_sum_of_other_sellers_is_told_when_a_part_of_a_shared_order_went_back(world: World) -> None:
    path = await sell(world, MUG, NOTEBOOK)
    await world.settle()
    await refund_there(world, await one("SELECT * FROM capture"), amount=1000)
    await wait_for_money(world)
    vera = await enter(world)

    words = read_words(await vera.get(path))
    export = (await vera.get("/sell/orders.csv")).text

    order = await one("SELECT total, refunded FROM orders")
    back = await value("SELECT reversed FROM transfer JOIN vendor ON vendor.id = vendor AND slug = 'kiln-co'")
    assert order["refunded"] == 1000 > back > 0
    assert f"went back to the buyer. ${back / 100:.2f} of it came off your share." in words
    assert f"${order['total'] / 100:.2f}" not in words
    assert f"{order['total'] / 100:.2f}" not in export
    [line] = csv.DictReader(io.StringIO(export))
    assert line["refunded of the order"] == ""


async def test_sum_that_went_back_is_told_when_the_order_is_one_sellers(world: World) -> None:
    path = await sell(world)
    await world.settle()
    back = {"amount": 1000, "reverse_transfer": "true", "refund_application_fee": "true"}
    await refund_there(world, await one("SELECT * FROM capture"), **back)
    await wait_for_money(world)
    vera = await enter(world)

    words = read_words(await vera.get(path))
    [line] = csv.DictReader(io.StringIO((await vera.get("/sell/orders.csv")).text))

    total = await value("SELECT total FROM orders")
    assert f"$10.00 of the order’s ${total / 100:.2f} went back to the buyer." in words
    assert line["refunded of the order"] == "10.00"


@pytest.mark.parametrize("key", ["otto", "ada", ""])
async def test_order_is_not_there_for_anybody_else(world: World, key: str) -> None:
    path = await sell(world)
    stranger = await enter(world, key) if key else world.browser()

    answers: list[Any] = [await stranger.get(path), await stranger.get("/sell/orders.csv")]
    answers += [await stranger.post(f"{path}/ship", tracking="1"), await stranger.post(f"{path}/deliver")]

    assert {answer.status_code for answer in answers} == {404 if key else 303}
    assert await value("SELECT fulfilment FROM vendor_order") == "to_ship"


async def test_buyer_is_told_once_when_the_vendor_ships_and_the_parcel_arrives(world: World) -> None:
    path = await sell(world)
    vera = await enter(world)

    page = await follow(vera, await vera.post(f"{path}/ship", carrier="Royal Mail", tracking="RM 123"))
    assert "Marked as shipped." in page.text
    assert "tracking number <code>RM 123</code>" in page.text
    again = await follow(vera, await vera.post(f"{path}/ship", carrier="", tracking="other"))
    assert "This was marked as shipped before." in again.text
    page = await follow(vera, await vera.post(f"{path}/deliver"))

    assert "Marked as delivered." in page.text
    row = await one("SELECT fulfilment, tracking FROM vendor_order")
    assert (row["fulfilment"], row["tracking"]) == ("delivered", "RM 123")
    await world.deliver()
    letters = (await world.console.get("/_sandbox/mailbox?to=ada@example.com")).json()["data"]
    assert [letter["subject"].startswith("On its way: order OP-") for letter in letters].count(True) == 1


async def test_wrong_tracking_number_is_put_right_while_the_parcel_is_on_its_way(world: World) -> None:
    path = await sell(world)
    vera, otto = await enter(world), await enter(world, "otto")
    right = {"carrier": "Royal Mail", "tracking": "RIGHT", "correct": "1"}
    await vera.post(f"{path}/ship", **right)
    assert await value("SELECT fulfilment FROM vendor_order") == "to_ship"
    await vera.post(f"{path}/ship", carrier="Royal Mail", tracking="WRONG")

    assert (await otto.post(f"{path}/ship", **right)).status_code == 404
    page = await vera.get(path)
    long = await vera.post(f"{path}/ship", **{**right, "tracking": "9" * 81})
    for _ in range(2):
        done = await follow(vera, await vera.post(f"{path}/ship", **right))

    assert 'value="WRONG"' in page.text
    assert long.status_code == 422
    for shown in (page, long, done):
        assert Outline(shown.text).find_problems() == []
    assert "tracking number <code>RIGHT</code>" in done.text
    told = await rows("SELECT text FROM order_event WHERE text LIKE '%corrected%'")
    assert told == [{"text": "Kiln & Co corrected how its part was sent: Royal Mail RIGHT."}]
    await vera.post(f"{path}/deliver")
    await vera.post(f"{path}/ship", **{**right, "tracking": "LATE"})
    assert await value("SELECT tracking FROM vendor_order") == "RIGHT"


async def test_words_stay_when_a_tracking_number_is_too_long(world: World) -> None:
    path = await sell(world)
    vera = await enter(world)

    answer = await vera.post(f"{path}/ship", carrier="Royal Mail", tracking="9" * 81)

    assert answer.status_code == 422
    assert "Tracking number must be 80 characters or fewer." in read_words(answer)
    assert 'value="Royal Mail"' in answer.text
    assert Outline(answer.text).find_problems() == []


async def test_nothing_can_be_sent_when_all_money_went_back(world: World) -> None:
    path = await sell(world)
    await world.settle()
    capture = (await world.truth("captures"))[0]
    refund = await world.console.post(
        "/v1/refunds",
        data={"charge": capture["ref"], "reverse_transfer": "true", "refund_application_fee": "true"},
        headers={"Authorization": "Bearer sk_test_overprint"},
    )
    assert refund.status_code == 200, refund.text
    await world.settle()
    vera = await enter(world)

    page = await vera.get(path)

    assert "Please send nothing." in page.text
    assert "Mark as shipped" not in page.text
    assert (await vera.post(f"{path}/ship", tracking="1")).status_code == 409
    listed = await vera.get("/sell/orders?show=refunded")
    assert len(read_numbers(listed.text)) == 1
    assert read_numbers((await vera.get("/sell/orders?show=to-ship")).text) == []


async def test_list_is_narrowed_by_state_and_words(world: World) -> None:
    first, second = await sell(world), await sell(world)
    vera = await enter(world)
    await vera.post(f"{first}/ship", carrier="")
    await vera.post(f"{second}/ship", carrier="")
    await vera.post(f"{second}/deliver")
    numbers = {
        f"/sell/orders/{row['id']}": row["number"]
        for row in await rows(
            'SELECT part.id, number FROM vendor_order AS part JOIN orders ON orders.id = part."order"'
        )
    }

    for address, expected in (
        ("?show=shipped", [numbers[first]]),
        ("?show=delivered", [numbers[second]]),
        ("?show=to-ship", []),
        (f"?q={numbers[first].lower()}", [numbers[first]]),
        ("?q=nobody", []),
        ("?q=ada", [numbers[second], numbers[first]]),
        ("?page=7", [numbers[second], numbers[first]]),
    ):
        page = await vera.get(f"/sell/orders{address}")
        assert read_numbers(page.text) == expected, address
        assert Outline(page.text).find_problems() == []


async def test_message_of_a_buyer_is_a_task_until_it_is_done(world: World) -> None:
    path = await sell(world)
    part = path.rpartition("/")[2]
    await fetch(
        "INSERT INTO order_message (id, vendor_order, form_id, kind, reason, text, created_at)"
        " VALUES (gen_random_uuid(), $1, 'f', 'question', '', 'When will it come?', now())",
        part,
    )
    message = await value("SELECT id FROM order_message")
    vera, otto = await enter(world), await enter(world, "otto")

    for page in (path, "/sell/orders", "/sell/home"):
        shown = await vera.get(page)
        assert '<p class="typed">When will it come?' in shown.text, page
        assert Outline(shown.text).find_problems() == []
        [done] = re.findall(rf'action="(/sell/messages/{message}/done[^"]*)"', shown.text)
        assert (await otto.post(done)).status_code == 404
        answer = await vera.post(done)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        await fetch("UPDATE order_message SET done_at = NULL")
    await vera.post(f"/sell/messages/{message}/done")

    for page in (path, "/sell/orders", "/sell/home"):
        assert "When will it come?" not in (await vera.get(page)).text, page


async def test_there_are_pages_when_there_are_many(world: World) -> None:
    await sell(world)
    vendor = await value("SELECT id FROM vendor WHERE slug = 'kiln-co'")

    found = await list_orders(vendor, page=2)

    assert PAGE_SIZE == 20
    assert (found.page, found.pages, found.total) == (1, 1, 1)
    assert await read_part(vendor, found.orders[0].id) is not None
