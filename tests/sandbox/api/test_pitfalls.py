"""Traps that real integrations fell into, by their numbers in our notes on the provider: the sandbox sets them too."""

from typing import Any

import pytest
import stripe

from store.sandbox.stripe.checkout import pay
from store.sandbox.stripe.recovery import recover_session
from tests.sandbox.api.conftest import EXPRESS, Api

FREE = {"percent_off": 100}


def options(account: str) -> Any:
    return {"stripe_account": account}


def sell_direct(api: Api, *, fee: int = 123, **more: Any) -> tuple[str, Any]:
    vendor = api.vendor()
    session = api.open_session(account=vendor.id, payment_intent_data={"application_fee_amount": fee}, **more)
    api.pay(session.id)
    api.advance(3)
    return vendor.id, api.v1.checkout.sessions.retrieve(session.id, {}, options(vendor.id))


def sell_destination(api: Api) -> tuple[str, Any]:
    vendor = api.vendor(controller=EXPRESS)
    data = {"transfer_data": {"destination": vendor.id}, "application_fee_amount": 123}
    api.pay(api.open_session(payment_intent_data=data).id)
    api.advance(3)
    return vendor.id, api.v1.charges.list().data[0]


def test_pitfall_2_balance_transaction_is_null_right_after_a_success_unless_capture_is_automatic(api: Api) -> None:
    api.pay(api.open_session().id)
    later = api.v1.charges.list().data[0]
    told = api.v1.events.list({"type": "charge.succeeded"}).data[0].data.object
    api.pay(api.open_session(payment_intent_data={"capture_method": "automatic"}).id)
    at_once = api.v1.charges.list().data[0]

    api.advance(3)

    assert (later.balance_transaction, told.balance_transaction) == (None, None)
    assert at_once.balance_transaction is not None
    updated = api.v1.events.list({"type": "charge.updated"}).data
    assert [event.data.object.id for event in updated] == [later.id]
    assert updated[0].data.object.balance_transaction is not None


def test_pitfall_4_charge_refunded_tells_no_refunds_of_the_charge(api: Api) -> None:
    api.pay(api.open_session().id)
    charge = api.v1.charges.list().data[0]

    refund = api.v1.refunds.create({"charge": charge.id, "amount": 100})

    told = api.v1.events.list({"type": "charge.refunded"}).data[0].data.object
    assert (told.amount_refunded, told.refunds) == (100, None)
    assert [row.id for row in api.v1.refunds.list({"charge": charge.id}).data] == [refund.id]


def test_pitfall_8_open_tab_learns_of_an_expiry_only_when_it_pays_and_no_expiry_is_under_half_an_hour(api: Api) -> None:
    session = api.open_session()

    api.v1.checkout.sessions.expire(session.id)
    late = api.pay(session.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(expires_at=api.world.clock.now() + 29 * 60)

    assert (late.kind, late.message) == ("closed", "This payment page is no longer open.")
    assert api.v1.payment_intents.list().data == []
    assert caught.value.param == "expires_at"


def test_pitfall_9_a_vendors_session_is_unknown_without_its_account_and_recovers_in_it(api: Api) -> None:
    vendor = api.vendor()
    recovery = {"recovery": {"enabled": True}}
    session = api.open_session(account=vendor.id, after_expiration=recovery)

    for call in (api.v1.checkout.sessions.expire, api.v1.checkout.sessions.retrieve):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call(session.id)
        assert caught.value.code == "resource_missing"
    expired = api.v1.checkout.sessions.expire(session.id, {}, options(vendor.id))
    again = recover_session(api.world, session.id, expired.after_expiration.recovery.url.rsplit("/", 1)[1])

    assert again is not None
    assert api.v1.checkout.sessions.retrieve(again["id"], {}, options(vendor.id)).recovered_from == session.id
    assert api.v1.checkout.sessions.list().data == []


def test_pitfall_10_a_free_session_completes_without_intent_and_is_not_called_paid(api: Api) -> None:
    coupon = api.v1.coupons.create(FREE)  # type: ignore[arg-type]
    session = api.open_session(discounts=[{"coupon": coupon.id}], payment_intent_data={"metadata": {"order": "7"}})

    pay(api.world, session.id, None)

    told = api.v1.events.list({"type": "checkout.session.completed"}).data[0].data.object
    assert (told.status, told.payment_status) == ("complete", "no_payment_required")
    assert (told.payment_intent, told.amount_total, told.amount_subtotal) == (None, 0, 1000)
    assert not any(type.startswith(("payment_intent.", "charge.")) for type in api.event_types())


def test_pitfall_16_a_direct_charge_is_refunded_in_its_account_and_keeps_its_fee_unless_asked(api: Api) -> None:
    vendor, session = sell_direct(api)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.refunds.create({"payment_intent": session.payment_intent})
    api.v1.refunds.create({"payment_intent": session.payment_intent, "amount": 500}, options(vendor))
    kept = api.v1.application_fees.list().data[0].amount_refunded
    api.v1.refunds.create({"payment_intent": session.payment_intent, "refund_application_fee": True}, options(vendor))

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert str(caught.value.user_message) == f"No such payment_intent: '{session.payment_intent}'"
    assert (kept, api.v1.application_fees.list().data[0].amount_refunded) == (0, 61)


def test_pitfall_17_the_platform_pays_when_the_transfer_is_not_reversed_and_nothing_is_half_done(api: Api) -> None:
    vendor, charge = sell_destination(api)
    api.pay(api.open_session(5000).id)
    api.advance(3)
    before = api.balance()["usd"], api.balance(vendor)["usd"]

    api.v1.refunds.create({"charge": charge.id, "amount": 400})
    after = api.balance()["usd"], api.balance(vendor)["usd"]
    api.world.put(
        vendor,
        "balance_transaction",
        api.world.find(vendor, "balance_transaction")[0] | {"id": "txn_gone", "net": -877},
    )
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})

    assert (after[0] - before[0], after[1] - before[1]) == (-400, 0)
    assert caught.value.code == "balance_insufficient"
    assert [refund.amount for refund in api.v1.refunds.list().data] == [400]
    assert api.v1.transfers.list().data[0].amount_reversed == 0
    assert api.v1.application_fees.list().data[0].amount_refunded == 0


