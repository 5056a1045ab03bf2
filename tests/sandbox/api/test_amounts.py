"""The smallest and the largest amount of every currency that has a published minimum, for intents and for sessions."""

from typing import Any

import pytest

from store.sandbox.stripe.money import MINIMUM
from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_parameters import LINE, SESSION, SESSIONS

INTENTS = "/v1/payment_intents"
# The provider's list of minimum charges (fact page §1.6), in minor units as they are sent.
SMALLEST = {
    "usd": 50,
    "eur": 50,
    "aud": 50,
    "cad": 50,
    "chf": 50,
    "brl": 50,
    "nzd": 50,
    "sgd": 50,
    "inr": 50,
    "gbp": 30,
    "aed": 200,
    "pln": 200,
    "ron": 200,
    "myr": 200,
    "czk": 1500,
    "dkk": 250,
    "hkd": 400,
    "huf": 17500,
    "jpy": 50,
    "krw": 50,
    "mxn": 1000,
    "thb": 1000,
    "nok": 300,
    "sek": 300,
}
LARGEST = 99_999_999
EVERY_CURRENCY = pytest.mark.parametrize(("currency", "smallest"), SMALLEST.items())
UNIT, COUNT = "line_items[0][price_data][unit_amount]", "line_items[0][quantity]"


def intend(api: Api, currency: str, amount: int) -> tuple[int, Any]:
    status, _, answer = api.raw("POST", INTENTS, {"amount": str(amount), "currency": currency})
    return status, answer


def open_session(api: Api, currency: str, amount: int, quantity: int = 1) -> tuple[int, Any]:
    line = LINE | {"line_items[0][price_data][currency]": currency, UNIT: str(amount), COUNT: str(quantity)}
    status, _, answer = api.raw("POST", SESSIONS, SESSION | line)
    return status, answer


def test_every_published_minimum_has_its_row() -> None:
    assert set(MINIMUM) == set(SMALLEST)


@EVERY_CURRENCY
def test_intent_is_refused_below_its_currency_s_minimum_and_taken_at_it(api: Api, currency: str, smallest: int) -> None:
    low, refusal = intend(api, currency, smallest - 1)
    good, intent = intend(api, currency, smallest)

    assert (low, refusal["error"]["code"], refusal["error"]["param"]) == (400, "amount_too_small", "amount")
    assert (good, intent["amount"], intent["currency"]) == (200, smallest, currency)


@EVERY_CURRENCY
def test_session_is_refused_below_its_currency_s_minimum_and_opened_at_it(
    api: Api, currency: str, smallest: int
) -> None:
    low, refusal = open_session(api, currency, smallest - 1)
    good, session = open_session(api, currency, smallest)

    assert (low, refusal["error"]["code"], refusal["error"]["param"]) == (400, "amount_too_small", "line_items")
    assert (good, session["amount_total"], session["currency"]) == (200, smallest, currency)
    assert len(api.world.find(None, "checkout.session")) == 1


@EVERY_CURRENCY
def test_amount_is_refused_above_eight_digits_and_taken_at_them(api: Api, currency: str, smallest: int) -> None:
    high, refusal = intend(api, currency, LARGEST + 1)
    good, intent = intend(api, currency, LARGEST)

    assert (high, refusal["error"]["code"], refusal["error"]["param"]) == (400, "amount_too_large", "amount")
    assert (good, intent["amount"]) == (200, LARGEST)


@pytest.mark.parametrize("currency", ["usd", "jpy"])
def test_session_is_refused_when_its_lines_add_up_to_more_than_eight_digits(api: Api, currency: str) -> None:
    high, refusal = open_session(api, currency, 25_000_000, 4)
    good, session = open_session(api, currency, 33_333_333, 3)

    assert (high, refusal["error"]["code"], refusal["error"]["param"]) == (400, "amount_too_large", "line_items")
    assert (good, session["amount_total"]) == (200, LARGEST)
    assert len(api.world.find(None, "checkout.session")) == 1


def test_session_of_several_lines_is_refused_when_only_their_sum_is_too_large(api: Api) -> None:
    second = {name.replace("[0]", "[1]", 1): value for name, value in LINE.items()}
    lines = LINE | second | {UNIT: str(LARGEST), UNIT.replace("[0]", "[1]"): "1"}

    status, _, answer = api.raw("POST", SESSIONS, SESSION | lines)

    assert (status, answer["error"]["code"]) == (400, "amount_too_large")
