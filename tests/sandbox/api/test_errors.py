"""What a refusal says: body, headers, and where to read on."""

import pytest
import stripe

from tests.sandbox.api.conftest import BASE, Api


def test_refusal_has_every_field_when_an_object_is_missing(api: Api) -> None:
    status, headers, answer = api.raw("GET", "/v1/customers/cus_none")

    assert status == 404
    assert answer == {
        "error": {
            "type": "invalid_request_error",
            "code": "resource_missing",
            "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
            "message": "No such customer: 'cus_none'",
            "param": "id",
            "request_log_url": f"{BASE}/console/requests/{headers['Request-Id']}",
        }
    }


def test_client_reads_request_and_code_when_a_card_is_declined(api: Api) -> None:
    with pytest.raises(stripe.CardError) as caught:
        api.v1.payment_intents.create(
            {
                "amount": 2000,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds",
            }
        )

    error = caught.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error is not None
    assert (error.error.decline_code, error.error.type) == ("insufficient_funds", "card_error")
    assert error.error.doc_url == "https://stripe.com/docs/error-codes/card-declined"
    assert str(error.error.request_log_url).endswith(str(error.request_id))
    assert error.error.payment_intent.last_payment_error.code == "card_declined"


def test_what_only_the_sandbox_refuses_has_no_page_of_the_provider(api: Api) -> None:
    _, _, answer = api.raw("POST", "/v1/customers", {"tax_exempt": "none"})

    assert answer["error"]["code"] == "sandbox_unsupported"
    assert "doc_url" not in answer["error"]


def test_version_is_echoed_when_an_older_client_asks(api: Api) -> None:
    status, headers, _ = api.raw("GET", "/v1/balance", stripe_version="2024-04-10")
    refused, bad, answer = api.raw("GET", "/v1/balance", stripe_version="yesterday")

    assert (status, headers["Stripe-Version"]) == (200, "2024-04-10")
    assert (refused, bad["Request-Id"][:4]) == (400, "req_")
    assert "Invalid Stripe API version: yesterday" in answer["error"]["message"]


@pytest.mark.parametrize("authorization", ["", "Bearer sk_live_x"])
def test_refusal_names_its_request_when_nobody_is_known(api: Api, authorization: str) -> None:
    _, headers, answer = api.raw("GET", "/v1/balance", authorization=authorization)

    assert headers["Request-Id"] in answer["error"]["request_log_url"]
    assert "Stripe-Notice" not in headers


def test_address_is_refused_when_the_provider_has_none_such(api: Api) -> None:
    status, _, answer = api.raw("GET", "/v1/socks")

    assert status == 404
    assert answer["error"]["message"] == "Unrecognized request URL (GET: /v1/socks)."


def test_operation_is_refused_by_name_when_the_sandbox_lacks_it(api: Api) -> None:
    status, _, answer = api.raw("POST", "/v1/files")

    assert (status, answer["error"]["code"]) == (400, "sandbox_unsupported")
    assert "POST /v1/files" in answer["error"]["message"]
