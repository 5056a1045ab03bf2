"""Webhook endpoints: the secret is told once."""

import pytest
import stripe

from tests.sandbox.api.conftest import Api

URL = "http://localhost:8000/webhooks/stripe"


def test_secret_is_told_only_when_the_endpoint_is_created(api: Api) -> None:
    made = api.v1.webhook_endpoints.create(
        {"url": URL, "enabled_events": ["*"], "api_version": "2026-10-28.endive", "metadata": {"a": "1"}}
    )

    assert made.secret.startswith("whsec_")
    assert (made.status, made.application, made.api_version) == ("enabled", None, "2026-10-28.endive")
    assert "secret" not in api.v1.webhook_endpoints.retrieve(made.id)
    assert "secret" not in api.v1.webhook_endpoints.list().data[0]
    assert "secret" not in api.v1.webhook_endpoints.update(made.id, {"description": "shop"})


def test_endpoint_has_an_application_when_it_is_for_connected_accounts(api: Api) -> None:
    made = api.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["account.updated"], "connect": True})

    assert made.application is not None


def test_endpoint_is_changed_and_deleted(api: Api) -> None:
    made = api.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]})

    changed = api.v1.webhook_endpoints.update(made.id, {"disabled": True, "enabled_events": ["charge.refunded"]})
    gone = api.v1.webhook_endpoints.delete(made.id)

    assert (changed.status, changed.enabled_events) == ("disabled", ["charge.refunded"])
    assert gone.deleted is True
    with pytest.raises(stripe.InvalidRequestError):
        api.v1.webhook_endpoints.retrieve(made.id)


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"url": "localhost:8000"}, "url"),
        ({"enabled_events": ["checkout.session.complete"]}, "enabled_events[0]"),
        ({"api_version": "2020-08-27"}, "api_version"),
    ],
)
def test_endpoint_is_refused_when_a_field_is_wrong(api: Api, wrong: dict[str, object], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"], **wrong})  # type: ignore[typeddict-item]

    assert caught.value.param == param


def test_endpoint_is_refused_when_it_is_made_on_a_connected_account(api: Api) -> None:
    vendor = api.vendor()

    with pytest.raises(stripe.InvalidRequestError):
        api.v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"]}, {"stripe_account": vendor.id})
