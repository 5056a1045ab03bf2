"""The vendor's home page: the checklist, the numbers to the cent, few queries however much was sold."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import UUID

from store.dashboard.queries.home import DAYS, SALES, read_home
from store.kit import clock
from store.kit.db import fetch, fetch_value, transaction
from store.ledger import names
from store.ledger.journals import Entry, reverse
from store.ledger.service import post
from tests.dashboard.keeping import enter
from tests.dashboard.test_show_orders import sell
from tests.facts import one
from tests.look.markup import Outline
from tests.payments.buying import MUG, NOTEBOOK
from tests.shelves import count_statements, make_product, make_vendor, read_words
from tests.world import World

MANY = 10_000
# 10,000 paid orders of one vendor and as many of another, over the last 100 days, each with a line and its journal.
FILL = """
WITH made AS (
  INSERT INTO orders (id, number, token, form_id, group_key, goods_hash, snapshot_hash, charge_type, email, full_name,
    address_line1, address_line2, city, region, postcode, country, currency, subtotal, delivery, discount, promo_code,
    total, fee, descriptor, placed_at, payment_state, provider, method, failure_reason, review_reason, refund_pending,
    refunded, hold_no, holds_stock, hold_until, cancel_requested, paid_at, version)
  SELECT gen_random_uuid(), 'OP-' || $1::uuid || n, 'token-' || $1::uuid || n, 'form', 'group', '', '', 'destination',
    'ada@example.com', 'Ada', '1 Row', '', 'London', '', 'N1', 'GB', 'USD', 1000, 0, 0, '', 1000, 100, 'OP',
    $3::timestamptz - n * interval '14 minutes', 'paid', 'Stripe', '', '', '', 0, 0, 1, false, $3, false,
    $3::timestamptz - n * interval '14 minutes', 1
  FROM generate_series(1, $4::int) AS n RETURNING id
), parts AS (
  INSERT INTO vendor_order (id, "order", vendor, vendor_name, account_ref, subtotal, delivery, discount, total, fee,
    share, owed, fulfilment, carrier, tracking)
  SELECT gen_random_uuid(), id, $1, 'Kiln', 'acct', 1000, 0, 0, 1000, 100, 900, 0, 'to_ship', '', '' FROM made
  RETURNING id, "order"
)
INSERT INTO order_line (id, "order", vendor_order, variant, product_slug, title, variant_label, art, unit_price,
  quantity, total)
