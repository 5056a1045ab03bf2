"""PayPal's refusals, from the place that finds them to the response.

Invariant: every body names its `debug_id`, the same as the header `paypal-debug-id`, and every detail carries an
`issue` whose text is the one PayPal publishes for the operation (the spec pack has them).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from store.sandbox.paypal.spec import find_issue

# Issues that PayPal sends for an operation although its file does not list them there.
UNLISTED = {
    "DECIMALS_NOT_SUPPORTED": "Currency does not support decimals. Please refer to "
    "https://developer.paypal.com/api/rest/reference/currency-codes/ for more information.",
    "ACTION_DOES_NOT_MATCH_INTENT": "Order was created with an intent to 'AUTHORIZE'. Please use "
    "v2/checkout/orders/order_id/authorize to complete the order.",
}
# A finding of a check: issue, JSON pointer of the field (empty: none is to blame), its value.
Finding = tuple[str, str, str | None]
DOC_URL = "https://developer.paypal.com/api/rest/responses/"
NAMES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    401: (
        "AUTHENTICATION_FAILURE",
        "Authentication failed due to missing authorization header, or invalid authentication credentials.",
    ),
    403: ("NOT_AUTHORIZED", "Authorization failed due to insufficient permissions."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    405: ("METHOD_NOT_SUPPORTED", "The server does not implement the requested HTTP method."),
    409: ("RESOURCE_CONFLICT", "The server has detected a conflict while processing this request."),
    413: ("REQUEST_ENTITY_TOO_LARGE", "The request body is larger than the server takes."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The server does not support the request payload's media type."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
    429: ("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting."),
    500: ("INTERNAL_SERVER_ERROR", "An internal server error occurred."),
    503: ("SERVICE_UNAVAILABLE", "Service Unavailable."),
}


@dataclass(frozen=True)
class Issue:
    """One detail of a refusal; `field` is a JSON pointer (or a parameter's name), `location` body, path or query."""

    issue: str
    field: str | None = None
    value: str | None = None
    location: str | None = None
    description: str = ""

    def show(self) -> dict[str, str]:
        """The detail as a body has it, without what was not given."""
        return {name: value for name, value in vars(self).items() if value}


class PayPalError(Exception):
    """A refusal: HTTP status, `name`, details, and links beside the one to the documentation."""

    def __init__(
        self,
        status: int,
        name: str = "",
        issues: tuple[Issue, ...] = (),
        *,
        message: str = "",
        links: tuple[dict[str, str], ...] = (),
        keeps_effect: bool = False,
    ) -> None:
        usual, words = NAMES.get(status, NAMES[500])
        super().__init__(", ".join(issue.issue for issue in issues) or name or usual)
        self.status = status
        self.name = name or usual
        self.message = message or words
        self.issues = issues
        self.links = links
        # A refused payment is counted: the answer is an error, what was counted stays.
        self.keeps_effect = keeps_effect

    def show(self, debug_id: str) -> dict[str, Any]:
        """Return the JSON body."""
        body: dict[str, Any] = {"name": self.name, "message": self.message, "debug_id": debug_id}
        if self.issues:
            body["details"] = [issue.show() for issue in self.issues]
        # Versions 1 of the APIs tell an issue in words, which are no part of an address.
        reason = next((one.issue for one in self.issues if one.issue.isidentifier()), self.name)
        about = {"href": f"{DOC_URL}#{reason}", "rel": "information_link", "method": "GET"}
        body["links"] = [about, *self.links]
        return body


class AuthError(PayPalError):
    """A refused credential: its body has `error` and `error_description`, not the usual shape."""

    def __init__(self, error: str, description: str, status: int = 401) -> None:
        super().__init__(status, error, message=description)

    def show(self, debug_id: str) -> dict[str, Any]:
        """Return the JSON body, as OAuth has it."""
        return {"error": self.name, "error_description": self.message}


def encode(body: Any) -> bytes:
    """Return JSON as the API sends it: compact, UTF-8."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def issue(
    operation_id: str,
    issue: str,
    *,
    field: str | None = None,
    value: str | None = None,
    location: str | None = None,
    links: tuple[dict[str, str], ...] = (),
) -> PayPalError:
    """Return the refusal of an operation for one of its published issues, with PayPal's status and text.

    KeyError when PayPal lists no such issue for the operation: nobody may make one up.
    """
    status, description = find_issue(operation_id, issue)
    if field and location is None:
        location = "body"
    return PayPalError(status, issues=(Issue(issue, field, value, location, description),), links=links)


def refuse(
    operation_id: str, findings: list[Finding], links: tuple[dict[str, str], ...] = (), keeps_effect: bool = False
) -> PayPalError:
    """Return the one refusal of all findings; syntax (400) hides what is wrong with the business (422)."""
    told: dict[int, list[Issue]] = {}
    for name, field, value in findings:
        status, text = _describe(operation_id, name)
        told.setdefault(status, []).append(Issue(name, field or None, value, "body" if field else None, text))
    status = min(told)
    return PayPalError(status, issues=tuple(told[status]), links=links, keeps_effect=keeps_effect)


def _describe(operation_id: str, name: str) -> tuple[int, str]:
    """Return status and text of an issue; where the operation lists none, what the same fault of a new order has."""
    for listed in (operation_id, "orders.create", "orders.patch"):
        try:
            return find_issue(listed, name)
        except KeyError:
            continue
    return 422, UNLISTED[name]


def missing(field: str = "", value: str = "") -> PayPalError:
    """Return the 404 for an id that is nothing here: in the path's parameter `field`, or in the body's, a pointer."""
    text = "Specified resource ID does not exist. Please check the resource ID and try again."
    location = ("body" if field.startswith("/") else "path") if field else None
    found = Issue("INVALID_RESOURCE_ID", field or None, value or None, location, text)
    return PayPalError(404, issues=(found,))
