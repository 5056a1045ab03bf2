"""Names, types, enums, lengths and the rules between fields: refused by name before anything happens."""

import json
from typing import Any

import pytest
import stripe

from store.sandbox.kernel.spec import load_spec
from store.sandbox.stripe.resources import ROUTES
from tests.sandbox.api.conftest import Api

LINE = {
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "1000",
    "line_items[0][price_data][product_data][name]": "Print",
    "line_items[0][quantity]": "1",
}
SESSION = {"mode": "payment", "success_url": "http://localhost:8000/done", **LINE}
SESSIONS = "/v1/checkout/sessions"


def refused(api: Api, path: str, body: dict[str, str]) -> dict[str, Any]:
    status, headers, answer = api.raw("POST", path, body)
    assert status == 400, answer
    assert headers["Request-Id"].startswith("req_")
    error: dict[str, Any] = answer["error"]
    assert error["type"] == "invalid_request_error"
    return error


def test_parameter_is_refused_when_nobody_knows_it(api: Api) -> None:
    error = refused(api, SESSIONS, SESSION | {"colour": "red"})

    assert (error["code"], error["param"]) == ("parameter_unknown", "colour")
    assert error["message"] == "Received unknown parameter: colour"


def test_nested_parameter_is_refused_when_nobody_knows_it(api: Api) -> None:
    error = refused(api, SESSIONS, SESSION | {"payment_intent_data[colour]": "red"})

    assert (error["code"], error["param"]) == ("parameter_unknown", "payment_intent_data[colour]")


def test_removed_parameter_is_refused_when_an_old_tutorial_is_followed(api: Api) -> None:
    session = refused(api, SESSIONS, SESSION | {"payment_method_types[0]": "card"})
    intent = refused(api, "/v1/payment_intents", {"amount": "500", "currency": "usd", "payment_method_types[]": "card"})

    assert session["param"] == "payment_method_types"
    assert intent["code"] == "payment_method_types_no_longer_supported"


@pytest.mark.parametrize("old", ["hosted", "embedded", "custom"])
def test_old_ui_mode_is_refused_when_it_was_renamed(api: Api, old: str) -> None:
    assert refused(api, SESSIONS, SESSION | {"ui_mode": old})["param"] == "ui_mode"


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"expires_at": "soon"}, "expires_at", "parameter_invalid_integer"),
        ({"line_items[0][quantity]": "1.5"}, "line_items[0][quantity]", "parameter_invalid_integer"),
        ({"customer_creation": "sometimes"}, "customer_creation", None),
        ({"metadata[" + "k" * 41 + "]": "v"}, "metadata", None),
        ({"metadata[k]": "v" * 501}, "metadata", None),
        ({f"metadata[k{n}]": "v" for n in range(51)}, "metadata", None),
        ({"client_reference_id": "x" * 5001}, "client_reference_id", None),
        ({"line_items[0][price_data][currency]": ""}, "line_items[0][price_data][currency]", "parameter_invalid_empty"),
        ({"success_url": ""}, "success_url", "parameter_missing"),
        ({"line_items": "none"}, "line_items", None),
        ({"success_url": "/done"}, "success_url", "url_invalid"),
        ({"cancel_url": "http://[oops"}, "cancel_url", "url_invalid"),
        ({"expand": "customer"}, "expand", None),
        ({"payment_intent_data": "x"}, "payment_intent_data", None),
        ({"payment_intent_data": ""}, "payment_intent_data", "parameter_invalid_empty"),
        ({"metadata": "x"}, "metadata", None),
        ({"metadata[k][l]": "v"}, "metadata[k]", None),
        ({"mode[x]": "payment"}, "mode[x]", None),
        ({"line_items[0][price]": "price_unknown"}, "line_items", None),
        ({"line_items[0][price_data][currency]": "zzz"}, "line_items[0][price_data][currency]", None),
        ({"line_items[0][price_data][unit_amount]": "49"}, "line_items", "amount_too_small"),
        ({"line_items[0][price_data][unit_amount]": "-1"}, "line_items[0][price_data][unit_amount]", None),
        ({"line_items[0][quantity]": "0"}, "line_items", None),
        ({"allowed_payment_method_types[0]": "paypal"}, "allowed_payment_method_types", None),
        ({"customer": "cus_1", "customer_email": "a@example.com"}, "customer_email", None),
        ({"mode": "subscription"}, "mode", "sandbox_unsupported"),
        ({"ui_mode": "elements"}, "success_url", None),
        ({"ui_mode": "form"}, "ui_mode", "sandbox_unsupported"),
        (
            {"allow_promotion_codes": "true", "discounts[0][coupon]": "x"},
            "allow_promotion_codes",
            None,
        ),
        (
            {"payment_intent_data[setup_future_usage]": "off_session"},
            "payment_intent_data[setup_future_usage]",
            "sandbox_unsupported",
        ),
        (
            {"payment_intent_data[application_fee_amount]": "100"},
            "payment_intent_data[application_fee_amount]",
            None,
        ),
        (
            {"payment_intent_data[transfer_data][amount]": "1"},
            "payment_intent_data[transfer_data][destination]",
            "parameter_missing",
        ),
    ],
)
def test_session_is_refused_when_a_field_is_wrong(
    api: Api, change: dict[str, str], param: str, code: str | None
) -> None:
    error = refused(api, SESSIONS, SESSION | change)

    assert (error["param"], error.get("code")) == (param, code)
    assert api.world.find(None, "checkout.session") == []


