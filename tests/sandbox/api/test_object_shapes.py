"""Every object has every field its class in the provider's client declares."""

from pathlib import Path

import pytest
import stripe

from store.sandbox.kernel.compact import read_objects
from store.sandbox.kernel.spec import load_spec, object_fields
from store.sandbox.kernel.world import DEMO_PLATFORM
from store.sandbox.stripe.objects import LEFT_OUT, PAYMENT_METHOD_FIELDS
from tests.sandbox.api.conftest import EXPRESS, Api

KINDS = [
    "account",
    "application_fee",
    "balance_transaction",
    "charge",
    "checkout.session",
    "coupon",
    "customer",
    "event",
    "fee_refund",
    "item",
    "payment_intent",
    "payment_method",
    "payout",
    "price",
    "product",
    "promotion_code",
    "refund",
    "transfer",
    "transfer_reversal",
    "webhook_endpoint",
]


@pytest.fixture
def busy(api: Api) -> Api:
    """A world in which everything has happened once."""
    direct, express = api.vendor(), api.vendor(controller=EXPRESS)
    session = api.open_session(account=direct.id, payment_intent_data={"application_fee_amount": 100})
    api.pay(session.id)
    data = {"transfer_data": {"destination": express.id}, "application_fee_amount": 100}
    api.pay(api.open_session(payment_intent_data=data, customer_creation="always").id)
    api.pay(api.open_session().id, "4000000000000002")
    api.pay(api.open_session(5000).id, "4000000000000077")
    api.advance(3)
    for charge in api.v1.charges.list().data:
        if charge.transfer:
            api.v1.refunds.create({"charge": charge.id, "reverse_transfer": True, "refund_application_fee": True})
    api.v1.payouts.create({"amount": 5, "currency": "usd"})
    coupon = api.v1.coupons.create({"percent_off": 10})
    api.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}})
    api.pay(api.open_session(discounts=[{"coupon": coupon.id}]).id)
    api.v1.webhook_endpoints.create({"url": "http://localhost:8000/", "enabled_events": ["*"]})
    return api


@pytest.mark.parametrize("kind", KINDS)
def test_object_has_every_field_of_its_class(busy: Api, kind: str) -> None:
    objects = busy.world.find(None, kind)
    fields = object_fields(kind)

    assert objects
    for obj in objects:
        missing = [name for name in fields if name not in obj and name not in LEFT_OUT.get(kind, ())]
        if kind == "payment_method":
            missing = [name for name in missing if name in PAYMENT_METHOD_FIELDS]
        if kind == "event":
            missing = [name for name in missing if name not in ("account", "context", "reason")]
        empty = [name for name, nullable in fields.items() if not nullable and obj.get(name) is None]
        assert (missing, [name for name in empty if name not in LEFT_OUT.get(kind, ())]) == ([], [])


def test_balance_has_every_field_of_its_class(busy: Api) -> None:
    balance = busy.v1.balance.retrieve().to_dict()

    assert [name for name in object_fields("balance") if name not in balance] == []
    assert busy.world.has(DEMO_PLATFORM, "account", DEMO_PLATFORM)


def test_compacted_spec_is_of_the_client_that_is_installed() -> None:
    assert load_spec()["objects"] == read_objects(Path(stripe.__file__).parent)
    assert load_spec()["version"] == "2026-10-28.endive"
