"""OAuth as the client's `oauth.deauthorize` calls it: at the connect base, with OAuth's own errors."""

from __future__ import annotations

import json

import pytest
import stripe
from stripe.oauth_error import InvalidClientError

from store.sandbox.stripe.connect.oauth import answer_oauth
from store.sandbox.stripe.keys import SECRET_KEY
from store.sandbox.stripe.objects import APPLICATION
from tests.sandbox.api.conftest import BASE, Api, DirectClient, api
from tests.sandbox.conftest import Sandbox

__all__ = ["api"]


class OAuthClient(DirectClient):
    """The direct transport, with the app's other door."""

    def send(self, method: str, url: str, headers: object, body: bytes) -> tuple[int, dict[str, str], bytes]:
        path = url.removeprefix(BASE)
        if not path.startswith("/oauth/"):
            return super().send(method, url, headers, body)
        lowered = {name.lower(): value for name, value in dict(headers).items()}  # type: ignore[call-overload]
        status, answer = answer_oauth(self.worlds, method.upper(), path, lowered, body)
        self.answer = json.loads(answer)
        return status, {}, answer


@pytest.fixture
def client(api: Api) -> stripe.StripeClient:
    bases = dict.fromkeys(("api", "connect", "files", "meter_events"), BASE)
    return stripe.StripeClient(
        SECRET_KEY,
        client_id=APPLICATION,
        base_addresses=bases,
        http_client=OAuthClient(api.worlds),  # type: ignore[arg-type]
    )


def test_account_has_left_when_the_client_deauthorizes_it(api: Api, client: stripe.StripeClient) -> None:
    vendor = api.vendor()

    told = client.oauth.deauthorize({"stripe_user_id": vendor.id})

    assert told.stripe_user_id == vendor.id
    with pytest.raises(stripe.PermissionError) as caught:
        client.v1.accounts.retrieve(vendor.id)
    # The client keeps the code of a refused permission in its error object only.
    assert caught.value.error
    assert (caught.value.http_status, caught.value.error.code) == (403, "account_invalid")
    for call in (
        lambda: client.v1.balance.retrieve(options={"stripe_account": vendor.id}),
        lambda: client.v1.events.list(options={"stripe_account": vendor.id}),
        lambda: client.v1.accounts.update(vendor.id, {"metadata": {"a": "b"}}),
    ):
        with pytest.raises(stripe.PermissionError):
            call()
    assert client.v1.accounts.list().data == []


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"client_id": "ca_another"}, InvalidClientError),
        ({"stripe_user_id": "acct_none"}, InvalidClientError),
    ],
)
def test_account_stays_when_the_application_or_the_account_is_another(
    api: Api, client: stripe.StripeClient, params: dict[str, str], error: type[Exception]
) -> None:
    vendor = api.vendor()

    with pytest.raises(error):
        client.oauth.deauthorize({"stripe_user_id": vendor.id} | params)  # type: ignore[arg-type]

    assert client.v1.accounts.retrieve(vendor.id).id == vendor.id


def test_account_cannot_leave_twice(api: Api, client: stripe.StripeClient) -> None:
    vendor = api.vendor()
    client.oauth.deauthorize({"stripe_user_id": vendor.id})

    with pytest.raises(InvalidClientError) as caught:
        client.oauth.deauthorize({"stripe_user_id": vendor.id})

    assert "not connected" in str(caught.value)


@pytest.mark.parametrize("key", ["pk_test_overprint", "rk_test_read_overprint", "sk_live_overprint"])
async def test_account_stays_when_the_key_may_not_deauthorize(sandbox: Sandbox, key: str) -> None:
    account = await sandbox.open_account()
    data = {"client_id": APPLICATION, "stripe_user_id": account}

    refused = await sandbox.client.post("/oauth/deauthorize", data=data, headers={"Authorization": f"Bearer {key}"})

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_request")
    assert (await sandbox.call("GET", f"/v1/accounts/{account}")).status_code == 200


async def test_call_is_answered_and_written_down_when_it_comes_over_http(sandbox: Sandbox) -> None:
    account = await sandbox.open_account()
    data = {"client_id": APPLICATION, "stripe_user_id": account}

    stranger = await sandbox.client.post("/oauth/deauthorize", data=data)
    done = await sandbox.call("POST", "/oauth/deauthorize", data)
    unknown = await sandbox.call("POST", "/oauth/token", {"grant_type": "authorization_code"})

    assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_request")
    assert (done.status_code, done.json()) == (200, {"stripe_user_id": account})
    assert unknown.status_code == 404
    paths = [row["path"] for row in await sandbox.truth("requests")]
    assert paths[:3] == ["/oauth/token", "/oauth/deauthorize", "/oauth/deauthorize"]
