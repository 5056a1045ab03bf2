"""What publishable and read-only keys may do, over every operation there is, and what a browser sees of an intent."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from store.sandbox.kernel.spec import object_fields
from store.sandbox.stripe.browser import INTENT_FIELDS
from store.sandbox.stripe.keys import PUBLISHABLE_KEY
from store.sandbox.stripe.resources import ROUTES
from store.sandbox.stripe.routing import Route
from tests.sandbox.api.conftest import EXPRESS, Api

BROWSER = f"Bearer {PUBLISHABLE_KEY}"
READER = "Bearer rk_test_read_overprint"
# Written down once more, by hand: a call that opens by mistake must not open this list with it.
CALLS_OF_A_BROWSER = {
    "GET /v1/payment_intents/{intent}",
    "POST /v1/payment_intents/{intent}/confirm",
    "POST /v1/payment_methods",
}
# What the provider's own library for browsers declares of an intent (`@stripe/stripe-js` 10.2.1, `PaymentIntent`).
DECLARED = {
    "id",
    "object",
    "amount",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "status",
}


def routes(wanted: Callable[[Route], bool]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("route", list(filter(wanted, ROUTES)), ids=lambda route: route.operation)


def ask(api: Api, route: Route, key: str) -> tuple[int, dict[str, Any]]:
    method, template = route.operation.split(" ")
    status, _, answer = api.raw(method, re.sub(r"{\w+}", "none", template), authorization=key)
    return status, answer


def is_of_a_browser(route: Route) -> bool:
    return route.operation in CALLS_OF_A_BROWSER


@routes(lambda route: not is_of_a_browser(route))
def test_publishable_key_is_refused_when_the_call_is_a_server_s(api: Api, route: Route) -> None:
    status, answer = ask(api, route, BROWSER)

    assert (status, answer["error"]["code"]) == (401, "secret_key_required")


@routes(is_of_a_browser)
def test_publishable_key_is_let_in_when_the_call_is_a_browser_s(api: Api, route: Route) -> None:
    status, answer = ask(api, route, BROWSER)

    assert status in (400, 404)
    assert answer["error"]["code"] != "secret_key_required"


def test_every_call_of_a_browser_is_an_operation_of_the_sandbox() -> None:
    assert {route.operation for route in ROUTES} >= CALLS_OF_A_BROWSER


@routes(lambda route: not route.operation.startswith("GET "))
def test_reading_key_is_refused_when_the_call_writes(api: Api, route: Route) -> None:
    status, answer = ask(api, route, READER)

    assert status == 403
    assert "does not have the required permissions" in answer["error"]["message"]


@routes(lambda route: route.operation.startswith("GET "))
def test_reading_key_is_answered_as_a_secret_one_when_the_call_reads(api: Api, route: Route) -> None:
    allowed, answer = ask(api, route, READER)
    expected, other = ask(api, route, "Bearer sk_test_overprint")

    assert allowed == expected in (200, 400, 404)
    assert answer.get("error", {}).get("message") == other.get("error", {}).get("message")


def split_intent(api: Api, method: str = "pm_card_visa") -> Any:
    """Make an intent in which everything that is the merchant's own business is filled in."""
    express = api.vendor(controller=EXPRESS)
    customer = api.v1.customers.create({"name": "Ada"})
    return api.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "usd",
            "customer": customer.id,
            "payment_method": method,
            "metadata": {"margin": "high"},
            "application_fee_amount": 200,
            "transfer_data": {"destination": express.id},
            "transfer_group": "OP-7K3M9",
        }
    )


def test_browser_sees_what_its_library_declares_when_it_reads_and_confirms(api: Api) -> None:
    intent = split_intent(api)
    path, body = f"/v1/payment_intents/{intent.id}", {"client_secret": intent.client_secret}

    _, _, read = api.raw("GET", f"{path}?client_secret={intent.client_secret}", authorization=BROWSER)
    status, _, confirmed = api.raw("POST", f"{path}/confirm", body, authorization=BROWSER)
    _, _, whole = api.raw("GET", path)

    assert set(read) == set(confirmed) == DECLARED == INTENT_FIELDS
    assert (status, confirmed["status"]) == (200, "succeeded")
    assert confirmed == {name: whole[name] for name in DECLARED}
    assert set(whole) == {"object", *object_fields("payment_intent")} > DECLARED


def test_browser_sees_no_more_when_its_card_is_declined(api: Api) -> None:
    intent = split_intent(api, "pm_card_visa_chargeDeclined")
    path, body = f"/v1/payment_intents/{intent.id}/confirm", {"client_secret": intent.client_secret}

    status, _, answer = api.raw("POST", path, body, authorization=BROWSER)

    assert (status, answer["error"]["code"]) == (402, "card_declined")
    assert set(answer["error"]["payment_intent"]) == DECLARED


@pytest.mark.parametrize("path", ["customer", "latest_charge", "payment_method.customer", "transfer_data.destination"])
def test_browser_expands_its_payment_method_and_nothing_else(api: Api, path: str) -> None:
    intent = split_intent(api)
    query = f"/v1/payment_intents/{intent.id}?client_secret={intent.client_secret}&expand[]="

    _, _, shown = api.raw("GET", query + "payment_method", authorization=BROWSER)
    status, _, refused = api.raw("GET", query + path, authorization=BROWSER)
    server, _, _ = api.raw("GET", query + path)

    assert shown["payment_method"]["card"]["last4"] == "4242"
    assert (status, refused["error"]["param"]) == (400, "expand")
    assert server == 200


def test_stored_answer_is_kept_from_a_key_that_may_not_have_it(api: Api) -> None:
    intent = split_intent(api)
    path = f"/v1/payment_intents/{intent.id}/confirm"
    api.raw("POST", path, idempotency_key="k1")
    api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k2")

    browser, _, seen = api.raw("POST", path, idempotency_key="k1", authorization=BROWSER)
    secret, _, _ = api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k2", authorization=BROWSER)
    reader, _, _ = api.raw("POST", "/v1/customers", {"name": "Ada"}, idempotency_key="k2", authorization=READER)

    assert (browser, secret, reader) == (400, 401, 403)
    assert seen["error"]["type"] == "idempotency_error"
