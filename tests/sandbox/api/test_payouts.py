"""Payouts by hand: out of the available balance, and by the clock to the bank, or back."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from store.sandbox.truth import list_balances
from tests.sandbox.api.conftest import EXPRESS, Api

DAY = 86400
BYPASS = "4000000000000077"


def bank(number: str = "000123456789", **more: str) -> Any:
    return {"object": "bank_account", "country": "US", "account_number": number} | more


def rich(api: Api, number: str = "000123456789", **more: Any) -> dict[str, str]:
    """Return the options to act as a vendor who has 10.00 available; the platform pays the provider's fee."""
    vendor = api.vendor(**{"controller": EXPRESS, "external_account": bank(number)} | more)
    api.pay(api.open_session(currency=vendor.default_currency, account=vendor.id).id, BYPASS)
    api.advance(3)
    return {"stripe_account": vendor.id}


def pay_out(api: Api, who: Any, amount: int = 600, **more: Any) -> Any:
    return api.v1.payouts.create({"amount": amount, "currency": "usd", **more}, who)


def refused(api: Api, who: Any, amount: int = 5, **more: Any) -> stripe.InvalidRequestError:
    before = len(api.v1.payouts.list({}, who).data)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        pay_out(api, who, amount, **more)
    assert len(api.v1.payouts.list({}, who).data) == before
    return caught.value


def available(api: Api, who: Any) -> int:
    return api.v1.balance.retrieve({}, who).available[0].amount


def told(api: Api, who: Any) -> list[str]:
    return [type for type in api.event_types(who.get("stripe_account")) if type.startswith("payout.")]


def test_payout_arrives_when_the_clock_says_so(api: Api) -> None:
    who = rich(api)

    made = pay_out(api, who, description="July", statement_descriptor="PRINTS", expand=["destination"])
    api.advance(3600)
    submitted = api.v1.payouts.retrieve(made.id, options=who)
    api.advance(made.arrival_date - api.world.clock.now())
    arrived = api.v1.payouts.retrieve(made.id, {"expand": ["balance_transaction"]}, who)

    assert [one.status for one in (made, submitted, arrived)] == ["pending", "in_transit", "paid"]
    assert (made.arrival_date % DAY, DAY < made.arrival_date - made.created <= 2 * DAY) == (0, True)
    assert (made.automatic, made.method, made.type, made.reconciliation_status) == (
        *(False, "standard", "bank_account"),
        "not_applicable",
    )
    assert (made.description, made.statement_descriptor) == ("July", "PRINTS")
    assert (made.destination.last4, made.trace_id.status, arrived.trace_id.status) == ("6789", "pending", "unsupported")
    entry: Any = arrived.balance_transaction
    assert (entry.type, entry.amount, entry.net, entry.source) == ("payout", -600, -600, made.id)
    assert told(api, who) == ["payout.created", "payout.updated", "payout.updated", "payout.paid"]
    assert available(api, who) == 400


def test_balances_are_told_less_what_was_paid_out(api: Api) -> None:
    who = rich(api)
    nothing: Any = None

    pay_out(api, who)

    rows = list_balances(api.world, nothing, nothing)
    assert [row["amount"] for row in rows if row["account"] == who["stripe_account"]] == [400]


@pytest.mark.parametrize(("amount", "pending"), [(1001, False), (1, True)])
def test_payout_is_refused_when_too_little_is_available(api: Api, amount: int, pending: bool) -> None:
    who = rich(api)
    if pending:
        pay_out(api, who, 1000)
        api.pay(api.open_session(account=who["stripe_account"]).id)
        api.advance(3)

    error = refused(api, who, amount)

    assert (error.http_status, error.code) == (400, "balance_insufficient")


@pytest.mark.parametrize(
    ("number", "code"),
    [("000111111116", "no_account"), ("000111111113", "account_closed"), ("000222222227", "insufficient_funds")],
)
def test_money_is_back_when_the_bank_account_is_one_that_fails(api: Api, number: str, code: str) -> None:
    who = rich(api, number)
    made = pay_out(api, who)
    between = available(api, who)

    api.advance(2 * DAY)

    failed = api.v1.payouts.retrieve(made.id, {"expand": ["failure_balance_transaction"]}, who)
    assert (failed.status, failed.failure_code, bool(failed.failure_message)) == ("failed", code, True)
    back: Any = failed.failure_balance_transaction
    assert (back.type, back.amount, back.source, back.status) == ("payout_failure", 600, made.id, "available")
    assert (between, available(api, who)) == (400, 1000)
    assert told(api, who) == ["payout.created", "payout.updated", "payout.updated", "payout.failed"]


def test_number_of_a_bank_account_is_shown_to_nobody(api: Api) -> None:
    who = rich(api, "000111111116")
    pay_out(api, who, expand=["destination"])
    changes: Any = {"external_account": bank("000111111113"), "email": "vera@example.org"}
    api.v1.accounts.update(who["stripe_account"], changes)

    answers = [
        api.raw("GET", path, stripe_account=who["stripe_account"])[2]
        for path in ("/v1/account", "/v1/events?limit=100", "/v1/payouts?expand[]=data.destination")
    ]

    assert all('"last4": "111' in json.dumps(answer) for answer in answers)
    assert not [answer for answer in answers if "00011111111" in json.dumps(answer)]


