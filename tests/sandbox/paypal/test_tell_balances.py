"""`/v1/reporting/balances`: all of a currency, what payouts withhold, and the rest."""

from __future__ import annotations

from store.sandbox.paypal.balance import add_funds
from store.sandbox.paypal.payouts import SETTLED_SECONDS
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.money import capture, later, usd
from tests.sandbox.paypal.payouts import PATH, batch

BALANCES = "/v1/reporting/balances"


async def test_primary_balance_is_nothing_when_no_money_ever_came(paypal: PayPal) -> None:
    told = await paypal.create("GET", BALANCES)

    assert told["account_id"] == paypal.app.merchant_id
    (balance,) = told["balances"]
    assert (balance["currency"], balance["primary"], balance["total_balance"]) == ("USD", True, usd("0.00"))


async def test_payout_is_withheld_until_it_leaves(paypal: PayPal) -> None:
    add_funds(paypal.app, 5000, "USD")
    await paypal.create("POST", PATH, batch("vera@example.com", "onhold@example.com"))

    (before,) = (await paypal.create("GET", BALANCES))["balances"]
    later(paypal, SETTLED_SECONDS)
    (after,) = (await paypal.create("GET", BALANCES))["balances"]

    names = ("total_balance", "available_balance", "withheld_balance")
    assert [before[name]["value"] for name in names] == ["50.00", "29.50", "20.50"]
    assert [after[name]["value"] for name in names] == ["39.75", "29.50", "10.25"]


async def test_one_balance_is_told_when_one_currency_is_asked_for(paypal: PayPal) -> None:
    capture(paypal)
    capture(paypal, "2400", currency="JPY")

    every = await paypal.create("GET", BALANCES)
    yen = await paypal.create("GET", f"{BALANCES}?currency_code=JPY")
    wrong = await paypal.call("GET", f"{BALANCES}?currency_code=XXX")

    assert [one["currency"] for one in every["balances"]] == ["JPY", "USD"]
    assert [one["total_balance"]["value"] for one in yen["balances"]] == ["2267"]
    assert wrong.status_code == 400
