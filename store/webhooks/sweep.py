"""Whose events seem to be missing: accounts that are silent while somebody pays there, and endpoints switched off.

Each is written as an operation, once per account and span of time whoever looks, so that any number of workers ask the
provider once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog

from store.gateways.port import STRIPE, GatewayBug, Gateways, Unavailable
from store.kit import clock
from store.kit.db import fetch, transaction
from store.operations.service import enqueue
from store.payments.states import LIVE
from store.vendors.states import ChargeType
from store.webhooks.service import find_disabled
from store.webhooks.states import TELLS_OF_MONEY

# An account where a payment has been open for so long without a word is asked for its events; and again after it.
QUIET = timedelta(minutes=10)
SILENT = """
SELECT DISTINCT account_ref FROM payment
WHERE provider = $4 AND status = ANY($1) AND created_at <= $2 AND NOT EXISTS (
  SELECT FROM inbox_event WHERE provider = $4 AND account = payment.account_ref AND type = ANY($3)
    AND inbox_event.created_at > $2)
"""

log = structlog.get_logger(__name__)


async def sweep_silence() -> int:
    """Have the events of silent accounts fetched; returns how many accounts that are."""
    count = 0
    for provider, types in TELLS_OF_MONEY.items():
        rows = await fetch(SILENT, list(LIVE), clock.now() - QUIET, sorted(types), provider)
        await _ask_for([row["account_ref"] for row in rows], provider)
        count += len(rows)
    return count


async def sweep_endpoints(gateways: Gateways, base_url: str, were_off: Sequence[str] = ()) -> list[str]:
    """Look whether the provider still delivers to us; returns the endpoints to which it does not.

    Their events are fetched, once more too for those that were off at the last look (`were_off`) and are on again.
    """
    try:
        off = await find_disabled(gateways, base_url)
    except Unavailable as unknown:
        log.warning("endpoints_unknown", reason=str(unknown))
        return list(were_off)
    except GatewayBug as refused:
        # A restricted key may not be allowed to see them: silence is noticed all the same.
        log.info("endpoints_hidden", reason=str(refused))
        return []
    for endpoint in off:
        log.error("endpoint_disabled", endpoint=endpoint)
    for endpoint in {*off, *were_off}:
        await _ask_for([""] if endpoint == "account" else await _direct_accounts())
    return off


async def _direct_accounts() -> list[str]:
    rows = await fetch("SELECT account_ref FROM vendor WHERE charge_type = $1 AND account_ref <> ''", ChargeType.DIRECT)
    return [row["account_ref"] for row in rows]


async def _ask_for(accounts: list[str], provider: str = STRIPE) -> None:
    span = int(clock.now().timestamp() // QUIET.total_seconds())
    for account in accounts:
        async with transaction():
            key = f"{account or 'platform'}@{span}"
            await enqueue(
                "back_fill", key if provider == STRIPE else f"{provider}:{key}", {"account": account}, provider
            )
