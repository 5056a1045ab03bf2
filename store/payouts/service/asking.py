"""What sending and taking back have in common: keys, how old an unknown outcome may be, and words for what waits.

A request whose outcome is not known is sent again under its key while the call may still be under way; after that the
provider's own list is read first. A refusal ends its key: the next try gets another one, and looks before it asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from store.gateways.port import GatewayBug, TransferHeld
from store.gateways.transfers import Hold
from store.kit import clock

# Longer than one call to the provider may take: until then a list may lack what another process is asking for.
UNDER_WAY = timedelta(seconds=30)
# Follows docs.stripe.com/api/idempotent_requests: keys are kept for at least 24 hours.
KEY_LIFE = timedelta(hours=24)
# How long what was refused waits, by the number of refusals.
WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))


def key_of(row: dict[str, Any]) -> str:
    """The idempotency key of this try: the row's id, and from the second on its number."""
    return str(row["id"]) if row["attempt"] == 1 else f"{row['id']}:{row['attempt']}"


def must_look(row: dict[str, Any]) -> bool:
    """Whether the provider's list is to be read before anything is asked for."""
    return bool(row["attempt"] > 1 or clock.now() - row["sent_at"] > UNDER_WAY)


def is_key_old(row: dict[str, Any]) -> bool:
    """Whether the provider may have forgotten this key."""
    return bool(clock.now() - row["sent_at"] > KEY_LIFE)


def next_wait(row: dict[str, Any]) -> timedelta:
    """How long a refused row waits for its next try."""
    return WAITS[min(row["attempt"], len(WAITS)) - 1]


def reason_of(refused: GatewayBug) -> Hold:
    """For which kind of reason it waits."""
    return refused.hold if isinstance(refused, TransferHeld) else Hold.OTHER
