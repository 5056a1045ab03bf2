"""Placing an order freezes what the buyer agreed to; the database keeps it so, whoever writes."""

from __future__ import annotations

import re

import asyncpg
import pytest
from msgspec.structs import fields, replace

from store.catalogue.service import SoldOut
from store.kit.db import fetch, fetch_value
from store.kit.ids import READABLE
from store.orders.service import hash_snapshot
from tests.facts import one, value
from tests.guards import unguarded, write_now
from tests.orders.ordering import CONTACT, fill_cart, find_group, order_a_mug, place
from tests.shelves import make_product, make_vendor, read_counters
from tests.world import rows

OTHERS = {
    "number": "'OP-XXXXX'",
    "token": "'guessed'",
    "form_id": "'other'",
    "group_key": "'other'",
    "goods_hash": "'other'",
    "snapshot_hash": "'other'",
    "charge_type": "'direct'",
    "email": "'otto@example.com'",
    "full_name": "'Otto'",
    "address_line1": "'Elsewhere 1'",
    "address_line2": "'Flat 2'",
    "city": "'Paris'",
    "postcode": "'75001'",
    "country": "'FR'",
    "currency": "'EUR'",
    "subtotal, total": "subtotal - 1, total - 1",
    "delivery, total": "delivery - 1, total - 1",
    "discount, promo_code, total": "1, 'TENOFF', total - 1",
    "fee": "fee - 1",
    "descriptor": "'OTHER'",
    "placed_at": "placed_at - interval '1 day'",
}
PARTS = {
    "vendor_name": "'Otto'",
    "account_ref": "'acct_otto'",
    "subtotal, total, share": "subtotal - 1, total - 1, share - 1",
    "delivery, total, share": "delivery - 1, total - 1, share - 1",
    "fee, share": "fee - 1, share + 1",
    "discount, total, share": "1, total - 1, share - 1",
    "discount, owed, total": "1, 1, total - 1",
}


def update(table: str, columns: str, values: str) -> str:
    """An update past the verbs."""
    return f"UPDATE {table} SET ({columns}) = ROW({values})"


async def test_numbers_start_with_a_letter_and_never_spell_a_word_when_orders_are_placed(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=40)

    for n in range(20):
        await place(await fill_cart((mug, 1)), form_id=f"form-{n:04}")

    numbers = [row["number"] for row in await rows("SELECT number FROM orders ORDER BY placed_at")]
    assert len(set(numbers)) == 20
    assert all(re.fullmatch(f"OP-[{READABLE}]{{5}}", number) and number[3].isalpha() for number in numbers)
    assert not set("AEIOU015S") & set("".join(numbers).replace("OP-", ""))
    assert numbers != sorted(numbers)
    descriptors = await rows("SELECT descriptor FROM orders WHERE length(descriptor) BETWEEN 2 AND 10")
    assert len(descriptors) == 20


async def test_parts_and_fees_add_up_when_several_vendors_share_an_order(db: str) -> None:
    """The fee is 10 % of the goods and 0.30, never of the delivery; what is not fee is the vendor's."""
    first = await make_vendor(fee_fixed=30)
    second = await make_vendor("turned", fee_basis_points=333, delivery_price=0)
    (mug,) = await make_product(first, price=2399)
    (bowl,) = await make_product(second, "bowl", price=101)

    order = await place(await fill_cart((mug, 2), (bowl, 1)))

    assert (order["subtotal"], order["delivery"], order["total"], order["charge_type"]) == (4899, 600, 5499, "separate")
    parts = await rows("SELECT vendor, total, fee, share FROM vendor_order")
    assert {row["vendor"]: (row["total"], row["fee"], row["share"]) for row in parts} == {
        first: (5398, 510, 4888),
        second: (101, 3, 98),
    }
    assert order["fee"] == 513


async def test_fee_is_at_most_the_goods_when_they_are_cheap(db: str) -> None:
    (pin,) = await make_product(await make_vendor(fee_fixed=500), price=100)

    await place(await fill_cart((pin, 1)))

    assert await one("SELECT fee, share FROM vendor_order") == {"fee": 100, "share": 600}


