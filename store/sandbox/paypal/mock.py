"""`PayPal-Mock-Response`: a caller asks for an issue, and the operation meets it without any effect.

As PayPal's own sandbox has it for Orders and Payments v2 (developer.paypal.com/negative-testing/request-headers), and
beside it the account's setting `issues`, which stays until it is changed. Invariant: only an issue that PayPal lists
for the operation can be asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from store.sandbox.paypal.app import App
from store.sandbox.paypal.errors import Issue, PayPalError
from store.sandbox.paypal.settings import read_settings
from store.sandbox.paypal.spec import list_issues

HEADER = "paypal-mock-response"


def mocked_issue(app: App, operation_id: str, headers: Mapping[str, str]) -> str | None:
    """Return the issue this request is to meet, or None; PayPalError 400 for a header that asks for nothing known."""
    listed = {issue for _, issue in list_issues(operation_id)}
    if HEADER not in headers or not listed:
        return read_settings(app).issues.get(operation_id)
    try:
        code = json.loads(headers[HEADER])["mock_application_codes"]
    except (ValueError, TypeError, KeyError):
        code = None
    if not isinstance(code, str) or code not in listed:
        text = f"The mock_application_codes of the header have to be one issue of {operation_id}."
        found = Issue("INVALID_PARAMETER_VALUE", "PayPal-Mock-Response", headers[HEADER], description=text)
        raise PayPalError(400, issues=(found,))
    return code
