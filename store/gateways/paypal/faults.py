"""What PayPal says when it refuses, read so that nothing in it can break us: every field may be missing.

The meaning is `details[].issue`, else `name`; descriptions may change. Three bodies exist: the API's
(`name`, `details`), the token's (`error`, `error_description`) and none at all.
developer.paypal.com/api/rest/integration/orders-api/errors
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from store.gateways.port import Declined, GatewayBug, Unavailable

# Refusals that a buyer can understand and act on, as a sentence without full stop.
BUYERS_ISSUES = {
    "INSTRUMENT_DECLINED": "PayPal could not take the money from this card or account",
    "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING": "PayPal could not take the money from this card or account",
    "PAYER_ACTION_REQUIRED": "PayPal needs something more from you",
    "CONTINGENCY_NOT_SUCCESSFUL": "The card's issuer could not confirm that it is you",
    "PAYMENT_DENIED": "PayPal declined this payment",
    "TRANSACTION_REFUSED": "PayPal declined this payment",
    "COMPLIANCE_VIOLATION": "PayPal declined this payment",
    "DECLINED_DUE_TO_RELATED_TXN": "PayPal declined this payment",
    "PAYEE_BLOCKED_TRANSACTION": "PayPal declined this payment",
    "TRANSACTION_BLOCKED_BY_PAYEE": "PayPal declined this payment",
    "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED": "PayPal takes no further try for this payment",
    "PAYER_CANNOT_PAY": "PayPal says that this account cannot pay for it",
    "PAYER_ACCOUNT_RESTRICTED": "PayPal says that this account cannot pay for it",
    "PAYER_ACCOUNT_LOCKED_OR_CLOSED": "PayPal says that this account cannot pay for it",
    "TRANSACTION_LIMIT_EXCEEDED": "The amount is more than this PayPal account may spend",
    "SHIPPING_ADDRESS_INVALID": "PayPal does not know this delivery address",
}
IN_PROGRESS = "PREVIOUS_REQUEST_IN_PROGRESS"


class PayPalFault(Exception):
    """One refusal. `issues`: all of them, the first decides; `links`: rel to address."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str]) -> None:
        said: dict[str, Any] = body if isinstance(body, dict) else {}
        details = said.get("details")
        rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
        self.status = status
        self.name = _text(said.get("name") or said.get("error"))
        self.issues = tuple(_text(row["issue"]) for row in rows if row.get("issue"))
        self.field = next((_text(row["field"]) for row in rows if row.get("field")), "")
        self.links = read_links(said)
        # Payouts keep the link to an earlier payout in the detail that refuses the second.
        told = [said, *rows, *({"links": row.get("link")} for row in rows)]
        self.all_links = tuple(href for one in told for href in read_links(one).values())
        self.debug_id = _text(said.get("debug_id")) or headers.get("paypal-debug-id", "")
        self.retry_after = headers.get("retry-after", "")
        described = next((_text(row["description"]) for row in rows if row.get("description")), "")
        words = described or _text(said.get("message") or said.get("error_description")) or "no words"
        at = f" at {self.field}" if self.field else ""
        super().__init__(
            f"HTTP {status} {self.issue or 'without a body'}{at}: {words} [{self.debug_id or 'no debug id'}]"
        )

    @property
    def issue(self) -> str:
        """The issue that decides, the error's name where it has none, or ""."""
        return self.issues[0] if self.issues else self.name

    @property
    def is_worth_repeating(self) -> bool:
        """Whether the same request under the same key may get another answer in a moment."""
        return self.status >= 500 or self.status < 300 or IN_PROGRESS in self.issues


def read_fault(answer: httpx.Response) -> PayPalFault:
    """The refusal in an answer whose body has been read, whatever that body is."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        body = None
    return PayPalFault(answer.status_code, body, answer.headers)


def read_links(thing: Mapping[str, Any]) -> dict[str, str]:
    """The links of a resource, rel to href, the first of each rel. Hosts differ by answer: never compare them."""
    links = thing.get("links")
    found: dict[str, str] = {}
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and isinstance(link.get("href"), str):
            found.setdefault(_text(link.get("rel")), link["href"])
    return found


def translate_fault(error: Exception) -> Exception:
    """A refusal or a lost answer in the port's words; anything else is ours and stays as it is."""
    if isinstance(error, TimeoutError):
        return Unavailable("no answer in time")
    if isinstance(error, httpx.TransportError):
        return Unavailable(f"the answer was lost: {error or type(error).__name__}")
    if not isinstance(error, PayPalFault):
        return error
    words = next((BUYERS_ISSUES[issue] for issue in error.issues if issue in BUYERS_ISSUES), None)
    if words and error.status == 422:
        return Declined(words)
    if error.status < 400 or error.status >= 500 or error.status in (401, 408, 409, 425, 429):
        # 401 after a fresh token: credentials that are being changed, which says nothing of an earlier request.
        return Unavailable(str(error))
    # A refusal without a name is not the API's: something on the way answered, and what was done is not known.
    return GatewayBug(str(error)) if error.issue else Unavailable(str(error))


def is_down(error: Exception) -> bool:
    """Whether this says that the provider is not there: no connection, no answer in time, or a 5xx."""
    return isinstance(error, TimeoutError | httpx.TransportError) or (
        isinstance(error, PayPalFault) and error.status >= 500
    )


def find_fault(error: BaseException) -> PayPalFault | None:
    """The refusal that an error of the port was made of, however often it was renamed since."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, PayPalFault):
        cause = cause.__cause__
    return cause


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
