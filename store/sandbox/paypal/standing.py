"""Whether an account may act at all: a closed one may call nothing, a locked or restricted one is refused by the names
its operation has for it.

Invariant: an account nobody decided about is in good standing. What only PayPal's own risk and compliance checks could
find is asked for by `PayPal-Mock-Response` or the account's setting `issues`.
"""

from __future__ import annotations

from store.sandbox.paypal.app import App
from store.sandbox.paypal.errors import Issue, PayPalError, issue
from store.sandbox.paypal.settings import read_settings

REFUSALS = {
    "locked": ("PAYEE_ACCOUNT_LOCKED_OR_CLOSED", "INVALID_ACCOUNT_STATUS"),
    "restricted": ("PAYEE_ACCOUNT_RESTRICTED",),
}

CLOSED = Issue("INVALID_ACCOUNT_STATUS", description="Account validations failed for the user.")


def check_open(app: App) -> None:
    """Refuse (401) whatever a closed account calls."""
    if read_settings(app).status == "closed":
        raise PayPalError(401, issues=(CLOSED,))


def check_standing(app: App, operation_id: str) -> None:
    """Refuse an operation for how the account stands; where PayPal lists no issue for that it goes through."""
    for name in REFUSALS.get(read_settings(app).status, ()):
        try:
            refusal = issue(operation_id, name)
        except KeyError:
            continue
        raise refusal
