"""Every template balances in every currency, and giving everything back leaves nothing behind."""

from collections import defaultdict
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.kit.money import Money
from store.ledger import journals, names
from store.ledger.journals import Entry

AMOUNTS = st.integers(0, 10**12)
CURRENCIES = st.sampled_from(["USD", "EUR", "JPY"])
VENDORS = st.dictionaries(st.sampled_from(["v1", "v2", "v3", "v4"]), AMOUNTS, min_size=1)
PLATFORM = names.provider("stripe")
CONNECTED = names.provider("stripe", "acct_1")


def sums(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        totals[(entry.account, entry.currency)] += entry.amount
    return {key: amount for key, amount in totals.items() if amount}


def assert_balances(entries: Iterable[Entry]) -> None:
    by_currency: dict[str, int] = defaultdict(int)
    for entry in entries:
        assert entry.amount != 0
        by_currency[entry.currency] += entry.amount
    assert set(by_currency.values()) <= {0}


@given(landed=st.sampled_from([PLATFORM, CONNECTED]), currency=CURRENCIES, shares=VENDORS, fee=AMOUNTS)
def test_capture_balances_when_landed_anywhere(landed: str, currency: str, shares: dict[str, int], fee: int) -> None:
    entries = journals.capture(landed, currency, shares, fee)

    assert_balances(entries)
    assert sums(entries).get((landed, currency), 0) == sum(shares.values()) + fee


MOVES = [
    journals.application_fee,
    journals.application_fee_refund,
    journals.transfer,
    journals.transfer_reversal,
]


@pytest.mark.parametrize("template", MOVES)
@given(taken=AMOUNTS, landed=AMOUNTS, source=CURRENCIES, target=CURRENCIES)
def test_movement_balances_when_currencies_are_one_or_two(
    template, taken: int, landed: int, source: str, target: str
) -> None:
    arrived = Money(taken if source == target else landed, target)
    entries = template(CONNECTED, PLATFORM, Money(taken, source), arrived)

    assert_balances(entries)
    through_exchange = {entry.currency for entry in entries if entry.account == names.EXCHANGE}
    assert not through_exchange or source != target


@given(currency=CURRENCIES, fee=AMOUNTS)
def test_provider_fee_balances_when_direct_or_platform(currency: str, fee: int) -> None:
    assert_balances(journals.direct_provider_fee(CONNECTED, "v1", Money(fee, currency)))
    assert_balances(journals.platform_provider_fee(PLATFORM, Money(fee, currency)))


@given(currency=CURRENCIES, reversed_=VENDORS, owed=VENDORS, fee=AMOUNTS)
def test_refund_balances_when_any_mix_is_given_back(
    currency: str, reversed_: dict[str, int], owed: dict[str, int], fee: int
) -> None:
    total = sum(reversed_.values()) + sum(owed.values()) + fee
    entries = journals.refund(PLATFORM, currency, total, shares_reversed=reversed_, fee_returned=fee, shares_owed=owed)

    assert_balances(entries)
    assert_balances(journals.reverse(entries))
    assert sums((*entries, *journals.reverse(entries))) == {}


@given(currency=CURRENCIES, share=AMOUNTS, fee=AMOUNTS, landed=AMOUNTS)
def test_direct_sale_leaves_nothing_when_all_is_given_back(currency: str, share: int, fee: int, landed: int) -> None:
    taken, here = Money(fee, currency), Money(landed if currency != "USD" else fee, "USD")

    entries = (
        *journals.capture(CONNECTED, currency, {"v1": share}, fee),
        *journals.application_fee(CONNECTED, PLATFORM, taken, here),
        *journals.refund(CONNECTED, currency, share + fee, shares_reversed={"v1": share}, fee_returned=fee),
        *journals.application_fee_refund(CONNECTED, PLATFORM, here, taken),
    )

    assert sums(entries) == {}


@given(currency=CURRENCIES, share=AMOUNTS, fee=AMOUNTS)
def test_destination_sale_leaves_nothing_when_all_is_given_back(currency: str, share: int, fee: int) -> None:
    total, ours = Money(share + fee, currency), Money(fee, currency)

    entries = (
        *journals.capture(PLATFORM, currency, {"v1": share}, fee),
        *journals.transfer(PLATFORM, CONNECTED, total, total),
        *journals.application_fee(CONNECTED, PLATFORM, ours, ours),
        *journals.refund(PLATFORM, currency, share + fee, shares_reversed={"v1": share}, fee_returned=fee),
        *journals.transfer_reversal(PLATFORM, CONNECTED, total, total),
        *journals.application_fee_refund(CONNECTED, PLATFORM, ours, ours),
    )

    assert sums(entries) == {}


def test_entries_name_the_accounts_when_a_direct_sale_is_in_euro() -> None:
    capture = journals.capture(CONNECTED, "EUR", {"v1": 1665}, 185)
    fee = journals.application_fee(CONNECTED, PLATFORM, Money(185, "EUR"), Money(201, "USD"))
    cost = journals.direct_provider_fee(CONNECTED, "v1", Money(84, "EUR"))

    assert capture == (
        Entry("provider:stripe:acct_1", "EUR", 1850),
        Entry("payable:v1", "EUR", -1665),
        Entry("income:fees", "EUR", -185),
    )
    assert fee == (
        Entry("exchange", "EUR", 185),
        Entry("provider:stripe:acct_1", "EUR", -185),
        Entry("provider:stripe:platform", "USD", 201),
        Entry("exchange", "USD", -201),
    )
    assert cost == (Entry("payable:v1", "EUR", 84), Entry("provider:stripe:acct_1", "EUR", -84))


def test_refund_books_a_debt_when_the_vendor_keeps_its_share() -> None:
    entries = journals.refund(PLATFORM, "USD", 1000, shares_reversed={}, fee_returned=100, shares_owed={"v1": 900})

    assert Entry(names.receivable("v1"), "USD", 900) in entries
    assert Entry(PLATFORM, "USD", -1000) in entries


def test_refund_is_refused_when_the_parts_are_not_the_total() -> None:
    with pytest.raises(ValueError, match="parts worth 999"):
        journals.refund(PLATFORM, "USD", 1000, shares_reversed={"v1": 900}, fee_returned=99)
    with pytest.raises(ValueError, match="negative"):
        journals.refund(PLATFORM, "USD", 1000, shares_reversed={"v1": 1100}, fee_returned=-100)


def test_capture_is_refused_when_a_part_is_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        journals.capture(PLATFORM, "USD", {"v1": 1100}, -100)


def test_movement_is_refused_when_money_is_lost_on_the_way() -> None:
    with pytest.raises(ValueError, match="fee on the way"):
        journals.transfer(PLATFORM, CONNECTED, Money(1000, "USD"), Money(990, "USD"))
    with pytest.raises(ValueError, match="direction"):
        journals.transfer(PLATFORM, CONNECTED, Money(-1000, "USD"), Money(-1000, "USD"))


@pytest.mark.parametrize("part", ["", "a:b", " a"])
def test_account_is_refused_when_its_name_could_be_another(part: str) -> None:
    with pytest.raises(ValueError, match="account's name"):
        names.payable(part)