async def test_nothing_is_placed_when_the_goods_are_gone_meanwhile(db: str) -> None:
    (mug,) = await make_product(await make_vendor(), stock=1)
    first, second = await fill_cart((mug, 1)), await fill_cart((mug, 1))
    await place(first)

    with pytest.raises((SoldOut, ValueError)):
        await place(second, form_id="form-0002")

    assert await fetch_value("SELECT count(*) FROM orders") == 1
    assert await read_counters(mug) == (1, 1, 0)


async def test_blocked_group_is_refused_when_the_vendor_cannot_be_paid(db: str) -> None:
    vendor = await make_vendor()
    (mug,) = await make_product(vendor)
    token = await fill_cart((mug, 1))
    await fetch("UPDATE vendor SET state = 'restricted'")

    with pytest.raises(ValueError, match="cannot be ordered"):
        await place(token, "waiting-kiln-co")

    assert await fetch_value("SELECT count(*) FROM orders") == 0


@pytest.mark.parametrize("columns", OTHERS)
async def test_order_is_frozen_when_somebody_writes_past_the_verbs(db: str, columns: str) -> None:
    await order_a_mug()
    before = await one("SELECT * FROM orders")

    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch(update("orders", columns, OTHERS[columns]))

    async with unguarded("DROP TRIGGER orders_frozen ON orders"):
        await fetch(update("orders", columns, OTHERS[columns]))
        assert await one("SELECT * FROM orders") != before


@pytest.mark.parametrize("columns", PARTS)
async def test_vendors_part_is_frozen_when_somebody_writes_past_the_verbs(db: str, columns: str) -> None:
    await order_a_mug()

    with pytest.raises(asyncpg.RaiseError, match="is frozen"):
        await fetch(update("vendor_order", columns, PARTS[columns]))

    async with unguarded("DROP TRIGGER vendor_order_frozen ON vendor_order"):
        await fetch(update("vendor_order", columns, PARTS[columns]))


@pytest.mark.parametrize("table", ["order_line", "order_event"])
@pytest.mark.parametrize("write", ["UPDATE {} SET id = id", "DELETE FROM {}"])
async def test_lines_and_timeline_are_append_only_when_somebody_writes_past_the_verbs(
    db: str, table: str, write: str
) -> None:
    await order_a_mug()

    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await fetch(write.format(table))

    async with unguarded(f"DROP TRIGGER {table}_append_only ON {table}"):
        await fetch(write.format(table))


DISCOUNT = """
INSERT INTO order_discount (id, "order", vendor_order, funded_by, code, amount, off_fee, off_share, owed, source)
SELECT gen_random_uuid(), "order", id, 'vendor', 'GIFT', 1, 0, 1, 0, 'cs_test_1' FROM vendor_order
"""


@pytest.mark.parametrize("write", ["UPDATE order_discount SET id = id", "DELETE FROM order_discount"])
async def test_discounts_are_append_only_when_somebody_writes_past_the_verbs(db: str, write: str) -> None:
    await order_a_mug()
    await fetch(DISCOUNT)

    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await fetch(write)

    async with unguarded("DROP TRIGGER order_discount_append_only ON order_discount"):
        await fetch(write)


SAME = """form_id, goods_hash, snapshot_hash, charge_type, email, full_name, address_line1, address_line2, city,
  postcode, country, currency, subtotal, delivery, total, fee, descriptor, hold_until"""
COPY = f"""
INSERT INTO orders (id, number, token, group_key, payment_state, cart_id, {SAME})
SELECT gen_random_uuid(), 'OP-COPY', 'copy', {{group}}, '{{state}}', {{cart}}, {SAME} FROM orders
"""
NO_PARTS = "DROP TRIGGER order_parts ON orders"


