"""Signatures: checked against the provider's own client, which the sandbox itself never imports."""

from __future__ import annotations

import time

import pytest
import stripe

from store.sandbox.stripe.signing import sign_payload

BODY = '{"id": "evt_1", "object": "event", "text": "¥ größer"}'


def test_official_client_accepts_when_secret_and_body_match() -> None:
    header = sign_payload(BODY.encode(), ["whsec_a"], int(time.time()))

    assert stripe.WebhookSignature.verify_header(BODY, header, "whsec_a", 300)


def test_official_client_accepts_either_secret_when_two_are_active() -> None:
    header = sign_payload(BODY.encode(), ["whsec_new", "whsec_old"], int(time.time()))

    for secret in ("whsec_new", "whsec_old"):
        assert stripe.WebhookSignature.verify_header(BODY, header, secret, 300)


@pytest.mark.parametrize(
    ("body", "secret", "age"), [(BODY + " ", "whsec_a", 0), (BODY, "whsec_b", 0), (BODY, "whsec_a", 400)]
)
def test_official_client_refuses_when_anything_differs(body: str, secret: str, age: int) -> None:
    header = sign_payload(BODY.encode(), ["whsec_a"], int(time.time()) - age)

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body, header, secret, 300)


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_a", ""]])
def test_signing_refuses_when_a_secret_is_blank(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="blank"):
        sign_payload(b"{}", secrets, 1)
