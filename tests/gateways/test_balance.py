"""What an account has is all of it: what can be spent, what is on its way, and what is kept back for others' debts."""

from __future__ import annotations

from typing import Any

from store.kit.money import Money
from tests.world import KEYS, World

# An account for which the platform answers in everything: what it owes is kept back from the platform's own money.
OWED_FOR = {
    "country": "US",
    "email": "vera@example.com",
    "business_type": "individual",
    "business_profile[name]": "Vera’s Prints",
    "individual[first_name]": "Vera",
    "individual[last_name]": "Vendor",
    "individual[phone]": "0000000000",
    "individual[dob][day]": "1",
    "individual[dob][month]": "1",
    "individual[dob][year]": "1901",
    "individual[address][line1]": "address_full_match",
    "individual[address][city]": "Springfield",
    "individual[address][postal_code]": "12345",
    "individual[ssn_last_4]": "0000",
    "capabilities[card_payments][requested]": "true",
    "capabilities[transfers][requested]": "true",
    "controller[fees][payer]": "application",
    "controller[losses][payments]": "application",
    "controller[requirement_collection]": "application",
    "controller[stripe_dashboard][type]": "none",
    "external_account": "btok_us_verified",
}


async def ask(world: World, method: str, path: str, *, account: str = "", **form: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {KEYS['US']}"} | ({"Stripe-Account": account} if account else {})
    answer = await world.console.request(method, f"/v1/{path}", data=form or None, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def charge(world: World, amount: int, card: str, **more: Any) -> dict[str, Any]:
    wanted = {"amount": amount, "currency": "usd", "confirm": "true", "payment_method": card}
    wanted |= {"capture_method": "automatic", **more}
    made = await ask(world, "POST", "payment_intents", **wanted)
    return await ask(world, "GET", f"charges/{made['latest_charge']}")


async def test_all_three_parts_are_counted_when_money_is_on_its_way_and_some_is_kept_back(world: World) -> None:
    owing = (await ask(world, "POST", "accounts", **OWED_FOR))["id"]
    await charge(world, 5000, "pm_card_bypassPending")
    await charge(world, 3000, "pm_card_visa")
    to = {"transfer_data[destination]": owing, "application_fee_amount": 123}
    passed_on = await charge(world, 1000, "pm_card_bypassPending", **to)
    await ask(world, "POST", "payouts", account=owing, amount=877, currency="usd")
    await ask(world, "POST", f"transfers/{passed_on['transfer']}/reversals", amount=123)

    told = await ask(world, "GET", "balance")

    parts = {name: told[name][0]["amount"] for name in ("available", "pending", "connect_reserved")}
    assert parts["connect_reserved"] == 123
    assert min(parts.values()) > 0
    truth = {row["account"]: row["amount"] for row in await world.truth("balances")}
    assert await world.gateways.stripe.balance("") == [Money(truth[world.platform], "USD")]
    assert await world.gateways.stripe.balance(owing) == [Money(truth[owing], "USD")] == [Money(-123, "USD")]
