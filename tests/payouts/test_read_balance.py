"""What a vendor is shown of its money is in the ledger: a balance per currency, and a statement that adds up to it."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from store.payouts.queries import VendorBalance, read_balance, read_statement
from tests.facts import one, the_order, value
from tests.payments.buying import LAMP, MUG, THROW, break_calls, mend, place
from tests.payouts.passing import TRANSFERS, account_of, buy_two
from tests.refunds.refunding import refund_there, wait_for_money
from tests.world import World, rows


async def vendor_of(sku: str) -> UUID:
    """Whose this is."""
    row = await one("SELECT id FROM vendor WHERE account_ref = $1", await account_of(sku))
    return UUID(str(row["id"]))


async def test_earnings_lie_with_the_provider_when_the_share_was_passed_on(world: World) -> None:
    await buy_two(world)
    vendor = await vendor_of(MUG)
    share = await value("SELECT share FROM vendor_order WHERE vendor = $1", vendor)

    assert await read_balance(vendor) == (VendorBalance("USD", share, share, 0, 0),)
    (line,) = await read_statement(vendor)
    assert (line.words, line.amount, line.currency) == ("Sale", share, "USD")
    assert line.order_number == (await the_order())["number"]


async def test_earnings_are_held_when_the_share_waits(world: World) -> None:
    await break_calls(world, TRANSFERS, status=400)
    await buy_two(world)
    vendor = await vendor_of(MUG)
    share = await value("SELECT share FROM vendor_order WHERE vendor = $1", vendor)

    assert await read_balance(vendor) == (VendorBalance("USD", share, 0, share, 0),)
    await mend(world)


@pytest.mark.parametrize(("sku", "currency"), [(LAMP, "USD"), (THROW, "EUR")])
async def test_fees_are_lines_of_their_own_when_the_sale_is_direct(world: World, sku: str, currency: str) -> None:
    _, url = await place(world, sku)
    await world.pay(url)
    await world.settle()
    vendor = await vendor_of(sku)

    (balance,) = await read_balance(vendor)
    lines = await read_statement(vendor)

    assert [line.words for line in lines] == ["Stripe's fee", "Sale"]
    assert (balance.currency, balance.earned) == (currency, sum(line.amount for line in lines))
    assert (balance.earned, balance.held) == (balance.at_provider, 0)


async def test_statement_adds_up_to_the_balance_when_money_went_back(world: World) -> None:
    capture = await buy_two(world)
    await refund_there(world, capture, amount=1000)
    await wait_for_money(world)
    await buy_two_more(world)
    vendor = await vendor_of(MUG)

    lines = await read_statement(vendor)

    assert [line.words for line in lines] == ["Sale", "Refund to the buyer", "Sale"]
    (balance,) = await read_balance(vendor)
    assert sum(line.amount for line in lines) == balance.earned == balance.at_provider
    older = await read_statement(vendor, before=lines[0].id, limit=1)
    assert older == lines[1:2]
    with pytest.raises(AttributeError):
        lines[0].amount = 0  # type: ignore[misc]
    assert msgspec.json.encode(lines)


async def test_nothing_is_said_of_anybody_else_when_a_vendor_asks(world: World) -> None:
    await buy_two(world)

    assert await read_balance(await vendor_of(LAMP)) == ()
    assert await read_statement(await vendor_of(LAMP)) == ()


async def buy_two_more(world: World) -> None:
    """Another sale of the same two."""
    ada = world.browser()
    for row in await rows("SELECT DISTINCT sku FROM order_line JOIN variant ON variant.id = order_line.variant"):
        await ada.add(row["sku"])
    await world.pay(await ada.check_out())
    await world.settle()
