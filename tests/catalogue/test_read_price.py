"""Prices typed in major units become exact minor units, or words that say what to type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.catalogue.prices import read_price
from store.kit.amounts import MOST_MINOR, NotAnAmount, read_amount, write_amount


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("24", "USD", 2400),
        ("24.5", "USD", 2450),
        ("24,50", "EUR", 2450),
        ("$ 24.00", "USD", 2400),
        ("24.00 eur", "EUR", 2400),
        ("0.29", "USD", 29),
        ("2400", "JPY", 2400),
        ("¥2400", "JPY", 2400),
        ("1.230", "KWD", 1230),
    ],
)
def test_amount_is_exact_when_it_is_typed_as_people_do(typed: str, currency: str, amount: int) -> None:
    assert read_amount(typed, currency) == amount


@pytest.mark.parametrize(
    ("typed", "currency", "words"),
    [
        ("", "USD", "Write it with digits only, like 24.00."),
        ("a lot", "USD", "Write it with digits only"),
        ("1,234", "USD", "USD has 2 decimals"),
        ("24.005", "USD", "USD has 2 decimals"),
        ("-5", "USD", "digits only"),
        ("1e3", "USD", "digits only"),
        ("٢٤", "USD", "digits only"),
        ("24.50", "JPY", "JPY has no decimals: write it like 2400."),
        ("1000000.00", "USD", "The most is 999999.99."),
    ],
)
def test_words_say_what_to_type_when_it_is_no_amount(typed: str, currency: str, words: str) -> None:
    with pytest.raises(NotAnAmount, match=words.replace(".", r"\.")):
        read_amount(typed, currency)


@pytest.mark.parametrize(
    ("typed", "currency", "words"),
    [
        ("0.49", "USD", r"The least is \$0\.50"),
        ("49", "JPY", "The least is ¥50"),
        ("0", "EUR", "The least is €0.50"),
        ("1.235", "KWD", "Prices in KWD end with a 0"),
    ],
)
def test_price_is_refused_in_words_when_a_card_cannot_be_charged_it(typed: str, currency: str, words: str) -> None:
    with pytest.raises(NotAnAmount, match=words):
        read_price(typed, currency)


@given(st.integers(0, MOST_MINOR), st.sampled_from(["USD", "EUR", "JPY", "KWD"]))
def test_what_a_form_shows_is_read_back_to_the_same_amount(amount: int, currency: str) -> None:
    assert read_amount(write_amount(amount, currency), currency) == amount
