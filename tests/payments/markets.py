"""Markets on platforms of other countries: vendors with accounts at the provider, made where a test needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.shelves import make_product, make_vendor
from tests.world import World

CURRENCIES = {"US": "USD", "DE": "EUR", "FR": "EUR", "JP": "JPY"}
PERSON = {
    "first_name": "Vera",
    "phone": "0000000000",
    "dob][day": "1",
    "dob][month": "1",
    "dob][year": "1901",
    "address][line1": "address_full_match",
    "ssn_last_4": "0000",
}
# Who pays the provider and who bears losses; what is absent is the account's own business.
BY_PLATFORM = {
    "controller[fees][payer]": "application",
    "controller[losses][payments]": "application",
    "controller[stripe_dashboard][type]": "express",
}


@dataclass(frozen=True)
class Stand:
    """One vendor of a test's market: its row, its account at the provider, and the one thing it sells."""

    vendor: UUID
    account: str
    sku: str


async def open_account(world: World, country: str, charge_type: str, *, cards: bool = True) -> str:
    """A connected account that can be paid; without `cards` it takes transfers alone."""
    form = {
        "country": country,
        "business_type": "individual",
        "business_profile[name]": f"Vera in {country}",
        "external_account": "btok_verified",
        "capabilities[transfers][requested]": "true",
        **({"capabilities[card_payments][requested]": "true"} if cards else {}),
        **({} if charge_type == "direct" else BY_PLATFORM),
        **{f"individual[{name}]": fact for name, fact in PERSON.items()},
    }
    headers = {"Authorization": f"Bearer {world.settings.stripe_secret_key}"}
    made = await world.console.post("/v1/accounts", data=form, headers=headers)
    assert made.status_code == 200, made.text
    return str(made.json()["id"])


async def open_stand(
    world: World, slug: str, country: str, charge_type: str, *, price: int, cards: bool = True, **vendor: Any
) -> Stand:
    """A vendor who sells one product for `price`, minor units of its country's currency."""
    account = await open_account(world, country, charge_type, cards=cards)
    row = await make_vendor(
        slug, country=country, currency=CURRENCIES[country], charge_type=charge_type, account_ref=account, **vendor
    )
    await make_product(row, f"{slug}-bowl", price=price, stock=50)
    return Stand(row, account, f"{slug}-bowl-0".upper())
