"""Which provider's API a request is for, and how that provider refuses what never reached it.

Two providers share one port and are told apart by their paths. Invariant: whatever the sandbox answers to a call of an
API has the shape, the headers and the request id of the provider that was called.
"""

from __future__ import annotations

from collections.abc import Mapping

from store.sandbox.paypal import api as paypal
from store.sandbox.stripe import api as stripe

Asked = stripe.Request | paypal.Request
# What a buyer's browser meets of PayPal.
PAYPAL_PAGES = ("/checkoutnow", "/sdk/", "/webapps/")
# Where a provider puts the id of a request in its answers.
ID_HEADERS = (b"request-id", b"paypal-debug-id")


def is_call(path: str) -> bool:
    """Tell whether a path is an API's, not a page's."""
    return path == "/v1" or path.startswith("/v1/") or paypal.owns(path)


def name_provider(path: str) -> str:
    """Return whose a path is: `paypal` for its APIs, its script and its pages, else `stripe`."""
    return "paypal" if paypal.owns(path) or path.startswith(PAYPAL_PAGES) else "stripe"


def read_call(method: str, path: str, headers: Mapping[str, str], query: bytes, body: bytes) -> Asked:
    """Return a request as the provider takes it whose path it has; `headers` have lower-case names."""
    kind = paypal.Request if paypal.owns(path) else stripe.Request
    return kind(method, path, headers, query, body)


def refuse_call(asked: Asked, status: int, message: str) -> tuple[int, dict[str, str], bytes]:
    """Return the provider's refusal of a request that never reached it or lost its answer."""
    if isinstance(asked, paypal.Request):
        return paypal.refuse_outside(asked, status, message)
    return stripe.refuse_outside(asked, status, message)
