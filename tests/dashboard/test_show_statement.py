"""A vendor's statement: every movement with what it came to, where the balance lies, few queries however much moved."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest

from store.kit import clock
from store.kit.db import fetch, transaction
from store.ledger import names
from store.ledger.journals import Entry, reverse
from store.ledger.service import post
from store.payouts.queries import PAGE_SIZE
from store.vendors.service import open_account, sync_account
from tests.dashboard.keeping import enter
from tests.dashboard.test_show_orders import sell
from tests.facts import one, value
from tests.look.markup import Outline
from tests.payments.buying import NOTEBOOK, place
from tests.payouts.passing import change_account
from tests.refunds.refunding import refund_there, wait_for_money
from tests.shelves import count_statements, read_words
from tests.world import World

PAGE = "/sell/statement"
MANY = 2_000
BOOKS_ALONE = pytest.mark.leaves_broken({"I10"}, "the movements are in the books alone")
# Sales of a vendor as the books keep them; sealed by a statement of its own.
FILL = """
INSERT INTO ledger_tx (source, kind, ref, at)
SELECT 'made', 'capture', 'made-' || n, $1 FROM generate_series(1, $2) AS n RETURNING id
"""
LEGS = """
INSERT INTO ledger_entry (tx, account, currency, amount) SELECT tx, account, 'USD', amount
FROM unnest($1::bigint[]) AS tx, (VALUES ($2::text, -100), ($3, 100)) AS leg(account, amount)
"""


async def vendor_of(slug: str) -> UUID:
    """The vendor with this address."""
    found: UUID = await value("SELECT id FROM vendor WHERE slug = $1", slug)
    return found


async def fill(vendor: UUID, many: int) -> None:
    """So many sales of 1.00 each, in the books alone."""
    async with transaction():
        ids = [row["id"] for row in await fetch(FILL, clock.now(), many)]
        await fetch(LEGS, ids, names.payable(str(vendor)), names.provider("made"))
        await fetch("UPDATE ledger_tx SET sealed = true WHERE id = ANY($1)", ids)


async def test_new_shop_reads_what_will_stand_here(world: World) -> None:
    vera = await enter(world)

    page = await vera.get(PAGE)

    assert "Nothing has moved yet" in page.text
    assert "<table" not in page.text
    assert Outline(page.text).find_problems() == []


async def test_each_movement_is_told_with_its_order_and_the_balance_after_it(world: World) -> None:
    path = await sell(world, NOTEBOOK, "KILN-MUG-BLUE")
    await world.settle()
    await refund_there(world, await one("SELECT * FROM capture"), amount=1000)
    await wait_for_money(world)
    vera = await enter(world)

    page = await vera.get(PAGE)
    home = await vera.get("/sell/home")

    share = await value("SELECT share FROM vendor_order WHERE vendor_name = 'Kiln & Co'")
    back = await value("SELECT reversed FROM transfer JOIN vendor ON vendor.id = vendor AND slug = 'kiln-co'")
    number, account = (
        await value("SELECT number FROM orders"),
        await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'"),
    )
    # The clock moves on between the two, perhaps into the next day.
    sold, given_back = [
        f"{await value('SELECT min(at) FROM ledger_tx WHERE kind = $1', kind):%-d %B %Y}"
        for kind in ("capture", "refund")
    ]
    words = read_words(page)
    assert f"Refund to the buyer, {number} {given_back} ${back / 100:.2f} ${(share - back) / 100:.2f}" in words
    assert f"Sale, after Overprint’s fee, {number} {sold} ${share / 100:.2f} ${share / 100:.2f}" in words
    assert page.text.count(f'<a href="{path}">{number}</a>') == 2
    left = f"${(share - back) / 100:.2f}"
    assert f"Balance in USD {left} On your Stripe account {account} {left} 2 movements in USD" in words
    assert Outline(page.text).find_problems() == []
    assert page.headers["cache-control"] == "no-store"
    assert f'href="{PAGE}">See the statement</a>' in home.text
    assert f"Balance {left}" in read_words(home)


async def test_day_of_a_movement_is_the_orders_when_the_clock_has_moved(world: World) -> None:
    await world.advance(int(timedelta(days=40).total_seconds()))
    await sell(world)
    vera = await enter(world)

    words = read_words(await vera.get(PAGE))

    paid_at = await value("SELECT paid_at FROM orders")
    assert f"{paid_at:%-d %B %Y}" in words


@BOOKS_ALONE
async def test_number_is_no_link_when_the_order_was_never_paid(world: World) -> None:
    await place(world)
    vendor, order = await vendor_of("kiln-co"), await one("SELECT id, number FROM orders")
    legs = (Entry(names.payable(str(vendor)), "USD", -700), Entry(names.provider("made"), "USD", 700))
    async with transaction():
        await post("made", "capture", "too late", legs, order_ref=str(order["id"]))
    vera = await enter(world)

    page = await vera.get(PAGE)

    assert f"Sale, after Overprint’s fee, {order['number']}" in read_words(page)
    assert "/sell/orders/" not in page.text


async def test_money_on_an_account_of_before_is_told_when_the_vendor_began_anew(world: World) -> None:
    await sell(world)
    await world.settle()
    vendor, old = await vendor_of("kiln-co"), await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'")
    await change_account(world, old, "deauthorized")
    await world.settle()
    await open_account(world.gateways, vendor, prefill=True)
    await sync_account(world.gateways, vendor)
    vera = await enter(world)

    words, home = read_words(await vera.get(PAGE)), read_words(await vera.get("/sell/home"))

    share = f"${await value('SELECT share FROM vendor_order') / 100:.2f}"
    assert f"On a Stripe account of yours that is no longer connected {old} {share}" in words
    assert f"Balance {share} {share} of it lies on a Stripe account of yours that is no longer connected" in home


@BOOKS_ALONE
async def test_share_that_waits_and_debt_are_told_where_they_lie(world: World) -> None:
    vendor = await vendor_of("kiln-co")
    await fill(vendor, 3)
    vera = await enter(world)
    waits = read_words(await vera.get(PAGE))
    own = names.provider("stripe", await value("SELECT account_ref FROM vendor WHERE slug = 'kiln-co'"))
    moved = (Entry(own, "USD", 500), Entry(names.provider("made"), "USD", -500))
    async with transaction():
        await post("made", "transfer", "too much", moved)

    fee = read_words(await vera.get(PAGE))
    debt = (Entry(names.receivable(str(vendor)), "USD", 200), Entry(names.payable(str(vendor)), "USD", -200))
    async with transaction():
        await post("made", "refund", "asked back", debt)

    owes = read_words(await vera.get(PAGE))

    async with transaction():
        await post("made", "transfer_reversal", "taken back", (*reverse(moved), *reverse(debt)))
    assert re.search(r"acct_\w+ \$5\.00 Overprint’s fee, on its way to us [-−]\$2\.00", fee)
    assert "With Overprint, not paid out to you yet $3.00" in waits
    assert re.search(
        r"On your Stripe account acct_\w+ \$5\.00 To be given back to Overprint, for refunds [-−]\$2\.00", owes
    )


@BOOKS_ALONE
async def test_page_takes_few_queries_and_shows_one_page_when_very_much_moved(world: World) -> None:
    vendor = await vendor_of("kiln-co")
    await fill(vendor, MANY)
    vera = await enter(world)

    async with count_statements() as statements:
        page = await vera.get(f"{PAGE}?currency=USD&page=3")

    assert len(statements) < 8, statements
    assert page.text.count('<th scope="row">') == PAGE_SIZE
    words = read_words(page)
    assert f"{MANY} movements in USD" in words
    left = MANY - 2 * PAGE_SIZE
    assert f"$1.00 ${left:,}.00" in words
    assert f"$1.00 ${left - PAGE_SIZE + 1:,}.00" in words
    assert f"$1.00 ${left - PAGE_SIZE:,}.00" not in words
    assert f'href="{PAGE}?currency=USD&amp;page=4"' in page.text
    assert "Currency" not in words


@BOOKS_ALONE
async def test_currency_is_chosen_when_there_are_several(world: World) -> None:
    vendor = await vendor_of("kiln-co")
    await fill(vendor, 2)
    async with transaction():
        legs = (Entry(names.payable(str(vendor)), "EUR", -700), Entry(names.provider("made"), "EUR", 700))
        await post("made", "capture", "in euros", legs)
    vera = await enter(world)

    usual, euros = await vera.get(PAGE), await vera.get(f"{PAGE}?currency=EUR")
    unknown = await vera.get(f"{PAGE}?currency=<b>&page=9")

    assert "2 movements in USD" in read_words(usual)
    assert "1 movement in EUR" in read_words(euros)
    assert "€7.00 €7.00" in read_words(euros)
    assert "Balance in EUR €7.00" in read_words(usual)
    assert f'href="{PAGE}?currency=EUR"' in usual.text
    assert "2 movements in USD" in read_words(unknown)
    for page in (usual, euros):
        assert Outline(page.text).find_problems() == []


async def test_nothing_is_told_of_another_shops_money(world: World) -> None:
    await sell(world)
    await world.settle()
    await fetch("UPDATE membership SET vendor = (SELECT id FROM vendor WHERE slug = 'turned')")
    vera = await enter(world)

    assert "Nothing has moved yet" in (await vera.get(PAGE)).text
