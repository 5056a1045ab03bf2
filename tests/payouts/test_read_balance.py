"""What a vendor is shown of its money is in the ledger: a balance per currency, and a statement that adds up to it."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from store.kit.db import fetch
from store.payouts.queries import Deposit, Statement, VendorBalance, read_balance, read_statement
from store.vendors.queries import OwnAccount, list_accounts
from store.vendors.service import open_account, sync_account
from tests.facts import one, the_order, value
from tests.payments.buying import LAMP, MUG, THROW, break_calls, mend, place
from tests.payouts.passing import TRANSFERS, account_of, buy_two, change_account
from tests.refunds.refunding import refund_there, wait_for_money
from tests.world import World, rows

SALE = "Sale, after Overprint’s fee"


async def vendor_of(sku: str) -> UUID:
    """Whose this is."""
    row = await one("SELECT id FROM vendor WHERE account_ref = $1", await account_of(sku))
    return UUID(str(row["id"]))


async def test_earnings_lie_with_the_provider_when_the_share_was_passed_on(world: World) -> None:
    await buy_two(world)
    vendor = await vendor_of(MUG)
    share = await value("SELECT share FROM vendor_order WHERE vendor = $1", vendor)

    own = OwnAccount(await account_of(MUG), connected=True)
    assert await read_balance(vendor) == (VendorBalance("USD", share, 0, 0, (Deposit(own, share),)),)
    statement = await read_statement(vendor)
    assert (statement.currency, statement.counts, statement.page, statement.pages) == ("USD", {"USD": 1}, 1, 1)
    (line,) = statement.lines
    assert (line.words, line.amount, line.balance) == (SALE, share, share)
    assert line.order_number == (await the_order())["number"]
    assert line.part == await value("SELECT id FROM vendor_order WHERE vendor = $1", vendor)


async def test_earnings_are_held_when_the_share_waits(world: World) -> None:
    await break_calls(world, TRANSFERS, status=400)
    await buy_two(world)
    vendor = await vendor_of(MUG)
    share = await value("SELECT share FROM vendor_order WHERE vendor = $1", vendor)

    assert await read_balance(vendor) == (VendorBalance("USD", share, share, 0, ()),)
    await mend(world)


async def test_money_on_an_account_of_before_is_not_held_by_us_when_the_vendor_began_anew(world: World) -> None:
    await buy_two(world)
    vendor, old = await vendor_of(MUG), await account_of(MUG)
    share = await value("SELECT share FROM vendor_order WHERE vendor = $1", vendor)
    await change_account(world, old, "deauthorized")
    await world.settle()
    gone = await read_balance(vendor)

    new = await open_account(world.gateways, vendor, prefill=True)
    await sync_account(world.gateways, vendor)
    anew = await read_balance(vendor)
    await buy_two_more(world)

    lies = Deposit(OwnAccount(old, connected=False), share)
    assert new != old
    assert gone == anew == (VendorBalance("USD", share, 0, 0, (lies,)),)
    (balance,) = await read_balance(vendor)
    assert balance.deposits == (Deposit(OwnAccount(new, connected=True), share), lies)
    assert (balance.earned, balance.held) == (2 * share, 0)
    assert (balance.at_provider, balance.out_of_reach) == (share, share)


async def test_account_of_before_is_the_vendors_when_its_row_alone_tells(world: World) -> None:
    vendor = await vendor_of(MUG)
    await fetch(
        "INSERT INTO connected_account (id, vendor, request, account_ref, closed_at)"
        " VALUES (gen_random_uuid(), $1, '', 'acct_before', now())",
        vendor,
    )

    assert await list_accounts(vendor) == (
        OwnAccount(await account_of(MUG), connected=True),
        OwnAccount("acct_before", connected=False),
    )


@pytest.mark.parametrize(("sku", "currency"), [(LAMP, "USD"), (THROW, "EUR")])
async def test_fees_are_lines_of_their_own_when_the_sale_is_direct(world: World, sku: str, currency: str) -> None:
    _, url = await place(world, sku)
    await world.pay(url)
    await world.settle()
    vendor = await vendor_of(sku)

    (balance,) = await read_balance(vendor)
    lines = (await read_statement(vendor)).lines

    assert [line.words for line in lines] == ["Stripe’s fee", SALE]
    assert [line.balance for line in lines] == [balance.earned, lines[1].amount]
    assert (balance.currency, balance.earned) == (currency, sum(line.amount for line in lines))
    assert (balance.earned, balance.held) == (balance.at_provider, 0)


async def test_statement_adds_up_to_the_balance_when_money_went_back(world: World) -> None:
    capture = await buy_two(world)
    await refund_there(world, capture, amount=1000)
    await wait_for_money(world)
    await buy_two_more(world)
    vendor = await vendor_of(MUG)

    lines = (await read_statement(vendor)).lines

    assert [line.words for line in lines] == [SALE, "Refund to the buyer", SALE]
    (balance,) = await read_balance(vendor)
    assert sum(line.amount for line in lines) == balance.earned == balance.at_provider
    assert [line.balance for line in lines] == [sum(line.amount for line in lines[at:]) for at in range(3)]
    with pytest.raises(AttributeError):
        lines[0].amount = 0  # type: ignore[misc]
    assert msgspec.json.encode(lines)


async def test_nothing_is_said_of_anybody_else_when_a_vendor_asks(world: World) -> None:
    await buy_two(world)

    assert await read_balance(await vendor_of(LAMP)) == ()
    assert await read_statement(await vendor_of(LAMP)) == Statement("", {}, (), 1, 1)


async def buy_two_more(world: World) -> None:
    """Another sale of the same two."""
    ada = world.browser()
    for row in await rows("SELECT DISTINCT sku FROM order_line JOIN variant ON variant.id = order_line.variant"):
        await ada.add(row["sku"])
    await world.pay(await ada.check_out())
    await world.settle()
