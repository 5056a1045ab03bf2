"""Events: stored with what they tell of, listed per account, heard only after the commit."""

from typing import Any

import pytest
import stripe

from store.sandbox.kernel.world import DEMO_PLATFORM
from tests.sandbox.api.conftest import Api


def test_event_has_the_providers_shape_when_it_is_retrieved(api: Api) -> None:
    customer = api.v1.customers.create(
        {"email": "ada@example.com", "metadata": {"_key": "1"}}, {"idempotency_key": "k1"}
    )

    event = api.v1.events.list({"type": "customer.created"}).data[0]

    assert (event.object, event.livemode, event.api_version) == ("event", False, "2026-10-28.endive")
    assert event.data.object.id == customer.id
    assert event.data.object.metadata.to_dict() == {"_key": "1"}
    assert event.request.idempotency_key == "k1"
    assert event.request.id.startswith("req_")
    assert "account" not in event
    assert api.v1.events.retrieve(event.id).id == event.id


def test_event_has_no_request_when_the_buyer_caused_it(api: Api) -> None:
    api.pay(api.open_session().id)

    event = api.v1.events.list({"type": "checkout.session.completed"}).data[0]

    assert (event.request.id, event.request.idempotency_key) == (None, None)


def test_snapshot_stays_as_it_was_when_the_object_changes(api: Api) -> None:
    customer = api.v1.customers.create({"name": "Ada"})

    api.v1.customers.update(customer.id, {"name": "Ada Lovelace"})

    created = api.v1.events.list({"type": "customer.created"}).data[0]
    updated = api.v1.events.list({"type": "customer.updated"}).data[0]
    assert created.data.object.name == "Ada"
    assert updated.data.previous_attributes.to_dict() == {"name": "Ada"}


def test_events_are_filtered_when_types_are_asked_for(api: Api) -> None:
    api.pay(api.open_session().id)

    some = api.v1.events.list({"types": ["charge.succeeded", "checkout.session.completed"]})
    group = api.v1.events.list({"type": "payment_intent.*"})

    assert {e.type for e in some.data} == {"charge.succeeded", "checkout.session.completed"}
    assert {e.type for e in group.data} == {"payment_intent.created", "payment_intent.succeeded"}


def test_vendors_event_is_missing_when_the_platform_asks(api: Api) -> None:
    vendor = api.vendor()
    api.pay(api.open_session(account=vendor.id).id)
    event = api.v1.events.list({}, {"stripe_account": vendor.id}).data[0]

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.events.retrieve(event.id)

    assert caught.value.code == "resource_missing"
    assert event.account == vendor.id


def test_events_are_gone_when_thirty_days_have_passed(api: Api) -> None:
    api.v1.customers.create({"name": "Ada"})

    api.advance(31 * 86400)

    assert api.v1.events.list().data == []


def test_listeners_hear_an_event_only_when_it_is_committed(api: Api) -> None:
    heard: list[tuple[str, str, bool]] = []

    def listen(account: str, event: dict[str, Any]) -> None:
        stored = api.world.has(DEMO_PLATFORM, "event", event["id"])
        heard.append((account, event["type"], stored and api.world._depth == 0))

    api.world.on_event.append(listen)

    with pytest.raises(ZeroDivisionError):
        emit_and_fail(api)
    api.v1.customers.create({"name": "Ada"})

    assert heard == [(DEMO_PLATFORM, "customer.created", True)]
    assert len(api.v1.events.list().data) == 1


def emit_and_fail(api: Api) -> None:
    with api.world.tx():
        api.world.emit(DEMO_PLATFORM, "customer.created", {"id": "cus_1", "object": "customer"})
        _ = 1 // 0
