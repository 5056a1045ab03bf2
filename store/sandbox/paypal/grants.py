"""Whether a caller may act for the account it names: `PayPal-Auth-Assertion` in calls of Payments v2.

An unsigned JWT names the caller (`iss`) and the account (`payer_id` or `email`). Here every app acts for its own
account and nobody has granted it another, so any other name is a 403. developer.paypal.com/api/rest/requests/
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from store.sandbox.paypal.errors import issue
from store.sandbox.paypal.routing import Call


def check_grant(call: Call) -> None:
    """Refuse (403 PERMISSION_DENIED) a call that says it acts for somebody else's account.

    KeyError for an operation of which PayPal lists no such refusal.
    """
    assertion = call.headers.get("paypal-auth-assertion", "")
    if not assertion:
        return
    claims = _read_claims(assertion)
    account = claims.get("payer_id") or claims.get("email")
    if claims.get("iss") != call.app.client_id or account not in (call.app.merchant_id, call.app.email):
        raise issue(call.operation_id, "PERMISSION_DENIED")


def _read_claims(assertion: str) -> dict[str, Any]:
    try:
        part = assertion.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
