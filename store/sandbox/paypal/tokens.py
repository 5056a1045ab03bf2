"""OAuth2 of PayPal: `POST /v1/oauth2/token` gives an app a token, by the sandbox's clock for nine hours.

A token is a document of the app's world, so a restart keeps it and a reset takes it; a client then meets the 401 that
it meets at PayPal, and asks anew (developer.paypal.com/api/rest/authentication).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from store.sandbox.kernel.worlds import Worlds
from store.sandbox.paypal.app import TOKEN_KIND, App, check_basic, encode_client_id
from store.sandbox.paypal.errors import AuthError

TOKEN_SECONDS = 32400
SCOPES = (
    "https://uri.paypal.com/services/payments/payment/authcapture https://uri.paypal.com/services/payments/refund"
    " https://uri.paypal.com/services/payments/payouts https://uri.paypal.com/services/applications/webhooks"
    " https://uri.paypal.com/services/disputes/read-seller openid"
)


def answer_token(worlds: Worlds, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Give the app of the Basic header a token; AuthError (401, or 400 for another grant than client credentials)."""
    app = check_basic(worlds, headers)
    form = dict(parse_qsl(body.decode("utf-8", "replace")))
    if form.get("grant_type") != "client_credentials":
        given = "Grant Type is NULL" if "grant_type" not in form else "Grant Type is invalid"
        raise AuthError("unsupported_grant_type", given, 400)
    token = issue_token(app)
    return {
        "scope": SCOPES,
        "access_token": token,
        "token_type": "Bearer",
        "app_id": f"APP-{hashlib.sha256(app.client_id.encode()).hexdigest()[:17].upper()}",
        "expires_in": TOKEN_SECONDS,
        "nonce": f"{secrets.token_urlsafe(16)}",
    }


def issue_token(app: App) -> str:
    """Return a new token of the app, good for `TOKEN_SECONDS` of the sandbox's clock; forget those that are over."""
    token = f"A21AA{encode_client_id(app.client_id)}.{secrets.token_urlsafe(32)}"
    with app.world.tx():
        for old in app.world.find(app.merchant_id, TOKEN_KIND):
            if old["expires"] <= app.now:
                app.world.delete(app.merchant_id, TOKEN_KIND, old["id"])
        app.world.put(app.merchant_id, TOKEN_KIND, {"id": token, "expires": app.now + TOKEN_SECONDS})
    return token


def revoke_tokens(app: App) -> int:
    """End every token of the app and return how many there were; the next call with one meets 401 `invalid_token`."""
    with app.world.tx():
        tokens = app.world.find(app.merchant_id, TOKEN_KIND)
        for token in tokens:
            app.world.delete(app.merchant_id, TOKEN_KIND, token["id"])
    return len(tokens)
