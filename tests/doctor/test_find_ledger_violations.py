"""The ledger's own guards, journals that were lost, and money booked under another vendor: each is found and named."""

from __future__ import annotations

import pytest

from store.kit.db import fetch
from tests.doctor.test_find_money_violations import LEDGER_OPEN, find, forget_journals
from tests.facts import the_order, value
from tests.guards import unguarded
from tests.payments.buying import LAMP, MUG, NOTEBOOK
from tests.payouts.passing import buy_two
from tests.promotions.promoting import make_code
from tests.refunds.refunding import buy, refund_there, wait_for_money
from tests.world import World

SWAP = """
UPDATE ledger_entry SET account = split_part(account, ':', 1) || ':' || (
  SELECT other.vendor FROM vendor_order AS other WHERE other.vendor::text <> split_part(account, ':', 2))
WHERE account ~ '^(payable|receivable):' AND tx IN (SELECT id FROM ledger_tx WHERE kind = '{kind}')
"""
TRIGGERS = (
    ("ledger_entry", "ledger_entry_append_only"),
    ("ledger_entry", "ledger_entry_into_open_tx"),
    ("ledger_tx", "ledger_tx_append_only"),
    ("ledger_tx", "ledger_tx_unsealed_first"),
    ("ledger_tx", "ledger_tx_seal"),
    ("ledger_tx", "ledger_tx_sealed_at_commit"),
)


@pytest.mark.parametrize(("table", "trigger"), TRIGGERS)
@pytest.mark.parametrize("how", ["DROP TRIGGER {trigger} ON {table}", "ALTER TABLE {table} DISABLE TRIGGER {trigger}"])
async def test_trigger_is_named_when_it_does_not_guard_the_ledger(db: str, table: str, trigger: str, how: str) -> None:
    assert await find("I9") == []

    async with unguarded(how.format(table=table, trigger=trigger)):
        assert await find("I9") == [(trigger, f"does not guard {table} any more")]


async def test_every_trigger_of_the_ledger_is_asked_for(db: str) -> None:
    there = await fetch(
        "SELECT tgname FROM pg_trigger WHERE tgrelid IN ('ledger_tx'::regclass, 'ledger_entry'::regclass)"
        " AND NOT tgisinternal"
    )

    assert {row["tgname"] for row in there} == {trigger for _, trigger in TRIGGERS}


@pytest.mark.parametrize("sku", [MUG, LAMP], ids=["destination", "direct"])
async def test_payment_is_named_when_the_journal_of_the_providers_fee_is_lost(world: World, sku: str) -> None:
    _, capture = await buy(world, sku)
    assert await find("I10") == []

    async with unguarded(*LEDGER_OPEN):
        await forget_journals("provider_fee")

        assert await find("I10") == [(capture["capture_ref"], "no journal says what the provider kept of it")]


async def test_order_is_named_when_the_journal_of_its_promotion_is_lost(world: World) -> None:
    await buy_discounted(world, MUG)
    assert await value("SELECT owed FROM vendor_order") > 0
    assert await find("I10") == []

    async with unguarded(*LEDGER_OPEN):
        await forget_journals("promotion")

        words = "no journal says what a discount of ours owes its sellers"
        assert await find("I10") == [((await the_order())["number"], words)]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("capture", " by capture, booked are "),
        ("promotion", " by promotion, booked are "),
        ("refund", " of it, booked are "),
        ("transfer_reversal", " gave nothing of it"),
    ],
)
async def test_vendors_are_named_when_what_is_booked_for_them_is_swapped(world: World, kind: str, words: str) -> None:
    if kind == "promotion":
        await buy_discounted(world, MUG, NOTEBOOK)
    else:
        await refund_there(world, await buy_two(world), amount=500)
        await wait_for_money(world)
    assert await value("SELECT count(*) FROM ledger_tx WHERE kind = $1", kind) > 0
    assert await find("I10") == []

    async with unguarded("DROP TRIGGER ledger_entry_append_only ON ledger_entry"):
        await fetch(SWAP.format(kind=kind))

        found = await find("I10")
        assert len(found) >= 2
        assert all(words in said or said.endswith(words) for _, said in found)
        assert await find("I8") == [], "each journal still balances"


async def test_stranger_is_named_when_a_journal_books_for_a_vendor_without_part_in_the_order(world: World) -> None:
    await buy(world, LAMP)
    stranger = await value("SELECT id FROM vendor WHERE slug = 'kiln-co'")

    async with unguarded("DROP TRIGGER ledger_entry_append_only ON ledger_entry"):
        await fetch(
            "UPDATE ledger_entry SET account = 'payable:' || $1 WHERE account LIKE 'payable:%'"
            " AND tx IN (SELECT id FROM ledger_tx WHERE kind = 'provider_fee')",
            str(stranger),
        )

        ((row, words),) = await find("I10")
        assert row.startswith("provider_fee ")
        assert words == f"payable:{stranger} has no part in it"


async def test_vendor_is_named_when_a_transfer_pays_more_than_a_debt(world: World) -> None:
    await buy_two(world)

    async with unguarded(*LEDGER_OPEN, "DROP TRIGGER ledger_entry_into_open_tx ON ledger_entry"):
        await fetch(
            "INSERT INTO ledger_entry (tx, account, currency, amount) SELECT tx.id, 'payable:' || transfer.vendor,"
            " 'USD', 7 FROM ledger_tx AS tx JOIN transfer ON transfer.transfer_ref = tx.ref ORDER BY tx.id LIMIT 1"
        )

        ((_, words),) = await find("I10")
        assert words.endswith(" has 7 by it, where only debts are paid")


async def buy_discounted(world: World, *skus: str) -> None:
    """Ada has bought these with a code of ours that goes beyond our fee."""
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    await make_code(percent=3000)
    await ada.post("/cart/promotion", code="TENOFF")
    assert (await world.pay(await ada.check_out())).status_code == 303
    await world.settle()
