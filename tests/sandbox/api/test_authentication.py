"""Keys and accounts: who may ask, and in whose world."""

import base64

import pytest
import stripe

from store.sandbox.stripe.keys import PUBLISHABLE_KEY, SECRET_KEY
from tests.sandbox.api.conftest import Api


@pytest.mark.parametrize(
    "key", ["", "Bearer ", "Bearer sk_test_", "Bearer rk_other_x", "Bearer sk_live_overprint", "Basic !!!", "Token x"]
)
def test_request_is_refused_when_the_key_is_wrong(api: Api, key: str) -> None:
    status, headers, answer = api.raw("GET", "/v1/balance", authorization=key)

    assert status == 401
    assert answer["error"]["type"] == "invalid_request_error"
    assert headers["Request-Id"].startswith("req_")
    assert "sk_test_overprint" not in answer["error"]["message"]


def test_request_is_answered_when_the_key_comes_as_basic(api: Api) -> None:
    basic = base64.b64encode(f"{SECRET_KEY}:".encode()).decode()

    status, headers, answer = api.raw("GET", "/v1/balance", authorization=f"Basic {basic}")

    assert (status, answer["object"]) == (200, "balance")
    assert headers["Stripe-Version"] == "2026-10-28.endive"
    assert "Stripe-Notice" not in headers


def test_publishable_key_is_refused_when_the_call_is_secret(api: Api) -> None:
    status, _, answer = api.raw("GET", "/v1/balance", authorization=f"Bearer {PUBLISHABLE_KEY}")

    assert (status, answer["error"]["code"]) == (401, "secret_key_required")


def test_publishable_key_reads_an_intent_only_when_it_has_its_secret(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd"})
    path = f"/v1/payment_intents/{intent.id}"

    good, _, _ = api.raw(
        "GET", f"{path}?client_secret={intent.client_secret}", authorization=f"Bearer {PUBLISHABLE_KEY}"
    )
    bad, _, _ = api.raw("GET", f"{path}?client_secret=wrong", authorization=f"Bearer {PUBLISHABLE_KEY}")
    none, _, _ = api.raw("GET", path, authorization=f"Bearer {PUBLISHABLE_KEY}")

    assert (good, bad, none) == (200, 400, 400)


def test_publishable_key_confirms_an_intent_only_when_it_has_its_secret(api: Api) -> None:
    intent = api.v1.payment_intents.create({"amount": 500, "currency": "usd", "payment_method": "pm_card_visa"})
    path = f"/v1/payment_intents/{intent.id}/confirm"
    key = f"Bearer {PUBLISHABLE_KEY}"

    none, _, _ = api.raw("POST", path, authorization=key)
    bad, _, _ = api.raw("POST", path, {"client_secret": "wrong"}, authorization=key)
    status, _, answer = api.raw("POST", path, {"client_secret": str(intent.client_secret)}, authorization=key)

    assert (none, bad) == (400, 400)
    assert (status, answer["status"]) == (200, "succeeded")


def test_live_key_is_refused_in_words(api: Api) -> None:
    for kind in ("sk", "pk", "rk"):
        status, _, answer = api.raw("GET", "/v1/balance", authorization=f"Bearer {kind}_live_51Hcanarycanary")

        assert status == 401
        assert "This is a live key and this is a sandbox" in answer["error"]["message"]
        assert "51Hcanarycanary" not in answer["error"]["message"]


def test_restricted_key_may_do_what_a_secret_one_may(api: Api) -> None:
    status, _, answer = api.raw("POST", "/v1/customers", {"name": "Ada"}, authorization="Bearer rk_test_overprint")

    assert (status, api.v1.customers.retrieve(answer["id"]).name) == (200, "Ada")


def test_restricted_key_only_reads_when_its_name_says_so(api: Api) -> None:
    customer, key = api.v1.customers.create({"name": "Ada"}), "Bearer rk_test_read_overprint"

    read, _, _ = api.raw("GET", f"/v1/customers/{customer.id}", authorization=key)
    for method in ("POST", "DELETE"):
        status, _, answer = api.raw(method, f"/v1/customers/{customer.id}", authorization=key)
        assert status == 403
        assert "does not have the required permissions" in answer["error"]["message"]

    assert read == 200
    assert api.v1.customers.retrieve(customer.id).name == "Ada"


def test_account_is_refused_when_nobody_connected_it(api: Api) -> None:
    with pytest.raises(stripe.PermissionError) as caught:
        api.v1.balance.retrieve(options={"stripe_account": "acct_stranger"})

    assert caught.value.http_status == 403
    assert caught.value.json_body["error"]["code"] == "account_invalid"


def test_object_is_missing_when_the_other_world_is_asked(api: Api) -> None:
    vendor = api.vendor()
    session = api.open_session(account=vendor.id)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.v1.checkout.sessions.retrieve(session.id)

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert api.v1.checkout.sessions.retrieve(session.id, options={"stripe_account": vendor.id}).id == session.id
