"""Amounts on PayPal's wire: by PayPal's own decimals, whole numbers of coins both ways, and strings of either form."""

from __future__ import annotations

from typing import Any

import pytest

from store.gateways.paypal.wire import as_list, as_object, as_text, read_money, to_wire
from store.gateways.port import GatewayBug
from store.kit.money import Money
from tests.gateways.paypal_wire import money


@pytest.mark.parametrize(
    ("amount", "currency", "value"),
    [
        (3000, "USD", "30.00"),
        (5, "USD", "0.05"),
        (0, "EUR", "0.00"),
        (-150, "EUR", "-1.50"),
        (2400, "JPY", "2400"),
        (175_000, "HUF", "1750"),
        (10_000, "TWD", "100"),
        (0, "TWD", "0"),
        (12, "KRW", "12.00"),
        (12_340, "KWD", "12.34"),
    ],
)
def test_amount_comes_back_as_it_went_when_it_is_written_as_paypal_does(amount: int, currency: str, value: str) -> None:
    assert to_wire(amount, currency) == money(value, currency)
    assert read_money(money(value, currency)) == Money(amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [(175_050, "HUF"), (1, "TWD"), (12_345, "KWD")])
def test_amount_is_refused_when_paypal_has_no_coins_for_it(amount: int, currency: str) -> None:
    with pytest.raises(GatewayBug, match="steps of"):
        to_wire(amount, currency)


@pytest.mark.parametrize(
    ("value", "currency", "amount"),
    [
        ("1", "USD", 100),
        ("1.0", "USD", 100),
        ("1.00", "USD", 100),
        ("1.000", "USD", 100),
        (".5", "USD", 50),
        ("10.00", "JPY", 10),
        ("10.", "USD", None),
        ("1750.00", "HUF", 175000),
        ("-0.50", "USD", -50),
    ],
)
def test_same_amount_is_read_when_it_is_written_in_another_form(value: str, currency: str, amount: int | None) -> None:
    if amount is None:
        with pytest.raises(GatewayBug):
            read_money(money(value, currency))
        return
    assert read_money(money(value, currency)) == Money(amount, currency)
    assert read_money({"currency": currency, "value": value}) == Money(amount, currency)


@pytest.mark.parametrize(
    "thing",
    [
        None,
        {},
        [],
        "1.00",
        money("1.001"),
        money("1.5", "JPY"),
        money(""),
        money("."),
        money("-"),
        money("1e3"),
        money("1,00"),
        money("٣"),
        money("9" * 40),
        {"value": "1.00"},
        {"currency_code": "USD"},
        {"currency_code": "USD", "value": 1},
        money("1.00", "usd"),
        money("1.00", "DOLLAR"),
        money("1.00\n"),
    ],
    ids=range(19),
)
def test_nothing_is_read_when_it_is_no_money(thing: Any) -> None:
    with pytest.raises(GatewayBug):
        read_money(thing)


def test_missing_parts_are_empty_when_an_answer_lacks_them() -> None:
    assert (as_object(None), as_object([1]), as_object({"a": 1})) == ({}, {}, {"a": 1})
    assert (as_list(None), as_list({"a": 1}), as_list([1, {"a": 1}])) == ([], [], [{"a": 1}])
    assert (as_text(None), as_text(1), as_text("a")) == ("", "", "a")
