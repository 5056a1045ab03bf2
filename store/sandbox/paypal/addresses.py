"""Where a webhook may live, and how versions 1 of the APIs refuse a value.

PayPal sends to https on port 443 only; http on this machine is taken by the sandbox alone, for a shop beside it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from store.sandbox.paypal.errors import Issue, PayPalError
from store.sandbox.paypal.validate import is_url

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_address(url: str, field: str) -> None:
    """Refuse (400) an address that is neither https on port 443 nor http on this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refuse(field, url, "Not a valid webhook URL") from None
    usual = parts.scheme == "https" and bool(parts.hostname) and port in (None, 443)
    if not is_url(url) or not (usual or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise refuse(field, url, "Not a valid webhook URL: https on port 443, or http on this machine")


def refuse(field: str, value: str, issue: str, location: str = "body") -> PayPalError:
    """Return the 400 VALIDATION_ERROR about one value; `field` is a JSON pointer or a parameter's name."""
    return PayPalError(
        400, "VALIDATION_ERROR", (Issue(issue, field, value, location),), message="Invalid request - see details"
    )
