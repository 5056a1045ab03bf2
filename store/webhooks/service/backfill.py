"""Events that nobody delivered: read from the provider's own list into the same inbox, where a known one is ignored.

From the last event seen of that account, or from the oldest payment still open there, whichever is older: an endpoint
that was switched off and on again leaves a hole behind the last event seen. The list begins with the newest, so what
one that stopped half-way has kept says nothing of what is older: seen is what came before that one was asked for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from store.gateways.port import STRIPE, Gateways
from store.kit import clock
from store.kit.db import fetch_value
from store.payments.states import LIVE
from store.webhooks.service.receive import keep_listed
from store.webhooks.states import LISTED, PATHS, TELLS_OF_MONEY

log = structlog.get_logger(__name__)

# Events arrive in any order and a delivery may be tried again for a while.
OVERLAP = timedelta(hours=1)
# docs.stripe.com/api/events: the list goes back 30 days.
LISTED_FOR = timedelta(days=30)
SEEN_OR_OPEN = """
SELECT least(
  (SELECT max(created_at) FROM inbox_event WHERE provider = $4 AND account = $1 AND type = ANY($3)
    AND received_at <= coalesce((SELECT min(created_at) FROM operation WHERE kind = 'back_fill' AND state <> 'done'
      AND provider = $4 AND body::jsonb ->> 'account' = $1), 'infinity')),
  (SELECT min(created_at) FROM payment WHERE provider = $4 AND account_ref = $1 AND status = ANY($2)))
"""


async def back_fill(gateways: Gateways, account_ref: str, provider: str = STRIPE) -> int:
    """Store every event of one account ("" for the platform) that we handle and have not seen; returns how many.

    Raises Unavailable when the provider does not answer: every page until then is kept, and the operation that is
    tried again begins as far back.
    """
    since = await _read_start(account_ref, provider)
    missed = 0
    async for page in gateways.rail(provider).list_events(account_ref, since, sorted(LISTED[provider])):
        # Within a page the oldest first, so that it is applied in the order in which it happened.
        for listed in reversed(page):
            missed += await keep_listed(gateways, provider, listed)
    if missed:
        log.warning(
            "missed_events_found",
            provider=provider,
            account=account_ref or "platform",
            count=missed,
            since=since.isoformat(),
        )
    return missed


async def find_disabled(gateways: Gateways, base_url: str) -> list[str]:
    """The endpoints of this shop, `account` or `connect`, to which the provider has stopped delivering."""
    off = {endpoint.url for endpoint in await gateways.stripe.list_endpoints() if not endpoint.enabled}
    return [name for name, path in PATHS.items() if base_url + path in off]


async def _read_start(account_ref: str, provider: str) -> datetime:
    money = sorted(TELLS_OF_MONEY[provider])
    found: datetime | None = await fetch_value(SEEN_OR_OPEN, account_ref, list(LIVE), money, provider)
    oldest = clock.now() - LISTED_FOR
    return max(oldest, found - OVERLAP) if found else oldest
