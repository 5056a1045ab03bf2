"""Money: whole minor units, one currency at a time, splits that lose nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.kit.money import Money, basis_points, exponent, split

AMOUNTS = st.integers(-(10**12), 10**12)


@given(AMOUNTS, AMOUNTS)
def test_sum_and_difference_undo_each_other(one: int, other: int) -> None:
    money = Money(one, "USD")

    assert money + Money(other, "USD") - Money(other, "USD") == money
    assert money * 3 == money + money + money


@pytest.mark.parametrize("amount", [1.0, True, "1", None])
def test_amount_is_refused_when_it_is_no_whole_number(amount: object) -> None:
    with pytest.raises(ValueError, match="whole minor units"):
        Money(amount, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "", "ÜSD"])
def test_currency_is_refused_when_it_is_none(currency: str) -> None:
    with pytest.raises(ValueError, match="not a currency"):
        Money(1, currency)


def test_amounts_never_meet_when_currencies_differ() -> None:
    with pytest.raises(ValueError, match="USD and EUR do not add"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(ValueError, match="JPY and EUR do not add"):
        Money(1, "JPY") - Money(1, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (8600, "USD", "$86.00"),
        (1850, "EUR", "€18.50"),
        (2400, "JPY", "¥2,400"),
        (1234, "KWD", "KWD1.234"),
        (-5, "USD", "-$0.05"),
        (0, "USD", "$0.00"),
        (10**17 + 1, "USD", "$1,000,000,000,000,000.01"),
    ],
)
def test_money_reads_as_a_buyer_expects(amount: int, currency: str, text: str) -> None:
    assert str(Money(amount, currency)).replace("\xa0", " ") == text


def test_minor_units_follow_the_currency() -> None:
    assert [exponent(currency) for currency in ("USD", "JPY", "ISK", "UGX", "BHD")] == [2, 0, 0, 0, 3]


WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@given(st.integers(0, 10**12), WEIGHTS)
def test_parts_sum_to_the_whole_when_it_is_split(total: int, weights: list[int]) -> None:
    parts = split(total, weights)

    assert sum(parts) == total
    whole = sum(weights)
    assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def test_first_gets_the_cent_when_remainders_tie() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(1, [0, 1, 1]) == [0, 1, 0]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_split_is_refused_when_weights_make_no_sense(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="split needs weights"):
        split(100, weights)


@pytest.mark.parametrize(
    ("amount", "rate", "fee"), [(1000, 250, 25), (1850, 1000, 185), (1, 5000, 1), (1, 4999, 0), (0, 1000, 0)]
)
def test_rate_rounds_half_up(amount: int, rate: int, fee: int) -> None:
    assert basis_points(amount, rate) == fee
