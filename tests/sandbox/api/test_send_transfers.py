"""Transfers made by hand: from the available balance, or of a charge before its money is available."""

from typing import Any

import pytest
import stripe

from store.sandbox.stripe.checkout import pay_by_debit
from tests.sandbox.api.conftest import EXPRESS, Api

DAYS = 86400


@pytest.fixture
def vendor(api: Api) -> str:
    return str(api.vendor(controller=EXPRESS).id)


def charge(api: Api, method: str = "pm_card_visa", **more: Any) -> str:
    """Take 10.00 by card; the provider's fee is 0.59."""
    params = {"amount": 1000, "currency": "usd", "confirm": True, "payment_method": method}
    return str(api.v1.payment_intents.create(params | more).latest_charge)  # type: ignore[arg-type]


def send(api: Api, vendor: str, amount: int, **more: Any) -> Any:
    return api.v1.transfers.create({"amount": amount, "currency": "usd", "destination": vendor, **more})


def refused(api: Api, vendor: str, amount: int = 5, **more: Any) -> stripe.InvalidRequestError:
    before = len(api.v1.transfers.list().data)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        send(api, vendor, amount, **more)
    assert len(api.v1.transfers.list().data) == before
    return caught.value


def amounts(api: Api, account: str | None = None) -> tuple[int, int]:
    balance = api.v1.balance.retrieve({}, {"stripe_account": account} if account else {})
    return balance.available[0].amount, balance.pending[0].amount


def test_money_moves_at_once_when_the_balance_pays(api: Api, vendor: str) -> None:
    charge(api, "pm_card_bypassPending")
    api.advance(3)

    made = send(api, vendor, 900, description="July", metadata={"order": "7"}, expand=["balance_transaction"])

    assert (made.amount, made.source_transaction, made.transfer_group, made.reversed) == (900, None, None, False)
    assert (made.description, made.metadata["order"], made.destination_payment[:3]) == ("July", "7", "py_")
    entry = made.balance_transaction
    assert (entry.type, entry.amount, entry.source, entry.status) == ("transfer", -900, made.id, "available")
    arrived = api.v1.charges.retrieve(made.destination_payment, options={"stripe_account": vendor})
    assert (arrived.amount, arrived.source_transfer, arrived.status) == (900, made.id, "succeeded")
    assert (amounts(api), amounts(api, vendor)) == ((41, 0), (900, 0))
    assert api.event_types()[-1] == "transfer.created"


def test_transfer_is_refused_when_the_money_is_not_available_yet(api: Api, vendor: str) -> None:
    charge(api)
    api.advance(3)

    error = refused(api, vendor, 941)
    api.advance(2 * DAYS)

    assert (error.http_status, error.code) == (400, "balance_insufficient")
    assert send(api, vendor, 941).amount == 941
    assert refused(api, vendor, 1).code == "balance_insufficient"


def test_transfer_waits_with_its_charge_when_the_charge_pays(api: Api, vendor: str) -> None:
    source = charge(api)

    made = send(api, vendor, 700, source_transaction=source)
    at_first = (amounts(api), amounts(api, vendor))
    api.advance(2 * DAYS)

    assert made.source_transaction == source
    assert at_first == ((0, 241), (0, 700))
    assert (amounts(api), amounts(api, vendor)) == ((241, 0), (700, 0))
    assert api.v1.charges.retrieve(source).transfer is None


def test_destination_charges_transfer_waits_with_the_charge_too(api: Api, vendor: str) -> None:
    charge(api, transfer_data={"destination": vendor, "amount": 700})
    api.advance(3)
    at_first = (amounts(api), amounts(api, vendor))

    api.v1.transfers.reversals.create(api.v1.transfers.list().data[0].id)

    assert at_first == ((0, 241), (0, 700))
    assert amounts(api) == (0, 941)


def test_transfers_never_exceed_their_charge(api: Api, vendor: str) -> None:
    source = charge(api)
    first = send(api, vendor, 700, source_transaction=source)
    send(api, vendor, 300, source_transaction=source)

    error = refused(api, vendor, 1, source_transaction=source)
    api.v1.transfers.reversals.create(first.id, {"amount": 100})

    assert (error.param, "must not exceed the source amount" in str(error)) == ("amount", True)
    assert send(api, vendor, 100, source_transaction=source).amount == 100
    assert refused(api, vendor, 1, source_transaction=source).param == "amount"


def test_transfer_has_the_currency_the_charge_settled_in(api: Api, vendor: str) -> None:
    source = charge(api, currency="eur")

    error = refused(api, vendor, currency="eur", source_transaction=source)

    assert (error.param, "balance transaction (usd)" in str(error)) == ("currency", True)
    assert refused(api, vendor, 1081, source_transaction=source).param == "amount"
    assert send(api, vendor, 1080, source_transaction=source).amount == 1080


