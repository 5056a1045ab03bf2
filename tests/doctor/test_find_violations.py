"""Each invariant as SQL finds what was planted past the guards, names it, and finds nothing in a shop that is well."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.doctor.invariants import INVARIANTS, Invariant, find_violations
from store.kit import clock
from store.kit.db import fetch, transaction
from store.ledger import journals, names
from store.ledger.service import post
from store.orders.service import mark_paid
from tests.facts import broken, the_order, value
from tests.guards import unguarded
from tests.orders.ordering import end, order_a_mug
from tests.payments.buying import LAMP, MUG, place
from tests.promotions.promoting import make_code
from tests.world import World

ENTRIES = journals.capture(names.provider("stripe"), "USD", {"v1": 900}, 100)
ENTRY = "INSERT INTO ledger_entry (tx, account, currency, amount) SELECT id, 'bank', 'USD', 1 FROM ledger_tx"
MOVE = "INSERT INTO transition (machine, row_id, seq, from_state, to_state) VALUES ('order', 'x', $1, $2, $3)"
SKU = "ENAMEL-MUG-0"
SECOND_CAPTURE = """
INSERT INTO capture (id, payment, "order", capture_ref, kind, amount, currency, charge_type)
SELECT gen_random_uuid(), payment, "order", 'ch_again', 'settling', amount, currency, charge_type FROM capture
"""
SECOND_EVENT = """
INSERT INTO inbox_event (id, provider, event_id, endpoint, type, sha256, body)
SELECT gen_random_uuid(), provider, event_id, endpoint, type, sha256, body FROM inbox_event LIMIT 1
"""


KNOWN = (
    "I2",
    "I3",
    "I4",
    "I5",
    "I6",
    "I7",
    "I8",
    "I9",
    "I10",
    "I12",
    "I13",
    "I14",
    "I16",
    "I17",
    "I18",
    "I19",
    "I21",
    "I23",
)


async def all_of(invariant: str) -> list[tuple[str, str]]:
    """Every violation of an invariant: (row, words)."""
    (one,) = (each for each in INVARIANTS if each.name == invariant)
    return await find_violations(one, clock.now())


async def name_of(invariant: str) -> tuple[str, str]:
    """The only violation of an invariant: (row, words)."""
    (found,) = await all_of(invariant)
    return found


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_nothing_is_found_when_orders_are_paid_open_expired_and_refunded(world: World, sku: str) -> None:
    ada = world.browser()
    await ada.buy(sku)
    await place(world, sku)
    await world.advance(50 * 60)
    await world.settle()
    await place(world, sku)

    found = {one.name: await find_violations(one, clock.now()) for one in INVARIANTS}

    assert found == {name: [] for name in KNOWN}


def test_every_invariant_says_what_to_do_when_it_is_broken() -> None:
    assert all(one.text and one.next_step for one in INVARIANTS)


async def test_order_is_named_when_it_is_paid_without_money(db: str) -> None:
    order, _ = await order_a_mug()

    async with transaction():
        await mark_paid(order["id"], text="Paid.", door="sweep", method="")

    assert await name_of("I4") == (order["number"], "paid 3000 USD without a capture")


async def test_variant_is_named_when_its_counters_are_not_its_moves(db: str) -> None:
    await order_a_mug()

    async with unguarded("DROP TRIGGER variant_counters ON variant"):
        await fetch("UPDATE variant SET on_hand = on_hand + 1")

        assert await name_of("I5") == (SKU, "on hand, reserved, sold are (11,1,0), the moves say (10,1,0)")


async def test_variant_is_named_when_more_is_promised_than_there_is(db: str) -> None:
    """The counters do follow from the moves, and yet one piece has two buyers."""
    await order_a_mug()

    async with unguarded("ALTER TABLE variant DROP CONSTRAINT stock_adds_up"):
        await fetch(
            "INSERT INTO stock_move (variant, kind, quantity, ref, at)"
            " SELECT id, 'adjust', -10, 'burnt', now() FROM variant"
        )

        assert (await name_of("I5"))[0] == SKU


@pytest.mark.parametrize("kind", ["release", "sell"])
async def test_variant_is_named_when_the_hold_of_an_open_order_is_gone(db: str, kind: str) -> None:
    await order_a_mug()

    await fetch(
        "INSERT INTO stock_move (variant, kind, quantity, ref, at) SELECT variant, $1, quantity, ref, now()"
        " FROM stock_move WHERE kind = 'hold'",
        kind,
    )

    assert await broken("I6") == [SKU]
    assert await broken("I5") == []


async def test_variant_is_named_when_an_order_that_ended_still_holds_it(db: str) -> None:
    order, _ = await order_a_mug()
    await end(order)

    await fetch("UPDATE orders SET holds_stock = true")

    assert await broken("I6") == [SKU]


async def test_order_is_named_when_its_hold_outlives_its_deadline_and_nobody_can_pay(db: str) -> None:
    order, _ = await order_a_mug()
    now = order["hold_until"]
    (invariant,) = (one for one in INVARIANTS if one.name == "I7")
    assert await find_violations(invariant, now + timedelta(minutes=14)) == []

    ((row, words),) = await find_violations(invariant, now + timedelta(minutes=16))

    assert row == order["number"]
    assert words.startswith("held until ")


async def test_order_is_not_named_when_somebody_could_still_pay(world: World) -> None:
    """The provider may be slow to say that a session has ended; until then the goods stay held."""
    await place(world)
    (invariant,) = (one for one in INVARIANTS if one.name == "I7")
    late = (await the_order())["hold_until"] + timedelta(hours=2)

    assert await find_violations(invariant, late) == []

    await fetch("UPDATE payment SET status = 'expired'")
    assert [row for row, _ in await find_violations(invariant, late)] == [(await the_order())["number"]]


async def test_journal_is_named_when_it_does_not_balance(db: str) -> None:
    async with transaction():
        await post("stripe", "capture", "ch_1", ENTRIES)

    async with unguarded("DROP TRIGGER ledger_entry_into_open_tx ON ledger_entry"):
        await fetch(ENTRY)

        assert await name_of("I8") == ("stripe capture ch_1", "USD is off by 1")


async def test_journal_is_named_when_it_was_never_sealed(db: str) -> None:
    async with unguarded("DROP TRIGGER ledger_tx_sealed_at_commit ON ledger_tx"):
        await fetch("INSERT INTO ledger_tx (source, kind, ref) VALUES ('stripe', 'capture', 'ch_1')")

        assert await name_of("I8") == ("stripe capture ch_1", "not sealed")


async def test_journal_is_named_when_it_was_posted_twice(db: str) -> None:
    async with transaction():
        await post("stripe", "capture", "ch_1", ENTRIES)

    async with unguarded("ALTER TABLE ledger_tx DROP CONSTRAINT ledger_tx_once"):
        await fetch("INSERT INTO ledger_tx (source, kind, ref) VALUES ('stripe', 'capture', 'ch_1')")

        assert await name_of("I16") == ("stripe capture ch_1", "posted 2 times")


async def test_event_is_named_when_it_is_stored_twice(world: World) -> None:
    await world.browser().buy(MUG)

    async with unguarded("ALTER TABLE inbox_event DROP CONSTRAINT inbox_event_once"):
        await fetch(SECOND_EVENT)

        row, words = await name_of("I16")
        assert row.startswith("stripe evt_")
        assert words == "stored 2 times"


async def test_order_is_named_when_two_captures_settle_it(world: World) -> None:
    await world.browser().buy(MUG)

    async with unguarded("DROP INDEX one_settling_capture"):
        await fetch(SECOND_CAPTURE)

        assert ((await the_order())["number"], "settled by 2 captures") in await all_of("I2")


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        ([(1, "paid", "awaiting_payment")], "paid to awaiting_payment"),
        ([(1, "awaiting_payment", "failed"), (2, "expired", "paid")], "failed then from expired"),
    ],
)
async def test_row_is_named_when_a_move_was_made_that_does_not_exist(
    db: str, moves: list[tuple[int, str, str]], words: str
) -> None:
    for move in moves:
        await fetch(MOVE, *move)

    assert await name_of("I18") == ("order x", words)


@pytest.mark.parametrize(
    ("table", "column", "machine", "words"),
    [
        ("orders", "payment_state", "order", "canceled, but the last move led to paid"),
        ("payment", "status", "payment", "canceled, but the last move led to succeeded"),
    ],
)
async def test_row_is_named_when_its_state_was_written_past_the_trigger(
    world: World, table: str, column: str, machine: str, words: str
) -> None:
    await world.browser().buy(MUG)
    trigger = {"orders": "orders_moves", "payment": "payment_moves"}[table]

    async with unguarded(f"DROP TRIGGER {trigger} ON {table}"):
        await fetch(f"UPDATE {table} SET {column} = 'canceled'")

        assert await name_of("I18") == (f"{machine} {await value(f'SELECT id FROM {table}')}", words)


async def test_new_order_is_named_when_it_never_moved_and_yet_is_paid(db: str) -> None:
    order, _ = await order_a_mug()

    async with unguarded("DROP TRIGGER orders_moves ON orders"):
        await fetch("UPDATE orders SET payment_state = 'expired', holds_stock = false")

        assert await name_of("I18") == (f"order {order['id']}", "expired, but the last move led to awaiting_payment")


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.name)
async def test_nothing_is_found_when_nothing_has_happened_yet(db: str, invariant: Invariant) -> None:
    assert await find_violations(invariant, clock.now()) == []


USED = "INSERT INTO promotion_use (id, promotion, order_ref, email_hash, amount, currency, state) VALUES" + (
    " (gen_random_uuid(), $1, gen_random_uuid(), 'a', 100, 'USD', 'used')"
)


async def test_code_is_named_when_it_was_used_too_often(db: str) -> None:
    promotion = await make_code(max_uses=1, per_email=1, uses=1)
    await fetch(USED, promotion)
    assert await all_of("I23") == []

    async with unguarded("DROP TRIGGER promotion_use_within ON promotion_use"):
        await fetch(USED, promotion)

        assert await all_of("I23") == [
            ("TENOFF", "counts 1 uses, its orders have 2 of 1"),
            ("TENOFF", "one address has used it 2 times"),
        ]


async def test_code_is_named_when_its_counter_is_not_its_uses(db: str) -> None:
    await make_code(uses=1)

    assert await name_of("I23") == ("TENOFF", "counts 1 uses, its orders have 0 of any number")


async def test_order_is_named_when_its_discount_has_no_use_behind_it(db: str) -> None:
    order, _ = await order_a_mug()

    async with unguarded("DROP TRIGGER orders_frozen ON orders", "ALTER TABLE orders DROP CONSTRAINT order_adds_up"):
        await fetch("UPDATE orders SET discount = 240, promo_code = 'TENOFF'")

        assert await name_of("I23") == (order["number"], "took 240 off with TENOFF, whose use says nothing")


async def test_order_is_named_when_a_seller_earns_more_than_was_paid(db: str) -> None:
    order, _ = await order_a_mug()

    async with unguarded(
        "DROP TRIGGER vendor_order_frozen ON vendor_order",
        "ALTER TABLE vendor_order DROP CONSTRAINT vendor_order_adds_up",
    ):
        await fetch("UPDATE vendor_order SET owed = 5")

        assert await name_of("I12") == (order["number"], "Kiln Co earns 2760 and we keep 240 of 3000 and 5 of ours")


async def test_capture_is_named_when_the_page_took_off_what_the_order_does_not_know(world: World) -> None:
    await world.browser().buy(MUG)

    async with unguarded("ALTER TABLE payment DROP CONSTRAINT payment_adds_up"):
        await fetch("UPDATE payment SET discount = 5")

        assert [words for _, words in await all_of("I3")] == [
            "3000 USD for 2995 USD",
            "the page took off 5, the order knows of 0",
        ]