@pytest.mark.parametrize(
    ("path", "hash"), [("/v1/prices", ""), (SESSIONS, "line_items[0][price_data]")], ids=["price", "session"]
)
def test_product_is_blamed_by_its_whole_name_when_nobody_knows_it(api: Api, path: str, hash: str) -> None:
    product = f"{hash}[product]" if hash else "product"
    good = {"currency": "usd", "unit_amount": "500"} if path == "/v1/prices" else SESSION
    body = {name: value for name, value in good.items() if "product_data" not in name} | {product: "prod_none"}

    status, _, answer = api.raw("POST", path, body)

    assert (status, answer["error"]["code"]) == (404, "resource_missing")
    assert (answer["error"]["param"], answer["error"]["message"]) == (product, "No such product: 'prod_none'")
    assert api.world.find(None, "price") == []


@pytest.mark.parametrize("missing", ["mode", "success_url", "line_items"])
def test_session_is_refused_when_a_required_field_is_missing(api: Api, missing: str) -> None:
    body = {k: v for k, v in SESSION.items() if not k.startswith(missing)}

    error = refused(api, SESSIONS, body)

    assert (error["param"], error["code"]) == (missing, "parameter_missing")


@pytest.mark.parametrize(("minutes", "good"), [(29, False), (31, True), (24 * 60 - 1, True), (24 * 60 + 1, False)])
def test_expiry_is_checked_when_it_is_near_its_bounds(api: Api, minutes: int, good: bool) -> None:
    expires = str(api.world.clock.now() + minutes * 60)

    status, _, answer = api.raw("POST", SESSIONS, SESSION | {"expires_at": expires})

    assert (status == 200) is good
    assert good or answer["error"]["param"] == "expires_at"


@pytest.mark.parametrize("limit", ["0", "101", "-1"])
def test_list_is_refused_when_the_limit_is_out_of_range(api: Api, limit: str) -> None:
    status, _, answer = api.raw("GET", f"{SESSIONS}?limit={limit}")

    assert (status, answer["error"]["param"]) == (400, "limit")


def test_operation_is_refused_by_name_when_the_sandbox_lacks_it(api: Api) -> None:
    status, _, answer = api.raw("POST", "/v1/topups", {"amount": "100", "currency": "usd"})

    assert (status, answer["error"]["code"]) == (400, "sandbox_unsupported")
    assert "POST /v1/topups" in answer["error"]["message"]


def test_url_is_refused_when_the_provider_has_none_like_it(api: Api) -> None:
    status, _, answer = api.raw("GET", "/v1/tomatoes")

    assert status == 404
    assert "Unrecognized request URL (GET: /v1/tomatoes)" in answer["error"]["message"]


def test_body_is_refused_when_it_is_json(api: Api) -> None:
    status, _, answer = api.raw("POST", SESSIONS, json.dumps(SESSION), content_type="application/json")

    assert status == 400
    assert "form-encoded" in answer["error"]["message"]


def test_client_raises_its_own_error_when_a_parameter_is_unknown(api: Api) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.open_session(colour="red")

    assert (caught.value.http_status, caught.value.code, caught.value.param) == (
        400,
        "parameter_unknown",
        "colour",
    )
    assert str(caught.value.request_id).startswith("req_")


def test_every_supported_parameter_is_one_of_the_provider(api: Api) -> None:
    unknown = []
    for route in ROUTES:
        node = load_spec()["operations"][route.operation]
        for path in route.supported - {"expand"}:
            here: Any = node
            for step in path.split("."):
                here = here["v"] if here["t"] == "a" else here
                here = here["p"].get(step) if here["t"] == "o" else here["v"] if here["t"] == "m" else None
                if here is None:
                    unknown.append(f"{route.operation}: {path}")
                    break

    assert unknown == []


def test_body_is_refused_when_it_is_too_large(api: Api) -> None:
    status, _, _ = api.raw("POST", SESSIONS, "a=" + "x" * (1 << 20))
    many, _, _ = api.raw("POST", SESSIONS, "&".join(f"a{n}=1" for n in range(2001)))

    assert (status, many) == (400, 400)


def test_boolean_and_range_are_refused_when_they_are_none(api: Api) -> None:
    flag = refused(api, "/v1/refunds", {"charge": "ch_1", "reverse_transfer": "yes"})
    status, _, answer = api.raw("GET", f"{SESSIONS}?created=yesterday")

    assert flag["param"] == "reverse_transfer"
    assert (status, answer["error"]["param"]) == (400, "created")


def test_sessions_lines_are_refused_when_they_disagree(api: Api) -> None:
    second = {k.replace("[0]", "[1]"): v for k, v in LINE.items()}

    mixed = refused(api, SESSIONS, SESSION | second | {"line_items[1][price_data][currency]": "eur"})
    unknown = refused(
        api,
        SESSIONS,
        {
            "mode": "payment",
            "success_url": "http://localhost/",
            "line_items[0][price]": "price_x",
            "line_items[0][quantity]": "1",
        },
    )

    assert (mixed["param"], unknown["code"]) == ("line_items", "resource_missing")