def test_transfer_needs_the_balance_when_its_charge_s_money_is_available(api: Api, vendor: str) -> None:
    source = charge(api)
    api.advance(3)
    api.advance(2 * DAYS)
    send(api, vendor, 900)

    assert refused(api, vendor, 42, source_transaction=source).code == "balance_insufficient"
    assert send(api, vendor, 41, source_transaction=source).amount == 41


@pytest.mark.parametrize("given", [None, "mine"])
@pytest.mark.parametrize("charged", [None, "charge's"])
def test_charge_and_transfers_share_a_group(api: Api, vendor: str, charged: str | None, given: str | None) -> None:
    source = charge(api, **({"transfer_group": charged} if charged else {}))
    intent = api.v1.charges.retrieve(source).payment_intent

    made = send(api, vendor, 5, source_transaction=source, **({"transfer_group": given} if given else {}))

    assert made.transfer_group == (charged or given or f"group_{intent}")
    assert api.v1.charges.retrieve(source).transfer_group == made.transfer_group


def test_transfer_has_the_group_it_is_given_when_the_balance_pays(api: Api, vendor: str) -> None:
    other = str(api.vendor(controller=EXPRESS).id)
    charge(api, "pm_card_bypassPending")
    api.advance(3)
    first = send(api, vendor, 5, transfer_group="ORDER_7")
    api.advance(5)
    second = send(api, other, 5, transfer_group="ORDER_8")

    found = [
        [one.id for one in api.v1.transfers.list(params).data]
        for params in ({"transfer_group": "ORDER_7"}, {"destination": other}, {"created": {"gt": first.created}})
    ]

    assert found == [[first.id], [second.id], [second.id]]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("nobody", "resource_missing"),
        ("the platform", "resource_missing"),
        ("not verified", "insufficient_capabilities_for_transfer"),
        ("carries its own losses", "transfers_not_allowed"),
    ],
)
def test_transfer_is_refused_when_the_destination_cannot_take_it(api: Api, who: str, code: str) -> None:
    source = charge(api, "pm_card_bypassPending")
    destination = {
        "nobody": lambda: "acct_1nobody",
        "the platform": lambda: api.world.platform,
        "not verified": lambda: api.vendor(controller=EXPRESS, individual={"first_name": "Vera"}).id,
        "carries its own losses": lambda: api.vendor().id,
    }[who]()

    error = refused(api, destination, source_transaction=source)

    assert (error.code, error.param) == (code, "destination")


@pytest.mark.parametrize("what", ["nothing", "held", "refused"])
def test_transfer_is_refused_when_its_charge_has_no_money(api: Api, vendor: str, what: str) -> None:
    source = "ch_nothing"
    if what == "held":
        source = charge(api, capture_method="manual")
    elif what == "refused":
        with pytest.raises(stripe.CardError):
            charge(api, "pm_card_visa_chargeDeclined")
        source = api.v1.charges.list().data[0].id

    error = refused(api, vendor, source_transaction=source)

    assert error.param == "source_transaction"
    assert amounts(api, vendor) == (0, 0)


def test_transfer_is_refused_by_name_when_its_payment_is_processing(api: Api, vendor: str) -> None:
    session = api.open_session(allowed_payment_method_types=["us_bank_account"])
    pay_by_debit(api.world, session.id, "000123456805", "Ada Buyer")

    error = refused(api, vendor, source_transaction=api.v1.charges.list().data[0].id)

    assert (error.code, error.param) == ("sandbox_unsupported", "source_transaction")


def test_transfer_is_refused_by_name_when_a_connected_account_makes_it(api: Api, vendor: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.transfers.create({"amount": 5, "currency": "usd", "destination": vendor}, {"stripe_account": vendor})

    assert caught.value.code == "sandbox_unsupported"


@pytest.mark.parametrize("of_the_charge", [True, False])
def test_refund_waits_when_transfers_took_the_money(api: Api, vendor: str, of_the_charge: bool) -> None:
    source = charge(api, "pm_card_bypassPending")
    api.advance(3)
    made = send(api, vendor, 941, **({"source_transaction": source} if of_the_charge else {}))

    refund = api.v1.refunds.create({"charge": source})
    waited = (refund.status, refund.pending_reason, amounts(api))
    api.v1.transfers.reversals.create(made.id)
    charge(api, "pm_card_bypassPending")
    api.advance(3600)

    assert waited == ("pending", "insufficient_funds", (0, 0))
    assert api.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_transfer_by_hand_comes_back_when_it_is_reversed(api: Api, vendor: str) -> None:
    charge(api, "pm_card_bypassPending")
    api.advance(3)
    made = send(api, vendor, 900)

    api.v1.transfers.reversals.create(made.id)

    assert (amounts(api), api.balance(vendor)) == ((941, 0), {})
    assert api.v1.transfers.retrieve(made.id).reversed is True