async def test_order_without_its_parts_is_refused_when_it_is_committed(db: str) -> None:
    """I12: an order whose vendors' parts and lines are not its total."""
    await order_a_mug()
    copy = COPY.format(group="'other'", state="awaiting_payment", cart="cart_id")

    with pytest.raises(asyncpg.RaiseError, match="the parts are not the whole"):
        await fetch(copy)
    with pytest.raises(asyncpg.RaiseError, match="the parts are not the whole"):
        await write_now(copy)

    async with unguarded(NO_PARTS, "SET CONSTRAINTS ALL IMMEDIATE"):
        await fetch(copy)
        assert await value("SELECT count(*) FROM orders") == 2


@pytest.mark.parametrize("state", ["awaiting_payment", "processing", "failed"])
async def test_second_unpaid_order_is_refused_when_cart_and_group_are_the_same(db: str, state: str) -> None:
    await order_a_mug()
    copy = COPY.format(group="group_key", state=state, cart="cart_id")

    with pytest.raises(asyncpg.UniqueViolationError, match="one_open_order"):
        await write_now(copy)

    async with unguarded("DROP INDEX one_open_order", NO_PARTS):
        await fetch(copy)
        assert await value("SELECT count(*) FROM orders") == 2


@pytest.mark.parametrize(
    ("group", "state", "cart"),
    [
        ("'direct-saltline'", "awaiting_payment", "cart_id"),
        ("group_key", "paid", "cart_id"),
        ("group_key", "canceled", "cart_id"),
        ("group_key", "awaiting_payment", "gen_random_uuid()"),
    ],
    ids=["another group", "a paid one", "a canceled one", "another cart"],
)
async def test_second_order_is_allowed_when_it_is_another_matter(db: str, group: str, state: str, cart: str) -> None:
    await order_a_mug()

    async with unguarded(NO_PARTS):
        await fetch(COPY.format(group=group, state=state, cart=cart))

        assert await value("SELECT count(*) FROM orders") == 2


async def test_state_goes_only_where_a_move_leads_when_somebody_writes_past_the_verbs(db: str) -> None:
    await order_a_mug()
    await fetch("UPDATE orders SET payment_state = 'paid'")

    with pytest.raises(asyncpg.CheckViolationError, match="paid -> awaiting_payment is not an allowed move"):
        await fetch("UPDATE orders SET payment_state = 'awaiting_payment'")

    assert await rows("SELECT from_state, to_state FROM transition WHERE machine = 'order'") == [
        {"from_state": "awaiting_payment", "to_state": "paid"}
    ]
    async with unguarded("DROP TRIGGER orders_moves ON orders"):
        await fetch("UPDATE orders SET payment_state = 'awaiting_payment'")


async def test_snapshot_is_the_same_only_when_everything_frozen_is(db: str) -> None:
    (mug,) = await make_product(await make_vendor())
    group = await find_group(await fill_cart((mug, 1)))
    same = await find_group(await fill_cart((mug, 1)))
    more = await find_group(await fill_cart((mug, 2)))

    first = hash_snapshot(group, CONTACT)
    assert hash_snapshot(same, CONTACT) == first
    assert hash_snapshot(more, CONTACT) != first
    for field in fields(CONTACT):
        assert hash_snapshot(group, replace(CONTACT, **{field.name: "other"})) != first


TAKEN = (
    "CREATE SEQUENCE tries",
    """CREATE FUNCTION take_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tries') <= {times} THEN NEW.number := (SELECT number FROM orders LIMIT 1); END IF; RETURN NEW;
    END $$""",
    "CREATE TRIGGER take_first BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION take_first()",
)


@pytest.mark.parametrize("times", [1, 4, 5])
async def test_another_number_is_drawn_when_the_first_is_taken(db: str, times: int) -> None:
    (mug,) = await make_product(await make_vendor())
    await place(await fill_cart((mug, 1)))
    token = await fill_cart((mug, 1))

    async with unguarded(*(ddl.format(times=times) for ddl in TAKEN)):
        if times < 5:
            await place(token, form_id="form-0002")
            assert await value("SELECT count(DISTINCT number) FROM orders") == 2
        else:
            with pytest.raises(RuntimeError, match="no free order number"):
                await place(token, form_id="form-0002")
