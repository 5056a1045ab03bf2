"""The least a card can be charged, in minor units of each currency."""

import pytest

from store.gateways.minimums import smallest_charge, smallest_step


@pytest.mark.parametrize(
    ("currency", "least"),
    [
        ("USD", 50),
        ("EUR", 50),
        ("GBP", 30),
        ("JPY", 50),
        ("DKK", 250),
        ("HUF", 17500),
        ("AED", 200),
        ("UGX", 1),
        ("XXX", 1),
    ],
)
def test_least_is_the_providers_when_it_names_one(currency: str, least: int) -> None:
    assert smallest_charge(currency) == least


@pytest.mark.parametrize(
    ("currency", "step"), [("USD", 1), ("JPY", 1), ("UGX", 1), ("ISK", 1), ("KWD", 10), ("TND", 10), ("XXX", 1)]
)
def test_amounts_go_in_steps_of_ten_when_there_are_three_decimals(currency: str, step: int) -> None:
    assert smallest_step(currency) == step
