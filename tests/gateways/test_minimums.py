"""The least a card can be charged, in minor units of each currency."""

import pytest

from store.gateways.minimums import smallest_charge


@pytest.mark.parametrize(
    ("currency", "least"),
    [("USD", 50), ("EUR", 50), ("GBP", 30), ("JPY", 50), ("DKK", 250), ("HUF", 17500), ("AED", 200), ("XXX", 1)],
)
def test_least_is_the_providers_when_it_names_one(currency: str, least: int) -> None:
    assert smallest_charge(currency) == least
