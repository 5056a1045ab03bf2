"""What sending and taking back have in common: keys, how old an unknown outcome may be, and words for what waits.

A request whose outcome is not known is sent again under its key while the call may still be under way; after that the
provider's own list is read first. A refusal ends its key: the next try gets another one, and looks before it asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from store.gateways.port import GatewayBug, Gateways, StoredFailure, TransferHeld, Unavailable
from store.gateways.transfers import Hold, TransferSnapshot
from store.kit import clock

# Longer than one call to the provider may take: until then a list may lack what another process is asking for.
UNDER_WAY = timedelta(seconds=30)
# Follows docs.stripe.com/api/idempotent_requests: keys are kept for at least 24 hours.
KEY_LIFE = timedelta(hours=24)
# How long what was refused waits, by the number of refusals.
WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))

Snapshot = TypeVar("Snapshot")


def key_of(row: dict[str, Any]) -> str:
    """The idempotency key of this try: the row's id, and from the second on its number."""
    return str(row["id"]) if row["attempt"] == 1 else f"{row['id']}:{row['attempt']}"


def next_wait(row: dict[str, Any]) -> timedelta:
    """How long a refused row waits for its next try."""
    return WAITS[min(row["attempt"], len(WAITS)) - 1]


def since(row: dict[str, Any]) -> datetime:
    """When this payout took its receiver: an address that was verified later is news to it."""
    sent_at: datetime = row["sent_at"]
    return max(sent_at, row["address_after"] or sent_at)


def reason_of(refused: GatewayBug) -> Hold:
    """For which kind of reason it waits."""
    return refused.hold if isinstance(refused, TransferHeld) else Hold.OTHER


async def look_or_ask(
    row: dict[str, Any],
    ask: Callable[[dict[str, Any]], Awaitable[Snapshot]],
    find: Callable[[], Awaitable[Snapshot | None]],
    take_next_key: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
) -> Snapshot:
    """What the provider has of this row, made now where it has nothing yet.

    `find` reads the provider's list, None when the whole of it lacks the row. Raises GatewayBug when it is refused, and
    that list shows that it is not there; Unavailable while nothing is known.
    """
    if row["attempt"] > 1 or clock.now() - row["sent_at"] > UNDER_WAY:
        found = await find()
        if found is not None:
            return found
        if clock.now() - row["sent_at"] > KEY_LIFE:
            row = await take_next_key(row)
    try:
        return await ask(row)
    except StoredFailure:
        # This key will say the same as long as it lives: what the list lacks is asked for under another one, next time.
        found = await find()
        if found is None:
            await take_next_key(row)
            raise
        return found
    except GatewayBug:
        # A refusal speaks of one request only: an earlier one, or this one behind a proxy, may have taken effect.
        found = await find()
        if found is None:
            raise
        return found


async def list_sent(gateways: Gateways, group: str) -> Sequence[TransferSnapshot]:
    """The provider's whole list of one order's transfers. Raises Unavailable when there is none to be had."""
    try:
        return await gateways.stripe.find_transfers(group)
    except GatewayBug as unseen:
        raise Unavailable(f"the provider does not show its transfers: {unseen}") from unseen
