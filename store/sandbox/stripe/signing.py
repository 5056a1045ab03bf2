"""Webhook signatures as the provider makes them, by our own code.

Header `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]`; v1 = HMAC-SHA256 with the whole secret text
(`whsec_` included) over `"{t}." + raw body`; one v1 for each active secret. Fact page §7.1.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


def sign_payload(body: bytes, secrets: Sequence[str], at: int) -> str:
    """Return the `Stripe-Signature` header for `body` signed at wall time `at` (epoch seconds).

    ValueError when there is no secret or a blank one: an unsigned event must never leave.
    """
    if not secrets or not all(secrets):
        raise ValueError("A webhook needs at least one secret, and none may be blank.")
    signed = b"%d." % at + body
    marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])
