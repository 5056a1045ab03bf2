"""What a PayPal account is set to: what its owner, or their account manager, could choose at PayPal.

A document of the app's world (`paypal_account`); a reset goes back to the defaults. Invariant: a setting has a name of
this record and a value of its kind, or it is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from store.sandbox.paypal.app import App
from store.sandbox.paypal.spec import list_issues

KIND = "paypal_account"
# O 2.25: six hours to approve and six to capture; 24, 48 or 72 by the account manager.
ORDER_SECONDS = 6 * 3600
CHOICES = {
    "reused_key": ("first", "refuse"),
    "status": ("active", "restricted", "locked", "closed", "denied"),
    "refunds": ("completed", "pending", "failing"),
}


@dataclass(frozen=True)
class Settings:
    """The settings of one account.

    `order_seconds`: how long an order waits for its approval, and again for its capture. `unique_invoice_ids`: a second
    payment of an `invoice_id` is refused. `reused_key`: what a request id with another body meets. `minimal_captures`:
    a minimal answer keeps its captures. `status`: closed can call nothing, denied can settle nothing. `may_authorize`,
    `platform_fees`: features. `limit`: the greatest amount of a payment in minor units, 0 for none. `attempts`: how
    often a buyer may be declined for an order. `refunds`: completed at once, or pending at a bank that pays later or,
    failing, does not. `issues`: {operation id: issue} that every call of it meets.
    """

    order_seconds: int = ORDER_SECONDS
    unique_invoice_ids: bool = False
    reused_key: str = "first"
    minimal_captures: bool = True
    status: str = "active"
    may_authorize: bool = True
    platform_fees: bool = False
    limit: int = 0
    refunds: str = "completed"
    attempts: int = 10
    issues: dict[str, str] = field(default_factory=dict)


def read_settings(app: App) -> Settings:
    """Return the settings of the app's account."""
    if not app.world.has(app.merchant_id, KIND, app.merchant_id):
        return Settings()
    return Settings(**app.world.get(app.merchant_id, KIND, app.merchant_id)["settings"])


def change_settings(app: App, **changes: Any) -> Settings:
    """Change some settings and return all; ValueError for a name or a value that is none."""
    known = {item.name: type(getattr(Settings(), item.name)) for item in fields(Settings)}
    for name, value in changes.items():
        if name not in known or type(value) is not known[name] or not _is_allowed(name, value):
            raise ValueError(f"{name}={value!r} is no setting of a PayPal account. Settings: {', '.join(known)}.")
    settings = replace(read_settings(app), **changes)
    app.world.put(app.merchant_id, KIND, {"id": app.merchant_id, "settings": asdict(settings)})
    return settings


def _is_allowed(name: str, value: Any) -> bool:
    """Tell whether a value of the right kind is one that the setting can have."""
    if name == "issues":
        return all(one in [issue for _, issue in list_issues(operation_id)] for operation_id, one in value.items())
    return value in CHOICES.get(name, (value,)) and (not isinstance(value, int) or value >= 0)
