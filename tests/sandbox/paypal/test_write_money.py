"""Money on the wire is text with the decimals that PayPal's own table gives a currency."""

from __future__ import annotations

import pytest

from store.sandbox.paypal.objects import CURRENCIES, WHOLE, new_id, to_minor, to_value
from tests.sandbox.paypal.conftest import PayPal
from tests.sandbox.paypal.issues.rows import AT, issues_of
from tests.sandbox.paypal.money import CAPTURES, authorize, capture


@pytest.mark.parametrize(
    ("currency", "value", "minor"),
    [
        ("USD", "24", 2400),
        ("USD", "24.5", 2450),
        ("USD", ".05", 5),
        ("USD", "-1.00", -100),
        ("USD", "1.1000", 110),
        ("JPY", "500", 500),
        ("HUF", "500.0", 500),
        ("TWD", "1", 1),
    ],
)
def test_a_value_is_minor_units_of_its_currency(currency: str, value: str, minor: int):
    assert to_minor({"currency_code": currency, "value": value}) == (minor, currency)


@pytest.mark.parametrize(
    ("currency", "value"), [("USD", "1.001"), ("HUF", "1.5"), ("USD", ""), ("USD", "-"), ("USD", "1,5")]
)
def test_a_value_is_refused_when_it_is_no_amount_of_its_currency(currency: str, value: str):
    with pytest.raises(ValueError, match=f"no amount in {currency}"):
        to_minor({"currency_code": currency, "value": value})


@pytest.mark.parametrize("currency", CURRENCIES)
def test_minor_units_come_back_as_they_were(currency: str):
    for minor in (0, 1, 99, 100, 123456, -50):
        assert to_minor(to_value(minor, currency)) == (minor, currency)
    assert ("." in to_value(100, currency)["value"]) == (currency not in WHOLE)


def test_an_id_is_seventeen_digits_and_capitals():
    assert len({new_id() for _ in range(100)}) == 100
    assert all(len(id) == 17 and id.isalnum() and id == id.upper() for id in (new_id(), new_id()))


@pytest.mark.parametrize("currency", WHOLE)
async def test_decimals_are_refused_when_the_currency_has_none(direct: PayPal, currency: str):
    amount = {"currency_code": currency, "value": "5.00"}

    answer = await direct.call(
        "POST", "/v2/checkout/orders", {"intent": "CAPTURE", "purchase_units": [{"amount": amount}]}
    )

    assert (answer.status_code, issues_of(answer)) == (422, [("DECIMALS_NOT_SUPPORTED", f"{AT}/amount/value")])


@pytest.mark.parametrize(
    ("currency", "value", "issue"), [("JPY", "5.00", "DECIMALS_NOT_SUPPORTED"), ("USD", "5.000", "DECIMAL_PRECISION")]
)
async def test_decimals_are_refused_of_refunds_and_captures_as_of_orders(
    direct: PayPal, currency: str, value: str, issue: str
):
    amount = {"currency_code": currency, "value": value}
    held = f"/v2/payments/authorizations/{authorize(direct, '24', currency=currency)['id']}"
    calls = [f"{CAPTURES}/{capture(direct, '24', currency=currency)['id']}/refund", f"{held}/capture"]

    answers = [await direct.call("POST", path, {"amount": amount}) for path in [*calls, f"{held}/reauthorize"]]

    assert [(answer.status_code, issues_of(answer)) for answer in answers] == [(422, [(issue, "/amount/value")])] * 3
