"""Orders as CSV: written while they are read, exact, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from store.dashboard.controllers.orders import COLUMNS, neutralise
from store.dashboard.queries.orders import BATCH, stream_orders
from store.kit.db import fetch, fetch_value
from tests.dashboard.keeping import enter
from tests.dashboard.test_show_home import fill
from tests.dashboard.test_show_orders import sell
from tests.facts import one, value
from tests.payments.buying import MUG, NOTEBOOK
from tests.shelves import make_product, make_vendor
from tests.world import SHOP, Browser, World


async def download(browser: Browser, address: str = "/sell/orders.csv") -> list[dict[str, str]]:
    answer = await browser.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="orders-kiln-co-')
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_own_part_of_each_order_is_a_line_to_the_cent(world: World) -> None:
    await sell(world, MUG, NOTEBOOK)
    vera = await enter(world)

    [line] = await download(vera)

    part = await one("SELECT total, fee, share FROM vendor_order WHERE vendor_name = 'Kiln & Co'")
    assert tuple(line) == COLUMNS
    assert line["order"] == await value("SELECT number FROM orders")
    assert (line["currency"], line["pieces"], line["state"]) == ("USD", "1", "to ship")
    amounts = {"paid": part["total"], "fee": part["fee"], "share": part["share"]}
    assert {name: line[name] for name in amounts} == {name: f"{cents / 100:.2f}" for name, cents in amounts.items()}


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("Ada = Buyer", "Ada = Buyer"),
        (None, ""),
        (12, "12"),
    ],
)
def test_formula_becomes_text(cell: object, written: str) -> None:
    assert neutralise(cell) == written


async def test_formula_in_a_buyers_name_or_a_tracking_number_is_text(world: World) -> None:
    ada = world.browser()
    await ada.add(MUG)
    paid = await world.pay(await ada.check_out(full_name="=cmd|' /C calc'!A0"))
    await ada.get(paid.headers["location"].partition("8000")[2])
    vera = await enter(world)
    part = await value("SELECT id FROM vendor_order")
    await vera.post(f"/sell/orders/{part}/ship", carrier="@SUM(1)", tracking="+44")

    [line] = await download(vera)

    assert (line["buyer"], line["carrier"], line["tracking"]) == ("'=cmd|' /C calc'!A0", "'@SUM(1)", "'+44")


async def test_only_the_chosen_state_is_written(world: World) -> None:
    await sell(world)
    vera = await enter(world)

    assert len(await download(vera, "/sell/orders.csv?show=to-ship")) == 1
    assert await download(vera, "/sell/orders.csv?show=shipped") == []


async def test_no_more_than_one_batch_is_held_and_no_order_is_lost(db: str) -> None:
    vendor = await make_vendor()
    (variant,) = await make_product(vendor)
    await fill(vendor, variant, BATCH * 2 + 7)
    sizes: list[int] = []
    seen: set[Any] = set()

    async for batch in stream_orders(vendor):
        sizes.append(len(batch))
        seen |= {one["id"] for one in batch}

    assert sizes == [BATCH, BATCH, 7]
    assert len(seen) == await fetch_value("SELECT count(*) FROM vendor_order")
    await fetch("TRUNCATE orders CASCADE")


async def sell_many(world: World, many: int) -> None:
    """So many orders of Kiln & Co's, each day's at one moment: the border of a batch lies between two of the same."""
    vendor = await value("SELECT id FROM vendor WHERE slug = 'kiln-co'")
    await fill(vendor, await value("SELECT id FROM variant WHERE sku = $1", MUG), many)
    await fetch("UPDATE orders SET paid_at = date_trunc('day', paid_at)")


async def test_every_order_is_written_once_and_the_newest_first_when_they_take_several_batches(world: World) -> None:
    await sell_many(world, BATCH * 2 + 7)
    vera = await enter(world)

    lines = await download(vera)

    newest_first = await fetch(
        'SELECT number FROM orders JOIN vendor_order AS part ON part."order" = orders.id'
        " ORDER BY paid_at DESC, part.id DESC"
    )
    assert [line["order"] for line in lines] == [row["number"] for row in newest_first]
    await fetch("TRUNCATE orders CASCADE")


async def test_batch_is_read_after_the_one_before_it_has_gone_out(world: World) -> None:
    """What changes in the second batch, while the first is on its way, is in the file."""
    await sell_many(world, BATCH + 1)
    vera = await enter(world)
    parts: list[bytes] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def pass_on(message: Any) -> None:
            await send(message)
            parts.extend([message["body"]] if message.get("body") else [])
            if parts and parts[-1].count(b"\n") == BATCH:
                await fetch("UPDATE vendor_order SET carrier = 'changed meanwhile'")

        await world.shop(scope, receive, pass_on)

    reader = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=watched), base_url=SHOP, cookies=dict(vera.client.cookies)
    )
    world.clients.append(reader)

    lines = await download(Browser(world, reader))

    assert [part.count(b"\n") for part in parts] == [1, BATCH, 1]
    assert [line["carrier"] for line in lines] == [""] * BATCH + ["changed meanwhile"]
    await fetch("TRUNCATE orders CASCADE")
