"""A payout that arrived is taken back by another one with a negative amount."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.sandbox.api.conftest import Api
from tests.sandbox.api.test_payouts import BYPASS, DAY, available, bank, pay_out, rich, told


def refused(api: Api, payout: str, who: Any, why: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=why) as caught:
        api.v1.payouts.reverse(payout, {}, who)
    assert caught.value.http_status == 400


def test_money_is_back_when_the_bank_has_been_debited(api: Api) -> None:
    who = rich(api)
    made = pay_out(api, who)
    api.advance(2 * DAY)

    params: Any = {"metadata": {"why": "closed"}, "expand": ["balance_transaction"]}
    back: Any = api.v1.payouts.reverse(made.id, params, who)
    balance = api.v1.balance.retrieve({}, who)
    api.advance(2 * DAY)

    assert (back.amount, back.original_payout, back.status, back.destination) == (
        *(-600, made.id, "pending"),
        made.destination,
    )
    assert back.metadata["why"] == "closed"
    entry = back.balance_transaction
    assert (entry.type, entry.amount, entry.available_on) == ("payout", 600, back.arrival_date)
    assert (balance.available[0].amount, balance.pending[0].amount) == (400, 600)
    assert api.v1.payouts.retrieve(made.id, options=who).reversed_by == back.id
    assert (api.v1.payouts.retrieve(back.id, options=who).status, available(api, who)) == ("paid", 1000)
    assert told(api, who)[4:] == ["payout.created", "payout.updated"] + ["payout.updated"] * 2 + ["payout.paid"]


def test_payout_is_reversed_once(api: Api) -> None:
    who = rich(api)
    made = pay_out(api, who)
    api.advance(2 * DAY)
    back = api.v1.payouts.reverse(made.id, {}, who)

    refused(api, made.id, who, "reversed already")
    refused(api, back.id, who, "it reverses another")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.payouts.cancel(back.id, options=who)

    assert caught.value.code == "sandbox_unsupported"


@pytest.mark.parametrize(("seconds", "why"), [(0, "pending"), (3600, "in_transit"), (93 * DAY, "90 days")])
def test_payout_is_not_reversed_before_it_arrived_nor_long_after(api: Api, seconds: int, why: str) -> None:
    who = rich(api)
    made = pay_out(api, who)
    api.advance(seconds)

    refused(api, made.id, who, why)


def test_payout_is_not_reversed_when_it_failed(api: Api) -> None:
    who = rich(api, "000111111116")
    made = pay_out(api, who)
    api.advance(2 * DAY)

    refused(api, made.id, who, "failed, not paid")


def test_payout_is_not_reversed_when_its_bank_is_elsewhere(api: Api) -> None:
    who = rich(api, country="DE", external_account=bank(country="DE"))
    made = pay_out(api, who, currency="eur")
    api.advance(2 * DAY)

    refused(api, made.id, who, "not in the US")


@pytest.mark.parametrize("own", [True, False])
def test_payout_is_not_reversed_when_the_platform_does_not_carry_the_account_s_losses(api: Api, own: bool) -> None:
    if own:
        api.pay(api.open_session().id, BYPASS)
        api.advance(3)
    who = {} if own else rich(api, controller={})
    made = pay_out(api, who)
    api.advance(2 * DAY)

    refused(api, made.id, who, "losses the platform carries")
