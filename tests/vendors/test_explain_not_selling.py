"""Why nothing can be bought from a vendor now."""

import asyncpg
import pytest

from store.vendors.states import VendorState, explain_not_selling
from tests.shelves import make_product, make_vendor


@pytest.mark.parametrize(
    ("state", "paused", "reason"),
    [
        (VendorState.ACTIVE, False, ""),
        (VendorState.ACTIVE, True, "Kiln & Co is taking a break and is not selling at the moment."),
        (VendorState.NOT_STARTED, False, "Not for sale yet: Kiln & Co is still setting up payments."),
        (VendorState.ONBOARDING, False, "Not for sale yet: Kiln & Co is still setting up payments."),
        (VendorState.UNDER_REVIEW, False, "Not for sale yet: Kiln & Co is still setting up payments."),
        (VendorState.REJECTED, False, "Kiln & Co cannot take payments at the moment."),
        (VendorState.DISCONNECTED, False, "Kiln & Co cannot take payments at the moment."),
        (VendorState.RESTRICTED, False, "Kiln & Co cannot take payments at the moment."),
        (VendorState.RESTRICTED, True, "Kiln & Co is taking a break"),
        ("a state of tomorrow", False, "Kiln & Co cannot take payments at the moment."),
    ],
)
def test_reason_is_given_when_a_vendor_cannot_sell(state: str, paused: bool, reason: str) -> None:
    words = explain_not_selling("Kiln & Co", state, paused)

    assert words.startswith(reason)
    assert bool(words) == bool(reason)


async def test_database_refuses_when_a_product_is_priced_in_another_currency(db: str) -> None:
    vendor = await make_vendor(currency="USD")

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await make_product(vendor, currency="EUR")