def test_pitfall_18_a_fee_without_account_or_destination_is_refused(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError) as session:
        api.open_session(payment_intent_data={"application_fee_amount": 100})
    with pytest.raises(stripe.InvalidRequestError) as intent:
        api.v1.payment_intents.create({"amount": 500, "currency": "usd", "application_fee_amount": 100})

    for caught in (session, intent):
        assert caught.value.http_status == 400
        assert "Can only apply an application_fee when the request is made on behalf of another account" in str(
            caught.value.user_message
        )


def test_pitfall_19_a_py_charge_and_its_fee_are_found_where_they_live_and_no_event_tells_of_the_charge(
    api: Api,
) -> None:
    vendor, charge = sell_destination(api)

    payment = api.v1.charges.list({}, options(vendor)).data[0]
    fee = api.v1.application_fees.retrieve(charge.application_fee)

    assert payment.id.startswith("py_")
    assert (payment.source_transfer, payment.application_fee) == (charge.transfer, fee.id)
    assert (fee.charge, fee.account, fee.originating_transaction) == (payment.id, vendor, charge.id)
    assert "application_fee.created" in api.event_types()
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.refunds.create({"charge": payment.id}, options(vendor))
    assert "reverse the transfer" in str(caught.value.user_message)


def test_pitfall_21_no_endpoint_is_made_on_a_connected_account(api: Api) -> None:
    vendor = api.vendor()
    params: Any = {"url": "http://localhost:8000/hook", "enabled_events": ["*"]}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.webhook_endpoints.create(params, options(vendor.id))

    assert "use connect=true" in str(caught.value.user_message)
    assert api.v1.webhook_endpoints.list().data == []
    assert api.v1.webhook_endpoints.create({**params, "connect": True}).application is not None


def test_pitfall_22_a_used_key_brings_back_an_intent_that_is_cancelled_since(api: Api) -> None:
    params: Any = {"amount": 500, "currency": "usd"}
    first = api.v1.payment_intents.create(params, {"idempotency_key": "order-1"})
    api.v1.payment_intents.cancel(first.id)

    again = api.v1.payment_intents.create(params, {"idempotency_key": "order-1"})
    other = api.v1.payment_intents.create(params, {"idempotency_key": "order-1-try-2"})

    assert (again.id, again.status) == (first.id, "requires_payment_method")
    assert api.v1.payment_intents.retrieve(again.id).status == "canceled"
    assert other.id != first.id


@pytest.mark.parametrize("currency", ["ugx", "isk"])
def test_pitfall_24_a_currency_without_coins_travels_with_two_zeros_and_nothing_else(api: Api, currency: str) -> None:
    vendor, session = sell_direct(api, currency=currency, total=250_000, fee=10_000)
    charge = api.v1.charges.list({}, options(vendor)).data[0]
    code = api.v1.coupons.create({"percent_off": 33})  # type: ignore[arg-type]
    refusals = {
        "line_items": lambda: api.open_session(250_050, currency),
        "amount": lambda: api.v1.refunds.create({"charge": charge.id, "amount": 50}, options(vendor)),
        "payment_intent_data[application_fee_amount]": lambda: sell_direct(
            api, currency=currency, total=250_000, fee=1
        ),
    }

    for param, call in refusals.items():
        with pytest.raises(stripe.InvalidRequestError) as caught:
            call()
        assert (caught.value.http_status, caught.value.param) == (400, param)
        assert "must be a multiple of 100" in str(caught.value.user_message)
    for amount in (33_300, 100_000, 116_700):
        api.v1.refunds.create({"charge": charge.id, "amount": amount, "refund_application_fee": True}, options(vendor))
    back = api.v1.application_fees.refunds.list(charge.application_fee).data

    assert session.amount_total == 250_000
    assert [refund.amount for refund in reversed(back)] == [1_300, 4_000, 4_700]
    assert api.open_session(500_200, currency, discounts=[{"coupon": code.id}]).total_details.amount_discount == 165_100


def test_pitfall_25_two_sessions_of_one_order_can_both_be_paid_until_one_is_expired(api: Api) -> None:
    first, second, third = (api.open_session(client_reference_id="order-1") for _ in range(3))

    api.v1.checkout.sessions.expire(first.id)
    outcomes = [api.pay(session.id).kind for session in (first, second, third)]

    assert outcomes == ["closed", "complete", "complete"]
    assert len([charge for charge in api.v1.charges.list().data if charge.paid]) == 2
