"""Refunds in parts, and parts that come back: when all has gone back, nothing of the order is left in the books."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.gateways.port import Moved
from store.kit.money import Money
from store.ledger import journals, names
from store.ledger.journals import Entry
from store.refunds.service import sync_refunds
from store.refunds.service.entries import (
    GivenBack,
    add_up,
    fee_return_entries,
    refund_entries,
    reversal_entries,
    share_out,
)
from tests.facts import assert_books_agree, ledger_balances, one, provider_balances
from tests.payments.buying import LAMP, MUG, NOTEBOOK, place
from tests.promotions.promoting import make_code
from tests.refunds.refunding import refund_there, wait_for_money
from tests.refunds.test_failed_refund import FAILING
from tests.world import World, rows

PLATFORM = names.provider("stripe")


@st.composite
def paid_orders(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A capture and its vendors' parts, as `sync` reads them; what is owed is the excess over our fee."""
    charge_type = draw(st.sampled_from(["direct", "destination", "separate"]))
    parts = []
    for number in range(draw(st.integers(2, 4)) if charge_type == "separate" else 1):
        total = draw(st.integers(1, 5000))
        owed = draw(st.integers(0, 5000)) if charge_type != "direct" else 0
        fee = 0 if owed else draw(st.integers(0, total))
        parts.append(
            {"vendor": f"v{number}", "account_ref": f"acct_{number}", "total": total, "fee": fee, "owed": owed}
        )
    account = "acct_0" if charge_type == "direct" else ""
    amount = sum(part["total"] for part in parts)
    return {"provider": "stripe", "account_ref": account, "charge_type": charge_type, "amount": amount}, parts


class Books:
    """The ledger of one order."""

    def __init__(self, capture: dict[str, Any], parts: list[dict[str, Any]]) -> None:
        self.capture, self.parts = capture, parts
        # Those that stand, by their number: what each gave back, and its journal.
        self.given: dict[int, tuple[int, GivenBack, tuple[Entry, ...]]] = {}
        self.made = 0
        self.all: Counter[str] = Counter()
        landed = names.provider("stripe", capture["account_ref"] or names.PLATFORM)
        shares = {part["vendor"]: part["total"] - part["fee"] for part in parts}
        fee = Money(sum(part["fee"] for part in parts), "USD")
        self.write(journals.capture(landed, "USD", shares, fee.amount))
        self.write(journals.promotion("USD", {part["vendor"]: part["owed"] for part in parts}))
        vendors = names.provider("stripe", "acct_0")
        whole = Money(capture["amount"], "USD")
        if capture["charge_type"] == "destination":
            self.write(journals.transfer(PLATFORM, vendors, whole, whole))
        if capture["charge_type"] != "separate":
            self.write(journals.application_fee(vendors, PLATFORM, fee, fee))
        self.whole, self.fee = Moved("tr", whole, whole), Moved("fee", fee, fee)

    def write(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self.all[entry.account] += entry.amount

    def refund(self, amount: int) -> None:
        """One refund, booked as the part of what the others have left."""
        back = share_out(self.capture, self.parts, Money(amount, "USD"), self.refunds)
        entries = refund_entries(self.capture, Money(amount, "USD"), back, {})
        self.write(entries)
        self.made += 1
        self.given[self.made] = amount, back, entries

    def fail(self, number: int) -> None:
        """One refund came back."""
        _, _, entries = self.given.pop(number)
        self.write(journals.reverse(entries))

    @property
    def left(self) -> int:
        return int(self.capture["amount"]) - sum(amount for amount, _, _ in self.given.values())

    @property
    def refunds(self) -> Counter[str]:
        """What the refunds that stand give back."""
        before: Counter[str] = Counter()
        for amount, back, _ in self.given.values():
            add_up(self.capture, amount, back, before)
        return before

    def pass_back(self) -> None:
        """What was passed on comes back too, which the provider works out on running totals."""
        if self.capture["charge_type"] == "destination":
            self.write(reversal_entries(self.capture, self.parts[0], self.whole))
        if self.capture["charge_type"] != "separate":
            self.write(fee_return_entries(self.capture, self.parts[0], self.fee))


@given(order=paid_orders(), data=st.data())
def test_nothing_is_left_when_all_has_gone_back_in_parts_of_which_some_failed(order: Any, data: st.DataObject) -> None:
    books = Books(*order)
    for _ in range(data.draw(st.integers(0, 6))):
        if books.given and data.draw(st.booleans()):
            books.fail(data.draw(st.sampled_from(sorted(books.given))))
        elif books.left:
            books.refund(data.draw(st.integers(1, books.left)))
        assert books.all[names.COST_PROMOTIONS] >= 0
        if books.capture["charge_type"] == "separate":
            earned = [books.all[names.payable(part["vendor"])] for part in books.parts]
            assert max(*earned, books.all[names.INCOME_FEES]) <= 0

    if books.left:
        books.refund(books.left)
    books.pass_back()

    assert {account: amount for account, amount in books.all.items() if amount} == {}


@given(order=paid_orders())
def test_more_than_is_left_is_refused_when_money_would_go_back_twice(order: Any) -> None:
    books = Books(*order)
    books.refund(books.capture["amount"])

    with pytest.raises(ValueError, match="is left"):
        books.refund(1)


@pytest.mark.parametrize(
    ("skus", "flags"), [((MUG,), {"reverse_transfer": "true"}), ((MUG, NOTEBOOK), {})], ids=["destination", "separate"]
)
async def test_nothing_is_left_of_a_discount_of_ours_when_all_was_refunded_in_parts(
    world: World, skus: tuple[str, ...], flags: dict[str, str]
) -> None:
    await make_code(percent=3700)
    ada = world.browser()
    for sku in skus:
        await ada.add(sku)
    await ada.post("/cart/promotion", code="TENOFF")
    await world.pay(await ada.check_out())
    await world.settle()
    capture = await one("SELECT * FROM capture")
    assert (await one("SELECT sum(owed)::bigint AS owed FROM vendor_order"))["owed"] > 0

    for amount in (333, 1, 500, 334):
        await refund_there(world, capture, amount=amount, **flags)
        await wait_for_money(world)
    await refund_there(world, capture, **flags)
    await wait_for_money(world)

    left = await rows(
        "SELECT account, sum(amount)::bigint FROM ledger_entry WHERE account NOT LIKE 'provider:%'"
        " AND account <> 'cost:provider_fees' GROUP BY account HAVING sum(amount) <> 0"
    )
    assert left == []
    await assert_books_agree(world)


async def test_second_refund_is_booked_when_the_first_failed_and_nobody_had_heard_of_either(world: World) -> None:
    _, url = await place(world, LAMP)
    assert (await world.pay(url, number=FAILING)).status_code == 303
    await world.settle()
    capture = await one("SELECT * FROM capture")
    await world.tell("webhooks", action="drop", count=0)
    await refund_there(world, capture)
    await world.advance(200)
    second = await refund_there(world, capture)

    await sync_refunds(world.gateways, capture["id"])

    booked = await rows("SELECT kind, ref FROM ledger_tx WHERE kind LIKE 'refund%' ORDER BY id")
    assert [tx["kind"] for tx in booked] == ["refund", "refund_failed", "refund"]
    assert booked[2]["ref"] == second["id"]
    assert await ledger_balances() == await provider_balances(world)
    await world.settle()
