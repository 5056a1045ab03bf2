"""OAuth: a token for the app's credentials, good until the clock or somebody ends it; and PayPal's two kinds of 401."""

from __future__ import annotations

import base64

import pytest

from store.sandbox.paypal.app import merchant_id
from store.sandbox.paypal.spec import load_spec
from store.sandbox.paypal.tokens import TOKEN_SECONDS, revoke_tokens
from tests.sandbox.paypal.conform import check_answer
from tests.sandbox.paypal.conftest import PayPal

ANY_ORDER = "/v2/checkout/orders/5O190127TN364715T"
FORM = {"grant_type": "client_credentials"}
SECRET = "overprint-secret"


async def ask(paypal: PayPal, client_id: str = "overprint", secret: str = SECRET, **form: str):
    return await paypal.sandbox.client.post("/v1/oauth2/token", data=form or FORM, auth=(client_id, secret))


async def test_a_token_opens_the_api_when_the_credentials_are_right(paypal: PayPal):
    token = (await ask(paypal)).json()

    answer = await paypal.sandbox.client.get(ANY_ORDER, headers={"Authorization": f"Bearer {token['access_token']}"})

    assert (token["expires_in"], token["token_type"]) == (TOKEN_SECONDS, "Bearer")
    assert token["app_id"].startswith("APP-")
    assert answer.status_code == 404


async def test_basic_credentials_open_the_api_without_a_token(paypal: PayPal):
    answer = await paypal.sandbox.client.get(ANY_ORDER, auth=("overprint", "overprint-secret"))

    assert answer.status_code == 404


@pytest.mark.parametrize(("client_id", "secret"), [("overprint", "wrong"), ("", "-secret"), ("a b", "a b-secret")])
async def test_credentials_are_refused_when_they_are_wrong(paypal: PayPal, client_id: str, secret: str):
    answer = await ask(paypal, client_id, secret)

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client", "error_description": "Client Authentication failed"}


async def test_another_grant_is_refused(paypal: PayPal):
    answer = await ask(paypal, grant_type="password")
    none = await ask(paypal, x="y")

    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    assert none.json()["error_description"] == "Grant Type is NULL"


async def test_a_token_is_over_when_its_time_is_up(paypal: PayPal):
    paypal.advance(TOKEN_SECONDS - 1)
    before = await paypal.call("GET", ANY_ORDER)
    paypal.advance(1)

    after = await paypal.call("GET", ANY_ORDER)

    assert before.status_code == 404
    assert (after.status_code, after.json()["error"]) == (401, "invalid_token")


async def test_a_token_is_over_when_it_is_revoked(paypal: PayPal):
    assert revoke_tokens(paypal.app) == 1

    answer = await paypal.call("GET", ANY_ORDER)

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_token", "error_description": "Access Token not found in cache"}


@pytest.mark.parametrize(("method", "path"), [("GET", ANY_ORDER), ("POST", "/v1/payments/payouts")])
async def test_a_call_without_credentials_is_refused_in_the_apis_own_shape(paypal: PayPal, method: str, path: str):
    answer = await paypal.sandbox.client.request(method, path)

    assert (answer.status_code, answer.json()["name"]) == (401, "AUTHENTICATION_FAILURE")
    await check_answer(answer)


@pytest.mark.parametrize(
    "token", ["", "nonsense", "A21AA!!!!.x", "A21AAKioq.abc", "A21AAb3ZlcnByaW50.abc", "A21AA_w.x"]
)
async def test_a_call_is_refused_when_its_token_is_nobodys(paypal: PayPal, token: str):
    answer = await paypal.call("GET", ANY_ORDER, Authorization=f"Bearer {token}")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def test_an_app_does_not_see_the_orders_of_another(paypal: PayPal):
    basic = base64.b64encode(b"other:other-secret").decode()

    token = (await ask(paypal, "other", "other-secret")).json()["access_token"]
    answer = await paypal.call("GET", ANY_ORDER, Authorization=f"Basic {basic}")

    assert answer.status_code == 404
    assert token not in str(paypal.app.world.find(None, "paypal_token"))


async def test_expired_tokens_are_forgotten_when_a_new_one_is_given(paypal: PayPal):
    paypal.advance(TOKEN_SECONDS)

    await ask(paypal)

    assert len(paypal.app.world.find(paypal.app.merchant_id, "paypal_token")) == 1


async def test_only_posts_give_tokens(paypal: PayPal):
    assert (await paypal.call("GET", "/v1/oauth2/token")).status_code == 405


def test_a_merchant_id_has_paypals_form():
    schema = load_spec()["schemas"]["checkout_orders_v2"]["account_id"]

    assert schema["pattern"] == "^[2-9A-HJ-NP-Z]{13}$"
    assert {len(merchant_id(name)) for name in ("overprint", "x")} == {13}
    assert not set("".join(map(merchant_id, map(str, range(99))))) & set("01IO")