SELECT gen_random_uuid(), "order", id, $2, 'mug', 'Mug', '', 'enamel-mug', 1000, 1, 1000 FROM parts
"""


async def fill(vendor: UUID, variant: UUID, many: int = MANY) -> None:
    """So many paid orders of a vendor, the newest first, one each 14 minutes."""
    await fetch(FILL, vendor, variant, clock.now(), many)


async def test_checklist_says_what_is_next_until_all_is_done(world: World) -> None:
    await fetch("UPDATE vendor SET about = '' WHERE slug = 'kiln-co'")
    await fetch("UPDATE product SET published = false")
    vera = await enter(world)

    page = await vera.get("/sell/home")

    words = read_words(page)
    assert "What is left to do 2 of 4 done" in words
    assert re.findall(r'<a class="btn ghost" href="([^"]+)">(?:Say|Put)', page.text) == [
        "/sell/settings",
        "/sell/products?show=draft",
    ]
    assert Outline(page.text).find_problems() == []
    await fetch("UPDATE vendor SET about = 'We make bowls.'")
    await fetch("UPDATE product SET published = true")
    assert "What is left to do" not in (await vera.get("/sell/home")).text


async def test_checklist_offers_no_draft_to_publish_when_there_is_no_product(world: World) -> None:
    await fetch("UPDATE product SET archived_at = now(), published = false")
    vera = await enter(world)

    page = await vera.get("/sell/home")

    assert "What is left to do 2 of 4 done" in read_words(page)
    assert "show=draft" not in page.text
    # An empty frame says less than a sentence.
    assert "Nothing was sold in the last 30 days." in read_words(page)
    assert "bar-back" not in page.text


async def test_numbers_are_those_of_the_orders_and_the_ledger(world: World) -> None:
    path = await sell(world, MUG, NOTEBOOK)
    await sell(world)
    await world.settle()
    vera = await enter(world)

    page = await vera.get("/sell/home")

    sold = await one(
        "SELECT sum(total)::int AS total, sum(share)::int AS share FROM vendor_order WHERE vendor_name = 'Kiln & Co'"
    )
    words = read_words(page)
    assert f"Today ${sold['total'] / 100:.2f} 2 orders 7 days ${sold['total'] / 100:.2f} 2 orders" in words
    assert "To ship (2)" in words
    assert f"Balance ${sold['share'] / 100:.2f}" in words
    assert f'href="{path}"' in page.text
    # The chart is drawn here, and its numbers stand in a table.
    assert page.text.count('class="bar-sold"') == 1
    assert page.text.count('class="bar-back"') == DAYS
    assert len(re.findall(r'<tr><th scope="row">', page.text)) == DAYS
    assert Outline(page.text).find_problems() == []


async def test_balance_is_less_what_the_vendor_owes_when_a_refund_took_more_than_it_gave_back(world: World) -> None:
    await sell(world)
    await world.settle()
    vendor = await fetch_value("SELECT id FROM vendor WHERE slug = 'kiln-co'")
    owed = (Entry(names.receivable(str(vendor)), "USD", 500), Entry(names.provider("stripe"), "USD", -500))
    async with transaction():
        await post("overprint", "debt", "made", owed)
    vera = await enter(world)

    words = read_words(await vera.get("/sell/home"))

    share = await fetch_value("SELECT share FROM vendor_order")
    assert f"Balance ${(share - 500) / 100:.2f} A refund took $5.00 that you have not given back yet." in words
    async with transaction():
        await post("overprint", "debt", "taken back", reverse(owed))


async def test_day_is_counted_by_the_clock_of_the_business(world: World) -> None:
    await sell(world)
    vera = await enter(world)

    await world.advance(24 * 3600)
    words = read_words(await vera.get("/sell/home"))
    assert re.search(r"Today \$0\.00 0 orders 7 days \$[1-9]", words)
    await world.advance(31 * 24 * 3600)

    assert "30 days $0.00 0 orders" in read_words(await vera.get("/sell/home"))


async def test_banner_says_why_nobody_can_buy(world: World) -> None:
    vera = await enter(world)
    for sql, told in (
        ("UPDATE vendor SET paused = true WHERE slug = 'kiln-co'", "Your shop is taking a break."),
        ("UPDATE vendor SET closed_at = now() WHERE slug = 'kiln-co'", "Your shop is closed."),
    ):
        await fetch(sql)
        assert told in read_words(await vera.get("/sell/home"))
    for state, told in (
        ("restricted", "You cannot take payments at the moment."),
        ("rejected", "Nobody can buy from you. Stripe has rejected your account"),
        ("disconnected", "Nobody can buy from you. Your Stripe account is no longer connected"),
    ):
        await fetch("UPDATE vendor SET state = $1 WHERE slug = 'kiln-co'", state)
        page = await vera.get("/sell/home")
        assert told in read_words(page)
        assert Outline(page.text).find_problems() == []


async def test_banner_says_by_when_something_is_due_while_the_account_still_works(world: World) -> None:
    vera = await enter(world)
    assert "Stripe still needs" not in (await vera.get("/sell/home")).text
    due = {"currently_due": ["person_1.verification.document"], "current_deadline": "2026-12-06T00:00:00+00:00"}
    await fetch("UPDATE vendor SET requirements = $1 WHERE slug = 'kiln-co'", json.dumps(due))

    page = await vera.get("/sell/home")

    assert "Stripe still needs: a picture of your passport or identity card, by 6 December 2026." in read_words(page)
    assert Outline(page.text).find_problems() == []


async def test_page_takes_fewer_than_ten_queries_when_a_vendor_has_ten_thousand_orders(world: World) -> None:
    vendor = await fetch_value("SELECT id FROM vendor WHERE slug = 'kiln-co'")
    variant = await fetch_value("SELECT id FROM variant WHERE sku = $1", MUG)
    await fill(vendor, variant)
    other = await fetch_value("SELECT id FROM vendor WHERE slug = 'north-bindery'")
    await fill(other, await fetch_value("SELECT id FROM variant WHERE sku = $1", NOTEBOOK), 500)
    await fetch("ANALYZE orders, vendor_order, order_line")
    vera = await enter(world)

    async with count_statements() as statements:
        page = await vera.get("/sell/home")

    assert page.status_code == 200
    assert len(statements) < 10, statements
    assert "To ship (10000)" in read_words(page)
    plan = await fetch(f"EXPLAIN {SALES}", vendor, clock.now() - timedelta(days=DAYS))
    assert "orders_by_paid_at" in "\n".join(row[0] for row in plan)
    await fetch("TRUNCATE orders CASCADE")


async def test_new_shop_is_all_zeros(db: str) -> None:
    vendor = await make_vendor()
    await make_product(vendor)

    home = await read_home(vendor)

    assert (home.to_ship, home.balances, home.best.amount) == (0, (), 0)
    assert [span.amount for span in home.spans] == [0, 0, 0]
