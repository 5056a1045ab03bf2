"""Orders as CSV: written while they are read, exact, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from typing import Any

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
from tests.world import Browser, World


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