def test_payout_is_called_off_while_it_is_pending(api: Api) -> None:
    who = rich(api)
    made = pay_out(api, who)

    off = api.v1.payouts.cancel(made.id, {"expand": ["failure_balance_transaction"]}, who)
    api.advance(3 * DAY)

    assert (off.status, off.failure_code) == ("canceled", None)
    back: Any = off.failure_balance_transaction
    assert (back.type, back.amount) == ("payout_cancel", 600)
    assert (api.v1.payouts.retrieve(made.id, options=who).status, available(api, who)) == ("canceled", 1000)
    assert told(api, who) == ["payout.created", "payout.updated", "payout.canceled"]


@pytest.mark.parametrize("seconds", [3600, 2 * DAY])
def test_payout_cannot_be_called_off_when_the_bank_has_it(api: Api, seconds: int) -> None:
    who = rich(api)
    made = pay_out(api, who)
    api.advance(seconds)

    with pytest.raises(stripe.InvalidRequestError, match="not pending"):
        api.v1.payouts.cancel(made.id, options=who)

    assert available(api, who) == 400


def test_platform_pays_out_to_a_bank_account_that_is_made_for_it(api: Api) -> None:
    api.pay(api.open_session().id, BYPASS)
    api.advance(3)

    first, second = pay_out(api, {}, 100), pay_out(api, {}, 100)
    api.advance(2 * DAY)

    banks: Any = api.v1.accounts.retrieve_current().external_accounts
    assert [one.id for one in banks.data] == [first.destination] == [second.destination]
    assert api.v1.payouts.retrieve(first.id).status == "paid"
    assert (available(api, {}), told(api, {}).count("payout.paid")) == (941 - 200, 2)


def test_payout_is_refused_when_the_account_has_no_bank_account(api: Api) -> None:
    vendor = api.vendor(controller=EXPRESS)

    error = refused(api, {"stripe_account": vendor.id})

    assert (error.code, "external_account" in str(error)) == ("payouts_not_allowed", True)


def test_payout_is_refused_when_no_bank_account_fits(api: Api) -> None:
    who = rich(api)

    elsewhere = refused(api, who, destination="ba_other")
    currency = refused(api, who, currency="eur")

    assert (elsewhere.http_status, elsewhere.code, elsewhere.param) == (404, "resource_missing", "destination")
    assert (currency.param, "any external accounts in that currency (eur)" in str(currency)) == ("currency", True)


def test_payout_goes_to_the_bank_account_it_names(api: Api) -> None:
    who = rich(api)
    banks: Any = api.v1.accounts.retrieve(who["stripe_account"]).external_accounts

    assert pay_out(api, who, destination=banks.data[0].id).destination == banks.data[0].id


@pytest.mark.parametrize(("currency", "amount"), [("huf", 150), ("isk", 150), ("kwd", 15)])
def test_payout_is_refused_when_the_currency_has_no_such_amount(api: Api, currency: str, amount: int) -> None:
    error = refused(api, {}, amount, currency=currency)

    assert error.param == "amount"
    assert refused(api, {}, 100, currency=currency).param == "currency"


def test_payouts_are_found_by_what_the_filters_name(api: Api) -> None:
    who = rich(api)
    first = pay_out(api, who, 100, metadata={"order": "7"})
    api.advance(2 * DAY)
    second = pay_out(api, who, 100)
    api.v1.payouts.update(second.id, {"metadata": {"order": "8"}}, who)

    filters: list[Any] = [
        {"status": "paid"},
        {"arrival_date": first.arrival_date},
        {"arrival_date": {"gt": first.arrival_date}},
        {"created": {"lte": first.created}},
        {"destination": first.destination},
        {"destination": "ba_other"},
    ]
    found = [[one.id for one in api.v1.payouts.list(params, who).data] for params in filters]

    both = [second.id, first.id]
    assert found == [[first.id], [first.id], [second.id], [first.id], both, []]
    orders = [one.metadata["order"] for one in api.v1.payouts.list({}, who).data]  # type: ignore[index]
    assert (orders, told(api, who)[-1]) == (["8", "7"], "payout.updated")


def test_nobody_knows_what_went_into_a_payout_by_hand(api: Api) -> None:
    who = rich(api)
    made = pay_out(api, who)

    with pytest.raises(stripe.InvalidRequestError, match="only be filtered on automatic") as caught:
        api.v1.balance_transactions.list({"payout": made.id}, who)

    assert caught.value.param == "payout"
    assert [one.source for one in api.v1.balance_transactions.list({"type": "payout"}, who).data] == [made.id]


def test_refund_waits_when_the_money_is_paid_out(api: Api) -> None:
    who = rich(api)
    pay_out(api, who, 1000)
    charge = api.v1.charges.list({}, who).data[0]

    refund = api.v1.refunds.create({"charge": charge.id}, who)

    assert (refund.status, refund.pending_reason) == ("pending", "insufficient_funds")
    assert api.balance(who["stripe_account"]) == {}


def test_transfer_stays_where_it_is_when_the_vendor_was_paid_out(api: Api) -> None:
    who = rich(api)
    api.pay(api.open_session().id, BYPASS)
    api.advance(3)
    sent = api.v1.transfers.create({"amount": 800, "currency": "usd", "destination": who["stripe_account"]})
    pay_out(api, who, 1400)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.transfers.reversals.create(sent.id)

    assert (caught.value.code, available(api, who)) == ("balance_insufficient", 400)
